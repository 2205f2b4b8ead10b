"""Running the SQL files of a migration."""

from __future__ import annotations

from pathlib import Path

from alembic import op

FOLDER = Path(__file__).with_name("sql")


def run_sql(*names: str) -> None:
    """Run files of `sql/` in the given order, as they stand: no parameters, no percent signs to double."""
    for name in names:
        sql = (FOLDER / name).read_text(encoding="utf-8")
        op.get_bind().exec_driver_sql(sql, execution_options={"no_parameters": True})
