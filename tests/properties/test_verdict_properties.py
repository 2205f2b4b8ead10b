"""What must hold for any plan and any observations (Hypothesis)."""

import random
from datetime import datetime

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judgecases import CALENDAR, frame, growth, obs, plan, ratio, target

from planwatch.model.amendment import Amendment
from planwatch.model.calendar import SHANGHAI
from planwatch.model.period import last_day
from planwatch.progress import judge

QUICK = settings(
    max_examples=min(25, settings.default.max_examples), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
BEST_FIRST = ["achieved", "on_track", "at_risk", "off_track", "missed"]

months = st.integers(1, 12)
figures = st.integers(-50, 400).map(lambda n: n / 10)
comparators = st.sampled_from(["ge", "gt", "le", "lt", "about", "eq"])


def kinds(comparator, value):
    """Return one target of every measured kind, each on an indicator of its own."""
    less = comparator in ("le", "lt")
    made = [
        target("growth", value, comparator, id="growth"),
        target("cumulative", abs(value) * 10 + 1, comparator, id="total", unit="亿元"),
        target("cumulative", int(abs(value)) + 1, comparator, id="count", unit="家"),
        target("cumulative", abs(value) + 1, comparator, id="net", unit="万人", net=True),
        target("reach", 20, comparator, id="reach", unit="%", baseline={"value": 40 if less else 10}),
        target("hold", value, comparator, id="hold", unit="%"),
        target("change_pp", 5, comparator, id="change", direction=-1 if less else 1),
        target("relative", None, comparator, id="relative", reference={"indicator": "other"}),
        target("rank", 3, "rank_le", id="rank"),
    ]
    return tuple(made)


def readings(period, value, seed):
    """Return one reading for each of `kinds`, and the history some need."""
    dice = random.Random(seed)
    now = [
        growth(period, value, indicator="growth"),
        obs(period, abs(value) * 5, indicator="total", unit="亿元"),
        obs(period, int(abs(value) / 2), indicator="count", unit="家"),
        obs(period, abs(value) / 2, indicator="net", unit="万人"),
        ratio(period, value, indicator="reach"),
        ratio(period, value, indicator="hold", span="ytd"),
        ratio("2025-12", 30, indicator="change"),
        ratio(period, 30 + value / 5, indicator="change"),
        growth(period, value / 2, indicator="relative"),
        obs(period, 1 + int(abs(value)) % 12, indicator="rank", measure="rank"),
    ]
    now += [growth(period, value / 3, indicator="other")] if seed != 1 else []
    past = [
        obs(f"{year}-{month:02d}", dice.randint(1, 20) + 20 * month, indicator="total", unit="亿元")
        for year in (2024, 2025)
        for month in range(1, 13)
    ]
    return now + past


def judged(targets, rows, period, **rest):
    return judge(plan(*targets), frame(*rows), period, calendar=CALENDAR, **rest)


@QUICK
@given(comparators, figures, figures, months, st.integers(1, 60))
def test_a_favourable_change_never_worsens_a_status(comparator, value, reading, month, better_by):
    period = f"2026-{month:02d}"
    targets = kinds(comparator, value)
    rows = readings(period, reading, 1)
    direction = {t.id: t.d for t in targets}
    step = {row["indicator"]: better_by if row["unit"] in ("家", "") else better_by / 10 for row in rows}

    def improved(row):
        return {**row, "value": row["value"] + direction[row["indicator"]] * step[row["indicator"]]}

    fixed = [growth(period, reading, indicator="other")]  # what the relative target is compared with
    better = [improved(row) if row["period"] == period else row for row in rows]
    printed = [{**row, "decimals": 2} for row in rows], [{**row, "decimals": 2} for row in better]
    before, after = (judged(targets, several + fixed, period) for several in printed)
    for name, old, new in zip(before["id"], before["status"], after["status"], strict=True):
        if old in BEST_FIRST:
            assert BEST_FIRST.index(new) <= BEST_FIRST.index(old), name


@QUICK
@given(comparators, figures, figures, months)
def test_scaling_the_units_changes_nothing(comparator, value, reading, month):
    period = f"2026-{month:02d}"
    task = abs(value) + 1
    rows = [obs(period, abs(reading) / 2, unit="亿元", decimals=2, printed_unit="亿元")]
    scaled = [obs(period, abs(reading) / 2 * 1e4, unit="万元", decimals=2, printed_unit="亿元")]
    one = judged((target("cumulative", task, comparator, unit="亿元"),), rows, period).iloc[0]
    other = judged((target("cumulative", task, comparator, unit="亿元", base_unit="万元"),), scaled, period).iloc[0]
    assert (one.status, one.linear_status) == (other.status, other.linear_status)
    assert one.gap_pp == other.gap_pp
    assert abs(one.variance * 1e4 - other.variance) < 1e-6


@QUICK
@given(comparators, figures, figures, st.integers(1, 11), st.integers(1, 11))
def test_a_later_month_changes_no_earlier_row(comparator, value, reading, month, later_by):
    period, targets = f"2026-{month:02d}", kinds(comparator, value)
    rows = readings(period, reading, 2)
    later = readings(f"2026-{min(month + later_by, 12):02d}", reading + 7, 3)
    later = [row for row in later if row["period"] > period]
    alone = judged(targets, rows, period)
    pd.testing.assert_frame_equal(alone, judged(targets, rows + later, period))


@QUICK
@given(comparators, figures, figures, months, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(comparator, value, reading, month, dice):
    period, targets = f"2026-{month:02d}", kinds(comparator, value)
    rows = readings(period, reading, 4)
    rows += [{**row, "value": row["value"] + 1, "published_at": "2026-01-05"} for row in rows[:6]]
    shuffled = dice.sample(rows, len(rows))
    pd.testing.assert_frame_equal(judged(targets, rows, period), judged(targets, shuffled, period))


@QUICK
@given(comparators, figures, figures, months, st.integers(0, 300))
def test_nothing_known_later_than_as_of_matters(comparator, value, reading, month, days):
    period, targets = f"2026-{month:02d}", kinds(comparator, value)
    as_of = datetime(2026, 12, 31, 23, 59, tzinfo=SHANGHAI)
    rows = [{**row, "published_at": "2026-12-31"} for row in readings(period, reading, 5)]
    day = (pd.Timestamp(2027, 1, 1) + pd.Timedelta(days=days)).date()
    later = [{**row, "value": row["value"] * 3 + 1, "published_at": day, "quality": "final"} for row in rows]
    known = judged(targets, rows, period, as_of=as_of)
    pd.testing.assert_frame_equal(known, judged(targets, rows + later, period, as_of=as_of))


@QUICK
@given(comparators, figures, figures, months)
def test_the_variance_recomputes(comparator, value, reading, month):
    period, targets = f"2026-{month:02d}", kinds(comparator, value)
    out = judged(targets, readings(period, reading, 6), period)
    for made, row in zip(targets, out.itertuples(), strict=True):
        if not pd.isna(row.variance):
            favourable = made.d * (row.actual - row.expected) if made.d else -abs(row.actual - row.expected)
            assert abs(favourable - row.variance) <= 0.00501, row.id


@QUICK
@given(comparators, figures, figures, st.tuples(months, months), st.tuples(figures, st.booleans()))
def test_an_amendment_changes_no_month_before_it(comparator, value, reading, at, order):
    """A later month's amendment leaves every earlier row as it was, to the last column; its own months follow the new value."""
    (month, since), (other, dropped) = at, order
    period, targets = f"2026-{month:02d}", kinds(comparator, value)
    order = {"from": f"2026-{since:02d}-15", "source": "s", "reason": "r", "withdrawn": dropped, "value": other}
    amended = tuple(t.model_copy(update={"amendments": (Amendment.model_validate(order),)}) for t in targets)
    rows = readings(period, reading, 7)
    before, after = judged(targets, rows, period), judged(amended, rows, period)
    if month < since:
        pd.testing.assert_frame_equal(after, before)
        return
    anew = judged(tuple(t.on(last_day(period)) for t in amended), rows, period)
    pd.testing.assert_frame_equal(after, anew)
    assert not dropped or set(after["status"]) == {"withdrawn"}


@QUICK
@given(comparators, figures, figures, months)
def test_a_part_is_judged_as_a_target_of_its_area_alone_is(comparator, value, reading, month):
    period, rows = f"2026-{month:02d}", readings(f"2026-{month:02d}", reading, 3)
    county = [{**row, "area": "guyang"} for row in rows]
    parts = tuple(t.model_copy(update={"area": "guyang"}) for t in kinds(comparator, value))
    alone = judged(parts, county, period)
    with_whole = judged((*kinds(comparator, value), *parts), [*rows, *county], period)
    pd.testing.assert_frame_equal(with_whole.iloc[len(parts) :].reset_index(drop=True), alone)
