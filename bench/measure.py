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

import numpy as np
from world import YEAR, YEARS, a_frame, a_plan, an_array, best

from planwatch.model.calendar import ReleaseCalendar
from planwatch.progress import judge
from planwatch.progress.known import known_observations
from planwatch.progress.ready import Ready
from planwatch.progress.rounding import round_half_away, significant
from planwatch.progress.year import measure_year


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
