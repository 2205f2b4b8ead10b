"""Plain text and Markdown, as lines with places."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from planwatch.plan.document.columns import lines_of
from planwatch.plan.document.furniture import furniture_in
from planwatch.plan.document.model import Line, Page, Piece
from planwatch.plan.document.numbering import starts_heading

_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
_ROW = re.compile(r"\s*\|.*\|\s*")
_RULE = re.compile(r"\s*\|?(?:\s*:?-{2,}:?\s*\|)+(?:\s*:?-{2,}:?)?\s*")
_PART = re.compile(r"\S+(?:[ ]\S+)*")
_EM = 2.0
"""Display columns of a Chinese character."""


def lines_of_text(text: str, *, marked: bool) -> list[Line]:
    """Return the lines of a text in reading order, without page furniture.

    Args:
        text: with form feeds between pages, where it has any.
        marked: it is Markdown: lines that start with # are headings, those with > are remarks and are left out.
    """
    pages = [page.split("\n") for page in text.replace("\r\n", "\n").replace("\r", "\n").split("\f")]
    if marked:
        pages = [[line for line in page if not line.startswith(">")] for page in pages]
    lines: list[Line] = []
    for page, gone in zip(pages, furniture_in(pages), strict=True):
        for part in _parts(page, gone):
            lines += _marked_lines(part, new_page=bool(lines)) if marked else _page_lines(part, new_page=bool(lines))
    return lines


def _parts(page: Sequence[str], gone: set[int]) -> list[list[str]]:
    """Return the pages that furniture in its midst divides a text without form feeds into."""
    parts: list[list[str]] = [[]]
    for n, line in enumerate(page):
        if n in gone:
            parts.append([])
        elif not _beside_gone(page, n, gone):
            parts[-1].append(line)
    return [part for part in parts if any(line.strip() for line in part)]


def _beside_gone(page: Sequence[str], n: int, gone: set[int]) -> bool:
    """Return whether a line is the white space around page furniture."""
    if page[n].strip():
        return False
    before = next((m for m in range(n - 1, -1, -1) if page[m].strip()), None)
    after = next((m for m in range(n + 1, len(page)) if page[m].strip()), None)
    return before in gone or after in gone


def _marked_lines(page: Sequence[str], *, new_page: bool) -> list[Line]:
    lines: list[Line] = []
    block: list[str] = []
    for text in page:
        heading = _HEADING.match(text)
        if heading:
            lines += [
                *_soft(_page_lines(block, new_page=new_page and not lines)),
                Line(heading[2], level=len(heading[1])),
            ]
            block = []
        elif not _RULE.fullmatch(text):
            block.append(
                _row(text) if _ROW.fullmatch(text) else re.sub(r"^\s*[-*+]\s+", "　　", text).replace("**", "")
            )
    return [*lines, *_soft(_page_lines(block, new_page=new_page and not lines))]


def _row(text: str) -> str:
    """Return a row of a Markdown table with its cells divided as everywhere."""
    cells = [" ".join(cell.replace("**", "").split()) for cell in text.strip().strip("|").split("|")]
    return "｜".join(cells) + "。"


def _soft(lines: Sequence[Line]) -> list[Line]:
    """Return the lines of a Markdown paragraph: their ends mean nothing, but for those of a numbered heading."""
    return [line if line.row or starts_heading(line.text) else replace(line, full=True) for line in lines]


def _page_lines(page: Sequence[str], *, new_page: bool = False) -> list[Line]:
    """Return the lines of a page, with indents and gaps; a gap is an empty line."""
    pieces = tuple(piece for y, line in enumerate(page) for piece in _pieces(line, y))
    lines = [
        replace(line, row=line.row or "｜" in line.text) for line in lines_of(Page(pieces, _EM), new_page=new_page)
    ]
    empty = [not line.strip() for line in page]
    if len(lines) != empty.count(False):
        return lines  # columns: the rows are no longer the lines
    rows = [n for n, blank in enumerate(empty) if not blank]
    return [replace(line, gap=n > 0 and empty[n - 1]) for line, n in zip(lines, rows, strict=True)]


def _pieces(line: str, y: int) -> list[Piece]:
    """Split a line where two spaces or more stand, as a print of columns does."""
    wide = line.expandtabs(4).replace("\u3000", "  ").replace("\xa0", " ")
    found = []
    for part in _PART.finditer(wide):
        x0 = _width(wide[: part.start()])
        found.append(Piece(part[0], x0, x0 + _width(part[0]), float(y)))
    return found


def _width(text: str) -> float:
    return float(sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text))
