"""Printed text, made comparable: widths, spaces, dashes and marks. Nothing here changes what a number says."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from planwatch.model.feed import Words

_SAME_SIGN = (range(0x2E80, 0x2FE0), range(0xF900, 0xFB00))
"""Radicals and compatibility ideographs, as text copied out of PDF files has them: they look like the characters they stand for."""
_HALF: dict[int, int | str] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}, 0x3000: 0x20, 0xFFE5: 0xA5,
    **{code: unicodedata.normalize("NFKC", chr(code)) for codes in _SAME_SIGN for code in codes},
}  # fmt: skip
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－─━"), "-")
_SPACES = re.compile(r"[\s\u00a0\u00ad\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]+")
"""White space, and what nobody sees: marks of direction, soft hyphens, joiners, selectors of variants."""


def half_width(text: str) -> str:
    """Return the text with full-width letters, digits and signs (１２．３％) in half width, look-alikes as the characters they are.

    Circled digits stay: they are footnotes.
    """
    return text.translate(_HALF)


@lru_cache(maxsize=1 << 16)
def squash(text: str) -> str:
    """Return the text in half width, without white space or invisible marks, every dash as `-`: names are compared in this form."""
    return _SPACES.sub("", half_width(text)).translate(_DASHES)


def tidy(text: str) -> str:
    """Return the text on one line with single spaces, as it is shown to people."""
    return _SPACES.sub(" ", text).strip()


@lru_cache(maxsize=512)
def pattern(regex: str) -> re.Pattern[str]:
    """Return a compiled expression of the feeds file, which is matched against squashed text."""
    return re.compile(regex, re.IGNORECASE)


def matches(regexes: tuple[str, ...], text: str) -> bool:
    """Return whether all of the squashed text is described by one of the expressions."""
    return any(pattern(r).fullmatch(text) for r in regexes)


_PARENTHESIS = re.compile(r"\(([^()]*)\)$")


def split_label(text: str, words: Words) -> tuple[str, bool, tuple[str, ...]]:
    """Return a row's name without its marks, whether it is a part (#, 其中), and what stood in parentheses behind it.

    Example: `　＃民间投资①（亿元）` → (`民间投资`, True, (`亿元`,)).
    """
    name = pattern(words.label_noise).sub("", squash(_no_note(text, words)), count=1)
    marks = tuple(squash(m) for m in words.part_marks)
    part = name.startswith(marks)
    while name.startswith(marks):
        name = name[max(len(m) for m in marks if name.startswith(m)) :].lstrip(":")
    inside: list[str] = []
    while (found := _PARENTHESIS.search(name)) and found.start() > 0:
        inside.insert(0, found.group(1))
        name = name[: found.start()]
    return pattern(words.footnote).sub("", name), part, tuple(inside)


def _no_note(text: str, words: Words) -> str:
    return re.sub(f"(?:{words.footnote})$", "", half_width(text).strip())
