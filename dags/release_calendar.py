"""### Keep the release calendar (发布日程).

Runs at the end of every due day and again when the grace ends; the **next run** is when something falls due next, and the
schedule's tooltip lists each feed's next due date. Owners of what did not come are told once, and months whose readings have
passed due date and grace are judged again, so that what was not reported turns `overdue` (逾期未报).
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task
from pendulum import datetime

from planwatch.settings import settings
from planwatch.steps.roster import feed_due_dates
from release_timetable import ReleaseTimetable
from wiring import CALENDAR, DEFAULTS, TAGS, send, step, warehouse


@dag(
    dag_id="calendar",
    schedule=ReleaseTimetable(feed_due_dates()), start_date=datetime(2026, 1, 1), catchup=False,
    max_active_runs=1, doc_md=__doc__, tags=TAGS, default_args=DEFAULTS,
)  # fmt: skip
def release_calendar() -> None:
    """Tell owners what did not come, and find the months to judge again."""

    @task
    @step
    def tell_late(dag_run: Any) -> list[str]:
        """Open the alerts of late releases and series, and resolve those of what came; return the months newly late."""
        from planwatch.steps.lateness import look_for_late

        return look_for_late(warehouse(), settings(), dag_run.run_after)

    @task
    @step
    def deliver() -> dict[str, int]:
        """Send what the outbox holds."""
        from planwatch.steps.mail import deliver_mail

        return deliver_mail(warehouse(), send)

    @task(outlets=[CALENDAR])
    @step
    def look(outlet_events: Any, dag_run: Any) -> list[str]:
        """Return the months whose lateness changed."""
        from planwatch.steps.calendar import months_to_judge

        months = months_to_judge(warehouse(), settings(), dag_run.run_after)
        for month in months:
            outlet_events[CALENDAR].add_partitions(month)
        return months

    tell_late() >> [deliver(), look()]


release_calendar()
