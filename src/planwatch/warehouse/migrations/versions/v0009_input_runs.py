"""What an edition was judged by, kept as runs of numbers."""

from __future__ import annotations

from planwatch.errors import PlanwatchError
from planwatch.warehouse.migrations.runner import run_sql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Turn single numbers into runs."""
    run_sql("0009_input_runs.sql")


def downgrade() -> None:
    """Refuse: history is never dropped by a migration."""
    raise PlanwatchError("editions are written in runs; mend: keep the newer version of the program")
