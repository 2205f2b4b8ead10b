"""Releases at scale, for load tests: many areas that do not exist, and as many months as asked for. Every line says that it is simulated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from planwatch.errors import Fault, InputError
from planwatch.model.period import last_day, make_period, month_of, shift, year_of
from planwatch.sample.grid import MARK

MOST_AREAS, MOST_MONTHS = 5_000, 240
"""More areas than the country has counties; twenty years."""
COLUMNS = (
    "indicator", "area", "period", "measure", "value", "unit", "confidence", "published_at", "published_at_basis", "source_title", "note",
)  # fmt: skip
LEVELS = {
    "社会消费品零售总额": (18.0, "亿元"), "一般公共预算收入": (3.5, "亿元"), "一般公共预算支出": (8.0, "亿元"), "城镇新增就业": (640.0, "人"),
    "进出口总额": (4.5, "亿元"), "税收收入": (2.5, "亿元"),
}  # fmt: skip
"""Indicator → what an area adds to it in an average month, and in which unit."""
GROWTHS = ("规模以上工业增加值", "固定资产投资", "民间投资", "房地产开发投资")
"""Indicators of which only growth is printed."""


@dataclass(frozen=True, slots=True)
class ScaledFile:
    """A file of a load test: its name and its bytes."""

    name: str
    data: bytes


def scaled(areas: int, months: int, *, seed: int = 0, last: str = "2025-12") -> Iterator[ScaledFile]:
    """Yield `areas.yaml`, which declares the areas, then one file a month in the layout of `published_figures`, oldest first.

    Args:
        areas: how many areas.
        months: how many months, up to `last`.
        seed: of the figures; the same arguments give the same bytes.
        last: the newest month, `YYYY-MM`.

    Raises:
        InputError: more areas or months than make sense, or none.
    """
    for key, given, most in (("areas", areas, MOST_AREAS), ("months", months, MOST_MONTHS)):
        if not 1 <= given <= most:
            message = "no such simulated release"
            raise InputError.of(
                Fault(code="no_such_sample", message=message, key=f"--{key}", value=str(given), expected=f"1 to {most}")
            )
    yield ScaledFile("areas.yaml", _areas(areas).encode())
    totals = {name: np.zeros(areas) for name in LEVELS}
    for back in reversed(range(months)):
        period = shift(last, -back)
        yield ScaledFile(f"published_figures_{period}.tsv", _month(period, totals, seed).encode())


def area_name(number: int) -> str:
    """Return the name of a simulated area, from 1."""
    return f"模拟区县{number:04}"


def _areas(count: int) -> str:
    lines = [
        f"  - {{id: simulated_{n:04}, name_zh: {area_name(n)}, name_en: Simulated area {n}, level: county, parent: baotou}}"
        for n in range(1, count + 1)
    ]
    return "\n".join([f"# {MARK}: areas of a load test, to be appended to the areas of areas.yaml", *lines, ""])


def _month(period: str, totals: dict[str, np.ndarray], seed: int) -> str:
    """Return a month's table, and add the month to the running totals, which begin again in January."""
    rng = np.random.default_rng([seed, year_of(period), month_of(period)])
    lines = ["\t".join(COLUMNS)]
    for name, (typical, unit) in LEVELS.items():
        running = totals[name]
        if month_of(period) == 1:
            running[:] = 0.0
        running += typical * rng.lognormal(0.0, 0.25, running.size)
        lines += _lines(name, period, "level", np.round(running, 2), unit)
    count = next(iter(totals.values())).size
    for name in GROWTHS:
        lines += _lines(name, period, "growth_yoy", np.round(rng.normal(5.0, 4.0, count), 1), "%")
    return "\n".join([*lines, ""])


def _lines(name: str, period: str, measure: str, values: np.ndarray, unit: str) -> list[str]:
    published = last_day(shift(period, 1)).isoformat()
    span = f"{make_period(year_of(period), month_of(period))} YTD"
    return [
        "\t".join((name, area_name(n), span, measure, f"{value:.10g}", unit, "B", published, "inferred", MARK, ""))
        for n, value in enumerate(values.tolist(), 1)
    ]
