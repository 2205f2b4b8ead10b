"""The outlook of a verdict: the method of its projection, or the reason for none, and how often such a gap was made up."""

from __future__ import annotations

from planwatch.errors import PlanwatchError
from planwatch.warehouse.migrations.runner import run_sql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; verdicts published before them said nothing of it, which is what an empty column says."""
    run_sql("0005_outlook.sql")


def downgrade() -> None:
    """Refuse: history is never dropped by a migration."""
    raise PlanwatchError("published verdicts cannot lose a column; mend: keep the newer version of the program")
