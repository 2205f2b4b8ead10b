"""Plans and observations for tests, as short as a worked example."""

import pandas as pd

from planwatch.model.calendar import ReleaseCalendar
from planwatch.model.target import Plan, Target, Thresholds
from planwatch.progress import judge

AREA = "baotou"
CALENDAR = ReleaseCalendar()
SPAN_OF = {"growth": "ytd", "cumulative": "ytd", "relative": "ytd", "rank": "ytd", "bottom_line": "ytd"}


def target(kind, value=None, comparator="ge", **rest):
    """Return a target whose indicator is its id, in units that suit its kind."""
    unit = {"growth": "%", "change_pp": "百分点", "relative": "百分点", "rank": "位"}.get(kind, "")
    given = {"id": "it", "name_zh": "指标", "name_en": "The indicator", "unit": unit, **rest}
    given.setdefault("indicator", given["id"])
    return Target(kind=kind, comparator=comparator, value=value, **given)


def plan(*targets, year=2026, **thresholds):
    return Plan(id=f"test-{year}", year=year, area=AREA, title="", thresholds=Thresholds(**thresholds), targets=targets)


def obs(period, value, *, indicator="it", span="ytd", measure="level", unit="", area=AREA, **rest):
    """Return one observation as a mapping."""
    return {
        "indicator": indicator, "area": area, "period": period, "span": span, "measure": measure, "value": value, "unit": unit, **rest,
    }  # fmt: skip


def growth(period, value, **rest):
    return obs(period, value, **{"measure": "growth_yoy", "unit": "%", **rest})


def ratio(period, value, **rest):
    return obs(period, value, **{"measure": "ratio", "unit": "%", "span": "point", **rest})


def frame(*rows):
    columns = ["indicator", "area", "period", "span", "measure", "value", "unit"]
    return pd.DataFrame(list(rows)) if rows else pd.DataFrame(columns=columns)


def verdicts(targets, rows, period, *, thresholds=None, **rest):
    """Judge targets (one or several) by rows; readings not yet due are not asked for."""
    several = targets if isinstance(targets, tuple) else (targets,)
    made = plan(*several, year=int(period[:4]), **(thresholds or {}))
    return judge(made, frame(*rows), period, calendar=rest.pop("calendar", CALENDAR), **rest)


def verdict(target, rows, period, **rest):
    """Judge one target and return its row."""
    return verdicts(target, rows, period, **rest).iloc[0]
