"""Gate 2 both ways: values that agree pass, each disagreement is caught with its severity and its place."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from qualitycases import GROWTH, failures, observations

from planwatch.model.check import CheckResult
from planwatch.model.target import Indicator
from planwatch.model.vocabulary import Gate, Severity
from planwatch.quality import Suite, check_observations
from planwatch.quality.changes import with_changes

CRITICAL, WARNING, INFO = Severity.CRITICAL, Severity.WARNING, Severity.INFO
Row = dict[str, Any]


def history(*, monthly: float = 80.0, **key: Any) -> list[Row]:
    """Two years of a year-to-date level that grows by 4 % a year, with a little life in it."""
    return [
        {"period": f"{year}-{m:02d}", "value": round(monthly * 1.04 ** (year - 2024) * m * (1 + 0.01 * (m % 3)), 1)}
        | key
        for year in (2024, 2025)
        for m in range(2, 13)
    ]


def check(suites: dict[str, Suite], old: list[Row], new: list[Row], **more: Any) -> list[CheckResult]:
    return check_observations(suites["observations"], observations(*old, *new), observations(*new), **more)


def ytd(month: int, value: float, **more: Any) -> Row:
    return {"period": f"2026-{month:02d}", "value": value} | more


def test_values_that_agree_pass(suites: dict[str, Suite]) -> None:
    old = [
        *history(),
        *history(indicator="budget_revenue", monthly=15.0),
        *history(indicator="tax_revenue", monthly=11.0),
        ytd(2, 176.0),
    ]
    new = [
        ytd(3, 262.0), ytd(3, 86.0, span="month"), ytd(3, 48.1, indicator="budget_revenue"), ytd(3, 35.0, indicator="tax_revenue"),
    ]  # fmt: skip
    indicators = {"retail_sales": Indicator(id="retail_sales", name_zh="社零", name_en="Retail", base_unit="亿元")}
    results = check(suites, old, new, indicators=indicators)
    assert {name: r.severity for name, r in failures(results).items()} == {}
    assert {r.gate for r in results} == {Gate.OBSERVATIONS}
    by_name = {r.expectation: r for r in results}
    for name in (
        "ytd_does_not_fall",
        "month_agrees_with_ytd",
        "part_within_whole",
        "change_on_last_reading",
        "change_on_last_year",
    ):
        assert by_name[name].observed.startswith("all"), f"{name} looked at nothing"


@pytest.fixture(scope="module")
def caught(suites: dict[str, Suite]) -> dict[str, CheckResult]:
    """What is said of a release in which everything is wrong, each in an indicator of its own."""
    old = [
        *history(), ytd(2, 176.0),
        ytd(2, 90.0, indicator="falling"), ytd(4, 300.0, indicator="above_next"),
        ytd(2, 100.0, indicator="month_off"),
        ytd(2, 50.0, indicator="units"), *history(indicator="lively", monthly=20.0), ytd(2, 42.0, indicator="lively"),
        *[{"period": f"2025-{m:02d}", "indicator": "pace"} | GROWTH | {"value": 5.0 + 0.1 * (m % 2)} for m in range(2, 13)],
        {"period": "2026-02", "indicator": "pace"} | GROWTH | {"value": 5.1},
    ]  # fmt: skip
    new = [
        ytd(3, 8000.0), ytd(3, 80.0, indicator="falling"), ytd(3, 310.0, indicator="above_next"),
        ytd(3, 160.0, indicator="month_off"), ytd(3, 55.0, indicator="month_off", span="month"),
        ytd(3, 75.0, indicator="units", unit="万元"),
        ytd(3, 32.0, indicator="budget_revenue"), ytd(3, 33.0, indicator="tax_revenue"),
        ytd(3, 1300.0, indicator="gdp"), ytd(3, 40.0, indicator="primary_va"), ytd(3, 700.0, indicator="secondary_va"),
        ytd(3, 500.0, indicator="tertiary_va"),
        ytd(3, 90.0, indicator="lively"), {"indicator": "pace"} | GROWTH | {"value": 14.0},
    ]  # fmt: skip
    doubled = observations(*old, *new, {"indicator": "falling", "period": "2026-02", "value": 91.0})
    return failures(check_observations(suites["observations"], doubled, observations(*new)))


@pytest.mark.parametrize(
    ("expectation", "severity", "places"),
    [
        ("one_value_per_key", CRITICAL, ["falling|baotou|2026-02|ytd|level = 90", "falling|baotou|2026-02|ytd|level = 91"]),
        ("units_canonical", CRITICAL, ["units|baotou|2026-03|ytd|level = 75"]),
        ("ytd_does_not_fall", CRITICAL, ["falling|baotou|2026-03|ytd|level = 80"]),
        ("ytd_not_above_next", CRITICAL, ["above_next|baotou|2026-03|ytd|level = 310"]),
        ("month_agrees_with_ytd", WARNING, ["month_off|baotou|2026-03|month|level = 55"]),
        ("part_within_whole", CRITICAL, ["tax_revenue|baotou|2026-03|ytd|level = 33"]),
        ("parts_add_up", WARNING, ["gdp|baotou|2026-03|ytd|level = 1300"]),
        ("change_on_last_reading", WARNING, ["lively|", "pace|", "retail_sales|"]),
        ("change_on_last_reading_extreme", CRITICAL, ["retail_sales|baotou|2026-03|ytd|level = 8000"]),
        ("change_on_last_year", WARNING, ["lively|", "retail_sales|"]),
        ("change_on_last_year_extreme", CRITICAL, ["retail_sales|baotou|2026-03|ytd|level = 8000"]),
    ],
)  # fmt: skip
def test_each_disagreement_is_caught_where_it_stands(
    caught: dict[str, CheckResult], expectation: str, severity: Severity, places: list[str]
) -> None:
    result = caught[expectation]
    assert result.severity is severity
    assert len(result.offending) == len(places) == result.failed_rows
    for found, place in zip(sorted(result.offending), places, strict=True):
        assert found.startswith(place)


@pytest.mark.parametrize(
    ("expectation", "words"),
    [
        ("ytd_does_not_fall", "the reading before is 9"),
        ("month_agrees_with_ytd", "year to date 160 − before 100 = 60, month 55"),
        ("part_within_whole", "its whole is budget_revenue|baotou|2026-03|ytd|level = 32 ("),
        ("parts_add_up", "primary_va + secondary_va + tertiary_va = 1240"),
        ("change_on_last_reading_extreme", "from 20 past changes"),
    ],
)
def test_the_place_says_what_it_was_compared_with(caught: dict[str, CheckResult], expectation: str, words: str) -> None:
    assert words in caught[expectation].offending[0]
    assert "row 9, column F" in caught[expectation].offending[0]


def test_series_without_history_are_skipped_and_that_is_said(suites: dict[str, Suite]) -> None:
    new = ytd(3, 5000.0, indicator="young")
    skipped = failures(check(suites, [ytd(2, 10.0, indicator="young")], [new]))
    assert {name: r.severity for name, r in skipped.items()} == {"bounds_learned_month": INFO}
    assert skipped["bounds_learned_month"].offending[0].startswith("young|baotou|2026-03|ytd|level = 5000")


@pytest.mark.parametrize("flagged", ["before", "after"])
def test_a_fall_flagged_as_revision_is_let_through(suites: dict[str, Suite], flagged: str) -> None:
    flags = {side: "revised" if side == flagged else "" for side in ("before", "after")}
    results = check(suites, [ytd(2, 90.0, flags=flags["before"])], [ytd(3, 80.0, flags=flags["after"])])
    assert "ytd_does_not_fall" not in failures(results)


def test_rounding_explains_what_it_can_in_the_printed_unit(suites: dict[str, Suite]) -> None:
    people = {"indicator": "new_jobs", "unit": "人", "printed_unit": "万人", "decimals": 2}
    old = [ytd(2, 4100.0, **people)]
    within = check(suites, old, [ytd(3, 6300.0, **people), ytd(3, 2100.0, span="month", **people)])
    assert "month_agrees_with_ytd" not in failures(within)
    beyond = check(suites, old, [ytd(3, 6300.0, **people), ytd(3, 2000.0, span="month", **people)])
    assert failures(beyond)["month_agrees_with_ytd"].failed_rows == 1


def test_a_combined_february_is_its_own_year_to_date(suites: dict[str, Suite]) -> None:
    good = [ytd(2, 176.0, flags="combined"), ytd(2, 176.0, span="month", flags="combined")]
    assert "month_agrees_with_ytd" not in failures(check(suites, [], good))
    bad = [ytd(2, 176.0, flags="combined"), ytd(2, 90.0, span="month", flags="combined")]
    assert "month_agrees_with_ytd" in failures(check(suites, [], bad))


def test_canonical_units_come_from_the_registry(suites: dict[str, Suite]) -> None:
    indicators = {"new_jobs": Indicator(id="new_jobs", name_zh="就业", name_en="Jobs", base_unit="人")}
    new = [ytd(3, 0.6, indicator="new_jobs", unit="万人"), {"indicator": "new_jobs"} | GROWTH | {"unit": ""}]
    result = failures(check(suites, [], new, indicators=indicators))["units_canonical"]
    assert result.failed_rows == 2


def test_the_score_is_the_distance_from_the_median_in_robust_deviations() -> None:
    values = [1.0, 2.0, 4.0, 5.0, 8.0, 9.0, 11.0, 21.0]
    frame = observations(
        *(
            {"period": f"2025-{m:02d}", "measure": "ratio", "unit": "%", "span": "point", "value": v}
            for m, v in enumerate(values, 1)
        )
    ).assign(is_new=[False] * 7 + [True])
    scored = with_changes(frame, {"min_changes": 6, "floor_log": 0.05, "floor_points": 0.1}).iloc[-1]
    past = pd.Series([1.0, 2.0, 1.0, 3.0, 1.0, 2.0])
    mad = (past - past.median()).abs().median()
    assert scored["change_month_score"] == pytest.approx((10.0 - past.median()) / (1.4826 * mad))
    assert scored["change_month_known"] == 6


SLIPPED = {
    "no_slip": (WARNING, {10, 100, 0.1, 1e4, 1e-4, 1e8}),
    "no_slip_of_units": (CRITICAL, {1e4, 1e-4, 1e8}),
}


@pytest.mark.parametrize("factor", [1, 3, 10, 100, 0.1, 1e4, 1e-4, 1e8])
def test_a_plausible_factor_is_named_at_a_series_second_reading(suites: dict[str, Suite], factor: float) -> None:
    new = ytd(3, 363.0 * factor, indicator="young", decimals=4)
    found = failures(check(suites, [ytd(2, 240.0, indicator="young", decimals=4)], [new]))
    for expectation, (severity, factors) in SLIPPED.items():
        assert (expectation in found) is (factor in factors)
        if factor in factors:
            assert found[expectation].severity is severity
            assert (
                "times" in found[expectation].offending[0] and "the reading before" in found[expectation].offending[0]
            )


@pytest.mark.parametrize("measure", ["growth_yoy", "ratio"])
def test_growth_and_small_counts_grow_tenfold_by_themselves(suites: dict[str, Suite], measure: str) -> None:
    growth = {"indicator": "young", "measure": measure, "unit": "%", "printed_unit": "%"}
    events = {"indicator": "events", "unit": "场", "printed_unit": "场", "decimals": 0}
    old = [ytd(2, 0.5, **growth), ytd(2, 2.0, **events)]
    assert not failures(check(suites, old, [ytd(3, 5.0, **growth), ytd(3, 30.0, **events)])).keys() & SLIPPED.keys()


def test_an_unusual_change_names_the_factor(suites: dict[str, Suite]) -> None:
    found = failures(check(suites, history(), [ytd(2, 1760000.0)]))
    assert "about 10⁴ times the reading before" in found["change_on_last_year_extreme"].offending[0]


FRACTIONS = [
    ((4.9, 1), (0.049, 3), True), ((-4.9, 1), (-0.05, 2), True), ((0.049, 3), (5.1, 1), True), ((95.2, 1), (0.951, 3), True),
    ((5.2, 1), (0.1, 1), False), ((0.1, 1), (8.3, 1), False), ((4.9, 1), (5.04, 2), False),
]  # fmt: skip
"""Value and decimals of a reading, of the next one, and whether one of the two is a fraction."""


@pytest.mark.parametrize("measure", ["growth_yoy", "ratio"])
@pytest.mark.parametrize(("first", "second", "caught"), FRACTIONS)
def test_a_fraction_is_not_per_cent(
    suites: dict[str, Suite], measure: str, first: tuple[float, int], second: tuple[float, int], caught: bool
) -> None:
    share = {"indicator": "young", "measure": measure, "unit": "%", "printed_unit": "%"}
    old, new = (ytd(n, value, decimals=shown, **share) for n, (value, shown) in enumerate((first, second), 2))
    found = failures(check(suites, [old], [new]))
    assert ("percent_not_fraction" in found) is caught
    if caught:
        assert found["percent_not_fraction"].severity is CRITICAL
        assert "one of the two is a fraction" in found["percent_not_fraction"].offending[0]


UNIT = st.sampled_from(["亿元", "万元", "%", "家"])
NAME = st.sampled_from(["gdp", "exports", "jobs"])
MEASURE = st.sampled_from(["level", "growth_yoy", "ratio"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(NAME, MEASURE, UNIT, st.integers(1, 12), st.booleans()), min_size=1, max_size=10),
    st.booleans(),
)
def test_units_are_held_against_the_registry_then_the_series_then_nothing(
    suites: dict[str, Suite], rows: list[tuple[str, str, str, int, bool]], kept_as_categories: bool
) -> None:
    seen = {(name, measure, month): (unit, is_new) for name, measure, unit, month, is_new in rows}
    every = [
        {"indicator": n, "measure": m, "period": f"2026-{month:02d}", "unit": u}
        for (n, m, month), (u, _) in seen.items()
    ]
    new = [row for row, (_, is_new) in zip(every, seen.values(), strict=True) if is_new]
    assume(new)
    wanted = {(n, m): u for (n, m, _), (u, is_new) in seen.items() if not is_new}
    wanted |= {("gdp", "level"): "亿元"} | {(n, m): "%" for n, m, _ in seen if m != "level"}
    off = [r for r in new if wanted.get((r["indicator"], r["measure"]), r["unit"]) != r["unit"]]
    whole = suites["observations"]
    only = whole.model_copy(
        update={"expectations": tuple(e for e in whole.expectations if e.meta.id == "units_canonical")}
    )
    current = observations(*every)
    current = current.astype({"unit": "category", "area": "category"}) if kept_as_categories else current
    registry = {"gdp": Indicator(id="gdp", name_zh="生产总值", name_en="GDP", base_unit="亿元")}
    (result,) = check_observations(only, current, observations(*new), indicators=registry)
    assert result.failed_rows == len(off)
    assert sorted(place.split(" = ")[0] for place in result.offending) == sorted(
        f"{r['indicator']}|baotou|{r['period']}|ytd|{r['measure']}" for r in off
    )
