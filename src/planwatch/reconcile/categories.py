"""Columns of words held as categories, each word once, and rows told apart by several columns together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def taken(values: list[Any], codes: Any) -> Any:
    """Return the values at the codes: as categories, each once, None as missing; truth values as they are."""
    import numpy as np
    import pandas as pd

    if all(isinstance(value, bool) for value in values):
        return np.array(values, dtype=bool)[codes]
    known: dict[Any, int] = {}
    numbers = [-1 if value is None else known.setdefault(value, len(known)) for value in values]
    dense = np.array(numbers, dtype=np.int32)[codes] if numbers else np.zeros(0, dtype=np.int32)
    return pd.Categorical.from_codes(dense, categories=pd.Index(list(known), dtype="str"))


def combined(columns: Iterable[Any], count: int) -> tuple[Any, Any]:
    """Return which combination of several columns' values each of `count` rows has, and the first row of each combination."""
    import numpy as np
    import pandas as pd

    joined = np.zeros(count, dtype=np.int64)
    for column in columns:
        codes, known = pd.factorize(column, use_na_sentinel=False)
        joined = pd.factorize(joined * max(len(known), 1) + codes)[0].astype(np.int64)
    firsts = np.full(int(joined.max(initial=-1)) + 1, count, dtype=np.int64)
    np.minimum.at(firsts, joined, np.arange(count))
    return joined, firsts


def as_words(column: Any) -> Any:
    """Return a column of categories as the words themselves, taken by number rather than one by one; any other column as text."""
    import numpy as np
    import pandas as pd

    if not isinstance(column.dtype, pd.CategoricalDtype) or not len(column.cat.categories):
        return column.astype("str")
    words = pd.array(column.cat.categories.astype("str"), dtype="str")
    codes = column.cat.codes.to_numpy()
    return pd.Series(words.take(codes.astype(np.intp), allow_fill=bool((codes < 0).any())), index=column.index)
