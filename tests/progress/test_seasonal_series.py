"""Seasonal shares on series built by hand: a missing month, a zero year, revisions, negative values, a first year."""

import math
from datetime import datetime

import pytest
from judgecases import obs, ratio, target, verdict

from planwatch.model.calendar import SHANGHAI

TOTAL = target("cumulative", 1000, unit="亿元", pace="seasonal")
LEVEL = target("reach", 400, unit="家", pace="seasonal", baseline={"value": 300})
NOW = obs("2026-06", 450, unit="亿元")


def pair(year, june, december, **rest):
    return [obs(f"{year}-06", june, unit="亿元", **rest), obs(f"{year}-12", december, unit="亿元", **rest)]


def months(year, values, **rest):
    return [
        obs(f"{year}-{m:02d}", v, unit="亿元", span="month", **rest)
        for m, v in enumerate(values, start=1)
        if v is not None
    ]


def levels(*pairs):
    return [obs(p, v, unit="家", span="point") for p, v in pairs]


def share(task, rows, **rest):
    """Return the seasonal share of June, percent, or None where linear decides."""
    row = verdict(task, rows, "2026-06", **rest)
    return None if row.seasonal_status is None else row.schedule_pct


def test_a_month_missing_within_the_year_breaks_the_sum_of_months_not_the_total():
    whole = [10] * 12
    torn = [10, 10, None, *[10] * 9]
    assert share(TOTAL, [*months(2025, whole), NOW]) == 50
    assert share(TOTAL, [*months(2025, torn), NOW]) is None  # no sum runs past March
    assert share(TOTAL, [*months(2025, torn), *pair(2025, 40, 100), NOW]) == 40  # a published total needs no months


def test_a_month_missing_after_june_takes_the_year_too():
    assert share(TOTAL, [*months(2025, [10] * 8 + [None] + [10] * 3), NOW]) is None


def test_january_that_came_with_february_is_counted_once():
    combined = [
        obs("2025-02", 20, unit="亿元", span="month", flags="combined"),
        *months(2025, [None, None, *[10] * 10]),
    ]
    assert share(TOTAL, [*combined, NOW]) == 50


@pytest.mark.parametrize(
    "strange", [pair(2024, 0, 0), pair(2024, 30, 0), pair(2024, -3, 0)], ids=["all zero", "back to zero", "up to zero"]
)
def test_a_zero_year_has_no_share(strange):
    assert share(TOTAL, [*strange, *pair(2025, 45, 100), NOW]) == 45
    assert share(TOTAL, [*strange, NOW]) is None


def test_a_year_that_began_with_nothing_has_a_share_of_nothing():
    rows = [*pair(2024, 0, 100), *pair(2025, 50, 100), NOW]
    row = verdict(TOTAL, rows, "2026-06")
    assert (row.schedule_pct, row.expected) == (25, 250)
    assert (row.projection, math.isnan(row.projection_high)) == (
        1800,
        True,
    )  # no projection by a share of nothing, so no band


@pytest.mark.parametrize(("day", "january"), [(20, 10), (28, 12.5)])
def test_a_revision_counts_from_the_day_it_was_known(day, january):
    known = [
        obs("2025-01", 10, unit="亿元", published_at="2025-02-10"),
        obs("2025-12", 100, unit="亿元", published_at="2026-01-20"),
    ]
    revised = obs("2025-12", 80, unit="亿元", published_at="2026-02-25")
    now = obs("2026-01", 70, unit="亿元", published_at="2026-02-10")
    row = verdict(TOTAL, [*known, revised, now], "2026-01", as_of=datetime(2026, 2, day, tzinfo=SHANGHAI))
    assert row.schedule_pct == january


def test_a_revision_down_within_the_year_is_a_share_above_one_and_counts():
    assert share(TOTAL, [*pair(2025, 110, 100), NOW]) == 110


def test_where_past_years_fell_back_more_than_the_target_is_expected_and_the_sentence_says_why():
    """Early a net count, a level and a total already at its target; a share within the year needs no such word."""
    net = TOTAL.model_copy(update={"net": True})
    row = verdict(net, [*pair(2025, 110, 100), obs("2026-06", 1050, unit="亿元")], "2026-06")
    assert (row.expected, row.variance, row.status) == (1100, -50, "at_risk")
    level = verdict(LEVEL, levels(("2024-12", 200), ("2025-06", 320), ("2025-12", 300), ("2026-06", 410)), "2026-06")
    assert (level.expected, level.variance) == (420, -10)
    met = verdict(TOTAL, [*pair(2025, 110, 100), obs("2026-06", 1050, unit="亿元")], "2026-06")
    assert (met.expected, met.status) == (1100, "achieved")
    for said in (row, level, met):
        assert "往年此时已超出全年幅度、此后回落，应有进度因而超过100%" in said.reason_zh
        assert (
            "had gone further by now than to their year's end and came back, so more than the whole is expected"
            in said.reason_en
        )
    plain = verdict(net, [*pair(2025, 40, 100), obs("2026-06", 1050, unit="亿元")], "2026-06")
    assert "回落" not in plain.reason_zh


def test_a_year_of_the_other_sign_is_left_out():
    assert share(TOTAL, [*pair(2024, -40, -100), *pair(2025, 45, 100), NOW]) == 45


def test_a_net_loss_planned_has_the_shares_of_years_that_lost():
    loss = target("cumulative", -1000, "ge", unit="亿元", pace="seasonal", net=True)
    row = verdict(loss, [*pair(2024, 40, 100), *pair(2025, -30, -100), obs("2026-06", -250, unit="亿元")], "2026-06")
    assert (row.schedule_pct, row.expected, row.variance, row.status) == (30, -300, 50, "on_track")


def test_a_year_that_dipped_before_it_rose_has_a_negative_share():
    net = target("cumulative", 1000, unit="亿元", pace="seasonal", net=True)
    row = verdict(net, [*pair(2025, -20, 100), obs("2026-06", -100, unit="亿元")], "2026-06")
    assert (row.schedule_pct, row.expected, row.variance) == (-20, -200, 100)
    assert math.isnan(row.projection)
    assert row.projection_lacking == "share_too_small"


@pytest.mark.parametrize(("june", "counts"), [(200, True), (201, False), (-100, True), (-101, False)])
def test_a_year_that_strayed_by_more_than_its_whole_way_tells_no_pace(june, counts):
    net = target("cumulative", 1000, unit="亿元", pace="seasonal", net=True)
    assert share(net, [*pair(2025, june, 100), NOW]) == (float(june) if counts else None)


def test_the_first_year_of_a_level_has_no_december_before():
    first = levels(("2025-06", 250), ("2025-12", 300), ("2026-06", 340))
    assert share(LEVEL, first) is None
    assert share(LEVEL, [*levels(("2024-12", 200)), *first]) == 50


def test_the_first_year_of_a_total_needs_none():
    assert share(TOTAL, [*pair(2025, 45, 100), NOW]) == 45


def test_nothing_is_carried_over_a_missing_december():
    rows = levels(("2023-12", 100), ("2024-06", 150), ("2025-06", 250), ("2025-12", 300), ("2026-06", 340))
    assert share(LEVEL, rows) is None


def test_a_ratio_that_fell_is_no_history_of_one_that_is_to_rise():
    change = target("change_pp", 5, pace="seasonal")
    fell = [ratio(p, v) for p, v in (("2024-12", 30), ("2025-06", 28), ("2025-12", 25), ("2026-06", 26))]
    assert share(change, fell) is None


def test_calibers_are_not_mixed_within_a_year():
    mixed = [obs("2025-06", 45, unit="亿元"), *months(2025, [None] * 11 + [20])]
    assert share(TOTAL, [*mixed, NOW]) is None
    year_figure = [obs("2025-06", 45, unit="亿元"), obs("2025-12", 100, unit="亿元", span="year")]
    assert share(TOTAL, [*year_figure, NOW]) is None


def test_units_may_change_from_year_to_year():
    rows = [obs("2025-06", 4_500_000, unit="万元"), obs("2025-12", 1000, unit="亿元"), NOW]
    assert share(TOTAL, rows) == 45
