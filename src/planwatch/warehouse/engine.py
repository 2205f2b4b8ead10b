"""Connections to Postgres, and which of its errors are worth another try."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.pool import NullPool

from planwatch.errors import PlanwatchError, RetriableError

DRIVER = "postgresql+psycopg2"

RETRIABLE_STATES = ("08", "40", "53", "57P", "55P03", "57014")
"""SQLSTATE beginnings after which the same call may succeed: connection, serialisation and deadlock, resources,
shutdown, lock timeout, statement timeout."""


_PASSING = ("starting up", "shutting down", "recovery mode", "too many", "remaining connection slots", "terminating")
"""Words of a refused connection that another try may not hear."""
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def make_engine(
    url: str | URL,
    *,
    statement_timeout_s: float | None = None,
    lock_timeout_s: float | None = None,
    isolation_level: Any = None,
) -> Engine:
    """Return an engine that keeps no idle connections (tasks are short-lived processes) and speaks psycopg2.

    A statement that runs, or waits for a lock, longer than its timeout is ended by the server; both default to the
    server's setting. Give the task's own timeout, so that the database never outlives the task that asked.

    Raises (on use):
        RetriableError: the server is away, or a lock or time ran out; the transaction is lost, the work can be redone.
    """
    options = "".join(
        f" -c {name}={int(seconds * 1000)}"
        for name, seconds in (("statement_timeout", statement_timeout_s), ("lock_timeout", lock_timeout_s))
        if seconds is not None
    )
    extra = {} if isolation_level is None else {"isolation_level": isolation_level}
    engine = create_engine(
        make_url(url).set(drivername=DRIVER),
        poolclass=NullPool,
        connect_args={"connect_timeout": 10, "application_name": "planwatch", "options": f"-c timezone=UTC{options}"},
        **extra,
    )
    event.listen(engine, "handle_error", _translate)
    event.listen(engine, "before_cursor_execute", _storable_parameters, retval=True)
    return engine


def storable(value: str) -> str:
    """Return text as Postgres can keep it: NUL, and halves of a surrogate pair, become U+FFFD."""
    return value if "\x00" not in value and _encodes(value) else _UNSTORABLE.sub("\ufffd", value)


def _encodes(value: str) -> bool:
    """Return whether text has no halves of a surrogate pair: much sooner than looking for them in 20 MB of it."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def retriable(error: BaseException) -> bool:
    """Return whether a psycopg2 error can pass by itself.

    One without SQLSTATE comes from connecting, or means that the connection is gone. A server that answered and refused
    (wrong password, no such database) will refuse again.
    """
    state = getattr(error, "pgcode", None)
    if state is not None:
        return str(state).startswith(RETRIABLE_STATES)
    refused = "FATAL:" in str(error) and not any(word in str(error) for word in _PASSING)
    return type(error).__name__ in ("OperationalError", "InterfaceError") and not refused


def _translate(context: ExceptionContext) -> None:
    error = context.original_exception
    if not isinstance(error, PlanwatchError) and retriable(error):
        raise RetriableError(f"Postgres: {str(error).strip()}") from error


def _storable_parameters(  # noqa: PLR0917 - SQLAlchemy's signature
    conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
) -> tuple[str, Any]:
    """Clean hostile text out of bound parameters before the driver refuses it with an error that names no place."""
    rows = parameters if executemany else [parameters]
    cleaned = [
        {k: storable(v) if isinstance(v, str) else v for k, v in row.items()} if isinstance(row, dict) else row
        for row in rows
    ]
    return statement, cleaned if executemany else cleaned[0]
