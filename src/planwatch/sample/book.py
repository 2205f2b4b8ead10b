"""Workbooks (xlsx), written with openpyxl and freed of every trace of the wall clock."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime, time
from typing import Any

from planwatch.sample.grid import MARK, Cell, Draft, Number, Sheet


def workbook(draft: Draft) -> bytes:
    """Return the release as an xlsx file."""
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
    for r, row in enumerate(sheet.rows, 1):
        for c, cell in enumerate(row, 1):
            _write(page.cell(r, c), cell)
    for r1, c1, r2, c2 in sheet.every_merge:
        page.merge_cells(start_row=r1 + 1, start_column=c1 + 1, end_row=r2 + 1, end_column=c2 + 1)
    page.column_dimensions["A"].width = 36


def _write(target: Any, cell: Cell) -> None:
    if isinstance(cell, Number):
        target.value = int(cell.value) if cell.decimals == 0 else cell.value
        target.number_format = "0" if cell.decimals == 0 else "0." + "0" * cell.decimals
    elif isinstance(cell, str):
        target.value = cell or None
    elif cell is not None:
        target.value, target.number_format = cell, "yyyy-mm-dd"


def _timeless(book: bytes, published: date) -> bytes:
    """Return the workbook with both dates and every entry bearing the publishing day."""
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
