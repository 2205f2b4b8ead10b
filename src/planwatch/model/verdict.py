"""Verdicts (评价): what is said of one target in one period."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planwatch.model.vocabulary import Kind, Measure

CONTRACT_COLUMNS = (
    "id", "area", "tier", "period", "reading_period", "reading_state", "actual", "expected", "variance", "progress_pct",
    "schedule_pct", "gap_pp", "on_schedule", "seasonal_expected", "seasonal_gap_pp", "seasonal_status", "required_amount",
    "required_growth_pct", "projection", "projection_low", "projection_high", "status", "provisional", "reason_zh", "reason_en",
    "projection_method", "projection_years", "projection_lacking", "make_up_years", "make_up_n",
)  # fmt: skip
"""The columns that `planwatch judge` writes, in order: a public contract.

`actual`, `expected`, `variance`, `seasonal_expected`, `required_amount` and the projections are in the target's unit (points
for growth, change_pp and percentages); `*_pct` in percent; `gap_pp` in percentage points of the year's task. `projection_method` is a
`ProjectionMethod` resting on `projection_years` past years, or empty with `projection_lacking` (a `NoProjection`) saying why. In
`make_up_years` of `make_up_n` complete past years a gap of this size was made up by the year's end; empty where the target is not
behind or too few years are complete.
"""

EXTRA_COLUMNS = (
    "linear_expected", "linear_gap_pp", "linear_status", "reason_code", "reading_age_months", "reading_span",
    "reading_quality", "reading_origin", "reference_actual", "unit", "indicator", "kind", "observation_key", "reference_key",
)  # fmt: skip
"""What the warehouse keeps besides. `unit` is what the figures are shown with: 百分点 for a change of a ratio, none for states of a
task, reports and ranks. `observation_key` and `reference_key` are `indicator|area|period|span|measure` of the readings used."""

VERDICT_COLUMNS = (*CONTRACT_COLUMNS, *EXTRA_COLUMNS)


def is_state(row: Mapping[str, Any]) -> bool:
    """Return whether a verdict's figures are states of a task (0 not started, 0.5 started, 1 done) and no amounts.

    Of a milestone, and of an assigned target which the department attests.
    """
    key = row.get("observation_key")
    return row.get("kind") == Kind.MILESTONE or (isinstance(key, str) and key.endswith(f"|{Measure.DONE}"))
