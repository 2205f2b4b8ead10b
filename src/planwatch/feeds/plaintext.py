"""Text files: strict decoding (a byte nobody can read is named, never replaced), CSV and tab-separated tables."""

from __future__ import annotations

import codecs
import csv
import io
import re
from array import array
from collections.abc import Iterator

from planwatch.errors import Fault, ReleaseError
from planwatch.feeds.cell import Cell
from planwatch.feeds.coded import CodedRows
from planwatch.feeds.grid import Grid, check_extent
from planwatch.feeds.plaintable import read_plain_table
from planwatch.model.feed import Limits

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_GUESSES = ("utf-8", "gb18030")
_FAMILY = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "utf8": "utf-8"}
_PIECE = 1 << 20
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")


def decode(data: bytes, filename: str, declared: str | None = None) -> str:
    """Return the text of a file: by its byte order mark, by what it declares, else UTF-8, else GB18030. Always strictly.

    Raises:
        ReleaseError: some byte fits none of them, or the file is binary.
    """
    return _decoded(data, filename, declared)[0]


def _decoded(data: bytes, filename: str, declared: str | None = None) -> tuple[str, str]:
    """Return the text of a file, and its encoding."""
    _no_nul(data, filename)
    bom = next((name for mark, name in _BOMS if data.startswith(mark)), None)
    named = _FAMILY.get((declared or "").lower(), declared)
    tries = [bom] if bom else [n for n in dict.fromkeys((*(() if named is None else (named,)), *_GUESSES)) if n]
    failures: list[tuple[str, UnicodeDecodeError]] = []
    for encoding in tries:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            failures.append((encoding, error))
        except LookupError:
            continue
        else:
            return _no_control(text, filename), encoding
    raise _undecodable(data, filename, failures)


def _encoding(data: bytes, filename: str) -> str:
    """Return the encoding that a file is text in, read piece by piece: a large file's text takes several times its bytes.

    Raises:
        ReleaseError: as `decode`.
    """
    bom = next((name for mark, name in _BOMS if data.startswith(mark)), None)
    for encoding in [bom] if bom else _GUESSES:
        try:
            clean = all(not _CONTROL.search(piece) for piece in _pieces(data, encoding))
        except UnicodeDecodeError:
            continue
        if clean:
            return encoding
        break
    return _decoded(data, filename)[1]


def _pieces(data: bytes, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    for start in range(0, len(data), _PIECE):
        yield decoder.decode(data[start : start + _PIECE], start + _PIECE >= len(data))


def _undecodable(data: bytes, filename: str, failures: list[tuple[str, UnicodeDecodeError]]) -> ReleaseError:
    encoding, error = max(failures, key=lambda f: f[1].start)
    fault = Fault(
        code="undecodable",
        message=f"byte {error.start + 1} cannot be read as {encoding}",
        file=filename,
        row=data.count(b"\n", 0, error.start) + 1,
        value="0x" + data[error.start : error.start + 4].hex(),
        expected="text in UTF-8 or GB18030",
        mend="deliver the whole file again, in UTF-8 (of a table: CSV UTF-8); do not cut or join files by bytes",
    )
    return ReleaseError(str(fault), (fault,))


def _no_nul(data: bytes, filename: str) -> None:
    """Refuse a file with a zero byte, which no text has outside UTF-16: it would otherwise be complained of as badly encoded."""
    place = -1 if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else data.find(b"\0")
    if place >= 0:
        raise _binary(filename, data.count(b"\n", 0, place) + 1, repr(data[:4]))


def _no_control(text: str, filename: str) -> str:
    found = _CONTROL.search(text)
    if found is None:
        return text
    raise _binary(filename, text.count("\n", 0, found.start()) + 1, repr(found.group()))


def _binary(filename: str, row: int, value: str) -> ReleaseError:
    fault = Fault(
        code="binary",
        message="the file is not text: it holds control characters",
        file=filename,
        row=row,
        value=value,
        expected="a text file",
        mend="export the table as text; renaming a workbook does not make it one",
    )
    return ReleaseError(str(fault), (fault,))


def _cut_short(filename: str, row: int, cells: list[Cell]) -> ReleaseError:
    fault = Fault(
        code="cut_short",
        message="the file ends within a row",
        file=filename,
        row=row,
        value="; ".join(cell.text for cell in cells)[:120],
        expected="as many cells as in the row before, or a line's end",
        mend="deliver the whole file",
    )
    return ReleaseError(str(fault), (fault,))


def read_text_table(data: bytes, filename: str, limits: Limits, delimiter: str) -> list[Grid]:
    """Return a CSV or tab-separated file as one grid. Rows are numbered as the file's lines are.

    Raises:
        ReleaseError: not text, a quote that is never closed, an end within a row, too many rows or columns.
    """
    encoding = _encoding(data, filename)
    if (grid := read_plain_table(data, encoding, limits, delimiter)) is not None:
        return [grid]
    whole = (data.decode(encoding) if encoding == "utf-16" else data[-1:].decode("latin-1")).endswith(("\n", "\r"))
    lines = io.TextIOWrapper(io.BytesIO(data), encoding, newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    rows, numbers, last = CodedRows(limits), array("L"), 0
    try:
        for record in reader:
            if any(map(str.strip, record)):
                check_extent(len(rows) + 1, len(record), limits, file=filename, sheet="")
                rows.add(record)
                numbers.append(last + 1)
            last = reader.line_num
    except csv.Error as error:
        fault = Fault(
            code="not_csv",
            message=f"not a well-formed table of text: {error}",
            file=filename,
            row=last + 1,
            expected="a quote closed in the same cell",
            mend="export the table as CSV again",
        )
        raise ReleaseError(str(fault), (fault,)) from error
    rows.close()
    full = min((width for width in rows.widths[:-1] if width > 1), default=0)
    if not whole and rows and 1 < rows.widths[-1] < full:
        raise _cut_short(filename, numbers[-1], rows[-1])
    return [Grid("", rows, numbers, "header")]
