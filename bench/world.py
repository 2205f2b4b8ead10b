"""A made-up country for measuring speed: indicators × areas × months, one target an indicator and area; seeded, so always the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from planwatch.model.target import Plan, Target

YEAR, YEARS = 2026, 4
KINDS = ("cumulative",) * 10 + ("growth",) * 4 + ("reach",) * 3 + ("hold",) * 2 + ("relative",)
"""The mix of kinds, repeated over the indicators."""
READ = {
    "cumulative": ("ytd", "level", "亿元"),
    "growth": ("ytd", "growth_yoy", "%"),
    "reach": ("point", "level", "家"),
    "hold": ("ytd", "ratio", "%"),
    "relative": ("ytd", "growth_yoy", "%"),
}
GIVEN: dict[str, dict[str, Any]] = {
    "cumulative": {"value": 1000, "unit": "亿元", "pace": "seasonal"},
    "growth": {"value": 6, "unit": "%"},
    "reach": {"value": 1200, "unit": "家", "baseline": {"value": 1000}},
    "hold": {"value": 5, "unit": "%"},
    "relative": {"unit": "百分点", "comparator": "gt", "reference": {"indicator": "i10"}},
}


def best(work: Callable[[], Any], repeat: int) -> tuple[float, Any]:
    """Return the shortest time of the work and its result."""
    times, result = [], None
    for _ in range(repeat):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return min(times), result


def a_plan(indicators: int, areas: int, first_area: int = 0) -> Plan:
    """Return one target an indicator and area, areas numbered from `first_area`."""
    kinds = [KINDS[n % len(KINDS)] for n in range(indicators)]
    first = [
        Target(id=f"t{n}", indicator=f"i{n}", name_zh="指标", kind=kind, area="a0", **GIVEN[kind])  # type: ignore[arg-type]
        for n, kind in enumerate(kinds)
    ]
    numbers = range(first_area, first_area + areas)
    targets = tuple(t.model_copy(update={"area": f"a{a}"}) for a in numbers for t in first)
    return Plan(id="bench", year=YEAR, area=f"a{first_area}", title="", targets=targets)


def an_array(indicators: int, areas: int, years: int = YEARS, seed: int = 7) -> np.ndarray:
    """Return (areas, indicators, years, 12) values that suit the kinds."""
    dice = np.random.default_rng(seed)
    shape = (areas, indicators, years, 12)
    noise, month = dice.uniform(0.8, 1.2, (*shape[:3], 1)) * dice.uniform(0.995, 1.005, shape), np.arange(1, 13) / 12
    year = np.arange(years)[:, None]
    total, level = 1000 * month * noise, 1000 + 200 * (year - years + 1 + month) * noise
    kind = np.array([KINDS[n % len(KINDS)] for n in range(indicators)])[:, None, None]
    rate = np.broadcast_to(dice.uniform(3, 9, shape), shape)
    return np.round(np.where(kind == "cumulative", total, np.where(kind == "reach", level, rate)), 2)


def a_frame(plan: Plan, values: np.ndarray) -> pd.DataFrame:
    """Return the array as observations."""
    areas, indicators, years = values.shape[:3]
    periods = np.array([f"{YEAR - years + 1 + y}-{m:02d}" for y in range(years) for m in range(1, 13)], dtype=object)
    of = np.repeat(np.arange(areas * indicators), len(periods))
    read = np.array([READ[t.kind.value] for t in plan.targets], dtype=object)
    columns = {
        "indicator": np.array([t.indicator for t in plan.targets], dtype=object)[of],
        "area": np.array([t.area for t in plan.targets], dtype=object)[of],
        "period": np.tile(periods, areas * indicators),
        "span": read[of, 0],
        "measure": read[of, 1],
        "value": values.reshape(-1),
        "unit": read[of, 2],
        "decimals": 2,
    }
    return pd.DataFrame(columns)


def released(frame: pd.DataFrame) -> pd.DataFrame:
    """Return observations with every column that reading a release gives them."""
    printed = pd.Series(frame["value"].map("{:.2f}".format), index=frame.index, dtype="str")
    given: dict[str, Any] = {
        "text": printed, "quality": "final", "published_at": date(YEAR + 1, 1, 20), "source": "bench.csv", "sheet": "",
        "row": np.arange(2, len(frame) + 2), "column": "value", "printed_unit": frame["unit"], "origin": "published", "flags": "",
    }  # fmt: skip
    words = (
        "indicator",
        "area",
        "period",
        "span",
        "measure",
        "unit",
        "quality",
        "source",
        "sheet",
        "column",
        "origin",
        "flags",
    )
    return frame.assign(**given).astype(dict.fromkeys((*words, "printed_unit"), "str"))
