"""Section numbers as Chinese documents print them: 第一章, 一、 （一） 1. （1） 一是."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from planwatch.plan.grammar.numerals import chinese_number

_N = "[一二三四五六七八九十]{1,3}"
_STYLES: tuple[tuple[float, str], ...] = (
    (0, rf"第({_N}|\d{{1,2}})(?:部分|章|编|篇)[\s：:、]*"),
    (0.5, rf"第({_N}|\d{{1,2}})节(?![约能水电])[\s：:、]*"),
    (1, rf"({_N})、"),
    (2, rf"[（(]({_N})[）)]、?"),
    (3, r"(\d{1,2})(?:[.．](?!\d)|、)"),
    (4, r"[（(](\d{1,2})[）)]、?"),
    (4.3, r"(\d{1,2})[）)]、?"),
    (4.6, r"([①-⑳])、?"),
    (5, rf"({_N})是(?!否)"),
)
SPOKEN = 5
"""The style 一是, whose heading is the paragraph's first sentence."""
_ID = re.compile(r"(\d+(?:\.\d+)*(?:\[[^\]]{1,30}\])?)")
_THEME = re.compile("([^，。；：、“”《》]{2,14})方面[。，：]")
_NO_THEME = re.compile("^(?:在|从|对|于|一|等|各|就|如|这|该|多|另)")


@dataclass(frozen=True, slots=True)
class Number:
    """A section's own number: its style, from the widest (0) to the narrowest, its value, and the text behind it."""

    style: float
    value: int
    rest: str


def number_of(text: str) -> Number | None:
    """Return the number a paragraph starts with, None where there is none."""
    for style, pattern in _STYLES:
        found = re.match(pattern, text.lstrip())
        if found:
            value = _value(found[1])
            return None if value is None else Number(style, int(value), text.lstrip()[found.end() :].strip())
    return None


def _value(number: str) -> float | None:
    if number.isdecimal():
        return float(number)
    return unicodedata.numeric(number) if "①" <= number <= "⑳" else chinese_number(number)


def starts_heading(text: str) -> bool:
    """Return whether a line starts with a section's number."""
    return number_of(text) is not None


def explicit_id(heading: str) -> str:
    """Return the section id that a heading consists of (3.3[清洁能源]), "" where it is none."""
    found = _ID.fullmatch(heading.strip())
    return found[1] if found else ""


def theme_of(text: str) -> str:
    """Return the theme a paragraph opens (清洁能源方面。), "" where there is none."""
    found = _THEME.match(text)
    return "" if found is None or _NO_THEME.match(text) else found[1]


def split_spoken(text: str) -> list[str]:
    """Return a paragraph split where 一是, 二是 or a theme starts in its midst, counting upwards."""
    parts, at, last = [], 0, _spoken(text)
    for found in re.finditer(f"(?<=[。；：])(?=({_N})是(?!否))|(?<=。)(?={_THEME.pattern})", text):
        value = _spoken(text[found.start() :])
        if (value is None and theme_of(text[found.start() :])) or (value is not None and value == (last or 0) + 1):
            parts.append(text[at : found.start()])
            at, last = found.start(), value or last
    return [*parts, text[at:]]


def _spoken(text: str) -> int | None:
    number = number_of(text)
    return number.value if number and number.style == SPOKEN else None
