"""Binary workbooks (xls, BIFF8), as offices that still run old programs deliver them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import date

from planwatch.sample.container import compound_file
from planwatch.sample.grid import Cell, Draft, Number, Sheet

_BOF, _EOF, _CODEPAGE, _DATE_MODE, _FONT, _FORMAT, _STYLE = 0x0809, 0x000A, 0x0042, 0x0022, 0x0031, 0x041E, 0x00E0
_SHEET, _TEXTS, _CONTINUE, _EXTENT, _NUMBER, _TEXT, _MERGED = 0x0085, 0x00FC, 0x003C, 0x0200, 0x0203, 0x00FD, 0x00E5
_LONGEST = 8224
_FORMATS = ("General", "0", "0.0", "0.00", "0.000", "0.0000", "yyyy-mm-dd")
_DAY, _OWN = 6, 164
"""Style of a date; first number of a workbook's own formats."""
_EPOCH = date(1899, 12, 30)


def old_workbook(draft: Draft) -> bytes:
    """Return the release as an xls file. It holds no dates of its making."""
    texts: dict[str, int] = {}
    bodies = [_sheet(sheet, texts) for sheet in draft.sheets]
    names = [sheet.name or f"Sheet{n}" for n, sheet in enumerate(draft.sheets, 1)]
    places = [len(_globals(names, [0] * len(names), texts))]
    for body in bodies:
        places.append(places[-1] + len(body))
    return compound_file({"Workbook": _globals(names, places[:-1], texts) + b"".join(bodies)})


def _record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _start(kind: int) -> bytes:
    return _record(_BOF, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0x41, 0x06))


def _name(text: str) -> bytes:
    return struct.pack("<BB", len(text), 1) + text.encode("utf-16-le")


def _string(text: str) -> bytes:
    return struct.pack("<HB", len(text), 1) + text.encode("utf-16-le")


def _globals(names: Sequence[str], places: Sequence[int], texts: dict[str, int]) -> bytes:
    out = _start(5) + _record(_CODEPAGE, struct.pack("<H", 1200)) + _record(_DATE_MODE, struct.pack("<H", 0))
    font = struct.pack("<HHHHHBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 134, 0) + _name("宋体")
    out += _record(_FONT, font) * 4
    for n, code in enumerate(_FORMATS):
        out += _record(_FORMAT, struct.pack("<H", _OWN + n) + _string(code))
    for n in range(len(_FORMATS)):
        out += _record(_STYLE, struct.pack("<HHHBBBBIIH", 0, _OWN + n, 1, 0, 0, 0, 0, 0, 0, 0))
    for name, place in zip(names, places, strict=True):
        out += _record(_SHEET, struct.pack("<IBB", place, 0, 0) + _name(name))
    return out + _shared(list(texts)) + _record(_EOF)


def _shared(texts: list[str]) -> bytes:
    """Return the table of texts; where a record is full it is continued in the next, between two texts."""
    pieces, body = [], struct.pack("<II", len(texts), len(texts))
    for text in texts:
        said = _string(text)
        if len(body) + len(said) > _LONGEST:
            pieces.append(body)
            body = b""
        body += said
    pieces.append(body)
    return b"".join(_record(_TEXTS if n == 0 else _CONTINUE, piece) for n, piece in enumerate(pieces))


def _sheet(sheet: Sheet, texts: dict[str, int]) -> bytes:
    rows = sheet.rows
    out = _start(0x10) + _record(_EXTENT, struct.pack("<IIHHH", 0, len(rows), 0, sheet.width, 0))
    for r, row in enumerate(rows):
        out += b"".join(_cell(r, c, cell, texts) for c, cell in enumerate(row) if cell not in (None, ""))
    merges = [(r1, r2, c1, c2) for r1, c1, r2, c2 in sheet.every_merge]
    if merges:
        areas = b"".join(struct.pack("<HHHH", *area) for area in merges)
        out += _record(_MERGED, struct.pack("<H", len(merges)) + areas)
    return out + _record(_EOF)


def _cell(row: int, column: int, cell: Cell, texts: dict[str, int]) -> bytes:
    if isinstance(cell, Number):
        return _record(_NUMBER, struct.pack("<HHHd", row, column, cell.decimals + 1, cell.value))
    if isinstance(cell, date):
        return _record(_NUMBER, struct.pack("<HHHd", row, column, _DAY, float((cell - _EPOCH).days)))
    number = texts.setdefault(str(cell), len(texts))
    return _record(_TEXT, struct.pack("<HHHI", row, column, 0, number))
