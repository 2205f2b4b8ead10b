"""xlsx workbooks: walked over once, cell by cell, without building a tree; formats, merged cells and raised text are all seen.

Not read with calamine: it lays a sheet out by its outermost cell before anybody can look at it, and where that does not fit into the
memory it ends the whole process.
"""

from __future__ import annotations

import math
import posixpath
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any
from xml.parsers import expat

from planwatch.feeds.cell import EMPTY, Cell, cleaned
from planwatch.feeds.grid import Grid, Merge, check_extent
from planwatch.feeds.numberformat import BUILT_IN, printed
from planwatch.feeds.zipped import BrokenError, broken_inside, elements, walk_xml
from planwatch.model.feed import Limits
from planwatch.model.release import UNCOMPUTED

_MOST_COLUMNS, _MOST_ROWS = 16_384, 1_048_576
_LONGEST = 40_000
"""Characters of a text cell that are looked at; a workbook's own limit is below."""
_DATES = "yyyy-mm-dd"
_DATE_STYLES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
"""Formats that are dates by number; 27 to 36 and 50 to 58 are those of the Chinese, Japanese and Korean editions."""


def read_xlsx(parts: zipfile.ZipFile, filename: str, limits: Limits) -> list[Grid]:
    """Return the visible sheets of an xlsx workbook in order.

    Raises:
        ReleaseError: too many cells, or broken inside.
    """
    try:
        book = _Book(_style_codes(parts), _shared_texts(parts, limits), _counts_from_1904(parts), filename, limits)
        grids = []
        for name, path in _visible_sheets(parts):
            walk = _SheetWalk(Grid(name, [], [], "letter"), book)
            walk_xml(parts, path, walk.start, walk.end, walk.text)
            grids.append(walk.grid)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise broken_inside(filename, error) from error
    return grids


@dataclass(frozen=True, slots=True)
class _Book:
    """What the sheets of a workbook share: formats of the cell styles, texts, the day that dates are counted from."""

    codes: list[str]
    texts: list[str]
    from_1904: bool
    filename: str
    limits: Limits


def _counts_from_1904(parts: zipfile.ZipFile) -> bool:
    given = next((e for n, e in elements(parts, "xl/workbook.xml") if n == "workbookPr"), {})
    return given.get("date1904", "0") in ("1", "true")


def _visible_sheets(parts: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Return name and part of the sheets that a person sees, in the workbook's order."""
    links = {e["Id"]: e["Target"] for n, e in elements(parts, "xl/_rels/workbook.xml.rels") if n == "Relationship"}
    sheets = [e for n, e in elements(parts, "xl/workbook.xml") if n == "sheet"]
    shown = [(s.get("name", ""), links[s["id"]]) for s in sheets if s.get("state", "visible") == "visible"]
    paths = [
        (name, target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}"))
        for name, target in shown
    ]
    return [(name, path) for name, path in paths if "worksheets/" in path]


def _style_codes(parts: zipfile.ZipFile) -> list[str]:
    """Return the number format of every cell style, `General` where there is none."""
    if "xl/styles.xml" not in parts.namelist():
        return []
    known, numbers, inside = dict(BUILT_IN) | dict.fromkeys(_DATE_STYLES, _DATES), [], False
    for name, given in elements(parts, "xl/styles.xml", 1_000_000):
        if name == "numFmt" and "numFmtId" in given:
            known[int(given["numFmtId"])] = given.get("formatCode", "General")
        elif name.lstrip("/") == "cellXfs":
            inside = name == "cellXfs"
        elif inside and name == "xf":
            numbers.append(int(given.get("numFmtId", "0")))
    return [known.get(number, "General") for number in numbers]


def _shared_texts(parts: zipfile.ZipFile, limits: Limits) -> list[str]:
    """Return the shared texts, without their raised, lowered or struck-out runs.

    Raises:
        ValueError: there are more than a table may have cells.
    """
    found: list[str] = []
    if "xl/sharedStrings.xml" not in parts.namelist():
        return found
    runs = _Runs()

    def start(name: str, given: dict[str, str]) -> None:
        nonlocal runs
        if name == "si":
            runs = _Runs()
        else:
            runs.start(name, given)

    def end(name: str) -> None:
        if name != "si":
            runs.end(name)
            return
        found.append(cleaned(runs.kept, limits))
        if len(found) > limits.max_cells:
            raise BrokenError(f"there are more than {limits.max_cells} shared texts")

    def text(text: str) -> None:
        runs.text(text)

    walk_xml(parts, "xl/sharedStrings.xml", start, end, text)
    return found


class _Runs:
    """Collects a text run by run, without its notes' marks and struck-out runs. m² keeps its mark."""

    def __init__(self) -> None:
        self.kept = ""
        self._mark = self._reading = self._phonetic = False

    def start(self, name: str, given: dict[str, str]) -> None:
        """Take in an element's start."""
        if name == "r":
            self._mark = False
        elif name == "strike":
            self._mark |= given.get("val", "1") not in ("0", "false")
        elif name == "vertAlign":
            raised = given.get("val") in ("superscript", "subscript")
            before = self.kept[-1:]
            self._mark |= raised and not (before.isascii() and before.isalpha())
        elif name == "rPh":
            self._phonetic = True
        elif name == "t":
            self._reading = not self._phonetic

    def end(self, name: str) -> None:
        """Take in an element's end."""
        if name == "t":
            self._reading = False
        elif name == "rPh":
            self._phonetic = False
        elif name == "r":
            self._mark = False

    def text(self, text: str) -> None:
        """Take in a piece of text."""
        if self._reading and not self._mark and len(self.kept) <= _LONGEST:
            self.kept += text


class _SheetWalk:
    """Walks over a sheet: a single cell at XFD1048576 must not fill the memory."""

    def __init__(self, grid: Grid, book: _Book) -> None:
        self.grid, self._book = grid, book
        self._rows: list[list[Cell]] = []
        grid.rows = self._rows
        self._row, self._column = 0, -1
        self._kind, self._style, self._value = "n", 0, ""
        self._formula = self._reading = False
        self._runs: _Runs | None = None
        self._cells: list[Cell] = []
        self._starts: dict[str, Callable[[dict[str, str]], None]] = {
            "row": self._start_row, "c": self._start_cell, "v": self._start_value, "f": self._start_formula,
            "is": self._start_text, "mergeCell": lambda given: self.grid.merges.append(_merge(given.get("ref", ""))),
        }  # fmt: skip

    def start(self, name: str, given: dict[str, str]) -> None:
        """Take in an element's start."""
        if self._runs is not None:
            self._runs.start(name, given)
        elif handler := self._starts.get(name):
            handler(given)

    def end(self, name: str) -> None:
        """Take in an element's end."""
        if name == "v":
            self._reading = False
        elif name == "c":
            self._end_cell()
        elif name == "row":
            self._end_row()
        elif self._runs is not None:
            self._runs.end(name)

    def text(self, text: str) -> None:
        """Take in a piece of text."""
        if self._runs is not None:
            self._runs.text(text)
        elif self._reading and len(self._value) <= _LONGEST:
            self._value += text

    def _start_row(self, given: dict[str, str]) -> None:
        row = int(given.get("r", self._row + 1))
        if not self._row < row <= _MOST_ROWS:
            raise BrokenError(f"row {row} follows row {self._row}")
        self._row, self._column, self._cells = row, -1, []

    def _start_cell(self, given: dict[str, str]) -> None:
        place = given.get("r")
        row, column = _place(place) if place else (self._row - 1, self._column + 1)
        if row != self._row - 1 or not self._column < column < _MOST_COLUMNS:
            raise BrokenError(f"cell {place or column + 1} stands in row {self._row} behind column {self._column + 1}")
        self._column = column
        self._kind, self._style, self._value = given.get("t", "n"), int(given.get("s", "0")), ""
        self._formula = False

    def _start_value(self, _given: dict[str, str]) -> None:
        self._reading = True

    def _start_formula(self, _given: dict[str, str]) -> None:
        self._formula = True

    def _start_text(self, _given: dict[str, str]) -> None:
        self._runs = _Runs()

    def _end_cell(self) -> None:
        cell = self._read()
        self._runs = None
        if cell.text:
            file, limits = self._book.filename, self._book.limits
            check_extent(self._row, self._column + 1, limits, file=file, sheet=self.grid.sheet)
            self._cells += [EMPTY] * (self._column - len(self._cells))
            self._cells.append(cell)

    def _end_row(self) -> None:
        if self._cells:
            self._rows += [[] for _ in range(self._row - 1 - len(self._rows))]
            self._rows.append(self._cells)
            self.grid.numbers = range(1, self._row + 1)

    def _read(self) -> Cell:
        """Return the open cell as it is printed."""
        kind, value, limits = self._kind, self._value, self._book.limits
        if kind == "inlineStr":
            return Cell(cleaned(self._runs.kept, limits)) if self._runs else EMPTY
        if not value:
            return Cell(UNCOMPUTED) if self._formula else EMPTY
        if kind == "s":
            return Cell(self._book.texts[int(value)])
        if kind == "b":
            return Cell("TRUE" if value == "1" else "FALSE")
        if kind in ("e", "str", "d"):
            return Cell(cleaned(value.removesuffix("T00:00:00") if kind == "d" else value, limits))
        return self._number(value)

    def _number(self, value: str) -> Cell:
        try:
            number = float(value)
        except ValueError:
            return Cell(cleaned(value, self._book.limits))
        if not math.isfinite(number):
            return Cell(cleaned(value, self._book.limits))
        codes = self._book.codes
        code = codes[self._style] if self._style < len(codes) else "General"
        return _day(number, self._book.from_1904) if _is_date(code) else printed(number, code)


@lru_cache(maxsize=1024)
def _is_date(code: str) -> bool:
    from openpyxl.styles.numbers import is_date_format

    return bool(is_date_format(code))


def _day(value: float, from_1904: bool) -> Cell:
    from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

    try:
        found: Any = from_excel(value, MAC_EPOCH if from_1904 else WINDOWS_EPOCH)
    except (ValueError, OverflowError):
        return printed(value, "General")
    if isinstance(found, datetime):
        return Cell(found.date().isoformat() if found.time() == time(0) else found.isoformat(sep=" "))
    return Cell(found.isoformat() if isinstance(found, date | time) else str(found))


def _place(reference: str) -> tuple[int, int]:
    """Return row and column, from 0, of `B12`."""
    letters = reference.rstrip("0123456789")
    column = 0
    for character in letters.upper():
        if not "A" <= character <= "Z":
            raise BrokenError(f"{reference!r} is no cell")
        column = column * 26 + ord(character) - 64
    return int(reference[len(letters) :]) - 1, column - 1


def _merge(reference: str) -> Merge:
    first, _, last = reference.partition(":")
    return (*_place(first), *_place(last or first))
