"""What the gates' frames share: the place that names a row for people, keys, years, the width of rounding."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from planwatch.errors import InputError
from planwatch.model.observation import KEY_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

Codes = Any
"""An array of NumPy, one number a row."""

SERIES_COLUMNS = ("indicator", "area", "span", "measure")
"""What identifies a series through time."""


class Places:
    """Names rows of an observation frame for people, each when it is asked about: only failed rows are.

    Example: `retail_sales|baotou|2026-03|ytd|level = 8000 (sheet 主要经济指标, row 9, column F)`. Columns that the frame
    lacks are left out of the place, and so is the file's name where it is one of `own`: the release that is being checked.
    """

    def __init__(self, frame: pd.DataFrame, own: Collection[str] = ()) -> None:
        self._columns = {c: frame[c].array if c in frame else None for c in (*KEY_COLUMNS, "value", *_CELL)}
        self._own = own

    def __call__(self, n: int) -> str:
        """Return the place of the n-th row."""
        return _place(
            {c: None if values is None else _plain(values[n]) for c, values in self._columns.items()}, self._own
        )


def _plain(value: Any) -> Any:
    """Return a number of NumPy as Python's."""
    return value.item() if hasattr(value, "item") else value


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


def coded(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the frame with the columns as categories in the order of their words: compared, sorted and joined as numbers."""
    return frame.assign(**{name: _category(frame[name]) for name in columns})


def _category(column: pd.Series) -> Any:
    """Return a column as categories in order, all of which occur."""
    import numpy as np
    import pandas as pd

    known: Any = column.array if isinstance(column.dtype, pd.CategoricalDtype) else pd.Categorical(column)
    if not (np.bincount(known.codes.astype(np.int64) + 1, minlength=len(known.categories) + 1)[1:] > 0).all():
        known = known.remove_unused_categories()
    if not known.categories.is_monotonic_increasing:
        known = known.reorder_categories(sorted(known.categories))
    return known


def key_codes(frame: pd.DataFrame, columns: Sequence[str]) -> Codes:
    """Return one number a row for several columns of categories together: equal where they are, in order where they are."""
    import numpy as np

    found, size = np.zeros(len(frame), dtype=np.int64), 1
    for name in columns:
        codes, count = frame[name].array.codes, len(frame[name].cat.categories) + 1
        if size * count > _LARGEST:
            known, found = np.unique(found, return_inverse=True)
            size = len(known)
        found *= count
        found += codes
        found += 1
        size *= count
    return found


def members(codes: Codes, others: Codes) -> Codes:
    """Return for each number, none of them negative, whether it is among the others."""
    import numpy as np
    import pandas as pd

    if (top := _dense(codes, others)) is None:
        return pd.Series(codes).isin(others).to_numpy()
    met = np.zeros(top, dtype=bool)
    met[others] = True
    return met[codes]


def repeated(codes: Codes) -> Codes:
    """Return of each number, none of them negative, whether it comes again further on."""
    import numpy as np
    import pandas as pd

    if bool((codes[1:] > codes[:-1]).all()):
        return np.zeros(len(codes), dtype=bool)
    if (top := _dense(codes)) is not None:
        met = np.zeros(top, dtype=bool)
        met[codes] = True
        if np.count_nonzero(met) == len(codes):
            return np.zeros(len(codes), dtype=bool)
    return pd.Series(codes).duplicated(keep="last").to_numpy()


def _dense(*several: Codes) -> int | None:
    """Return how many places a table of all numbers has, None where it would be mostly empty and longer than hashing takes."""
    top = max(int(codes.max(initial=0)) for codes in several) + 1
    return top if top <= max(_SPARSE * max(map(len, several)), 1 << 16) else None


_SPARSE = 16
"""Places of a table for each number in it, at most."""
_LARGEST = 1 << 62


def among(frame: pd.DataFrame, others: pd.DataFrame, columns: Sequence[str]) -> Codes:
    """Return for each row whether any of the other frame's rows is equal to it in the columns, all of them categories."""
    import pandas as pd

    both = {}
    for name in columns:
        own, words = frame[name].array, frame[name].cat.categories
        united = words.append(others[name].cat.categories.difference(words))
        both[name] = own.set_categories(united), others[name].array.set_categories(united)
    left = key_codes(pd.DataFrame({name: pair[0] for name, pair in both.items()}, index=frame.index), columns)
    right = key_codes(pd.DataFrame({name: pair[1] for name, pair in both.items()}, index=others.index), columns)
    return members(left, right)


def shifted(values: Codes, groups: Codes, by: int = 1) -> Codes:
    """Return, of rows in order of their groups, the value `by` rows before (after, where negative) in the same group, else NaN."""
    import numpy as np

    out = np.full(len(values), np.nan)
    if by > 0:
        out[by:] = np.where(groups[by:] == groups[:-by], values[:-by], np.nan)
    else:
        out[:by] = np.where(groups[:by] == groups[-by:], values[-by:], np.nan)
    return out


class Lookup:
    """Finds the one marked row of each code."""

    def __init__(self, codes: Codes, marked: Codes) -> None:
        import numpy as np
        import pandas as pd

        self._places = np.flatnonzero(marked)
        self._table: Codes = None
        self._index: Any = None
        if (top := _dense(codes)) is None:
            self._index = pd.Index(codes[self._places])
        else:
            self._table = np.full(top + 1, -1, dtype=np.int64)  # the last place is that of −1, which no row has
            self._table[codes[self._places]] = self._places

    def rows(self, codes: Codes) -> Codes:
        """Return the row of each code of the same numbering, −1 where none has it or the code is −1."""
        import numpy as np

        if self._index is None:
            return self._table[codes]
        found = self._index.get_indexer(codes)
        return np.where(found >= 0, self._places[found], -1) if len(self._places) else found


def value_at(values: Codes, rows: Codes) -> Codes:
    """Return the values of the rows, NaN for −1."""
    import numpy as np

    return np.where(rows >= 0, values[rows], np.nan) if len(values) else values


def first_rows(which: Codes, count: int) -> Codes:
    """Return the first row of each of `count` numbers."""
    import numpy as np

    rows = np.full(count, len(which), dtype=np.int64)
    np.minimum.at(rows, which, np.arange(len(which)))
    return rows


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
    import numpy as np
    import pandas as pd

    codes, words = _words(frame, "flags")
    bears = [flag in re.split(r"[\s,;]+", word) for word in words]
    return pd.Series(np.array(bears, dtype=bool)[codes], index=frame.index)


def half_unit(frame: pd.DataFrame) -> pd.Series:
    """Return how far rounding may have moved each value: half a unit of its last printed decimal, in base units."""
    import numpy as np
    import pandas as pd

    decimals = pd.to_numeric(frame["decimals"], errors="coerce").fillna(0) if "decimals" in frame else 0.0
    (printed, shown), (own, base) = (_words(frame, name) for name in ("printed_unit", "unit"))
    where, pairs = pd.factorize(printed * len(base) + own)
    factors = np.array(
        [_factor(shown[pair // len(base)], base[pair % len(base)]) for pair in pairs.tolist()], dtype="float64"
    )
    step, exponents = pd.factorize(-np.broadcast_to(np.asarray(decimals, dtype="float64"), len(frame)))
    return pd.Series((0.5 * 10.0**exponents)[step] * factors[where], index=frame.index)


def _words(frame: pd.DataFrame, column: str) -> tuple[Codes, list[str]]:
    """Return the words of a column, empty where there is none, by number, and the different words, the last one empty."""
    import numpy as np
    import pandas as pd

    if column not in frame:
        return np.zeros(len(frame), dtype=np.int64), [""]
    if isinstance(frame[column].dtype, pd.CategoricalDtype):
        codes, words = frame[column].array.codes, frame[column].cat.categories
    else:
        codes, words = pd.factorize(frame[column])
    known = [str(word) for word in words] + [""]
    return codes.astype(np.int64) % len(known), known


def _factor(printed: str, base: str) -> float:
    """Return the number of base units in a printed unit; 1 where either is empty or unknown."""
    from planwatch.model.units import conversion_factor

    try:
        return conversion_factor(printed, base) if printed and base else 1.0
    except InputError:
        return 1.0
