"""A small writer of OpenDocument spreadsheets: each cell's value and its text as printed, as LibreOffice and WPS store them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from planwatch.feeds.numberformat import printed

_SPACES = " ".join(
    f'xmlns:{p}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"'
    for p, n in (("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"), ("fo", "xsl-fo-compatible"))
)  # fmt: skip
_STYLES = (
    '<office:automatic-styles><style:style style:name="up" style:family="text">'
    '<style:text-properties style:text-position="super 58%"/></style:style>'
    '<style:style style:name="struck" style:family="text"><style:text-properties style:text-line-through-style="solid"/></style:style>'
    '<style:style style:name="gone" style:family="table"><style:table-properties table:display="false"/></style:style>'
    "</office:automatic-styles>"
)
_RUNS = {"super": "up", "strike": "struck"}
MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"


@dataclass
class OdsSheet:
    """Cells by (row, column) from 0, as in `BiffSheet`."""

    name: str
    cells: dict[tuple[int, int], Any] = field(default_factory=dict)
    merges: Sequence[tuple[int, int, int, int]] = ()
    hidden: bool = False


def ods_workbook(*sheets: OdsSheet, trailing_rows: int = 1_000_000, more: str = "") -> bytes:
    tables = "".join(_table(sheet, trailing_rows) for sheet in sheets)
    return ods_with(
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_SPACES}>{_STYLES}<office:body>'
        f"<office:spreadsheet>{more}{tables}</office:spreadsheet></office:body></office:document-content>"
    )


def ods_with(content: str, manifest: str = "<manifest/>") -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("mimetype", MIMETYPE, zipfile.ZIP_STORED)
        parts.writestr("content.xml", content)
        parts.writestr("META-INF/manifest.xml", manifest)
    return raw.getvalue()


def _table(sheet: OdsSheet, trailing: int) -> str:
    rows = max((r for r, _c in sheet.cells), default=-1) + 1
    width = max((c for _r, c in sheet.cells), default=-1) + 1
    body = "".join(_row(sheet, r, width) for r in range(rows))
    style = ' table:style-name="gone"' if sheet.hidden else ""
    rest = f'<table:table-row table:number-rows-repeated="{trailing}"><table:table-cell table:number-columns-repeated="1024"/></table:table-row>'
    return f"<table:table table:name={quoteattr(sheet.name)}{style}>{body}{rest}</table:table>"


def _row(sheet: OdsSheet, row: int, width: int) -> str:
    cells = "".join(_cell(sheet, row, c) for c in range(width))
    return (
        f'<table:table-row>{cells}<table:table-cell table:number-columns-repeated="{1024 - width}"/></table:table-row>'
    )


def _cell(sheet: OdsSheet, row: int, column: int) -> str:
    for r1, c1, r2, c2 in sheet.merges:
        if r1 <= row <= r2 and c1 <= column <= c2 and (row, column) != (r1, c1):
            return "<table:covered-table-cell/>"
    span = "".join(
        f' table:number-rows-spanned="{r2 - r1 + 1}" table:number-columns-spanned="{c2 - c1 + 1}"'
        for r1, c1, r2, c2 in sheet.merges
        if (r1, c1) == (row, column)
    )
    value = sheet.cells.get((row, column))
    if value is None:
        return f"<table:table-cell{span}/>"
    kind, text = _value(value)
    return f"<table:table-cell{span}{kind}>{text}</table:table-cell>"


def _value(value: Any) -> tuple[str, str]:
    code = "General"
    if isinstance(value, dict):
        if "runs" in value:
            spans = (
                f'<text:span text:style-name="{_RUNS[k]}">{escape(t)}</text:span>' if k else escape(t)
                for t, k in value["runs"]
            )
            return ' office:value-type="string"', f"<text:p>{''.join(spans)}</text:p>"
        code, value = value.get("f", code), value["v"]
    if isinstance(value, bool):
        return (
            f' office:value-type="boolean" office:boolean-value="{str(value).lower()}"',
            f"<text:p>{str(value).upper()}</text:p>",
        )
    if isinstance(value, int | float):
        cell = printed(float(value), code)
        kind = "percentage" if "%" in code else "float"
        return f' office:value-type="{kind}" office:value="{value!r}"', f"<text:p>{cell.text}</text:p>"
    if str(value).startswith("#") and str(value).endswith(("!", "?", "/A")):
        return ' office:value-type="string" office:string-value=""', f"<text:p>{escape(value)}</text:p>"
    return ' office:value-type="string"', "".join(f"<text:p>{escape(line)}</text:p>" for line in str(value).split("\n"))
