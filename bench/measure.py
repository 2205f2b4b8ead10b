"""Measure how fast a year is measured: `python bench/measure.py [--indicators 150] [--areas 300]` prints JSON lines.

The floor is measured in the same run: one vectorised NumPy pass over the same ready array, which computes the same columns of every
indicator, area and month at once, as if all were totals with one target, all there, in one unit, one caliber and two printed decimals. What
the product does beside it: every kind and comparator, missing months and carried readings, units and printed decimals, tolerances,
bands and baselines of each target's own.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from planwatch.model.calendar import ReleaseCalendar
from planwatch.model.target import Plan, Target
from planwatch.progress import judge
from planwatch.progress.known import known_observations
from planwatch.progress.ready import Ready
from planwatch.progress.rounding import round_half_away, significant
from planwatch.progress.year import measure_year

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


def main() -> None:
    """Run the case and print a line a step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--indicators", type=int, default=150)
    parser.add_argument("--areas", type=int, default=300)
    parser.add_argument("--repeat", type=int, default=3, help="each step is timed so often, the best counts")
    parser.add_argument(
        "--verdicts", action="store_true", help="also time one month's whole verdicts with their sentences"
    )
    given = parser.parse_args()
    case = f"{given.indicators}x{given.areas}x{12 * YEARS}"
    plan, values = a_plan(given.indicators, given.areas), an_array(given.indicators, given.areas)
    frame = a_frame(plan, values)

    def tell(step: str, seconds: float, floor: float | None = None) -> None:
        line = {"case": case, "step": step, "rows": values.size, "seconds": round(seconds, 3)}
        line |= {"floor_seconds": floor and round(floor, 3), "ratio": floor and round(seconds / floor, 2)}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1 << 20)
        sys.stdout.write(json.dumps(line | {"peak_rss_mb": round(peak)}) + "\n")
        sys.stdout.flush()

    indicators = {t.indicator for t in plan.targets}
    seconds, known = best(lambda: known_observations(frame, indicators, f"{YEAR}-12", None), 1)
    tell("newest vintages", seconds)
    seconds, ready = best(lambda: Ready.of(plan, known), 1)
    tell("make ready", seconds)
    floor, _ = best(lambda: one_pass(values), given.repeat)
    seconds, _ = best(lambda: measure_year(ready), given.repeat)
    tell("measure all months", seconds, floor)
    if given.verdicts:
        seconds, _ = best(lambda: judge(plan, frame, f"{YEAR}-09", calendar=ReleaseCalendar()), 1)
        tell("verdicts of one month, with sentences", seconds)


def best(work: Callable[[], Any], repeat: int) -> tuple[float, Any]:
    """Return the shortest time of the work and its result."""
    times, result = [], None
    for _ in range(repeat):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return min(times), result


def a_plan(indicators: int, areas: int) -> Plan:
    """Return one target an indicator and area."""
    kinds = [KINDS[n % len(KINDS)] for n in range(indicators)]
    first = [
        Target(id=f"t{n}", indicator=f"i{n}", name_zh="指标", kind=kind, area="a0", **GIVEN[kind])  # type: ignore[arg-type]
        for n, kind in enumerate(kinds)
    ]
    targets = tuple(t.model_copy(update={"area": f"a{a}"}) for a in range(areas) for t in first)
    return Plan(id="bench", year=YEAR, area="a0", title="", targets=targets)


def an_array(indicators: int, areas: int) -> np.ndarray:
    """Return (areas, indicators, years, 12) values that suit the kinds."""
    dice = np.random.default_rng(7)
    shape = (areas, indicators, YEARS, 12)
    noise, month = dice.uniform(0.9, 1.1, shape), np.arange(1, 13) / 12
    year = np.arange(YEARS)[:, None]
    total, level = 1000 * month * noise, 1000 + 200 * (year - YEARS + 1 + month) * noise
    kind = np.array([KINDS[n % len(KINDS)] for n in range(indicators)])[:, None, None]
    rate = np.broadcast_to(dice.uniform(3, 9, shape), shape)
    return np.round(np.where(kind == "cumulative", total, np.where(kind == "reach", level, rate)), 2)


def a_frame(plan: Plan, values: np.ndarray) -> pd.DataFrame:
    """Return the array as observations."""
    areas, indicators = values.shape[:2]
    periods = np.array([f"{YEAR - YEARS + 1 + y}-{m:02d}" for y in range(YEARS) for m in range(1, 13)], dtype=object)
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


def one_pass(values: np.ndarray) -> list[np.ndarray]:
    """Return the columns of `MeasuredYear` for totals of 1,000 that are all there: the floor, every month in one expression each."""
    past, now = values[..., :-1, :], values[..., -1, :]
    target, month = 1000.0, np.arange(1, 13)
    shares = past / past[..., 11:]
    seasonal, linear = shares.mean(axis=2), np.broadcast_to(month / 12, now.shape)
    left, last = np.maximum(12 - month, 1), past[..., -1, :]
    found = [round_half_away(100.0 * now / target, 2), significant((target - now) / left)]
    with np.errstate(divide="ignore", invalid="ignore"):
        found.append(round_half_away(100.0 * ((target - now) / (last[..., 11:] - last) - 1.0), 2))
    found += [significant(now / share) for share in (seasonal, shares.min(axis=2), shares.max(axis=2))]
    for share in (linear, seasonal, seasonal):
        expected = significant(target * share)
        variance = round_half_away(now - expected, 4)
        gap = round_half_away(100.0 * variance / target, 2)
        met = (now >= target) | ((month == 12) & (variance >= 0))
        lamp = np.select([met, variance >= 0, gap >= -10], [3, 9, 8], default=5).astype(np.int8)
        found += [expected, variance, gap, round_half_away(100.0 * share, 2), variance >= 0, lamp]
    made_up = (now[:, :, None] / target >= shares).sum(axis=2)
    return [*found, np.where(found[-5] < 0, made_up, 0)]


if __name__ == "__main__":
    main()
