"""What a stored number looks like in its cell: `0.0%` turns 0.095 into 9.5%. Formats are those of a workbook's styles."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
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
