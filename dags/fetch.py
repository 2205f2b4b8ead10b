"""### Fetch from the remote sources (取数).

The triggerer watches the release calendar: from a release's expected day on its source is looked at, until it is there or was taken
another way; then now and then for corrections. What came is archived by its sha256, entered in `raw.releases` and handed to its
feed's DAG. "Not published yet" is no error. How each look ended stands in `bi.fetches`; errors are named in `docs/sources.md`.
"""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import Asset, AssetWatcher, dag, get_current_context, task, task_group
from airflow.sdk.exceptions import AirflowSkipException

from planwatch.settings import settings
from planwatch.steps.polling import remote_feeds
from source_watch import SourceTrigger
from wiring import DEFAULTS, TAGS, WAREHOUSE, feed_run, source_access, start_feeds, step, warehouse

SOURCES = Asset("sources", watchers=[AssetWatcher("sources", SourceTrigger(str(settings().include), WAREHOUSE))])


@dag(
    schedule=[SOURCES] if remote_feeds() else None, catchup=False, max_active_runs=1, doc_md=__doc__, tags=TAGS,
    default_args=DEFAULTS,
)  # fmt: skip
def fetch() -> None:
    """Look at every source that is due, each on its own."""

    @task
    @step
    def find_due() -> list[dict[str, str]]:
        """Return the looks that are due."""
        from dataclasses import asdict

        from planwatch.steps.fetching import find_due

        return [asdict(poll) for poll in find_due(warehouse(), settings(), datetime.now(UTC))]

    @task(map_index_template="{{ source | default('') }}")
    @step
    def look(poll: dict[str, str]) -> dict[str, str]:
        """Return the feed run to start for what came; skipped where nothing new is there."""
        from planwatch.steps.fetching import look
        from planwatch.steps.polling import Poll

        get_current_context()["source"] = f"{poll['feed']} {poll['period']}"  # type: ignore[typeddict-unknown-key]
        looked = look(warehouse(), settings(), Poll(**poll), source_access)
        if looked.arrival is None:
            raise AirflowSkipException(f"{looked.place}: {looked.outcome}")
        return feed_run(looked.arrival)

    @task_group
    def source(poll: dict[str, str]) -> None:
        start_feeds([look(poll)])  # type: ignore[list-item]

    source.expand(poll=find_due())


fetch()
