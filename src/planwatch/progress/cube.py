"""Observations as one dense array: series × caliber × year × month (DOMAIN §4), so that a reading is a gather."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planwatch.errors import Fault, InputError
from planwatch.model.observation import KEY_COLUMNS
from planwatch.model.vocabulary import Measure, Quality, Span
from planwatch.progress.columns import UNITLESS, Bools, Ints, Words, factor_between
from planwatch.progress.rounding import Floats, significant

SPANS = tuple(Span)
SUM = len(SPANS)
"""The caliber after the spans: the year to date as the sum of its months."""
MONTH = SPANS.index(Span.MONTH)
CALIBERS = (*(s.value for s in SPANS), Span.MONTH.value)
"""Span word of every caliber; a sum of months says `month`."""


@dataclass(frozen=True)
class Gathered:
    """The series of some rows. Shapes (n, 6 calibers, Y years, 12 months); the last year is the plan's.

    `value` is in the rows' base units, NaN where nothing was published; `row` is the row of the known observations, -1 for none.
    """

    value: Floats
    row: Ints
    firm: Bools

    @property
    def now(self) -> Floats:
        """Return the plan year's values, (n, 6, 12)."""
        return self.value[:, :, -1, :]


@dataclass(frozen=True)
class Cube:
    """The known observations, indexed densely. Memory: 4 bytes a cell, series × 5 × years × 12."""

    frame: pd.DataFrame
    series: pd.Index[str]
    index: NDArray[np.int32]

    @classmethod
    def of(cls, frame: pd.DataFrame, year: int) -> Cube:
        """Index a frame of known observations, up to and with the plan's `year`."""
        names = frame["indicator"] + "|" + frame["area"] + "|" + frame["measure"]
        codes, series = pd.factorize(names)
        years = frame["period"].str.slice(0, 4).astype("int64").to_numpy()
        first = min(years.min(initial=year), year - 1)
        span = pd.Index([s.value for s in SPANS], dtype=object).get_indexer(pd.Index(frame["span"], dtype=object))
        month = frame["period"].str.slice(5, 7).astype("int64").to_numpy() - 1
        index = np.full((len(series) + 1, len(SPANS), year - first + 1, 12), -1, dtype=np.int32)
        index[codes, span, years - first, month] = np.arange(len(frame), dtype=np.int32)
        return cls(frame, pd.Index(series, dtype=object), index)

    def native_units(self, indicator: Words, area: Words, measure: Words) -> Words:
        """Return the unit in which each row's series was first met, empty where there is no series."""
        row = self.index[self._codes(indicator, area, measure)].max(axis=(1, 2, 3), initial=-1)
        codes, units = self._units
        return np.asarray(np.array(units, dtype=str)[codes[row]], dtype=str)

    def _codes(self, indicator: Words, area: Words, measure: Words) -> Ints:
        names = [f"{i}|{a}|{m}" for i, a, m in zip(indicator, area, measure, strict=True)]
        return self.series.get_indexer(pd.Index(names, dtype=object)).astype(np.int64)

    def gather(self, indicator: Words, area: Words, measure: Words, units: Words) -> Gathered:
        """Return the series of each row in the row's unit; a row without a series gets NaN.

        Raises:
            InputError: an observation's unit does not turn into the row's unit.
        """
        row = self.index[self._codes(indicator, area, measure)].astype(np.int64)
        value = significant(self._value[row] * self._factors(row, units))
        value[np.isnan(self._value[row])] = np.nan
        firm = self._firm[row]
        total, firm_total = _sum_of_months(value[:, MONTH], firm[:, MONTH], self._combined[row[:, MONTH]])
        total[measure != Measure.LEVEL.value] = np.nan
        stacked = np.concatenate([row, row[:, MONTH : MONTH + 1]], axis=1)
        return Gathered(
            np.concatenate([value, total[:, None]], axis=1),
            stacked,
            np.concatenate([firm, firm_total[:, None]], axis=1),
        )

    @cached_property
    def _value(self) -> Floats:
        return np.append(self.frame["value"].to_numpy(dtype=float), np.nan)

    @cached_property
    def _firm(self) -> Bools:
        loose = self.frame["quality"].isin([Quality.ESTIMATE.value, Quality.PRELIMINARY.value])
        return np.append(~loose.to_numpy(dtype=bool), True)

    @cached_property
    def _combined(self) -> Bools:
        return np.append(self.frame["flags"].str.contains("combined", regex=False).to_numpy(dtype=bool), False)

    @cached_property
    def _units(self) -> tuple[Ints, list[str]]:
        codes, units = pd.factorize(self.frame["unit"])
        return np.append(codes, len(units)).astype(np.int64), [*map(str, units), UNITLESS]

    def _factors(self, row: Ints, units: Words) -> Floats:
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
        padded = np.append(self.frame[column].to_numpy(dtype=object), "")
        return np.asarray(padded[row], dtype=object)


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
    total = np.cumsum(months, axis=2)
    total[:, :, 0] = value[:, :, 0]
    return significant(total), np.logical_and.accumulate(firm, axis=2)
