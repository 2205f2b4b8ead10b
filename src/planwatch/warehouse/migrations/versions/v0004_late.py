"""Alerts of releases that did not come."""

from __future__ import annotations

from planwatch.errors import PlanwatchError
from planwatch.warehouse.migrations.runner import run_sql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Admit the kind `late`."""
    run_sql("0004_late.sql")


def downgrade() -> None:
    """Refuse: alerts of that kind may stand in the log, and history is never dropped by a migration."""
    raise PlanwatchError("alerts of the kind late cannot be undone; mend: restore a backup from before")
