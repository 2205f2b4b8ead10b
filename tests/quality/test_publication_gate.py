"""Gate 3 both ways: an edition as it should be passes, each broken promise stops it or is flagged."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from qualitycases import failures, plan, verdicts

from planwatch.model.check import CheckResult
from planwatch.model.target import Plan
from planwatch.model.vocabulary import Gate, Severity
from planwatch.quality import Suite, check_publication

CRITICAL, WARNING = Severity.CRITICAL, Severity.WARNING
Row = dict[str, Any]


@pytest.fixture(scope="module")
def the_plan() -> Plan:
    common = {"name_zh": "目标", "phrase": "目标"}
    return plan(
        common | {"id": "jobs", "indicator": "new_jobs", "kind": "cumulative", "value": 3.6, "unit": "万人", "base_unit": "人"},
        common | {"id": "industry", "indicator": "industry_va", "kind": "growth", "value": 14.0, "unit": "%"},
        common | {"id": "firms", "indicator": "hightech_firms", "kind": "reach", "value": 380, "unit": "家", "baseline": {"value": 340}},
        common | {"id": "grass", "indicator": "grassland_balance", "kind": "hold", "comparator": "le", "value": 10, "unit": "%"},
        common | {"id": "fdi", "indicator": "fdi_used", "kind": "rank", "comparator": "rank_le", "value": 3},
        common | {"id": "incomes", "indicator": "urban_income", "kind": "relative", "comparator": "about", "reference": {"indicator": "gdp"}},
        common | {"id": "cpi", "indicator": "cpi", "kind": "growth", "comparator": "about", "value": 2, "unit": "%", "direction": 0},
        common | {"id": "cap", "indicator": "emissions", "kind": "cumulative", "comparator": "le", "value": 100, "unit": "吨"},
        common | {"id": "law", "indicator": "law", "kind": "milestone"},
    )  # fmt: skip


def good() -> list[Row]:
    """The worked examples of the domain, as an edition."""
    return [
        {"id": "jobs", "unit": "人", "actual": 19080.0, "expected": 18000.0, "variance": 1080.0, "progress_pct": 53.0, "schedule_pct": 50.0, "gap_pp": 3.0},
        {"id": "industry", "unit": "%", "actual": 12.3, "expected": 14.0, "variance": -1.7, "status": "off_track"},
        {"id": "firms", "unit": "家", "actual": 365.0, "expected": 370.0, "variance": -5.0, "progress_pct": 62.5, "schedule_pct": 75.0, "gap_pp": -12.5,
         "status": "off_track"},
        {"id": "grass", "unit": "%", "actual": 9.2, "expected": 10.0, "variance": 0.8},
        {"id": "fdi", "unit": "", "actual": 4.0, "expected": 3.0, "variance": -1.0, "status": "at_risk"},
        {"id": "incomes", "unit": "%", "actual": 4.1, "expected": 7.0, "reference_actual": 7.0, "variance": -2.9, "status": "off_track"},
        {"id": "cpi", "unit": "%", "actual": -0.4, "expected": 2.0, "variance": -2.4, "status": "off_track"},
        {"id": "cap", "unit": "吨", "actual": 70.0, "expected": 50.0, "variance": -20.0, "progress_pct": 70.0, "schedule_pct": 50.0, "gap_pp": -20.0,
         "status": "off_track"},
        {"id": "law", "status": "not_due", "reading_state": "none"},
    ]  # fmt: skip


def spoiled(**changes: Row) -> pd.DataFrame:
    return verdicts(*(row | changes.get(row["id"], {}) for row in good()))


def test_the_worked_examples_pass(suites: dict[str, Suite], the_plan: Plan) -> None:
    results = check_publication(suites["publication"], verdicts(*good()), the_plan, verdicts(*good()))
    assert failures(results) == {}
    assert {r.gate for r in results} == {Gate.PUBLICATION}
    seen = {r.expectation: r.observed for r in results}
    assert (seen["variance_recomputes"], seen["gap_recomputes"]) == ("all 8", "all 3")
    assert seen["gap_is_progress_minus_schedule"] == "all 2"


@pytest.fixture(scope="module")
def caught(suites: dict[str, Suite], the_plan: Plan) -> dict[str, CheckResult]:
    """What is said of an edition in which each target breaks another promise."""
    frame = spoiled(
        jobs={"variance": 1090.0},
        industry={"variance": None},
        firms={"gap_pp": -12.4, "status": "behind"},
        grass={"expected": float("inf"), "variance": float("inf")},
        fdi={"variance": 1.0},
        incomes={"reason_zh": " ", "reason_en": None, "variance": 2.9},
        cpi={"period": "2026-05", "reading_state": "stale", "variance": 2.4},
        cap={"reason_zh": None, "reason_en": "", "variance": 20.0, "progress_pct": 71.0},
    )
    extra = verdicts(good()[1], {"id": "unheard_of", "unit": "%"})
    everything = pd.concat([frame[frame["id"] != "law"], extra], ignore_index=True)
    return failures(check_publication(suites["publication"], everything, the_plan, None))


@pytest.mark.parametrize(
    ("expectation", "severity", "places"),
    [
        ("every_target_once", CRITICAL, ["industry|baotou [rows: 2]", "law|baotou [rows: 0]"]),
        ("targets_of_the_plan", CRITICAL, ["unheard_of|baotou"]),
        ("status_legal", CRITICAL, ["firms|baotou"]),
        ("reading_state_legal", CRITICAL, ["cpi|baotou"]),
        ("numbers_finite", CRITICAL, ["grass|baotou"]),
        ("judged_has_variance", CRITICAL, ["industry|baotou"]),
        ("variance_recomputes", CRITICAL, ["cap|", "cpi|", "fdi|", "incomes|", "jobs|"]),
        ("gap_recomputes", CRITICAL, ["firms|baotou"]),
        ("gap_is_progress_minus_schedule", CRITICAL, ["firms|baotou"]),
        ("reason_zh_given", CRITICAL, ["incomes|baotou"]),
        ("reason_zh_present", CRITICAL, ["cap|baotou"]),
        ("reason_en_given", WARNING, ["cap|baotou"]),
        ("reason_en_present", WARNING, ["incomes|baotou"]),
    ],
)
def test_each_broken_promise_is_caught_at_its_target(
    caught: dict[str, CheckResult], expectation: str, severity: Severity, places: list[str]
) -> None:
    result = caught[expectation]
    assert result.severity is severity
    assert len(result.offending) == len(places)
    for found, place in zip(sorted(result.offending), places, strict=True):
        assert found.startswith(place)


def test_an_edition_speaks_of_one_month(caught: dict[str, CheckResult]) -> None:
    assert (caught["one_period"].severity, caught["one_period"].observed) == (CRITICAL, "2")


def test_the_place_says_what_the_figure_should_be(caught: dict[str, CheckResult]) -> None:
    assert "variance 1090, from actual and expected 1080" in " ".join(caught["variance_recomputes"].offending)
    assert "gap -12.4, from the variance -12.5" in caught["gap_recomputes"].offending[0]
    assert "[infinite: expected, variance]" in caught["numbers_finite"].offending[0]


@pytest.mark.parametrize(
    ("without", "expected"),
    [
        (0, {}),
        (1, {"coverage_kept": WARNING}),
        (4, {"coverage_kept": WARNING}),
        (5, {"coverage_kept": WARNING, "coverage_not_halved": CRITICAL}),
    ],
)
def test_coverage_is_held_against_the_last_edition(
    suites: dict[str, Suite], the_plan: Plan, without: int, expected: dict[str, Severity]
) -> None:
    lost = {row["id"]: {"reading_state": "overdue"} for row in good()[:without]}
    caught = failures(check_publication(suites["publication"], spoiled(**lost), the_plan, verdicts(*good())))
    assert {name: r.severity for name, r in caught.items()} == expected


def test_rounding_of_the_variance_is_no_error(suites: dict[str, Suite], the_plan: Plan) -> None:
    rounded = {
        "jobs": {"actual": 19083.0, "expected": 17999.996, "variance": 1083.0, "gap_pp": 3.01, "progress_pct": 53.01},
        "industry": {"actual": 12.34, "expected": 14.0, "variance": -1.66},
    }
    caught = failures(check_publication(suites["publication"], spoiled(**rounded), the_plan, None))
    assert caught == {}
