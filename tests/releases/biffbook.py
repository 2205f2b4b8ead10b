"""A small writer of binary workbooks (BIFF8 in an OLE container): numbers, texts with runs, errors, formats, merged cells."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_SECTOR, _STREAM = 512, 4096
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_PLAIN, _RAISED, _STRUCK = 0, 5, 6
"""Fonts; number 4 is left out by the format itself."""
_FONTS = ((0, 0), (0, 0), (0, 0), (0, 0), (0, 1), (8, 0))
_ERRORS = {"#NULL!": 0, "#DIV/0!": 7, "#VALUE!": 15, "#REF!": 23, "#NAME?": 29, "#NUM!": 36, "#N/A": 42}


@dataclass
class BiffSheet:
    """Cells by (row, column) from 0: a number, a text, a bool, an error such as `#N/A`, or a mapping {v, f, runs}."""

    name: str
    cells: dict[tuple[int, int], Any] = field(default_factory=dict)
    merges: Sequence[tuple[int, int, int, int]] = ()
    hidden: bool = False


def biff_workbook(*sheets: BiffSheet) -> bytes:
    texts: dict[Any, int] = {}
    formats: dict[str, int] = {}
    bodies = [_sheet(sheet, texts, formats) for sheet in sheets]
    sizes = [len(_globals(sheets, texts, formats, [0] * len(sheets)))]
    for body in bodies:
        sizes.append(sizes[-1] + len(body))
    return container(_globals(sheets, texts, formats, sizes) + b"".join(bodies))


def _record(kind: int, body: bytes = b"") -> bytes:
    assert len(body) <= 8224
    return struct.pack("<HH", kind, len(body)) + body


def _bof(kind: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0x41, 0x06))


def _globals(sheets: Sequence[BiffSheet], texts: dict[Any, int], formats: dict[str, int], places: list[int]) -> bytes:
    out = _bof(5) + _record(0x0042, struct.pack("<H", 1200)) + _record(0x0022, struct.pack("<H", 0))
    for grbit, escapement in _FONTS:
        out += _record(
            0x0031, struct.pack("<HHHHHBBBB", 200, grbit, 0x7FFF, 400, escapement, 0, 0, 134, 0) + _short("宋体")
        )
    for code, number in formats.items():
        out += _record(0x041E, struct.pack("<H", number) + _string(code))
    for number in (0, *formats.values()):
        out += _record(0x00E0, struct.pack("<HHHBBBBIIH", 0, number, 1, 0, 0, 0, 0, 0, 0, 0))
    for sheet, place in zip(sheets, places, strict=False):
        out += _record(0x0085, struct.pack("<IBB", place, int(sheet.hidden), 0) + _short(sheet.name))
    body = struct.pack("<II", len(texts), len(texts)) + b"".join(_rich(t) for t in texts)
    return out + _record(0x00FC, body) + _record(0x000A)


def _short(text: str) -> bytes:
    return struct.pack("<BB", len(text), 1) + text.encode("utf-16-le")


def _string(text: str) -> bytes:
    return struct.pack("<HB", len(text), 1) + text.encode("utf-16-le")


def _rich(text: Any) -> bytes:
    if isinstance(text, str):
        return _string(text)
    whole, runs, at = "".join(piece for piece, _kind in text), [], 0
    for piece, kind in text:
        runs.append(struct.pack("<HH", at, {"": _PLAIN, "super": _RAISED, "strike": _STRUCK}[kind]))
        at += len(piece)
    return struct.pack("<HBH", len(whole), 9, len(runs)) + whole.encode("utf-16-le") + b"".join(runs)


def _sheet(sheet: BiffSheet, texts: dict[Any, int], formats: dict[str, int]) -> bytes:
    rows = max((r for r, _c in sheet.cells), default=-1) + 1
    out = _bof(0x10) + _record(0x0200, struct.pack("<IIHHH", 0, rows, 0, 256, 0))
    for (row, column), value in sorted(sheet.cells.items()):
        out += _cell(row, column, value, texts, formats)
    if sheet.merges:
        areas = b"".join(struct.pack("<HHHH", r1, r2, c1, c2) for r1, c1, r2, c2 in sheet.merges)
        out += _record(0x00E5, struct.pack("<H", len(sheet.merges)) + areas)
    return out + _record(0x000A)


def _cell(row: int, column: int, value: Any, texts: dict[Any, int], formats: dict[str, int]) -> bytes:
    style, given = 0, value
    if isinstance(value, dict):
        if code := value.get("f"):
            style = formats.setdefault(code, 164 + len(formats)) - 163
        given = tuple((piece, kind) for piece, kind in value["runs"]) if "runs" in value else value["v"]
    place = struct.pack("<HHH", row, column, style)
    if isinstance(given, bool):
        return _record(0x0205, place + struct.pack("<BB", given, 0))
    if isinstance(given, int | float):
        return _record(0x0203, place + struct.pack("<d", given))
    if given in _ERRORS:
        return _record(0x0205, place + struct.pack("<BB", _ERRORS[given], 1))
    return _record(0x00FD, place + struct.pack("<I", texts.setdefault(given, len(texts))))


def container(stream: bytes, name: str = "Workbook") -> bytes:
    """Return an OLE container with one stream."""
    padded = stream.ljust(_STREAM, b"\0")
    padded += b"\0" * (-len(padded) % _SECTOR)
    sectors = len(padded) // _SECTOR
    tables = -(-(sectors + 2) // 128)
    tables = -(-(sectors + 1 + tables) // 128)
    first = tables + 1
    table = [_FAT] * tables + [_END] + [*range(first + 1, first + sectors), _END]
    head = struct.pack(
        "<8s16sHHHHH6s9I", bytes.fromhex("d0cf11e0a1b11ae1"), b"", 0x3E, 3, 0xFFFE, 9, 6, b"",
        0, tables, tables, 0, _STREAM, _END, 0, _END, 0,
    )  # fmt: skip
    difat = struct.pack("<109I", *range(tables), *[_FREE] * (109 - tables))
    fat = struct.pack(f"<{tables * 128}I", *table, *[_FREE] * (tables * 128 - len(table)))
    entries = _entry("Root Entry", 5, _END, 0, child=1) + _entry(name, 2, first, len(padded)) + 2 * _entry("", 0, 0, 0)
    return head + difat + fat + entries + padded


def _entry(name: str, kind: int, start: int, size: int, child: int = _FREE) -> bytes:
    text = name.encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sIQQIQ",
        text,
        len(text) + 2 if name else 0,
        kind,
        1,
        _FREE,
        _FREE,
        child,
        b"",
        0,
        0,
        0,
        start,
        size,
    )
