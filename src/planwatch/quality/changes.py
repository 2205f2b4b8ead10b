"""Learned bounds: how unusual a change against the reading before, or against last year, is for its own series.

The bound is robust: the score of a change is its distance from the median of the series' past changes, in units of their
median absolute deviation (MAD × 1.4826, which is a standard deviation where the changes are normal), never less than a
floor. A score of k means k such deviations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from planwatch.model.observation import KEY_COLUMNS
from planwatch.quality.frames import SERIES_COLUMNS, coded, half_unit, key_codes, shifted

if TYPE_CHECKING:
    import pandas as pd

Array = Any
"""Of NumPy, one value a row."""


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
_BLOCK_ROWS = 50_000
"""Rows whose past changes are laid out side by side at a time: 20 MB at 50 past changes."""


def with_changes(scope: pd.DataFrame, floors: Mapping[str, float]) -> pd.DataFrame:
    """Return the series with their changes, scores and slips.

    Args:
        scope: observations, one per key, of the series to look at, with `is_new` for those of the release.
        floors: `floor_log` (natural log) for levels, `floor_points` for growth and ratios, and `min_changes`, the number
            of past changes a bound is learned from at least.

    Returns:
        The frame sorted by series and period, with `series` (a number) and `year`, with `change_month` and `change_year` (ln of the
        ratio for levels, taken per month elapsed where they run from January; points otherwise), `<change>_score`, `<change>_usual`, the
        median of the past changes, and `<change>_known`, how many past changes there are, NaN where there is nothing to compare with;
        `slip`, the power of ten (1, 2, 4, 8) by which a level of the release differs from the reading before, 0 where by none of them,
        with `slip_signed`, negative where it is smaller; and `fraction`, 1 where a growth or ratio looks like a fraction where the reading
        before, `value_before`, is per cent, or the other way round. `reasons` says each in words.
    """
    import numpy as np

    frame = coded(scope, KEY_COLUMNS)
    codes = key_codes(frame, [*SERIES_COLUMNS, "period"])
    if len(codes) and not bool((codes[1:] >= codes[:-1]).all()):
        frame = frame.take(np.argsort(codes, kind="stable"))
    frame = frame.reset_index(drop=True)
    found = _changes(frame)
    for name in ("change_month", "change_year"):
        found |= _scores(frame, found, name, floors)
    return frame.assign(**found, **_slips(frame, found), **_fractions(frame, found))


def _changes(frame: pd.DataFrame) -> dict[str, Array]:
    """Return series, year and the two changes: against the reading before, at most a quarter earlier, and against last year's.

    A year to date is compared with a reading of its own year only, and by the month: divided by its months.
    """
    import numpy as np

    series = key_codes(frame, SERIES_COLUMNS)
    period = frame["period"].cat
    year, month = (period.categories.str[part].astype(int).to_numpy()[period.codes] for part in (slice(4), slice(5, 7)))
    at, to_date = year * 12 + month, frame["span"].eq("ytd").to_numpy()
    comparable = _comparable(frame, np.where(to_date, month, 1))
    near = (at - shifted(at, series) <= _LONGEST_GAP) & (~to_date | (year == shifted(year, series)))
    return {
        "series": series,
        "year": year,
        "change_month": np.where(near, comparable - shifted(comparable, series), np.nan),
        "change_year": comparable - _a_year_before(comparable, series, at),
    }


def _comparable(frame: pd.DataFrame, months: Array) -> Array:
    """Return what is compared: of levels ln of the value a month, of growth and ratios the value; NaN of anything else."""
    import numpy as np

    level = frame["measure"].eq("level").to_numpy()
    value = frame["value"].to_numpy("float64")
    rate = np.where(level, value / months, value)
    logs = np.log(rate, out=np.full(len(rate), np.nan), where=level & (rate > 0))
    return np.where(frame["measure"].isin(LEARNED_MEASURES).to_numpy(), np.where(level, logs, rate), np.nan)


def _a_year_before(comparable: Array, series: Array, at: Array) -> Array:
    """Return the series' value of twelve months before; rows are in order of series and month."""
    import numpy as np

    if not len(at):
        return comparable
    first = int(at.min()) - 12
    width = int(at.max()) - first + 1
    place = series * width + (at - first)
    found = np.minimum(np.searchsorted(place, place - 12), len(place) - 1)
    return np.where(place[found] == place - 12, comparable[found], np.nan)


def _scores(
    frame: pd.DataFrame, found: Mapping[str, Array], name: str, floors: Mapping[str, float]
) -> dict[str, Array]:
    """Return score, usual change and number of past changes of one change, for the release's rows."""
    import numpy as np

    changes, series, is_new = found[name], found["series"], frame["is_new"].to_numpy(bool)
    past, asked = ~is_new & ~np.isnan(changes), is_new & ~np.isnan(changes)
    score, usual = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
    if not past.any():
        return {f"{name}_score": score, f"{name}_known": np.where(asked, 0.0, np.nan), f"{name}_usual": usual}
    before = np.cumsum(past) - past  # how many past changes stand before a row, of all series
    starts = np.concatenate([[True], series[1:] != series[:-1]]) if len(series) else np.zeros(0, dtype=bool)
    base = before[starts][np.cumsum(starts) - 1] if len(series) else before
    known = np.where(asked, before - base, np.nan)
    judged, pool = np.flatnonzero(asked & (before - base >= max(floors["min_changes"], 1))), changes[past]
    least = np.where(frame["measure"].eq("level").to_numpy(), floors["floor_log"], floors["floor_points"])
    for rows in np.array_split(judged, len(judged) // _BLOCK_ROWS + 1):
        median, deviation = _middle(pool, base[rows], known[rows].astype(np.int64))
        usual[rows] = median
        score[rows] = np.abs(changes[rows] - median) / np.maximum(MAD_TO_DEVIATION * deviation, least[rows])
    return {f"{name}_score": score, f"{name}_known": known, f"{name}_usual": usual}


def _middle(pool: Array, first: Array, count: Array) -> tuple[Array, Array]:
    """Return median and median absolute deviation of the `count` values of the pool from `first` on, for each row."""
    import numpy as np

    steps = np.arange(count.max(initial=0))
    inside = steps < count[:, None]
    values = (
        np.where(inside, pool[np.minimum(first[:, None] + steps, max(len(pool) - 1, 0))], np.inf)
        if len(pool)
        else inside
    )
    median = _median(values, count)
    apart = np.where(inside, np.abs(values - median[:, None]), np.inf)
    return median, _median(apart, count)


def _median(values: Array, count: Array) -> Array:
    """Return the median of the first `count` values in order of each row, the rest being infinite."""
    import numpy as np

    ordered, row = np.sort(values, axis=1), np.arange(len(values))
    return (ordered[row, (count - 1) // 2] + ordered[row, count // 2]) / 2 if len(values) else np.zeros(0)


def plausible_slips(log_ratio: Array) -> Array:
    """Return the power of ten that explains each ratio of two readings, given as natural logarithm: ±1, ±2, ±4, ±8, or 0."""
    import numpy as np

    power = log_ratio / math.log(10)
    near = np.zeros(len(power), dtype=np.int64)
    for slip in SLIPS:
        near[np.abs(np.abs(power) - slip) <= SLIP_WIDTH] = slip
    return np.where(power < 0, -near, near)


def _slips(frame: pd.DataFrame, found: Mapping[str, Array]) -> dict[str, Array]:
    """Return `slip` and `slip_signed`. A factor of 10 or 100 counts only between readings of three digits and more."""
    import numpy as np

    looked = (frame["measure"].eq("level") & frame["is_new"]).to_numpy(bool)
    change = np.where(looked, found["change_month"], np.nan)
    half = frame["half_unit"] if "half_unit" in frame else half_unit(frame)
    steps = np.abs(frame["value"].to_numpy("float64")) / (2 * half.to_numpy())
    fine = (steps >= SLIP_DIGITS) & (shifted(steps, found["series"]) >= SLIP_DIGITS)
    slips = plausible_slips(change)
    signed = np.where(fine | (np.abs(slips) > 2), slips, 0)
    return {"slip": np.where(np.isnan(change), np.nan, np.abs(signed)), "slip_signed": signed}


def _fractions(frame: pd.DataFrame, found: Mapping[str, Array]) -> dict[str, Array]:
    """Return `fraction` and `value_before`: 0.049 after 4.9 %, a hundredth printed with more decimals, or the hundredfold with fewer."""
    import numpy as np

    value, series = frame["value"].to_numpy("float64"), found["series"]
    decimals = frame["decimals"].to_numpy("float64")
    before = shifted(value, series)
    looked = (frame["measure"].isin(("growth_yoy", "ratio")) & frame["is_new"]).to_numpy(bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(looked, value / before, np.nan)
        power = np.log10(np.where(ratio > 0, ratio, np.nan))
    more = np.sign(decimals - shifted(decimals, series))
    slipped = (np.abs(np.abs(power) - 2) <= FRACTION_WIDTH) & (more == -np.sign(power))
    return {"fraction": np.where(np.isnan(ratio), np.nan, slipped.astype("float64")), "value_before": before}


def reasons(frame: pd.DataFrame) -> dict[str, Callable[[int], str]]:
    """Return for each column of `with_changes` what explains its n-th value in words; empty where nothing does."""
    return {
        "change_month_score": lambda n: _distance(frame.iloc[n], "change_month"),
        "change_year_score": lambda n: _distance(frame.iloc[n], "change_year"),
        "slip": lambda n: _named(int(frame["slip_signed"].iloc[n])),
        "fraction": lambda n: (
            f"the reading before is {frame['value_before'].iloc[n]:.10g} %: one of the two is a fraction, not per cent"
        ),
    }


def _named(slip: int) -> str:
    """Return what a slip looks like to a person; empty for none."""
    if not slip:
        return ""
    size = f"about {SLIPS[abs(slip)]} times" if slip > 0 else f"about {SLIPS[abs(slip)]} times less than"
    return f"{size} the reading before: a decimal point or the unit (元, 万元, 亿元) may have slipped"


def _distance(row: pd.Series, name: str) -> str:
    """Return how far a change is from the usual one."""
    import numpy as np

    change, usual, score = row[name], row[f"{name}_usual"], row[f"{name}_score"]
    if np.isnan(usual):
        return ""
    if row["measure"] != "level":
        return f"changed by {change:+.2f} pp, usually {usual:+.2f} pp; {_deviations(score, row[f'{name}_known'])}"
    said = f"changed by {_percent(change)}, usually {_percent(usual)}; {_deviations(score, row[f'{name}_known'])}"
    slip = _named(int(plausible_slips(np.array([change - usual]))[0]))
    return f"{said}; {slip}" if slip else said


def _deviations(score: float, known: float) -> str:
    return f"{score:.1f} deviations, from {known:.0f} past changes"


def _percent(log_change: float) -> str:
    import numpy as np

    return f"{100 * np.expm1(log_change):+.1f} %"
