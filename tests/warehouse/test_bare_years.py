"""A year filled bare, keyed and attached holds what row-by-row appends would have put there, with the same keys and rights."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from planwatch.errors import InputError
from planwatch.model.observation import KEY_COLUMNS, OBSERVATION_COLUMNS
from planwatch.warehouse import fetch_frame, load_blocks, load_observations, make_engine
from planwatch.warehouse.observations import blocks_of_areas

pytestmark = pytest.mark.postgres
COLUMNS = ", ".join(f'"{name}"' for name in (*OBSERVATION_COLUMNS, "plan_year", "release_no"))
KEPT = f"SELECT {COLUMNS} FROM core.observations"
PARTS = "SELECT relname FROM pg_class WHERE relname LIKE 'observations\\_y%' AND relkind = 'r' ORDER BY relname"


def random_rows(build, dice, rows=400):
    """Rows of two years with repeats, corrections of their own and days missing; two statements of one day agree."""
    frame = build.observations(
        *(
            {
                "indicator": f"i{dice.integers(12)}", "area": f"a{dice.integers(3)}", "period": f"{2025 + dice.integers(2)}-{1 + dice.integers(12):02d}",
                "published_at": [None, date(2026, 4, 18), date(2026, 5, 18), date(2026, 6, 18)][dice.integers(4)],
                "value": float(dice.integers(3)), "quality": ["final", "preliminary"][dice.integers(2)],
            }
            for _ in range(rows)
        )
    )  # fmt: skip
    day = frame["published_at"].map(lambda d: d or date(2026, 4, 18))
    return frame[~frame.assign(day=day).duplicated([*KEY_COLUMNS, "day"])].reset_index(drop=True)


def kept(engine):
    with engine.connect() as conn:
        frame = fetch_frame(conn, KEPT)
    return frame.sort_values([*KEY_COLUMNS, "published_at"]).reset_index(drop=True)


@pytest.mark.parametrize("seed", range(3))
def test_bare_and_living_years_take_the_same(make_warehouse, build, seed):
    frame = random_rows(build, np.random.default_rng(seed))
    bare, living = make_warehouse(), make_warehouse()
    with living.begin() as conn:
        for year in (2025, 2026):
            conn.execute(text("SELECT core.ensure_observation_year(:year)"), {"year": year})
    said = []
    for one in (bare, living):
        with one.begin() as conn:
            said.append(load_observations(conn, frame, build.release(conn, "first")))
    assert said[0] == said[1] == sorted(set(frame["period"]))
    pd.testing.assert_frame_equal(kept(bare.engine), kept(living.engine))
    with bare.begin() as conn:
        assert load_observations(conn, frame, build.release(conn, "first")) == []


def test_blocks_of_areas_make_one_load(make_warehouse, build):
    frame = random_rows(build, np.random.default_rng(7))
    whole, blocks = make_warehouse(), make_warehouse()
    with whole.begin() as conn:
        load_observations(conn, frame, build.release(conn, "first"))
    with blocks.begin() as conn:
        sha256 = build.release(conn, "first")
        parts = [(sha256, part) for _, part in frame.groupby("area")]
        assert load_blocks(conn, iter(parts)) == sorted(set(frame["period"]))
    pd.testing.assert_frame_equal(kept(whole.engine), kept(blocks.engine))


def test_an_area_in_two_blocks_is_refused(warehouse, build):
    with pytest.raises(InputError) as caught, warehouse.begin() as conn:
        sha256 = build.release(conn, "first")
        load_blocks(conn, [(sha256, build.observations({})), (sha256, build.observations({"period": "2026-02"}))])
    assert [(f.code, f.value) for f in caught.value.faults] == [("area_twice", "baotou")]
    assert kept(warehouse.engine).empty


def test_a_new_year_has_the_keys_and_rights_of_every_other(warehouse, build):
    with warehouse.begin() as conn:
        conn.execute(text("SELECT core.ensure_observation_year(2025)"))
        load_observations(conn, build.observations({}), build.release(conn, "first"))
    owner = make_engine(warehouse.owner_url)
    with owner.connect() as conn:
        assert conn.execute(text(PARTS)).scalars().all() == ["observations_y2025", "observations_y2026"]
        keys = [_keys(conn, f"core.observations_y{year}") for year in (2025, 2026)]
        checks = [_checks(conn, f"core.observations_y{year}") for year in (2025, 2026)]
    owner.dispose()
    assert keys[0] == keys[1] and len(keys[0]) == 3
    assert checks[0] == checks[1]
    with pytest.raises(ProgrammingError, match="permission denied"), warehouse.begin() as conn:
        conn.execute(text("INSERT INTO core.observations_y2026 SELECT * FROM core.observations"))


def test_a_load_that_is_rolled_back_leaves_no_bare_year(warehouse, build):
    with pytest.raises(RuntimeError, match="stop"), warehouse.begin() as conn:
        load_observations(conn, build.observations({}), build.release(conn, "first"))
        raise RuntimeError("stop")
    with warehouse.begin() as conn:
        assert load_observations(conn, build.observations({}), build.release(conn, "first")) == ["2026-03"]


def _keys(conn, part):
    query = "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = to_regclass(:part)"
    found = conn.execute(text(query), {"part": part}).scalars().all()
    return sorted(d[d.index("USING") :] for d in found)


def _checks(conn, part):
    query = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass(:part)"
    return sorted(conn.execute(text(query), {"part": part}).scalars().all())


@pytest.mark.parametrize("rows", [1, 7, 60, 400, 10_000])
def test_blocks_hold_whole_areas_and_lose_nothing(build, rows):
    frame = random_rows(build, np.random.default_rng(rows))
    blocks = list(blocks_of_areas(frame, rows))
    assert all(len(block) <= rows or block["area"].nunique() == 1 for block in blocks)
    areas = [area for block in blocks for area in block["area"].unique()]
    assert len(areas) == len(set(areas))
    order = [*KEY_COLUMNS, "published_at"]
    both = (
        part.assign(published_at=part["published_at"].astype("str")).sort_values(order)
        for part in (pd.concat(blocks), frame)
    )
    pd.testing.assert_frame_equal(*(part.reset_index(drop=True) for part in both))
