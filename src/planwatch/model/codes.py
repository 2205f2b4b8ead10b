"""Words as numbers: columns in which few words stand in many rows, told apart without looking at a word twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_MOST = 1 << 62
SMALL = 1 << 20
"""How many combinations of words may be ticked off one by one, however few rows there are."""


def coded(column: pd.Series[Any]) -> tuple[NDArray[Any], list[Any]]:
    """Return the code of every row's word, (n,), -1 where there is none, and the words.

    Of categories these are the codes they have: then there may be words that no row has.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(), column.cat.categories.tolist()
    codes, words = pd.factorize(column)
    return codes, list(words)


def where(column: pd.Series[Any], holds: Callable[[Any], bool], *, missing: bool = False) -> NDArray[np.bool_]:
    """Return in which rows something holds of a column's word, asked once a word; `missing` where there is none."""
    codes, words = coded(column)
    return np.asarray(np.array([*(bool(holds(word)) for word in words), missing], dtype=bool)[codes], dtype=bool)


def can_be_ticked(combinations: float, rows: int) -> bool:
    """Return whether so many combinations of words are few enough beside the rows to be ticked off in a table of them."""
    return combinations <= max(64 * rows, SMALL)


def all_differ(columns: Iterable[tuple[NDArray[Any], int]], rows: int) -> bool:
    """Return whether no two rows have the same combination of codes: much sooner than sorting or hashing them.

    Args:
        columns: of each its codes, (rows,), -1 for a missing word, and how many words there are.
        rows: how many rows.
    """
    place, size = np.zeros(rows, dtype=np.int64), 1
    for codes, words in columns:
        if not can_be_ticked(size * (words + 1), rows):
            place, met = pd.factorize(place)
            size = len(met)
        place *= words + 1
        place += codes
        place += 1
        size *= words + 1
    if not can_be_ticked(size, rows):
        return len(pd.unique(place)) == rows
    met = np.zeros(size, dtype=bool)
    met[place] = True
    return int(np.count_nonzero(met)) == rows


def key_order(columns: Iterable[tuple[NDArray[Any], list[str]]], rows: int) -> NDArray[np.int64]:
    """Return the order of rows by several columns of words, the first of them first, (rows,); equal rows keep theirs.

    Args:
        columns: of each its codes, (rows,), none missing, and its words (one may stand for several codes), ordered as Postgres orders them byte by byte.
        rows: how many rows.
    """
    place, size = np.zeros(rows, dtype=np.int64), 1
    for codes, words in columns:
        ranks = {word: rank for rank, word in enumerate(sorted(set(words)))}
        if size * max(len(ranks), 1) >= _MOST:
            met, place = np.unique(place, return_inverse=True)
            size = len(met)
        place = place * max(len(ranks), 1) + np.array([ranks[word] for word in words], dtype=np.int64)[codes]
        size *= max(len(ranks), 1)
    return np.argsort(place, kind="stable")


def combinations(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return which combinations of words some columns have, without a missing one, each once, in no order."""
    told = [coded(frame[name]) for name in columns]
    shape = tuple(max(len(words), 1) for _, words in told)
    there = np.all([codes >= 0 for codes, _ in told], axis=0)
    if not can_be_ticked(np.prod(shape, dtype=float), len(frame)):
        return frame.loc[there, columns].drop_duplicates()
    key = np.ravel_multi_index([codes if there.all() else codes[there] for codes, _ in told], shape)
    met = np.zeros(shape, dtype=bool)
    met.reshape(-1)[key] = True
    found = zip(columns, np.nonzero(met), told, strict=True)
    return pd.DataFrame({name: np.array(words, dtype=object)[at] for name, at, (_, words) in found})
