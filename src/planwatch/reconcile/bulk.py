"""Long releases: cells of one indicator, area, measure and unit are converted together, by what one of them becomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from planwatch.errors import Fault, InputError
from planwatch.model.feed import CellState
from planwatch.model.observation import KEY_COLUMNS, OBSERVATION_COLUMNS
from planwatch.reconcile.categories import as_words, combined, taken

if TYPE_CHECKING:
    import pandas as pd

MANY = 5_000
"""Cells from which a release is reconciled this way."""
_CONTEXT = ("indicator", "area", "measure", "unit")
"""What decides into what a number is converted."""
_SAME = ("period", "span", "text", "decimals", "quality", "sheet", "row", "column", "flags")
"""Columns that an observation takes over from its cell."""
_DERIVED = ("indicator", "area", "measure", "unit", "source", "printed_unit", "origin")

_WORDS = [c for c in OBSERVATION_COLUMNS if c not in ("value", "decimals", "row", "published_at")]

Record = dict[str, Any]


def observed_in_bulk(
    cells: pd.DataFrame,
    one: Callable[[Record], Record | None],
    observation: Callable[[Record], Record],
    converted: Callable[[Record, Any], Any],
    settled: Callable[[list[Record]], tuple[list[Record], list[Fault]]],
) -> tuple[pd.DataFrame, list[Fault]]:
    """Return the observations of many cells, and the faults of those that contradict one another.

    Args:
        cells: CELL_COLUMNS.
        one: returns a cell's observation or None, noting a fault where it must be refused.
        observation: returns the observation of a cell that holds a number.
        converted: returns other numbers of such a cell, an array, in the base unit.
        settled: returns of observations of the same key those that hold, and the faults of the rest.

    Raises:
        KeyError: a column is missing.
    """
    import numpy as np

    named = cells["indicator"].notna().to_numpy()
    good = named & (cells["state"] == CellState.NUMBER).to_numpy() & (cells["problem"] == "").to_numpy()
    at = np.flatnonzero(good)
    contexts, firsts = combined([cells[name].iloc[at] for name in _CONTEXT], len(at))
    examples = _records(cells, at[firsts])
    derived = [_tried(observation, cell) for cell in examples]
    fine = np.array([d is not None for d in derived], dtype=bool)[contexts] if len(at) else good[:0]
    rest = np.sort(np.concatenate([np.flatnonzero(named & ~good), at[~fine]]))
    for cell in _records(cells, rest):
        one(cell)
    at, contexts = at[fine], contexts[fine]
    frame = _frame(cells, at, contexts, derived)
    frame["value"] = _values(cells["number"].to_numpy(dtype="float64")[at], contexts, examples, derived, converted)
    frame, conflicts = _settled(frame[list(OBSERVATION_COLUMNS)], settled)
    return frame.assign(**{name: as_words(frame[name]) for name in _WORDS}), conflicts


def _records(cells: pd.DataFrame, rows: Any) -> list[Record]:
    found = cells.take(rows).to_dict("records")
    return [{str(name): None if _missing(value) else value for name, value in cell.items()} for cell in found]


def _missing(value: Any) -> bool:
    return value is None or value != value  # noqa: PLR0124 - NaN is what differs from itself


def _tried(observation: Callable[[Record], Record], cell: Record) -> Record | None:
    try:
        return observation(cell)
    except InputError:
        return None


def _frame(cells: pd.DataFrame, at: Any, contexts: Any, derived: list[Record | None]) -> pd.DataFrame:
    """Return everything of the observations but their values; words are categorical."""
    import numpy as np
    import pandas as pd

    columns: dict[str, Any] = {name: cells[name].iloc[at].array for name in _SAME}
    for name in _DERIVED:
        columns[name] = taken(["" if d is None else str(d[name]) for d in derived], contexts)
    days = cells["published_at"].to_numpy(dtype=object)[at]
    default = np.array([None if d is None else d["published_at"] for d in derived], dtype=object)
    own = pd.notna(days)
    columns["published_at"] = np.where(own, days, default[contexts] if len(at) else days)
    return pd.DataFrame(columns)


def _values(
    numbers: Any,
    contexts: Any,
    examples: list[Record],
    derived: list[Record | None],
    converted: Callable[[Record, Any], Any],
) -> Any:
    """Return the values in base units, those of a measure and a pair of units together."""
    import numpy as np

    known: dict[tuple[str, ...], tuple[int, Record]] = {}
    for cell, found in zip(examples, derived, strict=True):
        if found is not None:
            known.setdefault(_pair(cell, found), (len(known), cell))
    pairs = np.array(
        [-1 if d is None else known[_pair(c, d)][0] for c, d in zip(examples, derived, strict=True)], dtype=np.int64
    )
    at = pairs[contexts] if len(numbers) else np.zeros(0, dtype=np.int64)
    values = np.empty(len(numbers), dtype=np.float64)
    for pair, cell in known.values():
        places = np.flatnonzero(at == pair)
        values[places] = converted(cell, numbers[places])
    return values


def _pair(cell: Record, observed: Record) -> tuple[str, ...]:
    return str(observed["measure"]), str(cell["unit"]), str(observed["unit"])


def _settled(
    frame: pd.DataFrame, settled: Callable[[list[Record]], tuple[list[Record], list[Fault]]]
) -> tuple[pd.DataFrame, list[Fault]]:
    """Put the rows whose key stands there more than once to the question."""
    import numpy as np
    import pandas as pd

    keys, firsts = combined([frame[name] for name in (*KEY_COLUMNS, "published_at")], len(frame))
    twice = np.bincount(keys, minlength=len(firsts))[keys] > 1
    if not twice.any():
        return frame, []
    rows = [{str(k): v for k, v in r.items()} | {"at": n} for n, r in frame[twice].to_dict("index").items()]
    kept, conflicts = settled(rows)
    places = sorted([*frame.index[~twice], *(r["at"] for r in kept)])
    return pd.DataFrame(frame.loc[places]).reset_index(drop=True), conflicts
