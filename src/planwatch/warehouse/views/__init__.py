"""The public contract: views and functions of schema `bi`, re-created from the SQL files of this folder.

The files run in order of their names, in one transaction, as the owner. `90_comments.sql` comments every column; a view
with an uncommented column is refused, so the contract cannot grow undocumented.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from sqlalchemy import Connection, text

from planwatch.errors import PlanwatchError
from planwatch.warehouse.bootstrap import run
from planwatch.warehouse.engine import make_engine

FOLDER = Path(__file__).parent

_OURS = text("""
SELECT 'VIEW' AS what, n.nspname, c.relname AS name, '' AS arguments
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('bi', 'mart') AND c.relkind = 'v'
UNION ALL
SELECT 'FUNCTION', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'bi'
""")

_UNCOMMENTED = text("""
SELECT c.relname || '.' || a.attname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname = 'bi' AND a.attnum > 0 AND coalesce(col_description(c.oid, a.attnum), '') = ''
UNION ALL
SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'bi' AND coalesce(obj_description(c.oid, 'pg_class'), '') = ''
ORDER BY 1
""")


def apply_views(owner_url: str) -> bool:
    """Make the views as the files have them, with their grants and comments; return whether anything had changed.

    Args:
        owner_url: URL of the migrated database, role `planwatch_owner`.

    Raises:
        PlanwatchError: a column of `bi` would stand without a comment; nothing was changed.
        RetriableError: the server is not there.
    """
    engine = make_engine(owner_url)
    try:
        with engine.begin() as conn:
            return _apply(conn)
    finally:
        engine.dispose()


def view_files() -> list[Path]:
    """Return the SQL files in the order they run."""
    return sorted(FOLDER.glob("*.sql"))


def _apply(conn: Connection) -> bool:
    files = {path.name: path.read_text(encoding="utf-8") for path in view_files()}
    fingerprint = hashlib.sha256("\n".join(f"{n}\n{s}" for n, s in files.items()).encode()).hexdigest()
    conn.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('planwatch:views', 0))"))
    newest = text("SELECT fingerprint FROM ops.view_version ORDER BY applied_at DESC LIMIT 1")
    if conn.execute(newest).scalar() == fingerprint:
        return False
    for what, schema, name, _ in sorted(conn.execute(_OURS).tuples(), key=lambda row: row[0], reverse=True):
        if what == "VIEW":
            run(conn, "DROP VIEW IF EXISTS {}.{} CASCADE", schema, name)
        else:
            run(conn, "DROP FUNCTION IF EXISTS {}.{} CASCADE", schema, name)
    for source in files.values():
        conn.exec_driver_sql(source, execution_options={"no_parameters": True})
    if bare := list(conn.execute(_UNCOMMENTED).scalars()):
        raise PlanwatchError(f"bi has no comment on: {', '.join(bare)}; mend: add them to 90_comments.sql")
    conn.execute(text("INSERT INTO ops.view_version (fingerprint) VALUES (:fingerprint)"), {"fingerprint": fingerprint})
    return True
