"""In which measure a target is read that names none: its kind's, else the only fitting one that is published; and what was assigned."""

from __future__ import annotations

from collections.abc import Mapping, Set

import pandas as pd

from planwatch.errors import InputError
from planwatch.model.remembered import remembered
from planwatch.model.target import Plan, Target
from planwatch.model.units import is_percent
from planwatch.model.vocabulary import Kind, Measure
from planwatch.progress.columns import factor_between

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

Units = Mapping[Measure, frozenset[str]]


def read_as_published(plan: Plan, known: pd.DataFrame) -> Plan:
    """Return the plan with the measure filled in of targets that name none and are not published in their default one.

    Such a target is read in the only other measure that its indicator and area have among the known observations, if the kind can be
    read in it and the unit fits: percent for ratios and growth, a unit that converts for levels, no percent for reports. Where two
    fit, neither is taken.
    """
    series = known[["indicator", "area", "measure", "unit"]].drop_duplicates()
    there = set(zip(*(series[c].tolist() for c in ("indicator", "area", "measure")), strict=True))
    asked = {(indicator, area) for indicator, area, measure in _usual(plan) if (indicator, area, measure) not in there}
    found = _published(series, asked)
    return plan.with_targets(_read(t, found.get((t.indicator, t.area or plan.area), {})) for t in plan.targets)


def as_assigned(plan: Plan, known: pd.DataFrame) -> Plan:
    """Return the plan with the numbers of `assigned` targets that the superior has set by now (measure `assigned`, the newest one).

    The number stands in the unit of its observation; a target whose own file gives a value keeps that.
    """
    tasks = known[known["measure"] == Measure.ASSIGNED.value].sort_values("period", kind="stable")
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
def _usual(plan: Plan) -> list[tuple[str, str, str]]:
    """Return the series, in their kind's measure, of the targets that name none."""
    return [(t.indicator, t.area or plan.area, t.read_measure.value) for t in plan.targets if t.measure is None]


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
