"""Releases: what arrived, what became of it, and its rows as printed."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, text

from planwatch.errors import Fault, InputError
from planwatch.model.vocabulary import Origin, ReleaseState
from planwatch.warehouse.copy import copy_frame, fetch_frame
from planwatch.warehouse.engine import storable

_BLOCK_ROWS = 20_000
"""Rows as printed that stand in memory at a time, as JSON."""
ROW_COLUMNS = ("sheet", "row", "column", "label", "text")
"""Columns of a rows-as-printed frame that get columns of their own; everything stands in `content` as well."""

_RELEASES = """
SELECT r.sha256, r.feed, r.period, r.filename, r.bytes, r.published_at, r.recorded_at, r.origin, r.title, r.source,
       e.state, e.at AS state_at, e.detail, e.actor, e.reason
FROM raw.releases r
JOIN LATERAL (SELECT * FROM raw.release_events v WHERE v.sha256 = r.sha256 ORDER BY v.event_id DESC LIMIT 1) e ON true
WHERE %(feed)s::text IS NULL OR r.feed = %(feed)s
ORDER BY r.release_no
"""


def record_release(
    conn: Connection,
    *,
    sha256: str,
    feed: str,
    period: str | None,
    filename: str,
    size: int,
    published_at: date | None,
    origin: str = Origin.PUBLISHED,
    title: str = "",
    recorded_at: datetime | None = None,
    source: str = "",
) -> bool:
    """Record the bytes `sha256` as a release of `feed`, in state `arrived`; return whether they are new.

    The same bytes again are no news (False) and change nothing, with one exception: bytes that failed or were rejected
    may come again, under the right feed or with what a mended reader now finds in them (True).

    Args:
        conn: a connection; the caller owns the transaction.
        sha256: 64 hexadecimal digits, the bytes' address in the archive.
        feed: feed id.
        period: `YYYY-MM`, or None for a collection of many months.
        filename: as it was offered.
        size: bytes.
        published_at: the source's date; None where it states none.
        origin: `published` or `simulated`.
        title: as printed.
        recorded_at: when it came to us; None is now.
        source: where it was fetched from.
    """
    row: dict[str, Any] = {
        "sha256": sha256, "feed": feed, "period": period or None, "filename": filename, "bytes": size,
        "published_at": published_at, "origin": str(origin), "title": title, "source": source, "recorded_at": recorded_at,
    }  # fmt: skip
    new = conn.execute(
        text(
            "INSERT INTO raw.releases AS r (sha256, feed, period, filename, bytes, published_at, origin, title, source, recorded_at) "
            "VALUES (:sha256, :feed, :period, :filename, :bytes, :published_at, :origin, :title, :source, coalesce(:recorded_at, now())) "
            "ON CONFLICT (sha256) DO UPDATE SET feed = excluded.feed, period = excluded.period, filename = excluded.filename, "
            "published_at = excluded.published_at, origin = excluded.origin, title = excluded.title, source = excluded.source "
            "WHERE (SELECT e.state FROM raw.release_events e WHERE e.sha256 = r.sha256 ORDER BY e.event_id DESC LIMIT 1) "
            "IN ('failed', 'rejected') RETURNING 1"
        ),
        row,
    ).scalar()
    if new:
        set_release_state(conn, sha256, ReleaseState.ARRIVED, detail=filename)
    return bool(new)


def describe_release(
    conn: Connection, sha256: str, *, period: str | None, published_at: date | None, origin: str, title: str
) -> None:
    """Note what the reader found in the bytes: month, publication date, origin and title are unknown until they are read."""
    conn.execute(
        text(
            "UPDATE raw.releases SET period = :period, published_at = :published_at, origin = :origin, title = :title "
            "WHERE sha256 = :sha256"
        ),
        {"sha256": sha256, "period": period, "published_at": published_at, "origin": str(origin), "title": title},
    )


def set_release_state(
    conn: Connection, sha256: str, state: ReleaseState, *, detail: str = "", actor: str = "", reason: str = ""
) -> None:
    """Append an event: what became of the release, and by whose decision and reason where a person decided.

    Raises:
        InputError: no such release was recorded.
    """
    release_no(conn, sha256)
    conn.execute(
        text(
            "INSERT INTO raw.release_events (sha256, state, detail, actor, reason) "
            "VALUES (:sha256, :state, :detail, :actor, :reason)"
        ),
        {"sha256": sha256, "state": str(state), "detail": detail, "actor": actor, "reason": reason},
    )


def release_state(conn: Connection, sha256: str) -> ReleaseState | None:
    """Return the release's state, None where it was never recorded."""
    state = conn.execute(
        text("SELECT state FROM raw.release_events WHERE sha256 = :sha256 ORDER BY event_id DESC LIMIT 1"),
        {"sha256": sha256},
    ).scalar()
    return ReleaseState(state) if state else None


def last_arrival(conn: Connection, sha256: str) -> datetime | None:
    """Return when the bytes last arrived, None where they never did."""
    query = "SELECT max(at) FROM raw.release_events WHERE sha256 = :sha256 AND state = 'arrived'"
    found: datetime | None = conn.execute(text(query), {"sha256": sha256}).scalar()
    return found


def known_releases(conn: Connection, feed: str | None = None) -> pd.DataFrame:
    """Return all releases (of one feed) in order of arrival, with their state and its event's detail, actor and reason."""
    return fetch_frame(conn, _RELEASES, {"feed": feed})


def held_releases(conn: Connection) -> set[tuple[str, str]]:
    """Return (feed, period) of every release in quarantine."""
    known = known_releases(conn)
    held = known[(known["state"] == str(ReleaseState.QUARANTINED)) & known["period"].notna()]
    return set(zip(held["feed"], held["period"], strict=True))


def release_no(conn: Connection, sha256: str) -> int:
    """Return the release's place in the order of arrival.

    Raises:
        InputError: no such release was recorded.
    """
    number = conn.execute(
        text("SELECT release_no FROM raw.releases WHERE sha256 = :sha256"), {"sha256": sha256}
    ).scalar()
    if number is None:
        raise InputError.of(
            Fault(code="unknown_release", message="no such release was recorded", value=sha256, mend="record it first")
        )
    return int(number)


def save_rows(conn: Connection, sha256: str, frame: pd.DataFrame) -> int:
    """Keep the release's rows as printed, in place of those kept before; return how many.

    `frame` may have any columns; `sheet`, `row`, `column`, `label` and `text` become columns, the whole row `content`.
    """
    _clear(conn, "rows", sha256)
    for start in range(0, len(frame), _BLOCK_ROWS):
        copy_frame(conn, "raw.rows", _kept(frame.iloc[start : start + _BLOCK_ROWS], sha256, start))
    return len(frame)


def _kept(frame: pd.DataFrame, sha256: str, before: int) -> pd.DataFrame:
    """Return some rows as they are kept, of which `before` stand before them."""
    kept = pd.DataFrame({c: frame[c] for c in ROW_COLUMNS if c in frame.columns}, index=frame.index)
    for name in kept.columns.drop("row", errors="ignore"):
        kept[name] = _told(kept[name], _as_text)
    if "row" in kept:
        kept["row"] = pd.to_numeric(kept["row"], errors="coerce").astype("Int64")
    kept.insert(0, "release_sha256", sha256)
    kept.insert(1, "ordinal", range(before + 1, before + len(kept) + 1))
    kept["content"] = _contents(frame)
    return kept


def _contents(frame: pd.DataFrame) -> pd.Series:
    """Return each row as a JSON object, put together column by column."""
    columns = [_told(frame[name], partial(_member, str(name))) for name in frame.columns]
    members: Any = [pa.array(column, type=pa.string(), from_pandas=True) for column in columns]
    inside: Any = pc.binary_join_element_wise(*members, ", ", null_handling="skip") if members else [""] * len(frame)
    return "{" + pd.Series(inside, index=frame.index, dtype="str") + "}"


def _member(name: str, value: Any) -> str | None:
    """Return a member of the row's object; None for a missing cell."""
    said = _plain({name: value})
    return json.dumps(said, ensure_ascii=False, default=str)[1:-1] if said else None


def _told(column: pd.Series, words: Callable[[Any], str | None]) -> pd.Series:
    """Return what is said of each value, once for each different value; of a column of any objects row by row, for 1 equals True there."""
    if column.dtype == object:
        return pd.Series([words(value) for value in column], index=column.index, dtype="str")
    codes, known = pd.factorize(column, use_na_sentinel=False)
    said: Any = pd.array([words(value) for value in known.tolist()], dtype="str")
    return pd.Series(said.take(codes), index=column.index)


def save_rejects(conn: Connection, sha256: str, rows: Iterable[Fault]) -> int:
    """Keep what could not be reconciled, in place of what was kept before; return how many."""
    _clear(conn, "rejects", sha256)
    faults = list(rows)
    names = ("code", "message", "sheet", "column", "value", "expected", "mend")
    texts = [{n: storable(asdict(f)[n] or "") for n in names} for f in faults]
    frame = pd.DataFrame(texts, columns=list(names), dtype=object)
    frame["row"] = pd.array([f.row for f in faults], dtype="Int64")
    frame.insert(0, "release_sha256", sha256)
    frame.insert(1, "ordinal", range(1, len(frame) + 1))
    return copy_frame(conn, "raw.rejects", frame)


def _clear(conn: Connection, table: str, sha256: str) -> None:
    release_no(conn, sha256)
    statements = {
        "rows": text("DELETE FROM raw.rows WHERE release_sha256 = :sha256"),
        "rejects": text("DELETE FROM raw.rejects WHERE release_sha256 = :sha256"),
    }
    conn.execute(statements[table], {"sha256": sha256})


def _plain(record: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the row without missing cells; NaN is not JSON, and jsonb cannot keep NUL."""
    return {
        str(k): (storable(v) if isinstance(v, str) else v)
        for k, v in record.items()
        if not (v is None or v is pd.NA or (isinstance(v, float) and math.isnan(v)))
    }


def _as_text(value: Any) -> str:
    return "" if value is None or (not isinstance(value, str) and pd.isna(value)) else str(value)
