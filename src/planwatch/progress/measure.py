"""Measuring: how far the reading is from what was expected by then, and what the year may still bring (DOMAIN §4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planwatch.model.target import Thresholds
from planwatch.model.vocabulary import Comparator, Kind, Pace
from planwatch.progress.columns import Bools, Ints, Targets
from planwatch.progress.pace import Seen
from planwatch.progress.rounding import Floats, round_half_away, significant
from planwatch.progress.select import Picked, Series, first_finite


@dataclass(frozen=True, slots=True)
class Task:
    """What the year asks of each row, (n,), in base units.

    `paced` rows have a share of the year; `held` ones are judged against T all year (a `hold`, or a `reach` whose baseline meets
    T already); `goal` is what decides at the close: T, the reference plus margin, or no breach. `baseline_unknown` rows cannot
    be judged.
    """

    actual: Floats
    baseline: Floats
    size: Floats
    goal: Floats
    paced: Bools
    held: Bools
    baseline_unknown: Bools


@dataclass(frozen=True, slots=True)
class Gap:
    """One comparison with one pace, (n,): E, V (rounded), G (rounded), and the tolerance of 左右, all by DOMAIN §4."""

    expected: Floats
    variance: Floats
    gap_pp: Floats
    tolerance: Floats


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the rest of the year needs and may bring, (n,), NaN where there is no basis."""

    required_amount: Floats
    required_growth_pct: Floats
    projection: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Places:
    """How readings were printed, (n,): decimals, and the factor from base to printed unit."""

    decimals: Floats
    to_printed: Floats

    def round(self, variance: Floats) -> Floats:
        """Return V rounded at printed decimals + 2 in the printed unit, back in base units."""
        rounded = round_half_away(variance * self.to_printed, self.decimals + 2)
        return significant(rounded / self.to_printed)


@dataclass(frozen=True, slots=True)
class Limits:
    """What comparisons are made with: the places of the readings and the thresholds in force."""

    places: Places
    thresholds: Thresholds


@dataclass(frozen=True, slots=True)
class Past:
    """What past years say: last year's B(m) and B(12), the seasonal shares, the changes from month to close."""

    to_month: Floats
    to_close: Floats
    shares: Seen
    changes: Seen


def breached_months(targets: Targets, series: Series, goal: Floats) -> Bools:
    """Return the months of the plan year whose report breached a bottom line, (n, 12); False for every other kind."""
    report = first_finite(series.preferred[:, :, -1, :])
    over = signed(targets.direction[:, None], report - goal[:, None])
    return np.asarray((over < 0) & targets.is_kind(Kind.BOTTOM_LINE)[:, None], dtype=bool)


def signed(direction: Ints, difference: Floats) -> Floats:
    """Return the favourable side of a difference: d·x, and −|x| where neither side is (d = 0)."""
    return np.where(direction == 0, -np.abs(difference), direction * difference) + 0.0


def task_of(targets: Targets, picked: Picked, last_december: Floats) -> Task:
    """Return what the year asks: A, b, T − b and the goal, and which rows are paced (DOMAIN §2, §4).

    b of `reach` is the declared baseline, else last December's reading, else unknown; `change_pp` measures A from last December's
    ratio (else the declared one). A `reach` whose baseline, or with none whose reading, meets T is a `hold`.
    """
    reach, change = targets.is_kind(Kind.REACH), targets.is_kind(Kind.CHANGE_PP)
    declared = np.where(np.isnan(targets.baseline), last_december, targets.baseline)
    started = np.where(np.isnan(last_december), targets.baseline, last_december)
    actual = significant(np.where(change, picked.value - started, picked.value))
    baseline = np.where(reach, declared, 0.0)
    above = signed(targets.direction, baseline - targets.target) >= 0
    already = np.isnan(baseline) & (signed(targets.direction, actual - targets.target) >= 0)
    held = targets.is_kind(Kind.HOLD) | (reach & (above | already))
    paced = (targets.is_kind(Kind.CUMULATIVE) | reach | change) & ~held
    unknown = (reach & ~held & np.isnan(baseline)) | (change & np.isnan(started))
    return Task(
        actual=actual,
        baseline=np.where(paced, baseline, np.nan),
        size=np.where(paced, significant(targets.target - baseline), np.nan),
        goal=_goal(targets, picked),
        paced=paced,
        held=held,
        baseline_unknown=unknown,
    )


def _goal(targets: Targets, picked: Picked) -> Floats:
    margin = targets.margin * np.where(targets.direction == 0, 1, targets.direction)
    goal = np.where(targets.is_kind(Kind.RELATIVE), significant(picked.reference + margin), targets.target)
    goal = np.where(targets.is_kind(Kind.BOTTOM_LINE) & np.isnan(goal), 0.0, goal)
    return np.where(targets.is_kind(Kind.MILESTONE), np.nan, goal)


def gap_against(targets: Targets, task: Task, share: Floats, season: Floats, limits: Limits) -> Gap:
    """Return E, V, G and tolerance for one share of the year.

    E = b + (T − b)·share for paced kinds, else the goal plus the season of a held ratio; V = d·(A − E) in base units, rounded at the
    reading's printed decimals + 2 in its printed unit; G = 100·V/|T − b| from the unrounded V, at two decimals.

    Args:
        targets: the rows.
        task: their tasks.
        share: (n,), NaN where no share stands, hence nothing expected.
        season: (n,), added to the goal of unpaced rows; 0 for none.
        limits: how the readings were printed, and the thresholds in force.
    """
    expected = significant(np.where(task.paced, task.baseline + task.size * share, task.goal + season))
    variance = signed(targets.direction, task.actual - expected)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.where(task.size == 0, np.nan, 100.0 * variance / np.abs(task.size))
    return Gap(
        expected=expected,
        variance=limits.places.round(variance),
        gap_pp=round_half_away(gap, 2),
        tolerance=_tolerance(targets, task, expected, limits.thresholds),
    )


def _tolerance(targets: Targets, task: Task, expected: Floats, thresholds: Thresholds) -> Floats:
    """Return how much an `about` may fall short: the target's own, else the default of its kind, 0 for the rest."""
    points = targets.is_kind(Kind.GROWTH, Kind.RELATIVE) | (task.held & targets.percent)
    default = np.where(points, thresholds.tolerance_points, 0.0)
    part = thresholds.tolerance_pct_of_task / 100.0 * np.abs(expected - task.baseline)
    default = np.where(task.paced, part, default)
    own = np.where(np.isnan(targets.tolerance), default, targets.tolerance)
    return significant(np.where(targets.has(Comparator.ABOUT), own, 0.0))


def progress_pct(task: Task) -> Floats:
    """Return P = 100·(A − b)/(T − b), two decimals, (n,); paced kinds only."""
    with np.errstate(divide="ignore", invalid="ignore"):
        done = np.where(task.size == 0, np.nan, 100.0 * (task.actual - task.baseline) / task.size)
    return round_half_away(done, 2)


def outlook(targets: Targets, task: Task, month: Ints, past: Past, thresholds: Thresholds) -> Outlook:
    """Return what the rest of the year needs, and where it leads, from each reading's own `month` on."""
    projection, low, high = _projection(targets, task, month, past, thresholds)
    return Outlook(
        required_amount=_required_amount(targets, task, month),
        required_growth_pct=_required_growth(targets, task, month, past),
        projection=significant(projection),
        low=significant(low),
        high=significant(high),
    )


def _required_amount(targets: Targets, task: Task, month: Ints) -> Floats:
    """Return (T − A)/(12 − m) a month; 0 where T is met and more is better; none in December."""
    asked = task.paced & ~targets.is_kind(Kind.CHANGE_PP) & (month > 0) & (month < 12)
    left = np.where(asked, targets.target - task.actual, np.nan)
    left = np.where((left < 0) & (targets.direction == 1), 0.0, left)
    return significant(left / np.where(asked, 12 - month, 1))


def _required_growth(targets: Targets, task: Task, month: Ints, past: Past) -> Floats:
    """Return the growth in % that the months left need.

    Growth: (T − A·s)/(1 − s) with s = B(m)/B(12). Cumulative: (T − A)/(B(12) − B(m)) − 1, none once T is met.
    """
    to_month, to_close = past.to_month, past.to_close
    open_year = (month > 0) & (month < 12)
    with np.errstate(divide="ignore", invalid="ignore"):
        s = to_month / to_close
        grows = (targets.target - task.actual * s) / (1.0 - s)
        amounts = 100.0 * ((targets.target - task.actual) / (to_close - to_month) - 1.0)
    usable_s = (s > 0) & (s < 1) & targets.is_kind(Kind.GROWTH)
    usable = targets.is_kind(Kind.CUMULATIVE) & task.paced & (to_close > to_month) & (task.actual < targets.target)
    needed = np.where(usable_s, grows, np.where(usable, amounts, np.nan))
    return round_half_away(np.where(open_year, needed, np.nan), 2)


def _projection(
    targets: Targets, task: Task, month: Ints, past: Past, thresholds: Thresholds
) -> tuple[Floats, Floats, Floats]:
    """Return where the year leads, with the band past years give it.

    Paced: b + (A − b)/share, none below the least share. Growth: the last reading, with the band of past changes.
    In December the reading itself.
    """
    shares, changes = past.shares, past.changes
    custom = targets.paced_by(Pace.CUSTOM) & ~shares.there
    at = np.maximum(month - 1, 0)
    own_share = np.where(
        custom & (month > 0), np.take_along_axis(targets.shares, at[:, None], axis=1)[:, 0], shares.mean
    )
    least = thresholds.projection_min_share
    middle = _scaled_up(task, own_share, least)
    low, high = _scaled_up(task, shares.low, least), _scaled_up(task, shares.high, least)
    seen = np.isfinite(middle) & np.isfinite(low) & np.isfinite(high)
    low, high = np.where(seen, np.fmin(low, high), np.nan), np.where(seen, np.fmax(low, high), np.nan)
    grows = targets.is_kind(Kind.GROWTH)
    middle = np.where(grows, np.where(changes.there, task.actual, np.nan), middle)
    low, high = np.where(grows, task.actual + changes.low, low), np.where(grows, task.actual + changes.high, high)
    closed = (month == 12) & (grows | task.paced)
    return tuple(np.where(closed, task.actual, x) for x in (middle, low, high))  # type: ignore[return-value]


def _scaled_up(task: Task, share: Floats, least: float) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(task.paced & (share >= least), task.baseline + (task.actual - task.baseline) / share, np.nan)
