"""The verdict frame: what was measured and decided, in the columns of the contract."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planwatch.model.period import make_period, month_of
from planwatch.model.remembered import remembered
from planwatch.model.target import Plan
from planwatch.model.verdict import VERDICT_COLUMNS
from planwatch.model.vocabulary import Kind, NoProjection, Status
from planwatch.progress.columns import Bools, Targets, columns_of, spoken_unit
from planwatch.progress.cube import CALIBERS, Cube
from planwatch.progress.makeup import MadeUp
from planwatch.progress.measure import Gap, Limits, Task, progress_pct
from planwatch.progress.outlook import Outlook
from planwatch.progress.places import spoken_decimals
from planwatch.progress.rounding import Floats, round_half_away
from planwatch.progress.select import Picked
from planwatch.progress.shapes import Told, sentences
from planwatch.progress.status import CODE, Facts, on_schedule, reading_states, statuses
from planwatch.progress.wording import SPOKEN

_BLANK = (Status.WITHDRAWN.value, Status.AWAITING_TARGET.value, Status.NOT_ASSESSABLE.value)
"""Statuses under which nothing is compared: every figure but the reading itself stays empty."""

Objects = NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Everything measured, (n,) each: `gap` by the pace that sets the status, `linear` and `seasonal` beside it.

    `breached` (n, 12) are the months whose report breached a bottom line.
    """

    picked: Picked
    task: Task
    limits: Limits
    share: Floats
    seasonal_there: Bools
    fell_back: Bools
    gap: Gap
    linear: Gap
    seasonal: Gap
    outlook: Outlook
    made_up: MadeUp
    breached: Bools


def verdict_frame(  # noqa: PLR0917 - the whole of what was found, once
    plan: Plan, targets: Targets, cube: Cube, measured: Measured, facts: Facts, period: str
) -> pd.DataFrame:
    """Return the verdicts with `VERDICT_COLUMNS`, one row a target in the plan's order."""
    status = statuses(targets, measured.task, measured.gap, facts, measured.limits)
    at_once = replace(facts, before=np.full(len(status), CODE[Status.ON_TRACK]))
    blank = np.isin(status, _BLANK)
    columns = {
        **_entries(plan),
        "period": period,
        "status": status.astype(object),
        "reason_code": _where(facts.reason_code, status == Status.NOT_ASSESSABLE.value),
        **_compared(measured, blank),
        **_outlook(measured, blank, reached=status == Status.ACHIEVED.value),
        **_official(targets, measured, blank),
        **_other_paces(targets, measured, at_once, blank),
        **_reading(plan, cube, measured.picked, facts, month_of(period)),
    }
    frame = pd.DataFrame(columns, index=range(len(plan.targets)))
    held_back = status != statuses(targets, measured.task, measured.gap, at_once, measured.limits)
    frame["reason_zh"], frame["reason_en"] = _reasons(plan, targets, measured, frame, held_back)
    return frame[list(VERDICT_COLUMNS)]


@remembered
def _entries(plan: Plan) -> dict[str, pd.Series[Any]]:
    """Return what a verdict says of its target whatever was measured."""
    targets = columns_of(plan)
    said = {
        "id": [t.id for t in plan.targets],
        "area": targets.area.astype(object),
        "tier": [t.tier.value for t in plan.targets],
        "kind": [t.kind.value for t in plan.targets],
        "indicator": targets.indicator.astype(object),
        "unit": [spoken_unit(t) for t in plan.targets],
    }
    return {name: pd.Series(words, dtype="str") for name, words in said.items()}


def _compared(measured: Measured, blank: Bools) -> dict[str, Floats]:
    """Return the figures of the pace that sets the status, empty where nothing is compared."""
    ahead = measured.outlook
    figures = {
        "expected": measured.gap.expected,
        "variance": measured.gap.variance,
        "progress_pct": progress_pct(measured.task),
        "schedule_pct": round_half_away(100.0 * measured.share, 2),
        "gap_pp": measured.gap.gap_pp,
        "required_amount": ahead.required_amount,
        "required_growth_pct": ahead.required_growth_pct,
        "projection": ahead.projection.value,
        "projection_low": ahead.projection.low,
        "projection_high": ahead.projection.high,
    }
    shown = {name: np.where(blank, np.nan, values) for name, values in figures.items()}
    return {"actual": measured.task.actual, "reference_actual": measured.picked.reference, **shown}


def _outlook(measured: Measured, blank: Bools, reached: Bools) -> dict[str, Objects]:
    """Return by which method the year was projected, or why not, and how often such a gap was made up.

    What has `reached` its target has nothing to make up, though past years were further by now.
    """
    ahead, made_up = measured.outlook.projection, measured.made_up
    there, counted = (ahead.method != "") & ~blank, made_up.there & ~blank & ~reached
    lacking = np.where(blank, NoProjection.NOT_ASSESSED.value, ahead.lacking)
    return {
        "projection_method": _where(ahead.method, there),
        "projection_years": _where(ahead.years, there),
        "projection_lacking": _where(lacking, ~there),
        "make_up_years": _where(made_up.years, counted),
        "make_up_n": _where(made_up.of, counted),
    }


def _official(targets: Targets, measured: Measured, blank: Bools) -> dict[str, Objects]:
    there = ~np.isnan(measured.gap.variance) & ~blank
    return {"on_schedule": _where(on_schedule(targets, measured.task, measured.gap, measured.picked.month), there)}


def _other_paces(targets: Targets, measured: Measured, facts: Facts, blank: Bools) -> dict[str, Any]:
    """Return the linear and the seasonal verdict of the paced kinds, side by side."""
    sides = (
        ("linear", measured.linear, measured.task.paced & ~blank),
        ("seasonal", measured.seasonal, measured.seasonal_there & ~blank),
    )
    columns: dict[str, Any] = {}
    for name, gap, shown in sides:
        columns[f"{name}_expected"] = np.where(shown, gap.expected, np.nan)
        columns[f"{name}_gap_pp"] = np.where(shown, gap.gap_pp, np.nan)
        columns[f"{name}_status"] = _where(statuses(targets, measured.task, gap, facts, measured.limits), shown)
    return columns


def _reading(plan: Plan, cube: Cube, picked: Picked, facts: Facts, judged: int) -> dict[str, Any]:
    """Return where the reading comes from, how old and how firm it is."""
    has, origin = picked.row >= 0, cube.cells(picked.row, "origin")
    spans = np.array([*CALIBERS, ""], dtype=object)[picked.caliber]
    return {
        "reading_period": np.array([None, *(make_period(plan.year, m) for m in range(1, 13))])[picked.month],
        "reading_state": reading_states(picked.month, judged, facts.overdue).astype(object),
        "reading_age_months": _where(judged - picked.month, has),
        "reading_span": _where(spans, has),
        "reading_quality": _where(cube.cells(picked.row, "quality"), has),
        "reading_origin": _where(origin, has & (origin != "")),
        "provisional": ~(picked.firm & picked.reference_firm),
        "observation_key": pd.Series(cube.keys(picked.row), dtype=object),
        "reference_key": pd.Series(cube.keys(picked.reference_row), dtype=object),
    }


def _where(values: Any, there: Bools) -> Objects:
    """Return values as Python objects, None where they do not stand."""
    column = np.asarray(values).astype(object)
    column[~there] = None
    return column


def _reasons(
    plan: Plan, targets: Targets, measured: Measured, frame: pd.DataFrame, held_back: Bools
) -> tuple[list[str], list[str]]:
    task, places = measured.task, measured.limits.places
    month = measured.picked.month
    breached = measured.breached & (np.arange(1, 13) < month[:, None])
    facts = {
        "kind": targets.kind,
        "month": month,
        "target_value": targets.target,
        "baseline": task.baseline,
        "decimals": spoken_decimals(targets, task, measured.gap, places),
        "direction": targets.direction,
        "paced": task.paced,
        "held": task.held & ~targets.is_kind(Kind.HOLD),
        "fell_back": measured.fell_back,
        "held_back": held_back,
        "reference_waits": measured.picked.newest > month,
        "due": targets.due,
    }
    breaches: list[tuple[int, ...]] = [()] * len(month)
    for n in np.flatnonzero(breached.any(axis=1)).tolist():
        breaches[n] = tuple((np.flatnonzero(breached[n]) + 1).tolist())
    return sentences(Told(targets=plan.targets, facts=facts, spoken=spoken(frame), breaches=breaches))


def spoken(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """Return what the sentences say, as Python objects: column by column, which is several times quicker than by row."""
    return {name: frame[name].tolist() for name in SPOKEN}
