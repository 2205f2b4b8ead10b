"""What a simulated series is: its course through the year, last year's level, how its amounts and names are printed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from planwatch.model.base import Frozen

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


def in_force(labels: Labels, month: int) -> str:
    """Return the label that holds in a month: the one of the latest month not after it."""
    return labels[max(m for m in labels if m <= month)]


def printed_in(prints: tuple[Printed, ...], month: int) -> Printed:
    """Return how an amount is printed in a month: the print made for it, else the general one."""
    return next((p for p in prints if month in p.months), next(p for p in prints if not p.months))
