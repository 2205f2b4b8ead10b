"""Migrations by Alembic, run from the installed package: no `alembic.ini`, no working directory."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from planwatch.warehouse.engine import make_engine

SCRIPTS = Path(__file__).with_name("migrations")
VERSION_SCHEMA = "ops"


def migrate(owner_url: str, revision: str = "head") -> None:
    """Bring the tables of the database at `owner_url` (role `planwatch_owner`) to `revision`.

    One transaction, and one process at a time: a second one waits and finds nothing left to do.

    Raises:
        RetriableError: the server is not there.
    """
    engine = make_engine(owner_url)
    try:
        with engine.begin() as conn:
            conn.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('planwatch:migrate', 0))"))
            conn.execute(text(f"CREATE SCHEMA IF NOT EXISTS {VERSION_SCHEMA}"))
            command.upgrade(alembic_config(conn), revision)
    finally:
        engine.dispose()


def alembic_config(conn: Connection | None = None) -> Config:
    """Return Alembic's configuration, with the connection that its environment shall use."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = conn
    return config
