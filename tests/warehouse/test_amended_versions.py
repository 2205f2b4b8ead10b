"""Versions of amended plans in the warehouse: what is kept of them, and a database from before there were any."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import text

from planwatch.model.target import Plan, Target
from planwatch.warehouse import apply_views, bootstrap, keep_version, make_engine, migrate, save_plan, stored_targets
from planwatch.warehouse.bootstrap import run

pytestmark = pytest.mark.postgres

JULY = date(2026, 7, 31)
AMENDED = ["amended_from", "amended_source", "amended_reason", "original_value", "original_unit", "original_phrase"]


def plan() -> Plan:
    order = {"from": "2026-07-01", "value": 4, "phrase": "增长4%", "source": "决议", "reason": "形势"}
    parts = {"relation": "none", "areas": [{"area": "guyang", "value": 6}]}
    given = {
        "id": "retail",
        "indicator": "retail_sales",
        "name_zh": "零售",
        "kind": "growth",
        "unit": "%",
        "section": "0",
    }
    whole = Target.model_validate(given | {"value": 5, "phrase": "增长5%", "amendments": [order], "parts": parts})
    part = Target.model_validate(given | {"value": 6, "phrase": "6%以上", "area": "guyang"})
    return Plan(id="baotou-2026", year=2026, area="baotou", title="计划", targets=(whole, part))


def test_a_version_keeps_what_was_printed_since_when_and_by_which_document(warehouse):
    with warehouse.begin() as conn:
        save_plan(conn, plan(), version="as loaded")
        for _ in range(2):  # once, however often it is judged by
            keep_version(conn, plan().on(JULY), version="July", original=plan())
            keep_version(conn, plan().on(date(2026, 6, 30)), version="June", original=plan())
        loaded, june, july = (stored_targets(conn, "baotou-2026", v) for v in ("as loaded", "June", "July"))
    whole = july.iloc[0]
    assert (whole["value"], whole["phrase"]) == (4, "增长4%")
    assert whole[AMENDED].tolist() == [date(2026, 7, 1), "决议", "形势", 5, "%", "增长5%"]
    for rows in (loaded, june, july.iloc[1:]):
        assert rows[AMENDED].isna().all(axis=None)
    for rows in (loaded, june, july):
        assert rows["part_of"].fillna("").tolist() == ["", "baotou"]
        assert rows["target_id"].tolist() == ["retail", "retail"]


@pytest.fixture
def old_database(postgres, passwords) -> Iterator[str]:
    """The owner's URL of a database as the first migration left it."""
    name = "planwatch_before_amendments"
    bootstrap(postgres.admin_url, name, passwords)
    owner = postgres.url("planwatch_owner", passwords["planwatch_owner"], name)
    migrate(owner, "0001")
    yield owner
    admin = make_engine(postgres.admin_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        run(conn, "DROP DATABASE {} WITH (FORCE)", name)
    admin.dispose()


_OLD = """
INSERT INTO core.plans VALUES ('p', 'v', 2026, 'baotou', 't', NULL, '{}');
INSERT INTO core.targets (plan_id, version, ordinal, target_id, area, indicator, section, name_zh, name_en, phrase, kind, comparator,
    value, unit, base_unit, measure, direction, net, baseline_source, margin, tier, pace, frequency, owner, owner_inferred, note)
VALUES ('p', 'v', 1, 'retail', 'baotou', 'retail', '0', 'z', 'e', '增长5%', 'growth', 'ge', 5, '%', '%', 'growth_yoy', 1, false, '', 0,
    'plan', 'linear', 'monthly', '', true, '');
INSERT INTO mart.editions (plan_id, plan_year, period, number, as_of, trigger, code_version, targets_version, fingerprint, counts,
    simulated, provisional) VALUES ('p', 2026, '2026-06', 1, now(), 't', '0', 'v', 'f', '{}', false, false);
INSERT INTO mart.verdicts (edition_id, plan_year, ordinal, target_id, area, tier, period, reading_state, status, provisional, indicator, kind)
SELECT edition_id, 2026, 1, 'retail', 'baotou', 'plan', '2026-06', 'none', 'not_due', false, 'retail', 'growth' FROM mart.editions;
"""


def test_editions_from_before_there_were_amendments_stay_readable(old_database):
    engine = make_engine(old_database)
    with engine.begin() as conn:
        conn.exec_driver_sql(_OLD, execution_options={"no_parameters": True})
    migrate(old_database)
    apply_views(old_database)
    with engine.connect() as conn:
        row = conn.execute(text("SELECT * FROM bi.variance_editions")).one()._asdict()
    engine.dispose()
    assert (row["target_value"], row["amended"], row["amended_from"], row["part_of"]) == (5, False, None, None)
    names = list(row)
    assert names[names.index("published_at") :][:11] == [
        "published_at", "amended", "amended_from", "amended_source", "amended_reason", "original_value", "original_unit", "original_text",
        "withdrawn_from", "part_of", "part_of_zh",
    ]  # fmt: skip
