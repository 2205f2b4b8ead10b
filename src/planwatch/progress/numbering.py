"""Rows told apart by several columns of codes at once."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from planwatch.progress.columns import Ints

_MOST = 1 << 62
"""How many combinations a number can tell apart; before there were more they are counted anew."""


def numbered(columns: Iterable[tuple[Ints, int]], rows: int) -> Ints:
    """Return the number of each row's combination, (rows,), in the order in which they are first met.

    Args:
        columns: of each its codes from 0, (rows,), and how many there are.
        rows: how many rows.
    """
    key, many = np.zeros(rows, dtype=np.int64), 1
    for codes, words in columns:
        size = max(words, 1)
        if many * size > _MOST:
            key, met = pd.factorize(key)
            many = len(met)
        key, many = key * size + codes, many * size
    return pd.factorize(key)[0].astype(np.int64)
