"""`python -m planwatch.local.trial`: what a trial of the deployment shows, done through Airflow's own API.

Loads the year's plan with the DAG `plan` and offers the shipped releases in the drop folder; the DAGs do the rest. Running
it again offers the same bytes again, which starts nothing.
"""

from __future__ import annotations

import sys

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from planwatch.errors import EnvironmentFault, PlanwatchError, RetriableError
from planwatch.local.airflow import Api
from planwatch.local.demonstration import load_demonstration, offer, shipped_releases
from planwatch.local.waiting import wait_until
from planwatch.settings import Settings, settings

DAGS_TIMEOUT_S = 300
PLAN_TIMEOUT_S = 300
WANTED = ("plan", "arrivals", "edition")


class Access(BaseSettings):
    """Where the deployment's Airflow answers, and to whom (`PLANWATCH_ADMIN_USER`, …)."""

    model_config = SettingsConfigDict(env_prefix="PLANWATCH_", frozen=True, hide_input_in_errors=True)

    airflow_url: str = Field("http://api-server:8080", description="Inside the containers' network.")
    admin_user: str = "admin"
    admin_password: SecretStr = SecretStr("")


def show(api: Api, chosen: Settings) -> int:
    """Load the plan, offer the releases, and return how many were offered.

    Raises:
        RetriableError: Airflow does not answer, or does not know the DAGs in time.
        EnvironmentFault: the plan was not loaded; its run in the UI says why.
    """
    wait_until(lambda: _known(api), DAGS_TIMEOUT_S, f"the DAGs {', '.join(WANTED)}", 1)
    run = api.trigger("plan", {"year": chosen.plan})
    state = wait_until(lambda: _ended(api, run), PLAN_TIMEOUT_S, "the plan to be loaded", 1)
    if state != "success":
        raise EnvironmentFault(f"the plan was not loaded; mend: see run {run} of the DAG plan in Airflow")
    shipped = shipped_releases(chosen.include, load_demonstration(chosen.include, chosen.plan))
    return len(offer(shipped, chosen.drop_dir, known=()))


def _known(api: Api) -> bool:
    try:
        return not api.missing_dags(WANTED)
    except RetriableError:
        return False


def _ended(api: Api, run: str) -> str:
    """Return the run's final state, empty while it has none."""
    try:
        state = api.run_state("plan", run)
    except RetriableError:
        return ""
    return state if state in ("success", "failed") else ""


def main() -> None:
    """Show it; errors are one message and exit code 2."""
    access = Access()
    try:
        offered = show(Api(access.airflow_url, access.admin_user, access.admin_password.get_secret_value()), settings())
    except PlanwatchError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    sys.stdout.write(f"plan of {settings().plan} loaded, {offered} releases offered\n")


if __name__ == "__main__":
    main()
