"""Reads a simulated file's cells as they stand, without the product's reader."""

from __future__ import annotations

import csv
import io

from lxml import html
from openpyxl import load_workbook

from planwatch.settings import settings

FOLDER = settings().include / "sample" / "2026"


def raw_rows(name: str, data: bytes | None = None) -> list[list[object]]:
    """Return a file's cells row by row, all sheets one after the other, nothing interpreted."""
    data = (FOLDER / name).read_bytes() if data is None else data
    if name.endswith("xlsx"):
        return [list(r) for page in load_workbook(io.BytesIO(data)) for r in page.iter_rows(values_only=True)]
    if name.endswith("csv"):
        return [list(r) for r in csv.reader(io.StringIO(data.decode("gb18030")))]
    return [[c.text_content() for c in row.iterchildren()] for row in html.fromstring(data.decode()).iter("tr")]
