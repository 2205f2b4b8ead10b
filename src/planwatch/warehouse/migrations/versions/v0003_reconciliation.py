"""Reconciliation: the feeds and their precedence, printed units, and a report for every release."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from planwatch.errors import PlanwatchError
from planwatch.warehouse.migrations.runner import run_sql
from planwatch.warehouse.rounding import printed_unit_rows

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and say of every unit ever printed what it is in the unit kept."""
    run_sql("0003_reconciliation.sql")
    bind = op.get_bind()
    pairs = bind.execute(text("SELECT DISTINCT printed_unit, unit FROM core.observations")).tuples()
    if rows := printed_unit_rows({(str(printed), str(unit)) for printed, unit in pairs}):
        statement = "INSERT INTO core.printed_units VALUES (:printed_unit, :unit, :factor, :whole)"
        bind.execute(text(statement), rows)


def downgrade() -> None:
    """Refuse: history is never dropped by a migration."""
    raise PlanwatchError("reports and precedence cannot be undone; mend: restore a backup from before")
