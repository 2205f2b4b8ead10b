"""Statuses in their order of precedence (DOMAIN §4)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planwatch.model.target import Thresholds
from planwatch.model.vocabulary import Comparator, Kind, ReadingState, Status
from planwatch.progress.columns import Bools, Ints, Targets
from planwatch.progress.measure import Gap, Limits, Places, Task, signed
from planwatch.progress.rounding import Floats, difference, round_half_away, significant

NEVER_ASSIGNED = "never_assigned"
NO_SOURCE = "no_source"
BASELINE_UNKNOWN = "baseline_unknown"
REFERENCE_MISSING = "reference_missing"
NO_READING = "no_reading"
"""The year went by without a reading that nobody was obliged to report."""

WORDS = np.array([status.value for status in Status])
"""The statuses in their order of precedence."""
CODE = {status: np.int8(n) for n, status in enumerate(Status)}
Codes = NDArray[np.int8]

_NEGLIGIBLE = 1e-9
"""Relative slack of a band's edge, which belongs to the band."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides beside the gap, all (n,).

    `reason_code` is empty where the row can be assessed; `before` is the lamp of the month before, for targets with hysteresis.
    """

    month: Ints
    withdrawn: Bools
    awaiting: Bools
    reason_code: NDArray[np.str_]
    overdue: Bools
    past_due: Bools
    start_due: Bools
    before: Codes

    @classmethod
    def of_figures(cls, month: Ints) -> Facts:
        """Return the facts under which the figures alone decide."""
        no = np.zeros(len(month), dtype=bool)
        return cls(month, no, no, np.full(len(month), ""), no, no, no, np.full(len(month), CODE[Status.ON_TRACK]))


def statuses(targets: Targets, task: Task, gap: Gap, facts: Facts, limits: Limits) -> NDArray[np.str_]:
    """Return the status of every row against one pace, (n,), by the table of DOMAIN §4 from top to bottom."""
    return WORDS[status_codes(targets, task, gap, facts, limits)]


def status_codes(targets: Targets, task: Task, gap: Gap, facts: Facts, limits: Limits) -> Codes:
    """Return the status of every row as its place in `WORDS`, (n,)."""
    lamp = lamp_codes(targets, task, gap, facts, limits)
    closed = (facts.month == 12) & (~targets.is_kind(Kind.MILESTONE) | facts.past_due)
    meets = closed
    if closed.any():
        meets = meets_goal(targets, task, limits.places, closing_tolerance(targets, task, gap, limits.thresholds))
    early = _early(targets, task, facts, limits)
    ranked = [
        (facts.withdrawn, Status.WITHDRAWN),
        (facts.awaiting, Status.AWAITING_TARGET),
        (facts.reason_code != "", Status.NOT_ASSESSABLE),
        ((closed & meets) | early, Status.ACHIEVED),
        (closed, Status.MISSED),
        (lamp == CODE[Status.OFF_TRACK], Status.OFF_TRACK),
        (facts.overdue, Status.OVERDUE),
    ]
    return _first(ranked, lamp)


def _first(ranked: list[tuple[Bools, Status]], default: Codes) -> Codes:
    """Return the code of the first status whose condition holds, else the default's."""
    found = default.copy()
    for holds, status in reversed(ranked):
        found[holds] = CODE[status]
    return found


def reading_states(month: Ints, judged: int, overdue: Bools) -> NDArray[np.str_]:
    """Return whether each reading is of the judged month, carried into it, overdue or was never had, (n,)."""
    states = [ReadingState.FRESH.value, ReadingState.OVERDUE.value, ReadingState.CARRIED.value]
    return np.select([month == judged, overdue, month > 0], states, default=ReadingState.NONE.value)


def on_schedule(targets: Targets, task: Task, gap: Gap, month: Ints) -> Bools:
    """Return the official verdict: V ≥ 0 without tolerance or band; False where V is none (the caller blanks those)."""
    return _reaches(targets, task, gap, month)


def meets_goal(targets: Targets, task: Task, places: Places, tolerance: Floats | float = 0.0) -> Bools:
    """Return where the reading meets T itself: reached, or passed by 突破 and 低于, or within the tolerance of 左右."""
    over = places.round(signed(targets.direction, difference(task.actual, task.goal)))
    met = np.where(targets.strict, over > 0, at_least(over, -np.asarray(tolerance)))
    return np.asarray(np.where(targets.is_kind(Kind.MILESTONE), task.actual >= 1, met), dtype=bool)


def _reaches(targets: Targets, task: Task, gap: Gap, month: Ints) -> Bools:
    """Return V ≥ 0, or V > 0 for 突破 and 低于 where E is T itself and not a point on the path to it."""
    at_goal = np.where(task.paced, month == 12, gap.expected == task.goal)
    return np.asarray(np.where(targets.strict & at_goal, gap.variance > 0, gap.variance >= 0), dtype=bool)


def on_pace(targets: Targets, task: Task, gap: Gap, month: Ints) -> Bools:
    """Return what is not behind: V ≥ 0, or within the tolerance of 左右, or short of a whole count by less than one."""
    tolerated = targets.has(Comparator.ABOUT) & at_least(gap.variance, -gap.tolerance)
    short_by_less_than_one = task.paced & (gap.variance > -targets.whole)
    return np.asarray(_reaches(targets, task, gap, month) | tolerated | short_by_less_than_one, dtype=bool)


def lamp_codes(targets: Targets, task: Task, gap: Gap, facts: Facts, limits: Limits) -> Codes:
    """Return the lamp that the figures show, as its place in `WORDS`, (n,): on_track, at_risk, off_track or not_due.

    A target with hysteresis that was behind must come past the edge of a better lamp by that much.
    """
    better = _handicapped(targets, task, gap, limits, facts.before != CODE[Status.ON_TRACK])
    amber = _handicapped(targets, task, gap, limits, facts.before == CODE[Status.OFF_TRACK])
    milestone, paced = targets.is_kind(Kind.MILESTONE), task.paced
    waits = np.where(paced, np.isnan(gap.expected), facts.month == 0) & ~milestone
    cap = _gross(targets) & (targets.direction == -1) & ~targets.has(Comparator.ABOUT) & (facts.month > 0)
    burst = cap & ~meets_goal(targets, task, limits.places) if cap.any() else cap
    ranked = [
        (burst, Status.OFF_TRACK),
        (waits, Status.NOT_DUE),
        *((milestone & holds, status) for holds, status in _milestone_lamps(task, facts)),
        (on_pace(targets, task, better, facts.month), Status.ON_TRACK),
        (_amber(targets, task, amber, limits.thresholds), Status.AT_RISK),
    ]
    return _first(ranked, np.full(len(paced), CODE[Status.OFF_TRACK]))


def _handicapped(targets: Targets, task: Task, gap: Gap, limits: Limits, was_worse: Bools) -> Gap:
    """Return the gap of rows whose lamp was worse with their hysteresis taken off."""
    off = np.where(was_worse, np.nan_to_num(targets.hysteresis), 0.0)
    if not off.any():
        return gap
    amount = np.where(task.paced, off / 100.0 * np.abs(task.size), off)
    return replace(
        gap, variance=limits.places.round(gap.variance - amount), gap_pp=round_half_away(gap.gap_pp - off, 2)
    )


def _milestone_lamps(task: Task, facts: Facts) -> list[tuple[Bools, Status]]:
    """Return when a milestone that is not done shows which lamp: past due, without a word so far, late to start, else on track."""
    return [
        (facts.past_due, Status.OFF_TRACK),
        (facts.month == 0, Status.NOT_DUE),
        (facts.start_due & (task.actual <= 0), Status.AT_RISK),
        (np.ones(len(facts.month), dtype=bool), Status.ON_TRACK),
    ]


def _amber(targets: Targets, task: Task, gap: Gap, limits: Thresholds) -> Bools:
    """Return where a shortfall stays within the amber band, its edge included; a bottom line has none."""
    paced_band = np.where(np.isnan(targets.band), limits.band_gap_pp, targets.band)
    within_gap = at_least(gap.gap_pp, -paced_band) | at_least(gap.variance, -targets.whole)
    within = np.where(task.paced, within_gap, at_least(gap.variance, -_unpaced_band(targets, task, limits)))
    return np.asarray(within & ~targets.is_kind(Kind.BOTTOM_LINE), dtype=bool)


def _unpaced_band(targets: Targets, task: Task, limits: Thresholds) -> Floats:
    """Return the band in base units: points for growth, relative and held percentages, % of T for held levels, places."""
    held = np.where(
        targets.percent, limits.band_hold_points, limits.band_hold_pct_of_target / 100.0 * np.abs(targets.target)
    )
    default = np.where(task.held, held, limits.band_points)
    default = np.where(targets.is_kind(Kind.RANK), limits.band_places, default)
    own = ~np.isnan(targets.band) & ~targets.is_kind(Kind.REACH)
    return np.where(own, targets.band, default)


def _gross(targets: Targets) -> Bools:
    return targets.is_kind(Kind.CUMULATIVE) & ~targets.net


def _early(targets: Targets, task: Task, facts: Facts, limits: Limits) -> Bools:
    """Return what is achieved before the close: a gross total of which more is better, and a milestone that is done."""
    total = _gross(targets) & (targets.direction == 1) & meets_goal(targets, task, limits.places)
    done = targets.is_kind(Kind.MILESTONE) & (task.actual >= 1)
    return np.asarray((total | done) & (facts.month > 0), dtype=bool)


def closing_tolerance(targets: Targets, task: Task, gap: Gap, limits: Thresholds) -> Floats:
    """Return the tolerance of 左右 at the close: of paced kinds the default is a part of T − b."""
    if not targets.has(Comparator.ABOUT).any():
        return np.zeros(len(task.size))
    part = significant(limits.tolerance_pct_of_task / 100.0 * np.abs(task.size))
    default = np.where(task.paced & np.isnan(targets.tolerance), part, gap.tolerance)
    return np.where(targets.has(Comparator.ABOUT), default, 0.0)


def at_least(value: Floats, edge: Floats) -> Bools:
    """Return where a value reaches an edge, which belongs to what it bounds however it was added up."""
    return np.asarray(value >= edge - _NEGLIGIBLE * np.maximum(np.abs(edge), _NEGLIGIBLE), dtype=bool)
