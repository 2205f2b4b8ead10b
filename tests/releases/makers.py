"""From a case's description to the bytes of its file: the same rows as xlsx, xls, ods, a page or text; JSON; or bytes as they are."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from typing import Any

from biffbook import BiffSheet, biff_workbook
from odsbook import OdsSheet, ods_workbook
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils import range_boundaries

_FONTS = {"super": InlineFont(vertAlign="superscript"), "strike": InlineFont(strike=True)}


def make(given: dict[str, Any]) -> bytes:
    """Return the file of a case's `make`."""
    kind = given["kind"]
    data = _MAKERS[kind](given)
    for old, new in given.get("replace", {}).items():
        assert old.encode() in data, old
        data = data.replace(old.encode(), new.encode())
    if "cut" in given:
        data = data[: int(len(data) * given["cut"])]
    return data


def _cells(rows: list[list[Any]]) -> dict[tuple[int, int], Any]:
    return {(r, c): v for r, row in enumerate(rows) for c, v in enumerate(row) if v is not None}


def _merges(given: list[str]) -> list[tuple[int, int, int, int]]:
    bounds = [range_boundaries(m) for m in given]
    return [(r1 - 1, c1 - 1, r2 - 1, c2 - 1) for c1, r1, c2, r2 in bounds]


def _sheets(given: dict[str, Any]) -> list[dict[str, Any]]:
    return given.get("sheets") or [given]


def _xlsx(given: dict[str, Any]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for sheet in _sheets(given):
        page = book.create_sheet(sheet.get("name", "Sheet1"))
        page.sheet_state = "hidden" if sheet.get("hidden") else "visible"
        for (row, column), value in _cells(sheet["rows"]).items():
            _write(page.cell(row + 1, column + 1), value)
        for merge in sheet.get("merges", ()):
            page.merge_cells(merge)
    raw = io.BytesIO()
    book.save(raw)
    return _with_parts(raw.getvalue(), given.get("parts", {}))


def _write(cell: Any, value: Any) -> None:
    if not isinstance(value, dict):
        cell.value = value
    elif "runs" in value:
        cell.value = CellRichText(*(TextBlock(_FONTS[k], t) if k else t for t, k in value["runs"]))
    else:
        cell.value = value["v"]
        cell.number_format = value.get("f", "General")


def _with_parts(data: bytes, parts: dict[str, str]) -> bytes:
    """Return a zip file with parts added, or replaced where they are there."""
    if not parts:
        return data
    raw = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, text in parts.items():
            new.writestr(name, text)
    return raw.getvalue()


def _xls(given: dict[str, Any]) -> bytes:
    return biff_workbook(
        *(BiffSheet(s.get("name", "Sheet1"), _cells(s["rows"]), _merges(s.get("merges", [])), bool(s.get("hidden"))) for s in _sheets(given))
    )  # fmt: skip


def _ods(given: dict[str, Any]) -> bytes:
    return ods_workbook(
        *(OdsSheet(s.get("name", "Sheet1"), _cells(s["rows"]), _merges(s.get("merges", [])), bool(s.get("hidden"))) for s in _sheets(given))
    )  # fmt: skip


def _text(given: dict[str, Any]) -> bytes:
    text = given["text"] if isinstance(given["text"], str) else "\n".join(given["text"]) + "\n"
    return bytes(text.replace("\n", given.get("newline", "\n")).encode(given.get("encoding", "utf-8")))


def _json(given: dict[str, Any]) -> bytes:
    return json.dumps(given["reply"], ensure_ascii=False).encode()


def _zip(given: dict[str, Any]) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, text in given["parts"].items():
            parts.writestr(name, " " * text if isinstance(text, int) else text)
    return raw.getvalue()


def _raw(given: dict[str, Any]) -> bytes:
    return base64.b64decode(given["base64"]) if "base64" in given else bytes.fromhex(given["hex"])


def _encrypted(_given: dict[str, Any]) -> bytes:
    from planwatch.sample.container import encrypted_container

    return encrypted_container()


_MAKERS = {
    "xlsx": _xlsx, "xls": _xls, "ods": _ods, "text": _text, "json": _json, "zip": _zip, "raw": _raw, "encrypted": _encrypted,
}  # fmt: skip
