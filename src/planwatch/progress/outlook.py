"""Outlook: what the rest of the year must bring, and where past years let the year lead (DOMAIN §4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planwatch.model.target import Thresholds
from planwatch.model.vocabulary import Kind, NoProjection, Pace, ProjectionMethod
from planwatch.progress.columns import Bools, Ints, Targets
from planwatch.progress.measure import Task
from planwatch.progress.pace import Seen, at_month
from planwatch.progress.rounding import Floats, difference, round_half_away, significant

_NOTHING = ""


@dataclass(frozen=True, slots=True)
class Past:
    """What past years say: last year's B(m) and B(12), the seasonal shares, the changes from month to close."""

    to_month: Floats
    to_close: Floats
    shares: Seen
    changes: Seen


@dataclass(frozen=True, slots=True)
class Projection:
    """Where the year leads, (n,): in base units, NaN where there is no basis.

    `method` is a `ProjectionMethod`, empty where there is none, and then `lacking` is the `NoProjection` that says why; `years` counts
    the past years it rests on.
    """

    value: Floats
    low: Floats
    high: Floats
    method: NDArray[np.str_]
    years: Ints
    lacking: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the rest of the year needs and may bring, (n,), NaN where there is no basis."""

    required_amount: Floats
    required_growth_pct: Floats
    projection: Projection


def outlook(targets: Targets, task: Task, month: Ints, past: Past, thresholds: Thresholds) -> Outlook:
    """Return what the rest of the year needs, and where it leads, from each reading's own `month` on."""
    return Outlook(
        required_amount=required_amount(targets, task, month),
        required_growth_pct=required_growth(targets, task, month, past),
        projection=project(targets, task, month, past, thresholds),
    )


def required_amount(targets: Targets, task: Task, month: Ints) -> Floats:
    """Return (T − A)/(12 − m) a month in base units, points for `change_pp`, (n,); paced kinds only (DOMAIN §4).

    0 where T is met and more is better, negative where a level must fall or a cap has burst; none in
    December, without a reading, or where the year's task has no size (有所提高).
    """
    asked = task.paced & (task.size != 0) & (month > 0) & (month < 12)
    left = np.where(asked, difference(targets.target, task.actual), np.nan)
    left = np.where((left < 0) & (targets.direction == 1), 0.0, left)
    return significant(left / np.where(asked, 12 - month, 1))


def required_growth(targets: Targets, task: Task, month: Ints, past: Past) -> Floats:
    """Return the growth in % that the months left need together on the same months of last year, (n,) (DOMAIN §4).

    Growth: (T − A·s)/(1 − s) with s = B(m)/B(12), last year's share of its year to the month. Cumulative: the amount left against what
    last year's same months brought, (T − A)/(B(12) − B(m)) − 1; none once T is met. None in December, or where last year's
    levels of both months are not known in one caliber.
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


def project(targets: Targets, task: Task, month: Ints, past: Past, thresholds: Thresholds) -> Projection:
    """Return where the year leads with the band past years give it, by which method, or why there is none (DOMAIN §4).

    Paced kinds: b + (A − b)/share with the mean share of past years (or the custom one, which has no band), the lowest and the highest
    share seen as the band, none below the least share of the thresholds. Growth: the last reading, with the band A + the least
    and the greatest change seen from month m to December, and no change among them, which is what the projection itself supposes: it
    lies within its band. In December the reading itself. Other kinds are not projected.
    """
    shares, changes = past.shares, past.changes
    own_share, custom = _own_share(targets, month, shares)
    least = thresholds.projection_min_share
    grows = targets.is_kind(Kind.GROWTH)
    middle = np.where(grows, np.where(changes.there, task.actual, np.nan), _scaled_up(task, own_share, least))
    low, high = _share_band(task, middle, shares, least)
    low = np.where(grows, task.actual + np.minimum(changes.low, 0.0), low)
    high = np.where(grows, task.actual + np.maximum(changes.high, 0.0), high)
    closed = (month == 12) & (grows | task.paced)
    value, low, high = (significant(np.where(closed, task.actual, x)) for x in (middle, low, high))
    there = np.isfinite(value)
    years = np.where(grows, changes.years, np.where(custom, 0, shares.years))
    return Projection(
        value=value,
        low=low,
        high=high,
        method=np.where(there, _method(closed, grows, custom), _NOTHING),
        years=np.where(there & ~closed, years, 0),
        lacking=np.where(there, _NOTHING, _lacking(task, month, grows, np.isfinite(own_share))),
    )


def _own_share(targets: Targets, month: Ints, shares: Seen) -> tuple[Floats, Bools]:
    """Return the share a paced row is scaled up by, and where that is its custom pace for want of past years."""
    custom = targets.paced_by(Pace.CUSTOM) & ~shares.there & (month > 0)
    return np.where(custom, at_month(targets.shares, month), shares.mean), custom


def _share_band(task: Task, middle: Floats, shares: Seen, least: float) -> tuple[Floats, Floats]:
    one, other = _scaled_up(task, shares.low, least), _scaled_up(task, shares.high, least)
    seen = np.isfinite(middle) & np.isfinite(one) & np.isfinite(other)
    return np.where(seen, np.fmin(one, other), np.nan), np.where(seen, np.fmax(one, other), np.nan)


def _scaled_up(task: Task, share: Floats, least: float) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(task.paced & (share >= least), task.baseline + (task.actual - task.baseline) / share, np.nan)


def _method(closed: Bools, grows: Bools, custom: Bools) -> NDArray[np.str_]:
    chosen = [
        (closed, ProjectionMethod.CLOSED),
        (grows, ProjectionMethod.LAST_READING),
        (custom, ProjectionMethod.CUSTOM_SHARE),
    ]
    return np.select([c[0] for c in chosen], [c[1].value for c in chosen], ProjectionMethod.SEASONAL_SHARE.value)


def _lacking(task: Task, month: Ints, grows: Bools, share_known: Bools) -> NDArray[np.str_]:
    sized = task.paced & (task.size != 0)
    causes = [
        (~grows & ~sized, NoProjection.NOT_PROJECTED),
        (month == 0, NoProjection.NO_READING),
        (share_known, NoProjection.SHARE_TOO_SMALL),
    ]
    return np.select([c[0] for c in causes], [c[1].value for c in causes], NoProjection.NO_HISTORY.value)
