"""Reads a simulated file's cells as they stand, without the product's reader (binary workbooks aside: nobody reads them by hand)."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable

from lxml import etree, html
from openpyxl import load_workbook

from planwatch.sample.world import shipped_world
from planwatch.settings import settings

TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
FOLDER = settings().include / "sample" / "2026"


def raw_rows(name: str, data: bytes | None = None) -> list[list[object]]:
    """Return a file's cells row by row, all sheets one after the other, nothing interpreted."""
    data = (FOLDER / name).read_bytes() if data is None else data
    if name.endswith("xlsx"):
        return [list(r) for page in load_workbook(io.BytesIO(data)) for r in page.iter_rows(values_only=True)]
    if name.endswith("xls"):
        import xlrd

        return [list(page.row_values(r)) for page in xlrd.open_workbook(file_contents=data) for r in range(page.nrows)]
    if name.endswith("ods"):
        rows = etree.fromstring(content_of(data)).iter(f"{{{TABLE}}}table-row")
        return [["".join(cell.itertext()) or None for cell in row] for row in rows]
    if name.endswith("csv"):
        return [list(r) for r in csv.reader(io.StringIO(text_of(name, data)))]
    if name.endswith("json"):
        reply = json.loads(data)
        return [[reply["message"]]] + [[g["code"], *v.values()] for g in reply["data"] for v in g["values"]]
    rows = html.fromstring(data.decode()).iter("tr")
    return [[c.text_content() for c in row.iterchildren()] for row in rows if row.find(".//table") is None]


def one_of_each(fit: Callable[[str], bool] = lambda _feed: True) -> list[str]:
    """Return a feed for every sort of file and table, of those that fit: what holds for one of a sort holds for the others."""
    sorts: dict[tuple[str, ...], str] = {}
    for feed, form in shipped_world().feeds.items():
        if fit(feed):
            sorts.setdefault((form.suffix, form.tables[0].form), feed)
    return list(sorts.values())


def content_of(data: bytes) -> bytes:
    """Return the part of an ods file that holds its tables."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        return parts.read("content.xml")


def text_of(name: str, data: bytes | None = None) -> str:
    """Return all that a file says, its cells' texts where it is a workbook."""
    data = (FOLDER / name).read_bytes() if data is None else data
    if name.endswith(("xlsx", "xls", "ods")):
        return "\n".join(str(c) for row in raw_rows(name, data) for c in row)
    return data.decode("gb18030" if name.startswith(("human_resources", "emergency")) else "utf-8-sig")
