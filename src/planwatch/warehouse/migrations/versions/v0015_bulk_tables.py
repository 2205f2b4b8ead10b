"""Lighter tables of observations and verdicts."""

from __future__ import annotations

from planwatch.errors import PlanwatchError
from planwatch.warehouse.migrations.runner import run_sql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables; views are made anew after it."""
    run_sql("0015_bulk_tables.sql")


def downgrade() -> None:
    """Refuse: history is never dropped by a migration."""
    raise PlanwatchError("later versions rest on this one; mend: keep the newer version of the program")
