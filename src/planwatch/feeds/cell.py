"""Cells: what one place of a table prints."""

from __future__ import annotations

import re
from dataclasses import dataclass

from planwatch.model.feed import Limits


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as printed. `number` is its value where it is stored as a number, in the unit its text shows (9.5 for 9.5%)."""

    text: str = ""
    number: float | None = None
    decimals: int = 0


EMPTY = Cell()
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters and those that turn the direction of text: nothing a table needs, and a terminal or a mail may obey them."""
_HALVES = re.compile("[\ud800-\udfff]")
"""Halves of surrogate pairs, as broken JSON holds them: no text, and neither a table nor Postgres keeps them."""


def cleaned(text: str, limits: Limits) -> str:
    """Return a cell's text without characters that are not seen, U+FFFD for what is no character, and not longer than a cell may be."""
    return _HALVES.sub("\ufffd", _UNSEEN.sub("", text[: limits.max_text]))
