"""Years filled bare, keyed, then attached; the pattern of a sha256 is checked once, where its release is recorded."""

from __future__ import annotations

from planwatch.errors import PlanwatchError
from planwatch.warehouse.migrations.runner import run_sql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the functions and move the check."""
    run_sql("0008_bare_years.sql")


def downgrade() -> None:
    """Refuse: history is never dropped by a migration."""
    raise PlanwatchError("the loader needs these functions; mend: keep the newer version of the program")
