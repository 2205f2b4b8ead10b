"""Binary workbooks (xls, Excel 97–2003 and 5.0/95, as Excel, WPS and LibreOffice write them), read with xlrd.

xlrd, not calamine, because it gives what decides how a number was printed: formats, merged cells, raised and struck-out text.
"""

from __future__ import annotations

import io
import math
from datetime import datetime, time
from typing import Any

from planwatch.errors import ReleaseError
from planwatch.feeds.cell import EMPTY, Cell, cleaned
from planwatch.feeds.grid import Grid, check_extent
from planwatch.feeds.numberformat import printed
from planwatch.feeds.zipped import broken_inside, workbook_fault
from planwatch.model.feed import Limits

_BLANK, _TEXT, _NUMBER, _DATE, _BOOLEAN, _ERROR = 0, 1, 2, 3, 4, 5
"""xlrd's cell types; 6 is a blank cell with a format."""
_VISIBLE = 0
_STREAM = "BOOK".encode("utf-16-le")


def is_xls(data: bytes) -> bool:
    """Return whether an OLE container names the stream of a workbook."""
    return _STREAM in data.upper()


def read_xls(data: bytes, filename: str, limits: Limits) -> list[Grid]:
    """Return the visible sheets of a binary workbook in order.

    Raises:
        ReleaseError: password-protected, too many cells, or broken inside.
    """
    import xlrd

    said = io.StringIO()  # xlrd tells of small irregularities there; they are nobody's concern here
    try:
        with xlrd.open_workbook(
            file_contents=data, formatting_info=True, on_demand=True, ragged_rows=True, logfile=said
        ) as book:
            sheets = (book.sheet_by_index(n) for n in range(book.nsheets))  # charts have no number
            return [_grid(book, sheet, filename, limits) for sheet in sheets if sheet.visibility == _VISIBLE]
    except ReleaseError:
        raise
    except Exception as error:  # xlrd raises whatever its arithmetic on damaged records ends in
        if "encrypted" in str(error).lower() or "password" in str(error).lower():
            raise workbook_fault(
                "password_protected", "the workbook is password-protected", filename, "save it without a password and deliver it again",
                expected="a workbook without a password",
            ) from error  # fmt: skip
        raise broken_inside(filename, error) from error


def _grid(book: Any, sheet: Any, filename: str, limits: Limits) -> Grid:
    check_extent(_last_row(sheet), _last_column(sheet), limits, file=filename, sheet=sheet.name)
    rows = [[_cell(book, sheet, (r, c), limits) for c in range(sheet.row_len(r))] for r in range(_last_row(sheet))]
    merges = [(r1, c1, r2 - 1, c2 - 1) for r1, r2, c1, c2 in sheet.merged_cells]
    return Grid(sheet.name, rows, list(range(1, len(rows) + 1)), "letter", merges)


def _last_row(sheet: Any) -> int:
    """Return how many rows there are down to the last that holds something, formats aside."""
    return next((r + 1 for r in reversed(range(sheet.nrows)) if any(v != "" for v in sheet.row_values(r))), 0)


def _last_column(sheet: Any) -> int:
    return max((sheet.row_len(r) for r in range(sheet.nrows) if any(v != "" for v in sheet.row_values(r))), default=0)


def _cell(book: Any, sheet: Any, place: tuple[int, int], limits: Limits) -> Cell:
    kind, value = sheet.cell_type(*place), sheet.cell_value(*place)
    if kind == _TEXT:
        return Cell(cleaned(_without_marks(book, sheet, place, value), limits)) if value else EMPTY
    if kind == _NUMBER:
        return printed(value, _format(book, sheet, place)) if math.isfinite(value) else Cell(str(value))
    if kind == _DATE:
        return _day(book, value, _format(book, sheet, place))
    if kind == _BOOLEAN:
        return Cell("TRUE" if value else "FALSE")
    return _error(value) if kind == _ERROR else EMPTY


def _error(code: int) -> Cell:
    import xlrd

    return Cell(xlrd.error_text_from_code.get(code, "#ERROR"))


def _day(book: Any, value: float, code: str) -> Cell:
    import xlrd

    try:
        moment: datetime = xlrd.xldate_as_datetime(value, book.datemode)
    except (ValueError, OverflowError):
        return printed(value, code)
    return Cell(moment.date().isoformat() if moment.time() == time(0) else moment.isoformat(sep=" "))


def _format(book: Any, sheet: Any, place: tuple[int, int]) -> str:
    style = book.xf_list[sheet.cell_xf_index(*place)]
    return str(book.format_map[style.format_key].format_str)


def _without_marks(book: Any, sheet: Any, place: tuple[int, int], text: str) -> str:
    """Return a text without the runs that are raised, lowered or struck out. m² keeps its mark."""
    runs = sheet.rich_text_runlist_map.get(place)
    if not runs:
        return text
    kept, ends = text[: runs[0][0]], [start for start, _font in runs[1:]] + [len(text)]
    for (start, number), end in zip(runs, ends, strict=True):
        font = book.font_list[number]
        raised = font.escapement and not (kept[-1:].isascii() and kept[-1:].isalpha())
        kept += "" if raised or font.struck_out else text[start:end]
    return kept
