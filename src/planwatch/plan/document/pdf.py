"""PDF files, as lines in reading order, without page furniture."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Sequence
from itertools import groupby
from statistics import median
from typing import Any

from planwatch.errors import Fault, InputError
from planwatch.plan.document.columns import lines_of
from planwatch.plan.document.furniture import furniture_in
from planwatch.plan.document.model import Line, Page, Piece
from planwatch.plan.document.signs import meant

MAX_PAGES = 500
_CHAR_MARGIN = 1.5
"""Characters further apart than so many widths belong to different columns."""


def lines_of_pdf(data: bytes, name: str) -> list[Line]:
    """Return the lines of a PDF.

    Raises:
        InputError: it is damaged or encrypted, or holds no text (a scan).
    """
    pages = _pages(data, name)
    if not any(page.pieces for page in pages):
        message, mend = (
            "the PDF holds no text; it may be a scan",
            "hand over the text, or the PDF after text recognition",
        )
        raise InputError.of(Fault(code="no_text", message=message, file=name, mend=mend))
    rows = [_rows(page) for page in pages]
    gone = furniture_in([["".join(p.text for p in row) for row in page] for page in rows])
    lines: list[Line] = []
    for page, printed, taken in zip(pages, rows, gone, strict=True):
        kept = tuple(p for n, row in enumerate(printed) if n not in taken for p in row)
        lines += lines_of(Page(kept, page.em), new_page=bool(lines))
    return lines


def _rows(page: Page) -> list[list[Piece]]:
    return [list(row) for _, row in groupby(page.pieces, key=lambda p: p.y)]


def _pages(data: bytes, name: str) -> list[Page]:
    from pdfminer.high_level import extract_pages
    from pdfminer.layout import LAParams
    from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect

    logging.getLogger("pdfminer").setLevel(logging.ERROR)  # it warns of every font that names no box
    params = LAParams(char_margin=_CHAR_MARGIN, boxes_flow=None)
    try:
        found = extract_pages(io.BytesIO(data), maxpages=MAX_PAGES + 1, laparams=params)
        pages = [_page(layout) for layout in found]
    except (PDFEncryptionError, PDFPasswordIncorrect) as error:
        fault = Fault(code="encrypted", message="the PDF has a password", file=name, mend="take its password off")
        raise InputError.of(fault) from error
    except Exception as error:  # pdfminer raises whatever a damaged file makes it raise
        message = f"the PDF cannot be read: {type(error).__name__}"
        mend = "fetch it anew, or hand over the text"
        raise InputError.of(Fault(code="not_pdf", message=message, file=name, mend=mend)) from error
    if len(pages) > MAX_PAGES:
        message, mend = f"the PDF has more than {MAX_PAGES} pages", "hand over the plan's pages alone"
        raise InputError.of(Fault(code="too_large", message=message, file=name, mend=mend))
    return pages


def _page(layout: Any) -> Page:
    lines = [line for line in _text_lines(layout) if line.get_text().strip()]
    em = median(line.height for line in lines) if lines else 1.0
    top = layout.bbox[3]
    pieces = [Piece(meant(line.get_text()).strip(), line.x0, line.x1, top - line.y0) for line in lines]
    return Page(_levelled(pieces, em / 3), em)


def _text_lines(item: Any) -> Iterator[Any]:
    from pdfminer.layout import LTTextLine

    if isinstance(item, LTTextLine):
        yield item
    elif hasattr(item, "__iter__"):
        for child in item:
            yield from _text_lines(child)


def _levelled(pieces: Sequence[Piece], slack: float) -> tuple[Piece, ...]:
    """Return the pieces from top to bottom, those of one printed line at one height."""
    levelled: list[Piece] = []
    level = float("-inf")
    for piece in sorted(pieces, key=lambda p: p.y):
        level = piece.y if piece.y - level > slack else level
        levelled.append(Piece(piece.text, piece.x0, piece.x1, level))
    return tuple(sorted(levelled, key=lambda p: (p.y, p.x0)))
