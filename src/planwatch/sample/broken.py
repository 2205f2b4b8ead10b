"""Files that are broken as files: nothing in them, cut off, another thing than they are called, or too large once opened."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

from planwatch.sample.container import encrypted_container

BLOCK_PAGE = (
    "<html><head><title>403 Forbidden</title></head>\r\n<body><center><h1>403 Forbidden</h1></center></body></html>\r\n"
)
ZIPPED, TEXTS = ("xlsx", "ods"), ("html", "csv", "json")
EMPTY_ROWS = 1_000_000
"""Rows with nothing in them that a careless selection leaves below a table."""
BOMB_BYTES = 256 * 1024 * 1024
"""What a bomb's part holds once unzipped: more than a release may."""


def broken(data: bytes, suffix: str, kind: str) -> bytes:
    """Return a file's bytes after damage; a kind that concerns contents leaves them whole."""
    return BREAKAGES[kind](data, suffix) if kind in BREAKAGES else data


def breaks(kind: str, suffix: str) -> bool:
    """Return whether a file of this kind can be broken so: only zipped ones hold bombs, only texts have an encoding."""
    allowed = {
        "zip-bomb": ZIPPED, "empty-rows": ("xlsx", "ods", "html", "csv"), "wrong-encoding": TEXTS,
    }  # fmt: skip
    return suffix in allowed.get(kind, (suffix,))


def _cut(data: bytes, suffix: str) -> bytes:
    """Return the first part of a file: a transfer that broke off."""
    return data[: len(data) * 3 // 5]


def _other_encoding(data: bytes, suffix: str) -> bytes:
    """Return a text that was joined from two encodings: neither reads it whole."""
    half = len(data) // 2
    text = data.decode("gb18030" if suffix == "csv" and not _is_utf8(data) else "utf-8-sig")
    other = "utf-8" if not _is_utf8(data) else "gb18030"
    return data[:half].rsplit(b"\n", 1)[0] + b"\n\xff\xfe" + text[len(text) // 2 :].encode(other)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return True


def _empty_rows(data: bytes, suffix: str) -> bytes:
    if suffix == "csv":
        return data + b",,,,\r\n" * EMPTY_ROWS
    if suffix == "html":
        return data.replace(b"</tbody>", b"<tr><td></td></tr>" * EMPTY_ROWS + b"</tbody>", 1)
    if suffix == "ods":
        blank = b'<table:table-row table:number-rows-repeated="%d"><table:table-cell/></table:table-row>' % EMPTY_ROWS
        return _rewritten(data, "content.xml", lambda xml: xml.replace(b"</table:table>", blank + b"</table:table>", 1))
    return _rewritten(data, "xl/worksheets/sheet1.xml", _with_empty_rows)


def _with_empty_rows(xml: bytes) -> bytes:
    last = max(int(n) for n in re.findall(rb'<row r="(\d+)"', xml))
    rows = b"".join(b'<row r="%d"/>' % n for n in range(last + 1, last + 1 + EMPTY_ROWS))
    return xml.replace(b"</sheetData>", rows + b"</sheetData>")


def _bomb(data: bytes, suffix: str) -> bytes:
    part = "content.xml" if suffix == "ods" else "xl/worksheets/sheet1.xml"
    return _rewritten(data, part, lambda xml: xml + b" " * BOMB_BYTES)


def _rewritten(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return a zipped file with one part changed, everything else as it is."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            new.writestr(entry, change(content) if entry.filename == part else content)
    return out.getvalue()


BREAKAGES: dict[str, Callable[[bytes, str], bytes]] = {
    "not-a-workbook": lambda _data, _suffix: BLOCK_PAGE.encode(),
    "password-protected": lambda _data, _suffix: encrypted_container(),
    "empty-file": lambda _data, _suffix: b"",
    "cut-off": _cut,
    "wrong-encoding": _other_encoding,
    "empty-rows": _empty_rows,
    "zip-bomb": _bomb,
}
"""Kind of damage → what it does to a file."""
