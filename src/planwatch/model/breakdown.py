"""Breakdown by area (指标分解): what each flag, county, district or zone is to contribute to a target of the whole."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from planwatch.model.amendment import Amendment
from planwatch.model.base import Baseline, Flag, Frozen, Line, Number, Remark


class Relation(StrEnum):
    """How the parts make the whole: they add up to it, their weighted mean is it, or neither."""

    SUM = "sum"
    WEIGHTED = "weighted"
    NONE = "none"


class Part(Frozen):
    """One area's part of a target. What it leaves out is as in the whole; numbers stand in the whole's unit."""

    area: str = Field(description="Id in areas.yaml of a place within the whole's area.")
    value: Number | None = Field(None, description="The area's T; left out only where the whole has no number.")
    value_high: Number | None = Field(None, description="Upper end of the area's range.")
    phrase: Line = Field("", description="The figure phrase of the order; left out it is made of value and comparator.")
    weight: Number | None = Field(
        None, gt=0, description="Weight in the mean, such as last year's level; relation weighted only."
    )
    baseline: Baseline | None = Field(None, description="Where the area starts; the whole's baseline is never its own.")
    tolerance: Number | None = Field(None, ge=0, description="Of 左右, for the area.")
    band: Number | None = Field(None, ge=0, description="Amber band of the area.")
    deadline: date | None = Field(None, description="The area's last day; left out it is the whole's.")
    owner: str = Field("", description="Department id that answers for the part; left out it is the whole's.")
    owner_inferred: Flag = Field(False, description="True where no order names the department.")
    note: str = Field("", description="For people.")
    amendments: tuple[Amendment, ...] = Field((), description="Dated changes of the part, in order.")


class Breakdown(Frozen):
    """A target's parts by area, and how they make the whole."""

    relation: Relation = Field(description="sum, weighted or none: what is checked, within what rounding explains.")
    source: Remark = Field("", description="The document that breaks the target down.")
    exceeds: Remark = Field(
        "", description="Why the parts together ask for more than the whole (加码); without it they must not."
    )
    areas: Annotated[tuple[Part, ...], Field(min_length=1, description="One entry an area.")]
