"""### Keep the release calendar (发布日程).

Daily: months whose readings have passed their due date and grace are judged again, so that what was not reported turns
`overdue` (逾期未报) and its owner is told once.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import CronTriggerTimetable, dag, task
from pendulum import datetime

from planwatch.settings import settings
from wiring import CALENDAR, DEFAULTS, TAGS, step, warehouse


@dag(
    dag_id="calendar",
    schedule=CronTriggerTimetable("30 6 * * *", timezone="Asia/Shanghai"), start_date=datetime(2026, 1, 1), catchup=False,
    max_active_runs=1, doc_md=__doc__, tags=TAGS, default_args=DEFAULTS,
)  # fmt: skip
def release_calendar() -> None:
    """Find the months to judge again."""

    @task(outlets=[CALENDAR])
    @step
    def look(outlet_events: Any, dag_run: Any) -> list[str]:
        """Return the months whose lateness changed."""
        from planwatch.steps.calendar import months_to_judge

        months = months_to_judge(warehouse(), settings(), dag_run.run_after)
        for month in months:
            outlet_events[CALENDAR].add_partitions(month)
        return months

    look()  # type: ignore[call-arg]


release_calendar()
