"""The warehouse: tables, roles, migrations, bulk loads, editions and the public views.

Every function takes a SQLAlchemy `Connection`; the caller owns the transaction. Names are imported from here.
"""

from planwatch.warehouse.blocks import pack_observations
from planwatch.warehouse.bootstrap import AIRFLOW, AIRFLOW_DATABASE, BI_READER, ETL, OWNER, ROLES, bootstrap
from planwatch.warehouse.changes import stored_verdicts
from planwatch.warehouse.checks import check_results, record_decision, record_run, save_checks
from planwatch.warehouse.copy import copy_frame, fetch_frame
from planwatch.warehouse.documents import conditions_of, plan_of
from planwatch.warehouse.editions import (
    GateRun,
    current_as_of,
    current_fingerprint,
    current_verdicts,
    dispatch_rows,
    edition_number,
    edition_rows,
    edition_verdicts,
    editions,
    editions_of,
    lock_edition,
    newest_edition_month,
    publish_edition,
    reading_states_before,
    runs_of,
)
from planwatch.warehouse.engine import make_engine
from planwatch.warehouse.feeds import save_due_dates, save_feed, save_feeds
from planwatch.warehouse.migrate import migrate
from planwatch.warehouse.observations import (
    current_observations,
    edition_observations,
    judged_observations,
    load_blocks,
    load_observations,
    release_observations,
    release_periods,
)
from planwatch.warehouse.periods import newest_period, reported_months, reported_periods, reported_series
from planwatch.warehouse.plans import in_force, keep_version, loaded_plans, save_plan, save_registries, stored_targets
from planwatch.warehouse.reconciliations import save_reconciliation
from planwatch.warehouse.releases import (
    describe_release,
    held_releases,
    known_releases,
    last_arrival,
    record_release,
    release_state,
    save_rejects,
    save_rows,
    set_release_state,
)
from planwatch.warehouse.views import apply_views

__all__ = [
    "AIRFLOW",
    "AIRFLOW_DATABASE",
    "BI_READER",
    "ETL",
    "OWNER",
    "ROLES",
    "GateRun",
    "apply_views",
    "bootstrap",
    "check_results",
    "conditions_of",
    "copy_frame",
    "current_as_of",
    "current_fingerprint",
    "current_observations",
    "current_verdicts",
    "describe_release",
    "dispatch_rows",
    "edition_number",
    "edition_observations",
    "edition_rows",
    "edition_verdicts",
    "editions",
    "editions_of",
    "fetch_frame",
    "held_releases",
    "in_force",
    "judged_observations",
    "keep_version",
    "known_releases",
    "last_arrival",
    "load_blocks",
    "load_observations",
    "loaded_plans",
    "lock_edition",
    "make_engine",
    "migrate",
    "newest_edition_month",
    "newest_period",
    "pack_observations",
    "plan_of",
    "publish_edition",
    "reading_states_before",
    "record_decision",
    "record_release",
    "record_run",
    "release_observations",
    "release_periods",
    "release_state",
    "reported_months",
    "reported_periods",
    "reported_series",
    "runs_of",
    "save_checks",
    "save_due_dates",
    "save_feed",
    "save_feeds",
    "save_plan",
    "save_reconciliation",
    "save_registries",
    "save_rejects",
    "save_rows",
    "set_release_state",
    "stored_targets",
    "stored_verdicts",
]  # fmt: skip
