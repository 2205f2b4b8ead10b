"""A release before it is rendered: sheets of cells, which styles and damages are applied to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

MARK = "模拟数据（simulated）"
"""Stands in every simulated file."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number with the decimals it is printed with."""

    value: float
    decimals: int = 1

    def __str__(self) -> str:
        """Return the number as printed: fixed decimals, no thousands separators."""
        return f"{self.value:.{self.decimals}f}"

    def plus(self, amount: float) -> Number:
        """Return the number with an amount added, printed alike."""
        return Number(round(self.value + amount, self.decimals), self.decimals)


Cell = Number | str | date | None


@dataclass(slots=True)
class Sheet:
    """One table with its lines above and below. Merges are (row, column, last row, last column) of the header, from 0."""

    name: str
    titles: list[str]
    header: list[list[str]]
    body: list[list[Cell]]
    footer: list[str] = field(default_factory=list)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    caption: str = ""
    body_merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    """The same for the body, from its first row."""

    @property
    def above(self) -> list[str]:
        """Return the lines over the header."""
        return [*self.titles, *([self.caption] if self.caption else [])]

    @property
    def width(self) -> int:
        """Return the number of columns."""
        return max(len(row) for row in self.header)

    @property
    def rows(self) -> list[list[Cell]]:
        """Return the whole sheet row by row: lines above, header, body, lines below."""
        above: list[list[Cell]] = [[line] for line in self.above]
        header: list[list[Cell]] = [list(row) for row in self.header]
        below: list[list[Cell]] = [[line] for line in self.footer]
        return [*above, *header, *self.body, *below]

    @property
    def every_merge(self) -> list[tuple[int, int, int, int]]:
        """Return all merged cells of the sheet, from its first row: lines above and below go over its whole width."""
        top, last = len(self.above), len(self.rows) - len(self.footer)
        lines = (
            [(r, 0, r, self.width - 1) for r in (*range(top), *range(last, len(self.rows)))] if self.width > 1 else []
        )
        placed = [(self.merges, top), (self.body_merges, top + len(self.header))]
        return [*lines, *((r1 + at, c1, r2 + at, c2) for merges, at in placed for r1, c1, r2, c2 in merges)]


@dataclass(slots=True)
class Draft:
    """A release, ready to be rendered."""

    feed: str
    period: str
    published: date
    sheets: list[Sheet]
    prose: list[str] = field(default_factory=list)
    encoding: str = "gb18030"
    nested: bool = False
    table_only: bool = False
    """The file holds a table and nothing around it (an interface's)."""


FULL_WIDTH = str.maketrans("0123456789.-%,", "０１２３４５６７８９．－％，")


def styled(cell: Cell, style: str, mark: str) -> Cell:
    """Return a cell as an irregular print shows it (DOMAIN §3); an empty cell stays empty.

    `words` prints a growth of 0 as 持平 and one of 100 and more as 增长1.1倍.
    """
    if cell is None:
        return None
    number = cell.value if isinstance(cell, Number) else 0.0
    decimals = cell.decimals if isinstance(cell, Number) else 0
    if style == "plain":
        return cell
    printed = {
        "thousands": f"{number:,.{decimals}f}",
        "full_width": str(cell).translate(FULL_WIDTH),
        "percent": f"{cell}％",
        "footnote": f"{cell}{mark}",
        "words": _in_words(number) or str(cell),
        "text": mark or str(cell),
    }
    return printed[style]


def _in_words(growth: float) -> str | None:
    if growth == 0:
        return "持平"
    return f"增长{growth / 100:.1f}倍" if growth >= 100 else None
