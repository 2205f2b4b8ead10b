"""What of a release became no observation: rows that nothing names, and series that were due and did not come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planwatch.errors import Fault
from planwatch.model.calendar import MONTHS_OF
from planwatch.model.feed import Feed, Series
from planwatch.model.period import month_of
from planwatch.model.release import ReleaseTable
from planwatch.reconcile.names import SeriesNames
from planwatch.reconcile.text import squash

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
    nameless = table.cells["indicator"].isna()
    if not nameless.any():
        return ()
    across = {t.name for t in feed.tables if t.areas_in_rows}
    names = {t.name: SeriesNames(feed, t.name, table.period) for t in feed.tables}
    seen: dict[tuple[Any, ...], UnknownRow] = {}
    for cell in records(table.cells[nameless]):
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


def due_series(feed: Feed, table: ReleaseTable) -> tuple[Series, ...]:
    """Return the series that are due in the release's month.

    A series none of whose names is in force that month is not due: it has not begun, or has ended. A collection of many months owes
    none.
    """
    month = month_of(table.period)
    due = (s for s in feed.series if s.expected and month in MONTHS_OF[feed.frequency_of(s)] and not feed.many_periods)
    return tuple(s for s in due if s.name_in(table.period))


def missing_series(
    due: Iterable[Series], table: ReleaseTable, there: Set[str], unmatched: Iterable[UnknownRow] = ()
) -> tuple[Fault, ...]:
    """Return a fault for every series that was due and has no value in the release; `key` is its indicator.

    Args:
        due: the series, as `due_series`.
        table: the release.
        there: the indicators that have a value.
        unmatched: the rows that no series names; one that is like a missing name may be it, renamed.
    """
    rows = tuple(unmatched)
    named = {s.indicator: s for s in due if s.indicator not in there}
    return tuple(_missing(table, series, rows) for series in named.values())


def _missing(table: ReleaseTable, series: Series, unmatched: tuple[UnknownRow, ...]) -> Fault:
    names = {squash(label.text) for label in series.labels}
    ranked = [(squash(name) in names, n, row) for row in unmatched for n, name in enumerate(row.nearest)]
    like = [f"{row.label} in row {row.row}" for fits, _, row in sorted(ranked, key=lambda one: one[1]) if fits]
    return Fault(
        code="missing_series",
        message=f"{series.name_in(table.period)} was expected and has no value",
        file=table.file,
        key=series.indicator,
        expected=f"a value for {table.period}"
        + (f"; perhaps it is {', '.join(list(dict.fromkeys(like))[:3])}" if like else ""),
        mend="ask the source for it; if it is no longer published, set expected: false in feeds.yaml",
    )
