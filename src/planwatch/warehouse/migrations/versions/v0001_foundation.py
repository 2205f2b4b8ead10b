"""The foundation: schemas raw, core, mart, ops and bi, their tables, and what each role may do with them."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from planwatch.errors import PlanwatchError
from planwatch.model.vocabulary import STATUS_ZH
from planwatch.warehouse.migrations.runner import run_sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FILES = ("0001_raw.sql", "0001_core.sql", "0001_mart.sql", "0001_alerts.sql", "0001_ops.sql", "0001_grants.sql")


def upgrade() -> None:
    """Make everything, and fill the status labels."""
    run_sql(*FILES)
    insert = text(
        "INSERT INTO core.status_labels (status, precedence, label_zh, label_en) VALUES (:status, :n, :zh, :en)"
    )
    rows = [
        {"status": str(status), "n": n, "zh": label, "en": status.replace("_", " ")}
        for n, (status, label) in enumerate(STATUS_ZH.items(), start=1)
    ]
    op.get_bind().execute(insert, rows)


def downgrade() -> None:
    """Refuse: history is never dropped by a migration."""
    raise PlanwatchError("the foundation cannot be undone; mend: drop the database if it holds nothing you need")
