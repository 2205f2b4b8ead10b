"""What makes a bulk load light refuses and numbers as the slow way did."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from planwatch.model.vocabulary import Status
from planwatch.warehouse import load_observations

pytestmark = pytest.mark.postgres
PATTERN = re.compile(r"[1-9][0-9]{3}-(0[1-9]|1[0-2])")
"""What the domain took before, without the years before 1000, which no partition ever took."""
NEAR = st.text(alphabet="0123456789-+ _xe０²٣年", min_size=5, max_size=9) | st.from_regex(
    r"[12 ][0-9]{3}[-./][0-9]{2}", fullmatch=True
)


@example("2026-03").via("a month")
@example("2026-13").via("no month")
@example("2026-1²").via("a digit elsewhere")
@example("0x12-03").via("a number in another base")
@example("1_00-03").via("a number with an underscore")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(NEAR)
def test_the_domain_takes_months_and_nothing_else(warehouse, period):
    with warehouse.engine.connect() as conn:
        try:
            taken = conn.execute(text("SELECT CAST(:period AS raw.period)"), {"period": period}).scalar_one() == period
        except DBAPIError:
            taken = False
    assert taken == bool(PATTERN.fullmatch(period))


CHECK = text("""
SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint
WHERE conrelid = to_regclass(:name) AND contype = 'c' AND pg_get_expr(conbin, conrelid) LIKE :column
""")


def said_year(period):
    """Return the year that Postgres may read at the beginning, 0 for none."""
    try:
        return int(period[:4], 0)
    except ValueError:
        return 0


@example("core.observations", "2026-12")
@example("core.observations", "2026-13")
@example("mart.verdicts", "2026-1²")
@example("core.observations", "0x12-03")
@example("core.observations", "1_00-03")
@example("mart.verdicts", "2026-03-01")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(["core.observations", "mart.verdicts"]), NEAR)
def test_the_bulk_tables_take_months_and_nothing_else(warehouse, table, period):
    with warehouse.engine.connect() as conn:
        [rule] = conn.execute(CHECK, {"name": table, "column": "%substr(period%"}).scalars()
        try:
            row = text(f"SELECT {rule} FROM (VALUES (CAST(:year AS integer), :period)) AS v (plan_year, period)")
            taken = conn.execute(row, {"year": said_year(period), "period": period}).scalar_one()
        except DBAPIError:
            taken = False
    assert taken == bool(PATTERN.fullmatch(period))


@pytest.mark.parametrize("column", ["status", "seasonal_status", "linear_status"])
def test_the_verdicts_take_the_statuses_and_nothing_else(warehouse, column):
    with warehouse.engine.connect() as conn:
        [rule] = conn.execute(CHECK, {"name": "mart.verdicts", "column": f"({column} = ANY%"}).scalars()
        said = text(f"SELECT {column} FROM unnest(CAST(:words AS text[])) AS v ({column}) WHERE {rule}")
        words = [*map(str, Status), "green"]
        assert conn.execute(said, {"words": words}).scalars().all() == words[:-1]


def test_numbers_go_on_after_a_bulk_load(warehouse, build):
    with warehouse.begin() as conn:
        load_observations(conn, build.observations({}, {"area": "b"}), build.release(conn, "first"))
        load_observations(conn, build.observations({"value": 2.0}), build.release(conn, "second"))
    with warehouse.begin() as conn:
        load_observations(conn, build.observations({"period": "2027-01"}), build.release(conn, "third"))
        numbers = conn.execute(text("SELECT observation_id FROM core.observations ORDER BY release_no, observation_id"))
        assert list(numbers.scalars()) == [1, 2, 3, 4]


@pytest.mark.parametrize("amount", [0, -1, 10**12])
def test_no_odd_block_of_numbers_is_set_aside(warehouse, amount):
    with warehouse.begin() as conn, pytest.raises(DBAPIError, match="no block of"):
        conn.execute(text("SELECT core.reserve_observation_ids(:amount)"), {"amount": amount})
