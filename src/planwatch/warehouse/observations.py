"""Observations: vintages in, the current value of every key out (DOMAIN §3).

Three times are kept apart. `published_at` is the source's date, and "as of" asks by it; `recorded_at` is ours;
`admitted_at` is when a quarantine decision let the value in, else when it was recorded.

Every feed has its own vintages of a key, ordered by publication date, then by the order in which releases arrived, then by
reading: so the same bytes read again later never overtake a newer release. Of several feeds with one key the one with the higher
precedence (`feeds.yaml`) speaks; what the others say is kept beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from planwatch.errors import Fault, InputError
from planwatch.model.calendar import SHANGHAI
from planwatch.model.codes import all_differ
from planwatch.model.observation import KEY_COLUMNS
from planwatch.model.vocabulary import Quality
from planwatch.warehouse.blocks import packed_observations, precedences
from planwatch.warehouse.copy import codes_of, copy_frame, fetch_frame, fetch_table, frame_of
from planwatch.warehouse.releases import release_no
from planwatch.warehouse.rounding import save_printed_units
from planwatch.warehouse.staging import SAID, staged_rows
from planwatch.warehouse.years import BareYears

BLOCK_ROWS = 250_000
"""Rows that are staged at a time: about 200 MB."""
_PUBLISHED = """
SELECT coalesce(published_at, (recorded_at AT TIME ZONE 'Asia/Shanghai')::date) FROM raw.releases WHERE sha256 = :sha256
"""

_STAGED = """
DROP TABLE IF EXISTS pg_temp.staged_observations;
CREATE TEMPORARY TABLE staged_observations ON COMMIT DROP AS
SELECT plan_year, indicator, area, period, span, measure, value, unit, text, decimals, quality, published_at, source,
       sheet, "row", "column", printed_unit, origin, flags
FROM core.observations WITH NO DATA
"""

# A staged value is appended where it differs from its predecessor in its feed's order of the key's vintages, else kept as a
# confirmation. A confirmation becomes a vintage once it differs from what now stands before it: something was published between
# the value and its repeat, and came after both. One that its release has a vintage for has become one, or was read anew.
_APPEND = """
WITH staged AS (
    SELECT s.*, r.release_no
    FROM staged_observations s CROSS JOIN raw.releases r WHERE r.sha256 = :sha256
), kept AS (
    SELECT o.indicator, o.area, o.period, o.span, o.measure, o.published_at, o.release_no, o.value, o.quality, o.unit, o.origin,
           o.observation_id
    FROM core.observations o JOIN raw.releases r USING (release_no)
    WHERE o.plan_year = ANY(:years) AND r.feed = (SELECT feed FROM raw.releases WHERE sha256 = :sha256) AND EXISTS (
        SELECT FROM staged_observations s
        WHERE (s.indicator, s.area, s.period, s.span, s.measure) = (o.indicator, o.area, o.period, o.span, o.measure))
), confirmed AS (
    SELECT c.* FROM core.confirmations c JOIN raw.releases r USING (release_no)
    WHERE r.feed = (SELECT feed FROM raw.releases WHERE sha256 = :sha256) AND EXISTS (
        SELECT FROM staged_observations s
        WHERE (s.indicator, s.area, s.period, s.span, s.measure) = (c.indicator, c.area, c.period, c.span, c.measure))
    AND NOT EXISTS (
        SELECT FROM kept k WHERE (k.indicator, k.area, k.period, k.span, k.measure, k.published_at, k.release_no)
                               = (c.indicator, c.area, c.period, c.span, c.measure, c.published_at, c.release_no))
), vintages AS (
    SELECT {said}, 'vintage' AS kind, observation_id FROM kept
    UNION ALL SELECT {said}, 'confirmation', NULL FROM confirmed
    UNION ALL SELECT {said}, 'staged', NULL FROM staged
), compared AS (
    SELECT v.*, lag((value, quality, unit, origin)) OVER w IS DISTINCT FROM (value, quality, unit, origin) AS differs,
           lag((published_at, release_no)) OVER w IS NOT DISTINCT FROM (published_at, release_no) AS again
    FROM vintages v
    WINDOW w AS (PARTITION BY indicator, area, period, span, measure
                 ORDER BY published_at, release_no, observation_id NULLS LAST, kind)
), given AS (
    SELECT {columns}, 'staged' AS kind FROM staged UNION ALL SELECT {columns}, 'confirmation' FROM confirmed
), ruled AS (
    SELECT g.*, c.differs, c.again
    FROM compared c JOIN given g USING (indicator, area, period, span, measure, published_at, release_no, kind)
), confirming AS (
    INSERT INTO core.confirmations ({columns})
    SELECT {columns} FROM ruled WHERE kind = 'staged' AND NOT differs AND NOT again
), appended AS (
    INSERT INTO core.observations ({columns}, admitted_at)
    SELECT {columns}, coalesce(CAST(:admitted_at AS timestamptz), now()) FROM ruled WHERE differs
    RETURNING period
)
SELECT DISTINCT period FROM appended ORDER BY period
""".format(  # noqa: S608 - the columns are constants
    said="indicator, area, period, span, measure, published_at, release_no, value, quality, unit, origin",
    columns="plan_year, indicator, area, period, span, measure, value, unit, text, decimals, quality, published_at, source, "
    'sheet, "row", "column", printed_unit, origin, flags, release_no',
)

_COLUMNS = (
    "indicator", "area", "period", "span", "measure", "value", "unit", "text", "decimals", "quality", "published_at", "source",
    "sheet", "row", "column", "printed_unit", "origin", "flags", "observation_id", "recorded_at", "release_sha256",
)  # fmt: skip

_VINTAGES = """
SELECT {columns}
FROM mart.vintages
WHERE (%(as_of)s::date IS NULL OR published_at <= %(as_of)s::date)
  AND (%(up_to)s::text IS NULL OR (period <= %(up_to)s::text AND plan_year <= substr(%(up_to)s::text, 1, 4)::int))
  AND (%(feed)s::text IS NULL OR release_no IN (
        SELECT release_no FROM raw.releases WHERE feed = %(feed)s AND period = %(feed_period)s))
  AND (%(indicators)s::text[] IS NULL OR indicator = ANY(%(indicators)s::text[]))
  AND (%(areas)s::text[] IS NULL OR area = ANY(%(areas)s::text[]))
"""
_RANK = ("precedence", "quality", "published_at", "release_no", "observation_id")
"""Of several vintages of a key the one that comes last in this order counts; of qualities a final one, the others being alike."""

JUDGED_COLUMNS = (
    *KEY_COLUMNS, "value", "unit", "decimals", "quality", "published_at", "printed_unit", "origin", "flags", "observation_id",
)  # fmt: skip
"""What an edition is made from; where a figure stood in its file is not among it, nor its text, whose decimals are counted."""

_OF_EDITION = f"""
SELECT {", ".join(f'"{name}"' for name in _COLUMNS)} FROM mart.edition_vintages i JOIN mart.vintages USING (observation_id)
WHERE i.edition_id = %(edition)s AND plan_year <= %(year)s ORDER BY observation_id
"""  # noqa: S608 - the columns are the constant above

_PREVIOUS_PERIOD = """
SELECT max(r.period) FROM raw.releases r
WHERE r.feed = :feed AND r.period < :before AND EXISTS (SELECT FROM core.observations o WHERE o.release_no = r.release_no)
"""


def load_observations(
    conn: Connection, frame: pd.DataFrame, sha256: str, *, admitted_at: datetime | None = None
) -> list[str]:
    """Append the release's values that are news, and return the sorted periods they speak of.

    A value is news where it differs, in value, quality, unit or origin, from its feed's vintage before it (by publication
    date); what another feed said of the key makes no difference. Loading the same release again therefore adds nothing; a
    correction adds one vintage a changed value. What it repeats is kept as confirmed on its day: a late file with an older date adds a
    vintage to the past without becoming current, also where the newest publication only repeated an older one. Loads wait for one another; nothing of a load is seen
    before the caller commits. A year that nothing stands in yet is filled bare, keyed, then attached. A long frame is staged in blocks of
    areas.

    Args:
        conn: a connection of the role `planwatch_etl`; the caller owns the transaction.
        frame: `OBSERVATION_COLUMNS`; a missing `published_at` is the release's, then the day it came.
        sha256: the recorded release that all rows come from.
        admitted_at: when a quarantine decision let them in; None is now.

    Raises:
        InputError: the release is unknown, or a key has two values of one date, or a value is missing.
    """
    return load_blocks(conn, ((sha256, block) for block in blocks_of_areas(frame)), admitted_at=admitted_at)


def blocks_of_areas(frame: pd.DataFrame, rows: int = BLOCK_ROWS) -> Iterator[pd.DataFrame]:
    """Yield an observation frame in blocks of whole areas, each of about `rows` rows or of one area; a shorter frame as it is."""
    if len(frame) <= rows:
        yield frame
        return
    codes, _areas = pd.factorize(frame["area"], use_na_sentinel=False)
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes))
    start = 0
    while start < len(frame):
        end = int(
            ends[max(np.searchsorted(ends, start + rows, side="right") - 1, np.searchsorted(ends, start, side="right"))]
        )
        yield frame.take(order[start:end]).reset_index(drop=True)
        start = end


def load_blocks(
    conn: Connection, blocks: Iterable[tuple[str, pd.DataFrame]], *, admitted_at: datetime | None = None
) -> list[str]:
    """Load many blocks of areas in one transaction, each with its release, as `load_observations` does one.

    For the first load of many areas: only one block at a time stands in memory, and a year that nothing stands in yet gets its
    keys once, after the last block. Several blocks may be of one release.

    Args:
        conn: as `load_observations`.
        blocks: sha256 of a recorded release and its rows, `OBSERVATION_COLUMNS`; no area is in two blocks.
        admitted_at: as `load_observations`.

    Raises:
        InputError: as `load_observations`, or an area is in two blocks.
    """
    conn.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('planwatch:load', 0))"))
    years, periods, areas = BareYears(conn), set[str](), set[str]()
    for sha256, frame in blocks:
        release = _release(conn, sha256)
        staged = staged_rows(frame, release["published_at"])
        _refuse_again(areas, staged.areas)
        save_printed_units(conn, staged.rows)
        new, old = _parted(staged.rows, years)
        if len(new):
            periods |= years.fill(new if staged.once else _news_of_one(conn, new, release), release, admitted_at)
        if len(old):
            periods |= _append(conn, old, sha256, admitted_at)
    years.attach()
    return sorted(periods)


def _parted(staged: pd.DataFrame, years: BareYears) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of years that nothing stands in yet, and the others."""
    bare = staged["plan_year"].isin([y for y in sorted(staged["plan_year"].unique()) if years.begin(int(y))])
    if bare.all():
        return staged, staged.iloc[:0]
    return staged[bare], staged[~bare]


def _release(conn: Connection, sha256: str) -> dict[str, Any]:
    """Return what every row of a release gets: its number, and the day of publication where a row has none."""
    number = release_no(conn, sha256)
    day = conn.execute(text(_PUBLISHED), {"sha256": sha256}).scalar_one()
    return {"release_no": number, "published_at": day}


def _refuse_again(areas: set[str], own: Set[str]) -> None:
    """Note a block's own areas; one that was in an earlier block is refused."""
    if again := sorted(own & areas):
        raise InputError.of(
            Fault(
                code="area_twice", message="an area is in two blocks of one load", value=", ".join(again[:5]),
                expected="every area in one block", mend="put all rows of an area into one block",
            )
        )  # fmt: skip
    areas |= own


def _append(conn: Connection, staged: pd.DataFrame, sha256: str, admitted_at: datetime | None) -> set[str]:
    """Append what is news to years that have vintages already, and return the periods it speaks of."""
    years = sorted({int(year) for year in staged["plan_year"]})
    conn.execute(text(_STAGED))
    copy_frame(conn, "pg_temp.staged_observations", staged)
    conn.execute(text("ANALYZE pg_temp.staged_observations"))
    conn.execute(text("SET LOCAL work_mem = '128MB'"))  # a big release is sorted and joined once: not on disk
    parameters = {"sha256": sha256, "years": years, "admitted_at": admitted_at}
    return {str(period) for period in conn.execute(text(_APPEND), parameters).scalars()}


def _news_of_one(conn: Connection, staged: pd.DataFrame, release: Mapping[str, Any]) -> pd.DataFrame:
    """Return the rows of a release alone that differ from the same key's row of an earlier date; keep the others as confirmations."""
    ordered = staged.sort_values([*KEY_COLUMNS, "published_at"], kind="stable")
    same = ordered[[*KEY_COLUMNS, *SAID]].eq(ordered[[*KEY_COLUMNS, *SAID]].shift()).all(axis=1)
    copy_frame(conn, "core.confirmations", ordered[same].assign(release_no=release["release_no"]))
    return ordered[~same].sort_index()


def release_periods(conn: Connection, sha256: str) -> list[str]:
    """Return the sorted periods that a release has ever added a vintage to.

    What a retried task announces: a first try may have committed its load and died before telling.
    """
    found = conn.execute(
        text("SELECT DISTINCT period FROM core.observations WHERE release_no = :number ORDER BY period"),
        {"number": release_no(conn, sha256)},
    )
    return [str(period) for period in found.scalars()]


def current_observations(
    conn: Connection,
    *,
    as_of: datetime | None = None,
    up_to_period: str | None = None,
    columns: Sequence[str] = _COLUMNS,
    indicators: Collection[str] | None = None,
    areas: Collection[str] | None = None,
) -> pd.DataFrame:
    """Return what counts for every key, one row each, by key: OBSERVATION_COLUMNS, `observation_id`, `recorded_at`, `release_sha256`.

    Args:
        conn: a connection.
        as_of: only what was published by that instant's day in Shanghai; None is everything.
        up_to_period: only months up to this one (`YYYY-MM`), earlier years included.
        columns: only these of them, the key among them: a part of the time.
        indicators: only these; None is all.
        areas: only these; None is all.
    """
    day = as_of.astimezone(SHANGHAI).date() if as_of else None
    only = {
        "indicators": None if indicators is None else sorted(indicators),
        "areas": None if areas is None else sorted(areas),
    }
    return _current(conn, columns, as_of=day, up_to=up_to_period, **only)


def judged_observations(conn: Connection, period: str, *, as_of: datetime | None = None) -> pd.DataFrame:
    """Return what an edition of a month is made from: as `current_observations` up to it, in no order, `JUDGED_COLUMNS`, words as categories.

    Args:
        conn: a connection.
        period: the month, `YYYY-MM`; earlier years are included.
        as_of: as `current_observations`.
    """
    table = packed_observations(conn, int(period[:4]))
    known = _of_words(table["period"], lambda month: month <= period)
    if as_of is not None:
        day = as_of.astimezone(SHANGHAI).date()
        known &= _of_words(table["published_at"], lambda published: published <= day)
    if not known.all():
        table = table.filter(pa.array(known))
    if not all_differ(_coded_keys(table), table.num_rows):
        table = table.take(_newest(_ranked(conn, table)))
    return table.select(list(JUDGED_COLUMNS)).to_pandas()


def _coded_keys(table: pa.Table) -> Iterator[tuple[NDArray[Any], int]]:
    """Yield the codes of every column of the key, and how many words it has."""
    for name in KEY_COLUMNS:
        codes, words = codes_of(table[name])
        yield codes, len(words)


def _ranked(conn: Connection, table: pa.Table) -> pa.Table:
    """Return the table with the precedence of every row's feed."""
    release_of, releases = pd.factorize(table["release_no"].to_numpy())
    ranks = precedences(conn)
    precedence = np.array([ranks[int(n)] for n in releases], dtype=np.int64)[release_of]
    return table.append_column("precedence", pa.array(precedence))


def _of_words(column: pa.ChunkedArray[Any], holds: Callable[[Any], bool]) -> NDArray[np.bool_]:
    """Return in which cells of a dictionary column a word stands that something holds of: asked once a word."""
    codes, words = codes_of(column)
    return np.array([*map(holds, words), False], dtype=bool)[codes]


def _current(conn: Connection, columns: Sequence[str], **asked: Any) -> pd.DataFrame:
    """Return the newest vintage of every key, by key.

    Told apart here: the server would sort every row by five words, most of them the only vintage of their key.
    """
    wanted = dict.fromkeys([*columns, *_RANK])
    query = _VINTAGES.format(columns=", ".join(f'"{name}"' for name in wanted))
    parameters = {
        "as_of": None,
        "up_to": None,
        "feed": None,
        "feed_period": None,
        "indicators": None,
        "areas": None,
    } | asked
    table = fetch_table(conn, query, parameters)
    return frame_of(table.select(list(columns)).take(_newest(table)))


def _newest(table: pa.Table) -> NDArray[np.int64]:
    """Return the rows of the vintages that count, by key."""
    key = np.zeros(table.num_rows, dtype=np.int64)
    for name in KEY_COLUMNS:
        places, words = _places(table[name])
        key = key * max(words, 1) + places
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    same = ordered[1:] == ordered[:-1]
    if same.any():
        several = np.flatnonzero(np.append(same, False) | np.append(False, same))
        rows = order[several]
        ranks = [_ranks(table[name], name)[rows] for name in _RANK]
        order[several] = rows[np.lexsort((*reversed(ranks), key[rows]))]
    return np.asarray(order[np.append(~same, True)[: len(order)]], dtype=np.int64)


def _ranks(column: pa.ChunkedArray[Any], name: str) -> NDArray[Any]:
    """Return what a column ranks vintages by: its order, of `quality` whether it is final."""
    if name != "quality":
        return _places(column)[0]
    words = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    return _of_words(words, lambda word: word == Quality.FINAL)


def _places(column: pa.ChunkedArray[Any]) -> tuple[NDArray[Any], int]:
    """Return each cell's place in the order of its column's words, and how many there are; of numbers and days themselves."""
    if not pa.types.is_dictionary(column.type):
        return column.to_numpy(), 0
    codes, words = codes_of(column)
    place = np.empty(len(words), dtype=np.int64)
    place[sorted(range(len(words)), key=words.__getitem__)] = np.arange(len(words))
    return place[codes], len(words)


def edition_observations(conn: Connection, edition_id: int, plan_year: int) -> pd.DataFrame:
    """Return the vintages that an edition was judged by, columns as `current_observations`, by `observation_id`."""
    return fetch_frame(conn, _OF_EDITION, {"edition": edition_id, "year": plan_year})


def release_observations(conn: Connection, feed: str, before_period: str) -> pd.DataFrame:
    """Return what a feed said last before a month: of its newest loaded period, corrections included.

    Columns as `current_observations`; empty where the feed has no earlier period. For the checks against last month.
    """
    period = conn.execute(text(_PREVIOUS_PERIOD), {"feed": feed, "before": before_period}).scalar()
    return _current(conn, _COLUMNS, feed=feed, feed_period=period or "")
