"""From cells to bytes: a workbook, a page, a CSV file. The same cells always give the same bytes."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date, datetime, time
from html import escape
from typing import Any

from planwatch.sample.grid import Cell, Draft, Number, Sheet

MARK = "模拟数据（simulated）"
"""Stands in every simulated file."""


def render(draft: Draft, suffix: str) -> bytes:
    """Return the release as the bytes of an `xlsx`, `html` or `csv` file."""
    return {"xlsx": _workbook, "html": _page, "csv": _csv}[suffix](draft)


def _workbook(draft: Draft) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    for n, sheet in enumerate(draft.sheets):
        _fill(book.create_sheet(sheet.name, n), sheet)
    del book[book.sheetnames[-1]]
    book.properties.creator = "planwatch sample"
    book.properties.title = draft.sheets[0].titles[0]
    book.properties.keywords = MARK
    raw = io.BytesIO()
    book.save(raw)
    return _timeless(raw.getvalue(), draft.published)


def _fill(page: Any, sheet: Sheet) -> None:
    rows = _rows(sheet)
    for r, row in enumerate(rows, 1):
        for c, cell in enumerate(row, 1):
            _write(page.cell(r, c), cell)
    top, last = len(sheet.titles), len(rows) - len(sheet.footer)
    for r in (*range(1, top + 1), *range(last + 1, len(rows) + 1)):
        page.merge_cells(start_row=r, start_column=1, end_row=r, end_column=sheet.width)
    for r1, c1, r2, c2 in sheet.merges:
        page.merge_cells(start_row=top + r1 + 1, start_column=c1 + 1, end_row=top + r2 + 1, end_column=c2 + 1)
    page.column_dimensions["A"].width = 36


def _rows(sheet: Sheet) -> list[list[Cell]]:
    """Return the whole sheet row by row: lines above, header, body, lines below."""
    above: list[list[Cell]] = [[line] for line in sheet.titles]
    header: list[list[Cell]] = [list(row) for row in sheet.header]
    below: list[list[Cell]] = [[line] for line in sheet.footer]
    return [*above, *header, *sheet.body, *below]


def _write(target: Any, cell: Cell) -> None:
    if isinstance(cell, Number):
        target.value = int(cell.value) if cell.decimals == 0 else cell.value
        target.number_format = "0" if cell.decimals == 0 else "0." + "0" * cell.decimals
    elif isinstance(cell, str):
        target.value = cell or None
    elif cell is not None:
        target.value, target.number_format = cell, "yyyy-mm-dd"


def _timeless(book: bytes, published: date) -> bytes:
    """Return the workbook without a trace of the wall clock: both dates and every entry bear the publishing day."""
    stamp = datetime.combine(published, time(9)).isoformat() + "Z"
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            data = old.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"(W3CDTF\">)[^<]+", rb"\g<1>" + stamp.encode(), data)
            entry = zipfile.ZipInfo(name, (published.year, published.month, published.day, 9, 0, 0))
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, 0o600 << 16, 3
            new.writestr(entry, data)
    return out.getvalue()


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell)


def _csv(draft: Draft) -> bytes:
    sheet = draft.sheets[0]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([_text(cell) for cell in row] for row in _rows(sheet))
    return text.getvalue().encode("gb18030")


def _page(draft: Draft) -> bytes:
    sheet = draft.sheets[0]
    title, *lines = sheet.titles
    caption, lines = lines[-1], lines[:-1]
    parts = [
        "<!DOCTYPE html>",
        '<html lang="zh-CN"><head><meta charset="utf-8">',
        f"<title>{escape(title)}</title></head><body>",
        '<div class="nav"><a href="#">首页</a> &gt; <a href="#">政务公开</a> &gt; <a href="#">财政数据</a></div>',
        f"<h1>{escape(title)}</h1>",
        *(f'<p class="info">{escape(line)}</p>' for line in lines),
        *(f"<p>{escape(line)}</p>" for line in draft.prose),
        '<table border="1">',
        f"<caption>{escape(caption)}</caption>",
        *_head(sheet),
        "<tbody>",
        *("<tr>" + "".join(f"<td>{escape(_text(c))}</td>" for c in row) + "</tr>" for row in sheet.body),
        "</tbody></table>",
        *(f"<p>{escape(line)}</p>" for line in sheet.footer),
        "</body></html>",
        "",
    ]
    return "\n".join(parts).encode()


def _head(sheet: Sheet) -> list[str]:
    """Return the header rows; merged cells become rowspan and colspan, and what they cover is left out."""
    covered = {
        (r, c): (r == r1 and c == c1, r2 - r1 + 1, c2 - c1 + 1)
        for r1, c1, r2, c2 in sheet.merges
        for r in range(r1, r2 + 1)
        for c in range(c1, c2 + 1)
    }
    rows = []
    for r, row in enumerate(sheet.header):
        cells = []
        for c, text in enumerate(row):
            first, down, across = covered.get((r, c), (True, 1, 1))
            spans = (f' rowspan="{down}"' if down > 1 else "") + (f' colspan="{across}"' if across > 1 else "")
            cells += [f"<th{spans}>{escape(text)}</th>"] if first else []
        rows.append("<tr>" + "".join(cells) + "</tr>")
    return ["<thead>", *rows, "</thead>"]
