"""Which reading a target is judged by, and which reference (DOMAIN §4: a reading is judged at its own month)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planwatch.model.vocabulary import Kind, Measure, Span
from planwatch.progress.columns import Bools, Ints, Targets
from planwatch.progress.cube import SPANS, SUM, Cube, Gathered, T, by_month
from planwatch.progress.rounding import Floats

_YTD, _YEAR, _POINT, _MONTH, _QUARTER = (
    SPANS.index(s) for s in (Span.YTD, Span.YEAR, Span.POINT, Span.MONTH, Span.QUARTER)
)

ACCEPTED: dict[Kind, tuple[int, ...]] = {
    Kind.GROWTH: (_YTD, _YEAR),
    Kind.CUMULATIVE: (_YTD, _YEAR, SUM),
    Kind.REACH: (_POINT, _YTD, _YEAR),
    Kind.HOLD: (_YTD, _POINT, _MONTH, _QUARTER, _YEAR),
    Kind.CHANGE_PP: (_POINT, _YTD, _YEAR),
    Kind.RANK: (_YTD, _POINT, _YEAR),
    Kind.RELATIVE: (_YTD, _YEAR),
    Kind.BOTTOM_LINE: (_YTD, _MONTH, _POINT, _QUARTER, _YEAR),
    Kind.MILESTONE: (_POINT, _YTD, _MONTH, _YEAR),
}
"""Calibers a kind is read in, the preferred first: never a month's growth or a single quarter for a year's growth."""

_RELATIVE_LEVELS = (_YTD, _POINT, _YEAR)


@dataclass(frozen=True, slots=True)
class Picked:
    """The reading of each row, all (n,).

    `month` is the reading's own month, 0 for none; `newest` the newest month the row's own series has (a relative target may be judged
    earlier, at the latest month its reference has too). `row` is the row of the known observations, -1 for none.
    """

    value: Floats
    month: Ints
    newest: Ints
    caliber: Ints
    row: Ints
    firm: Bools
    reference: Floats
    reference_row: Ints
    reference_firm: Bools


@dataclass(frozen=True, slots=True)
class Series:
    """All series of the rows, calibers by preference: their own (n, K, Y, 12), and the references of the relative rows (r, K, Y, 12).

    `order` (n, K) says which caliber stands in each place, -1 none; `relative` (r,) are the rows that have a reference. `newest` (n, 12) is the
    newest month of the plan year with a reading up to each month, 0 for none, `common` (r, 12) with one of the reference too.
    """

    own: Gathered
    order: Ints
    reference: Gathered
    relative: Ints
    newest: Ints
    common: Ints

    @property
    def preferred(self) -> Floats:
        """Return the own values, (n, K, Y, 12)."""
        return self.own.value


def preference(targets: Targets) -> Ints:
    """Return each row's calibers, preferred first, (n, 6); -1 where the kind takes no more."""
    order = np.full((len(targets.id), SUM + 1), -1, dtype=np.int64)
    for kind, calibers in ACCEPTED.items():
        order[targets.is_kind(kind), : len(calibers)] = calibers
    levels = targets.is_kind(Kind.RELATIVE) & (targets.measure != Measure.GROWTH_YOY.value)
    order[levels, : len(_RELATIVE_LEVELS)] = _RELATIVE_LEVELS
    return order


def _present(order: Ints, calibers: Ints) -> Ints:
    """Return the preferences without the calibers that nothing was published in, as narrow as they then are."""
    kept = np.isin(order, calibers)
    moved = np.take_along_axis(np.where(kept, order, -1), np.argsort(~kept, axis=1, kind="stable"), axis=1)
    return moved[:, : max(int(kept.sum(axis=1).max(initial=0)), 1)]


def all_series(targets: Targets, cube: Cube) -> Series:
    """Return the rows' own series and those they are compared with."""
    order = _present(preference(targets), cube.calibers)
    relative = np.flatnonzero(targets.is_kind(Kind.RELATIVE))
    reference = cube.gather(
        targets.ref_indicator[relative], targets.ref_area[relative], targets.ref_measure[relative],
        targets.base_unit[relative], order[relative],
    )  # fmt: skip
    own = cube.gather(targets.indicator, targets.area, targets.measure, targets.base_unit, order)
    there, both = _any_caliber(own), _any_caliber(reference)
    both &= there[relative]
    return Series(own, order, reference, relative, _newest_month(there), _newest_month(both))


def last_december(series: Series) -> Floats:
    """Return last December's reading of each row in its base unit, (n,), NaN where there is none."""
    return first_finite(series.preferred[:, :, -2, 11])


def first_finite(values: Floats) -> Floats:
    """Return the first finite value along axis 1."""
    if values.shape[1] == 1:
        return values[:, 0].copy()
    at = np.argmax(np.isfinite(values), axis=1)
    return np.asarray(np.take_along_axis(values, np.expand_dims(at, 1), axis=1).squeeze(1), dtype=float)


def pick(targets: Targets, series: Series, up_to: int = 12) -> Picked:
    """Return the newest reading of each row within the plan year, and for relative targets the reference at the same month.

    Args:
        targets: the rows.
        series: their series.
        up_to: the judged month, after which nothing is read.
    """
    newest, related = series.newest[:, up_to - 1], series.relative
    month = newest.copy()
    month[related] = series.common[:, up_to - 1]
    own, other = _Cells.of(series.own, month), _Cells.of(series.reference, month[related])
    caliber = np.take_along_axis(series.order, own.place[:, None], axis=1)[:, 0]
    n = len(month)
    reference, reference_row, reference_firm = np.full(n, np.nan), np.full(n, -1), np.ones(n, dtype=bool)
    reference[related], reference_row[related], reference_firm[related] = other.value, other.row, other.firm
    return Picked(
        value=own.value,
        month=month,
        newest=newest,
        caliber=np.where(month == 0, -1, caliber),
        row=own.row,
        firm=own.firm,
        reference=reference,
        reference_row=reference_row,
        reference_firm=reference_firm,
    )


@dataclass(frozen=True, slots=True)
class _Cells:
    """One cell a row of the plan year: its place in the order of calibers, value, row of the observations and firmness, (n,)."""

    place: Ints
    value: Floats
    row: Ints
    firm: Bools

    @classmethod
    def of(cls, gathered: Gathered, month: Ints) -> _Cells:
        """Take each row's cell of its month (0 for none), of the preferred caliber that has one."""
        values, none = of_month(gathered.value[:, :, -1], month), month == 0
        place = np.argmax(np.isfinite(values), axis=1)
        cell = np.arange(len(month)), place
        value = np.where(none, np.nan, values[cell])
        row, firm = (of_month(cells[:, :, -1], month)[cell] for cells in (gathered.row, gathered.firm))
        return cls(place, value, np.where(none, -1, row), none | firm)


def of_month(values: NDArray[T], month: Ints) -> NDArray[T]:
    """Return the values (n, …, 12) of each row's own month (n,), January's where it has none (0)."""
    if len(month) and bool((month == month[0]).all()):
        return values[..., max(int(month[0]) - 1, 0)]
    at = np.maximum(month - 1, 0).reshape(-1, *(1,) * (values.ndim - 1))
    return np.take_along_axis(values, np.broadcast_to(at, (*values.shape[:-1], 1)), axis=-1)[..., 0]


def _any_caliber(gathered: Gathered) -> Bools:
    """Return in which months of the plan year any caliber has a value, (n, 12)."""
    return np.asarray(np.isfinite(gathered.value[:, :, -1]).any(axis=1), dtype=bool)


def _newest_month(there: Bools) -> Ints:
    """Return the newest month with a reading up to each month, 0 for none, (n, 12)."""
    return by_month(np.maximum.accumulate(np.where(there, np.arange(1, 13), 0), axis=1))
