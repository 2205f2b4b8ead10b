"""Parts and wholes: a part is at most its whole, and parts that are declared to be all of it add up to it.

Only declared ones are looked at (`meta.parts` of the suite): two different splits of one total stand in one table, so the
children of a row are never simply added.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from planwatch.quality.frames import as_texts
from planwatch.quality.suites import Parts

if TYPE_CHECKING:
    import pandas as pd

_AT = ["area", "period", "span"]


def parts_frame(known: pd.DataFrame, declared: Sequence[Parts]) -> pd.DataFrame:
    """Return one row per (whole, part, area, period, span) whose levels both are known and one of them is new.

    Columns: `excess`, how far the part exceeds its whole beyond rounding, in base units; `place`; `why_excess`.
    """
    there = _indicators(known)
    pairs = [(p.whole, part) for p in declared for part in p.parts if {p.whole, part} <= there]
    return _stack([_pair(known, whole, part) for whole, part in pairs], "excess")


def sums_frame(known: pd.DataFrame, declared: Sequence[Parts]) -> pd.DataFrame:
    """Return one row per (whole, area, period, span) with all of its parts known and one of them new.

    Columns: `difference`, whole − sum of the parts beyond rounding, in base units; `place`; `why_difference`.
    """
    there = _indicators(known)
    return _stack([_sum(known, p) for p in declared if p.adds_up and {p.whole, *p.parts} <= there], "difference")


def _indicators(known: pd.DataFrame) -> set[str]:
    return set(known["indicator"].unique())


def _levels(known: pd.DataFrame, indicator: str) -> pd.DataFrame:
    rows = known[known["indicator"].eq(indicator) & known["measure"].eq("level")]
    return rows[[*_AT, "value", "half_unit", "is_new", "place"]]


def _pair(known: pd.DataFrame, whole: str, part: str) -> pd.DataFrame:
    both = _levels(known, part).merge(_levels(known, whole), on=_AT, suffixes=("", "_whole"))
    both = both[both["is_new"] | both["is_new_whole"]]
    slack = both["half_unit"] + both["half_unit_whole"]
    excess = (both["value"] - both["value_whole"] - slack).clip(lower=0.0)
    why = "its whole is " + both["place_whole"].astype("str")
    return both.assign(excess=excess, why_excess=why)[["place", "excess", "why_excess"]]


def _sum(known: pd.DataFrame, declared: Parts) -> pd.DataFrame:
    total = _levels(known, declared.whole)
    total = total.assign(parts=0.0, slack=total["half_unit"], any_new=total["is_new"])
    for name in declared.parts:
        part = _levels(known, name).drop(columns="place")
        total = total.merge(part, on=_AT, suffixes=("", "_part"))
        total["parts"] += total["value_part"]
        total["slack"] += total["half_unit_part"]
        total["any_new"] |= total["is_new_part"]
        total = total.drop(columns=["value_part", "half_unit_part", "is_new_part"])
    total = total[total["any_new"].astype(bool)]
    difference = total["value"] - total["parts"]
    beyond = difference.where(difference.abs() > total["slack"] * (1 + 1e-9), 0.0)
    why = f"{' + '.join(declared.parts)} = " + as_texts(total["parts"])
    return total.assign(difference=beyond, why_difference=why)[["place", "difference", "why_difference"]]


def _stack(frames: list[pd.DataFrame], column: str) -> pd.DataFrame:
    import pandas as pd

    columns = {"place": "str", column: "float64", f"why_{column}": "str"}
    filled = [f for f in frames if not f.empty]
    if not filled:
        return pd.DataFrame({name: [] for name in columns}).astype(columns)
    return pd.concat(filled, ignore_index=True).astype(columns)
