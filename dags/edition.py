"""### Publish an edition (期).

Fires on any feed's month, on a changed plan and on the release calendar. Judges the month, and every other month whose inputs
changed, passes gate 3 and publishes each in one transaction. Unchanged inputs end early, as skipped. Then mails what is due.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from airflow.sdk import PartitionedAssetTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from planwatch.settings import settings
from wiring import CALENDAR, DEFAULTS, EDITIONS, OBSERVATIONS, PLAN, TAGS, send, step, warehouse


@dag(
    schedule=PartitionedAssetTimetable(assets=reduce(or_, [*OBSERVATIONS.values(), CALENDAR, PLAN])), catchup=False,
    max_active_runs=1, doc_md=__doc__, tags=TAGS, default_args=DEFAULTS,
)  # fmt: skip
def edition() -> None:
    """Publish, then deliver."""

    @task(outlets=[EDITIONS])
    @step
    def publish(dag_run: Any) -> list[str]:
        """Publish the month of the partition and whatever else changed with it."""
        from planwatch.steps.edition import publish_due

        report = publish_due(warehouse(), settings(), dag_run.partition_key, trigger=dag_run.run_id)
        if not report.published and not report.mails:
            raise AirflowSkipException(report.why)
        return [str(e) for e in report.published]

    @task
    @step
    def deliver() -> dict[str, int]:
        """Send what the outbox holds."""
        from planwatch.steps.mail import deliver_mail

        return deliver_mail(warehouse(), send)

    publish() >> deliver()


edition()
