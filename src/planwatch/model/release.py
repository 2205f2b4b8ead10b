"""Releases (发布): a file as it was printed, cell by cell, before anything is converted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from planwatch.model.vocabulary import Origin

if TYPE_CHECKING:
    import pandas as pd

UNCOMPUTED = "=?"
"""The text of a formula whose result was never computed and stored: text in a number cell, not an empty cell."""
CELL_COLUMNS = (
    "sheet", "row", "column", "table", "label", "indicator", "area", "period", "span", "measure", "basis", "header", "unit",
    "text", "number", "decimals", "state", "is_part", "parent", "split", "quality", "flags", "note", "published_at", "problem",
    "problem_column", "problem_text", "expected",
)  # fmt: skip
"""The columns of `ReleaseTable.cells`, one row a value cell.

`sheet`, `row` (from 1), `column`: its place as a person sees it. `label` the row's name as printed, without marks; `indicator` the
series it names, None where the feed knows none. `area` as printed, empty for the series' own. `unit` as printed. `text` as
printed, `number` the value in the printed unit (an index is already growth), NaN unless `state` (CellState) is number,
other_caliber or not_followed. `decimals` printed. `parent` the label of the row it is a part of, `split` the name
of the split of it that the part belongs to (产业 under 按产业分), empty where the table names none: parts of different splits never add up.
`problem` a reason code where the row around the number cannot be understood (no_period, later_period, unknown_word), else empty; it then
stands in `problem_column` as `problem_text`. `expected` what would be understood there, empty where any number would.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseTable:
    """A release as printed: what it says of itself, and its value cells.

    `period` is the month it reports, `published_at` the source's date (None where the file states none). `notes` are the note rows
    and captions, `headings` rows with a name and no values, `unclaimed` headers of columns that the feed does not describe.
    """

    feed: str
    file: str
    period: str
    published_at: date | None
    origin: Origin
    title: str
    cells: pd.DataFrame = field(repr=False, compare=False)
    notes: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    unclaimed: tuple[str, ...] = ()
