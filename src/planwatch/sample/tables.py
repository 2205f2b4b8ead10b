"""The tables of a feed, cell by cell, as its house lays them out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from planwatch.sample.forms import AnyTable, AreasTable, Column, CountsTable
from planwatch.sample.grid import Cell, Number, Sheet, styled
from planwatch.sample.rows import Moment, Rows, rows_of
from planwatch.sample.series import printed_in
from planwatch.sample.world import FeedForm, Revision

QUARTERS = {3: "一季度", 6: "上半年", 9: "前三季度", 12: "全年"}
"""How the year to date is called at a quarter's end."""


def spans(year: int, month: int) -> dict[str, str]:
    """Return the words for a month that titles, captions and headers may hold."""
    upto = f"1—{month}月" if month > 1 else "1月"
    return {
        "year": str(year), "month": f"{year}年{month}月", "upto": upto, "span": f"{year}年{upto}",
        "quarter": f"{year}年{QUARTERS[month]}" if month in QUARTERS else f"{year}年{upto}",
    }  # fmt: skip


def sheets_of(form: FeedForm, at: Moment, revision: Revision | None) -> list[Sheet]:
    """Return the tables of a month's release, with its irregular cells; without `revision` with its misprints too."""
    return [_sheet(table, form, at, revision) for table in form.tables]


def _sheet(table: AnyTable, form: FeedForm, at: Moment, revision: Revision | None) -> Sheet:
    rows = rows_of(table, at)
    if revision is None:
        rows = _misprinted(rows, form, at.month)
    rows = _irregular(rows, form, at.month)
    columns = columns_of(table)
    words = spans(at.year, at.month)
    header, merges = _header([[text.format(**words) for text in c.header] for c in columns])
    body = [[row.get(c.field) for c in columns] for row in rows.values()]
    sheet = Sheet(table.sheet, [], header, body, merges=merges, caption=_caption(table, at, words))
    if isinstance(table, CountsTable):
        _group(sheet, table, columns, [str(row["section"]) for row in rows.values()])
    return sheet


def columns_of(table: AnyTable) -> Sequence[Column]:
    """Return the columns of a table; those of areas follow from its indicators."""
    if not isinstance(table, AreasTable):
        return table.columns
    return [
        Column(field="label", header=("地区",)),
        *(Column(field=c.id, header=("{upto}累计同比（%）", c.label)) for c in table.growth),
        *(Column(field=f"{r.id}/rank", header=("位次", r.label)) for r in table.ranks),
    ]


def _caption(table: AnyTable, at: Moment, words: dict[str, str]) -> str:
    printed = getattr(table, "printed", ())
    return table.caption.format(unit=printed_in(printed, at.month).unit if printed else "", **words)


def _header(texts: Sequence[Sequence[str]]) -> tuple[list[list[str]], list[tuple[int, int, int, int]]]:
    """Return the header rows and their merged cells: equal texts beside each other across, a lone text down."""
    depth = max(map(len, texts))
    rows = [["" for _ in texts] for _ in range(depth)]
    merges = []
    for column, path in enumerate(texts):
        for row, text in enumerate(path):
            rows[row][column] = text
        if len(path) < depth:
            merges.append((len(path) - 1, column, depth - 1, column))
    for row in range(depth - 1):
        merges += _across(rows[row], row, [len(path) > row + 1 for path in texts])
    return rows, sorted(merges)


def _across(row: list[str], number: int, split: Sequence[bool]) -> list[tuple[int, int, int, int]]:
    """Blank the repetitions of a text in a header row, and return the cells merged so."""
    merges, start = [], 0
    same = [split[a] and split[b] and row[a] == row[b] for a, b in pairwise(range(len(row)))]
    for column, goes_on in enumerate([*same, False], 1):
        if goes_on:
            continue
        if column - start > 1:
            merges.append((number, start, number, column - 1))
            row[start + 1 : column] = [""] * (column - 1 - start)
        start = column
    return merges


def _group(sheet: Sheet, table: CountsTable, columns: Sequence[Column], sections: list[str]) -> None:
    """Show the sections: as headings over their rows, or as one merged cell beside them."""
    starts = [n for n, name in enumerate(sections) if n == 0 or name != sections[n - 1]]
    if table.headings:
        for n in reversed(starts):
            label = next(i for i, c in enumerate(columns) if c.field == "label")
            sheet.body.insert(n, [sections[n] if i == label else None for i in range(len(columns))])
        return
    column = next((i for i, c in enumerate(columns) if c.field == "section"), None)
    if column is None:
        return
    for start, end in zip(starts, [*starts[1:], len(sections)], strict=True):
        for n in range(start + 1, end):
            sheet.body[n][column] = None
        if end - start > 1:
            sheet.body_merges.append((start, column, end - 1, column))


def _misprinted(rows: Rows, form: FeedForm, month: int) -> Rows:
    """Return the rows with the errors and estimates that the month's first release had, if it was corrected later."""
    revision = next((r for r in form.revisions if r.month == month), None)
    if revision is None:
        return rows
    out = {key: dict(row) for key, row in rows.items()}
    for slip in revision.misprints:
        if slip.row in out and isinstance(right := out[slip.row][slip.column], Number):
            out[slip.row][slip.column] = right.plus(slip.add)
    for estimate in set(revision.estimates) & set(out):
        out[estimate]["label"] = f"{out[estimate]['label']}（预计）"
    return out


def _irregular(rows: Rows, form: FeedForm, month: int) -> Rows:
    out = {key: dict(row) for key, row in rows.items()}
    for style in form.styles:
        if month in style.months and style.row in out:
            cell: Cell = out[style.row][style.column]
            other = cell.plus(style.add) if isinstance(cell, Number) else cell
            out[style.row][style.column] = styled(other, style.style, style.mark)
    return out
