"""Parts and wholes: a part is at most its whole, and parts that are declared to be all of it add up to it.

Only declared ones are looked at (`meta.parts` of the suite): two different splits of one total stand in one table, so the
children of a row are never simply added.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from planwatch.quality.engine import Told
from planwatch.quality.frames import Lookup, Places, key_codes
from planwatch.quality.suites import Parts

if TYPE_CHECKING:
    import pandas as pd

Array = Any
"""Of NumPy, one value a row."""


_AT = ["area", "period", "span"]


def parts_frame(known: pd.DataFrame, place: Places, declared: Sequence[Parts]) -> Told:
    """Return one row per (whole, part, area, period, span) whose levels both are known and one of them is new.

    Column: `excess`, how far the part exceeds its whole beyond rounding, in base units.

    Args:
        known: observations, one a key, keys as categories, with `half_unit` and `is_new`.
        place: names a row of `known`.
        declared: wholes and their parts.
    """
    import numpy as np
    import pandas as pd

    levels = _Levels(known)
    rows = [levels.beside(part, [p.whole]) for p in declared for part in p.parts]
    of = np.concatenate([np.zeros((0, 2), dtype=np.int64), *rows])
    value, half = levels.value[of], levels.half[of]
    excess = (value[:, 0] - value[:, 1] - half.sum(axis=1)).clip(min=0.0)
    return Told(
        pd.DataFrame({"excess": excess}),
        lambda n: place(of[n, 0]),
        {"excess": lambda n: f"its whole is {place(of[n, 1])}"},
    )


def sums_frame(known: pd.DataFrame, place: Places, declared: Sequence[Parts]) -> Told:
    """Return one row per (whole, area, period, span) with all of its parts known and one of them new.

    Column: `difference`, whole − sum of the parts beyond rounding, in base units. Arguments as of `parts_frame`.
    """
    import numpy as np
    import pandas as pd

    levels = _Levels(known)
    adding = [p for p in declared if p.adds_up]
    rows = [levels.beside(p.whole, p.parts) for p in adding]
    whole = np.concatenate([np.zeros(0, dtype=np.int64), *(r[:, 0] for r in rows)])
    parts = np.concatenate([np.zeros(0), *(levels.value[r[:, 1:]].sum(axis=1) for r in rows)])
    slack = np.concatenate([np.zeros(0), *(levels.half[r].sum(axis=1) for r in rows)])
    names = [" + ".join(p.parts) for p, r in zip(adding, rows, strict=True) for _ in range(len(r))]
    difference = levels.value[whole] - parts
    beyond = np.where(np.abs(difference) > slack * (1 + 1e-9), difference, 0.0)
    return Told(
        pd.DataFrame({"difference": beyond}),
        lambda n: place(whole[n]),
        {"difference": lambda n: f"{names[n]} = {parts[n]:.10g}"},
    )


class _Levels:
    """The known levels, found by indicator, area, period and span."""

    def __init__(self, known: pd.DataFrame) -> None:
        self.value, self.half = known["value"].to_numpy("float64"), known["half_unit"].to_numpy("float64")
        self._new = known["is_new"].to_numpy(bool)
        self._level = known["measure"].eq("level").to_numpy()
        self._known = known
        self._indicators = known["indicator"].cat

    def beside(self, first: str, others: Sequence[str]) -> Array:
        """Return the rows of an indicator (first column) and of the others at the same place, where all are known and one is new."""
        import numpy as np

        of = np.flatnonzero(self._of(first))
        if not len(of):
            return np.zeros((0, 1 + len(others)), dtype=np.int64)
        found = np.column_stack([of, *(Lookup(self._at, self._of(other)).rows(self._at[of]) for other in others)])
        return found[(found >= 0).all(axis=1) & self._new[found].any(axis=1)]

    @cached_property
    def _at(self) -> Array:
        """A number for area, period and span of each row."""
        return key_codes(self._known, _AT)

    def _of(self, indicator: str) -> Array:
        import numpy as np

        if indicator not in self._indicators.categories:
            return np.zeros(len(self._level), dtype=bool)
        return self._level & (self._indicators.codes.to_numpy() == self._indicators.categories.get_loc(indicator))
