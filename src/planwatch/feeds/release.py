"""From bytes to a release as printed: `read_release`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from pathlib import PurePosixPath

from planwatch.errors import Fault, ReleaseError
from planwatch.feeds.about import (
    Claim,
    caption_unit,
    header_claims,
    lines_above,
    origin_of,
    published_on,
    settle_period,
    title_claim,
    unit_lines,
)
from planwatch.feeds.bulk import BulkReader
from planwatch.feeds.coded import CodedRows
from planwatch.feeds.grid import Grid
from planwatch.feeds.header import Header, find_header
from planwatch.feeds.page import read_page
from planwatch.feeds.plaintext import read_text_table
from planwatch.feeds.records import read_records
from planwatch.feeds.rowfaults import other_period
from planwatch.feeds.rows import Body
from planwatch.feeds.sdmx import read_sdmx_csv
from planwatch.feeds.workbook import read_workbook
from planwatch.model.calendar import MONTHS_OF
from planwatch.model.feed import CellState, Feed, Layout, Limits, Role, TableRule
from planwatch.model.period import MONTH_FORM, month_of, parse_period
from planwatch.model.release import ReleaseTable
from planwatch.reconcile.periods import read_period, read_row_period
from planwatch.reconcile.text import matches, pattern, split_label, squash

Found = tuple[TableRule, Grid, Header]

_SEVERAL = 2
_BLANK = (CellState.MISSING, CellState.NOT_PUBLISHED, CellState.NOT_APPLICABLE, CellState.NO_RELEASE)
"""States of a cell that holds nothing."""
_DELIMITERS = {";": "semicolons", "\t": "tabs", "，": "full-width commas", "|": "bars", ",": "commas"}


def _grids(feed: Feed, data: bytes, name: str, limits: Limits) -> list[Grid]:
    """Return the tables of a file by its feed's layout."""
    readers: dict[Layout, Callable[[], list[Grid]]] = {
        Layout.SHEET: lambda: read_workbook(data, name, limits),
        Layout.HTML: lambda: read_page(data, name, limits),
        Layout.CSV: lambda: read_text_table(data, name, limits, ","),
        Layout.TIDY: lambda: read_text_table(data, name, limits, "\t"),
        Layout.JSON: lambda: read_records(data, name, limits, feed.records) if feed.records else [],
        Layout.SDMX_CSV: lambda: read_sdmx_csv(data, name, limits, feed.sdmx),
    }
    return readers[feed.layout]()


def read_release(
    feed: Feed,
    data: bytes,
    filename: str,
    *,
    period: str | None = None,
    published_at: date | None = None,
    limits: Limits | None = None,
) -> ReleaseTable:
    """Return a release as printed, every value cell with its place.

    Args:
        feed: whose file it is; its layout, words and columns decide how it is read.
        data: the file.
        filename: its name, for messages and, where the content states no month, for the month.
        period: the month it is expected to be, `YYYY-MM`; the file must agree.
        published_at: the date of publication; left out, the file's own.
        limits: how much it may hold; left out, the feed's.

    Raises:
        ReleaseError: it is no such file, is protected or too large, lacks a table or a column, speaks of another month, or prints
            another unit than declared. All such faults at once. Numbers that cannot be read are no such fault: they stay in their cells.
    """
    name, limits = PurePosixPath(filename).name, limits or feed.limits
    expected = _month(period, name)
    if len(data) > limits.max_bytes:
        raise _refuse([_oversized(name, len(data), limits)])
    if not data.strip():
        raise _refuse([_empty(name)])
    grids = _grids(feed, data, name, limits)
    guess = read_period(name)
    found, faults = _tables(feed, grids, month_of(expected) if expected else guess.month if guess else None, name)
    day = published_at or published_on((t for g in grids for t in g.texts()), feed.words)
    month, other = _settle(feed, found, name, expected, day)
    faults += other
    if faults or month is None:
        raise _refuse(faults or [_no_month(name, found)])
    bodies = [_read(feed, place, month, name) for place in found]
    broken = [f for body in bodies for f in body.faults]
    for place, body in zip(found, bodies, strict=True):
        broken += _series_missing(feed, place, body, month, name)
    broken += [] if feed.many_periods else _month_missing(found, bodies, month, name)
    broken = broken or _nothing(bodies, name, month)
    if broken:
        raise _refuse(broken)
    return replace(_contents(grids, found, bodies, feed), feed=feed.id, file=name, period=month, published_at=day)


def _refuse(faults: Iterable[Fault]) -> ReleaseError:
    every = tuple(faults)
    return ReleaseError("\n".join(str(f) for f in every), every)


def _month(period: str | None, filename: str) -> str | None:
    try:
        return None if period is None else parse_period(period)
    except ValueError as error:
        raise _refuse(
            [Fault(code="bad_period", message="not a month", file=filename, value=period, expected=MONTH_FORM)]
        ) from error


def _oversized(name: str, size: int, limits: Limits) -> Fault:
    return Fault(
        code="too_large",
        message="the file is larger than a release may be",
        file=name,
        value=f"{size} bytes",
        expected=f"at most {limits.max_bytes} bytes",
        mend="deliver the table alone, or raise the feed's limits",
    )


def _empty(name: str) -> Fault:
    return Fault(
        code="empty", message="the file is empty", file=name, expected="a release", mend="deliver the file again"
    )


def _no_month(name: str, found: list[Found]) -> Fault:
    """Return the fault of a file of many months none of whose values has one."""
    rows = sum(len(grid.rows) - header.bottom - 1 for _table, grid, header in found)
    return Fault(
        code="no_values",
        message="no row of the file has a value and a month",
        file=name,
        value=f"{rows} rows",
        expected="rows with a value and a month such as 2026-03",
        mend="ask the source again, perhaps for other months; it may not have published yet",
    )


def _nothing(bodies: list[Body], name: str, period: str) -> list[Fault]:
    """Return a fault if no value cell holds anything: a file of headers alone."""
    if any(state not in _BLANK for body in bodies for state in body.said("state")):
        return []
    rows = sorted({str(label) for body in bodies for label in body.said("label")})
    return [
        Fault(
            code="no_values",
            message="the file has the table's header, but no value",
            file=name,
            value="; ".join(rows)[:120] or "no rows",
            expected=f"values for {period}",
            mend="deliver the whole file; if its rows have new names, add them to the series' labels in feeds.yaml",
        )
    ]


def _tables(feed: Feed, grids: list[Grid], month: int | None, name: str) -> tuple[list[Found], list[Fault]]:
    """Return each declared table with the grid that holds it, whole where there is one, and the faults of those that are not."""
    found: list[Found] = []
    faults: list[Fault] = []
    for table in feed.tables:
        named = [g for g in grids if table.sheet is None or pattern(table.sheet).fullmatch(squash(g.sheet))]
        tried = [(table, g, h) for g in named or grids if (h := find_header(g, table, month, name))]
        tried = _with_rows(feed, tried)
        best = min(tried, key=lambda t: len(t[2].faults), default=None)
        if not named and (best is None or best[2].faults):
            faults += [] if table.optional else [_no_sheet(table, grids, name)]
        elif best is None:
            faults += [] if table.optional else [_no_table(feed, table, grids, named, name)]
        else:
            found += [best]
            faults += best[2].faults or _ambiguous(table, tried, name)
    return found, faults


def _with_rows(feed: Feed, tried: list[Found]) -> list[Found]:
    """Return, of several whole tables, those with rows of the feed: a page may print other tables under the same header."""
    whole = [t for t in tried if not t[2].faults]
    if len(whole) < _SEVERAL or whole[0][0].areas_in_rows:
        return tried
    names = {squash(label.text) for s in feed.series for label in s.labels}
    return [t for t in whole if _names(feed, t) & names] or tried


def _names(feed: Feed, place: Found) -> set[str]:
    _table, grid, header = place
    rows = range(header.bottom + 1, len(grid.rows))
    return {split_label(grid.cell(row, header.label).text, feed.words)[0] for row in rows}


def _ambiguous(table: TableRule, tried: list[Found], name: str) -> list[Fault]:
    whole = [grid for _table, grid, header in tried if not header.faults]
    if len(whole) < _SEVERAL:
        return []
    return [
        Fault(
            code="ambiguous_table",
            message=f"{len(whole)} tables of the file may be {table.name}",
            file=name,
            value="; ".join(g.sheet for g in whole)[:120],
            expected="one",
            mend="deliver the release's table alone, without copies or other months",
        )
    ]


def _no_sheet(table: TableRule, grids: list[Grid], name: str) -> Fault:
    return Fault(
        code="missing_sheet",
        message=f"the sheet of the table {table.name} is not there, and no other sheet holds it",
        file=name,
        sheet=table.sheet,
        value="; ".join(g.sheet for g in grids) or "no visible sheet",
        expected=f"a sheet named {table.sheet}",
        mend="restore the sheet, or describe its new name in feeds.yaml",
    )


def _no_table(feed: Feed, table: TableRule, grids: list[Grid], named: list[Grid], name: str) -> Fault:
    """Say that no row names the label column; where a row holds other headers of the table, say which stand there instead."""
    if other := _delimiter(feed, table, grids):
        return replace(other, file=name)
    words = table.label[0]
    near = next(((g, r) for g in named or grids for r in range(len(g.rows)) if _looks_like_header(g, r, table)), None)
    sheets = "; ".join(g.sheet for g in grids if g.sheet)
    return Fault(
        code="missing_column" if near else "no_table" if feed.layout is Layout.HTML else "no_header",
        message=f"no row is headed {words}: the table {table.name} is not there"
        if near is None
        else f"the column {words} is missing or renamed",
        file=name,
        sheet=(near[0].sheet or None) if near else table.sheet,
        row=near[0].numbers[near[1]] if near else None,
        column=words if near else None,
        value="; ".join(c.text for c in near[0].rows[near[1]] if c.text)[:120] if near else sheets or None,
        expected=f"a column headed {words}",
        mend="deliver the release with its header rows, or describe the new header in feeds.yaml",
    )


def _delimiter(feed: Feed, table: TableRule, grids: list[Grid]) -> Fault | None:
    """Return a fault where a text file's header is parted by something else than its layout says."""
    rows = [
        (n, ",".join(c.text for c in row))
        for g in grids
        if g.columns == "header"
        for n, row in zip(g.numbers, g.rows, strict=True)
    ]
    for number, text in rows:
        for mark, called in _DELIMITERS.items():
            parts = [squash(part) for part in text.split(mark)]
            if len(parts) > len(table.needs) + 1 and any(matches(table.label, part) for part in parts):
                return Fault(
                    code="wrong_delimiter",
                    message=f"the cells are parted by {called}",
                    row=number,
                    value=text[:80],
                    expected="tabs" if feed.layout is Layout.TIDY else "commas",
                    mend="export the table again as the feed's layout says",
                )
    return None


def _looks_like_header(grid: Grid, row: int, table: TableRule) -> bool:
    texts = [squash(c.text) for c in grid.rows[row] if c.text]
    known = [h for c in table.columns for h in c.header] + [w for words in table.roles.values() for w in words]
    return len(texts) > 1 and sum(any(pattern(k).search(t) for k in known) for t in texts) >= min(2, len(known))


def _settle(
    feed: Feed, found: list[Found], name: str, expected: str | None, day: date | None
) -> tuple[str | None, list[Fault]]:
    if feed.many_periods:
        return expected or _newest(found), []
    titles = [claim for _table, grid, header in found if (claim := title_claim(grid, header, feed.words))]
    columns = [claim for _table, grid, header in found for claim in header_claims(grid, header)]
    claims: list[Claim] = [*titles, *columns]
    return settle_period(claims, name, expected, day)


def _newest(found: list[Found]) -> str | None:
    """Return the newest month that a row of a file of many months states; interfaces list months to come, without values."""
    texts = {text for _table, grid, header in found for text in _period_texts(grid, header)}
    months = [stated.period(stated.year) for text in texts if (stated := read_row_period(text)) and stated.year]
    return max(months, default=None)


def _period_texts(grid: Grid, header: Header) -> set[str]:
    """Return the different months of the rows that have a value, as printed."""
    column, first = header.roles.get(Role.PERIOD), header.bottom + 1
    if column is None:
        return set()
    if isinstance(grid.rows, CodedRows):
        return grid.rows.texts_beside(column, list(header.values), first)
    rows = range(first, len(grid.rows))
    return {grid.cell(n, column).text for n in rows if any(grid.cell(n, c).text for c in header.values)}


def _read(feed: Feed, place: Found, period: str, name: str) -> Body:
    table, grid, header = place
    unit = caption_unit(unit_lines(grid, header), feed.words)
    return BulkReader(feed, table, grid, header, period, unit, name).read()


def _series_missing(feed: Feed, place: Found, body: Body, period: str, name: str) -> list[Fault]:
    """Return a fault for every series that is due and has no column, in a table whose columns are the series."""
    table, grid, header = place
    there = body.said("indicator")
    absent = [s for s in feed.series if s.table in {None, table.name} and s.expected and s.indicator not in there]
    due = [s.name_in(period) for s in absent if month_of(period) in MONTHS_OF[feed.frequency_of(s)]]
    return [_no_series_column(name, grid, header, label) for label in due if label] if table.areas_in_rows else []


def _month_missing(found: list[Found], bodies: list[Body], month: str, name: str) -> list[Fault]:
    """Return a fault where rows state their months, and no value of the file is the release's: it is another month's file.

    A table that lags behind the others is none: its values go to their own month.
    """
    dated = []
    for place, body in zip(found, bodies, strict=True):
        cells = body.table()
        held = cells[~cells["state"].isin([*_BLANK]) & cells["period"].ne("")]
        if held["period"].eq(month).any():
            return []
        if len(held) and Role.PERIOD in place[2].roles:
            newest = held.assign(period=held["period"].astype("str")).sort_values("period").iloc[-1]
            dated.append((str(newest["period"]), int(newest["row"]), place))
    return [_other_month(*max(dated, key=lambda one: one[0]), month, name)] if dated else []


def _other_month(said: str, number: int, place: Found, month: str, name: str) -> Fault:
    _table, grid, header = place
    column, row = header.roles[Role.PERIOD], list(grid.numbers).index(number)
    text, called = grid.cell(row, column).text, grid.column_name(column, header.paths[column], row)
    return other_period(name, grid, number, said=said, text=text, period=month, column=called)


def _no_series_column(name: str, grid: Grid, header: Header, label: str) -> Fault:
    return Fault(
        code="missing_column",
        message=f"the column of {label} is missing or renamed",
        file=name,
        sheet=grid.sheet or None,
        row=grid.numbers[header.top],
        column=label,
        value="; ".join(path for path in header.paths if path)[:200],
        expected=f"a column whose header names {label}",
        mend="restore the header in the file, or add the new name to the series' labels in feeds.yaml",
    )


def _contents(grids: list[Grid], found: list[Found], bodies: list[Body], feed: Feed) -> ReleaseTable:
    """Return what the tables and the text around them hold; whose it is and which month is filled in by the caller."""
    import pandas as pd

    tables = [table for body in bodies if len(table := body.table())]
    cells = pd.concat(tables, ignore_index=True) if len(tables) > 1 else (*tables, bodies[0].table())[0]
    above = [line for _table, grid, header in found[:1] for line in lines_above(grid, header)]
    return ReleaseTable(
        feed="",
        file="",
        period="",
        published_at=None,
        origin=origin_of((t for g in grids for t in g.texts()), feed.words),
        title=above[0] if above and not feed.many_periods else feed.name_zh,
        cells=cells.assign(
            number=cells["number"].astype("float64"),
            decimals=cells["decimals"].astype("int64"),
            row=cells["row"].astype("int64"),
        ),
        notes=tuple(dict.fromkeys((*above[1:], *(n for body in bodies for n in body.notes)))),
        headings=tuple(h for body in bodies for h in body.headings),
        ignored=tuple(i for body in bodies for i in body.ignored),
        unclaimed=tuple(u for _table, _grid, header in found for u in header.unclaimed()),
    )
