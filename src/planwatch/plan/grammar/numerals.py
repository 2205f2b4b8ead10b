"""Numbers as plans print them: digits, digits with 万 and 亿, Chinese numerals."""

from __future__ import annotations

import re

ARABIC = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
CHINESE = r"[零〇一二两三四五六七八九十百千万亿]+(?:点[零〇一二三四五六七八九]+)?"
MAGNITUDE = r"(?:[十百千]?万亿|[十百千]?[万亿]|[百千])"
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "亿": 10**8}


def split_number(text: str) -> tuple[float, str] | None:
    """Return the number a run of digits or Chinese numerals prints, and the magnitude left for its unit.

    `3.6万` is (3.6, 万) and `三万` (3, 万), as their unit is 万人; `三百` is (300, ""); `千亿` is (1000, 亿). None where it is
    no number (十五五).
    """
    found = re.match(ARABIC, text)
    if found:
        return float(found[0].replace(",", "")), text[found.end() :]
    head = text.rstrip("万亿")
    rest = text[len(head) :]
    if not head:
        return 1.0, rest
    value = chinese_number(head)
    return None if value is None else (value, rest)


def chinese_number(text: str) -> float | None:
    """Return the value of a Chinese numeral (三百五十, 二十, 一点五, 一万二千), None where it is none."""
    whole, point, part = text.partition("点")
    value = _integer(whole)
    if value is None or (point and not part):
        return None
    return float(f"{value}.{''.join(str(_DIGITS[c]) for c in part)}") if point else float(value)


def _integer(text: str) -> int | None:
    """Return the value of a whole numeral; None where digits and magnitudes do not alternate as in a number."""
    total, section, digit, last = 0, 0, None, 10**12
    for c in text:
        if c in _DIGITS:
            if digit not in (None, 0):
                return None
            digit = _DIGITS[c]
        elif c in _SMALL:
            if _SMALL[c] >= last:
                return None
            section, digit, last = section + (1 if digit is None else digit) * _SMALL[c], None, _SMALL[c]
        else:
            total = (
                (total + section + (digit or 0)) * _LARGE[c]
                if _LARGE[c] > 10**4
                else total + (section + (digit or 0)) * _LARGE[c]
            )
            section, digit, last = 0, None, 10**12
    value = total + section + (digit or 0)
    return value if text else None


def pair_of(text: str) -> tuple[float, float] | None:
    """Return the ends of two neighbouring numerals read as a range (两三 is 2 to 3), None where they are none."""
    if len(text) == 2 and all(c in _DIGITS for c in text) and _DIGITS[text[1]] - _DIGITS[text[0]] == 1:
        return float(_DIGITS[text[0]]), float(_DIGITS[text[1]])
    return None
