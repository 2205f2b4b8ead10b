"""What a stored number looks like in its cell: `0.0%` turns 0.095 into 9.5%. Formats are those of a workbook's styles."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from planwatch.feeds.cell import Cell

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

_SECTION = re.compile(r'(?:"[^"]*"|\\.|[^;"\\])+')
_QUOTED = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[[^\]]*\]')
_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_SCALED = re.compile(r"[0#?],+(?![0#?,])|‰")
"""A format that prints thousands as ones, or per mille: what it shows is not worked out here."""
_PLACES = re.compile(r"[0#?,]*[0#?](?:\.(?P<part>[0#?]*))?")


@dataclass(frozen=True, slots=True)
class _Shape:
    """What one section of a format prints: decimals (None: as many as there are), per cent, grouping, words around the number."""

    places: int | None
    percent: bool
    grouped: bool
    scaled: bool
    before: str
    after: str

    @property
    def wordy(self) -> bool:
        """Return whether it prints a word, such as a unit, that must be read with the number."""
        return any(ch.isalpha() for ch in self.before + self.after)


@lru_cache(maxsize=1024)
def _shapes(code: str) -> tuple[_Shape, _Shape]:
    """Return what a format prints for numbers from 0 upwards and for those below."""
    sections = _SECTION.findall(code) or [code]
    return _shape(sections[0]), _shape(sections[1] if len(sections) > 1 else sections[0])


def _shape(section: str) -> _Shape:
    bare = _LITERALS.sub("", section)
    found, first = _PLACES.search(bare), re.search(r"[0#?]", _QUOTED.sub(lambda f: "\0" * len(f[0]), section))
    general = found is None or "e" in bare.lower()
    literals = [(f.start(), f[1] or f[2] or "") for f in _QUOTED.finditer(section)]
    start = first.start() if first else 0
    return _Shape(
        places=None if general or found is None else len(found["part"] or ""),
        percent="%" in bare,
        grouped=not general and found is not None and "," in found[0],
        scaled=bool(_SCALED.search(bare)),
        before="".join(text for at, text in literals if at < start),
        after="".join(text for at, text in literals if at >= start),
    )


def printed(value: float, code: str) -> Cell:
    """Return a number as its cell shows it. What is printed is what was published: digits behind it are not kept.

    A format that prints a word (12.3亿元) gives text alone: whether the word contradicts the table is decided where text is read.
    """
    if code == "General" and "e" not in (text := f"{value:.12g}"):
        return Cell("0" if text == "-0" else text, float(text) + 0.0, len(text.partition(".")[2]))
    shape = _shapes(code)[value < 0]
    if shape.scaled:
        return Cell(f"{value:.15g} as {code}"[:80])
    exact = Decimal(f"{value:.15g}") * (100 if shape.percent else 1)
    places = shape.places
    if places is None:
        exact = Decimal(f"{exact:.12g}").normalize()
        places = max(0, -int(exact.as_tuple().exponent))
    shown = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) if abs(exact) < Decimal("1e20") else exact
    shown = shown if shown else abs(shown)
    text = f"{shown:,f}" if shape.grouped else f"{shown:f}"
    text += "%" if shape.percent else ""
    if shape.wordy:
        own_sign = value < 0 and _shapes(code)[0] != shape
        return Cell(f"{shape.before}{text.removeprefix('-') if own_sign else text}{shape.after}")
    return Cell(text, float(shown), places)


_DIGITS = re.compile(r"\d[\d,\u00a0\u202f ]*(?:\.\d*)?|\.\d+")


def as_shown(text: str, stored: str) -> Cell:
    """Return a number whose printed text is known, with the decimals printed; only the text where the two do not agree.

    Args:
        text: as printed: `1,141.60`, `9.5%`, `(3.2)`. Where a program wrote a value and nothing to be shown, the value is what there is.
        stored: the value behind it, in plain digits: 0.095 behind 9.5%.
    """
    try:
        value = Decimal(stored.strip())
    except InvalidOperation:
        return Cell(text)
    text = text if text.strip() else stored.strip()
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
