"""xlsx workbooks: guarded first (they are zip files from outside), then their values read with calamine."""

from __future__ import annotations

import io
import math
import posixpath
import re
import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from lxml import etree

from planwatch.errors import Fault, ReleaseError
from planwatch.feeds.grid import EMPTY, Cell, Grid, Merge, check_extent, cleaned
from planwatch.feeds.numberformat import BUILT_IN, printed
from planwatch.model.feed import Limits

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_MEGABYTE = 1 << 20
_DOCTYPE = re.compile(rb"<\0?!\0?(?:D\0?O\0?C\0?T\0?Y\0?P\0?E|E\0?N\0?T\0?I\0?T\0?Y)", re.IGNORECASE)
_DOCTYPE_BYTES = 32
"""A document type or entity, also in UTF-16; it may lie across two chunks, within so many bytes."""
UNCOMPUTED = "=?"
"""Stands for a formula whose result was never computed and stored: text in a number cell, not an empty cell."""


def read_workbook(data: bytes, filename: str, limits: Limits) -> list[Grid]:
    """Return the visible sheets of a workbook, in order, each cell as it is printed.

    Raises:
        ReleaseError: not a workbook, password-protected, a zip bomb, too many cells, broken inside.
    """
    _check_kind(data, filename)
    with _open_zip(data, filename) as parts:
        _check_parts(parts, filename, limits)
        plans = _plans(parts, filename, limits)
    return _values(data, filename, plans, limits)


def _fault(code: str, message: str, filename: str, mend: str, **places: Any) -> ReleaseError:
    return ReleaseError(
        str(fault := Fault(code=code, message=message, file=filename, mend=mend, **places)),
        (fault,),
    )


def _check_kind(data: bytes, filename: str) -> None:
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise _fault(
                "password_protected", "the workbook is password-protected", filename, "save it without a password and deliver it again",
                expected="an xlsx workbook without a password",
            )  # fmt: skip
        raise _fault(
            "not_a_workbook", "an old binary office file (.xls, .doc)", filename, "save it as an Excel workbook (.xlsx)",
            expected="an xlsx workbook",
        )  # fmt: skip
    if not data.startswith(b"PK\x03\x04"):
        raise _fault(
            "not_a_workbook", "the file is not a workbook, whatever its name says", filename, "deliver the workbook itself, saved as .xlsx",
            value=data[:24].decode("utf-8", "replace"), expected="an xlsx workbook",
        )  # fmt: skip


def _open_zip(data: bytes, filename: str) -> zipfile.ZipFile:
    try:
        parts = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _fault(
            "not_a_workbook",
            f"the file is cut short or damaged: {error}",
            filename,
            "deliver the file again",
            expected="an xlsx workbook",
        ) from error
    if "xl/workbook.xml" not in parts.namelist():
        raise _fault(
            "not_a_workbook", "a zip file, but no xlsx workbook in it", filename, "deliver the workbook itself, saved as .xlsx",
            value=", ".join(parts.namelist()[:3]), expected="an xlsx workbook",
        )  # fmt: skip
    return parts


def _check_parts(parts: zipfile.ZipFile, filename: str, limits: Limits) -> None:
    """Unzip every part once, counting, and stop at the limit: the sizes a zip file states of itself may be lies."""
    infos = parts.infolist()
    if len(infos) > limits.max_parts:
        raise _bomb(filename, f"{len(infos)} parts", f"at most {limits.max_parts} parts")
    total = 0
    for info in infos:
        if info.flag_bits & 1:
            raise _fault(
                "password_protected", "a part of the workbook is encrypted", filename, "save it without a password"
            )
        size = _unzipped_size(parts, info, filename, limits.max_unzipped - total)
        total += size
        if total > limits.max_unzipped:
            raise _bomb(
                filename,
                f"{info.filename}: more than {limits.max_unzipped} bytes",
                f"at most {limits.max_unzipped} bytes unzipped",
            )
        if size > _MEGABYTE and size > limits.max_ratio * max(info.compress_size, 1):
            raise _bomb(
                filename,
                f"{info.filename}: {size} bytes from {info.compress_size}",
                f"at most {limits.max_ratio:g} to 1",
            )


def _unzipped_size(parts: zipfile.ZipFile, info: zipfile.ZipInfo, filename: str, room: int) -> int:
    size, tail, doctype = 0, b"", False
    try:
        with parts.open(info) as part:
            while size <= room and (chunk := part.read(_MEGABYTE)):
                size += len(chunk)
                doctype |= info.filename.endswith((".xml", ".rels")) and bool(_DOCTYPE.search(tail + chunk))
                tail = chunk[-_DOCTYPE_BYTES:]
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise _fault(
            "not_a_workbook", f"the part {info.filename} is damaged: {error}", filename, "deliver the file again"
        ) from error
    except Exception as error:  # zlib.error, lzma.LZMAError: a damaged stream, whatever the method
        raise _fault(
            "not_a_workbook", f"the part {info.filename} is damaged: {error}", filename, "deliver the file again"
        ) from error
    if doctype:
        raise _fault(
            "not_a_workbook",
            f"the part {info.filename} declares a document type or entities, as no workbook does",
            filename,
            "open it, save it again as .xlsx and deliver that",
        )
    return size


def _bomb(filename: str, value: str, expected: str) -> ReleaseError:
    return _fault(
        "zip_bomb", "the workbook unzips to more than a release may hold", filename,
        "save the table alone in a new workbook, or raise the feed's limits", value=value, expected=expected,
    )  # fmt: skip


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
    try:
        codes, shared = _style_codes(parts), _shared_texts(parts)
        return [
            _plan(parts, sheet, (codes, shared), filename=filename, limits=limits) for sheet in _visible_sheets(parts)
        ]
    except (etree.XMLSyntaxError, KeyError, ValueError, IndexError) as error:
        raise _fault(
            "not_a_workbook",
            f"the workbook is broken inside: {error}",
            filename,
            "open it, save it again as .xlsx and deliver that",
        ) from error


def _parse(parts: zipfile.ZipFile, path: str) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(parts.read(path), parser)


def _visible_sheets(parts: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Return name and part of the sheets that a person sees, in the workbook's order."""
    links = {r.get("Id"): str(r.get("Target")) for r in _parse(parts, "xl/_rels/workbook.xml.rels")}
    sheets = _parse(parts, "xl/workbook.xml").iter(f"{_MAIN}sheet")
    shown = [(str(s.get("name")), links[s.get(_LINK)]) for s in sheets if s.get("state", "visible") == "visible"]
    paths = [
        (name, target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}"))
        for name, target in shown
    ]
    return [(name, path) for name, path in paths if "worksheets/" in path]


def _style_codes(parts: zipfile.ZipFile) -> list[str]:
    """Return the number format of every cell style, `General` where there is none."""
    if "xl/styles.xml" not in parts.namelist():
        return []
    styles = _parse(parts, "xl/styles.xml")
    own = {int(f.get("numFmtId")): str(f.get("formatCode")) for f in styles.iter(f"{_MAIN}numFmt")}
    cells = styles.find(f"{_MAIN}cellXfs")
    known = BUILT_IN | own
    return [known.get(int(xf.get("numFmtId", "0")), "General") for xf in cells] if cells is not None else []


def _plan(
    parts: zipfile.ZipFile,
    sheet: tuple[str, str],
    known: tuple[list[str], dict[int, str]],
    *,
    filename: str,
    limits: Limits,
) -> _SheetPlan:
    """Walk over a sheet once without building it: a single cell at XFD1048576 would otherwise fill the memory."""
    name, path = sheet
    plan, row = _SheetPlan(name), 0
    with parts.open(path) as part:
        walk = etree.iterparse(
            part, events=("end",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        )
        for _event, element in walk:
            if element.tag == f"{_MAIN}row":
                row = int(element.get("r", row + 1))
                _walk_row(plan, element, row, *known)
                check_extent(plan.rows, plan.columns, limits, file=filename, sheet=name)
                element.clear(keep_tail=False)
            elif element.tag == f"{_MAIN}mergeCell":
                plan.merges.append(_merge(str(element.get("ref"))))
    return plan


def _walk_row(plan: _SheetPlan, element: Any, row: int, codes: list[str], shared: dict[int, str]) -> None:
    column = -1
    for cell in element.iter(f"{_MAIN}c"):
        place = cell.get("r")
        column = _place(place)[1] if place else column + 1
        if len(cell):
            plan.rows, plan.columns = max(plan.rows, row), max(plan.columns, column + 1)
        if cell.find(f"{_MAIN}f") is not None and not cell.findtext(f"{_MAIN}v"):
            plan.uncomputed.add((row - 1, column))
        text = _own_text(cell, shared)
        if text is not None:
            plan.texts[row - 1, column] = text
        style = int(cell.get("s", "0"))
        if style < len(codes) and codes[style] != "General":
            plan.formats[row - 1, column] = codes[style]


def _own_text(cell: Any, shared: dict[int, str]) -> str | None:
    """Return the cell's text where its value is an error, no finite number, or has runs that are left out; else None."""
    kind, value = cell.get("t", "n"), cell.findtext(f"{_MAIN}v") or ""
    if kind == "e":
        return value or "#ERROR"
    if kind == "s":
        return shared.get(int(value)) if value else None
    if kind == "inlineStr":
        inline = cell.find(f"{_MAIN}is")
        return None if inline is None else _without_marks(inline)
    return value if kind == "n" and value and not _is_finite(value) else None


def _is_finite(value: str) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


def _shared_texts(parts: zipfile.ZipFile) -> dict[int, str]:
    """Return the shared texts that have raised, lowered or struck-out runs, by their number, without those runs."""
    if "xl/sharedStrings.xml" not in parts.namelist():
        return {}
    found: dict[int, str] = {}
    with parts.open("xl/sharedStrings.xml") as part:
        walk = etree.iterparse(
            part,
            events=("end",),
            tag=f"{_MAIN}si",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
        )
        for number, (_event, item) in enumerate(walk):
            text = _without_marks(item)
            if text is not None:
                found[number] = text
            item.clear(keep_tail=False)
    return found


def _without_marks(item: Any) -> str | None:
    """Return a rich text without its notes' marks and struck-out runs, None where it has none. m² keeps its mark."""
    kept, left_out = "", False
    for run in item.iter(f"{_MAIN}r"):
        text = run.findtext(f"{_MAIN}t") or ""
        if _is_mark(run.find(f"{_MAIN}rPr"), kept):
            left_out = True
        else:
            kept += text
    return kept if left_out else None


def _is_mark(style: Any, before: str) -> bool:
    if style is None:
        return False
    raised, struck = style.find(f"{_MAIN}vertAlign"), style.find(f"{_MAIN}strike")
    if struck is not None and struck.get("val", "1") not in ("0", "false"):
        return True
    up = raised is not None and raised.get("val") in ("superscript", "subscript")
    return up and not (before[-1:].isascii() and before[-1:].isalpha())


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
        raise _fault(
            "not_a_workbook",
            f"the workbook is broken inside: {error}",
            filename,
            "open it, save it again as .xlsx and deliver that",
        ) from error


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
