"""HTML pages: every table of the page as a grid, and the text around them. Nothing is loaded from anywhere."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree, html

from planwatch.errors import Fault, ReleaseError
from planwatch.feeds.grid import EMPTY, Cell, Grid, check_extent, cleaned
from planwatch.feeds.plaintext import decode
from planwatch.model.feed import Limits
from planwatch.reconcile.text import tidy

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{3,20})", re.IGNORECASE)
_XML_HEAD = re.compile(r"^\s*<\?xml[^>]*\?>")
_SILENT = ("script", "style", "noscript", "template")
_MAX_SPAN = 1000


def read_page(data: bytes, filename: str, limits: Limits) -> list[Grid]:
    """Return the tables of a page in order, with merged cells noted. Headings come first in `around`, then the other text.

    Raises:
        ReleaseError: the bytes are no text, the page holds no table, a table is too large.
    """
    declared = _CHARSET.search(data[:4096])
    text = decode(data, filename, declared[1].decode("ascii") if declared else None)
    root = _parse(text)
    tables = [] if root is None else list(root.iter("table"))
    if root is None or not tables:
        raise _no_table(filename, text)
    around = _around(root)
    return [_grid(table, n, filename, limits, around) for n, table in enumerate(tables, 1)]


def _parse(text: str) -> Any:
    parser = html.HTMLParser(no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(_XML_HEAD.sub("", text), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    for element in list(root.iter(*_SILENT)):
        element.drop_tree()
    return root


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
    """Return the page's headings, then its other text outside tables, piece by piece."""
    headings = [tidy(h.text_content()) for h in root.iter("h1", "h2", "title")]
    pieces = [tidy(piece) for piece in root.xpath("//body//text()[not(ancestor::table)]")]
    return tuple(piece for piece in (*headings, *pieces) if piece)


def _own_rows(table: Any) -> list[Any]:
    """Return the rows of the table itself, not those of tables inside its cells."""
    return [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]


def _grid(table: Any, number: int, filename: str, limits: Limits, around: tuple[str, ...]) -> Grid:
    caption = next((tidy(c.text_content()) for c in table.iterchildren("caption")), "")
    rows = _own_rows(table)
    grid = Grid(f"table {number}", [], list(range(1, len(rows) + 1)), "number", around=around, caption=caption)
    taken: set[tuple[int, int]] = set()
    for r, row in enumerate(rows):
        grid.rows.append([])
        column = 0
        for cell in row.iterchildren("td", "th"):
            while (r, column) in taken:
                column += 1
            down, across = _span(cell, "rowspan", len(rows) - r), _span(cell, "colspan", _MAX_SPAN)
            check_extent(len(rows), column + across, limits, file=filename, sheet=grid.sheet)
            taken |= {(i, j) for i in range(r, r + down) for j in range(column, column + across)}
            _put(grid, r, column, Cell(cleaned(tidy(cell.text_content()), limits)))
            if down * across > 1:
                grid.merges.append((r, column, r + down - 1, column + across - 1))
            column += across
    return grid


def _put(grid: Grid, row: int, column: int, cell: Cell) -> None:
    grid.rows[row] += [EMPTY] * (column - len(grid.rows[row]))
    grid.rows[row].append(cell)


def _span(cell: Any, name: str, most: int) -> int:
    given = str(cell.get(name, "1")).strip()
    return min(max(int(given), 1), most, _MAX_SPAN) if given.isascii() and given.isdigit() and len(given) < 6 else 1
