"""Which releases are still being read, and which months are to be judged once none is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, text

from planwatch import warehouse
from planwatch.model.period import year_of
from planwatch.model.vocabulary import ReleaseState

ABANDONED_AFTER = timedelta(minutes=30)
"""A release that arrived so long ago and was never read no longer holds up an edition."""

_NEWS = """
SELECT count(*) FROM raw.release_events e WHERE e.state <> 'arrived' AND e.sha256 <> :sha256
AND e.at > coalesce((SELECT max(published_at) FROM mart.editions), '-infinity')
"""


def being_read(conn: Connection, period: str | None = None) -> int:
    """Return how many releases have arrived and wait for their run: those up to a month, or all."""
    known = warehouse.known_releases(conn)
    recent = known["state_at"] > datetime.now(UTC) - ABANDONED_AFTER
    waiting = known[(known["state"] == str(ReleaseState.ARRIVED)) & recent]
    return int((waiting["period"].isna() | (waiting["period"] <= (period or "9999-12"))).sum())


def take_turn(conn: Connection) -> None:
    """Let releases end one after another (until the transaction ends), so that exactly one of a batch finds itself the last."""
    conn.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('planwatch:release-end', 0))"))


def months_to_hand_on(conn: Connection, sha256: str, changed: list[str]) -> list[str]:
    """Return the months to judge because a release has ended, in its own transaction and turn.

    Alone, it hands on the months that it changed, and of every later plan, whose bases and seasonal shares rest on them, the newest
    published one. Of a batch the last one hands on for all, the newest month of each plan that has figures: judging one month of a
    year judges the others with it.
    """
    if being_read(conn):
        return []
    years = warehouse.loaded_plans(conn)
    own = [period for period in changed if year_of(period) in years]
    if conn.execute(text(_NEWS), {"sha256": sha256}).scalar_one():
        own = newest_months(conn)
    touched = {year_of(period) for period in own}
    later = [year for year in years if changed and year > year_of(min(changed)) and year not in touched]
    return sorted({*own, *(p for year in later if (p := warehouse.newest_period(conn, year)))})


def newest_months(conn: Connection) -> list[str]:
    """Return the newest month with figures of every loaded plan."""
    months = (warehouse.reported_months(conn, year) for year in sorted(warehouse.loaded_plans(conn)))
    return [own[-1] for own in months if own]


def unjudged_months(engine: Engine) -> list[str]:
    """Return the months to judge because releases ended after the newest edition and nobody handed them on."""
    with engine.connect() as conn:
        idle = not being_read(conn) and conn.execute(text(_NEWS), {"sha256": ""}).scalar_one()
        return newest_months(conn) if idle else []
