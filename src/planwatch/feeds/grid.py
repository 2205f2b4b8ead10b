"""Grids: what every layout is turned into before anything is understood: rows of printed cells with their places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from planwatch.errors import Fault, ReleaseError
from planwatch.feeds.cell import EMPTY, Cell
from planwatch.feeds.coded import CodedRows
from planwatch.model.feed import Limits

Merge = tuple[int, int, int, int]
"""First row, first column, last row, last column, from 0."""


Rows = list[list[Cell]] | CodedRows


@dataclass(slots=True)
class Grid:
    """One table. `rows` may be ragged; `numbers` are the rows' numbers as a person counts them.

    `around` is the text outside the table that may hold its day, unit and origin (a page's paragraphs), `titles` those of it that are
    headings, `before` the last of it before the table, `caption` the text nearest to the table.
    `columns` says how a column is called: `letter` for sheets, `number` for pages, `header` for text files, `path` for JSON, where
    `paths` holds each record's place and those of what it stands in, outermost first, and `keys` each column's (depth, key) in them.
    """

    sheet: str
    rows: Rows
    numbers: Sequence[int]
    columns: str
    merges: list[Merge] = field(default_factory=list)
    around: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    caption: str = ""
    paths: list[tuple[str, ...]] = field(default_factory=list)
    keys: tuple[tuple[int, str], ...] = ()

    def cell(self, row: int, column: int) -> Cell:
        """Return a cell, empty beyond the end of a short row."""
        if isinstance(self.rows, CodedRows):
            return self.rows.cell(row, column)
        cells = self.rows[row]
        return cells[column] if column < len(cells) else EMPTY

    @property
    def width(self) -> int:
        """Return the number of columns of the longest row."""
        if isinstance(self.rows, CodedRows):
            return self.rows.width
        return max((len(row) for row in self.rows), default=0)

    def column_name(self, column: int, header: str = "", row: int | None = None) -> str:
        """Return what a person calls the column, in JSON the path of its value in a row (from 0): data[0].values[2].value."""
        if self.columns == "letter":
            return letter(column)
        if self.columns == "path" and row:
            depth, key = self.keys[column]
            return f"{self.paths[row - 1][depth]}.{key}".lstrip(".")
        return str(column + 1) if self.columns == "number" else header or str(column + 1)

    def texts(self) -> Iterator[str]:
        """Yield every text there is: around, caption, cells."""
        yield from self.around
        yield self.caption
        if isinstance(self.rows, CodedRows):
            yield from self.rows.told()
            return
        for row in self.rows:
            yield from (cell.text for cell in row if cell.text)


def letter(column: int) -> str:
    """Return a sheet's column letters: 0 is A, 26 is AA."""
    name, rest = "", column + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        name = chr(65 + digit) + name
    return name


def check_extent(rows: int, columns: int, limits: Limits, *, file: str, sheet: str) -> None:
    """Refuse a table larger than a release may be.

    Raises:
        ReleaseError: too many rows, columns or cells.
    """
    if rows <= limits.max_rows and columns <= limits.max_columns and rows * columns <= limits.max_cells:
        return
    exceeded = [
        (f"{rows} rows", f"at most {limits.max_rows} rows", rows > limits.max_rows),
        (f"{columns} columns", f"at most {limits.max_columns} columns", columns > limits.max_columns),
        (f"{rows * columns} cells", f"at most {limits.max_cells} cells", rows * columns > limits.max_cells),
    ]
    for value, expected, broken in exceeded:
        if broken:
            raise ReleaseError.of(
                Fault(
                    code="too_many_cells",
                    message="the table is larger than a release may be",
                    file=file,
                    sheet=sheet,
                    value=value,
                    expected=expected,
                    mend="remove stray cells far below or to the right of the table, or raise the feed's limits",
                )
            )
