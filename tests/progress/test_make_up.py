"""In how many past years such a gap was made up by the year's end, counted by hand."""

import math

import pytest
from judgecases import growth, obs, ratio, target, verdict, verdicts

YEARS = range(2021, 2026)
TOTAL = target("cumulative", 1000, unit="亿元")


def totals(junes, **rest):
    """Return a year of 100 with each June given, the last one 2025's."""
    return [
        obs(f"{year}-{month}", value, unit="亿元", **rest)
        for year, june in zip(range(2026 - len(junes), 2026), junes, strict=True)
        for month, value in (("06", june), ("12", 100))
    ]


def said(row):
    return (row.make_up_years, row.make_up_n)


def test_a_total_counts_the_years_that_had_no_more_behind_them():
    row = verdict(TOTAL, [*totals([40, 44, 45, 46, 55]), obs("2026-06", 450, unit="亿元")], "2026-06")
    assert row.variance == -50
    assert said(row) == (3, 5)
    assert "同样差距在以往5年中有3年到年末追平" in row.reason_zh
    assert "in 3 of 5 past years such a gap was made up by the year's end" in row.reason_en


@pytest.mark.parametrize(
    ("rows", "june", "period"),
    [
        (totals([40, 44, 45]), 500, "2026-06"),
        (totals([40, 44]), 450, "2026-06"),
        (totals([40, 44, 45]), None, "2026-06"),
        ([*totals([40, 44, 45]), obs("2026-12", 900, unit="亿元")], 450, "2026-12"),
    ],
    ids=["not behind", "two years", "no reading", "at the close"],
)
def test_nothing_is_said_without_a_gap_or_three_complete_years(rows, june, period):
    now = [obs("2026-06", june, unit="亿元")] if june else []
    assert said(verdict(TOTAL, [*rows, *now], period)) == (None, None)


def test_an_incomplete_year_is_not_counted():
    rows = [*totals([40, 44, 45, 46]), obs("2021-06", 40, unit="亿元"), obs("2026-06", 450, unit="亿元")]
    assert said(verdict(TOTAL, rows, "2026-06")) == (3, 4)


def test_how_many_years_are_enough_is_a_threshold():
    rows = [*totals([40]), obs("2026-06", 450, unit="亿元")]
    assert said(verdict(TOTAL, rows, "2026-06", thresholds={"make_up_years": 1})) == (1, 1)


def test_growth_counts_the_years_in_which_it_rose_by_as_much():
    past = [(5.0, 6.7), (8.0, 9.6), (7.0, 9.0), (6.0, 5.0)]
    rows = [
        growth(f"{2022 + n}-{m}", v) for n, pair in enumerate(past) for m, v in zip(("06", "12"), pair, strict=True)
    ]
    row = verdict(target("growth", 14), [*rows, growth("2026-06", 12.3)], "2026-06")
    assert (row.variance, *said(row)) == (-1.7, 2, 4)  # 1.7 and 2.0 of 1.7, 1.6, 2.0, −1.0
    over = verdict(target("growth", 14, "gt"), [*rows, growth("2026-06", 12.3)], "2026-06")
    assert said(over) == (1, 4)  # 14 must be passed, and 12.3 + 1.7 only reaches it


def test_about_forgives_at_the_close_what_it_forgives_now():
    rows = [growth(f"{y}-{m}", v) for y in (2023, 2024, 2025) for m, v in (("06", 5.0), ("12", 5.5))]
    row = verdict(target("growth", 6, "about"), [*rows, growth("2026-06", 5.3)], "2026-06")
    assert (row.status, *said(row)) == ("at_risk", 3, 3)  # 5.3 + 0.5 is within 0.2 of 6
    fine = verdict(target("growth", 6, "about"), [*rows, growth("2026-06", 5.8)], "2026-06")
    assert said(fine) == (None, None)


def test_a_level_measures_its_way_from_the_december_before():
    firms = target("reach", 400, unit="家", baseline={"value": 300})
    levels = [("2021-12", 100), ("2022-06", 104), ("2022-12", 110), ("2023-06", 112), ("2023-12", 120), ("2024-06", 126),
              ("2024-12", 130), ("2025-12", 300), ("2026-06", 340)]  # fmt: skip
    row = verdict(firms, [obs(p, v, unit="家", span="point") for p, v in levels], "2026-06")
    assert row.variance == -10
    assert said(row) == (2, 3)  # shares 0.4, 0.2, 0.6 against 0.4 done


def test_a_cap_that_is_over_its_path():
    cap = target("cumulative", 100, "le", unit="亿元")
    row = verdict(cap, [*totals([70, 60, 50]), obs("2026-06", 60, unit="亿元")], "2026-06")
    assert said(row) == (2, 3)  # a rest of 30 and of 40 keep it within 100, of 50 does not
    burst = verdict(cap, [*totals([70, 60, 50]), obs("2026-06", 101, unit="亿元")], "2026-06")
    assert said(burst) == (0, 3)


def test_a_held_ratio_and_a_relative_target_and_a_rank():
    held = [
        ratio(f"{y}-{m}", v, span="ytd")
        for y, june in ((2023, 78), (2024, 79.5), (2025, 82))
        for m, v in (("06", june), ("12", 80))
    ]
    assert said(verdict(target("hold", 80, unit="%"), [*held, ratio("2026-06", 79, span="ytd")], "2026-06")) == (1, 3)
    own = [growth(f"{y}-{m}", v) for y in (2023, 2024, 2025) for m, v in (("06", 4), ("12", 6))]
    other = [
        growth(f"{y}-{m}", v, indicator="all")
        for y, end in ((2023, 5), (2024, 6), (2025, 7))
        for m, v in (("06", 5), ("12", end))
    ]
    now = [growth("2026-06", 3), growth("2026-06", 4, indicator="all")]
    assert said(verdict(target("relative", reference={"indicator": "all"}), [*own, *other, *now], "2026-06")) == (2, 3)
    ranks = [
        obs(f"{y}-{m}", v, measure="rank")
        for y, end in ((2023, 3), (2024, 4), (2025, 5))
        for m, v in (("06", 4), ("12", end))
    ]
    assert said(verdict(target("rank", 3, "rank_le"), [*ranks, obs("2026-06", 4, measure="rank")], "2026-06")) == (1, 3)


def test_what_a_month_or_a_quarter_read_is_no_history_of_what_the_year_to_date_read():
    held = [ratio(f"{y}-{m}", v, span="month") for y in (2023, 2024, 2025) for m, v in (("06", 70), ("12", 90))]
    assert said(verdict(target("hold", 80, unit="%"), [*held, ratio("2026-06", 79, span="ytd")], "2026-06")) == (
        None,
        None,
    )


def test_reports_and_milestones_are_not_made_up():
    reports = [
        obs(f"{y}-{m}", 1, measure="report")
        for y in (2023, 2024, 2025, 2026)
        for m in ("06", "12")
        if f"{y}-{m}" <= "2026-06"
    ]
    row = verdict(target("bottom_line", comparator="eq"), reports, "2026-06")
    assert (row.status, *said(row)) == ("off_track", None, None)


# --- the projection's method, and why there is none


def test_the_method_of_a_projection_is_named():
    rows = [*totals([40, 50]), obs("2026-06", 450, unit="亿元")]
    row = verdict(TOTAL, rows, "2026-06")
    assert (row.projection, row.projection_low, row.projection_high) == (1000, 900, 1125)
    assert (row.projection_method, row.projection_years, row.projection_lacking) == ("seasonal_share", 2, None)
    assert "按往年同期进度（2年）预计全年约1000亿元（900亿元至1125亿元）" in row.reason_zh
    assert (
        "the share of 2 past years points to about 100 billion yuan for the year (90 billion yuan to 112.5 billion yuan)"
        in row.reason_en
    )
    past = [growth(p, v) for p, v in (("2024-06", 5), ("2024-12", 6), ("2025-06", 15.1), ("2025-12", 6.2))]
    grows = verdict(target("growth", 8), [*past, growth("2026-06", 7)], "2026-06")
    assert (grows.projection_method, grows.projection_years) == ("last_reading", 2)
    assert "按目前增速（对照以往2年）预计全年约7%（按往年此后变动为−1.9%至8%）" in grows.reason_zh
    pace = target("cumulative", 100, unit="亿元", pace="custom", shares=[n / 20 for n in range(1, 12)] + [1])
    custom = verdict(pace, [obs("2026-06", 30, unit="亿元")], "2026-06")
    assert (custom.projection, custom.projection_method, custom.projection_years) == (100, "custom_share", 0)
    assert math.isnan(custom.projection_low)
    assert custom.reason_zh.endswith("按既定进度预计全年约100亿元。")
    closed = verdict(TOTAL, [*rows, obs("2026-12", 950, unit="亿元")], "2026-12")
    assert (closed.projection, closed.projection_method, closed.projection_years) == (950, "closed", 0)


@pytest.mark.parametrize(
    ("task", "rows", "lacking"),
    [
        (TOTAL, [obs("2026-06", 450, unit="亿元")], "no_history"),
        (target("growth", 8), [growth("2026-06", 7)], "no_history"),
        (TOTAL, [*totals([4]), obs("2026-06", 450, unit="亿元")], "share_too_small"),
        (TOTAL, totals([40]), "no_reading"),
        (target("hold", 80, unit="%"), [ratio("2026-06", 79)], "not_projected"),
        (target("change_pp", 0, "gt"), [ratio("2025-12", 5), ratio("2026-06", 6)], "not_projected"),
        (target("reach", 400, unit="家"), [obs("2026-06", 340, unit="家", span="point")], "not_assessed"),
    ],
)
def test_where_nothing_is_projected_the_reason_stands(task, rows, lacking):
    row = verdict(task, rows, "2026-06", sources={"it"})
    assert math.isnan(row.projection)
    assert (row.projection_method, row.projection_years, row.projection_lacking) == (None, None, lacking)


def test_a_change_in_points_needs_its_points_a_month():
    rows = [ratio("2025-12", 20), ratio("2026-06", 22)]
    row = verdict(target("change_pp", 5), rows, "2026-06")
    assert row.required_amount == 0.5
    assert "后六个月月均需提高0.5个百分点" in row.reason_zh
    fall = verdict(target("change_pp", -2, "le"), [ratio("2025-12", 10), ratio("2026-06", 9.4)], "2026-06")
    assert fall.required_amount == pytest.approx(-1.4 / 6)
    assert "后六个月月均需降低0.23个百分点" in fall.reason_zh
    assert "must take off 0.23 points each" in fall.reason_en


def test_targets_with_and_without_a_projection_stand_side_by_side():
    made = (TOTAL, TOTAL.model_copy(update={"id": "other", "indicator": "other"}))
    rows = [
        *totals([40, 44, 45]),
        obs("2026-06", 400, unit="亿元"),
        obs("2026-06", 400, unit="亿元", indicator="other"),
    ]
    out = verdicts(made, rows, "2026-06")
    assert "预计全年约" in out["reason_zh"][0]
    assert "追平" in out["reason_zh"][0]
    assert "暂无全年预计（往年数据不足）" in out["reason_zh"][1]
    assert "追平" not in out["reason_zh"][1]


def test_a_band_of_one_year_reaches_from_the_reading_to_where_it_led():
    past = [growth("2025-06", 8.1), growth("2025-12", 5.4)]
    row = verdict(target("growth", 5), [*past, growth("2026-06", 4.7)], "2026-06")
    assert "预计全年约4.7%（按往年此后变动为2%至4.7%）" in row.reason_zh
    assert "about 4.7% for the year (2% to 4.7%, as later months changed it then)" in row.reason_en


def test_a_year_that_went_the_other_way_counts_as_one_that_did_not_make_it_up():
    ends = {2020: 100, 2021: 110, 2022: 105, 2023: 115, 2024: 112, 2025: 122}
    rows = [obs(f"{year}-12", end, unit="家", span="point") for year, end in ends.items()]
    rows += [obs(f"{year}-06", ends[year - 1] + 1, unit="家", span="point") for year in YEARS]
    task = target("reach", 132, unit="家", frequency="monthly")
    row = verdict(task, [*rows, obs("2026-06", 123, unit="家", span="point")], "2026-06")
    assert row.make_up_n == 5
    assert row.make_up_years == 3
