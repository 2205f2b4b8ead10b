"""A whole year measured at once: every month of every target, as arrays (for bulk work; `judge` makes one month's verdicts)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planwatch.progress.columns import Bools
from planwatch.progress.measure import progress_pct
from planwatch.progress.ready import Ready
from planwatch.progress.rounding import Floats, round_half_away
from planwatch.progress.status import Codes, Facts, on_schedule, status_codes
from planwatch.progress.steady import lamps_before


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredYear:
    """The figures of every target and month, (n, 12) each, by the names of the verdict's columns.

    Statuses are places in `planwatch.progress.status.WORDS`. They are what the figures alone say: lateness, which the calendar decides,
    and what is withdrawn, unassigned or without a source or reference stand in the verdicts of `judge` only.
    """

    actual: Floats
    expected: Floats
    variance: Floats
    progress_pct: Floats
    schedule_pct: Floats
    gap_pp: Floats
    on_schedule: Bools
    status: Codes
    linear_status: Codes
    seasonal_status: Codes
    required_amount: Floats
    required_growth_pct: Floats
    projection: Floats
    make_up_years: NDArray[np.int64]
    make_up_n: NDArray[np.int64]


def measure_year(ready: Ready) -> MeasuredYear:
    """Return all twelve months of the plan's year, each as if nothing later were known."""
    months = [_month(ready, month) for month in range(1, 13)]
    return MeasuredYear(**{name: np.stack([m[name] for m in months]).T for name in months[0]})


def _month(ready: Ready, month: int) -> dict[str, NDArray[np.generic]]:
    targets, measured = ready.targets, ready.measured(month)
    task, gap, ahead = measured.task, measured.gap, measured.outlook
    plain = Facts.of_figures(measured.picked.month)
    steady = replace(plain, before=lamps_before(ready, month))
    linear, seasonal = (
        status_codes(targets, task, by, plain, measured.limits) for by in (measured.linear, measured.seasonal)
    )
    return {
        "actual": task.actual,
        "expected": gap.expected,
        "variance": gap.variance,
        "progress_pct": progress_pct(task),
        "schedule_pct": round_half_away(100.0 * measured.share, 2),
        "gap_pp": gap.gap_pp,
        "on_schedule": on_schedule(targets, task, gap, measured.picked.month),
        "status": status_codes(targets, task, gap, steady, measured.limits),
        "linear_status": linear,
        "seasonal_status": seasonal,
        "required_amount": ahead.required_amount,
        "required_growth_pct": ahead.required_growth_pct,
        "projection": ahead.projection.value,
        "make_up_years": measured.made_up.years,
        "make_up_n": measured.made_up.of,
    }
