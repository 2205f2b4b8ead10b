"""The one rounding (DOMAIN §4): half away from zero, deaf to the noise of floating point."""

from __future__ import annotations

import math
import re
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_NOISE = 5e-7
"""What a scaled number may miss a half by and still count as that half: six decimals beyond the rounded place."""
_MOST_DECIMALS = 10
DIGITS = 15
"""Significant digits that a floating number carries surely."""
_MOST_TENS = 300
_BLOCK = 1 << 13
"""Numbers settled at once: few enough to stay in the processor's nearest memory, which is several times quicker."""
_MANTISSA_BITS, _EXPONENTS, _EXPONENT_OF_ONE = 52, 2048, 1023
"""How a floating number is made (IEEE 754, binary64)."""
_TENS = np.array([float(f"1e{n}") for n in range(-_MOST_TENS, _MOST_TENS + 1)])
_TENS_ONE_BY_ONE = _TENS.tolist()
_NARROW = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)}
"""Full-width digits and signs to narrow ones; footnote marks such as ① stay what they are."""
_PRINTED = re.compile(r"[0-9][0-9,]*(?:\.([0-9]+))?")


def power_of_ten(exponents: ArrayLike) -> Floats:
    """Return 10 to whole exponents within ±300, any shape; NaN stays NaN."""
    given = np.asarray(exponents, dtype=float)
    if given.ndim == 0 and not np.isnan(given):
        return np.asarray(_TENS[int(given) + _MOST_TENS])
    whole = np.where(np.isnan(given), 0.0, given).astype(np.int64) + _MOST_TENS
    return np.where(np.isnan(given), np.nan, _TENS[whole])


def round_half_away(values: ArrayLike, places: ArrayLike) -> Floats:
    """Return `values` rounded to `places` decimals, halves away from zero.

    Two sums that differ only by the order of adding round alike: the scaled number is taken at six decimals first.

    Args:
        values: any shape; NaN stays NaN.
        places: decimals to keep, one number or one a value.
    """
    return round_at(values, power_of_ten(places))


def round_at(values: ArrayLike, scale: Floats) -> Floats:
    """Return `values` rounded as `round_half_away` does, where 10 to the places is known already."""
    x = np.asarray(values, dtype=float)
    whole = np.floor(np.abs(x) * scale + 0.5 + _NOISE)
    return np.asarray(np.copysign(whole / scale, x) + 0.0, dtype=float)


def significant(values: ArrayLike, digits: int = DIGITS) -> Floats:
    """Return `values` at `digits` significant digits, which is where floating noise ends and figures begin; whole numbers as they are."""
    return settled(values, values, digits)


def settled(values: ArrayLike, size: ArrayLike, digits: int = DIGITS) -> Floats:
    """Return `values` at the place that `digits` significant digits of `size` end at, or at ones where that comes first.

    A sum or a difference is as noisy as the largest it was made of: 65.3 − 62.8 is 2.5 at the places of 65.3.

    Args:
        values: any shape; NaN stays NaN.
        size: the largest amount each value was made of, of the same shape.
        digits: how many of its digits are figures.
    """
    x, largest = np.broadcast_arrays(np.asarray(values, dtype=float), np.asarray(size, dtype=float))
    found, flat, sizes = np.empty(x.size), x.reshape(-1), largest.reshape(-1)
    for start in range(0, x.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        _settle(flat[block], np.abs(sizes[block]), digits, found[block])
    return found.reshape(x.shape)


def difference(one: ArrayLike, other: ArrayLike) -> Floats:
    """Return one − other without the noise of either, of the same shape as they are together."""
    a, b = np.broadcast_arrays(np.asarray(one, dtype=float), np.asarray(other, dtype=float))
    found, left, right = np.empty(a.size), a.reshape(-1), b.reshape(-1)
    for start in range(0, a.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        x, y = left[block], right[block]
        _settle(x - y, np.fmax(np.abs(x), np.abs(y)), DIGITS, found[block])
    return found.reshape(a.shape)


def _settle(x: Floats, largest: Floats, digits: int, found: Floats) -> None:
    """Write x, (n,), into `found` at the places that `digits` digits of `largest` end at."""
    scales, next_ten = _scales(digits)
    exponent = largest.view(np.int64) >> _MANTISSA_BITS
    scale = scales[exponent + _EXPONENTS * (largest >= next_ten[exponent])]
    np.multiply(x, scale, out=found)
    np.rint(found, out=found)
    found /= scale
    found += 0.0


@cache
def _scales(digits: int) -> tuple[Floats, Floats]:
    """Return 10 to the places of numbers by their binary exponent, below and from the power of ten on that lies within it, and that power.

    Much sooner looked up than told by logarithms; 1 for zero and what is not finite.
    """
    floors = [math.floor((e - _EXPONENT_OF_ONE) * math.log10(2.0)) for e in range(_EXPONENTS)]
    tens = np.array([float(f"1e{k + 1}") if k < _MOST_TENS else np.inf for k in floors])
    places = np.clip(digits - 1 - np.array(floors), 0, _MOST_TENS)
    scales = _TENS[np.append(places, np.maximum(places - 1, 0)) + _MOST_TENS]
    nothing = [0, _EXPONENTS - 1, _EXPONENTS, 2 * _EXPONENTS - 1]
    scales[nothing] = 1.0
    return scales, tens


def running_sum(values: Floats) -> Floats:
    """Return the sums from the first to each of the values along the last axis, each as near as a single number can be (Neumaier)."""
    total, lost, sums = np.zeros(values.shape[:-1]), np.zeros(values.shape[:-1]), np.empty(values.shape)
    for place in range(values.shape[-1]):
        x = values[..., place]
        grown = total + x
        lost += np.where(np.abs(total) >= np.abs(x), (total - grown) + x, (x - grown) + total)
        total = grown
        sums[..., place] = total + lost
    return sums


def printed_decimals(value: float, text: str = "") -> int:
    """Return the decimal places a figure was printed with: by its text, else by the shortest form of its value."""
    found = _PRINTED.search(text.translate(_NARROW)) if text else None
    if found is None:
        found = _PRINTED.search(np.format_float_positional(float(significant(value)), trim="-"))
    return min(len(found.group(1) or ""), _MOST_DECIMALS) if found else 0


def round_one(value: float, places: int) -> float:
    """Return one number as `round_half_away` rounds it, quicker for the figures of a sentence."""
    scale = _TENS_ONE_BY_ONE[places + _MOST_TENS]
    return math.copysign(math.floor(abs(value) * scale + 0.5 + _NOISE) / scale, value) + 0.0


def shortest_decimals(values: Floats) -> Floats:
    """Return the decimal places of the shortest form of each value at fifteen significant digits, (n,), NaN for NaN."""
    x = significant(values)
    found = np.where(np.isnan(x), np.nan, float(_MOST_DECIMALS))
    for places in range(_MOST_DECIMALS - 1, -1, -1):
        found[np.round(x, places) == x] = places
    return found
