"""What must hold for the outlook and for areas, for any series (Hypothesis)."""

import pandas as pd
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from judgecases import CALENDAR, frame, growth, obs, plan, ratio, target

from planwatch.model.verdict import VERDICT_COLUMNS
from planwatch.progress import judge

QUICK = settings(
    max_examples=min(25, settings.default.max_examples), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
BEST_FIRST = ["achieved", "on_track", "at_risk", "off_track", "missed"]

months = st.integers(1, 11)
paces = st.sampled_from(["linear", "seasonal"])
amounts = st.integers(1, 400).map(lambda n: n / 4)
histories = st.lists(st.tuples(st.integers(0, 120), st.integers(1, 120)), min_size=0, max_size=5)
"""(to the month, the year) of past years, the last one last year's."""


def judged(targets, rows, period, **rest):
    return judge(plan(*targets), frame(*rows), period, calendar=CALENDAR, **rest)


def past(history, month, **rest):
    """Return the rows of past years, month and December."""
    years = range(2026 - len(history), 2026)
    return [
        obs(f"{year}-{m:02d}", value, unit="亿元", **rest)
        for year, pair in zip(years, history, strict=True)
        for m, value in zip((month, 12), pair, strict=True)
    ]


def several(pace, area=""):
    """Return a total, a level, a rate, a held ratio and a relative target."""
    return (
        target("cumulative", 100, unit="亿元", id="total", pace=pace, area=area),
        target("reach", 120, unit="亿元", id="level", pace=pace, baseline={"value": 60}, area=area),
        target("growth", 6, id="rate", area=area),
        target("hold", 50, unit="%", id="held", pace=pace, area=area),
        target("relative", comparator="gt", id="beside", reference={"indicator": "rate"}, area=area),
        target("rank", 3, "rank_le", id="place", area=area),
    )


def rows_of(history, month, now, area="baotou"):
    period = f"2026-{month:02d}"
    rows = past(history, month, indicator="total", area=area)
    rows += [{**row, "span": "point", "indicator": "level"} for row in past(history, month, area=area)]
    rates = [
        {**row, "unit": "%", "measure": "growth_yoy", "indicator": "rate"} for row in past(history, month, area=area)
    ]
    return [
        *rows,
        *rates,
        obs(period, now, unit="亿元", indicator="total", area=area),
        obs(period, 60 + now / 4, unit="亿元", indicator="level", span="point", area=area),
        growth(period, now / 5, indicator="rate", area=area),
        ratio(period, now, indicator="held", span="ytd", area=area),
        growth(period, now / 4, indicator="beside", area=area),
        obs(period, 1 + int(now) % 9, measure="rank", indicator="place", area=area),
    ]


@QUICK
@given(paces, histories, months, amounts, st.integers(1, 200))
def test_more_never_worsens_the_status_nor_the_outlook_of_a_total(pace, history, month, now, better_by):
    period, task = f"2026-{month:02d}", (target("cumulative", 100, unit="亿元", pace=pace),)
    worse, better = (
        judged(task, [*past(history, month), obs(period, value, unit="亿元", decimals=2)], period).iloc[0]
        for value in (now, now + better_by / 4)
    )
    assert BEST_FIRST.index(better.status) <= BEST_FIRST.index(worse.status)
    assert better.required_amount <= worse.required_amount
    if pd.notna(worse.make_up_n) and pd.notna(better.make_up_n):
        assert better.make_up_n == worse.make_up_n
        assert better.make_up_years >= worse.make_up_years


@QUICK
@given(paces, histories, months, amounts)
def test_scaling_the_units_changes_no_share_no_lamp_and_no_count(pace, history, month, now):
    period = f"2026-{month:02d}"
    rows = [*past(history, month), obs(period, now, unit="亿元", decimals=2, printed_unit="亿元")]
    scaled = [{**row, "value": row["value"] * 1e4, "unit": "万元"} for row in rows]
    one = judged((target("cumulative", 100, unit="亿元", pace=pace),), rows, period).iloc[0]
    other = judged((target("cumulative", 100, unit="亿元", base_unit="万元", pace=pace),), scaled, period).iloc[0]
    for column in (
        "status",
        "linear_status",
        "seasonal_status",
        "projection_method",
        "projection_lacking",
        "make_up_years",
        "make_up_n",
    ):
        assert (pd.isna(one[column]) and pd.isna(other[column])) or one[column] == other[column], column
    for column in ("progress_pct", "schedule_pct", "gap_pp", "required_growth_pct"):
        assert (pd.isna(one[column]) and pd.isna(other[column])) or one[column] == other[column], column
    for column in ("variance", "required_amount", "projection", "projection_low", "projection_high"):
        assert pd.isna(one[column]) or abs(one[column] * 1e4 - other[column]) <= 1e-6 * max(abs(other[column]), 1), (
            column
        )


@QUICK
@given(paces, histories, months, amounts, amounts)
def test_another_area_changes_nothing(pace, history, month, here, there):
    period = f"2026-{month:02d}"
    own = rows_of(history, month, here)
    alone = judged(several(pace), own, period)
    made = several(pace) + tuple(t.model_copy(update={"id": f"{t.id}-there"}) for t in several(pace, area="elsewhere"))
    both = judged(made, [*rows_of(history, month, there, area="elsewhere"), *own], period)
    pd.testing.assert_frame_equal(alone.astype(object), both.head(len(alone)).astype(object), check_dtype=False)


@QUICK
@given(paces, histories, months, amounts, st.randoms(use_true_random=False))
def test_neither_the_order_nor_later_months_matter_to_the_outlook(pace, history, month, now, dice):
    period = f"2026-{month:02d}"
    rows = rows_of(history, month, now)
    later = [
        {**row, "period": f"2026-{min(month + 1, 12):02d}", "value": row["value"] + 3}
        for row in rows
        if row["period"] == period
    ]
    alone = judged(several(pace), rows, period)
    pd.testing.assert_frame_equal(alone, judged(several(pace), dice.sample(rows, len(rows)), period))
    pd.testing.assert_frame_equal(alone, judged(several(pace), [*rows, *later], period))


@QUICK
@example("seasonal", [(0, 1), (2, 1), (2, 1)], 1, 100.0)
@given(paces, histories, months, amounts)
def test_the_outlook_is_coherent(pace, history, month, now):
    out = judged(several(pace), rows_of(history, month, now), f"2026-{month:02d}")
    assert tuple(out.columns) == VERDICT_COLUMNS
    for row in out.itertuples():
        named, lacking = isinstance(row.projection_method, str), isinstance(row.projection_lacking, str)
        assert named != lacking, row.id
        assert named == pd.notna(row.projection), row.id
        if row.projection_method == "seasonal_share" and pd.notna(row.projection_low):
            assert row.projection_low <= row.projection + 1e-9 <= row.projection_high + 2e-9
        if pd.notna(row.make_up_n):
            assert 0 <= row.make_up_years <= row.make_up_n
            assert row.make_up_n >= 3
            assert row.status in ("at_risk", "off_track", "overdue")


@QUICK
@given(paces, histories, months, amounts, st.tuples(st.integers(1, 11), st.integers(10, 400)))
def test_an_amendment_counts_from_its_day_on_and_not_before(pace, history, month, now, ordered):
    since, value = ordered
    task = target("cumulative", 100, unit="亿元", pace=pace)
    ordered = {
        "from": f"2026-{since:02d}-15",
        "source": "文件",
        "reason": "调整",
        "value": value,
        "phrase": f"{value}亿元",
    }
    amended = target("cumulative", 100, unit="亿元", pace=pace, amendments=[ordered])
    meant = task if month < since else task.model_copy(update={"value": float(value)})
    period = f"2026-{month:02d}"
    rows = [*past(history, month), obs(period, now, unit="亿元")]
    left, right = judged((amended,), rows, period), judged((meant,), rows, period)
    sentences = ["reason_zh", "reason_en"]
    pd.testing.assert_frame_equal(left.drop(columns=sentences), right.drop(columns=sentences))
    if month < since:
        pd.testing.assert_frame_equal(left, right)
