"""Which reading a target is judged by, and which reference (DOMAIN §4: a reading is judged at its own month)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planwatch.model.vocabulary import Kind, Measure, Span
from planwatch.progress.columns import Bools, Ints, Targets
from planwatch.progress.cube import SPANS, SUM, Cube, Gathered
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

    `order` (n, K) says which caliber stands in each place, -1 none; `relative` (r,) are the rows that have a reference.
    """

    own: Gathered
    order: Ints
    reference: Gathered
    relative: Ints

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
    return Series(own, order, reference, relative)


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
    now, compared = series.preferred[:, :, -1, :up_to], series.reference.value[:, :, -1, :up_to]
    own_there = _any_caliber(now)
    newest, related = _newest_month(own_there), series.relative
    month = newest.copy()
    month[related] = _newest_month(own_there[related] & _any_caliber(compared))
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
        rows, at = np.arange(len(month)), np.maximum(month - 1, 0)
        place = np.argmax(np.isfinite(gathered.value[rows, :, -1, at]), axis=1)
        none, cell = month == 0, (rows, place, -1, at)
        value = np.where(none, np.nan, gathered.value[cell])
        return cls(place, value, np.where(none, -1, gathered.row[cell]), none | gathered.firm[cell])


def _any_caliber(values: Floats) -> Bools:
    return np.asarray(np.isfinite(values).any(axis=1), dtype=bool)


def _newest_month(there: Bools) -> Ints:
    """Return the last month with a reading, 0 for none, from (n, months)."""
    return np.where(there.any(axis=1), there.shape[1] - np.argmax(there[:, ::-1], axis=1), 0).astype(np.int64)
