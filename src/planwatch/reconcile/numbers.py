"""Numbers as Chinese tables print them (DOMAIN §3): the one place where text becomes a number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from planwatch.model.feed import CellState, Words
from planwatch.reconcile.text import half_width, squash

_PLAIN = re.compile(r"(?P<sign>[-+]?)(?P<whole>\d+|\d{1,3}(?:,\d{3})+)(?:\.(?P<part>\d+))?")
_GROUPED_BY_SPACE = re.compile(r"(?<=\d)[ \u00a0\u2009\u202f](?=\d{3}(?!\d))")
_PARENTHESES = re.compile(r"\(([\d,.]+%?)\)")
_SPACED_DIGITS = re.compile(r"\d\s+\d")


@dataclass(frozen=True, slots=True)
class Printed:
    """What a cell says: its state, the number (as printed, before any unit), printed decimals, whether it is marked revised.

    `magnitude` is the 万 or 亿 behind the number, which belongs before the unit.
    """

    state: CellState
    number: float | None = None
    decimals: int = 0
    revised: bool = False
    magnitude: str = ""


def read_number(
    text: str, words: Words, *, markers: dict[str, CellState] | None = None, unit: str = "", growth: bool = False
) -> Printed:
    """Return what a cell's text says.

    Args:
        text: as printed.
        words: the words and marks of these tables.
        markers: the column's own markers (`-`, `……`, empty), before the general ones.
        unit: the unit the value stands in; the same unit glued to the number is not an error.
        growth: the value is a growth in %: 持平 is 0 and 1.1倍 is 110.
    """
    marker = _marker(squash(text), words, markers or {})
    if marker is not None:
        return Printed(marker)
    bare, revised = _without_marks(half_width(text).strip(), words)
    marker = _marker(squash(bare), words, markers or {})
    if marker is not None:
        return Printed(marker, revised=revised)
    if squash(bare) in words.zero:
        return Printed(CellState.NUMBER, 0.0, 0, revised)
    if squash(bare) in words.qualitative:
        return Printed(CellState.QUALITATIVE, revised=revised)
    if words.negative_parentheses and (inside := _PARENTHESES.fullmatch(squash(bare))):
        bare = f"-{inside[1]}"
    found = _value(bare, words, squash(unit), growth)
    return Printed(CellState.TEXT) if found is None else Printed(CellState.NUMBER, *found[:2], revised, found[2])


def _marker(text: str, words: Words, own: dict[str, CellState]) -> CellState | None:
    by_text = {squash(k): v for k, v in words.markers.items()} | {squash(k): v for k, v in own.items()}
    return by_text.get(text)


def _without_marks(text: str, words: Words) -> tuple[str, bool]:
    """Strip footnotes and revision marks from the end, in any order."""
    note, revised = re.compile(f"(?:{words.footnote})$"), False
    while True:
        mark = next((m for m in words.revised_marks if text.endswith(m) and len(text) > len(m)), None)
        shorter = text[: -len(mark)].rstrip() if mark else note.sub("", text).rstrip()
        if shorter == text or not shorter:
            return text, revised
        revised |= mark is not None
        text = shorter


def _value(text: str, words: Words, unit: str, growth: bool) -> tuple[float, int, str] | None:
    """Return number, decimals and magnitude, None where the text is no number."""
    grouped = _GROUPED_BY_SPACE.sub(",", text)
    if _SPACED_DIGITS.search(grouped):
        return None
    body, direction = _direction(squash(grouped), words)
    times = next((t for t in words.times if growth and body.endswith(t)), "")
    body = body.removesuffix(times) if times else _without_unit(body, unit, words, growth)
    magnitude = next((m for m in words.magnitudes if unit and not growth and body.endswith(m)), "")
    plain = _PLAIN.fullmatch(body.removesuffix(magnitude))
    if plain is None or (direction is not None and plain["sign"]):
        return None
    sign = -1 if plain["sign"] == "-" else direction or 1
    fraction = plain["part"] or ""
    number = sign * Decimal(f"{plain['whole'].replace(',', '')}.{fraction or '0'}") * (100 if times else 1)
    return float(number), max(0, len(fraction) - 2) if times else len(fraction), magnitude


def _direction(text: str, words: Words) -> tuple[str, int | None]:
    """Split 增长, 下降 or a sign of its own from the front; None where there is none."""
    for sign, marks in ((1, words.rise), (-1, words.fall)):
        for mark in marks:
            if text.startswith(mark):
                return text.removeprefix(mark), sign
    return next(((text.removeprefix(m), s) for m, s in words.signs.items() if text.startswith(m)), (text, None))


def _without_unit(text: str, unit: str, words: Words, growth: bool) -> str:
    endings = [squash(p) for p in words.percent] if growth or unit in words.percent else [unit]
    ending = max((e for e in endings if e and text.endswith(e)), key=len, default="")
    return text.removesuffix(ending)
