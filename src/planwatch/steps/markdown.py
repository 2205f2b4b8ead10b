"""Text from files as Markdown that means only itself: shown in Airflow, where a body may hold tables and links."""

from __future__ import annotations

import re

from planwatch.alerts.wording import one_line

_MARKUP = re.compile(r"[\\`*_\[\]<>|~&#]")
_LINKS = re.compile(r"(?i)(?<=://)|(?<=www)(?=\.)|(?<=@)")
_BREAK = "\u2060"
"""A word joiner: unseen, but no link begins behind it."""


def plain(text: object, limit: int = 200) -> str:
    """Return text as one line that no reader of Markdown takes for markup, a table cell's end or a link."""
    return _LINKS.sub(_BREAK, _MARKUP.sub(r"\\\g<0>", one_line(text, limit)))


def code(text: object, limit: int = 200) -> str:
    """Return text as one line in a code span, in which nothing is markup."""
    return f"`{one_line(text, limit).replace('`', chr(39)) or ' '}`"
