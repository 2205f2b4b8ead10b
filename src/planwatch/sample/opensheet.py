"""OpenDocument spreadsheets (ods), as offices with WPS or LibreOffice deliver them: each cell's text beside its value."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date
from html import escape

from planwatch.sample.grid import Cell, Draft, Number, Sheet

_MIME = "application/vnd.oasis.opendocument.spreadsheet"
_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text", "manifest")
)
_MANIFEST = (
    f'<?xml version="1.0" encoding="UTF-8"?>\n<manifest:manifest {_SPACES} manifest:version="1.3">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_MIME}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def open_sheet(draft: Draft) -> bytes:
    """Return the release as an ods file, every part dated with the day of publication."""
    tables = "".join(
        part for n, sheet in enumerate(draft.sheets, 1) for part in _table(sheet, sheet.name or f"Sheet{n}")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-content {_SPACES} office:version="1.3"><office:body>'
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in (("mimetype", _MIME), ("META-INF/manifest.xml", _MANIFEST), ("content.xml", content)):
            entry = zipfile.ZipInfo(name, (*draft.published.timetuple()[:3], 9, 0, 0))
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            entry.external_attr, entry.create_system = 0o600 << 16, 3
            book.writestr(entry, text)
    return out.getvalue()


def _table(sheet: Sheet, name: str) -> Iterator[str]:
    covering = {(r1, c1): (r2 - r1 + 1, c2 - c1 + 1) for r1, c1, r2, c2 in sheet.every_merge}
    covered = {
        (r, c)
        for (top, left), (down, across) in covering.items()
        for r in range(top, top + down)
        for c in range(left, left + across)
    } - set(covering)
    yield f'<table:table table:name="{escape(name)}">'
    for r, row in enumerate(sheet.rows):
        wide = [*row, *[None] * (sheet.width - len(row))]
        cells = (_cell(cell, covering.get((r, c)), (r, c) in covered) for c, cell in enumerate(wide))
        yield f"<table:table-row>{''.join(cells)}</table:table-row>"
    yield "</table:table>"


def _cell(cell: Cell, span: tuple[int, int] | None, covered: bool) -> str:
    if covered:
        return "<table:covered-table-cell/>"
    wide = f' table:number-rows-spanned="{span[0]}" table:number-columns-spanned="{span[1]}"' if span else ""
    if cell in (None, ""):
        return f"<table:table-cell{wide}/>"
    if isinstance(cell, Number):
        kind = f' office:value-type="float" office:value="{cell.value!r}"'
    elif isinstance(cell, date):
        kind = f' office:value-type="date" office:date-value="{cell.isoformat()}"'
    else:
        kind = ' office:value-type="string"'
    return f"<table:table-cell{kind}{wide}><text:p>{escape(str(cell))}</text:p></table:table-cell>"
