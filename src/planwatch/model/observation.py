"""Observations (观测值): one reconciled value, in base units, with the cell it was printed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from planwatch.model.vocabulary import Measure, Origin, Quality, Span

KEY_COLUMNS = ("indicator", "area", "period", "span", "measure")
"""What identifies a value; a second value for the same key is a new vintage."""

CONTRACT_COLUMNS = (
    *KEY_COLUMNS, "value", "unit", "text", "decimals", "quality", "published_at", "source", "sheet", "row", "column",
)  # fmt: skip
"""The columns that `planwatch read` writes, in order: a public contract."""

OBSERVATION_COLUMNS = (*CONTRACT_COLUMNS, "printed_unit", "origin", "flags")
"""All columns of an observation frame inside the program (what a release yields, before the warehouse numbers it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One value of one series.

    `value` is in `unit`, the indicator's base unit; `text` is what the cell printed, `decimals` its printed decimal
    places and `printed_unit` the unit it was printed in. `row` is the sheet's row number and `column` its letter (or the
    CSV column's name, or the HTML cell's column number as text). `flags` holds words such as `revised` or `combined`.
    """

    indicator: str
    area: str
    period: str
    span: Span
    measure: Measure
    value: float
    unit: str
    text: str = ""
    decimals: int = 0
    quality: Quality = Quality.FINAL
    published_at: date | None = None
    source: str = ""
    sheet: str = ""
    row: int = 0
    column: str = ""
    printed_unit: str = ""
    origin: Origin = Origin.PUBLISHED
    flags: str = ""
