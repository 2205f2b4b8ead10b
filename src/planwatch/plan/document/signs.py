"""Characters as they are meant: what text extraction gives out for them is put right before anything is read."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

from planwatch.model.base import Frozen
from planwatch.yamlfile import load_model

_KANGXI = range(0x2F00, 0x2FD6)
_NOTHING = {ord(c): None for c in "\u200b\u200c\u200d\u2060\ufeff\u00ad"}


class Signs(Frozen):
    """Which character a look-alike stands for (`signs.yaml`)."""

    radicals: dict[str, str]


@cache
def _table() -> dict[int, str | int | None]:
    listed = load_model(Path(__file__).with_name("signs.yaml"), Signs).radicals
    table: dict[int, str | int | None] = {n: unicodedata.normalize("NFKC", chr(n)) for n in _KANGXI}
    return table | {ord(radical): sign for radical, sign in listed.items()} | _NOTHING


def meant(text: str) -> str:
    """Return the text with radicals (⼀, ⺠) as the characters they stand for, and without signs that nobody sees."""
    return text.translate(_table())
