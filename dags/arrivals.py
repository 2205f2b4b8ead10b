"""### Take what has arrived (到件).

The triggerer watches the drop folder; whole files are archived by their sha256, entered in `raw.releases` and handed to their
feed's DAG, one run per new file, named after it. The same bytes again start nothing; different bytes are a correction.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Asset, AssetWatcher, dag, task

from drop_folder import DropFolderTrigger
from planwatch.settings import settings
from wiring import DEFAULTS, TAGS, step, warehouse

DROP = Asset("drop_folder", watchers=[AssetWatcher("drop_folder", DropFolderTrigger(str(settings().drop_dir)))])


@dag(schedule=[DROP], catchup=False, max_active_runs=1, doc_md=__doc__, tags=TAGS, default_args=DEFAULTS)
def arrivals() -> None:
    """Archive and enter the files, then start their feeds."""

    @task
    @step
    def take() -> list[dict[str, Any]]:
        """Return one feed run to start for every release that no run has dealt with."""
        from planwatch.steps.arrivals import take_arrivals

        return [
            {
                "trigger_dag_id": f"feed_{a.feed}",
                "trigger_run_id": f"release_{a.sha256[:16]}",
                "conf": {"sha256": a.sha256},
            }
            for a in take_arrivals(warehouse(), settings())
        ]

    start = TriggerDagRunOperator.partial(task_id="start_feed", logical_date=None, skip_when_already_exists=True)
    start.expand_kwargs(take())


arrivals()
