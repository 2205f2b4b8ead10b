"""Where Airflow meets Planwatch: connections become an engine and a `send`, our errors become Airflow's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, BaseHook, task
from airflow.sdk.exceptions import AirflowFailException

from planwatch.errors import PlanwatchError
from planwatch.steps.roster import feed_roster

if TYPE_CHECKING:
    from email.message import EmailMessage

    from sqlalchemy import Engine

    from planwatch.feeds import Access
    from planwatch.steps.arrivals import Arrival

WAREHOUSE, SMTP = "planwatch_warehouse", "smtp_default"
TAGS = ["planwatch"]
DEFAULTS: dict[str, Any] = {
    "owner": "planwatch",
    "retries": 3,  # only what is retriable comes to a retry: see `step`
    "retry_delay": timedelta(seconds=10),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=10),
    "execution_timeout": timedelta(minutes=30),
}
PERIOD = r"^\d{4}-(0[1-9]|1[0-2])$"
ROSTER = feed_roster()
OBSERVATIONS = {
    feed.id: Asset(f"observations_{feed.id}", uri=f"planwatch://observations/{feed.id}", group="observations")
    for feed in ROSTER
}
CALENDAR = Asset("release_calendar", uri="planwatch://release-calendar")
PLAN = Asset("plan_targets", uri="planwatch://plan-targets")
EDITIONS = Asset("editions", uri="planwatch://editions")


def step(call: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a task: a retriable error goes to Airflow's retries, any other error of ours fails at once."""

    @wraps(call)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return call(*args, **kwargs)
        except PlanwatchError as error:
            if error.retriable:
                raise
            raise AirflowFailException(str(error)) from error

    return wrapped


def warehouse() -> Engine:
    """Return an engine on the connection `planwatch_warehouse`, as the role that it names."""
    from sqlalchemy import URL

    from planwatch.warehouse import make_engine

    c = BaseHook.get_connection(WAREHOUSE)
    return make_engine(URL.create("postgresql+psycopg2", c.login, c.password, c.host, c.port, c.schema))


def send(message: EmailMessage) -> None:
    """Send one message over the connection `smtp_default`."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    with SmtpHook(SMTP).get_conn() as hook:
        hook._smtp_client.send_message(message)  # type: ignore[union-attr]  # get_conn made it


def source_access(connection: str) -> Access:
    """Return the account of a source's connection."""
    from airflow.sdk.exceptions import AirflowNotFoundException

    from planwatch.feeds import Access
    from planwatch.feeds.refusals import refusal

    try:
        c = BaseHook.get_connection(connection)
    except AirflowNotFoundException as error:
        raise refusal("unknown_connection", "feeds.yaml", connection) from error
    return Access(host=c.host or "", port=c.port, login=c.login or "", password=c.password or "", extra=c.extra_dejson)


def feed_run(arrival: Arrival) -> dict[str, str]:
    """Return the run to start for a release: named after its bytes, so that no file is read twice at once."""
    attempt = f"_{arrival.attempt}" if arrival.attempt else ""
    return {
        "dag_id": f"feed_{arrival.feed}",
        "run_id": f"release_{arrival.sha256[:16]}{attempt}",
        "sha256": arrival.sha256,
    }


@task
def start_feeds(runs: list[dict[str, str]]) -> None:
    """Start the feeds' runs; one of a name that there is already is not started again.

    All from one process: a task of its own for each would take as long as reading the file (docs/decisions/0009).

    Raises:
        AirflowException: the server refused some of them; a retry starts those that are missing.
    """
    from airflow.sdk.exceptions import AirflowException, ErrorType
    from airflow.sdk.execution_time.comms import ErrorResponse, TriggerDagRun
    from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS

    refused = []
    for run in runs:
        message = TriggerDagRun(dag_id=run["dag_id"], run_id=run["run_id"], conf={"sha256": run["sha256"]})
        answer = SUPERVISOR_COMMS.send(message)
        if isinstance(answer, ErrorResponse) and answer.error != ErrorType.DAGRUN_ALREADY_EXISTS:
            refused.append(f"{run['dag_id']} {run['run_id']}: {answer.error.value} {answer.detail}")
    if refused:
        raise AirflowException("; ".join(refused))
