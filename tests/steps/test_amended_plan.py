"""An amended plan, on real Postgres: earlier months keep their editions, later ones are judged anew, and the old ones stay readable."""

from __future__ import annotations

import hashlib
import json
from datetime import date

import pandas as pd
import pytest

from planwatch import warehouse
from planwatch.errors import ConfigError
from planwatch.model.observation import OBSERVATION_COLUMNS
from planwatch.plan import export_rows
from planwatch.plan import load_plan as read_plan
from planwatch.steps import plan as plan_step
from planwatch.steps.edition import replay_range
from planwatch.steps.plan import load_plan

pytestmark = pytest.mark.postgres

MONTHS = ["2026-05", "2026-06", "2026-07"]
ORDER = {"source": "市人大常委会决议〔2026〕5号", "reason": "宏观形势变化"}
LOWER = {"from": "2026-07-01", "value": 3.2, "phrase": "新增城镇就业3.2万人以上"} | ORDER
DROP = {"from": "2026-06-10", "withdrawn": True} | ORDER
PLAN = """\
plan: {id: baotou-2026, year: 2026, area: baotou, title: 计划, edition_months: [5, 6, 7]}
targets:
  - id: jobs
    indicator: new_jobs
    section: "0"
    name_zh: 新增城镇就业
    phrase: 新增城镇就业3.6万人以上
    kind: cumulative
    value: 3.6
    unit: 万人
    owner: human_resources
  - id: retail
    indicator: retail_sales
    section: "0"
    name_zh: 社会消费品零售总额
    phrase: 增长5%左右
    kind: growth
    comparator: about
    value: 5
    unit: "%"
    owner: commerce
"""


def _figures(month: str) -> pd.DataFrame:
    """Return the month's jobs and retail growth."""
    n, common = int(month[-2:]), dict.fromkeys(OBSERVATION_COLUMNS, "")
    common |= {"area": "baotou", "period": month, "span": "ytd", "quality": "final", "origin": "published", "row": 1}
    common |= {"published_at": date(2026, n + 1, 20), "source": "figures.xlsx"}
    jobs = {"indicator": "new_jobs", "measure": "level", "value": 2900.0 * n, "unit": "人", "decimals": 0}
    retail = {"indicator": "retail_sales", "measure": "growth_yoy", "value": 5.1, "unit": "%", "decimals": 1}
    return pd.DataFrame([common | jobs, common | retail], columns=list(OBSERVATION_COLUMNS))


@pytest.fixture
def published(make_house, own_include):
    """A house with a small plan of its own, whose months May to July are published under it as printed."""
    (own_include / "targets.yaml").write_text(PLAN, encoding="utf-8")
    plan_step._plan.cache_clear()
    house = make_house(include=own_include, as_of="2026-08-25T23:59:59+08:00")
    for month in MONTHS:
        sha = hashlib.sha256(month.encode()).hexdigest()
        with house.engine.begin() as conn:
            warehouse.record_release(
                conn, sha256=sha, feed="stats_bureau", period=month, filename=f"{month}.xlsx", size=1, title=month,
                published_at=None,
            )  # fmt: skip
            warehouse.load_observations(conn, _figures(month), sha)
            warehouse.set_release_state(conn, sha, "loaded")
    assert {p.period for p in house.publish("2026-07").published} == set(MONTHS)
    return house


def amend(house, target_id: str, key: str, value: object) -> None:
    """Write a key into a target of the plan's file, and load the plan."""
    path = house.settings.plan_file(2026)
    entry = f"  - id: {target_id}\n"
    said = json.dumps(value, ensure_ascii=False)  # JSON is YAML
    text = path.read_text(encoding="utf-8").replace(entry, f"{entry}    {key}: {said}\n")
    path.write_text(text, encoding="utf-8")
    plan_step._plan.cache_clear()
    loaded = load_plan(house.engine, house.settings, 2026)
    assert (loaded.changed, loaded.periods) == (True, ["2026-07"])


def editions(house) -> dict[str, list[int]]:
    rows = house.query("SELECT period, edition_number, edition_id FROM bi.editions ORDER BY period, edition_number")
    known: dict[str, list[int]] = {}
    for row in rows:
        known.setdefault(row["period"], []).append(row["edition_id"])
    return known


def contents(house, ids: list[int]) -> list[dict]:
    return house.query(
        "SELECT * FROM bi.variance_editions WHERE edition_id = ANY(:ids) ORDER BY edition_id, ordinal", ids=ids
    )


def said(house, period: str, target_id: str = "jobs") -> list[dict]:
    """Return what every edition of a month said of a target, oldest first."""
    return house.query(
        "SELECT * FROM bi.variance_editions WHERE period = :p AND target_id = :t AND area = 'baotou' ORDER BY edition_number",
        p=period, t=target_id,
    )  # fmt: skip


def test_an_amendment_of_july_changes_july_and_nothing_before(published):
    before = editions(published)
    assert sorted(before) == MONTHS
    earlier = [n for month in MONTHS[:-1] for n in before[month]]
    kept = [dict(row, is_current=None) for row in contents(published, [*earlier, *before["2026-07"]])]
    amend(published, "jobs", "amendments", [LOWER])
    report = published.publish("2026-07")
    assert [p.period for p in report.published] == ["2026-07"]
    after = editions(published)
    assert {month: after[month] for month in MONTHS[:-1]} == {month: before[month] for month in MONTHS[:-1]}
    assert len(after["2026-07"]) == len(before["2026-07"]) + 1
    assert [dict(row, is_current=None) for row in contents(published, [*earlier, *before["2026-07"]])] == kept

    old, new = said(published, "2026-07")[-2:]
    assert (old["target_value"], old["amended"], old["original_value"], old["is_current"]) == (3.6, False, None, False)
    assert (new["target_value"], new["target_text"], new["is_current"]) == (3.2, LOWER["phrase"], True)
    assert (new["amended"], new["amended_from"], new["amended_source"]) == (True, date(2026, 7, 1), ORDER["source"])
    assert (new["original_value"], new["original_unit"], new["original_text"]) == (
        3.6,
        "万人",
        "新增城镇就业3.6万人以上",
    )
    assert new["expected"] == pytest.approx(32000 / 36000 * old["expected"])
    assert "目标已自" in new["reason_zh"]
    assert not said(published, "2026-06")[-1]["amended"]
    others = [row for row in contents(published, after["2026-07"][-1:]) if row["target_id"] != "jobs"]
    assert not any(row["amended"] for row in others)
    assert published.publish("2026-07").published == [], "the same again"


def test_judging_earlier_months_again_under_an_amended_plan_says_nothing_new(published):
    amend(published, "jobs", "amendments", [LOWER])
    published.publish("2026-07")
    before = editions(published)
    assert replay_range(published.engine, published.settings, "2026-05", "2026-07").published == []
    assert editions(published) == before


def test_a_dropped_indicator_is_withdrawn_from_its_month_on(published):
    amend(published, "retail", "amendments", [DROP])
    assert [p.period for p in published.publish("2026-07").published] == ["2026-06", "2026-07"]
    states = {month: said(published, month, "retail")[-1]["status"] for month in MONTHS}
    assert {month for month, status in states.items() if status == "withdrawn"} == {"2026-06", "2026-07"}
    july = said(published, "2026-07", "retail")[-1]
    assert (july["withdrawn_from"], july["amended_source"]) == (date(2026, 6, 10), ORDER["source"])


def test_withdrawn_from_changes_no_earlier_month_either(published):
    before = editions(published)
    amend(published, "retail", "withdrawn_from", "2026-07-15")
    assert [p.period for p in published.publish("2026-07").published] == ["2026-07"]
    assert said(published, "2026-07", "retail")[-1]["status"] == "withdrawn"
    assert {m: n for m, n in editions(published).items() if m != "2026-07"} == {
        m: n for m, n in before.items() if m != "2026-07"
    }


def test_an_amendment_taken_back_is_an_edition_again_and_the_file_must_be_loaded_first(published):
    printed = published.settings.plan_file(2026).read_text(encoding="utf-8")
    amend(published, "jobs", "amendments", [LOWER])
    published.publish("2026-07")
    published.settings.plan_file(2026).write_text(printed, encoding="utf-8")
    plan_step._plan.cache_clear()
    with pytest.raises(ConfigError, match="after it was loaded"):
        published.publish("2026-07")
    load_plan(published.engine, published.settings, 2026)
    assert [p.period for p in published.publish("2026-07").published] == ["2026-07"]
    values = [row["target_value"] for row in said(published, "2026-07")]
    assert values[-3:] == [3.6, 3.2, 3.6]


def test_parts_get_rows_of_their_own(published):
    parts = {
        "relation": "sum", "source": "包府办发〔2026〕9号",
        "areas": [{"area": "kundulun", "value": 2.6, "owner": "commerce"}, {"area": "guyang", "value": 1.0}],
    }  # fmt: skip
    amend(published, "jobs", "parts", parts)
    published.publish("2026-07")
    rows = published.query("SELECT * FROM bi.dispatch_table WHERE target_id = 'jobs' ORDER BY ordinal")
    assert [(r["area"], r["area_zh"], r["target_value"], r["part_of"]) for r in rows] == [
        ("baotou", "包头市", 3.6, None), ("kundulun", "昆都仑区", 2.6, "baotou"), ("guyang", "固阳县", 1.0, "baotou"),
    ]  # fmt: skip
    assert [r["department"] for r in rows][1] == "commerce"
    assert rows[1]["part_of_zh"] == "包头市"
    assert rows[0]["actual"] is not None
    assert {r["reading_state"] for r in rows[1:]} <= {"none", "overdue"}
    plan = read_plan(published.settings.plan_file(2026), published.settings.include)
    count = published.query("SELECT count(*) AS n FROM bi.dispatch_table")[0]["n"]
    assert count == len(plan.targets) == len(export_rows(plan))


def test_growth_and_rank_printed_beside_a_reading_are_of_what_an_edition_says(published):
    """They judge nothing here, but the views show them: a revision of them alone makes the edition again, once."""
    jobs = _figures("2026-07").iloc[[0]]

    def beside(name, day, growth, rank):
        rows = [
            jobs.assign(measure=measure, value=value, unit=unit, published_at=day)
            for measure, value, unit in (("growth_yoy", growth, "%"), ("rank", rank, ""))
        ]
        sha = hashlib.sha256(name.encode()).hexdigest()
        with published.engine.begin() as conn:
            warehouse.record_release(
                conn, sha256=sha, feed="stats_bureau", period="2026-07", filename=name, size=1, published_at=day
            )
            warehouse.load_observations(conn, pd.concat(rows, ignore_index=True), sha)
            warehouse.set_release_state(conn, sha, "loaded")
        return [p.period for p in published.publish("2026-07").published]

    assert beside("first", date(2026, 8, 21), 6.5, 4.0) == ["2026-07"]
    assert beside("growth", date(2026, 8, 22), 6.4, 4.0) == ["2026-07"]
    assert beside("rank", date(2026, 8, 23), 6.4, 3.0) == ["2026-07"]
    assert beside("again", date(2026, 8, 24), 6.4, 3.0) == []
    shown = [(row["yoy_pct"], row["rank_in_region"]) for row in said(published, "2026-07")]
    assert shown[-3:] == [(6.5, 4), (6.4, 4), (6.4, 3)]
