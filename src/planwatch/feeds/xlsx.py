"""xlsx workbooks: walked once for what the value reader does not give (formats, merged cells), then read with calamine."""

from __future__ import annotations

import io
import math
import posixpath
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from xml.parsers import expat

from planwatch.feeds.cell import EMPTY, Cell, cleaned
from planwatch.feeds.grid import Grid, Merge, check_extent
from planwatch.feeds.numberformat import BUILT_IN, UNCOMPUTED, printed
from planwatch.feeds.zipped import broken_inside, elements, walk_xml
from planwatch.model.feed import Limits

_MOST_COLUMNS = 16_384


def read_xlsx(data: bytes, parts: zipfile.ZipFile, filename: str, limits: Limits) -> list[Grid]:
    """Return the visible sheets of an xlsx workbook in order.

    Raises:
        ReleaseError: too many cells, or broken inside.
    """
    try:
        plans = _plans(parts, filename, limits)
    except (expat.ExpatError, KeyError, ValueError, IndexError) as error:
        raise broken_inside(filename, error) from error
    return _values(data, filename, plans, limits)


@dataclass(slots=True)
class _SheetPlan:
    """What is known of a sheet before its values are read: formats by (row, column), extent, merges.

    `texts` are cells whose text is not what the value reader gives: errors, numbers that are none, text with raised or struck-out runs.
    """

    name: str
    formats: dict[tuple[int, int], str] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    uncomputed: set[tuple[int, int]] = field(default_factory=set)
    texts: dict[tuple[int, int], str] = field(default_factory=dict)
    rows: int = 0
    columns: int = 0


def _plans(parts: zipfile.ZipFile, filename: str, limits: Limits) -> list[_SheetPlan]:
    codes, shared = _style_codes(parts), _shared_texts(parts)
    plans = []
    for name, path in _visible_sheets(parts):
        walk = _SheetWalk(_SheetPlan(name), codes, shared, filename=filename, limits=limits)
        walk_xml(parts, path, walk.start, walk.end, walk.text)
        plans.append(walk.plan)
    return plans


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
    known, codes, inside = dict(BUILT_IN), [], False
    for name, given in elements(parts, "xl/styles.xml", 1_000_000):
        if name == "numFmt" and "numFmtId" in given:
            known[int(given["numFmtId"])] = given.get("formatCode", "General")
        elif name.lstrip("/") == "cellXfs":
            inside = name == "cellXfs"
        elif inside and name == "xf":
            codes.append(int(given.get("numFmtId", "0")))
    return [known.get(code, "General") for code in codes]


class _Runs:
    """Collects a text run by run, without its notes' marks and struck-out runs. m² keeps its mark."""

    def __init__(self) -> None:
        self.kept, self.left_out = "", False
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
        if self._reading and self._mark:
            self.left_out = True
        elif self._reading and len(self.kept) <= _LONGEST:
            self.kept += text

    def result(self) -> str | None:
        """Return the text where something was left out of it, else None."""
        return self.kept if self.left_out else None


_LONGEST = 40_000
"""Characters of a text cell that are looked at; a workbook's own limit is below."""


def _shared_texts(parts: zipfile.ZipFile) -> dict[int, str]:
    """Return the shared texts that have raised, lowered or struck-out runs, by their number, without those runs."""
    if "xl/sharedStrings.xml" not in parts.namelist():
        return {}
    found: dict[int, str] = {}
    runs, number = _Runs(), 0

    def start(name: str, given: dict[str, str]) -> None:
        nonlocal runs
        if name == "si":
            runs = _Runs()
        else:
            runs.start(name, given)

    def end(name: str) -> None:
        nonlocal number
        if name == "si":
            if runs.left_out:
                found[number] = runs.kept
            number += 1
        else:
            runs.end(name)

    walk_xml(parts, "xl/sharedStrings.xml", start, end, lambda text: runs.text(text))
    return found


class _SheetWalk:
    """Walks over a sheet without building it: a single cell at XFD1048576 would otherwise fill the memory."""

    def __init__(
        self, plan: _SheetPlan, codes: list[str], shared: dict[int, str], *, filename: str, limits: Limits
    ) -> None:
        self.plan = plan
        self._codes, self._shared = codes, shared
        self._checked = filename, limits
        self._row, self._column, self._in_row = 0, -1, 0
        self._kind, self._style, self._value = "n", 0, ""
        self._filled = self._formula = self._reading = False
        self._runs: _Runs | None = None
        self._starts: dict[str, Callable[[dict[str, str]], None]] = {
            "row": self._start_row, "c": self._start_cell, "v": self._start_value, "f": self._start_formula,
            "is": self._start_text, "mergeCell": lambda given: self.plan.merges.append(_merge(given.get("ref", ""))),
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
            file, limits = self._checked
            check_extent(self.plan.rows, self.plan.columns, limits, file=file, sheet=self.plan.name)
        elif self._runs is not None:
            self._runs.end(name)

    def text(self, text: str) -> None:
        """Take in a piece of text."""
        if self._runs is not None:
            self._runs.text(text)
        elif self._reading and len(self._value) <= _LONGEST:
            self._value += text

    def _start_row(self, given: dict[str, str]) -> None:
        self._row, self._column, self._in_row = int(given.get("r", self._row + 1)), -1, 0

    def _start_cell(self, given: dict[str, str]) -> None:
        place = given.get("r")
        self._column = _place(place)[1] if place else self._column + 1
        self._in_row += 1
        if self._in_row > _MOST_COLUMNS:
            raise ValueError(f"row {self._row} has more than {_MOST_COLUMNS} cells")
        self._kind, self._style, self._value = given.get("t", "n"), int(given.get("s", "0")), ""
        self._filled = self._formula = False

    def _start_value(self, _given: dict[str, str]) -> None:
        self._filled = self._reading = True

    def _start_formula(self, _given: dict[str, str]) -> None:
        self._filled = self._formula = True

    def _start_text(self, _given: dict[str, str]) -> None:
        self._filled, self._runs = True, _Runs()

    def _end_cell(self) -> None:
        plan, place = self.plan, (self._row - 1, self._column)
        if self._filled:
            plan.rows, plan.columns = max(plan.rows, self._row), max(plan.columns, self._column + 1)
        if self._formula and not self._value:
            plan.uncomputed.add(place)
        text = self._own_text()
        if text is not None:
            plan.texts[place] = text
        if self._filled and self._style < len(self._codes) and (code := self._codes[self._style]) != "General":
            plan.formats[place] = code
        self._runs = None

    def _own_text(self) -> str | None:
        """Return the cell's text where its value is an error, no finite number, or has runs that are left out; else None."""
        kind, value = self._kind, self._value
        if kind == "e":
            return value or "#ERROR"
        if kind == "s":
            return self._shared.get(int(value)) if value else None
        if kind == "inlineStr":
            return None if self._runs is None else self._runs.result()
        return value if kind == "n" and value and not _is_finite(value) else None


def _is_finite(value: str) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


def _place(reference: str) -> tuple[int, int]:
    """Return row and column, from 0, of `B12`."""
    letters = reference.rstrip("0123456789")
    column = 0
    for character in letters.upper():
        if not "A" <= character <= "Z":
            raise ValueError(f"{reference!r} is no cell")
        column = column * 26 + ord(character) - 64
    return int(reference[len(letters) :]) - 1, column - 1


def _merge(reference: str) -> Merge:
    first, _, last = reference.partition(":")
    return (*_place(first), *_place(last or first))


def _values(data: bytes, filename: str, plans: list[_SheetPlan], limits: Limits) -> list[Grid]:
    from python_calamine import CalamineError, CalamineWorkbook, ZipError

    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            return [_grid(book.get_sheet_by_name(plan.name), plan, limits) for plan in plans]
    except (CalamineError, ZipError, ValueError) as error:
        raise broken_inside(filename, error) from error


def _grid(sheet: Any, plan: _SheetPlan, limits: Limits) -> Grid:
    values = sheet.to_python(skip_empty_area=False)
    rows = [
        [_cell(value, plan.formats.get((r, c), "General"), limits) for c, value in enumerate(row)]
        for r, row in enumerate(values)
    ]
    for (r, c), text in {**dict.fromkeys(plan.uncomputed, UNCOMPUTED), **plan.texts}.items():
        rows += [[] for _ in range(r + 1 - len(rows))]
        rows[r] += [EMPTY] * (c + 1 - len(rows[r]))
        rows[r][c] = Cell(cleaned(text, limits))
    return Grid(plan.name, rows, list(range(1, len(rows) + 1)), "letter", plan.merges)


def _cell(value: Any, code: str, limits: Limits) -> Cell:
    if value is None or value == "":
        return EMPTY
    if isinstance(value, bool):
        return Cell("TRUE" if value else "FALSE")
    if isinstance(value, int | float):
        return printed(float(value), code) if math.isfinite(value) else Cell(str(value))
    if isinstance(value, datetime):
        return Cell(value.date().isoformat() if value.time() == time(0) else value.isoformat(sep=" "))
    if isinstance(value, date | time):
        return Cell(value.isoformat())
    return Cell(cleaned(str(value), limits))
