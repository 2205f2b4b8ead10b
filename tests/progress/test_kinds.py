"""Every kind by hand-computed cases: what DOMAIN §2 and §4 say beyond the worked examples."""

import math
from datetime import date, datetime, time

import pytest
from judgecases import growth, obs, ratio, target, verdict, verdicts

from planwatch.model.calendar import SHANGHAI, FeedRule, ReleaseCalendar


def done(period, value):
    return obs(period, value, measure="done", span="point")


def report(period, value):
    return obs(period, value, measure="report")


@pytest.mark.parametrize(
    ("reading", "status", "official"),
    [(10, "on_track", True), (9.99, "at_risk", False), (9, "at_risk", False), (8.99, "off_track", False)],
)
def test_growth_and_its_band_edges(reading, status, official):
    row = verdict(target("growth", 10), [growth("2026-06", reading)], "2026-06")
    assert (row.status, row.on_schedule) == (status, official)


def test_a_fall_of_one_point_six_is_less_is_better():
    row = verdict(target("growth", -1.6, "le"), [growth("2026-06", -2.0)], "2026-06")
    assert (row.variance, row.status) == (0.4, "on_track")


@pytest.mark.parametrize(("kind", "rest"), [("growth", {}), ("hold", {"unit": "%", "measure": "growth_yoy"})])
def test_gt_is_strict_against_the_target_itself(kind, rest):
    row = verdict(target(kind, 5, "gt", **rest), [growth("2026-06", 5)], "2026-06")
    assert (row.variance, row.status, row.on_schedule) == (0, "at_risk", False)


def test_gt_is_not_strict_on_the_way():
    strict = target("cumulative", 60, "gt", unit="亿元")
    assert verdict(strict, [obs("2026-06", 30, unit="亿元")], "2026-06").status == "on_track"
    december = verdict(strict, [obs("2026-12", 60, unit="亿元")], "2026-12")
    assert (december.status, december.on_schedule) == ("missed", False)
    assert verdict(strict, [obs("2026-12", 60.1, unit="亿元")], "2026-12").status == "achieved"


def test_month_growth_is_no_reading_of_a_year():
    row = verdict(target("growth", 10), [growth("2026-06", 20, span="month"), growth("2026-05", 9)], "2026-06")
    assert (row.reading_period, row.actual) == ("2026-05", 9)


def test_cumulative_from_months_with_january_and_february_combined():
    months = [obs("2026-02", 20, span="month", flags="combined"), obs("2026-03", 15, span="month")]
    row = verdict(target("cumulative", 120, unit=""), months, "2026-03")
    assert (row.actual, row.expected, row.reading_span) == (35, 30, "month")


def test_a_missing_month_is_never_filled():
    months = [obs("2026-01", 20, span="month"), obs("2026-03", 15, span="month")]
    row = verdict(target("cumulative", 120), months, "2026-03")
    assert (row.actual, row.reading_period) == (20, "2026-01")


def test_year_to_date_is_preferred_to_the_sum_of_months():
    rows = [obs(f"2026-0{m}", 10, span="month") for m in (1, 2)] + [obs("2026-02", 21)]
    assert verdict(target("cumulative", 120), rows, "2026-02").actual == 21


def test_gross_total_is_achieved_early_and_net_is_not():
    rows = [obs("2026-08", 120)]
    assert verdict(target("cumulative", 100), rows, "2026-08").status == "achieved"
    assert verdict(target("cumulative", 100, net=True), rows, "2026-08").status == "on_track"
    assert verdict(target("cumulative", 100, "about"), [obs("2026-08", 95)], "2026-08").status == "on_track"
    assert verdict(target("cumulative", 2, "range", value_high=3), [obs("2026-08", 2)], "2026-08").status == "achieved"


def test_about_forgives_a_tenth_of_the_task_at_the_close():
    about = target("cumulative", 100, "about")
    assert verdict(about, [obs("2026-12", 90)], "2026-12").status == "achieved"
    assert verdict(about, [obs("2026-12", 89)], "2026-12").status == "missed"


def test_whole_counts_short_by_less_than_one_or_by_one():
    three = target("cumulative", 3, unit="家")
    assert verdict(three, [obs("2026-07", 1, unit="家")], "2026-07").status == "on_track"
    assert verdict(three, [obs("2026-08", 1, unit="家")], "2026-08").status == "at_risk"
    assert verdict(three, [obs("2026-09", 1, unit="家")], "2026-09").status == "off_track"


def test_a_count_in_ten_thousands_is_the_same_count():
    rows = [obs("2026-06", 1.7999, unit="万人", decimals=4)]
    one = verdict(target("cumulative", 3.6, unit="万人"), rows, "2026-06")
    other = verdict(target("cumulative", 36_000, unit="人"), rows, "2026-06")
    based = verdict(target("cumulative", 3.6, unit="万人", base_unit="人"), rows, "2026-06")
    assert one.status == other.status == based.status == "at_risk"
    assert (other.variance, based.unit) == (-1, "人")
    assert one.variance == pytest.approx(-1e-4)


def test_reach_takes_last_december_and_without_it_cannot_be_judged():
    firms = target("reach", 380, unit="家")
    now = obs("2026-09", 365, unit="家", span="point")
    assert verdict(firms, [now, obs("2025-12", 340, unit="家", span="point")], "2026-09").expected == 370
    unknown = verdict(firms, [now], "2026-09")
    assert (unknown.status, unknown.reason_code, unknown.actual) == ("not_assessable", "baseline_unknown", 365)
    assert math.isnan(unknown.variance)


def test_reach_without_baseline_but_there_already_is_a_hold():
    row = verdict(target("reach", 380, unit="家"), [obs("2026-09", 385, unit="家", span="point")], "2026-09")
    assert (row.status, row.expected, row.variance) == ("on_track", 380, 5)
    assert math.isnan(row.schedule_pct)


@pytest.mark.parametrize(("comparator", "past"), [("gt", 381), ("lt", 379)])
def test_reach_without_baseline_that_must_pass_the_target_is_not_there_at_it(comparator, past):
    it = target("reach", 380, comparator, unit="家")
    at, beyond = (verdict(it, [obs("2026-09", a, span="point", unit="家")], "2026-09") for a in (380, past))
    assert (at.status, at.reason_code) == ("not_assessable", "baseline_unknown")
    assert beyond.status == "on_track"


def test_reach_whose_baseline_meets_the_target_is_a_hold():
    firms = target("reach", 380, unit="家", baseline={"value": 390})
    row = verdict(firms, [obs("2026-03", 375, unit="家", span="point")], "2026-03")
    assert (row.expected, row.variance, row.status) == (380, -5, "at_risk")


def test_reach_downwards():
    down = target("reach", 20, "le", unit="%", baseline={"value": 32})
    row = verdict(down, [ratio("2026-06", 27)], "2026-06")
    assert (row.expected, row.variance, row.progress_pct, row.gap_pp) == (26, -1, 41.67, -8.33)
    assert row.status == "at_risk"


def test_change_in_points_from_last_december():
    rows = [ratio("2025-12", 30.5), ratio("2026-06", 33.0)]
    row = verdict(target("change_pp", 5), rows, "2026-06")
    assert (row.actual, row.expected, row.variance, row.progress_pct) == (2.5, 2.5, 0, 50)
    assert verdict(target("change_pp", 5), rows[1:], "2026-06").reason_code == "baseline_unknown"


def test_hold_bands():
    level = target("hold", 80, unit="万吨")
    statuses = [
        verdict(level, [obs("2026-06", v, unit="万吨", span="point")], "2026-06").status for v in (80, 78.4, 78.3)
    ]
    assert statuses == ["on_track", "at_risk", "off_track"]


def test_neither_direction_is_better():
    cpi = target("hold", 2, "about", unit="%", measure="growth_yoy", direction=0)
    assert [verdict(cpi, [growth("2026-06", v)], "2026-06").variance for v in (1.9, 2.1, 4.5)] == [-0.1, -0.1, -2.5]
    assert [verdict(cpi, [growth("2026-06", v)], "2026-06").status for v in (2.2, 2.3, 4.5)] == [
        "on_track",
        "at_risk",
        "off_track",
    ]


def test_hold_with_the_season_of_past_years():
    air = target("hold", 80, unit="%", pace="seasonal")
    past = [ratio(p, v, span="ytd") for p, v in (("2025-05", 70), ("2025-12", 81), ("2024-05", 72), ("2024-12", 81))]
    row = verdict(air, [*past, ratio("2026-05", 71, span="ytd")], "2026-05")
    assert (row.expected, row.variance, row.status) == (70, 1, "on_track")


def test_relative_at_the_latest_common_month_with_margin():
    faster = target("relative", comparator="gt", margin=1, reference={"indicator": "all", "area": "nation"})
    reference = [growth("2026-03", 5, indicator="all", area="nation")]
    row = verdict(faster, [growth("2026-03", 6), growth("2026-06", 9), *reference], "2026-06")
    assert (row.reading_period, row.variance, row.status, row.expected) == ("2026-03", 0, "at_risk", 6)
    assert row.reference_key == "all|nation|2026-03|ytd|growth_yoy"
    alone = verdict(faster, [growth("2026-06", 9)], "2026-06")
    assert (alone.status, alone.reason_code) == ("not_assessable", "reference_missing")


def test_bottom_lines():
    line = target("bottom_line", comparator="eq")
    assert verdict(line, [report("2026-06", 0)], "2026-06").status == "on_track"
    assert verdict(line, [report("2026-06", 1)], "2026-06").status == "off_track"
    assert verdict(line, [report("2026-05", 1), report("2026-06", 0)], "2026-06").status == "on_track"
    assert verdict(line, [report("2026-12", 0)], "2026-12").status == "achieved"
    water = target("bottom_line", 100, "eq", unit="%", measure="ratio")
    assert verdict(water, [ratio("2026-06", 100)], "2026-06").status == "on_track"
    assert verdict(water, [ratio("2026-06", 99.9)], "2026-06").status == "off_track"


@pytest.mark.parametrize(
    ("rows", "period", "status"),
    [
        ([("2026-03", 0.5)], "2026-03", "on_track"),
        ([("2026-04", 0)], "2026-04", "at_risk"),
        ([("2026-04", 1)], "2026-04", "achieved"),
        ([("2026-06", 0.5)], "2026-06", "off_track"),
        ([("2026-03", 0.5)], "2026-07", "off_track"),
        ([("2026-03", 0.5)], "2026-05", "overdue"),
        ([("2026-12", 0.5)], "2026-12", "missed"),
        ([("2026-04", 1)], "2026-12", "achieved"),
    ],
)
def test_milestones(rows, period, status):
    rule = target("milestone", deadline=date(2026, 6, 30), start_by=date(2026, 4, 1))
    assert verdict(rule, [done(p, v) for p, v in rows], period).status == status


def test_a_milestone_nobody_spoke_of():
    rule = target("milestone", deadline=date(2026, 6, 30))
    assert verdict(rule, [], "2026-01", sources={"it"}).status == "not_due"
    assert verdict(rule, [], "2026-03", sources={"it"}).status == "overdue"
    assert verdict(rule, [], "2026-06", sources={"it"}).status == "off_track"


def test_assigned():
    grain = target("assigned", tier="assigned", frequency="annual")
    assert verdict(grain, [], "2026-06").status == "awaiting_target"
    december = verdict(grain, [], "2026-12")
    assert (december.status, december.reason_code) == ("not_assessable", "never_assigned")
    known = target("assigned", 120, unit="万吨", tier="assigned")
    row = verdict(known, [obs("2026-06", 60, unit="万吨")], "2026-06")
    assert (row.status, row.expected, row.kind) == ("on_track", 60, "assigned")
    attested = target("assigned", measure="done")
    assert verdict(attested, [done("2026-06", 1)], "2026-06").status == "achieved"


def test_withdrawn_from_its_day_on():
    gone = target("growth", 10, withdrawn_from=date(2026, 6, 30))
    rows = [growth("2026-05", 3), growth("2026-06", 3)]
    assert verdict(gone, rows, "2026-05").status == "off_track"
    assert verdict(gone, rows, "2026-06").status == "withdrawn"


def test_no_source_is_said():
    row = verdict(target("growth", 10), [], "2026-06")
    assert (row.status, row.reason_code, row.reading_state) == ("not_assessable", "no_source", "none")
    assert verdict(target("growth", 10), [], "2026-06", feed_of={"it": "feed"}).status == "overdue"


PUBLISHED = ReleaseCalendar(feeds={"others": FeedRule(due_day=31, months_after=3, grace_days=0, expected=False)})
"""A feed of what others publish, which nobody is obliged to report."""


@pytest.mark.parametrize(
    ("day", "period", "held", "status", "reason"),
    [
        (date(2027, 3, 30), "2026-12", (), "not_due", None),
        (date(2027, 3, 31), "2026-12", (), "not_assessable", "no_reading"),
        (date(2027, 3, 31), "2026-12", (("others", "2026-12"),), "not_due", None),
        (date(2027, 3, 31), "2026-09", (), "not_due", None),
    ],
)
def test_a_year_that_closed_without_a_figure_no_longer_waits_for_one(day, period, held, status, reason):
    as_of = datetime.combine(day, time(23, 59, 59), SHANGHAI)
    rest = {"as_of": as_of, "calendar": PUBLISHED, "feed_of": {"it": "others"}, "held": frozenset(held)}
    row = verdict(target("hold", 4, "le", unit="%", name_zh="登记失业率", frequency="quarterly"), [], period, **rest)
    assert (row.status, row.reason_code, row.reading_state) == (status, reason, "none")
    assert ("尚未到发布时间" in row.reason_zh) is (status == "not_due")
    if reason:
        assert row.reason_zh == "登记失业率全年没有数据公布，发布期限已过，暂不可评。"
        assert (
            row.reason_en
            == "The indicator cannot be assessed: no figure of the year came by the time it was to be published."
        )


def test_year_end_pace_waits_for_december():
    prize = target("cumulative", 40, pace="year_end", frequency="annual")
    row = verdict(prize, [obs("2026-06", 12)], "2026-06")
    assert (row.status, row.progress_pct, row.linear_status) == ("not_due", 30, "off_track")
    assert math.isnan(row.variance)
    assert verdict(prize, [obs("2026-12", 39)], "2026-12").status == "missed"
    assert verdict(prize, [obs("2026-06", 40)], "2026-06").status == "achieved"


def test_custom_pace():
    shares = tuple(n / 100 for n in (0, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100))
    row = verdict(target("cumulative", 200, pace="custom", shares=shares), [obs("2026-04", 35)], "2026-04")
    assert (row.expected, row.variance, row.gap_pp, row.status) == (40, -5, -2.5, "at_risk")
    assert row.projection == 175
    assert math.isnan(row.projection_low)


def test_early_achievement_outlives_a_missing_report():
    row = verdict(target("cumulative", 100), [obs("2026-08", 120)], "2026-10")
    assert row.status == "achieved"


def test_a_carried_reading_never_closes_a_year():
    row = verdict(target("growth", 10), [growth("2026-11", 12)], "2026-12")
    assert (row.status, row.reading_state) == ("overdue", "overdue")


def test_a_provisional_close_is_marked():
    row = verdict(target("growth", 5), [growth("2026-12", 5.4, quality="preliminary")], "2026-12")
    assert (row.status, bool(row.provisional)) == ("achieved", True)


def test_parts_and_tiers_are_judged_apart():
    made = (
        target("cumulative", 100, id="a", indicator="it", area="east"),
        target("cumulative", 100, id="b", indicator="it", tier="stretch"),
    )
    out = verdicts(made, [obs("2026-06", 60, area="east"), obs("2026-06", 30)], "2026-06")
    assert out["status"].tolist() == ["on_track", "off_track"]
    assert out["tier"].tolist() == ["plan", "stretch"]


@pytest.mark.parametrize(("printed", "unit"), [("%", "百分点"), ("百分点", "百分点")])
def test_a_change_of_a_ratio_is_shown_in_points(printed, unit):
    row = verdict(target("change_pp", 5, unit=printed), [ratio("2025-12", 60), ratio("2026-06", 62.5)], "2026-06")
    assert (row.actual, row.unit) == (2.5, unit)


def test_ranks_and_reports_of_breaches_are_shown_without_a_unit():
    place = verdict(target("rank", 3, "rank_le", unit="位"), [obs("2026-06", 4, measure="rank")], "2026-06")
    held = verdict(target("bottom_line", comparator="eq", unit="户"), [obs("2026-06", 0, measure="report")], "2026-06")
    assert (place.unit, held.unit) == ("", "")
