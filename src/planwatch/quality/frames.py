"""What the gates' frames share: the place that names a row for people, keys, years, the width of rounding."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from planwatch.errors import InputError
from planwatch.model.observation import KEY_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

SERIES_COLUMNS = ("indicator", "area", "span", "measure")
"""What identifies a series through time."""


def with_places(frame: pd.DataFrame, own: Collection[str] = ()) -> pd.DataFrame:
    """Return an observation frame with a column `place`: key, value and the cell it was printed in.

    Example: `retail_sales|baotou|2026-03|ytd|level = 8000 (sheet 主要经济指标, row 9, column F)`. Columns that the frame
    lacks are left out of the place, and so is the file's name where it is one of `own`: the release that is being checked.
    """
    import pandas as pd

    columns = {c: frame[c].tolist() if c in frame else [None] * len(frame) for c in (*KEY_COLUMNS, "value", *_CELL)}
    rows = zip(*columns.values(), strict=True)
    places = [_place(dict(zip(columns, row, strict=True)), own) for row in rows]
    return frame.assign(place=pd.Series(places, index=frame.index, dtype="str"))


_CELL = ("source", "sheet", "row", "column")


def _place(row: dict[str, object], own: Collection[str]) -> str:
    key = "|".join("" if _is_missing(row[c]) else str(row[c]) for c in KEY_COLUMNS)
    said = [
        ("" if c == "source" else f"{c} ") + str(row[c])
        for c in _CELL
        if not _is_missing(row[c]) and row[c] not in ("", 0) and not (c == "source" and row[c] in own)
    ]
    value = row["value"]
    shown = f"{value:.10g}" if isinstance(value, float | int) else str(value)
    return f"{key} = {shown}" + (f" ({', '.join(said)})" if said else "")


def sources(frame: pd.DataFrame) -> set[str]:
    """Return the names of the files the observations come from."""
    return {str(s) for s in frame["source"].unique()} if "source" in frame else set()


def _is_missing(value: object) -> bool:
    return value is None or value != value  # noqa: PLR0124 - NaN and NaT differ from themselves


def keys(frame: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Return the columns of each row joined by `|`, as text."""
    import pandas as pd

    texts = [frame[c] for c in columns]
    if all(isinstance(t.dtype, pd.StringDtype) and not t.hasnans for t in texts):
        first, *rest = texts
        return sum((("|" + t) for t in rest), start=first)
    joined = ["|".join(str(v) for v in row) for row in zip(*(frame[c].tolist() for c in columns), strict=True)]
    return pd.Series(joined, index=frame.index, dtype="str")


def is_flagged(frame: pd.DataFrame, flag: str) -> pd.Series:
    """Return whether each row bears the flag among its space-, comma- or semicolon-separated `flags`."""
    import pandas as pd

    if "flags" not in frame:
        return pd.Series(False, index=frame.index)
    return (
        frame["flags"]
        .fillna("")
        .astype("str")
        .str.contains(rf"(?:^|[\s,;]){flag}(?:$|[\s,;])", regex=True)
        .astype(bool)
    )


def half_unit(frame: pd.DataFrame) -> pd.Series:
    """Return how far rounding may have moved each value: half a unit of its last printed decimal, in base units."""
    import pandas as pd

    decimals = pd.to_numeric(frame["decimals"], errors="coerce").fillna(0) if "decimals" in frame else 0.0
    units = list(zip(_texts(frame, "printed_unit"), _texts(frame, "unit"), strict=True))
    known = {pair: _factor(*pair) for pair in set(units)}
    factors = [known[pair] for pair in units]
    return (0.5 * 10.0 ** (-pd.Series(decimals, index=frame.index, dtype="float64"))) * pd.Series(
        factors, index=frame.index, dtype="float64"
    )


def _texts(frame: pd.DataFrame, column: str) -> list[str]:
    if column not in frame:
        return [""] * len(frame)
    return ["" if _is_missing(v) else str(v) for v in frame[column].tolist()]


def _factor(printed: str, base: str) -> float:
    """Return the number of base units in a printed unit; 1 where either is empty or unknown."""
    from planwatch.model.units import conversion_factor

    try:
        return conversion_factor(printed, base) if printed and base else 1.0
    except InputError:
        return 1.0


def as_texts(values: pd.Series) -> pd.Series:
    """Return numbers as short text, also of an empty series."""
    import pandas as pd

    return pd.Series([f"{v:.10g}" for v in values], index=values.index, dtype="str")
