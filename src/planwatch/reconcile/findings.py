"""What of a release became no observation: rows that nothing names, and series that were due and did not come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planwatch.errors import Fault
from planwatch.model.calendar import MONTHS_OF
from planwatch.model.feed import Feed
from planwatch.model.period import month_of
from planwatch.model.release import ReleaseTable
from planwatch.reconcile.names import SeriesNames

if TYPE_CHECKING:
    import pandas as pd

Cell = Mapping[str, Any]

_GUESSED = 200
"""Unknown rows for which near names are looked for; a file with more is another file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownRow(Fault):
    """A row (or a column of an area table) that no series names: its label, and the nearest names that are in force."""

    label: str = ""
    nearest: tuple[str, ...] = ()


def records(cells: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the cells as plain mappings."""
    return [{str(k): v for k, v in record.items()} for record in cells.to_dict("records")]


def cell_fault(file: str, cell: Cell, code: str, *, message: str, expected: str, mend: str) -> Fault:
    """Return a fault at a cell of a release."""
    return Fault(code=code, message=message, expected=expected, mend=mend, **_place(file, cell))


def _place(file: str, cell: Cell) -> dict[str, Any]:
    return {
        "file": file, "sheet": cell["sheet"] or None, "row": int(cell["row"]), "column": cell["column"],
        "value": cell["text"][:120],
    }  # fmt: skip


def unknown_rows(feed: Feed, table: ReleaseTable) -> tuple[UnknownRow, ...]:
    """Return every row (or column of an area table) with values that no series names, once."""
    across = {t.name for t in feed.tables if t.areas_in_rows}
    names = {t.name: SeriesNames(feed, t.name, table.period) for t in feed.tables}
    seen: dict[tuple[Any, ...], UnknownRow] = {}
    for cell in records(table.cells[table.cells["indicator"].isna()]):
        key = (cell["table"], cell["sheet"], cell["column" if cell["table"] in across else "row"])
        if key not in seen:
            seen[key] = _unknown(table.file, cell, names[cell["table"]], guess=len(seen) < _GUESSED)
    return tuple(seen.values())


def _unknown(file: str, cell: Cell, names: SeriesNames, *, guess: bool) -> UnknownRow:
    like = tuple(names.nearest(cell["label"])) if guess else ()
    lapsed = names.lapsed(cell["label"])
    label = cell["label"] or "(blank)"
    return UnknownRow(
        code="unknown_indicator",
        message=f"{label} is no name of this month's: {lapsed}"
        if lapsed
        else f"no series of the feed is called {label}",
        expected="one of the feed's series" + (f", perhaps {', '.join(like)}" if like else ""),
        mend="correct the dates of the name in feeds.yaml, or ask the source what the row is"
        if lapsed
        else "add the name to the series' labels in feeds.yaml, or to ignore_rows",
        label=cell["label"],
        nearest=like,
        **_place(file, cell),
    )


def missing_series(feed: Feed, table: ReleaseTable, there: set[str]) -> tuple[Fault, ...]:
    """Return a fault for every series that was due in the release's month and has no value in it; `key` is its indicator.

    A series none of whose names is in force that month is not due: it has not begun, or has ended.

    Args:
        feed: the feed that declares the series.
        table: the release.
        there: the indicators that have a value.
    """
    month = month_of(table.period)
    due = [s for s in feed.series if s.expected and month in MONTHS_OF[feed.frequency_of(s)] and not feed.many_periods]
    named = {s.indicator: name for s in due if s.indicator not in there and (name := s.name_in(table.period))}
    return tuple(_missing(table, indicator, name) for indicator, name in named.items())


def _missing(table: ReleaseTable, indicator: str, name: str) -> Fault:
    return Fault(
        code="missing_series",
        message=f"{name} was expected and has no value",
        file=table.file,
        key=indicator,
        expected=f"a value for {table.period}",
        mend="ask the source for it; if it is no longer published, set expected: false in feeds.yaml",
    )
