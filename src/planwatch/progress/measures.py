"""How a target is read that does not say it all: in which measure, how often, and by what number where it is assigned."""

from __future__ import annotations

from collections.abc import Mapping, Set

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planwatch.errors import InputError
from planwatch.model.calendar import MONTHS_OF
from planwatch.model.codes import coded, combinations, where
from planwatch.model.period import month_of
from planwatch.model.remembered import remembered
from planwatch.model.target import Plan, Target
from planwatch.model.units import is_percent
from planwatch.model.vocabulary import Frequency, Kind, Measure
from planwatch.progress.columns import factor_between
from planwatch.progress.numbering import numbered

_ALTERNATIVES = {
    Kind.CUMULATIVE: (Measure.LEVEL, Measure.RATIO),
    Kind.REACH: (Measure.LEVEL, Measure.RATIO),
    Kind.CHANGE_PP: (Measure.RATIO, Measure.LEVEL),
    Kind.HOLD: (Measure.LEVEL, Measure.RATIO, Measure.GROWTH_YOY),
    Kind.ASSIGNED: (Measure.LEVEL, Measure.RATIO, Measure.GROWTH_YOY, Measure.DONE),
    Kind.RELATIVE: (Measure.GROWTH_YOY, Measure.RATIO, Measure.LEVEL),
    Kind.BOTTOM_LINE: (Measure.REPORT, Measure.RATIO, Measure.LEVEL),
}
"""Measures a kind can be read in. Growth, ranks and milestones have but one."""

_QUARTER_ENDS = frozenset(MONTHS_OF[Frequency.QUARTERLY])
Units = Mapping[Measure, frozenset[str]]


def read_as_published(plan: Plan, known: pd.DataFrame) -> Plan:
    """Return the plan with the measure filled in of targets that name none and are not published in their default one.

    Such a target is read in the only other measure that its indicator and area have among the known observations, if the kind can be
    read in it and the unit fits: percent for ratios and growth, a unit that converts for levels, no percent for reports. Where two
    fit, neither is taken.
    """
    series = combinations(known, ["indicator", "area", "measure", "unit"])
    there = set(zip(*(series[c].tolist() for c in ("indicator", "area", "measure")), strict=True))
    asked = {(indicator, area) for indicator, area, _ in _usual(plan) - there}
    if not asked:
        return plan
    found = _published(series, asked)
    return plan.with_targets(_read(t, found.get((t.indicator, t.area or plan.area), {})) for t in plan.targets)


def as_assigned(plan: Plan, known: pd.DataFrame) -> Plan:
    """Return the plan with the numbers of `assigned` targets that the superior has set by now (measure `assigned`, the newest one).

    The number stands in the unit of its observation; a target whose own file gives a value keeps that. Of several spans of one month
    the last in the order of their words counts: the observations come in no order.
    """
    if not _waits(plan):
        return plan
    tasks = known[known["measure"] == Measure.ASSIGNED.value]
    # as words: categories have an order of their own
    tasks = tasks.astype({"period": "str", "span": "str"}).sort_values(["period", "span"])
    columns = tasks[["indicator", "area", "value", "unit"]]
    newest = {
        (indicator, area): (value, unit) for indicator, area, value, unit in columns.itertuples(index=False, name=None)
    }
    return plan.with_targets(_assigned(t, newest.get((t.indicator, t.area or plan.area))) for t in plan.targets)


def _assigned(target: Target, task: tuple[float, str] | None) -> Target:
    if target.kind is not Kind.ASSIGNED or target.value is not None or task is None:
        return target
    value, unit = task
    return target.model_copy(update={"value": float(value), "unit": unit, "base_unit": unit})


@remembered
def _usual(plan: Plan) -> frozenset[tuple[str, str, str]]:
    """Return the series, in their kind's measure, of the targets that name none."""
    return frozenset(
        (t.indicator, t.area or plan.area, t.read_measure.value) for t in plan.targets if t.measure is None
    )


@remembered
def _waits(plan: Plan) -> bool:
    """Return whether any target's number is still to be assigned."""
    return any(t.kind is Kind.ASSIGNED and t.value is None for t in plan.targets)


def _published(
    series: pd.DataFrame, asked: Set[tuple[str, str]]
) -> dict[tuple[str, str], dict[Measure, frozenset[str]]]:
    """Return the units of every measure of the indicators and areas asked for."""
    found: dict[tuple[str, str], dict[Measure, frozenset[str]]] = {}
    for indicator, area, measure, unit in series.itertuples(index=False, name=None) if asked else ():
        if (indicator, area) in asked:
            units = found.setdefault((indicator, area), {})
            units[Measure(measure)] = units.get(Measure(measure), frozenset()) | {unit}
    return found


def _read(target: Target, published: Units) -> Target:
    usual = target.read_measure
    if target.measure is not None or not published or usual in published:
        return target
    fitting = [m for m in _ALTERNATIVES.get(target.kind, ()) if m in published and _fits(target, m, published[m])]
    return target.model_copy(update={"measure": fitting[0]}) if len(fitting) == 1 else target


def _fits(target: Target, measure: Measure, units: frozenset[str]) -> bool:
    if measure in (Measure.RATIO, Measure.GROWTH_YOY):
        return not target.unit or is_percent(target.unit)
    if measure is Measure.REPORT:
        return not is_percent(target.unit)
    return all(_converts(unit, target.unit) for unit in units)


def _converts(source: str, goal: str) -> bool:
    try:
        factor_between(source, goal)
    except InputError:
        return False
    return True


_A_YEAR_OF_QUARTERS = 4
"""Readings from which on a series is known to be quarterly, where none of them is of another month."""


def read_as_often_as_published(plan: Plan, known: pd.DataFrame) -> Plan:
    """Return the plan with targets quarterly that state no `frequency` and whose indicator is published for quarters alone.

    That is known from four readings on, over the years, of which at least two are of other quarters than the last: yearly figures
    are no sign of a quarterly release. A stated frequency is a duty and stands.

    Args:
        plan: the targets as their file has them.
        known: the known observations.
    """
    series = combinations(known[_never_between_quarters(known)], ["indicator", "area", "measure", "period"])
    months: dict[tuple[str, str, str], list[int]] = {}
    for *key, period in series.itertuples(index=False, name=None):
        months.setdefault(tuple(key), []).append(month_of(period))
    quarterly = {key for key, found in months.items() if _are_quarters(found)}
    if not quarterly:
        return plan
    read = read_as_published(plan, known).targets
    return plan.with_targets(
        target.model_copy(update={"frequency": Frequency.QUARTERLY})
        if "frequency" not in target.model_fields_set
        and (target.indicator, target.area or plan.area, str(as_read.read_measure)) in quarterly
        else target
        for target, as_read in zip(plan.targets, read, strict=True)
    )


def _never_between_quarters(known: pd.DataFrame) -> NDArray[np.bool_]:
    """Return the rows of the series that have nothing of a month within a quarter, as most have."""
    told = (coded(known[column]) for column in ("indicator", "area", "measure"))
    series = numbered(((codes, len(words)) for codes, words in told), len(known))
    within = where(known["period"], lambda period: month_of(period) not in _QUARTER_ENDS)
    return np.asarray(np.bincount(series, weights=within, minlength=1)[series] == 0, dtype=bool)


def _are_quarters(months: list[int]) -> bool:
    early = sum(month < max(_QUARTER_ENDS) for month in months)
    return set(months) <= _QUARTER_ENDS and len(months) >= _A_YEAR_OF_QUARTERS and early > 1
