"""Targets as columns: one array a property, one row a target, every amount in the unit its readings are judged in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planwatch.model.remembered import remembered
from planwatch.model.target import PACED_KINDS, Plan, Target
from planwatch.model.units import conversion_factor, is_percent, whole_step
from planwatch.model.vocabulary import Comparator, Kind, Measure, Pace
from planwatch.progress.rounding import Floats, significant

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Words = NDArray[np.str_]
Days = NDArray[np.datetime64]

PERCENT = "%"
POINTS = "百分点"
UNITLESS = ""
_UNITLESS_MEASURES = (Measure.RANK, Measure.DONE, Measure.REPORT)
_PERCENT_MEASURES = (Measure.GROWTH_YOY, Measure.RATIO)


@dataclass(frozen=True, kw_only=True)
class Targets:
    """The targets of a plan, columnar; shape (n,) everywhere, (n, 12) for `shares`.

    `target`, `baseline`, `tolerance`, `band`, `hysteresis` and `margin` are in `base_unit` (band and hysteresis of paced kinds in points of
    gap); NaN where there is none. `kind` is what the target is
    judged as: an assigned target with a number has become one of the others. `whole` is one whole thing in `base_unit`
    for counts with an integral T, else NaN.
    """

    id: Words
    indicator: Words
    area: Words
    kind: Words
    comparator: Words
    direction: Ints
    target: Floats
    baseline: Floats
    tolerance: Floats
    band: Floats
    hysteresis: Floats
    margin: Floats
    pace: Words
    shares: Floats
    frequency: Words
    net: Bools
    measure: Words
    base_unit: Words
    percent: Bools
    whole: Floats
    due: Days
    start_by: Days
    withdrawn_from: Days
    awaiting: Bools
    ref_indicator: Words
    ref_area: Words
    ref_measure: Words

    def is_kind(self, *kinds: Kind) -> Bools:
        """Return which rows are of one of the kinds."""
        return self._any_of("kind", *kinds)

    def has(self, *comparators: Comparator) -> Bools:
        """Return which rows have one of the comparators."""
        return self._any_of("comparator", *comparators)

    def paced_by(self, pace: Pace) -> Bools:
        """Return which rows keep the pace."""
        return self._any_of("pace", pace)

    def _any_of(self, column: str, *words: str) -> Bools:
        """Return which rows have one of a column's words: compared once, asked for many times. Not to be written to."""
        known = self._compared.get((column, *words))
        if known is None:
            known = np.isin(getattr(self, column), [str(word) for word in words])
            known.setflags(write=False)
            self._compared[column, *words] = known
        return known

    @cached_property
    def base_units(self) -> tuple[Words, Ints]:
        """Return the base units there are, and which of them each row has."""
        units, unit_of = np.unique(self.base_unit, return_inverse=True)
        return units, unit_of.astype(np.int64)

    @cached_property
    def read(self) -> tuple[list[tuple[str, str]], Ints]:
        """Return the indicators that are read, each with how often it is due, and which of them each row reads."""
        pairs = list(zip(self.indicator.tolist(), self.frequency.tolist(), strict=True))
        place = {pair: n for n, pair in enumerate(dict.fromkeys(pairs))}
        return list(place), np.array([place[pair] for pair in pairs], dtype=np.int64)

    @cached_property
    def _compared(self) -> dict[tuple[str, ...], Bools]:
        return {}

    @property
    def strict(self) -> Bools:
        """Return which rows must pass T, not only reach it (突破, 低于)."""
        return self.has(Comparator.GT, Comparator.LT)


def judged_kind(target: Target) -> Kind:
    """Return the kind a target is judged as.

    An assigned target whose number has come is a growth target if it is read as growth, a hold in percent, else cumulative; one that a
    department attests (measure done) is a milestone (DOMAIN §2).
    """
    if target.kind is not Kind.ASSIGNED:
        return target.kind
    if target.measure is Measure.DONE:
        return Kind.MILESTONE
    if target.measure is Measure.GROWTH_YOY:
        return Kind.GROWTH
    return Kind.HOLD if is_percent(target.unit) else Kind.CUMULATIVE


def direction(target: Target) -> int:
    """Return d. Of a bottom line the comparator alone says it: fewer breaches, or a ratio that must be reached (100%达标)."""
    if target.kind is not Kind.BOTTOM_LINE:
        return target.d
    less = target.read_measure is Measure.REPORT or target.comparator in {Comparator.LE, Comparator.LT}
    return -1 if less or not target.value else 1


def base_unit(target: Target) -> str:
    """Return the unit that the target's readings are turned into: % for growth and ratios, none for ranks and reports."""
    measure = target.read_measure
    if measure in _UNITLESS_MEASURES:
        return UNITLESS
    if measure in _PERCENT_MEASURES and (not target.unit or is_percent(target.unit)):
        return PERCENT
    return target.base_unit or target.unit


def spoken_unit(target: Target) -> str:
    """Return the unit that a verdict's figures are shown with: `base_unit`, but points (百分点) for a change of a ratio.

    None for states of a task, reports and ranks, whatever the indicator's levels are kept in.
    """
    unit = base_unit(target)
    return POINTS if target.kind is Kind.CHANGE_PP and is_percent(unit) else unit


def factor_between(source: str, goal: str) -> float:
    """Return the conversion factor of two units, where % and 百分点 are interchangeable and a missing unit is the other.

    Raises:
        InputError: they measure different things, or one is unknown.
    """
    if not source or not goal or (is_percent(source) and is_percent(goal)):
        return 1.0
    return conversion_factor(source, goal)


@remembered
def columns_of(plan: Plan) -> Targets:
    """Return the plan's targets as columns, which are shared by all who ask of the same plan: not to be written to.

    Raises:
        InputError: a printed unit that does not turn into the target's base unit.
    """
    rows = plan.targets
    bases, measures = [base_unit(t) for t in rows], [t.read_measure for t in rows]
    factors = [factor_between(t.unit, u) if u else 1.0 for t, u in zip(rows, bases, strict=True)]
    scaled = _Scaled(rows, np.array(factors, dtype=float))
    kinds = [judged_kind(t) for t in rows]
    value = scaled(t.value for t in rows)
    return Targets(
        id=_words(t.id for t in rows),
        indicator=_words(t.indicator for t in rows),
        area=_words(t.area or plan.area for t in rows),
        kind=_words(kinds),
        comparator=_words(t.comparator for t in rows),
        direction=np.array([direction(t) for t in rows], dtype=np.int64),
        target=value,
        baseline=scaled(t.baseline.value if t.baseline else None for t in rows),
        tolerance=scaled(t.tolerance for t in rows),
        band=np.where([k in PACED_KINDS for k in kinds], _floats(t.band for t in rows), scaled(t.band for t in rows)),
        hysteresis=np.where(
            [k in PACED_KINDS for k in kinds], _floats(t.hysteresis for t in rows), scaled(t.hysteresis for t in rows)
        ),
        margin=scaled(t.margin for t in rows),
        pace=_words(t.pace for t in rows),
        shares=np.array([t.shares or (np.nan,) * 12 for t in rows], dtype=float).reshape(-1, 12),
        frequency=_words(t.frequency for t in rows),
        net=np.array([t.net for t in rows], dtype=bool),
        measure=_words(measures),
        base_unit=_words(bases),
        percent=np.array([is_percent(u) for u in bases], dtype=bool),
        whole=_whole(value, bases),
        due=_days(t.deadline or date(plan.year, 12, 31) for t in rows),
        start_by=_days(t.start_by for t in rows),
        withdrawn_from=_days(t.withdrawn_from for t in rows),
        awaiting=np.array([t.kind is Kind.ASSIGNED and _unassigned(t) for t in rows], dtype=bool),
        ref_indicator=_words(t.reference.indicator if t.reference else "" for t in rows),
        ref_area=_words((t.reference.area if t.reference else None) or t.area or plan.area for t in rows),
        ref_measure=_words(
            (t.reference.measure if t.reference else None) or m for t, m in zip(rows, measures, strict=True)
        ),
    )


def _unassigned(target: Target) -> bool:
    return target.value is None and target.measure is not Measure.DONE


@dataclass(frozen=True, slots=True)
class _Scaled:
    """Turns printed amounts into base units."""

    rows: tuple[Target, ...]
    factors: Floats

    def __call__(self, values: Iterable[float | None]) -> Floats:
        return significant(_floats(values) * self.factors)


def _whole(value: Floats, units: list[str]) -> Floats:
    step = _floats(whole_step(u) if u else None for u in units)
    things = value / step
    return np.where(np.abs(things - np.round(things)) < 1e-6, step, np.nan)


def _words(values: Iterable[Any]) -> Words:
    return np.array([str(v) for v in values], dtype=np.str_)


def _floats(values: Iterable[float | None]) -> Floats:
    return np.array([np.nan if v is None else v for v in values], dtype=float)


def _days(values: Iterable[date | None]) -> Days:
    return np.array([np.datetime64(v, "D") if v else np.datetime64("NaT", "D") for v in values], dtype="datetime64[D]")
