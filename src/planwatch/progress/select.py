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
    """All series of the rows: their own and their references', and both by preference, (n, 6, Y, 12)."""

    own: Gathered
    reference: Gathered
    order: Ints
    preferred: Floats
    compared: Floats


def preference(targets: Targets) -> Ints:
    """Return each row's calibers, preferred first, (n, 6); -1 where the kind takes no more."""
    order = np.full((len(targets.id), SUM + 1), -1, dtype=np.int64)
    for kind, calibers in ACCEPTED.items():
        order[targets.is_kind(kind), : len(calibers)] = calibers
    levels = targets.is_kind(Kind.RELATIVE) & (targets.measure != Measure.GROWTH_YOY.value)
    order[levels, : len(_RELATIVE_LEVELS)] = _RELATIVE_LEVELS
    return order


def by_preference(values: Floats, order: Ints) -> Floats:
    """Return (n, 6, …) values reordered so that axis 1 runs from the preferred caliber down, NaN where none is taken."""
    shape = order.shape + (1,) * (values.ndim - 2)
    taken = np.take_along_axis(values, np.maximum(order, 0).reshape(shape), axis=1)
    return np.where(order.reshape(shape) >= 0, taken, np.nan)


def all_series(targets: Targets, cube: Cube) -> Series:
    """Return the rows' own series and those they are compared with."""
    own = cube.gather(targets.indicator, targets.area, targets.measure, targets.base_unit)
    reference = cube.gather(targets.ref_indicator, targets.ref_area, targets.ref_measure, targets.base_unit)
    order = preference(targets)
    return Series(own, reference, order, by_preference(own.value, order), by_preference(reference.value, order))


def last_december(series: Series) -> Floats:
    """Return last December's reading of each row in its base unit, (n,), NaN where there is none."""
    return first_finite(series.preferred[:, :, -2, 11])


def first_finite(values: Floats) -> Floats:
    """Return the first finite value along axis 1."""
    at = np.argmax(np.isfinite(values), axis=1)
    return np.asarray(np.take_along_axis(values, np.expand_dims(at, 1), axis=1).squeeze(1), dtype=float)


def pick(targets: Targets, series: Series) -> Picked:
    """Return the newest reading of each row within the plan year, and for relative targets the reference at the same month."""
    rows = np.arange(len(targets.id))
    reference, compared = series.reference, series.compared[:, :, -1, :]
    now = series.preferred[:, :, -1, :]
    own_there, ref_there = _any_caliber(now), _any_caliber(compared)
    newest, common = _newest_month(own_there), _newest_month(own_there & ref_there)
    month = np.where(targets.is_kind(Kind.RELATIVE), common, newest)
    at = np.maximum(month - 1, 0)
    place = np.argmax(np.isfinite(now[rows, :, at]), axis=1)
    other = np.argmax(np.isfinite(compared[rows, :, at]), axis=1)
    caliber, ref_caliber = series.order[rows, place], series.order[rows, other]
    none, alone = month == 0, (month == 0) | ~targets.is_kind(Kind.RELATIVE)
    return Picked(
        value=np.where(none, np.nan, now[rows, place, at]),
        month=month,
        newest=newest,
        caliber=np.where(none, -1, caliber),
        row=np.where(none, -1, series.own.row[rows, caliber, -1, at]),
        firm=none | series.own.firm[rows, caliber, -1, at],
        reference=np.where(alone, np.nan, compared[rows, other, at]),
        reference_row=np.where(alone, -1, reference.row[rows, ref_caliber, -1, at]),
        reference_firm=alone | reference.firm[rows, ref_caliber, -1, at],
    )


def _any_caliber(values: Floats) -> Bools:
    return np.asarray(np.isfinite(values).any(axis=1), dtype=bool)


def _newest_month(there: Bools) -> Ints:
    """Return the last month (1–12) with a reading, 0 for none, from (n, 12)."""
    return np.where(there.any(axis=1), 12 - np.argmax(there[:, ::-1], axis=1), 0).astype(np.int64)
