"""What must stand before the first migration: roles, databases, and who may enter which.

Run as a role that may create roles and databases (the embedded server's superuser). Everything else is Alembic's
(tables) or `apply_views`' (views, their grants and comments).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from psycopg2 import sql
from psycopg2.extensions import encrypt_password
from sqlalchemy import Connection, make_url, text

from planwatch.errors import ConfigError, Fault
from planwatch.warehouse.engine import make_engine

OWNER, ETL, BI_READER, AIRFLOW = "planwatch_owner", "planwatch_etl", "bi_reader", "airflow"
"""The roles: who owns tables and views, who loads and publishes, who reads `bi`, and Airflow's metadata."""

ROLES = (OWNER, ETL, BI_READER, AIRFLOW)
AIRFLOW_DATABASE = "airflow"
BI_CONNECTIONS = 40
BI_BOUNDS = {"statement_timeout": "15min", "lock_timeout": "1min", "idle_in_transaction_session_timeout": "15min"}
"""What a BI tool's session may take, so that a forgotten one holds nothing up for long."""


def bootstrap(admin_url: str, database: str, passwords: Mapping[str, str]) -> None:
    """Make roles and databases, or mend those that are there; running it again changes nothing.

    Args:
        admin_url: URL of a role with CREATEROLE and CREATEDB, on a maintenance database.
        database: name of the warehouse's database; Airflow's is `airflow`.
        passwords: one for every role of `ROLES`. They travel and are kept as SCRAM verifiers only.

    Raises:
        ConfigError: a password is missing or empty.
        RetriableError: the server is not there.
    """
    _refuse_missing(passwords)
    engine = make_engine(admin_url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as conn:
            for role in ROLES:
                _role(conn, role, passwords[role])
            _role_defaults(conn)
            create_database(conn, database)
            _database(conn, AIRFLOW_DATABASE, AIRFLOW, (AIRFLOW,))
            for name in ("postgres", "template1"):
                run(conn, "REVOKE CONNECT ON DATABASE {} FROM PUBLIC", name)
        _withhold_locks(admin_url, database)
    finally:
        engine.dispose()


def _withhold_locks(admin_url: str, database: str) -> None:
    """Take from everybody but the loading side what could hold it up or fill the disk: advisory locks and large objects.

    Only a superuser can; a managed server's administrator leaves them, and the bounds of the BI reader's sessions are what there is.
    """
    engine = make_engine(
        make_url(admin_url).set(database=database).render_as_string(hide_password=False), isolation_level="AUTOCOMMIT"
    )
    try:
        with engine.connect() as conn:
            if conn.execute(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")).scalar():
                named = conn.execute(text(_LOCKING)).scalars().all()
                for function in named:
                    conn.execute(
                        text(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
                    )  # from the server's own catalogue
                    conn.execute(text(f"GRANT EXECUTE ON FUNCTION {function} TO {OWNER}, {ETL}"))
    finally:
        engine.dispose()


_LOCKING = """
SELECT oid::regprocedure::text FROM pg_proc
WHERE pronamespace = 'pg_catalog'::regnamespace
  AND (proname LIKE 'pg\\_advisory\\_%' OR proname LIKE 'pg\\_try\\_advisory\\_%' OR proname LIKE 'lo\\_%')
"""


def create_database(conn: Connection, database: str, template: str = "template0") -> None:
    """Make the warehouse's database (on an AUTOCOMMIT connection), entered by its three roles and nobody else.

    `template` may name a migrated warehouse that nobody is connected to: its copy needs no migration.
    """
    _database(conn, database, OWNER, (OWNER, ETL, BI_READER), template)
    run(conn, "GRANT TEMPORARY ON DATABASE {} TO {}", database, ETL)


def run(conn: Connection, statement: str, *names: str, **literals: Any) -> None:
    """Run a statement that takes no parameters on the server, with quoted identifiers and literals put in."""
    cursor = cast(Any, conn.connection.cursor())
    composed = sql.SQL(cast(Any, statement)).format(
        *(sql.Identifier(n) for n in names), **{k: sql.Literal(v) for k, v in literals.items()}
    )
    cursor.execute(composed)
    cursor.close()


def _refuse_missing(passwords: Mapping[str, str]) -> None:
    faults = [
        Fault(code="missing_password", message="no password given for a role", key=role, mend="give every role one")
        for role in ROLES
        if not passwords.get(role)
    ]
    if faults:
        raise ConfigError.of(*faults)


def _role(conn: Connection, role: str, password: str) -> None:
    there = conn.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).scalar()
    if not there:
        run(conn, "CREATE ROLE {}", role)
    dbapi = cast(Any, conn.connection.dbapi_connection)
    verifier = encrypt_password(password, role, dbapi, "scram-sha-256")
    run(conn, "ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB PASSWORD {verifier}", role, verifier=verifier)


def _role_defaults(conn: Connection) -> None:
    """Set what every session of a role begins with: UTC for all; read-only, `bi`, and bounds for the BI reader."""
    for role in ROLES:
        run(conn, "ALTER ROLE {} SET timezone TO 'UTC'", role)
    run(conn, "ALTER ROLE {} SET default_transaction_read_only TO on", BI_READER)
    run(conn, "ALTER ROLE {} SET search_path TO {}", BI_READER, "bi")
    run(conn, "ALTER ROLE {} CONNECTION LIMIT {most}", BI_READER, most=BI_CONNECTIONS)
    for setting, bound in BI_BOUNDS.items():
        run(conn, "ALTER ROLE {} SET {} TO {bound}", BI_READER, setting, bound=bound)


def _database(
    conn: Connection, database: str, owner: str, guests: tuple[str, ...], template: str = "template0"
) -> None:
    there = conn.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": database}).scalar()
    if not there:
        run(conn, "GRANT {} TO CURRENT_USER", owner)  # whoever is not superuser needs it to give the database away
        run(
            conn,
            "CREATE DATABASE {} OWNER {} TEMPLATE {} ENCODING 'UTF8'",
            database,
            owner,
            template,
        )
    run(conn, "REVOKE ALL ON DATABASE {} FROM PUBLIC", database)
    for guest in guests:
        run(conn, "GRANT CONNECT ON DATABASE {} TO {}", database, guest)
