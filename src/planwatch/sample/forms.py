"""The forms that a bureau's table can have, and the rows of each: what `include/sample/model/*.yaml` fills in."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from planwatch.model.base import Frozen
from planwatch.sample.series import MONTHS, Base, Course, Labels, Month, Printed

Basis = Literal["累计", "累计同比", "期末", "当月", "零报告"]
"""What a count speaks of: the year to date, its growth, the month's end, the month alone, breaches of a bottom line."""


class Column(Frozen):
    """A column as a house prints it: which of the row's fields, under which header, one text for each header row."""

    field: str
    header: tuple[str, ...] = Field(
        min_length=1, max_length=3, description="{upto} is 1—3月, {month} 3月, {quarter} 一季度, {year} 2026."
    )


class Table(Frozen):
    """What tables of all forms have in common."""

    FIELDS: ClassVar[tuple[str, ...]] = ()

    sheet: str = Field("", description="Name of the sheet; of a page's table nothing.")
    caption: str = Field("", description="Line over the header, with {unit}, {upto}: 单位：万元.")
    drawn_as: str = Field(
        "", description="Under which name the noise is drawn: series keep it where they move to another feed."
    )
    columns: tuple[Column, ...] = Field((), description="In their order; left out, the form's own.")

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the names of what its rows hold."""
        return self.FIELDS

    @model_validator(mode="after")
    def _known_fields(self) -> Self:
        strange = [c.field for c in self.columns if c.field not in self.fields]
        if strange:
            raise ValueError(f"columns: {strange[0]} is none of {', '.join(self.fields)}")
        return self


class EconomyRow(Frozen):
    """A row of a statistical table: growth, and levels where last year's is known."""

    id: str
    labels: Labels = Field(description="From month → label, so that a row can be renamed during the year.")
    unit: str
    months: tuple[Month, ...] = MONTHS
    growth: Course
    base: Base | None = Field(None, description="Left out where only growth is published.")
    month_growth: Course | None = None
    month_columns: bool = True
    derive_month: bool = Field(False, description="Growth of the month follows from the growth of the year to date.")
    index: bool = Field(False, description="Printed as an index, 上年同期=100.")
    lag: Annotated[int, Field(ge=0, le=3)] = Field(0, description="The row speaks of this many months earlier.")
    scale: float = Field(1.0, description="What last year's level is multiplied by to be in the row's unit.")
    decimals: int = 1
    drawn_as: str = Field("", description="Feed and series (`a/b`) whose noise it shares: two houses print one series.")


class EconomyTable(Table):
    """主要经济指标: month and year to date, level and growth."""

    FIELDS = ("label", "unit", "month_level", "month_growth", "ytd_level", "ytd_growth")
    form: Literal["economy"]
    rows: tuple[EconomyRow, ...]


class BudgetRow(Frozen):
    """A row of the finance bureau's table."""

    id: str
    label: str
    base: Base
    growth: Course
    comparable: Course


class BudgetTable(Table):
    """财政收支: month, year to date, growth, growth on a comparable basis (同口径)."""

    FIELDS = ("label", "month_level", "ytd_level", "ytd_growth", "ytd_comparable")
    form: Literal["budget"]
    printed: tuple[Printed, ...]
    rows: tuple[BudgetRow, ...]


class CountRow(Frozen):
    """A row of a department's own counts; `course` stays empty for a bottom line, which has `breaches`."""

    id: str
    labels: Labels
    basis: Basis
    department: str = ""
    section: str = Field("", description="Group it stands in, under a heading of its own or in a merged first column.")
    course: Course = Course(anchors={12: 0})
    printed: tuple[Printed, ...] = (Printed(unit="", decimals=0),)
    months: tuple[Month, ...] = MONTHS
    missing: tuple[Month, ...] = Field((), description="Months in which the department forgot to report.")
    remarks: Labels = Field(default_factory=dict, description="Month → remark, in that month alone.")
    breaches: dict[Month, int] = Field(default_factory=dict, description="Of a bottom line: month → breaches.")
    last_year_end: float | None = Field(
        None, description="Stated in the year's first file, for last December. Simulated."
    )
    task: str = Field("", description="The year's task as the house prints it beside the count.")
    drawn_as: str = Field("", description="Name of the feed under which the noise is drawn, if not the table's.")


class CountsTable(Table):
    """部门计数: one row an indicator; `says` are the house's own words for the bases (累计: 年初至今)."""

    FIELDS = (
        "number", "section", "label", "unit", "basis", "value", "month_level", "ytd_level", "point_level", "ytd_growth",
        "breaches", "task", "progress", "department", "remark",
    )  # fmt: skip
    form: Literal["counts"]
    says: dict[Basis, str] = Field(default_factory=dict)
    ends_in: Literal["month_level", "ytd_level"] = Field(
        "month_level", description="Where 期末 values stand in a table that has no column of their own."
    )
    headings: bool = Field(False, description="The section stands over its rows as a heading: 一、….")
    unit_in_label: bool = Field(False, description="The unit stands behind the name: 萤石精粉产能（万吨）.")
    rows: tuple[CountRow, ...]


class MilestoneRow(Frozen):
    """A milestone: when it was started and done, if it was."""

    id: str
    label: str
    department: str
    started: date | None = None
    done: date | None = None
    evidence: str = ""


class MilestoneTable(Table):
    """里程碑台账: state, date and evidence of each deliverable."""

    FIELDS = ("number", "label", "department", "state", "done", "evidence")
    form: Literal["milestones"]
    rows: tuple[MilestoneRow, ...]


class BottomLineTable(Table):
    """底线零报告: breaches in the period, zero reports included."""

    FIELDS = ("number", "label", "period", "breaches", "department", "remark")
    form: Literal["bottom_lines"]
    rows: tuple[CountRow, ...]


class AreaColumn(Frozen):
    """A column of a table of areas: cumulative growth by area."""

    id: str
    label: str
    months: tuple[Month, ...] = MONTHS
    areas: dict[str, Course]


class RankColumn(Frozen):
    """A column of a table of areas: the city's rank, by month from which it holds."""

    id: str
    label: str
    ranks: dict[Month, int]


class AreasTable(Table):
    """地区对比: areas down, indicators across."""

    form: Literal["areas"]
    area_labels: dict[str, Labels]
    growth: tuple[AreaColumn, ...]
    ranks: tuple[RankColumn, ...]


class AssignmentRow(Frozen):
    """A task that the superior has assigned: what, how much, by which document, from when."""

    id: str
    label: str
    value: float
    unit: str
    decimals: int = 1
    document: str
    assigned: date


class AssignmentTable(Table):
    """上级下达任务: the number with its document."""

    FIELDS = ("number", "label", "value", "unit", "document", "assigned")
    form: Literal["assignments"]
    rows: tuple[AssignmentRow, ...]


class RecordRow(Frozen):
    """A series of a data interface: its code, name and unit, and its course as growth or as an index (上年同期=100)."""

    id: str
    code: str
    name: str
    unit: str
    months: tuple[Month, ...] = MONTHS
    course: Course
    index: bool = False
    plus: dict[str, str] = Field(default_factory=dict, description="More fields of its records, such as a frequency.")
    drawn_as: str = Field("", description="Feed and series (`a/b`) whose noise it shares.")


class RecordsTable(Table):
    """数据接口: one record a series and month, newest month last, "" where nothing was published."""

    FIELDS = ("code", "name", "unit", "period", "quarter", "period_name", "value", "published")
    form: Literal["records"]
    fixed: dict[str, str] = Field(default_factory=dict, description="Fields that are the same in every record.")
    back: Annotated[int, Field(ge=0, le=11)] = Field(0, description="How many earlier months are given again.")
    rows: tuple[RecordRow, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the names of what its rows hold, with those that the rows add."""
        return (*self.FIELDS, *self.fixed, *(name for row in self.rows for name in row.plus))


AnyTable = Annotated[
    EconomyTable
    | BudgetTable
    | CountsTable
    | MilestoneTable
    | BottomLineTable
    | AreasTable
    | AssignmentTable
    | RecordsTable,
    Field(discriminator="form"),
]
"""A table of one of the forms; `form` says which."""
