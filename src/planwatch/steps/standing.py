"""How a release stands, asked from Airflow's triggerer: one short connection, and no heavy import."""

from __future__ import annotations

from typing import Any

import psycopg2

CONNECT_SECONDS = 5
STATEMENT = "SELECT state, detail FROM raw.release_events WHERE sha256 = %s ORDER BY event_id DESC LIMIT 1"


def standing(at: dict[str, Any], sha256: str) -> tuple[str, str]:
    """Return a release's state and its event's detail, "unknown" and empty where it was never recorded.

    Args:
        at: host, port, user, password and dbname of the warehouse.
        sha256: the release.

    Raises:
        ConnectionError: the warehouse did not answer.
    """
    try:
        connection = psycopg2.connect(**at, connect_timeout=CONNECT_SECONDS, options="-c statement_timeout=5000")
        try:
            with connection.cursor() as cursor:
                cursor.execute(STATEMENT, (sha256,))
                found = cursor.fetchone()
        finally:
            connection.close()
    except psycopg2.Error as error:
        raise ConnectionError(str(error).strip()) from error
    return (str(found[0]), str(found[1] or "")) if found else ("unknown", "")
