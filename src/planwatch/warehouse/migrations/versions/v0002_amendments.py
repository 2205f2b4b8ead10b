"""Amended targets and parts: what a version of a target was before, since when, and by which document."""

from __future__ import annotations

from planwatch.errors import PlanwatchError
from planwatch.warehouse.migrations.runner import run_sql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; targets kept before them were not amended, which is what an empty column says."""
    run_sql("0002_amendments.sql")


def downgrade() -> None:
    """Refuse: history is never dropped by a migration."""
    raise PlanwatchError("amendments cannot be taken back; mend: keep the newer version of the program")
