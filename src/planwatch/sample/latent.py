"""The latent year: what every series does from month to month, the same for the same seed."""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

import numpy as np
import numpy.typing as npt

from planwatch.sample.series import MONTHS, Base, Course

Values = dict[int, float]
"""Month (1–12) → value."""


def rng(seed: int, feed: str, series: str) -> np.random.Generator:
    """Return the generator of one series: drawing for one never shifts another."""
    return np.random.default_rng([seed, crc32(f"{feed}/{series}".encode())])


def course(path: Course, seed: int, feed: str, series: str) -> Values:
    """Return the twelve values of a course, rounded to its decimals."""
    draws = rng(seed, feed, series).standard_normal(12)
    smooth = _between(path.anchors)
    loud = np.array([0.0 if m in path.exact else path.noise for m in MONTHS])
    if path.increments:
        steps = np.diff(np.where(np.arange(13) == 0, 0.0, smooth)) * np.clip(1 + loud * draws, 0, None)
        values = np.cumsum(steps)
    else:
        values = smooth[1:] + loud * draws
    return {m: round(float(v), path.decimals) + 0.0 for m, v in zip(MONTHS, values, strict=True)}


def _between(anchors: Mapping[int, float]) -> npt.NDArray[np.float64]:
    """Return the straight lines between anchors, at 0 (last December) and the twelve months."""
    known = sorted(anchors)
    return np.asarray(
        np.interp(np.arange(13.0), np.array(known, dtype=float), np.array([anchors[m] for m in known])),
        dtype=np.float64,
    )


def last_year(base: Base, month: int) -> float:
    """Return last year's level up to a month (1–12; 0 gives 0), in the base's unit."""
    return base.value * float(_between({0: 0.0, 12: 1.0, **base.shares})[month])


def levels(base: Base, growth: Values, decimals: int) -> Values:
    """Return the year-to-date levels that last year's levels and this year's growth (in %) give."""
    price = 1 + base.deflator / 100
    return {m: round(last_year(base, m) * price * (1 + g / 100), decimals) for m, g in growth.items()}


def month_levels(ytd: Values, first: int, decimals: int) -> Values:
    """Return the levels of the months alone: differences of the year to date, from the month after `first`."""
    return {m: round(ytd[m] - ytd.get(m - 1, 0.0), decimals) for m in ytd if m > first}


def growth_of(now: float, before: float) -> float:
    """Return growth in %, one decimal."""
    return round((now / before - 1) * 100, 1) + 0.0


def month_growth(ytd: Values, first: int) -> Values:
    """Return the growth of the months alone that the growth of the year to date implies, months weighing alike."""
    return {m: round(m * ytd[m] - (m - 1) * ytd[m - 1], 1) + 0.0 for m in ytd if m > first}
