"""What a stored number looks like in its cell: `0.0%` turns 0.095 into 9.5%. Formats are those of a workbook's styles."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from planwatch.feeds.grid import Cell

BUILT_IN = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    37: "#,##0",
    38: "#,##0",
    39: "#,##0.00",
    40: "#,##0.00",
}
"""The formats that a workbook uses by number without writing them down (ECMA-376, 18.8.30)."""

UNCOMPUTED = "=?"
"""Stands for a formula whose result was never computed and stored: text in a number cell, not an empty cell."""

_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_SCALED = re.compile(r"[0#?],+(?![0#?,])|‰")
"""A format that prints thousands as ones, or per mille: what it shows is not worked out here."""
_PLACES = re.compile(r"[0#?,]*[0#?](?:\.(?P<part>[0#?]*))?")


@lru_cache(maxsize=1024)
def decimals_of(code: str) -> tuple[int | None, bool]:
    """Return the decimal places a format prints (None: as many as there are) and whether it prints per cent."""
    bare = _LITERALS.sub("", code.partition(";")[0])
    found = _PLACES.search(bare)
    if found is None or "e" in bare.lower():
        return None, "%" in bare
    return len(found["part"] or ""), "%" in bare


def printed(value: float, code: str) -> Cell:
    """Return a number as its cell shows it. What is printed is what was published: digits behind it are not kept."""
    if _SCALED.search(_LITERALS.sub("", code.partition(";")[0])):
        return Cell(f"{value:.15g} as {code}"[:80])
    places, percent = decimals_of(code)
    exact = Decimal(f"{value:.15g}") * (100 if percent else 1)
    if places is None:
        exact = Decimal(f"{exact:.12g}").normalize()
        places = max(0, -int(exact.as_tuple().exponent))
    shown = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) if abs(exact) < Decimal("1e20") else exact
    shown = shown if shown else abs(shown)
    return Cell(f"{shown:f}{'%' if percent else ''}", float(shown), places)


_DIGITS = re.compile(r"\d[\d,\u00a0\u202f ]*(?:\.\d*)?|\.\d+")


def as_shown(text: str, stored: str) -> Cell:
    """Return a number whose printed text is known, with the decimals printed; only the text where the two do not agree.

    Args:
        text: as printed: `1,141.60`, `9.5%`, `(3.2)`.
        stored: the value behind it, in plain digits: 0.095 behind 9.5%.
    """
    try:
        value = Decimal(stored.strip())
    except InvalidOperation:
        return Cell(text)
    found = _DIGITS.findall(text)
    if len(found) != 1 or not value.is_finite() or abs(value.adjusted()) > _FARTHEST:
        return Cell(text)
    digits = re.sub(r"[^\d.]", "", found[0])
    places = len(digits.partition(".")[2])
    exact = value * (100 if "%" in text else 1)
    step = Decimal(1).scaleb(-places)
    if abs(abs(exact) - Decimal(digits)) > step * Decimal("0.500001"):
        return Cell(text)
    return Cell(text, float(Decimal(digits).copy_sign(exact)) + 0.0, places)


_FARTHEST = 20
"""Powers of ten beyond which no statistic is printed."""
