"""Workbooks of every usual kind: told apart by what they are, not by their names; xlsx, ods, xls, and pages that call themselves xls."""

from __future__ import annotations

import re
import zipfile

from planwatch.feeds.grid import Grid
from planwatch.feeds.ods import is_ods, read_ods
from planwatch.feeds.page import read_page
from planwatch.feeds.xls import is_xls, read_xls
from planwatch.feeds.xlsx import read_xlsx
from planwatch.feeds.zipped import open_parts, workbook_fault
from planwatch.model.feed import Limits

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_EXPECTED = "an xlsx, xls or ods workbook"
_HEAD = 4096
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|meta|table|style)\b", re.IGNORECASE)
_TABLE = re.compile(rb"<table\b", re.IGNORECASE)
_OLD_XML = b"urn:schemas-microsoft-com:office:spreadsheet"
_BARE_XLS = tuple(bytes([9, version]) for version in (0, 2, 4, 8))
"""How the stream of Excel 2 to 5 begins that was saved without a container."""


def read_workbook(data: bytes, filename: str, limits: Limits) -> list[Grid]:
    """Return the visible sheets of a workbook, in order, each cell as it is printed.

    A page of tables under a name that ends in .xls, as many systems export it, is read as what it is.

    Raises:
        ReleaseError: not a workbook, password-protected, a zip bomb, too many cells, broken inside.
    """
    if data.startswith(b"PK\x03\x04"):
        return _zipped(data, filename, limits)
    if data.startswith(_OLE):
        return _binary(data, filename, limits)
    head = data[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    if _OLD_XML in head:
        raise _other(filename, "an XML spreadsheet of Office 2003", value=None)
    if _PAGE.match(head) and _TABLE.search(data) and filename.lower().endswith(".xls"):
        return read_page(data, filename, limits)
    if data.startswith(_BARE_XLS):
        raise _other(filename, "a workbook of Excel 4 or older", value=None)
    raise workbook_fault(
        "not_a_workbook", "the file is not a workbook, whatever its name says", filename,
        "deliver the workbook itself, saved as .xlsx", value=data[:24].decode("utf-8", "replace"), expected=_EXPECTED,
    )  # fmt: skip


def _zipped(data: bytes, filename: str, limits: Limits) -> list[Grid]:
    with open_parts(data, filename, limits) as parts:
        names = parts.namelist()
        if "xl/workbook.xml" in names:
            return read_xlsx(parts, filename, limits)
        if is_ods(names, _mimetype(parts)):
            return read_ods(parts, filename, limits)
        if "xl/workbook.bin" in names:
            raise _other(filename, "a binary workbook (.xlsb)", value=None)
        raise _other(filename, "a zip file, but no workbook in it", value=", ".join(names[:3]))


def _mimetype(parts: zipfile.ZipFile) -> bytes:
    return parts.read("mimetype") if "mimetype" in parts.namelist() else b""


def _binary(data: bytes, filename: str, limits: Limits) -> list[Grid]:
    if _ENCRYPTED in data:
        raise workbook_fault(
            "password_protected", "the workbook is password-protected", filename, "save it without a password and deliver it again",
            expected="a workbook without a password",
        )  # fmt: skip
    if not is_xls(data):
        raise _other(filename, "an old binary office file (.doc, .ppt)", value=None)
    return read_xls(data, filename, limits)


def _other(filename: str, kind: str, value: str | None) -> Exception:
    return workbook_fault(
        "not_a_workbook", kind, filename, "save it as an Excel workbook (.xlsx)", value=value, expected=_EXPECTED
    )
