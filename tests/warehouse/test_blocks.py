"""Packed observations: an edition reads the same from blocks, from rows and from both, as of any day."""

from datetime import date, datetime

import pandas as pd
import pytest

from planwatch.errors import InputError
from planwatch.model.calendar import SHANGHAI
from planwatch.warehouse import blocks, current_observations, load_blocks, load_observations, pack_observations
from planwatch.warehouse.observations import JUDGED_COLUMNS, judged_observations

pytestmark = pytest.mark.postgres
DAYS = (None, datetime(2026, 4, 20, tzinfo=SHANGHAI), datetime(2026, 5, 20, tzinfo=SHANGHAI))


@pytest.fixture
def small_blocks(monkeypatch):
    """Return what makes a few rows worth a block from now on."""

    def begin():
        monkeypatch.setattr(blocks, "LEAST_ROWS", 2)
        monkeypatch.setattr(blocks, "MOST_ROWS", 3)

    return begin


def load(warehouse, build, name, *rows, **given):
    with warehouse.begin() as conn:
        load_observations(conn, build.observations(*rows), build.release(conn, name, **given))


def figures(value, day, periods=("2025-12", "2026-01", "2026-02", "2026-03")):
    return [{"period": p, "value": value + n, "published_at": day} for n, p in enumerate(periods)]


def read(conn, period, day):
    """Return what an edition reads, and the same by the rows alone, each by number."""
    packed = judged_observations(conn, period, as_of=day)
    plain = current_observations(conn, as_of=day, up_to_period=period)[list(JUDGED_COLUMNS)]
    return by_number(packed), by_number(plain)


def by_number(frame):
    return frame.astype(object).sort_values("observation_id").reset_index(drop=True)


def blocks_of(conn):
    return conn.exec_driver_sql("SELECT plan_year, first_id, last_id FROM core.observation_blocks ORDER BY 1, 2").all()


def test_an_edition_reads_the_same_before_and_after_packing(warehouse, build, small_blocks):
    load(warehouse, build, "first", *figures(100.0, date(2026, 4, 18)))
    load(warehouse, build, "second", *figures(90.0, date(2026, 5, 18), ("2025-12", "2026-02")))
    with warehouse.begin() as conn:
        before = [judged_observations(conn, "2026-03", as_of=day) for day in DAYS]
        small_blocks()
        made = pack_observations(conn, 2026)
        after = [judged_observations(conn, "2026-03", as_of=day) for day in DAYS]
        assert made == len(blocks_of(conn)) > 1
        for one, other in zip(before, after, strict=True):
            pd.testing.assert_frame_equal(by_number(one), by_number(other))
        for day in DAYS:
            pd.testing.assert_frame_equal(*read(conn, "2026-02", day))


def test_what_is_loaded_after_a_block_is_read_with_it_and_packed_once(warehouse, build, small_blocks):
    load(warehouse, build, "first", *figures(100.0, date(2026, 4, 18)))
    small_blocks()
    with warehouse.begin() as conn:
        assert pack_observations(conn, 2026) == 1
        assert pack_observations(conn, 2026) == 0
    load(warehouse, build, "stale", *figures(70.0, date(2026, 4, 1), ("2026-03",)))
    load(warehouse, build, "newer", *figures(80.0, date(2026, 5, 18), ("2025-12", "2026-03")))
    with warehouse.begin() as conn:
        for day in DAYS:
            pd.testing.assert_frame_equal(*read(conn, "2026-03", day))
        newest = judged_observations(conn, "2026-03").set_index("period")["value"]
        assert (newest["2025-12"], newest["2026-01"], newest["2026-03"]) == (80.0, 101.0, 81.0)


def test_a_bulk_load_packs_the_years_it_begins(warehouse, build, small_blocks):
    small_blocks()
    with warehouse.begin() as conn:
        first = build.observations(*figures(100.0, date(2026, 4, 18)))
        second = build.observations(*({**row, "area": "county"} for row in figures(50.0, date(2026, 4, 18))))
        release = build.release(conn, "bulk")
        load_blocks(conn, [(release, first), (release, second)])
        rows = conn.exec_driver_sql("SELECT plan_year, count(*) FROM core.observations GROUP BY 1 ORDER BY 1").all()
        assert rows == [(2025, 2), (2026, 6)]
        # 2025 began with a row too few for a block: what came after it must not be packed as if it were alone
        assert {year for year, *_ in blocks_of(conn)} == {2026}
        pd.testing.assert_frame_equal(*read(conn, "2026-03", None))
        assert pack_observations(conn, 2026) == 1
        pd.testing.assert_frame_equal(*read(conn, "2026-03", None))
    load(warehouse, build, "newer", *figures(80.0, date(2026, 5, 18), ("2025-12", "2026-03")))
    with warehouse.begin() as conn:
        for day in DAYS:
            pd.testing.assert_frame_equal(*read(conn, "2026-03", day))


INSTANTS = {
    "instants": pd.to_datetime,
    "instants as objects": lambda days: pd.to_datetime(days).astype(object),
    "days and instants": lambda days: pd.Series([days[0], *pd.to_datetime(days)[1:]], dtype=object),
    "some missing": lambda days: pd.to_datetime(days).where(days.index > 0),
    "categories": lambda days: pd.to_datetime(days).astype("category"),
}


@pytest.mark.parametrize("given", INSTANTS)
def test_days_given_as_instants_are_packed_as_days(warehouse, build, small_blocks, given):
    small_blocks()
    frame = build.observations(*figures(100.0, date(2026, 4, 18)))
    frame["published_at"] = INSTANTS[given](frame["published_at"])
    with warehouse.begin() as conn:
        load_observations(conn, frame, build.release(conn, "bulk"))
        assert blocks_of(conn)
        for day in DAYS:
            pd.testing.assert_frame_equal(*read(conn, "2026-03", day))


def test_text_for_a_day_is_refused(warehouse, build, small_blocks):
    small_blocks()
    frame = build.observations(*figures(100.0, "2026-04-18"))
    with warehouse.begin() as conn, pytest.raises(InputError, match="2026-04-18"):
        load_observations(conn, frame, build.release(conn, "bulk"))


def test_a_block_holds_text_as_the_rows_do(warehouse, build, small_blocks):
    small_blocks()
    rows = [
        {**row, "flags": "a\x00b", "area": f"county\x00{n}"} for n, row in enumerate(figures(1.0, date(2026, 4, 18)))
    ]
    with warehouse.begin() as conn:
        load_observations(conn, build.observations(*rows), build.release(conn, "bulk"))
        assert blocks_of(conn)
        pd.testing.assert_frame_equal(*read(conn, "2026-03", None))


def test_nothing_stored_is_an_empty_frame(warehouse):
    with warehouse.begin() as conn:
        assert judged_observations(conn, "2026-03").empty
        assert list(judged_observations(conn, "2026-03").columns) == list(JUDGED_COLUMNS)
