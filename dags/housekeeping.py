"""### Keep the house (维护).

Every ten minutes: mails that could not be sent are tried again, releases whose run was lost are started anew, months that a
lost run should have handed on are judged, and lateness that a lost run of `calendar` should have noticed is.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DeltaTriggerTimetable, dag, task
from pendulum import datetime

from planwatch.settings import settings
from wiring import CALENDAR, DEFAULTS, TAGS, feed_run, send, start_feeds, step, warehouse


@dag(
    schedule=DeltaTriggerTimetable(timedelta(minutes=10)), start_date=datetime(2026, 1, 1), catchup=False, max_active_runs=1,
    doc_md=__doc__, tags=TAGS, default_args=DEFAULTS,
)  # fmt: skip
def housekeeping() -> None:
    """Deliver what waits, restart what was lost."""

    @task
    @step
    def deliver() -> dict[str, int]:
        """Send what the outbox still holds."""
        from planwatch.steps.mail import deliver_mail

        return deliver_mail(warehouse(), send)

    @task(outlets=[CALENDAR])
    @step
    def find_unjudged(outlet_events: Any) -> list[str]:
        """Hand on the months that releases changed after the newest edition, or that are newly late, where nobody else did."""
        from planwatch.steps.calendar import months_to_judge
        from planwatch.steps.lateness import look_for_late
        from planwatch.steps.waiting import unjudged_months

        late = look_for_late(warehouse(), settings())
        months = sorted({*unjudged_months(warehouse()), *(months_to_judge(warehouse(), settings()) if late else ())})
        for month in months:
            outlet_events[CALENDAR].add_partitions(month)
        return months

    @task
    @step
    def find_lost() -> list[dict[str, str]]:
        """Return a run to start for every release that has waited too long for one."""
        from planwatch.steps.arrivals import lost_releases

        return [feed_run(arrival) for arrival in lost_releases(warehouse(), settings())]

    start_feeds(find_lost())  # type: ignore[arg-type]
    [deliver(), find_unjudged()]


housekeeping()
