"""How readings were printed: decimals and unit, which say where a variance is rounded (DOMAIN §4)."""

from __future__ import annotations

import numpy as np

from planwatch.errors import InputError
from planwatch.progress.columns import Ints, Targets, factor_between
from planwatch.progress.cube import Cube
from planwatch.progress.measure import Gap, Places, Task
from planwatch.progress.rounding import Floats, power_of_ten, printed_decimals, round_at, shortest_decimals
from planwatch.progress.select import Picked

_MOST_DECIMALS = 15
"""More decimal places than a figure can carry are no printed decimals."""

_NEGLIGIBLE = 1e-9


def places_of(targets: Targets, cube: Cube, picked: Picked) -> Places:
    """Return the printed places of every reading; without a reading, none.

    Where a release did not say how many decimals it printed, its text does, else the shortest form of its value.
    """
    has = picked.row >= 0
    to_printed = np.where(has, _to_printed(targets, cube, picked.row), 1.0)
    decimals = np.clip(cube.decimals[picked.row], 0, _MOST_DECIMALS)
    unsaid = np.flatnonzero(has & np.isnan(decimals))
    if not len(unsaid):
        return Places(np.where(has, decimals, np.nan), to_printed)
    decimals[unsaid] = shortest_decimals(picked.value[unsaid] * to_printed[unsaid])
    texts = cube.cells(picked.row[unsaid], "text")
    for i, text in ((i, str(t)) for i, t in zip(unsaid, texts, strict=True) if t):
        decimals[i] = printed_decimals(float(picked.value[i] * to_printed[i]), text)
    return Places(np.where(has, decimals, np.nan), to_printed)


def spoken_decimals(targets: Targets, task: Task, gap: Gap, places: Places) -> Ints:
    """Return the decimals that a sentence's figures are printed with in base units, (n,).

    Those of the reading; but of an amount printed in a smaller unit than the target's (万元 under a target in 亿元) no more than the
    target and the reading print, nor than one, unless its figures would then no longer be told apart. Of whole things counted one by
    one a decimal more than they print, so that 4 of 3.75 is 0.25 ahead, not 0.3 of 3.8.
    """
    counted = (targets.whole == 1.0) & (places.decimals == 0)
    exact = _whole_places(np.where(np.isnan(places.decimals), 0.0, places.decimals + np.log10(places.to_printed)))
    kept = np.fmax(np.fmax(places.decimals, shortest_decimals(targets.target)), 1.0)
    short = np.isnan(targets.whole) & (kept < exact)
    if not short.any():
        return np.where(counted, 1, exact)
    scale = power_of_ten(np.where(short, kept, exact) + 1)
    pairs = ((task.actual, targets.target), (task.actual, gap.expected), (gap.expected, targets.target))
    blurred = np.any([(a != b) & (round_at(a, scale) == round_at(b, scale)) for a, b in pairs], axis=0)
    return np.where(counted, 1, np.where(short & ~blurred, kept, exact)).astype(np.int64)


def _whole_places(decimals: Floats) -> Ints:
    return np.maximum(np.ceil(decimals - _NEGLIGIBLE), 0).astype(np.int64)


def _to_printed(targets: Targets, cube: Cube, row: Ints) -> Floats:
    """Return the factors from base to printed unit; one factor is looked up once."""
    bases, base_of = targets.base_units
    codes, printed = cube.printed_units
    factors = np.array([[_factor(str(b), p) for p in printed] for b in bases], dtype=float)
    return np.asarray(factors.reshape(len(bases), len(printed))[base_of, codes[row]], dtype=float)


def _factor(base: str, printed: str) -> float:
    """Return 1 where the base has no unit, or where what was printed is no unit that fits it (such as an index)."""
    try:
        return factor_between(base, printed)
    except InputError:
        return 1.0
