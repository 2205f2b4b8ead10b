"""Pace (序时进度): which share of the year's task belongs to a month, by the calendar and by past years (DOMAIN §4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planwatch.model.vocabulary import Kind, Measure, Pace, Span
from planwatch.progress.columns import Bools, Ints, Targets
from planwatch.progress.cube import SPANS, Cube
from planwatch.progress.rounding import Floats
from planwatch.progress.select import Series, first_finite

_YTD = SPANS.index(Span.YTD)
_FARTHEST = 1.0
"""How far, in whole years' tasks, a year may be off the way from its start to its end and still tell a pace."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What past years showed for each row, all (n,), NaN (0 in `years`) where no year is usable."""

    mean: Floats
    low: Floats
    high: Floats
    years: Ints

    @property
    def there(self) -> Bools:
        """Return where at least one past year counts."""
        return self.years > 0


def linear_share(month: Ints) -> Floats:
    """Return m/12, (n,); NaN without a reading (month 0). The official habit: 25, 50, 91.7 %."""
    return np.where(month > 0, month / 12.0, np.nan)


def seasonal_share(targets: Targets, series: Series, month: Ints, task: Floats, years: int) -> Seen:
    """Return the mean, lowest and highest share of the year reached by `month` over the last `years` usable years (DOMAIN §4).

    Args:
        targets: the rows.
        series: their series.
        month: each row's own month, 0 for none.
        task: T − b, (n,), in base units.
        years: k, how many of the newest usable years count.
    """
    return summary(yearly_shares(targets, series, month, task), years)


def yearly_shares(targets: Targets, series: Series, month: Ints, task: Floats) -> Floats:
    """Return the share of every past year that it had reached by `month`, oldest year first, (n, Y − 1); NaN where it has none.

    share = (A(m) − b_y)/(A(12) − b_y), with b_y the December before for `reach` and `change_pp` and 0 for `cumulative`
    (DOMAIN §4). A year counts if all its readings are there in one caliber and A(12) − b_y has the sign of the task; nothing is
    interpolated. A year that strayed from the way between b_y and A(12) by more than that whole way tells no pace and does not
    count: its end came to next to nothing of what moved within it.
    """
    at_month, at_close = _history(series, month)
    start = _december_before(series)
    start = np.where(targets.is_kind(Kind.CUMULATIVE)[:, None, None], 0.0, start)
    whole = at_close - start
    usable = (np.sign(whole) == np.sign(task)[:, None, None]) & (whole != 0) & _paced(targets)[:, None, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(usable, (at_month - start) / whole, np.nan)
    return first_finite(np.where((share >= -_FARTHEST) & (share <= 1.0 + _FARTHEST), share, np.nan))


def yearly_changes(values: Floats, month: Ints) -> Floats:
    """Return A(12) − A(m) of every past year in one caliber, (n, Y − 1), from (n, calibers, Y, 12) by preference."""
    past = values[:, :, :-1, :]
    return first_finite(past[:, :, :, 11] - _at_month(past, month))


def month_to_close(targets: Targets, series: Series, month: Ints, years: int) -> Seen:
    """Return how far the year's last figure stood from the month's, A(12) − A(m), in past years: for growth's band."""
    change = np.where(targets.is_kind(Kind.GROWTH)[:, None], yearly_changes(series.preferred, month), np.nan)
    return summary(change, years)


def held_season(targets: Targets, series: Series, month: Ints, caliber: Ints, years: int) -> Seen:
    """Return by how much a year-to-date figure of the month differs from the year's, A(m) − A(12), for seasonal holds.

    Only a `hold` with pace `seasonal` and a year-to-date reading has one: E = T + mean(A(m) − A(12)) (DOMAIN §4).
    """
    wanted = targets.is_kind(Kind.HOLD) & targets.paced_by(Pace.SEASONAL) & (caliber == _YTD)
    at_month, at_close = _history(series, month)
    ytd = (series.order == _YTD)[:, :, None] & wanted[:, None, None]
    return summary(first_finite(np.where(ytd, at_month - at_close, np.nan)), years)


def set_share(targets: Targets, month: Ints, seasonal: Seen) -> Floats:
    """Return the share that sets the status, by the target's own pace, (n,).

    `seasonal` without a usable year falls back on the calendar; `year_end` has none before December.
    """
    linear = linear_share(month)
    at = np.maximum(month - 1, 0)
    custom = np.where(month > 0, np.take_along_axis(targets.shares, at[:, None], axis=1)[:, 0], np.nan)
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
    return amounts


def base_of(amounts: Floats, month: Ints) -> tuple[Floats, Floats]:
    """Return last year's amounts to the month and to December, B(m) and B(12), (n,), both in one caliber."""
    to_month, to_close = _at_month(amounts[:, :, None, :], month)[:, :, 0], amounts[:, :, 11]
    both = np.isfinite(to_month) & np.isfinite(to_close)
    return first_finite(np.where(both, to_month, np.nan)), first_finite(np.where(both, to_close, np.nan))


def _paced(targets: Targets) -> Bools:
    return targets.is_kind(Kind.CUMULATIVE, Kind.REACH, Kind.CHANGE_PP)


def _history(series: Series, month: Ints) -> tuple[Floats, Floats]:
    """Return A(m) and A(12) of every past year, (n, calibers, Y − 1)."""
    past = series.preferred[:, :, :-1, :]
    return _at_month(past, month), past[:, :, :, 11]


def _december_before(series: Series) -> Floats:
    """Return b_y, the December before each past year, (n, calibers, Y − 1); the first year has none."""
    december = series.preferred[:, :, :-1, 11]
    before = np.roll(december, 1, axis=2)
    before[:, :, 0] = np.nan
    return before


def _at_month(values: Floats, month: Ints) -> Floats:
    at = np.maximum(month - 1, 0)[:, None, None, None]
    taken = np.take_along_axis(values, np.broadcast_to(at, (*values.shape[:3], 1)), axis=3)[..., 0]
    return np.where((month > 0)[:, None, None], taken, np.nan)


def summary(by_year: Floats, years: int) -> Seen:
    """Return mean and extremes of the newest `years` finite values of each row, from (n, Y − 1) with the oldest year first."""
    there = np.isfinite(by_year)
    from_newest = np.cumsum(there[:, ::-1], axis=1)[:, ::-1]
    kept = there & (from_newest <= years)
    count = kept.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(kept, by_year, 0.0).sum(axis=1) / np.where(count, count, np.nan)
    low = np.where(kept, by_year, np.inf).min(axis=1, initial=np.inf)
    high = np.where(kept, by_year, -np.inf).max(axis=1, initial=-np.inf)
    none = count == 0
    return Seen(mean, np.where(none, np.nan, low), np.where(none, np.nan, high), count)
