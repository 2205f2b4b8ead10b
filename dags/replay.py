"""### Judge a range of months again (重演).

Fill in the form: the months, optionally the day as of which to judge (otherwise each month's close: its last due date plus
grace), and whether mails may go out. A month whose inputs are unchanged gets no new edition. For one month give it twice.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, dag, task

from planwatch.settings import settings
from wiring import DEFAULTS, PERIOD, TAGS, send, step, warehouse


@dag(
    schedule=None, catchup=False, max_active_runs=1, doc_md=__doc__, tags=TAGS, default_args=DEFAULTS,
    params={
        "first": Param(None, type="string", pattern=PERIOD, title="First month", description="YYYY-MM"),
        "last": Param(None, type="string", pattern=PERIOD, title="Last month", description="YYYY-MM"),
        "as_of": Param(None, type=["null", "string"], format="date", title="As of", description="Empty: each month's close. Before what an edition knows: kept beside it, not current"),
        "mail": Param(False, type="boolean", title="Send mails"),
    },
)  # fmt: skip
def replay() -> None:
    """Publish the range, then deliver if asked."""

    @task.short_circuit
    @step
    def publish_range(params: dict[str, Any]) -> bool:
        """Publish month after month; the mails go on only if asked for."""
        from planwatch.steps.edition import replay_range

        report = replay_range(
            warehouse(), settings(), params["first"], params["last"], as_of=params["as_of"], notify=params["mail"]
        )
        print(report)  # noqa: T201 - the task's log is where the operator looks
        return bool(params["mail"])

    @task
    @step
    def deliver() -> dict[str, int]:
        """Send what the outbox holds."""
        from planwatch.steps.mail import deliver_mail

        return deliver_mail(warehouse(), send)

    publish_range() >> deliver()


replay()
