"""### Load a year's plan (年度计划).

Reads `include/targets.yaml` (or `include/plans/<year>.yaml`), areas, departments and indicators, checks them whole and writes
the version to Postgres. A changed plan has every published month judged again. Run it by hand after editing the files.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, PartitionedAtRuntime, dag, task

from planwatch.settings import settings
from wiring import DEFAULTS, PLAN, TAGS, step, warehouse


@dag(
    schedule=PartitionedAtRuntime(), catchup=False, max_active_runs=1, doc_md=__doc__, tags=TAGS, default_args=DEFAULTS,
    params={"year": Param(settings().plan, type="integer", minimum=2000, maximum=2100, title="Year of the plan")},
)  # fmt: skip
def plan() -> None:
    """Load, then ask for the months to be judged again."""

    @task(outlets=[PLAN])
    @step
    def load(params: dict[str, Any], outlet_events: Any) -> dict[str, Any]:
        """Load the plan; ask for a new edition of each published month if it changed."""
        from planwatch.steps.plan import load_plan

        loaded = load_plan(warehouse(), settings(), int(params["year"]))
        for period in loaded.periods:
            outlet_events[PLAN].add_partitions(period)
        return {"plan": loaded.plan_id, "targets": loaded.targets, "version": loaded.version, "changed": loaded.changed}

    load()


plan()
