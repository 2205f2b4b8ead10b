"""What an edition was made under, what its checks said, and how it differs from the edition before."""

from __future__ import annotations

from planwatch.errors import PlanwatchError
from planwatch.warehouse.migrations.runner import run_sql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; editions published before recorded none of it, which is what an empty column says."""
    run_sql("0007_editions.sql")


def downgrade() -> None:
    """Refuse: history is never dropped by a migration."""
    raise PlanwatchError("published editions cannot lose their record; mend: keep the newer version of the program")
