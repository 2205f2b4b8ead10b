"""A month is checked by its characters, and a bulk load sets its numbers aside: the same guarantees, at a fraction of the time."""

from __future__ import annotations

from planwatch.errors import PlanwatchError
from planwatch.warehouse.migrations.runner import run_sql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the check and add the function."""
    run_sql("0010_lighter_load.sql")


def downgrade() -> None:
    """Refuse: history is never dropped by a migration."""
    raise PlanwatchError("the loader needs this function; mend: keep the newer version of the program")
