"""### Read, check, reconcile and load one release (入库).

One run per file: read as printed → gate 1 → reconcile → gate 2 → load. A release that fails critically is quarantined: its
owner is told, and it waits under **Required actions** for someone to approve or reject it with a reason. Every month whose
figures changed is handed on as a partition, and `edition` publishes it.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Param, PartitionedAtRuntime, task
from airflow.sdk.exceptions import AirflowFailException

from planwatch.settings import settings
from planwatch.steps.roster import FeedName
from quarantine import decision
from wiring import DEFAULTS, OBSERVATIONS, ROSTER, TAGS, send, step, warehouse


def build(feed: FeedName) -> DAG:
    """Return the DAG of one feed."""
    asset = OBSERVATIONS[feed.id]

    def hand_on(periods: list[str], outlet_events: Any) -> None:
        for period in periods:
            outlet_events[asset].add_partitions(period)

    with DAG(
        f"feed_{feed.id}", schedule=PartitionedAtRuntime(), catchup=False, max_active_runs=8, doc_md=__doc__,
        description=f"{feed.name_zh} · {feed.name_en}", tags=[*TAGS, "feed", feed.owner], default_args=DEFAULTS,
        params={"sha256": Param(None, type="string", pattern="^[0-9a-f]{64}$", title="Release", description="sha256 of an archived file")},
    ) as dag:  # fmt: skip

        @task.branch(outlets=[asset])
        @step
        def ingest(params: dict[str, Any], outlet_events: Any, ti: Any) -> list[str]:
            """Load the release, or hold it back."""
            from planwatch.steps.ingest import ingest_release

            done = ingest_release(warehouse(), settings(), params["sha256"])
            hand_on(done.periods, outlet_events)
            ti.xcom_push(key="report", value={"subject": done.subject, "body": done.body})
            return {"quarantined": ["tell_owner", "decide"], "failed": ["tell_owner", "unreadable"]}.get(done.state, [])

        @task
        @step
        def tell_owner() -> dict[str, int]:
            """Mail what waits to the feed's department."""
            from planwatch.steps.mail import deliver_mail

            return deliver_mail(warehouse(), send)

        @task
        def unreadable(ti: Any) -> None:
            """Turn the run red: the file is not what the feed declares, and the log says where and how to mend it."""
            raise AirflowFailException(ti.xcom_pull(task_ids="ingest", key="report")["body"])

        @task(outlets=[asset])
        @step
        def admit(answer: dict[str, Any], params: dict[str, Any], outlet_events: Any) -> str:
            """Carry out the decision, unless a corrected file has superseded it."""
            from planwatch.steps.ingest import decide_release

            done = decide_release(warehouse(), settings(), params["sha256"], **answer)
            hand_on(done.periods, outlet_events)
            return done.subject

        decide = decision("decide", report="ingest")
        ingest() >> [tell_owner(), decide, unreadable()]  # type: ignore[call-arg]
        admit(decide.output)
    return dag


for _feed in ROSTER:
    globals()[f"feed_{_feed.id}"] = build(_feed)
