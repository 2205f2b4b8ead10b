"""From files to editions, on real Postgres, without Airflow."""

import pytest

from planwatch.steps.plan import load_plan
from tests.steps.conftest import HISTORY, SAMPLE

pytestmark = pytest.mark.postgres


def _statuses(house, period):
    rows = house.query("SELECT target_id, status FROM bi.variance_monthly WHERE period = :p", p=period)
    return {r["target_id"]: r["status"] for r in rows}


def test_the_2025_replay_says_what_was_published(make_house):
    house = make_house(year=2025, as_of="2026-04-05T00:00:00+08:00")
    for path in sorted(HISTORY.glob("*.tsv")):
        house.drop("published_figures", path)
    done = house.read_all()
    assert {d.state for d in done.values()} == {"loaded"}
    report = house.publish("2025-12")
    assert [p.period for p in report.published] == ["2025-03", "2025-06", "2025-09", "2025-12"]
    assert _statuses(house, "2025-03")["fixed_investment"] == "on_track"
    june = _statuses(house, "2025-06")
    assert (june["retail"], june["gdp"]) == ("on_track", "at_risk")
    assert {june[t] for t in ("industry", "fixed_investment", "revenue")} == {"off_track"}
    december = _statuses(house, "2025-12")
    assert (december["retail"], december["jobs"]) == ("achieved", "achieved")
    assert {december[t] for t in ("gdp", "industry", "fixed_investment", "revenue")} == {"missed"}


def test_a_month_of_simulated_releases_becomes_an_edition_and_says_so(house):
    for path in sorted(HISTORY.glob("*.tsv")):
        house.drop("published_figures", path)
    house.drop_month("2026-01")
    house.drop_month("2026-02")
    done = house.read_all()
    assert {d.state for d in done.values()} == {"loaded"}, [d.body for d in done.values()]
    report = house.publish("2026-02")
    assert [p.period for p in report.published][:1] == ["2026-02"]
    rows = house.query("SELECT * FROM bi.dispatch_table")
    assert len(rows) > 40
    assert {r["period"] for r in rows} == {"2026-02"}
    assert any(r["simulated"] for r in rows)
    assert house.publish("2026-02").published == []


def test_a_plan_loaded_after_its_figures_has_its_months_judged(make_house):
    house = make_house(year=2026)
    for path in sorted(HISTORY.glob("*.tsv")):
        house.drop("published_figures", path)
    house.read_all()
    assert house.publish("2025-12").why == "no plan of 2025 is loaded"
    loaded = load_plan(house.engine, house.settings, 2025)
    assert (loaded.changed, loaded.periods) == (True, ["2025-12"])
    assert [p.period for p in house.publish("2025-12").published] == ["2025-03", "2025-06", "2025-09", "2025-12"]
    assert load_plan(house.engine, house.settings, 2025).changed is False


def test_a_task_that_the_region_assigns_becomes_the_targets_number_and_is_kept_with_its_file(house):
    for name in ("finance_2026-03.html", "finance_2026-04.html", "assignments_2026-04.xlsx", "milestones_2026-04.xlsx"):
        house.drop(name.split("_2026")[0], SAMPLE / name)
    assert {d.state for d in house.read_all().values()} == {"loaded"}
    house.publish("2026-04")
    rows = house.query(
        "SELECT period, target_id, status, target_value, target_unit FROM bi.variance_monthly "
        "WHERE target_id IN ('grain', 'carbon', 'debt_resolution')"
    )
    said = {(r["period"], r["target_id"]): (r["status"], r["target_value"], r["target_unit"]) for r in rows}
    assert said["2026-03", "grain"][:2] == ("awaiting_target", None)
    assert said["2026-04", "grain"] == ("not_due", 123, "万吨")
    assert said["2026-04", "carbon"][0] == "awaiting_target"
    assert said["2026-04", "debt_resolution"][0] == "on_track"
    [kept] = house.query("SELECT * FROM bi.observations_current WHERE measure = 'assigned'")
    assert (kept["value"], kept["printed"], kept["source"]) == (123, "24.6", "assignments_2026-04.xlsx")


def test_every_bureaus_release_of_a_quarter_is_loaded_and_speaks_in_the_edition(house):
    names = sorted(p.name for p in SAMPLE.glob("*_2026-03*"))
    house.drop_month("2026-03")
    done = house.read_all()
    assert {d.state for d in done.values()} == {"loaded"}, [d.body for d in done.values() if d.state != "loaded"]
    assert len(done) == len(names) > 20
    house.publish("2026-03")
    rows = house.query("SELECT * FROM bi.dispatch_table")
    read = [r for r in rows if r["reading_state"] == "fresh"]
    assert len(read) > 200 and all(r["simulated"] for r in read)
    failed = house.query("SELECT * FROM bi.data_quality WHERE NOT success AND severity = 'critical'")
    assert failed == []
