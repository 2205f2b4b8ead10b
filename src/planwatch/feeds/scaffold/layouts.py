"""Which layout a file's bytes are in, and its tables as grids."""

from __future__ import annotations

from planwatch.feeds.grid import Grid
from planwatch.feeds.page import read_page
from planwatch.feeds.plaintext import read_text_table
from planwatch.feeds.workbook import read_workbook
from planwatch.model.feed import Layout, Limits

WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How workbooks begin: zip archives (xlsx, ods) and the older compound files (xls)."""


def read_grids(data: bytes, name: str, limits: Limits) -> tuple[Layout, list[Grid]]:
    """Return the layout and the tables of a file.

    Raises:
        ReleaseError: it cannot be read.
    """
    if data.startswith(WORKBOOKS):
        return Layout.SHEET, read_workbook(data, name, limits)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        return Layout.HTML, read_page(data, name, limits)
    tabs, commas = data.count(b"\t"), data.count(b",")
    if tabs > commas:
        return Layout.TIDY, read_text_table(data, name, limits, "\t")
    return Layout.CSV, read_text_table(data, name, limits, ",")
