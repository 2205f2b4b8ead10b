"""Observations as one dense array: series × caliber × year × month (DOMAIN §4), so that a reading is a gather."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planwatch.errors import Fault, InputError
from planwatch.model.codes import can_be_ticked, coded, where
from planwatch.model.observation import KEY_COLUMNS
from planwatch.model.vocabulary import Measure, Quality, Span
from planwatch.progress.columns import UNITLESS, Bools, Ints, Words, factor_between
from planwatch.progress.rounding import Floats, running_sum, significant

SPANS = tuple(Span)
SUM = len(SPANS)
"""The caliber after the spans: the year to date as the sum of its months."""
T = TypeVar("T", bound=np.generic)
MONTH = SPANS.index(Span.MONTH)
_SPAN_CODES = {span.value: n for n, span in enumerate(SPANS)}
CALIBERS = (*(s.value for s in SPANS), Span.MONTH.value)
"""Span word of every caliber; a sum of months says `month`."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """The series of some rows, by each row's preference. Shapes (n, K calibers, Y years, 12 months); the last year is the plan's.

    `value` is in the rows' base units, NaN where nothing was published; `row` is the row of the known observations, -1 for none.
    """

    value: Floats
    row: NDArray[np.int32]
    firm: Bools


@dataclass(frozen=True, slots=True)
class Numbering:
    """The series of some observations, numbered: every combination of indicator, area and measure that is there.

    `words` are each column's words with their codes, `keys` the combinations of codes, ascending, and `of_row` the number of each row.
    """

    words: tuple[dict[str, int], ...]
    keys: Ints
    of_row: Ints

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Numbering:
        """Number the series of a frame of observations."""
        parts = [coded(frame[column]) for column in ("indicator", "area", "measure")]
        words = tuple({word: code for code, word in enumerate(known)} for _, known in parts)
        key = _key_of([codes for codes, _ in parts], words)
        size = np.prod([len(known) for known in words], dtype=float)
        if not can_be_ticked(size, len(frame)):
            keys, of_row = np.unique(key, return_inverse=True)
            return cls(words, keys, of_row.astype(np.int64))
        met = np.zeros(int(size), dtype=bool)
        met[key] = True
        return cls(words, np.flatnonzero(met), (np.cumsum(met) - 1)[key])

    def __len__(self) -> int:
        """Return how many series there are."""
        return len(self.keys)

    def find(self, indicator: Words, area: Words, measure: Words) -> Ints:
        """Return the number of each row's series, (n,), -1 where there is none."""
        if not len(self.keys):
            return np.full(len(indicator), -1, dtype=np.int64)
        codes = [
            np.array([known.get(word, -1) for word in column.tolist()], dtype=np.int64)
            for column, known in zip((indicator, area, measure), self.words, strict=True)
        ]
        key = _key_of(codes, self.words)
        at = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
        there = np.all([column >= 0 for column in codes], axis=0) & (self.keys[at] == key)
        return np.where(there, at, -1)


def _key_of(codes: Sequence[NDArray[Any]], words: Sequence[Sized]) -> Ints:
    """Return several columns of codes as one."""
    key = np.zeros(len(codes[0]), dtype=np.int64)
    for column, known in zip(codes, words, strict=True):
        key = key * max(len(known), 1) + column
    return key


@dataclass(frozen=True)
class Cube:
    """The known observations, indexed densely. Memory: 4 bytes a cell, series × 5 × years × 12."""

    frame: pd.DataFrame
    series: Numbering
    index: NDArray[np.int32]

    @classmethod
    def of(cls, frame: pd.DataFrame, year: int) -> Cube:
        """Index a frame of known observations, up to and with the plan's `year`."""
        series = Numbering.of(frame)
        period, periods = coded(frame["period"])
        years = np.array([int(p[:4]) for p in periods], dtype=np.int64)[period]
        first = min(years.min(initial=year), year - 1)
        span_of, spans = coded(frame["span"])
        span = np.array([_SPAN_CODES.get(word, -1) for word in spans], dtype=np.int64)[span_of]
        month = np.array([int(p[5:7]) - 1 for p in periods], dtype=np.int64)[period]
        index = np.full((len(series) + 1, len(SPANS), year - first + 1, 12), -1, dtype=np.int32)
        index[series.of_row, span, years - first, month] = np.arange(len(frame), dtype=np.int32)
        return cls(frame, series, index)

    def native_units(self, indicator: Words, area: Words, measure: Words) -> Words:
        """Return the unit in which each row's series was last met, empty where there is no series."""
        row = self.index[self.series.find(indicator, area, measure)].max(axis=(1, 2, 3), initial=-1)
        codes, units = self._units
        return np.asarray(np.array(units, dtype=str)[codes[row]], dtype=str)

    @cached_property
    def calibers(self) -> Ints:
        """Return which calibers any series has."""
        spans = np.flatnonzero((self.index >= 0).any(axis=(0, 2, 3)))
        return np.append(spans, SUM) if MONTH in spans else spans

    def gather(self, indicator: Words, area: Words, measure: Words, units: Words, order: Ints) -> Gathered:
        """Return the series of each row in the row's unit, its calibers in `order` (n, K), -1 for none.

        A row without a series gets NaN.

        Raises:
            InputError: an observation's unit does not turn into the row's unit.
        """
        codes, summed = self.series.find(indicator, area, measure), order == SUM
        row = self.index[codes[:, None], np.where(summed, MONTH, np.maximum(order, 0))]
        row[order < 0] = -1
        value, firm = self._significant[row], self._firm[row]
        self._convert(value, row, self._foreign(codes, units), units)
        if summed.any():
            total, firm[summed] = _sum_of_months(value[summed], firm[summed], self._combined[row[summed]])
            total[np.broadcast_to((measure != Measure.LEVEL.value)[:, None], order.shape)[summed]] = np.nan
            value[summed] = total
        return Gathered(by_month(value), by_month(row), by_month(firm))

    def _foreign(self, codes: Ints, units: Words) -> Ints:
        """Return the rows of which some observation is in another unit than the row's."""
        _, sources = self._units
        goals, goal_of = np.unique(units, return_inverse=True)
        same = np.array([[_factor(s, str(g)) == 1.0 for s in sources] for g in goals], dtype=bool)
        return np.flatnonzero(
            (self._units_of_series[codes] & ~same.reshape(len(goals), len(sources))[goal_of]).any(axis=1)
        )

    @cached_property
    def _units_of_series(self) -> Bools:
        """Return which units each series was printed in, (series + 1, units)."""
        codes, units = self._units
        found = np.zeros((len(self.series) + 1, len(units)), dtype=bool)
        found[self.series.of_row, codes[:-1]] = True
        return found

    def _convert(self, value: Floats, row: NDArray[np.int32], foreign: Ints, units: Words) -> None:
        """Turn the values of the foreign rows into their units, in place."""
        if not len(foreign):
            return
        raw = self._value[row[foreign]]
        turned = significant(raw * self._factors(row[foreign], units[foreign]))
        turned[np.isnan(raw)] = np.nan
        value[foreign] = turned

    @cached_property
    def decimals(self) -> Floats:
        """Return the printed decimals of every known observation, NaN where none are given; the last is of no observation."""
        given = pd.to_numeric(self.frame["decimals"], errors="coerce").to_numpy(dtype=float)
        return np.append(given, np.nan)

    @cached_property
    def printed_units(self) -> tuple[Ints, list[str]]:
        """Return the code of every known observation's printed unit (its own unit where none is given), and the units."""
        codes, units = coded(self.frame["printed_unit"])
        own, others = coded(self.frame["unit"])
        known = list(dict.fromkeys([*map(str, units), *map(str, others), UNITLESS]))
        places = {unit: n for n, unit in enumerate(known)}
        printed, kept = (np.array([places[str(u)] for u in names], dtype=np.int64) for names in (units, others))
        said = where(self.frame["printed_unit"], lambda unit: unit != "")
        return np.append(np.where(said, printed[codes], kept[own]), places[UNITLESS]), known

    @cached_property
    def _value(self) -> Floats:
        return np.append(self.frame["value"].to_numpy(dtype=float), np.nan)

    @cached_property
    def _significant(self) -> Floats:
        return significant(self._value)

    @cached_property
    def _firm(self) -> Bools:
        loose = {Quality.ESTIMATE.value, Quality.PRELIMINARY.value}
        return np.append(where(self.frame["quality"], lambda quality: quality not in loose), True)

    @cached_property
    def _combined(self) -> Bools:
        return np.append(where(self.frame["flags"], lambda flags: "combined" in flags), False)

    @cached_property
    def _units(self) -> tuple[Ints, list[str]]:
        codes, units = coded(self.frame["unit"])
        return np.append(codes, len(units)).astype(np.int64), [*map(str, units), UNITLESS]

    def _factors(self, row: NDArray[np.int32], units: Words) -> Floats:
        """Return the factor of every cell (a cell without an observation has 1)."""
        codes, sources = self._units
        goals, goal_of = np.unique(units, return_inverse=True)
        table = np.array([[_factor(s, str(g)) for g in goals] for s in sources], dtype=float).reshape(len(sources), -1)
        factors = np.asarray(table[codes[row], goal_of[:, None, None, None]], dtype=float)
        wrong = np.argwhere(np.isnan(factors))
        if len(wrong):
            places = {int(row[tuple(at)]): str(units[at[0]]) for at in wrong}
            raise InputError.of(*(self._unit_fault(r, goal) for r, goal in sorted(places.items())))
        return factors

    def _unit_fault(self, row: int, goal: str) -> Fault:
        return Fault(
            code="unit_incompatible",
            message="an observation's unit does not turn into the target's",
            key=self.key(row),
            value=str(self.frame["unit"].iloc[row]),
            expected=f"a unit that turns into {goal}",
            mend="correct the unit of the observation, or of the target",
        )

    def key(self, row: int) -> str:
        """Return `indicator|area|period|span|measure` of an observation."""
        return "|".join(str(self.frame[column].iloc[row]) for column in KEY_COLUMNS)

    def keys(self, row: Ints) -> list[str | None]:
        """Return the keys of many observations, None where `row` is -1."""
        parts = zip(*(self.cells(row, column) for column in KEY_COLUMNS), strict=True)
        return ["|".join(part) if r >= 0 else None for r, part in zip(row.tolist(), parts, strict=True)]

    def cells(self, row: Ints, column: str) -> NDArray[np.object_]:
        """Return a column's cells of many observations, empty where `row` is -1."""
        there = row >= 0
        found = np.full(len(row), "", dtype=object)
        found[there] = self.frame[column].take(row[there]).to_numpy(dtype=object)
        return found


def by_month(values: NDArray[T]) -> NDArray[T]:
    """Return the same (…, 12) values, laid out in memory month after month: a month is then one block, not every twelfth number."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(values, -1, 0)), 0, -1)


def _factor(source: str, goal: str) -> float:
    try:
        return factor_between(source, goal)
    except InputError:
        return np.nan


def _sum_of_months(value: Floats, firm: Bools, combined: Bools) -> tuple[Floats, Bools]:
    """Return January-to-month sums and whether all their months are firm, (n, Y, 12); NaN from the first missing month on.

    A February flagged combined carries January too, so January adds nothing from February on.
    """
    both = combined[:, :, 1]
    months = value.copy()
    months[:, :, 0] = np.where(both, 0.0, value[:, :, 0])
    total = running_sum(months)
    total[:, :, 0] = value[:, :, 0]
    return significant(total), np.logical_and.accumulate(firm, axis=2)
