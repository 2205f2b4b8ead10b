"""Corrections: one vintage each, the day before unchanged, and an edition again for every month they change, no other."""

import io

import pytest
from openpyxl import load_workbook

from planwatch.sample import generate
from planwatch.steps.edition import replay_range
from planwatch.steps.plan import load_plan
from tests.steps.conftest import HISTORY, SAMPLE

pytestmark = pytest.mark.postgres
FINANCE = "finance_2026-02.html"
REVENUE = "indicator = 'budget_revenue' AND area = 'baotou' AND period = '2026-02' AND span = 'ytd' AND measure = 'growth_yoy'"
COUNTS = "values_new, values_revised, values_conflicting"


@pytest.fixture
def spring(house):
    """A house with last year's figures and three months of finance releases, and their editions."""
    house.drop("published_figures", HISTORY / "published_figures_2025-12.tsv")
    for month in ("2026-01", "2026-02", "2026-03"):
        house.drop("finance", SAMPLE / f"finance_{month}.html")
    house.read_all()
    house.publish("2026-03")
    return house


def corrected(growth: str = "4.4", day: str = "2026年4月20日", tail: str = "") -> bytes:
    """February's page with another growth of revenue, published later."""
    page = (SAMPLE / FINANCE).read_text(encoding="utf-8")
    return (page.replace("2026年3月12日", day).replace(">-4.9<", f">{growth}<") + tail).encode()


def as_of(house, day: str) -> float:
    [row] = house.query(f"SELECT value FROM bi.observations_as_of(CAST(:day AS date)) WHERE {REVENUE}", day=day)
    return row["value"]


def test_a_correction_dropped_twice_is_one_vintage_and_the_day_before_gives_the_old_figure(spring):
    before = spring.query("SELECT count(*) AS n FROM core.observations")[0]["n"]
    for name in ("finance_2026-02_r1.html", "finance_2026-02_again.html"):
        spring.drop("finance", corrected(), name)
        spring.read_all()
    spring.drop("finance", corrected(tail="\n<!-- sent once more -->"), "finance_2026-02_r2.html")
    [again] = spring.read_all().values()
    assert again.state == "loaded"
    assert spring.query("SELECT count(*) AS n FROM core.observations")[0]["n"] == before + 1
    assert (as_of(spring, "2026-04-19"), as_of(spring, "2026-04-20")) == (-4.9, 4.4)
    reports = spring.query(
        f"SELECT {COUNTS} FROM bi.reconciliation WHERE filename LIKE '%\\_r_.html' ORDER BY filename"
    )
    assert [tuple(r.values()) for r in reports] == [(1, 1, 0), (0, 0, 0)]


def test_a_correction_makes_its_own_months_edition_again_and_says_whether_a_verdict_changed(spring):
    spring.drop("finance", corrected(), "finance_2026-02_r1.html")
    [done] = spring.read_all().values()
    assert done.periods == ["2026-02"]
    [waiting] = spring.query(f"SELECT verdict_changed, editions_remade FROM bi.revisions WHERE {REVENUE}")
    assert waiting == {"verdict_changed": False, "editions_remade": 0}
    assert {p.period for p in spring.publish("2026-02").published} == {"2026-02"}
    [row] = spring.query(f"SELECT * FROM bi.revisions WHERE {REVENUE}")
    assert (row["value_before"], row["value_after"], row["feed"]) == (-4.9, 4.4, "finance")
    assert (row["verdict_changed"], row["editions_remade"]) == (True, 1)
    change = {"plan_id": "baotou-2026", "period": "2026-02", "target_id": "revenue", "area": "baotou"}
    assert row["verdict_changes"] == [change | {"before": "off_track", "after": "on_track"}]


def test_a_correction_that_changes_no_verdict_says_so(spring):
    spring.drop("finance", corrected(growth="-4.8"), "finance_2026-02_r1.html")
    spring.read_all()
    assert {p.period for p in spring.publish("2026-02").published} == {"2026-02"}
    [row] = spring.query(f"SELECT verdict_changed, editions_remade, verdict_changes FROM bi.revisions WHERE {REVENUE}")
    assert row == {"verdict_changed": False, "editions_remade": 1, "verdict_changes": []}


def test_revised_history_makes_the_editions_again_that_rest_on_it_and_no_other(spring):
    figures = (HISTORY / "published_figures_2025-12.tsv").read_text(encoding="utf-8")
    untouched = figures.replace("\t431.8\t", "\t432.8\t")  # expenditure: no target reads it
    assert untouched != figures
    spring.drop("published_figures", untouched.encode(), "published_figures_2025-12_r1.tsv")
    [done] = spring.read_all().values()
    assert done.periods == ["2026-03"]
    assert spring.publish("2026-03").published == []


def test_a_revision_of_last_year_is_handed_on_to_this_years_plan_and_changes_its_own_month_alone(make_house):
    house = make_house(as_of="2026-05-05T00:00:00+08:00")
    load_plan(house.engine, house.settings, 2025)
    for path in sorted(HISTORY.glob("*.tsv")):
        house.drop("published_figures", path)
    house.drop("finance", SAMPLE / FINANCE)
    house.read_all()
    house.publish("2025-12")
    house.publish("2026-02")
    figures = (HISTORY / "published_figures_2025-12.tsv").read_text(encoding="utf-8")
    assert figures.count("\t-11.9\t") == 1
    house.drop(
        "published_figures", figures.replace("\t-11.9\t", "\t-11.8\t").encode(), "published_figures_2025-12_r1.tsv"
    )
    [done] = house.read_all().values()
    assert done.periods == ["2025-12", "2026-02"]
    assert [p.period for month in done.periods for p in house.publish(month).published] == ["2025-12"]


def test_every_target_of_the_plan_has_a_source_or_a_stated_reason(house):
    rows = house.query("SELECT target_id, reason_code, reason_zh, reason_en, feeds FROM bi.targets_without_source")
    assert {r["reason_code"] for r in rows} == {"stated", "never_delivered"}, [
        r for r in rows if r["reason_code"] == "no_feed"
    ]
    assert all(r["reason_zh"] and r["reason_en"] for r in rows)


def test_the_report_of_a_release_counts_and_lists_what_did_not_match(spring):
    spring.drop("finance", generate("finance", "2026-04", corrupt="unknown-row"), "finance_2026-04.html")
    spring.read_all()
    [report] = spring.query("SELECT * FROM bi.reconciliation WHERE period = '2026-04'")
    said = ("loaded", "rows_read", "rows_matched", "rows_unmatched", "values_new", "values_revised", "series_missing")
    assert [report[c] for c in said] == [True, 7, 6, 1, report["values_converted"], 0, 0]
    assert report["units_converted"] == 6  # three rows, month and year to date, in 万元
    [row] = spring.query("SELECT * FROM bi.unmatched_rows WHERE period = '2026-04'")
    assert row["label"] and row["row_number"] and row["mend"]
    assert isinstance(row["nearest_names"], list)


def test_a_held_release_has_a_report_that_says_nothing_was_let_in(spring):
    spring.drop("finance", generate("finance", "2026-04", corrupt="text-in-number"), "finance_2026-04.html")
    [done] = spring.read_all().values()
    assert done.held
    [report] = spring.query(
        f"SELECT state, loaded, values_refused, {COUNTS} FROM bi.reconciliation WHERE period = '2026-04'"
    )
    assert tuple(report.values()) == ("quarantined", False, 1, None, None, None)


def benchmark(industry: float) -> bytes:
    """March's comparison table with a figure for the city's own industry, which it leaves to the city's bureau."""
    book = load_workbook(SAMPLE / "regional_benchmark_2026-03.xlsx")
    sheet = book["盟市对比"]
    [row] = [r for r in sheet.iter_rows() if r[0].value == "包头市"]
    row[2].value = industry
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


def test_of_two_sources_precedence_decides_and_the_difference_is_shown(spring):
    spring.drop("regional_benchmark", benchmark(1.5), "regional_benchmark_2026-03.xlsx")
    spring.read_all()
    spring.drop("stats_bureau", SAMPLE / "stats_bureau_2026-03.xlsx")
    spring.read_all()
    [conflict] = spring.query("SELECT * FROM bi.source_conflicts")
    own = conflict["used_value"]
    assert (conflict["used_feed"], conflict["other_feed"], conflict["other_value"]) == (
        "stats_bureau",
        "regional_benchmark",
        1.5,
    )
    assert conflict["difference"] == pytest.approx(1.5 - own)
    assert (conflict["used_source"], conflict["other_sheet"]) == ("stats_bureau_2026-03.xlsx", "盟市对比")
    spring.publish("2026-03")
    [verdict] = spring.query("SELECT actual FROM bi.dispatch_table WHERE target_id = 'industry'")
    assert verdict["actual"] == own
    [report] = spring.query("SELECT values_conflicting FROM bi.reconciliation WHERE feed = 'stats_bureau'")
    assert report["values_conflicting"] == 1


def test_a_replay_that_looks_back_is_kept_beside_the_current_edition_and_is_no_revision(spring):
    spring.drop("finance", corrected(), "finance_2026-02_r1.html")
    spring.read_all()
    spring.publish("2026-02")
    heads = "SELECT * FROM bi.editions WHERE period = '2026-02' ORDER BY edition_number"
    before, events = spring.query(heads), spring.query("SELECT * FROM mart.alert_events ORDER BY 1")
    back = replay_range(spring.engine, spring.settings, "2026-02", "2026-02", as_of="2026-03-13", notify=True)
    [one] = back.published
    assert one.looks_back and "not current" in str(one)
    *kept, new = spring.query(heads)
    assert kept == before
    assert (new["is_current"], new["edition_number_before"], new["changed_verdicts"]) == (False, None, None)
    assert new["edition_number"] == before[-1]["edition_number"] + 1 == one.number
    assert (
        spring.query("SELECT count(*) AS n FROM mart.edition_changes WHERE edition_id = :e", e=new["edition_id"])[0][
            "n"
        ]
        == 0
    )
    assert (back.mails, spring.query("SELECT * FROM mart.alert_events ORDER BY 1")) == (0, events)
    assert replay_range(spring.engine, spring.settings, "2026-02", "2026-02", as_of="2026-03-13").published == []

    spring.drop("finance", corrected("5.1", "2026年4月22日"), "finance_2026-02_r2.html")
    spring.read_all()
    [again] = spring.publish("2026-02").published
    newest = spring.query(heads)[-1]
    assert (newest["is_current"], newest["edition_number"]) == (True, again.number)
    assert newest["edition_number_before"] == before[-1]["edition_number"]
    assert set(newest["changes_by_cause"]) == {"revision"}
