"""OpenDocument spreadsheets (ods): the file holds each cell's text as printed beside its value, and both are taken."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.parsers import expat

from planwatch.feeds.cell import EMPTY, Cell, cleaned
from planwatch.feeds.grid import Grid, check_extent
from planwatch.feeds.numberformat import as_shown
from planwatch.feeds.zipped import BrokenError, broken_inside, walk_xml, workbook_fault
from planwatch.model.feed import Limits
from planwatch.model.release import UNCOMPUTED

_MOST_CELLS = 16_384
_BREAKS = {"s": " ", "tab": " ", "line-break": "\n"}


def read_ods(parts: zipfile.ZipFile, filename: str, limits: Limits) -> list[Grid]:
    """Return the visible sheets of an OpenDocument spreadsheet in order.

    Raises:
        ReleaseError: password-protected, too many cells, or broken inside.
    """
    if "META-INF/manifest.xml" in parts.namelist() and b"encryption-data" in parts.read("META-INF/manifest.xml"):
        raise workbook_fault(
            "password_protected", "the workbook is password-protected", filename, "save it without a password and deliver it again",
            expected="a workbook without a password",
        )  # fmt: skip
    walk = _Walk(filename, limits)
    try:
        walk_xml(parts, "content.xml", walk.start, walk.end, walk.text)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise broken_inside(filename, error) from error
    return [grid for grid, hidden in walk.sheets if not hidden]


@dataclass(slots=True)
class _Open:
    """The cell that is being read, and how often it stands there."""

    given: dict[str, str]
    covered: bool
    repeated: int
    text: str = ""
    paragraphs: int = 0
    marks: list[bool] = field(default_factory=list)


def _count(given: dict[str, str], name: str) -> int:
    return max(int(given.get(name, "1") or 1), 1)


class _Walk:
    """Walks over content.xml without building it. Repeated cells and rows are laid out only where they hold something."""

    def __init__(self, filename: str, limits: Limits) -> None:
        self.sheets: list[tuple[Grid, bool]] = []
        self._file, self._limits = filename, limits
        self._marked: set[str] = set()
        self._undisplayed: set[str] = set()
        self._style = ""
        self._depth = self._aside = self._paragraph = 0
        self._rows: list[list[Cell]] = []
        self._row: list[Cell] = []
        self._next_row = self._next_column = self._cells = self._repeat = 0
        self._cell: _Open | None = None

    def start(self, name: str, given: dict[str, str]) -> None:
        """Take in an element's start."""
        if name in ("annotation", "shapes", "tracked-changes", "frame", "forms") or self._aside:
            self._aside += 1
        elif name == "table":
            self._start_table(given)
        elif name == "table-row" and self._depth == 1:
            self._row, self._next_column, self._cells, self._repeat = [], 0, 0, _count(given, "number-rows-repeated")
        elif name in ("table-cell", "covered-table-cell") and self._depth == 1:
            self._start_cell(name, given)
        elif self._cell is not None:
            self._start_text(name, given)
        else:
            self._learn(name, given)

    def end(self, name: str) -> None:
        """Take in an element's end."""
        if self._aside:
            self._aside -= 1
        elif name == "table":
            self._depth -= 1
        elif name == "table-row" and self._depth == 1:
            self._end_row()
        elif name in ("table-cell", "covered-table-cell") and self._depth == 1:
            self._end_cell()
        elif self._cell is not None and name in ("p", "h"):
            self._paragraph -= 1
        elif self._cell is not None and name == "span" and self._cell.marks:
            self._cell.marks.pop()

    def text(self, text: str) -> None:
        """Take in a piece of text."""
        cell = self._cell
        if cell is None or not self._paragraph or self._aside or any(cell.marks):
            return
        if len(cell.text) <= 2 * self._limits.max_text:
            cell.text += text

    def _learn(self, name: str, given: dict[str, str]) -> None:
        """Note which styles raise or strike out text, and which hide a sheet."""
        if name == "style":
            self._style = given.get("name", "")
        elif name == "text-properties":
            raised = given.get("text-position", "").startswith(("super", "sub"))
            if raised or given.get("text-line-through-style", "none") != "none":
                self._marked.add(self._style)
        elif name == "table-properties" and given.get("display") == "false":
            self._undisplayed.add(self._style)

    def _start_table(self, given: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1:
            hidden = given.get("style-name") in self._undisplayed
            self._rows = []
            self.sheets.append((Grid(given.get("name", ""), self._rows, [], "letter"), hidden))
            self._next_row = 0

    def _start_cell(self, name: str, given: dict[str, str]) -> None:
        self._cells += 1
        if self._cells > _MOST_CELLS:
            raise BrokenError(f"a row has more than {_MOST_CELLS} cells")
        self._cell = _Open(given, name.startswith("covered"), _count(given, "number-columns-repeated"))
        self._paragraph = 0

    def _start_text(self, name: str, given: dict[str, str]) -> None:
        cell = self._cell
        if cell is None:
            return
        if name in ("p", "h"):
            cell.text += "\n" if cell.paragraphs else ""
            cell.paragraphs += 1
            self._paragraph += 1
        elif name == "span":
            letter_before = bool(re.search(r"[A-Za-z]$", cell.text))
            cell.marks.append(given.get("style-name") in self._marked and not letter_before)
        elif name in _BREAKS:
            self.text(_BREAKS[name])

    def _end_cell(self) -> None:
        cell, self._cell = self._cell, None
        if cell is None:
            return
        shown = EMPTY if cell.covered else _shown(cell, self._limits)
        if shown.text or shown.number is not None:
            self._extent(self._next_row + self._repeat, self._next_column + cell.repeated)
            self._row += [EMPTY] * (self._next_column - len(self._row)) + [shown] * cell.repeated
        self._merge(cell.given)
        self._next_column += cell.repeated

    def _merge(self, given: dict[str, str]) -> None:
        down, across = _count(given, "number-rows-spanned"), _count(given, "number-columns-spanned")
        if down * across > 1:
            row, column = self._next_row, self._next_column
            self.sheets[-1][0].merges.append((row, column, row + down - 1, column + across - 1))

    def _end_row(self) -> None:
        grid, hidden = self.sheets[-1]
        if self._row and not hidden:
            self._rows += [[] for _ in range(self._next_row - len(self._rows))]
            self._rows += [self._row for _ in range(self._repeat)]
            grid.numbers = range(1, len(self._rows) + 1)
        self._next_row += self._repeat

    def _extent(self, rows: int, columns: int) -> None:
        check_extent(rows, columns, self._limits, file=self._file, sheet=self.sheets[-1][0].sheet)


def _shown(cell: _Open, limits: Limits) -> Cell:
    """Return a cell as printed; a number is one only where its text and its value agree."""
    kind, given = cell.given.get("value-type", ""), cell.given
    text = cleaned(cell.text, limits)
    if "formula" in given and not kind and not text.strip():
        return Cell(UNCOMPUTED)
    if kind in ("float", "percentage", "currency"):
        return as_shown(text, given.get("value", ""))
    if kind == "date":
        return Cell(given.get("date-value", text).removesuffix("T00:00:00").replace("T", " "))
    if kind == "boolean":
        return Cell(given.get("boolean-value", text).upper())
    return Cell(text or cleaned(given.get("string-value", ""), limits))


def is_ods(names: Iterable[str], mimetype: bytes) -> bool:
    """Return whether a zip file with these parts is an OpenDocument spreadsheet."""
    return "content.xml" in names and b"opendocument.spreadsheet" in mimetype
