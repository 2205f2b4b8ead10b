"""HTML pages: every table of the page as a grid, and the text around them. Nothing is loaded from anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree, html

from planwatch.errors import Fault, ReleaseError
from planwatch.feeds.cell import EMPTY, Cell, cleaned
from planwatch.feeds.grid import Grid, check_extent
from planwatch.feeds.plaintext import decode
from planwatch.model.feed import Limits
from planwatch.reconcile.text import tidy

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{3,20})", re.IGNORECASE)
_XML_HEAD = re.compile(r"^\s*<\?xml[^>]*\?>")
_SILENT = ("script", "style", "noscript", "template")
_UNSEEN = (*_SILENT, "del", "s", "strike")
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)", re.IGNORECASE)
_BREAKS = ("br", "p", "div", "li", "tr", "td", "th")
_TORN = re.compile(r"(?<=\d)\s*\n\s*(?=\d)")
_TABLE_TAG = re.compile(r"<(/?)table\b", re.IGNORECASE)
_NO_MARKUP = re.compile(r"<!--.*?-->|<(script|style|template)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_NEAR = 6
"""Pieces of text before a table among which its unit may stand."""
_MAX_SPAN = 1000


def read_page(data: bytes, filename: str, limits: Limits) -> list[Grid]:
    """Return the tables of a page in order, with merged cells noted. What nobody sees is left out.

    Raises:
        ReleaseError: the bytes are no text, the page holds no table or ends within one, a table is too large.
    """
    declared = _CHARSET.search(data[:4096])
    text = decode(data, filename, declared[1].decode("ascii") if declared else None)
    _check_whole(text, filename)
    root = _parse(text, filename)
    tables = [] if root is None else list(root.iter("table"))
    if root is None or not tables:
        raise _no_table(filename, text)
    titles, around = _titles(root), _around(root)
    grids = [_grid(table, n, filename, limits) for n, table in enumerate(tables, 1)]
    before = _before(root)
    for grid, near in zip(grids, before, strict=True):
        grid.titles, grid.around, grid.before = titles, (*titles, *around), near
    return grids


def _check_whole(text: str, filename: str) -> None:
    """Refuse a page that ends within a table: a torn download would be read as a shorter table."""
    ends = [bool(tag[1]) for tag in _TABLE_TAG.finditer(_NO_MARKUP.sub("", text))]
    if ends.count(True) < ends.count(False):
        raise _cut_short(
            filename, "the page ends within a table", f"{ends.count(False)} <table>, {ends.count(True)} </table>"
        )


def _cut_short(filename: str, message: str, value: str) -> ReleaseError:
    fault = Fault(
        code="cut_short",
        message=message,
        file=filename,
        value=value,
        expected="a whole page",
        mend="save the page again",
    )
    return ReleaseError(str(fault), (fault,))


def _parse(text: str, filename: str) -> Any:
    parser = html.HTMLParser(no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(_XML_HEAD.sub("", text), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    fatal = next((e for e in parser.error_log if e.level_name == "FATAL"), None)
    if fatal is not None:
        raise _cut_short(filename, f"the page cannot be read to its end: {fatal.message.strip()}", f"line {fatal.line}")
    for element in [e for e in root.iter() if _is_unseen(e) and e is not root]:
        if element.getparent() is not None:
            element.drop_tree()
    return root


def _is_unseen(element: Any) -> bool:
    """Return whether an element is no part of the text a person reads: struck out, hidden, a note's mark."""
    if element.tag in _UNSEEN or element.get("hidden") is not None or _HIDING.search(element.get("style", "")):
        return True
    return element.tag == "sup" or (element.tag == "sub" and _is_number(element)) if _is_mark(element) else False


def _is_mark(element: Any) -> bool:
    """Return whether raised or lowered text is a mark: behind a letter it belongs to a unit or formula (m², PM₂.₅)."""
    parent, previous = element.getparent(), element.getprevious()
    if element.tag not in ("sup", "sub") or parent is None:
        return False
    before = (parent.text if previous is None else previous.tail) or ""
    return not re.search(r"[A-Za-z]$", before)


def _is_number(element: Any) -> bool:
    return any(ch.isdigit() for ch in element.text_content())


def _seen(element: Any) -> str:
    """Return the text of an element as one line; where a line break parts two numbers they stay apart (966 ; 648)."""
    return tidy(_TORN.sub(" ; ", "".join(_pieces(element))))


def _pieces(element: Any) -> Iterator[str]:
    for event, node in etree.iterwalk(element, events=("start", "end")):
        if event == "start":
            yield "\n" if node.tag in _BREAKS and node is not element else ""
            yield node.text or ""
        else:
            yield "\n" if node.tag in _BREAKS[1:] and node is not element else ""
            yield (node.tail or "") if node is not element else ""


def _titles(root: Any) -> tuple[str, ...]:
    return tuple(t for h in root.iter("h1", "h2", "title") if (t := tidy(h.text_content())))


def _no_table(filename: str, text: str) -> ReleaseError:
    fault = Fault(
        code="no_table",
        message="the page holds no table",
        file=filename,
        value=tidy(re.sub(r"<[^>]*>", " ", text[:4000]))[:60],
        expected="a page with the release's table",
        mend="save the page of the release itself, not a list, a login or an error page",
    )
    return ReleaseError(str(fault), (fault,))


def _around(root: Any) -> tuple[str, ...]:
    """Return the page's text outside tables, piece by piece."""
    pieces = [tidy(piece) for piece in root.xpath("//body//text()[not(ancestor::table)]")]
    return tuple(piece for piece in pieces if piece)


def _before(root: Any) -> list[tuple[str, ...]]:
    """Return for every table the last texts before it, outside tables."""
    found: list[tuple[str, ...]] = []
    pieces: list[str] = []
    depth = 0
    for event, node in etree.iterwalk(root, events=("start", "end")):
        if node.tag == "table" and event == "start":
            found.append(tuple(pieces[-_NEAR:]))
        depth += (event == "start") - (event == "end") if node.tag == "table" else 0
        text = node.text if event == "start" else node.tail
        if depth == 0 and text and text.strip():
            pieces.append(tidy(text))
    return found


def _own_rows(table: Any) -> list[Any]:
    """Return the rows of the table itself, not those of tables inside its cells."""
    return [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]


def _grid(table: Any, number: int, filename: str, limits: Limits) -> Grid:
    caption = next((tidy(c.text_content()) for c in table.iterchildren("caption")), "")
    rows = _own_rows(table)
    laid: list[list[Cell]] = []
    grid = Grid(f"table {number}", laid, range(1, len(rows) + 1), "number", caption=caption)
    taken: set[tuple[int, int]] = set()
    for r, row in enumerate(rows):
        laid.append([])
        column = 0
        for cell in row.iterchildren("td", "th"):
            while (r, column) in taken:
                column += 1
            down, across = _span(cell, "rowspan", len(rows) - r), _span(cell, "colspan", _MAX_SPAN)
            check_extent(len(rows), column + across, limits, file=filename, sheet=grid.sheet)
            taken |= {(i, j) for i in range(r, r + down) for j in range(column, column + across)}
            _put(laid[r], column, Cell(cleaned(_seen(cell), limits)))
            if down * across > 1:
                grid.merges.append((r, column, r + down - 1, column + across - 1))
            column += across
    return grid


def _put(row: list[Cell], column: int, cell: Cell) -> None:
    row += [EMPTY] * (column - len(row))
    row.append(cell)


def _span(cell: Any, name: str, most: int) -> int:
    given = str(cell.get(name, "1")).strip()
    return min(max(int(given), 1), most, _MAX_SPAN) if given.isascii() and given.isdigit() and len(given) < 6 else 1
