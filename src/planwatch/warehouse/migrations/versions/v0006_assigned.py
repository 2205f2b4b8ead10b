"""Assigned tasks: the number that a superior sets (下达任务) is an observation of a measure of its own."""

from __future__ import annotations

from planwatch.errors import PlanwatchError
from planwatch.warehouse.migrations.runner import run_sql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Admit the measure."""
    run_sql("0006_assigned.sql")


def downgrade() -> None:
    """Refuse: history is never dropped by a migration."""
    raise PlanwatchError("assigned tasks cannot be taken back; mend: keep the newer version of the program")
