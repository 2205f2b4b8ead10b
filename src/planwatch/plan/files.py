"""The shapes of the files that a planner edits: what the JSON Schemas are generated from."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from planwatch.model.base import Frozen
from planwatch.model.place import Area, Department
from planwatch.model.target import Indicator, PlanHead, Target, Thresholds


class Defaults(Frozen):
    """What holds unless a target says otherwise."""

    thresholds: Thresholds = Field(Thresholds(), description="Amber bands and tolerances.")


class PlanFile(Frozen):
    """`targets.yaml`, `plans/<year>.yaml`: a year's plan, its checkable commitments in the plan's order."""

    plan: PlanHead = Field(description="Which plan it is.")
    defaults: Defaults = Field(Defaults(), description="Thresholds of every target that sets none of its own.")
    targets: Annotated[tuple[Target, ...], Field(min_length=1, description="One entry a commitment.")]


class IndicatorFile(Frozen):
    """`indicators.yaml`: the statistical indicators that plans, feeds and samples speak of."""

    indicators: Annotated[tuple[Indicator, ...], Field(min_length=1)]


class AreaFile(Frozen):
    """`areas.yaml`: the places that figures are published for."""

    areas: Annotated[tuple[Area, ...], Field(min_length=1)]


class DepartmentFile(Frozen):
    """`departments.yaml`: who answers for targets and reads their mail."""

    departments: Annotated[tuple[Department, ...], Field(min_length=1)]
