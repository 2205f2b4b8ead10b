"""The typed form of `include/sample/model.yaml` and `include/sample/model/*.yaml`: the simulated year, feed by feed."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from planwatch.model.base import Frozen
from planwatch.sample.forms import AnyTable
from planwatch.sample.series import MONTHS, Month
from planwatch.settings import settings
from planwatch.yamlfile import load_model

Suffix = Literal["xlsx", "xls", "ods", "html", "csv", "json"]


class Style(Frozen):
    """One irregular cell (DOMAIN §3): where, and how it is printed there."""

    months: tuple[Month, ...]
    row: str = Field(description="Indicator id of the row.")
    column: str = Field(description="Field name of the column.")
    style: Literal["plain", "thousands", "full_width", "percent", "footnote", "words", "text"] = "plain"
    mark: str = Field("", description="Footnote mark, or the words themselves.")
    add: float = Field(0.0, description="What the house's figure differs by from the other house's.")


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
    """Where the deliberately broken files are broken (`--corrupt`). Columns are given by index, from 0."""

    sheet: int = 0
    row: str = Field(description="Text the broken row's first cell contains.")
    label: int = Field(0, description="Index of the column that names the row.")
    number: int = Field(description="Index of the number cell that becomes text.")
    amounts: tuple[int, ...] = Field(description="Indices of the amounts that grow ten thousand times.")
    unit: int | None = Field(None, description="Index of its unit cell, none where the unit stands in the caption.")
    header: str = Field(description="Header text that is renamed or taken away.")
    renamed: str
    text: str = "约四百亿"
    foreign_unit: str | None = Field("万人", description="None where the table has no unit to be foreign.")
    other_unit: str | None = Field("万元", description="Another unit of the same kind; None where there is none.")
    stranger: str = Field("量子产业增加值", description="Name of a row or column nobody knows.")
    swapped: tuple[int, int] | None = Field(None, description="Indices of two columns that are confused.")
    part: str = Field("", description="Text of a # row that grows beyond the row it is a part of.")
    total: int | None = Field(None, description="Index of a running total that falls; none where there is none.")
    words: bool = Field(False, description="Its cells hold words, such as 已完成, not numbers.")
    period: int | None = Field(None, description="Index of its period cell; none where the file alone has a month.")
    future: str = Field("2027年3月", description="Month that a row speaks of which nobody can know yet.")


class FeedForm(Frozen):
    """What a feed's files look like, and when they come."""

    suffix: Suffix
    encoding: Literal["gb18030", "utf-8", "utf-8-sig"] = Field("gb18030", description="Of a CSV file.")
    nested: bool = Field(False, description="A page whose table stands in a table that lays the page out.")
    months: tuple[Month, ...] = Field(MONTHS, description="Months that have a release.")
    publish_day: Annotated[int, Field(ge=1, le=28)]
    jitter_days: Annotated[int, Field(ge=0, le=5)] = 0
    publisher: str
    title: str = Field(description="With {span} (2026年1—3月), {month} (2026年3月), {quarter} (2026年一季度).")
    notes: tuple[str, ...] = Field((), description="Lines between title and table.")
    prose: tuple[str, ...] = Field((), description="Paragraphs of a page over the table.")
    footer: tuple[str, ...] = Field((), description="Lines under the table.")
    styles: tuple[Style, ...] = ()
    revisions: tuple[Revision, ...] = ()
    damage: Damage
    tables: tuple[AnyTable, ...] = Field(min_length=1)

    @property
    def first_month(self) -> int:
        """Return the month of the year's first release."""
        return self.months[0]


class Year(Frozen):
    """What all feeds of the simulated year share."""

    year: int
    seed: int
    last_month: Month = Field(description="The last month that is shipped.")


class World(Year):
    """The whole simulated year. `feeds` is in the order of the files' names."""

    feeds: dict[str, FeedForm]


def load_world(path: Path) -> World:
    """Return the simulated year of a model file and of the folder of feeds beside it (`model.yaml`, `model/*.yaml`).

    Raises:
        ConfigError: a file breaks its schema; one fault for every place.
    """
    year = load_model(path, Year)
    feeds = {p.stem: load_model(p, FeedForm) for p in sorted(path.with_suffix("").glob("*.yaml"))}
    return World(**year.model_dump(), feeds=feeds)


@cache
def shipped_world() -> World:
    """Return the simulated year that is shipped, read once."""
    return load_world(settings().include / "sample" / "model.yaml")
