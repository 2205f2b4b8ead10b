"""Gate 1 both ways: a good release passes, each broken rule is caught with its severity and its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from qualitycases import GROWTH, failures, good_release, observations, released

from planwatch.errors import Fault
from planwatch.model.check import CheckResult
from planwatch.model.vocabulary import Gate, Severity
from planwatch.quality import Suite, check_release
from planwatch.reconcile import Reconciliation

CRITICAL, WARNING, INFO = Severity.CRITICAL, Severity.WARNING, Severity.INFO


def test_a_good_release_passes_every_expectation(suites: dict[str, Suite]) -> None:
    results = check_release(suites["release_stats_bureau"], released(*good_release()), observations(*good_release()))
    assert failures(results) == {}
    assert {r.gate for r in results} == {Gate.RELEASE}
    assert len(results) == len(suites["release_stats_bureau"].expectations)


SPOILED = (
    ({"value": 8000.0}, "retail_sales_in_bounds", CRITICAL,
     "retail_sales|baotou|2026-03|ytd|level = 8000 (sheet 主要经济指标, row 100, column F)"),
    ({"value": float("nan")}, "value_present", CRITICAL, "retail_sales|baotou|2026-03|ytd|level"),
    ({"value": float("inf")}, "level_in_bounds", CRITICAL, "= inf ("),
    ({"value": -3.0}, "level_in_bounds", CRITICAL, "= -3 ("),
    (GROWTH | {"value": 700.0}, "growth_in_bounds", CRITICAL, "growth_yoy = 700"),
    (GROWTH | {"value": -61.0}, "growth_in_bounds", CRITICAL, "growth_yoy = -61"),
    ({"indicator": "cpi", **GROWTH, "value": 100.6}, "cpi_in_bounds", CRITICAL, "cpi|baotou|2026-03|ytd|growth_yoy = 100.6"),
    (GROWTH | {"unit": "亿元"}, "percent_in_percent", CRITICAL, "[unit: 亿元]"),
    ({"unit": " "}, "unit_present", CRITICAL, "retail_sales"),
    ({"measure": "ratio", "unit": "%", "value": 104.0}, "ratio_in_bounds", CRITICAL, "ratio = 104"),
    ({"measure": "rank", "unit": "位", "value": 0.0}, "rank_in_bounds", CRITICAL, "rank = 0"),
    ({"measure": "done", "unit": "", "value": 0.7}, "done_legal", CRITICAL, "done = 0.7"),
    ({"measure": "report", "unit": "", "value": -1.0}, "report_in_bounds", CRITICAL, "report = -1"),
    ({"period": "2026-13"}, "period_legal", CRITICAL, "[period: 2026-13]"),
    ({"span": "week"}, "span_legal", CRITICAL, "[span: week]"),
    ({"measure": "growth_yoy", "unit": "%", "text": "提高0.3个百分点", "value": 0.3}, "growth_not_in_points", WARNING, "提高0.3个百分点"),
    ({"measure": "speed"}, "measure_legal", CRITICAL, "[measure: speed]"),
    ({"quality": "good"}, "quality_legal", CRITICAL, "[quality: good]"),
    ({"origin": ""}, "origin_legal", CRITICAL, "[origin: ]"),
    ({"indicator": "社零"}, "indicator_present", CRITICAL, "社零|baotou"),
    ({"area": ""}, "area_present", CRITICAL, "retail_sales||2026-03"),
    ({"decimals": 9}, "decimals_plausible", WARNING, "[decimals: 9]"),
    ({"published_at": None}, "published_at_known", WARNING, "retail_sales"),
    ({"published_at": date(2016, 4, 17)}, "published_after_month_began", CRITICAL, "published on 2016-04-17, before its month began"),
    ({"published_at": date(2062, 4, 17), "origin": "published"}, "published_before_received", CRITICAL, "published on 2062-04-17, received on 2026-04-20"),
    ({"published_at": date(2026, 5, 17), "origin": "simulated"}, "published_before_received", CRITICAL, "published on 2026-05-17, received on 2026-04-20"),
)  # fmt: skip
"""What stands in a cell, the expectation that catches it, how severely, and what the place says."""


@pytest.fixture(scope="module")
def caught(suites: dict[str, Suite]) -> dict[str, CheckResult]:
    """What the statistics bureau's suite says of a release with every one of these in a row of its own, from row 100."""
    rows = [spoil | {"row": 100 + n} for n, (spoil, *_) in enumerate(SPOILED)]
    return failures(check_release(suites["release_stats_bureau"], released(*rows), None, received=date(2026, 4, 20)))


@pytest.mark.parametrize(
    ("n", "expectation", "severity", "place"), [(100 + n, *rest) for n, (_, *rest) in enumerate(SPOILED)]
)
def test_a_broken_value_is_caught_with_its_cell(
    caught: dict[str, CheckResult], n: int, expectation: str, severity: Severity, place: str
) -> None:
    result = caught[expectation]
    assert result.severity is severity
    (found,) = [p for p in result.offending if f"row {n}," in p]
    assert place in found


def test_values_of_another_month_are_recorded(suites: dict[str, Suite]) -> None:
    found = released(*good_release(), {"period": "2026-02", "row": 20})
    result = failures(check_release(suites["release_stats_bureau"], found, None))["one_period"]
    assert result.severity is INFO
    assert [p.split(" = ")[0] for p in result.offending] == ["retail_sales|baotou|2026-02|ytd|level"]


def test_a_revision_of_another_month_is_no_second_period(suites: dict[str, Suite]) -> None:
    found = released(*good_release(), {"period": "2026-02", "flags": "combined revised"})
    assert failures(check_release(suites["release_stats_bureau"], found, None)) == {}


def test_two_values_for_one_key_are_caught(suites: dict[str, Suite]) -> None:
    found = released({}, {"value": 251.0, "row": 10}, *good_release()[2:])
    result = failures(check_release(suites["release_stats_bureau"], found, None))["keys_unique"]
    assert (result.severity, result.failed_rows) == (CRITICAL, 2)
    assert [("row 9" in p, "row 10" in p) for p in result.offending] == [(True, False), (False, True)]


def test_a_release_without_values_or_columns_is_caught(suites: dict[str, Suite]) -> None:
    caught = failures(check_release(suites["release_stats_bureau"], released(), None))
    assert caught["something_read"].severity is CRITICAL
    maimed = Reconciliation(observations=observations({}).drop(columns=["unit", "text"]))
    caught = failures(check_release(suites["release_stats_bureau"], maimed, None))
    assert caught["columns_present"].severity is CRITICAL
    assert caught["columns_present"].observed == "missing text, unit"


FOUND = (
    (Fault(code="not_a_number", message="text in a number cell", row=9, column="F", value="约五百"), "number_cells_are_numbers", CRITICAL),
    (Fault(code="unit_changed", message="another unit", row=9, column="C", value="万元"), "number_cells_are_numbers", CRITICAL),
    (Fault(code="never_heard_of", message="?", row=9, column="C"), "number_cells_are_numbers", CRITICAL),
    (Fault(code="unknown_indicator", message="no such series", row=9, column="A", value="幸福指数"), "rows_matched", WARNING),
    (Fault(code="unknown_area", message="no such area", row=9, column="A", value="火星"), "rows_matched", WARNING),
    (Fault(code="missing_series", message="expected", key="gdp"), "due_readings_arrived", WARNING),
    (Fault(code="qualitative", message="words", row=9, column="F", value="正增长"), "figures_not_words", INFO),
)  # fmt: skip
"""What yielded nothing, the expectation that weighs it, and how severely."""


@pytest.fixture(scope="module")
def weighed(suites: dict[str, Suite]) -> dict[str, CheckResult]:
    found = released(*good_release(), rejects=tuple(fault for fault, *_ in FOUND))
    return failures(check_release(suites["release_stats_bureau"], found, None))


@pytest.mark.parametrize(("fault", "expectation", "severity"), FOUND)
def test_what_yielded_nothing_is_weighed_by_its_reason(
    weighed: dict[str, CheckResult], fault: Fault, expectation: str, severity: Severity
) -> None:
    said = {name: r.severity for name, r in weighed.items() if any(str(fault) in place for place in r.offending)}
    assert said == {expectation: severity}


def test_what_was_there_last_month_and_is_due_again_must_be_there(suites: dict[str, Suite]) -> None:
    before = observations(*good_release(), {"indicator": "retail_sales", "area": "kundulun"})
    without_gdp = [r for r in good_release() if r.get("indicator") != "gdp"]
    caught = failures(check_release(suites["release_stats_bureau"], released(*without_gdp), before))
    assert caught["series_kept"].severity is WARNING
    assert [p.split(" = ")[0] for p in caught["series_kept"].offending] == [
        "last seen as retail_sales|kundulun|2026-03|ytd|level"
    ]
    due = Fault(code="missing_series", message="expected", key="gdp")
    caught = failures(check_release(suites["release_stats_bureau"], released(*without_gdp, missing=(due,)), before))
    assert any("gdp|baotou" in p for p in caught["series_kept"].offending)


def test_a_month_column_that_february_lacks_is_not_missed(suites: dict[str, Suite]) -> None:
    before = observations({}, {"span": "month", "value": 80.0})
    assert "series_kept" not in failures(check_release(suites["release_stats_bureau"], released({}), before))


def test_a_level_that_becomes_a_running_total_is_held(suites: dict[str, Suite]) -> None:
    before = observations({"span": "point"}, {"indicator": "gdp"}, {"indicator": "cpi", "span": "month"})
    now = released({"span": "ytd"}, {"indicator": "gdp"}, {"indicator": "cpi", "span": "ytd"})
    result = failures(check_release(suites["release_stats_bureau"], now, before))["nature_kept"]
    assert result.severity is CRITICAL
    assert [p.split(" = ")[0] for p in result.offending] == ["last seen as retail_sales|baotou|2026-03|point|level"]


def test_a_lost_row_of_the_finance_table_stops_it(suites: dict[str, Suite]) -> None:
    revenue, expenditure = (
        {"indicator": "budget_revenue", "value": 50.0},
        {"indicator": "budget_expenditure", "value": 90.0},
    )
    tax = Fault(code="missing_series", message="expected", key="tax_revenue")
    before = observations(revenue, expenditure, {"indicator": "tax_revenue", "value": 31.0})
    caught = failures(check_release(suites["release_finance"], released(revenue, expenditure, missing=(tax,)), before))
    assert {k: r.severity for k, r in caught.items()} == {"due_readings_arrived": WARNING, "series_kept": CRITICAL}


@pytest.mark.parametrize(
    ("suite", "good", "bad", "expectation"),
    [
        ("release_finance", {"indicator": "budget_revenue", "value": 50.0}, {"value": 500000.0}, "budget_revenue_in_bounds"),
        ("release_finance", {"indicator": "budget_revenue", "value": 50.0}, {"unit": "万元"}, "money_in_100_million"),
        ("release_human_resources", {"indicator": "new_jobs", "unit": "人", "value": 3100.0}, {"value": 310000.0}, "new_jobs_in_bounds"),
        ("release_human_resources", {"indicator": "registered_unemployment", "measure": "ratio", "unit": "%", "value": 3.6}, {"value": 36.0},
         "registered_unemployment_in_bounds"),
        ("release_ecology", {"indicator": "surface_water_compliance", "measure": "report", "unit": "", "value": 0.0, "decimals": 0}, {"decimals": 1},
         "report_is_whole"),
        ("release_regional_benchmark", {"indicator": "fdi_used", "measure": "rank", "unit": "位", "value": 3.0}, {"value": 13.0}, "rank_in_bounds"),
        ("release_regional_benchmark", GROWTH, {"value": 151.0}, "growth_in_bounds"),
        ("release_published_figures", GROWTH | {"value": -94.0}, {"value": -96.0}, "growth_in_bounds"),
    ],
)  # fmt: skip
def test_each_layout_has_bounds_of_its_own(
    suites: dict[str, Suite], suite: str, good: dict[str, Any], bad: dict[str, Any], expectation: str
) -> None:
    caught = failures(check_release(suites[suite], released(good, good | bad | {"row": 77}), None))
    (place,) = caught[expectation].offending
    assert "row 77," in place


def test_a_collection_may_hold_months_and_later_publications(suites: dict[str, Suite]) -> None:
    found = released({}, {"period": "2025-06"}, {"published_at": date(2026, 5, 2), "value": 251.0})
    assert failures(check_release(suites["release_published_figures"], found, None)) == {}


def due(there: int, of: int) -> Reconciliation:
    names = tuple(f"series_{n}" for n in range(of))
    missing = tuple(Fault(code="missing_series", message="expected", key=name) for name in names[there:])
    return replace(released(*good_release(), missing=missing), due=names)


@pytest.mark.parametrize(
    ("there", "of", "held"), [(0, 0, False), (1, 1, False), (3, 5, False), (2, 5, True), (1, 2, True), (0, 1, True)]
)
def test_a_release_without_most_of_what_was_due_is_held(
    suites: dict[str, Suite], there: int, of: int, held: bool
) -> None:
    found = failures(check_release(suites["release_stats_bureau"], due(there, of), None))
    assert ("most_due_arrived" in found) is held
    if held:
        result = found["most_due_arrived"]
        assert result.severity is CRITICAL and "0.6" in result.note
        assert len(result.offending) == of - there
