"""Headers, found by what they say: where the table begins, which column names the rows, what each column measures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from planwatch.errors import Fault
from planwatch.feeds.grid import Grid
from planwatch.model.feed import ColumnRule, Role, TableRule
from planwatch.reconcile.names import nearest
from planwatch.reconcile.text import matches, pattern, squash

_DEEPEST = 4
"""Rows that a header has at most."""


@dataclass(slots=True)
class Header:
    """A resolved header: rows `top` to `bottom` (from 0), and what each column is for."""

    top: int
    bottom: int
    label: int
    paths: list[str]
    roles: dict[Role, int] = field(default_factory=dict)
    values: dict[int, ColumnRule] = field(default_factory=dict)
    ignored: set[int] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)

    def unclaimed(self) -> list[str]:
        """Return the headers of columns that the feed does not describe."""
        claimed = {self.label, *self.roles.values(), *self.values, *self.ignored}
        return [path for column, path in enumerate(self.paths) if path and column not in claimed]


def find_header(grid: Grid, rule: TableRule, month: int | None, filename: str) -> Header | None:
    """Return the table's header, None where no row of the grid names the label column.

    The header whose columns are all there wins; where none is whole the one nearest to it, with a fault for each missing column.
    """
    best: Header | None = None
    for top, bottom, label in _candidates(grid, rule):
        header = _resolve(grid, rule, top, bottom, label)
        header.faults = list(_faults(header, grid, rule, month, filename))
        if header.values and not header.faults:
            return header
        if best is None or len(header.faults) < len(best.faults):
            best = header
    return best


def _candidates(grid: Grid, rule: TableRule) -> Iterator[tuple[int, int, int]]:
    """Yield (top, bottom, label column) for every row in which a cell names the label column."""
    for row, cells in enumerate(grid.rows):
        for column, cell in enumerate(cells):
            if cell.text and matches(rule.label, squash(cell.text)):
                bottom = _bottom(grid, row, column)
                yield row, bottom, column
                if bottom == row:
                    yield from (
                        (row - up, row, column) for up in (1, 2) if row >= up and _open_above(grid, row, column, up)
                    )
                break


def _bottom(grid: Grid, row: int, label: int) -> int:
    merged = next((m for m in grid.merges if m[0] <= row <= m[2] and m[1] <= label <= m[3]), None)
    bottom = merged[2] if merged else row
    while bottom + 1 < len(grid.rows) and bottom + 1 < row + _DEEPEST and _continues(grid, bottom + 1, label):
        bottom += 1
    return min(bottom, len(grid.rows) - 1)


def _continues(grid: Grid, row: int, label: int) -> bool:
    """Return whether a row goes on with the header: no name in it, only words."""
    cells = [c for c in grid.rows[row] if c.text]
    wordy = all(c.number is None and any(ch.isalpha() for ch in c.text) for c in cells)
    return len(cells) > 1 and wordy and not grid.cell(row, label).text


def _open_above(grid: Grid, row: int, label: int, up: int) -> bool:
    """Return whether rows above the label's may be header too: words, no name, no title merged over the label."""
    over = any(m[0] <= row - up <= m[2] and m[1] <= label <= m[3] for m in grid.merges)
    return not over and all(_continues(grid, row - n, label) for n in range(1, up + 1))


def _resolve(grid: Grid, rule: TableRule, top: int, bottom: int, label: int) -> Header:
    header = Header(top, bottom, label, header_paths(grid, top, bottom))
    parts = [path.split("/") for path in header.paths]
    for role, words in rule.roles.items():
        named = (c for c, p in enumerate(parts) if c != label and c not in header.roles.values())
        found = next((c for c in named if matches(words, "".join(parts[c])) or matches(words, parts[c][-1])), None)
        if found is not None:
            header.roles[role] = found
    header.ignored = {c for c, path in enumerate(header.paths) if matches(rule.ignore_columns, path)}
    taken = {label, *header.roles.values(), *header.ignored}
    for column, path in enumerate(header.paths):
        if column not in taken and (claim := _claim(path, rule)):
            header.values[column] = claim
    return header


def header_paths(grid: Grid, top: int, bottom: int) -> list[str]:
    """Return each column's header, rows joined by `/`: merged cells stand in every column they cover."""
    rows = [[squash(grid.cell(r, c).text) for c in range(grid.width)] for r in range(top, bottom + 1)]
    for r1, c1, r2, c2 in grid.merges:
        for r in range(max(r1, top), min(r2, bottom) + 1):
            for c in range(c1, min(c2 + 1, grid.width)):
                rows[r - top][c] = squash(grid.cell(r1, c1).text)
    for upper, lower in pairwise(rows):
        for c in range(1, grid.width):
            if not upper[c] and lower[c]:
                upper[c] = upper[c - 1]
    return ["/".join(dict.fromkeys(row[c] for row in rows if row[c])) for c in range(grid.width)]


def _claim(path: str, rule: TableRule) -> ColumnRule | None:
    fitting = [c for c in rule.columns if _fits(c, path)]
    return max(fitting, key=lambda c: len(c.header), default=None)


def _fits(column: ColumnRule, path: str) -> bool:
    return all(pattern(h).search(path) for h in column.header) and not any(
        pattern(u).search(path) for u in column.unless
    )


def _faults(header: Header, grid: Grid, rule: TableRule, month: int | None, filename: str) -> Iterator[Fault]:
    """Yield a fault for every column that is missing, or that stands there twice."""
    row, unclaimed, every = grid.numbers[header.top], header.unclaimed(), [p for p in header.paths if p]
    for column in rule.columns:
        places = [c for c, claim in header.values.items() if claim is column]
        wanted = " + ".join(h.split("|")[0] for h in column.header)
        if not places and column.required and month not in column.absent_months:
            yield replace(_missing(wanted, unclaimed, every), file=filename, sheet=grid.sheet or None, row=row)
        if len(places) > 1 and not rule.areas_in_rows:
            yield Fault(
                code="ambiguous_column",
                message=f"{len(places)} columns are headed {wanted}",
                file=filename,
                sheet=grid.sheet or None,
                row=row,
                column=", ".join(grid.column_name(c, header.paths[c]) for c in places),
                value="; ".join(header.paths[c] for c in places),
                expected="one",
                mend="give the columns different headers, or tell them apart in feeds.yaml (`unless`)",
            )
    for role in rule.needs:
        if role not in header.roles:
            wanted = " or ".join(rule.roles.get(role, (role,)))
            yield replace(_missing(wanted, unclaimed, every), file=filename, sheet=grid.sheet or None, row=row)


def _missing(wanted: str, unclaimed: list[str], every: list[str]) -> Fault:
    """Say that a column is missing; a column that nothing else claims may be it under another name."""
    like = nearest(squash(wanted), unclaimed) or (unclaimed if len(unclaimed) == 1 else [])
    return Fault(
        code="missing_column",
        message=f"the column {wanted} is missing" + (f"; {like[0]} may be it, renamed" if like else " or renamed"),
        column=wanted,
        value="; ".join(unclaimed or every)[:200],
        expected=f"a column headed {wanted}",
        mend="restore the header in the file, or describe the new one in feeds.yaml",
    )
