"""The typed form of `include/sample/model.yaml`: the latent year and the print of every feed."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from planwatch.model.base import Frozen
from planwatch.settings import settings
from planwatch.yamlfile import load_model

Month = Annotated[int, Field(ge=1, le=12)]
MONTHS: tuple[int, ...] = tuple(range(1, 13))
Labels = dict[Month, str]


class Course(Frozen):
    """The course of one series through the year: straight lines between anchor months, with seeded noise around them."""

    anchors: dict[Annotated[int, Field(ge=0, le=12)], float] = Field(description="Month (0 is last December) → value.")
    noise: float = Field(0.0, ge=0, description="Standard deviation, in the series' unit; of increments, as a share.")
    exact: tuple[Month, ...] = Field((), description="Months whose value carries no noise.")
    increments: bool = Field(False, description="A running total from 0: noise goes on its monthly increments.")
    decimals: Annotated[int, Field(ge=0, le=4)] = 1


class Base(Frozen):
    """Last year's level of a series, so that growth gives this year's levels."""

    value: float = Field(description="Level of the whole of 2025, published unless the source says otherwise.")
    shares: dict[Month, float] = Field(description="Month → share of the year reached; straight lines between.")
    deflator: float = Field(0.0, description="Price change in %, where growth is at constant prices.")
    source: str = ""


class Printed(Frozen):
    """How an amount is printed from some month on: its unit, and what the base value is multiplied by."""

    unit: str
    scale: float = 1.0
    decimals: Annotated[int, Field(ge=0, le=4)] = 1
    months: tuple[Month, ...] = Field((), description="Only these months; none means always.")


class Style(Frozen):
    """One irregular cell (DOMAIN §3): where, and how it is printed there."""

    months: tuple[Month, ...]
    row: str = Field(description="Indicator id of the row.")
    column: str = Field(description="Field name of the column.")
    style: Literal["thousands", "full_width", "percent", "footnote", "words", "text"]
    mark: str = Field("", description="Footnote mark, or the words themselves.")


class Misprint(Frozen):
    """A figure that the first release of a month gets wrong, by `add`; the corrected release prints it right."""

    row: str
    column: str
    add: float


class Revision(Frozen):
    """A corrected release (更正版) of one month."""

    month: Month
    published: date
    reason: str
    misprints: tuple[Misprint, ...]
    estimates: tuple[str, ...] = Field((), description="Indicator ids that the first release marks 预计.")


class Damage(Frozen):
    """Where the deliberately broken files are broken (`--corrupt`)."""

    sheet: int = 0
    row: str = Field(description="Text the broken row's first cell contains.")
    number: int = Field(description="Index of the number cell that becomes text, from 0.")
    amounts: tuple[int, ...] = Field(description="Indices of the amounts that grow ten thousand times.")
    unit: int | None = Field(None, description="Index of its unit cell, none where the unit stands in the title lines.")
    header: str = Field(description="Header text that is renamed or taken away.")
    renamed: str
    text: str = "约四百亿"
    foreign_unit: str | None = Field("万人", description="None where the table has no unit to be foreign.")
    other_unit: str | None = Field(
        "万元", description="Another unit of the same kind; None where the table has no unit."
    )
    stranger: str = Field("量子产业增加值", description="Name of a row or column nobody knows.")


class FeedForm(Frozen):
    """What every feed's files have in common."""

    suffix: Literal["xlsx", "html", "csv"]
    first_month: Month = 1
    publish_day: Annotated[int, Field(ge=1, le=28)]
    jitter_days: Annotated[int, Field(ge=0, le=5)] = 0
    publisher: str
    title: str = Field(description="With {span} (2026年1—3月) and {month} (2026年3月).")
    notes: tuple[str, ...] = Field((), description="Lines between title and table.")
    footer: tuple[str, ...] = Field((), description="Lines under the table.")
    styles: tuple[Style, ...] = ()
    revisions: tuple[Revision, ...] = ()
    damage: Damage


class StatsRow(Frozen):
    """A row of the statistics bureau's table."""

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
    decimals: int = 1


class FinanceRow(Frozen):
    """A row of the finance bureau's table."""

    id: str
    label: str
    base: Base
    growth: Course
    comparable: Course


class CountRow(Frozen):
    """A row of a department's own counts, or of the human-resources table."""

    id: str
    labels: Labels
    basis: Literal["累计", "累计同比", "期末", "当月"]
    department: str = ""
    course: Course
    printed: tuple[Printed, ...]
    months: tuple[Month, ...] = MONTHS
    missing: tuple[Month, ...] = Field((), description="Months in which the department forgot to report.")
    remarks: Labels = Field(default_factory=dict, description="Month → remark, in that month alone.")
    last_year_end: float | None = Field(None, description="Stated in the January file, for last December. Simulated.")


class MilestoneRow(Frozen):
    """A milestone: when it was started and done, if it was."""

    id: str
    label: str
    department: str
    started: date | None = None
    done: date | None = None
    evidence: str = ""


class BottomLineRow(Frozen):
    """A bottom line: reported every month, zero reports included."""

    id: str
    label: str
    department: str
    breaches: dict[Month, int] = Field(default_factory=dict)
    remarks: Labels = Field(default_factory=dict)
    missing: tuple[Month, ...] = ()


class BenchmarkColumn(Frozen):
    """A column of the regional table: cumulative growth by area."""

    id: str
    label: str
    months: tuple[Month, ...] = MONTHS
    areas: dict[str, Course]


class RankColumn(Frozen):
    """A column of the regional table: the city's rank, by month from which it holds."""

    id: str
    label: str
    ranks: dict[Month, int]


class StatsFeed(FeedForm):
    """市统计局月报."""

    sheet: str
    rows: tuple[StatsRow, ...]


class FinanceFeed(FeedForm):
    """财政预算执行情况."""

    caption: str
    printed: tuple[Printed, ...]
    prose: tuple[str, ...]
    rows: tuple[FinanceRow, ...]


class HumanResourcesFeed(FeedForm):
    """就业情况."""

    rows: tuple[CountRow, ...]


class DepartmentFeed(FeedForm):
    """各部门报送."""

    milestones: tuple[MilestoneRow, ...]
    bottom_lines: tuple[BottomLineRow, ...]
    counts: tuple[CountRow, ...]


class BenchmarkFeed(FeedForm):
    """盟市对比."""

    sheet: str
    area_labels: dict[str, Labels]
    columns: tuple[BenchmarkColumn, ...]
    ranks: tuple[RankColumn, ...]


class Feeds(Frozen):
    """The five feeds."""

    stats_bureau: StatsFeed
    finance: FinanceFeed
    human_resources: HumanResourcesFeed
    department_reports: DepartmentFeed
    regional_benchmark: BenchmarkFeed

    def of(self, feed: str) -> FeedForm:
        """Return a feed's form by its id."""
        form: FeedForm = getattr(self, feed)
        return form


FEEDS = tuple(Feeds.model_fields)
"""Ids of the simulated feeds."""


class World(Frozen):
    """The whole simulated year."""

    year: int
    seed: int
    last_month: Month = Field(description="The last month that is shipped.")
    feeds: Feeds


def in_force(labels: Labels, month: int) -> str:
    """Return the label that holds in a month: the one of the latest month not after it."""
    return labels[max(m for m in labels if m <= month)]


def printed_in(prints: tuple[Printed, ...], month: int) -> Printed:
    """Return how an amount is printed in a month: the print made for it, else the general one."""
    return next((p for p in prints if month in p.months), next(p for p in prints if not p.months))


def load_world(path: Path) -> World:
    """Return the simulated year of a model file.

    Raises:
        ConfigError: the file breaks its schema; one fault for every place.
    """
    return load_model(path, World)


@cache
def shipped_world() -> World:
    """Return the simulated year that is shipped, read once."""
    return load_world(settings().include / "sample" / "model.yaml")
