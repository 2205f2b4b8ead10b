"""Seasonal shares, what the rest of the year needs, and where it leads: series built by hand."""

import math

import pytest
from judgecases import growth, obs, ratio, target, verdict

TOTAL = target("cumulative", 1000, unit="亿元", pace="seasonal")


def year(year, june, december, **rest):
    return [obs(f"{year}-06", june, unit="亿元", **rest), obs(f"{year}-12", december, unit="亿元", **rest)]


def judged(*past, june=450, task=TOTAL, **rest):
    rows = [row for rows in past for row in rows]
    return verdict(task, [*rows, obs("2026-06", june, unit="亿元")], "2026-06", **rest)


def test_the_mean_of_the_last_three_years_decides():
    row = judged(year(2022, 90, 100), year(2023, 40, 100), year(2024, 90, 200), year(2025, 150, 300))
    assert (row.expected, row.variance, row.gap_pp, row.status) == (450, 0, 0, "on_track")
    assert (row.linear_expected, row.linear_status) == (500, "at_risk")
    assert (row.seasonal_expected, row.seasonal_status) == (450, "on_track")
    assert (row.projection, row.projection_low, row.projection_high) == (1000, 900, 1125)


def test_linear_decides_where_the_pace_says_so_and_the_season_stands_beside_it():
    linear = TOTAL.model_copy(update={"pace": "linear"})
    row = judged(year(2025, 40, 100), june=410, task=linear)
    assert (row.status, row.gap_pp) == ("at_risk", -9)
    assert (row.seasonal_status, row.seasonal_gap_pp) == ("on_track", 1)


def test_without_history_linear_decides_and_says_so():
    row = judged()
    assert row.expected == 500
    assert math.isnan(row.seasonal_expected)
    assert "往年数据不全" in row.reason_zh
    assert "no complete past year" in row.reason_en
    assert math.isnan(row.projection)


@pytest.mark.parametrize(
    "strange",
    [
        year(2024, 10, 0),
        year(2024, 10, -5),
        year(2024, 10, 100)[:1],
        year(2024, 10, 100)[1:],
        [obs("2024-06", 10, unit="亿元"), obs("2024-12", 100, unit="亿元", span="point")],
        [obs("2024-05", 10, unit="亿元"), obs("2024-12", 100, unit="亿元")],
    ],
    ids=["zero year", "wrong sign", "no December", "no June", "another caliber", "another month"],
)
def test_an_unusable_year_is_left_out(strange):
    assert judged(year(2025, 45, 100), strange).seasonal_expected == 450


def test_a_year_of_months_is_a_caliber_of_its_own():
    months = [obs(f"2025-{m:02d}", 10, unit="亿元", span="month") for m in range(1, 13)]
    assert judged(months).seasonal_expected == 500


def test_history_length_is_a_threshold():
    row = judged(year(2024, 20, 100), year(2025, 40, 100), thresholds={"history_years": 1})
    assert row.seasonal_expected == 400


def test_reach_measures_its_season_from_the_december_before():
    firms = target("reach", 400, unit="家", pace="seasonal", baseline={"value": 300})
    levels = (("2023-12", 200), ("2024-06", 210), ("2024-12", 300), ("2025-12", 300), ("2026-06", 320))
    row = verdict(firms, [obs(p, v, unit="家", span="point") for p, v in levels], "2026-06")
    assert (row.expected, row.schedule_pct, row.variance) == (310, 10, 10)
    assert row.projection == 500


def test_change_in_points_has_a_season_too():
    levels = (("2023-12", 20), ("2024-06", 21), ("2024-12", 25), ("2025-12", 30), ("2026-06", 31))
    row = verdict(target("change_pp", 5), [ratio(p, v) for p, v in levels], "2026-06")
    assert (row.actual, row.seasonal_expected, row.seasonal_gap_pp) == (1, 1, 0)


def test_no_projection_below_the_least_share():
    assert math.isnan(judged(year(2025, 4, 100)).projection)
    assert judged(year(2025, 5, 100), june=50).projection == 1000


def test_required_amount_and_growth_of_a_total():
    row = judged(year(2025, 400, 900))
    assert row.required_amount == pytest.approx(550 / 6)
    assert row.required_growth_pct == 10
    met = judged(year(2025, 400, 900), june=1001, task=TOTAL.model_copy(update={"net": True}))
    assert (met.required_amount, math.isnan(met.required_growth_pct)) == (0, True)


def test_required_growth_with_known_levels():
    levels = [obs("2025-06", 400, unit="亿元"), obs("2025-12", 1000, unit="亿元")]
    row = verdict(target("growth", 8), [*levels, growth("2026-06", 5)], "2026-06")
    assert row.required_growth_pct == 10
    assert math.isnan(verdict(target("growth", 8), [growth("2026-06", 5)], "2026-06").required_growth_pct)


def test_growth_projects_its_last_reading_with_the_band_of_past_changes():
    past = [growth(p, v) for p, v in (("2024-06", 5), ("2024-12", 6), ("2025-06", 15.1), ("2025-12", 6.2))]
    row = verdict(target("growth", 8), [*past, growth("2026-06", 7)], "2026-06")
    assert (row.projection, row.projection_low, row.projection_high) == (7, -1.9, 8)
    assert math.isnan(verdict(target("growth", 8), [growth("2026-06", 7)], "2026-06").projection)


@pytest.mark.parametrize(("december", "band"), [(6, (7, 8)), (4, (6, 7)), (5, (7, 7))], ids=["up", "down", "level"])
def test_growth_projected_lies_within_its_own_band_of_one_year(december, band):
    past = [growth("2025-06", 5), growth("2025-12", december)]
    row = verdict(target("growth", 8), [*past, growth("2026-06", 7)], "2026-06")
    assert (row.projection, row.projection_low, row.projection_high) == (7, *band)


def test_december_needs_nothing_more():
    rows = [*year(2025, 400, 900), obs("2026-12", 950, unit="亿元")]
    row = verdict(TOTAL, rows, "2026-12")
    assert (row.projection, row.status, row.schedule_pct) == (950, "missed", 100)
    assert math.isnan(row.required_amount)
    assert math.isnan(row.required_growth_pct)


def test_a_carried_reading_is_judged_at_its_own_month():
    quarterly = TOTAL.model_copy(update={"frequency": "quarterly", "pace": "linear"})
    row = verdict(quarterly, [obs("2026-06", 510, unit="亿元")], "2026-08")
    assert (row.schedule_pct, row.reading_state, row.reading_age_months, row.status) == (50, "carried", 2, "on_track")
    assert row.required_amount == pytest.approx(490 / 6)


def test_last_years_december_is_never_carried_into_january():
    row = verdict(TOTAL, year(2025, 400, 900), "2026-01")
    assert (row.status, row.reading_state) == ("not_due", "none")
