"""Plans and registries: every version written once, the newest load in force; migrations; bulk copies."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest
from sqlalchemy import text

from planwatch.errors import InputError
from planwatch.model.place import Area
from planwatch.model.target import Plan, Target
from planwatch.warehouse import (
    copy_frame,
    fetch_frame,
    in_force,
    loaded_plans,
    migrate,
    save_plan,
    save_registries,
    stored_targets,
)


def test_target_keeps_all_its_fields(warehouse):
    target = Target(
        id="hitech-firms", indicator="hightech_firms", section="3.1", name_zh="高新技术企业", name_en="Hi-tech firms", phrase="达到380家",
        kind="reach", comparator="ge", value=380, unit="家", baseline={"value": 340, "source": "gazette"}, pace="custom",
        shares=tuple(n / 12 for n in range(1, 13)), frequency="quarterly", owner="science_tech", owner_inferred=False,
        deadline=date(2026, 12, 31), reference=None, note="n",
    )  # fmt: skip
    pair = Target(
        id="incomes", indicator="all_income", name_zh="收入", kind="relative", unit="%", area="nation", reference={"indicator": "gdp"}
    )  # fmt: skip
    plan = Plan(id="baotou-2026", year=2026, area="baotou", title="t", targets=(target, pair))
    with warehouse.begin() as conn:
        save_plan(conn, plan, version="v1")
        rows = stored_targets(conn, plan.id, "v1").to_dict("records")
    first, second = rows
    assert (first["ordinal"], first["target_id"], first["area"], first["baseline"]) == (
        1,
        "hitech-firms",
        "baotou",
        340,
    )
    assert (first["measure"], first["direction"], first["base_unit"], first["deadline"]) == (
        "level",
        1,
        "家",
        date(2026, 12, 31),
    )
    assert first["shares"] == pytest.approx([n / 12 for n in range(1, 13)])
    assert (second["area"], second["reference_area"], second["reference_measure"]) == ("nation", "nation", "growth_yoy")


def test_plan_is_loaded_once_amended_and_taken_back(warehouse, build):
    with warehouse.begin() as conn:
        for version in ("v1", "v1", "v2", "v1"):
            save_plan(conn, build.plan(), version=version)
        assert loaded_plans(conn) == {2026: "v1"}
        loads = conn.execute(text("SELECT version FROM core.plan_loads ORDER BY load_id")).scalars().all()
        assert conn.execute(text("SELECT count(*) FROM core.targets")).scalar_one() == 6
        assert in_force(conn, 2026) == ("baotou-2026", "v1") and in_force(conn, 2027) is None
    assert loads == ["v1", "v2", "v1"]


def test_registries_follow_their_files(warehouse):
    with warehouse.begin() as conn:
        for name in ("包头", "包头市", "包头市"):
            area = Area(id="baotou", name_zh=name, name_en="Baotou", level="city", aliases=("全市",))
            save_registries(conn, {"baotou": area}, {}, {})
        found = fetch_frame(conn, "SELECT name_zh, to_jsonb(aliases) AS aliases FROM core.areas")
    assert found.to_dict("records") == [{"name_zh": "包头市", "aliases": ["全市"]}]


def test_migration_again_changes_nothing(warehouse, build):
    with warehouse.begin() as conn:
        save_plan(conn, build.plan(), version="v1")
    migrate(warehouse.owner_url)
    with warehouse.begin() as conn:
        assert loaded_plans(conn) == {2026: "v1"}


def test_copy_carries_every_type_and_what_is_missing(warehouse):
    types = "t text, f double precision, i integer, b bigint, s smallint, o boolean, d date, z timestamptz, j jsonb"
    frame = pd.DataFrame(
        {
            "t": ["包头\t\"\n,'", "", None], "f": [0.1 + 0.2, None, -1e300], "i": [1, None, -2], "b": [2**62, None, 0], "s": [1, 2, None],
            "o": [True, None, False], "d": [date(2026, 2, 28), None, date(1, 1, 1)],
            "z": [datetime(2026, 2, 28, 16, 0, 0, 123456, UTC), None, datetime(1970, 1, 1, tzinfo=UTC)],
            "j": ['{"a": [1, "二"]}', None, "[]"],
        }
    ).astype({"b": "Int64"})  # fmt: skip
    with warehouse.begin() as conn:
        conn.execute(text(f"CREATE TEMPORARY TABLE all_types (n serial, {types})"))
        assert copy_frame(conn, "pg_temp.all_types", frame) == 3
        back = fetch_frame(conn, "SELECT * FROM all_types ORDER BY n").drop(columns="n")
    wanted = frame.assign(j=[{"a": [1, "二"]}, None, []])
    pd.testing.assert_frame_equal(
        back.astype(object).where(back.notna(), None),
        wanted.astype(object).where(wanted.notna(), None),
        check_dtype=False,
    )


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (pd.DataFrame({"plan_year": [2026], "unheard_of": [1]}), "has no column unheard_of"),
        (pd.DataFrame({"indicator": ["x"], "value": ["many"]}), r"core\.observations\.value takes double"),
    ],
)
def test_copy_names_the_column_that_does_not_fit(warehouse, frame, says):
    with warehouse.begin() as conn, pytest.raises(InputError, match=says):
        copy_frame(conn, "core.observations", frame)


def test_copy_of_many_rows_goes_in_batches(warehouse):
    frame = pd.DataFrame({"n": range(120_001)})
    with warehouse.begin() as conn:
        conn.execute(text("CREATE TEMPORARY TABLE many (n bigint)"))
        assert copy_frame(conn, "many", frame) == 120_001
        assert conn.execute(text("SELECT sum(n) FROM many")).scalar_one() == 120_000 * 120_001 // 2
