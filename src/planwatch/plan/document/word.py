"""Word documents (.docx), as lines: paragraphs, headings by their style, tables row by row."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from planwatch.errors import Fault, InputError
from planwatch.plan.document.model import Line
from planwatch.plan.document.signs import meant
from planwatch.plan.document.text import lines_of_text

MAX_UNPACKED = 200_000_000
MAX_XML = 50_000_000
"""The XML parts are held as trees, which take ten times the room; pictures are not."""
MAX_BLOCKS = 30_000
"""Paragraphs and tables."""
_HEAD = 4096
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def lines_of_word(data: bytes, name: str) -> list[Line]:
    """Return the lines of a Word document.

    Raises:
        InputError: it is no Word document, is damaged, or is larger than `MAX_UNPACKED`, `MAX_XML` or `MAX_BLOCKS`.
    """
    from docx import Document as open_word

    _refuse_bombs(data, name)
    try:
        word = open_word(io.BytesIO(data))
        styles = {style.style_id: style.name or "" for style in word.styles}
        blocks = [_block(block, styles) for block in islice(word.iter_inner_content(), MAX_BLOCKS + 1)]
    except Exception as error:  # python-docx raises whatever its parts raise
        message = f"the Word document cannot be read: {type(error).__name__}"
        raise InputError.of(Fault(code="not_word", message=message, file=name, mend="save it anew as .docx")) from error
    if len(blocks) > MAX_BLOCKS:
        raise InputError.of(_too_large(f"it has more than {MAX_BLOCKS} paragraphs", name, MAX_BLOCKS))
    lines: list[Line] = []
    plain: list[str] = []
    for level, text in blocks:
        if level and text.strip():
            lines += [*lines_of_text("\n".join(plain), marked=False), Line(text.strip(), level=level)]
            plain = []
        else:
            plain.append(text)
    return [*lines, *lines_of_text("\n".join(plain), marked=False)]


def _refuse_bombs(data: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            sizes = {part.filename: part.file_size for part in parts.infolist()}
            declares = any(
                _declares(parts, part) for part in sizes if part.startswith("word/") and part.endswith(".xml")
            )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as error:
        message = "the file is damaged: no whole zip archive"
        raise InputError.of(Fault(code="not_word", message=message, file=name, mend="fetch it anew")) from error
    if declares:
        message = "it declares XML entities, which no Word document does"
        raise InputError.of(Fault(code="not_word", message=message, file=name, mend="save it anew as .docx"))
    trees = sum(size for part, size in sizes.items() if part.endswith((".xml", ".rels")))
    for size, most in ((sum(sizes.values()), MAX_UNPACKED), (trees, MAX_XML)):
        if size > most:
            raise InputError.of(_too_large(f"it unpacks to {size} bytes", name, most))


def _declares(parts: zipfile.ZipFile, part: str) -> bool:
    """Return whether a part starts with a document type, whose entities the reader would leave out in silence."""
    with parts.open(part) as file:
        return b"<!DOCTYPE" in file.read(_HEAD)


def _too_large(message: str, name: str, most: int) -> Fault:
    mend = "hand over the plan alone, or its text"
    return Fault(code="too_large", message=message, file=name, expected=f"at most {most}", mend=mend)


def _block(block: Any, styles: Mapping[str, str]) -> tuple[int, str]:
    """Return heading depth (0 for text) and text of a paragraph, or a table's rows."""
    if hasattr(block, "rows"):
        return 0, "\n".join(_rows(block))
    style = styles.get(block._p.style or "", "")
    found = re.match(r"(?i)(?:heading|标题)\s*(\d)", style)
    if found:
        return min(int(found[1]) + 1, 6), _text(block._p)
    return (1 if re.fullmatch("(?i:title)|标题", style) else 0), _text(block._p)


def _rows(table: Any) -> Iterator[str]:
    for row in table.rows:
        cells: list[str] = []
        last = None
        for cell in row.cells:
            text = " ".join(cell.text.replace("\n", "").split())
            cells.append("" if cell._tc is last else text)  # a merged cell comes once a column
            last = cell._tc
        yield "｜".join(cells) + "。"


def _text(paragraph: Any) -> str:
    """Return a paragraph's text, with what was inserted under review and without what was deleted."""
    text = ""
    for node in paragraph.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}cr"):
        if node.tag in (f"{_W}br", f"{_W}cr"):
            text += "\n" if text[-1:] in "。！？；：" else ""
        else:
            text += " " if node.tag == f"{_W}tab" else node.text or ""
    return meant(text)
