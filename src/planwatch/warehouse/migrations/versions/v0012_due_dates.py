"""Due dates: the release calendar in SQL."""

from __future__ import annotations

from planwatch.errors import PlanwatchError
from planwatch.warehouse.migrations.runner import run_sql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    run_sql("0012_due_dates.sql")


def downgrade() -> None:
    """Refuse: history is never dropped by a migration."""
    raise PlanwatchError("due dates cannot be taken back; mend: keep the newer version of the program")
