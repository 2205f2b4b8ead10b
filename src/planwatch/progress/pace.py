"""Pace (序时进度): which share of the year's task belongs to a month, by the calendar and by past years (DOMAIN §4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planwatch.model.vocabulary import Kind, Measure, Pace, Span
from planwatch.progress.columns import Bools, Ints, Targets
from planwatch.progress.cube import SPANS, Cube, T, by_month
from planwatch.progress.rounding import Floats, significant
from planwatch.progress.select import Series, first_finite, of_month

YTD = SPANS.index(Span.YTD)
SHARE_DIGITS = 12
"""Significant digits of a share, which is told from differences."""
_FARTHEST = 1.0
"""How far, in whole years' tasks, a year may be off the way from its start to its end and still tell a pace."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What past years showed for each row, all (n,) or (n, 12) by month, NaN (0 in `years`) where no year is usable."""

    mean: Floats
    low: Floats
    high: Floats
    years: Ints

    @property
    def there(self) -> Bools:
        """Return where at least one past year counts."""
        return self.years > 0

    def at(self, month: Ints) -> Seen:
        """Return what was seen at each row's own month (n,), 0 for none, of what was seen by month."""
        mean, low, high = (at_month(values, month) for values in (self.mean, self.low, self.high))
        return Seen(mean, low, high, np.nan_to_num(at_month(self.years.astype(float), month)).astype(np.int64))

    def where(self, there: Bools) -> Seen:
        """Return what was seen of some rows, nothing of the others."""
        mean, low, high = (np.where(there, values, np.nan) for values in (self.mean, self.low, self.high))
        return Seen(mean, low, high, np.where(there, self.years, 0))


@dataclass(frozen=True, slots=True)
class History:
    """What past years say of every month at once, oldest year first.

    `shares` (n, Y − 1, 12) of paced kinds and `changes` (n, Y − 1, 12), A(12) − A(m), of growth, ranks and relative targets (there of own −
    reference); `level_changes` (n, K, Y − 1, 12) the same by caliber, of what may be held. `share`, `change` (growth) and `season`
    (held ratios) are their means and extremes over the newest k usable years, (n, 12).
    """

    shares: Floats
    changes: Floats
    level_changes: Floats
    share: Seen
    change: Seen
    season: Seen


def linear_share(month: Ints) -> Floats:
    """Return m/12, (n,); NaN without a reading (month 0). The official habit: 25, 50, 91.7 %."""
    return np.where(month > 0, month / 12.0, np.nan)


def history_of(targets: Targets, series: Series, task: Floats, years: int) -> History:
    """Return what past years say of every month.

    Args:
        targets: the rows.
        series: their series.
        task: T − b, (n,), in base units; NaN for rows that have no share of the year.
        years: k, how many of the newest usable years count for means and extremes.
    """
    past = series.preferred[:, :, :-1]
    shares = yearly_shares(targets, past, task)
    by_caliber = past[..., 11:] - past
    changes = first_finite(by_caliber)
    changes[~targets.is_kind(Kind.GROWTH, Kind.RANK)] = np.nan
    if len(series.relative):
        apart = past[series.relative] - series.reference.value[:, :, :-1]
        changes[series.relative] = first_finite(apart[..., 11:] - apart)
    growth = np.where(targets.is_kind(Kind.GROWTH)[:, None, None], changes, np.nan)
    return History(
        by_month(shares), by_month(changes), by_month(by_caliber), summary(shares, years), summary(growth, years),
        summary(_season(targets, series, by_caliber), years),
    )  # fmt: skip


def yearly_shares(targets: Targets, past: Floats, task: Floats) -> Floats:
    """Return the share of every past year that it had reached by each month, (n, Y − 1, 12); NaN where it has none.

    share = (A(m) − b_y)/(A(12) − b_y), with b_y the December before for `reach` and `change_pp` and 0 for `cumulative`
    (DOMAIN §4). A year counts if all its readings are there in one caliber and A(12) − b_y has the sign of the task; nothing is
    interpolated. A year that strayed from the way between b_y and A(12) by more than that whole way tells no pace and does not
    count: its end came to next to nothing of what moved within it.

    Args:
        targets: the rows.
        past: their values of past years, (n, K, Y − 1, 12).
        task: T − b, (n,).
    """
    rows = np.flatnonzero(np.isfinite(task))
    past = past[rows]
    start = np.where(targets.is_kind(Kind.CUMULATIVE)[rows, None, None], 0.0, _december_before(past))
    whole = past[..., 11] - start
    usable = (np.sign(whole) == np.sign(task)[rows, None, None]) & (whole != 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = significant((past - start[..., None]) / np.where(usable, whole, np.nan)[..., None], SHARE_DIGITS)
    share[(share < -_FARTHEST) | (share > 1.0 + _FARTHEST)] = np.nan
    return _spread(first_finite(share), rows, len(task))


def _spread(values: NDArray[T], rows: Ints, size: int, nothing: float = np.nan) -> NDArray[T]:
    """Return the values of some rows in the places of all, (size, …)."""
    if len(rows) == size:
        return values
    spread = np.full((size, *values.shape[1:]), nothing, dtype=values.dtype)
    spread[rows] = values
    return spread


def _season(targets: Targets, series: Series, by_caliber: Floats) -> Floats:
    """Return by how much a year-to-date figure of each month differs from the year's, A(m) − A(12), for seasonal holds.

    Only a `hold` with pace `seasonal` and a year-to-date reading has one: E = T + mean(A(m) − A(12)) (DOMAIN §4). (n, Y − 1, 12).
    """
    found = np.full((len(by_caliber), *by_caliber.shape[2:]), np.nan)
    wanted = np.flatnonzero(targets.is_kind(Kind.HOLD) & targets.paced_by(Pace.SEASONAL))
    ytd = (series.order[wanted] == YTD)[:, :, None, None]
    found[wanted] = first_finite(np.where(ytd, -by_caliber[wanted], np.nan))
    return found


def set_share(targets: Targets, month: Ints, seasonal: Seen) -> Floats:
    """Return the share that sets the status, by the target's own pace, (n,).

    `seasonal` without a usable year falls back on the calendar; `year_end` has none before December.
    """
    linear = linear_share(month)
    custom = at_month(targets.shares, month)
    share = np.where(targets.paced_by(Pace.SEASONAL) & seasonal.there, seasonal.mean, linear)
    share = np.where(targets.paced_by(Pace.CUSTOM), custom, share)
    return np.where(targets.paced_by(Pace.YEAR_END) & (month < 12), np.nan, share)


def base_levels(targets: Targets, series: Series, cube: Cube) -> Floats:
    """Return last year's amounts by caliber and month, (n, K, 12), NaN for kinds that need none.

    Of a growth target they are the indicator's published levels, of a cumulative one its own readings. Their unit is their own: only
    their ratio, or for cumulative their difference in base units, is meant to be used.
    """
    grows = np.flatnonzero(targets.is_kind(Kind.GROWTH))
    names = targets.indicator[grows], targets.area[grows], np.full(len(grows), Measure.LEVEL.value)
    levels = cube.gather(*names, cube.native_units(*names), series.order[grows])
    amounts = np.where(targets.is_kind(Kind.CUMULATIVE)[:, None, None], series.preferred[:, :, -2], np.nan)
    amounts[grows] = levels.value[:, :, -2]
    return by_month(amounts)


def base_of(amounts: Floats, month: Ints) -> tuple[Floats, Floats]:
    """Return last year's amounts to the month and to December, B(m) and B(12), (n,), both in one caliber."""
    to_month, to_close = at_month(amounts, month), amounts[:, :, 11]
    both = np.isfinite(to_month) & np.isfinite(to_close)
    return first_finite(np.where(both, to_month, np.nan)), first_finite(np.where(both, to_close, np.nan))


def _december_before(past: Floats) -> Floats:
    """Return b_y, the December before each past year, (n, K, Y − 1); the first year has none."""
    before = np.full(past.shape[:3], np.nan)
    before[:, :, 1:] = past[:, :, :-1, 11]
    return before


def at_month(values: Floats, month: Ints) -> Floats:
    """Return the values (n, …, 12) of each row's own month (n,), NaN where it has none (0)."""
    taken = of_month(values, month)
    if bool((month > 0).all()):
        return taken
    return np.where((month > 0).reshape(-1, *(1,) * (values.ndim - 2)), taken, np.nan)


def summary(by_year: Floats, years: int) -> Seen:
    """Return mean and extremes of the newest `years` finite values of each row, from (n, Y − 1, …) with the oldest year first."""
    seen = np.isfinite(by_year).any(axis=tuple(range(1, by_year.ndim)))
    size, rows = len(by_year), np.flatnonzero(seen)
    by_year = by_year if len(rows) == size else by_year[rows]
    there = np.isfinite(by_year)
    from_newest = np.cumsum(there[:, ::-1], axis=1)[:, ::-1]
    kept = there & (from_newest <= years)
    count = kept.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(kept, by_year, 0.0).sum(axis=1) / np.where(count, count, np.nan)
    low = np.where(kept, by_year, np.inf).min(axis=1, initial=np.inf)
    high = np.where(kept, by_year, -np.inf).max(axis=1, initial=-np.inf)
    none = count == 0
    low, high = np.where(none, np.nan, low), np.where(none, np.nan, high)
    mean, low, high = (by_month(_spread(values, rows, size)) for values in (mean, low, high))
    return Seen(mean, low, high, by_month(_spread(count, rows, size, 0)))
