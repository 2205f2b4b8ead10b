"""Measuring: how far the reading is from what was expected by then (DOMAIN §4)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from planwatch.model.target import Thresholds
from planwatch.model.vocabulary import Comparator, Kind
from planwatch.progress.columns import Bools, Ints, Targets
from planwatch.progress.rounding import Floats, difference, power_of_ten, round_at, round_half_away, significant
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


@dataclass(frozen=True)
class Places:
    """How readings were printed, (n,): decimals, and the factor from base to printed unit."""

    decimals: Floats
    to_printed: Floats

    def round(self, variance: Floats) -> Floats:
        """Return V, (n, …), rounded at printed decimals + 2 in the printed unit, back in base units."""
        wide = (...,) + (None,) * (variance.ndim - 1)
        factor, scale = self.to_printed[wide], self._scale[wide]
        return significant(round_at(variance * factor, scale) / factor)

    @cached_property
    def _scale(self) -> Floats:
        return power_of_ten(self.decimals + 2)

    def of(self, rows: Ints) -> Places:
        """Return the places of some rows."""
        return Places(self.decimals[rows], self.to_printed[rows])


@dataclass(frozen=True, slots=True)
class Limits:
    """What comparisons are made with: the places of the readings and the thresholds in force."""

    places: Places
    thresholds: Thresholds


def breached_months(targets: Targets, series: Series, goal: Floats) -> Bools:
    """Return the months of the plan year whose report breached a bottom line, (n, 12); False for every other kind."""
    found = np.zeros((len(goal), 12), dtype=bool)
    rows = np.flatnonzero(targets.is_kind(Kind.BOTTOM_LINE))
    report = first_finite(series.preferred[rows][:, :, -1, :])
    found[rows] = signed(targets.direction[rows, None], report - goal[rows, None]) < 0
    return found


def signed(direction: Ints, difference: Floats) -> Floats:
    """Return the favourable side of a difference: d·x, and −|x| where neither side is (d = 0)."""
    return np.where(direction == 0, -np.abs(difference), direction * difference) + 0.0


def task_of(targets: Targets, picked: Picked, last_december: Floats) -> Task:
    """Return what the year asks: A, b, T − b and the goal, and which rows are paced (DOMAIN §2, §4).

    b of `reach` is the declared baseline, else last December's reading, else unknown; `change_pp` measures A from last December's
    ratio (else the declared one). A `reach` whose baseline, or with none whose reading, meets T is a `hold`; 突破 and 低于 are not met
    at T, so that there a reading at T tells nothing without a baseline.
    """
    reach, change = targets.is_kind(Kind.REACH), targets.is_kind(Kind.CHANGE_PP)
    declared = np.where(np.isnan(targets.baseline), last_december, targets.baseline)
    started = np.where(np.isnan(last_december), targets.baseline, last_december)
    actual = np.where(change, difference(picked.value, started), picked.value) if change.any() else picked.value
    baseline = np.where(reach, declared, 0.0)
    above = signed(targets.direction, baseline - targets.target) >= 0
    over = signed(targets.direction, difference(actual, targets.target))
    already = np.isnan(baseline) & np.where(targets.strict, over > 0, over >= 0)
    held = targets.is_kind(Kind.HOLD) | (reach & (above | already))
    paced = (targets.is_kind(Kind.CUMULATIVE) | reach | change) & ~held
    unknown = (reach & ~held & np.isnan(baseline)) | (change & np.isnan(started))
    return Task(
        actual=actual,
        baseline=np.where(paced, baseline, np.nan),
        size=np.where(paced, difference(targets.target, baseline), np.nan),
        goal=_goal(targets, picked),
        paced=paced,
        held=held,
        baseline_unknown=unknown,
    )


def year_task(targets: Targets, last_december: Floats) -> Floats:
    """Return T − b of the paced kinds, (n,), NaN where b is unknown or meets T already: what past years' shares are shares of."""
    reach = targets.is_kind(Kind.REACH)
    declared = np.where(np.isnan(targets.baseline), last_december, targets.baseline)
    above = reach & (signed(targets.direction, declared - targets.target) >= 0)
    size = difference(targets.target, np.where(reach, declared, 0.0))
    paced = targets.is_kind(Kind.CUMULATIVE, Kind.REACH, Kind.CHANGE_PP) & ~above
    return np.where(paced, size, np.nan)


def _goal(targets: Targets, picked: Picked) -> Floats:
    margin = targets.margin * np.where(targets.direction == 0, 1, targets.direction)
    goal = np.where(targets.is_kind(Kind.RELATIVE), difference(picked.reference, -margin), targets.target)
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
    start = np.where(task.paced, task.baseline, task.goal)
    expected = difference(start, -np.where(task.paced, task.size * share, season))
    variance = signed(targets.direction, difference(task.actual, expected))
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
    about = targets.has(Comparator.ABOUT)
    if not about.any():
        return np.zeros(len(about))
    points = targets.is_kind(Kind.GROWTH, Kind.RELATIVE) | (task.held & targets.percent)
    default = np.where(points, thresholds.tolerance_points, 0.0)
    part = thresholds.tolerance_pct_of_task / 100.0 * np.abs(expected - task.baseline)
    default = np.where(task.paced, part, default)
    own = np.where(np.isnan(targets.tolerance), default, targets.tolerance)
    return significant(np.where(about, own, 0.0))


def progress_pct(task: Task) -> Floats:
    """Return P = 100·(A − b)/(T − b), two decimals, (n,); paced kinds only."""
    with np.errstate(divide="ignore", invalid="ignore"):
        done = np.where(task.size == 0, np.nan, 100.0 * (task.actual - task.baseline) / task.size)
    return round_half_away(done, 2)
