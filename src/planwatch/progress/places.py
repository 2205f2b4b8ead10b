"""How readings were printed: decimals and unit, which say where a variance is rounded (DOMAIN §4)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planwatch.errors import InputError
from planwatch.progress.columns import Targets, factor_between
from planwatch.progress.cube import Cube
from planwatch.progress.measure import Places
from planwatch.progress.rounding import Floats, printed_decimals
from planwatch.progress.select import Picked

_MOST_DECIMALS = 15
"""More decimal places than a figure can carry are no printed decimals."""


def places_of(targets: Targets, cube: Cube, picked: Picked) -> Places:
    """Return the printed places of every reading; without a reading, none.

    Where a release did not say how many decimals it printed, its text does, else the shortest form of its value.
    """
    has = picked.row >= 0
    to_printed = np.where(has, _to_printed(targets, cube, picked), 1.0)
    decimals = pd.to_numeric(pd.Series(cube.cells(picked.row, "decimals")), errors="coerce").to_numpy(
        dtype=float, copy=True
    )
    decimals = np.clip(decimals, 0, _MOST_DECIMALS)
    text = cube.cells(picked.row, "text")
    for i in np.flatnonzero(has & np.isnan(decimals)):
        decimals[i] = printed_decimals(float(picked.value[i] * to_printed[i]), str(text[i]))
    return Places(np.where(has, decimals, np.nan), to_printed)


def _to_printed(targets: Targets, cube: Cube, picked: Picked) -> Floats:
    """Return the factors from base to printed unit; one factor is looked up once."""
    printed = cube.cells(picked.row, "printed_unit")
    printed = np.where(printed == "", cube.cells(picked.row, "unit"), printed)
    pairs = list(zip(targets.base_unit.tolist(), printed.tolist(), strict=True))
    factors = {pair: _factor(*pair) for pair in set(pairs)}
    return np.array([factors[pair] for pair in pairs], dtype=float)


def _factor(base: str, printed: str) -> float:
    """Return 1 where the base has no unit, or where what was printed is no unit that fits it (such as an index)."""
    try:
        return factor_between(base, printed)
    except InputError:
        return 1.0
