"""Learned bounds: how unusual a change against the reading before, or against last year, is for its own series.

The bound is robust: the score of a change is its distance from the median of the series' past changes, in units of their
median absolute deviation (MAD × 1.4826, which is a standard deviation where the changes are normal), never less than a
floor. A score of k means k such deviations.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from planwatch.quality.frames import SERIES_COLUMNS, half_unit

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

LEARNED_MEASURES = ("level", "growth_yoy", "ratio")
SLIPS = {1: "10", 2: "100", 4: "10⁴", 8: "10⁸"}
"""Powers of ten by which a slipped decimal point or a mistaken unit (元, 万元, 亿元) makes a value too large or too small."""
SLIP_WIDTH = 0.15
"""How near a ratio of two readings is to such a power, in powers of ten: within 1.4 times."""
FRACTION_WIDTH = 0.35
"""How near a ratio of two growths or ratios is to a hundred, in powers of ten: within 2.2 times, for growth moves."""
SLIP_DIGITS = 100
"""Readings of fewer steps of their last printed digit grow tenfold by themselves: 1 event, then 12."""
MAD_TO_DEVIATION = 1.4826
_LONGEST_GAP = 3


def with_changes(scope: pd.DataFrame, floors: dict[str, float]) -> pd.DataFrame:
    """Return the series with their changes, scores and slips.

    Args:
        scope: observations, one per key, of the series to look at, with `is_new` for those of the release.
        floors: `floor_log` (natural log) for levels, `floor_points` for growth and ratios, and `min_changes`, the number
            of past changes a bound is learned from at least.

    Returns:
        The frame sorted by series and period, with `change_month` and `change_year` (ln of the ratio for levels, taken
        per month elapsed where they run from January; points otherwise), `<change>_score`, `why_<change>_score`, and
        `<change>_known`, how many past changes there are, NaN where there is nothing to compare with; and `slip`, the power of
        ten (1, 2, 4, 8) by which a level of the release differs from the reading before, 0 where by none of them, with `why_slip`; and
        `fraction`, 1 where a growth or ratio looks like a fraction where the reading before is per cent, or the other way round.
    """
    frame = scope.sort_values([*SERIES_COLUMNS, "period"]).reset_index(drop=True)
    frame = _with_comparables(frame)
    frame["change_month"] = _change_against_previous(frame)
    frame["change_year"] = _change_against_last_year(frame)
    for name in ("change_month", "change_year"):
        _score(frame, name, floors)
    return _with_fractions(_with_slips(frame))


def _with_comparables(frame: pd.DataFrame) -> pd.DataFrame:
    import numpy as np

    year, month = frame["period"].str[:4].astype(int), frame["period"].str[5:7].astype(int)
    level = frame["measure"].eq("level")
    rate = frame["value"].where(~(level & frame["span"].eq("ytd")), frame["value"] / month)
    positive = rate.where(rate > 0)
    comparable = rate.where(~level, np.log(positive.astype("float64")))
    comparable = comparable.where(frame["measure"].isin(LEARNED_MEASURES))
    return frame.assign(_year=year, _at=year * 12 + month, _comparable=comparable)


def _change_against_previous(frame: pd.DataFrame) -> pd.Series:
    """Return the change against the reading before, at most a quarter earlier; year-to-date only within its year."""
    before = frame.groupby(list(SERIES_COLUMNS), sort=False)
    near = (frame["_at"] - before["_at"].shift()) <= _LONGEST_GAP
    same = frame["span"].ne("ytd") | frame["_year"].eq(before["_year"].shift())
    return (frame["_comparable"] - before["_comparable"].shift()).where(near & same)


def _change_against_last_year(frame: pd.DataFrame) -> pd.Series:
    columns = [*SERIES_COLUMNS, "_at"]
    last = frame[[*columns, "_comparable"]].rename(columns={"_comparable": "_last"}).drop_duplicates(columns)
    last["_at"] += 12
    merged = frame[[*columns, "_comparable"]].merge(last, on=columns, how="left")
    return (merged["_comparable"] - merged["_last"]).set_axis(frame.index)


def plausible_slip(log_ratio: float) -> int:
    """Return the power of ten that explains a ratio of two readings, given as natural logarithm: ±1, ±2, ±4, ±8, or 0."""
    power = log_ratio / math.log(10)
    near = next((p for p in SLIPS if abs(abs(power) - p) <= SLIP_WIDTH), 0)
    return int(math.copysign(near, power))


def _named(slip: int) -> str:
    """Return what a slip looks like to a person; empty for none."""
    if not slip:
        return ""
    size = f"about {SLIPS[abs(slip)]} times" if slip > 0 else f"about {SLIPS[abs(slip)]} times less than"
    return f"{size} the reading before: a decimal point or the unit (元, 万元, 亿元) may have slipped"


def _with_slips(frame: pd.DataFrame) -> pd.DataFrame:
    """Add `slip` and `why_slip`. A factor of 10 or 100 counts only between readings of three digits and more."""
    import pandas as pd

    change = frame["change_month"].where(frame["measure"].eq("level") & frame["is_new"])
    steps = frame["value"].abs() / (2 * half_unit(frame))
    before = steps.groupby([frame[c] for c in SERIES_COLUMNS], sort=False).shift()
    fine = (steps >= SLIP_DIGITS) & (before >= SLIP_DIGITS)
    slips = [0 if pd.isna(c) else plausible_slip(c) for c in change]
    kept = [s if ok or abs(s) > 2 else 0 for s, ok in zip(slips, fine, strict=True)]
    size = pd.Series([abs(s) for s in kept], index=frame.index, dtype="float64").where(change.notna())
    return frame.assign(slip=size, why_slip=[_named(s) for s in kept])


def _with_fractions(frame: pd.DataFrame) -> pd.DataFrame:
    """Add `fraction` and `why_fraction`: 0.049 after 4.9 %, a hundredth printed with more decimals, or the hundredfold with fewer."""
    import numpy as np

    before = frame.groupby(list(SERIES_COLUMNS), sort=False)[["value", "decimals"]].shift()
    ratio = (frame["value"] / before["value"]).where(frame["measure"].isin(("growth_yoy", "ratio")) & frame["is_new"])
    power = np.log10(ratio.where(ratio > 0).to_numpy("float64"))
    more = np.sign((frame["decimals"] - before["decimals"]).to_numpy("float64"))
    slipped = (np.abs(np.abs(power) - 2) <= FRACTION_WIDTH) & (more == -np.sign(power))
    said = [f"the reading before is {v:.10g} %: one of the two is a fraction, not per cent" for v in before["value"]]
    return frame.assign(fraction=np.where(ratio.notna(), slipped.astype("float64"), np.nan), why_fraction=said)


def _score(frame: pd.DataFrame, name: str, floors: dict[str, float]) -> None:
    """Add score, reason and number of past changes of one change column, for the release's rows."""
    import numpy as np

    score = np.full(len(frame), np.nan)
    known = np.full(len(frame), np.nan)
    why = [""] * len(frame)
    changes, is_new = frame[name].to_numpy("float64"), frame["is_new"].to_numpy(bool)
    measures = frame["measure"].tolist()
    for rows in frame.groupby(list(SERIES_COLUMNS), sort=False).indices.values():
        for n in rows[is_new[rows] & ~np.isnan(changes[rows])]:
            past = changes[rows[(rows < n) & ~is_new[rows]]]
            past = past[~np.isnan(past)]
            known[n] = len(past)
            if len(past) >= floors["min_changes"]:
                floor = floors["floor_log" if measures[n] == "level" else "floor_points"]
                score[n], why[n] = _distance(float(changes[n]), past, floor, measures[n] == "level")
    frame[f"{name}_score"], frame[f"{name}_known"], frame[f"why_{name}_score"] = score, known, why


def _distance(change: float, past: np.ndarray, floor: float, is_level: bool) -> tuple[float, str]:
    import numpy as np

    median = float(np.median(past))
    deviation = max(MAD_TO_DEVIATION * float(np.median(np.abs(past - median))), floor)
    score = abs(change - median) / deviation
    change_shown, usual = (
        (_percent(change), _percent(median)) if is_level else (f"{change:+.2f} pp", f"{median:+.2f} pp")
    )
    slip = _named(plausible_slip(change - median)) if is_level else ""
    said = f"changed by {change_shown}, usually {usual}; {score:.1f} deviations, from {len(past)} past changes"
    return score, f"{said}; {slip}" if slip else said


def _percent(log_change: float) -> str:
    import numpy as np

    return f"{100 * np.expm1(log_change):+.1f} %"
