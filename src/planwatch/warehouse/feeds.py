"""The feeds in the warehouse: who carries what, whose value counts, and what is said of indicators without a source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, text

from planwatch.model.calendar import Due
from planwatch.model.feed import Feed, Role
from planwatch.model.sources import GrowthBasis, NoSource

_FEED = text(
    "INSERT INTO core.feeds AS t (feed_id, name_zh, name_en, owner, frequency, precedence, producer, licence) "
    "VALUES (:feed_id, :name_zh, :name_en, :owner, :frequency, :precedence, :producer, :licence) "
    "ON CONFLICT (feed_id) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en, owner = excluded.owner, "
    "frequency = excluded.frequency, precedence = excluded.precedence, producer = excluded.producer, "
    "licence = excluded.licence WHERE t IS DISTINCT FROM excluded"
)
_SERIES = text(
    "INSERT INTO core.feed_series (feed_id, ordinal, indicator, area, frequency) "
    "VALUES (:feed_id, :ordinal, :indicator, :area, :frequency)"
)


def save_feeds(
    conn: Connection,
    feeds: Mapping[str, Feed],
    without_source: Iterable[NoSource] = (),
    growth_bases: Iterable[GrowthBasis] = (),
) -> None:
    """Write the feeds as their file has them. A feed that the file no longer has keeps its precedence, and carries nothing.

    Args:
        conn: a connection of the role `planwatch_etl`; the caller owns the transaction.
        feeds: by id.
        without_source: indicators that no feed can carry, and why.
        growth_bases: why growth is not the ratio of levels.
    """
    conn.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('planwatch:feeds', 0))"))
    ordered = [feeds[name] for name in sorted(feeds)]
    _write(conn, _FEED, [_feed_row(feed) for feed in ordered])
    conn.execute(text("DELETE FROM core.feed_series"))
    _write(conn, _SERIES, [row for feed in ordered for row in _series_rows(feed)])
    conn.execute(text("DELETE FROM core.without_source"))
    statement = "INSERT INTO core.without_source VALUES (:indicator, :reason_zh, :reason_en)"
    _write(conn, text(statement), [reason.model_dump() for reason in without_source])
    conn.execute(text("DELETE FROM core.growth_bases"))
    statement = "INSERT INTO core.growth_bases VALUES (:indicator, :cause, :note_zh, :note_en)"
    _write(conn, text(statement), [basis.model_dump(mode="json") for basis in growth_bases])


def save_due_dates(conn: Connection, year: int, dues: Iterable[tuple[str, str, Due]]) -> None:
    """Write when what the feeds report of a plan year's months is due, in place of what stood there.

    Args:
        conn: a connection of the role `planwatch_etl`; the caller owns the transaction.
        year: the plan year.
        dues: feed id (known by `save_feeds`), frequency, and when a month's reading is due.
    """
    conn.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('planwatch:feeds', 0))"))
    conn.execute(text("DELETE FROM core.due_dates WHERE substr(period, 1, 4) = :year"), {"year": str(year)})
    rows = [
        {
            "feed": feed, "frequency": str(frequency), "period": due.period, "day": due.day, "from": due.overdue_from,
            "tentative": due.tentative,
        }
        for feed, frequency, due in dues
    ]  # fmt: skip
    _write(conn, text("INSERT INTO core.due_dates VALUES (:feed, :frequency, :period, :day, :from, :tentative)"), rows)


def save_feed(conn: Connection, feed: Feed) -> None:
    """Write one feed's own row: its precedence has to be known before its values are compared with others'."""
    conn.execute(_FEED, _feed_row(feed))


def _write(conn: Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        conn.execute(statement, rows)


def _feed_row(feed: Feed) -> dict[str, Any]:
    return {
        "feed_id": feed.id, "name_zh": feed.name_zh, "name_en": feed.name_en, "owner": feed.owner,
        "frequency": str(feed.frequency), "precedence": feed.precedence, "producer": feed.source.producer,
        "licence": feed.source.licence,
    }  # fmt: skip


def _series_rows(feed: Feed) -> list[dict[str, Any]]:
    """Return the series; one without an area of its own is any area's where its table's rows name areas."""
    naming = {table.name for table in feed.tables if table.areas_in_rows or Role.AREA in table.roles}
    return [
        {
            "feed_id": feed.id, "ordinal": n, "indicator": s.indicator, "frequency": str(feed.frequency_of(s)),
            "area": s.area or (None if naming & ({s.table} if s.table else naming) else feed.area),
        }
        for n, s in enumerate(feed.series, start=1)
    ]  # fmt: skip
