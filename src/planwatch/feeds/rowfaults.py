"""What can be wrong with the rows of a table, said with its place."""

from __future__ import annotations

from collections.abc import Sequence

from planwatch.errors import Fault, InputError
from planwatch.feeds.cell import Cell
from planwatch.feeds.grid import Grid
from planwatch.model.units import conversion_factor


def second_table(file: str, grid: Grid, row: int) -> Fault:
    """Return the fault of a second header, in a grid's row, that is not the first one's."""
    return Fault(
        code="second_table",
        message="a second header stands below the first, of another table, month or title",
        file=file,
        sheet=grid.sheet or None,
        row=grid.numbers[row],
        value="; ".join(c.text for c in grid.rows[row] if c.text)[:120],
        expected="one table, its header repeated to the letter if at all",
        mend="deliver one table a sheet",
    )


def other_period(
    file: str, grid: Grid, number: int, *, said: str, text: str, period: str, column: str | None = None
) -> Fault:
    """Return the fault of a table, in the row of a number, that speaks of another month: in a line, or with `column` in all its rows."""
    what = "a line within the table speaks" if column is None else "the rows of the table speak at most"
    return Fault(
        code="other_period",
        message=f"{what} of {said}, not of {period}",
        file=file,
        sheet=grid.sheet or None,
        row=number,
        column=column,
        value=text[:80],
        expected=period,
        mend="deliver one table of one month",
    )


def row_too_long(file: str, number: int, cells: Sequence[Cell], width: int) -> Fault:
    """Return the fault of a text file's row whose cells are shifted."""
    return Fault(
        code="row_too_long",
        message=f"the row has more cells than the header's {width}, or a number where no number belongs",
        file=file,
        row=number,
        value="; ".join(c.text for c in cells)[:120],
        expected=f"{width} cells, as in the header",
        mend='quote numbers with thousands separators ("19,582"), or write them without',
    )


def row_too_short(file: str, number: int, cells: Sequence[Cell], width: int) -> Fault:
    """Return the fault of a text file's row that ends before its values do."""
    return Fault(
        code="row_too_short",
        message=f"the row has {len(cells)} cells, the header {width}",
        file=file,
        row=number,
        value="; ".join(c.text for c in cells)[:120],
        expected=f"{width} cells, as in the header; empty ones too",
        mend="deliver the file again: it may have been cut short",
    )


def unit_changed(
    file: str, sheet: str, row: int, column: str, *, name: str, found: str, declared: Sequence[str]
) -> Fault:
    """Return the fault of a row in another unit than the feed declares, with the factor the values may be off by."""
    return Fault(
        code="unit_changed",
        message=f"{name} is printed in {found}, the feed declares {declared[0]}{_factor(found, declared[0])}",
        file=file,
        sheet=sheet or None,
        row=row,
        column=column,
        value=found,
        expected=" or ".join(declared),
        mend="ask the source which is right: correct the file, or declare the new unit in feeds.yaml",
    )


def _factor(found: str, declared: str) -> str:
    try:
        return (
            f" (a {found} is {conversion_factor(found, declared):g} {declared}: the values may be off by that factor)"
        )
    except InputError:
        return " (which measures something else)"
