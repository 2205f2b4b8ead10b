"""### Take what has arrived (到件).

The triggerer watches the drop folder; whole files are archived by their sha256, entered in `raw.releases` and handed to their
feed's DAG, one run per new file, named after it. The same bytes again start nothing; different bytes are a correction.
"""

from __future__ import annotations

from airflow.sdk import Asset, AssetWatcher, dag, task

from drop_folder import DropFolderTrigger
from planwatch.settings import settings
from wiring import DEFAULTS, TAGS, feed_run, start_feeds, step, warehouse

DROP = Asset("drop_folder", watchers=[AssetWatcher("drop_folder", DropFolderTrigger(str(settings().drop_dir)))])


@dag(schedule=[DROP], catchup=False, max_active_runs=1, doc_md=__doc__, tags=TAGS, default_args=DEFAULTS)
def arrivals() -> None:
    """Archive and enter the files, then start their feeds."""

    @task
    @step
    def take() -> list[dict[str, str]]:
        """Return one feed run to start for every release that no run has dealt with."""
        from planwatch.steps.arrivals import take_arrivals

        return [feed_run(arrival) for arrival in take_arrivals(warehouse(), settings())]

    start_feeds(take())  # type: ignore[arg-type]


arrivals()
