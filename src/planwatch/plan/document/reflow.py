"""Paragraphs out of printed lines: a sentence broken by the end of a line, column or page is whole again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from planwatch.plan.document.model import Line
from planwatch.plan.document.numbering import starts_heading

_ENDS = re.compile("[。！？；：…!?;:][”’」』）)]?$")
_PAUSES = re.compile("[，。；：、！？]")
_TITLE = re.compile(
    "^[^。；，]{4,60}国民经济和社会发展[^。；，]{0,30}(?:计划|规划|报告|草案|纲要|任务)(?:（[^（）]{1,40}）)?$"
)
_HEADING_AT_MOST = 30
_HEADING_LINES = 5
_SPACES = re.compile(r"\s+")
_WORDS = re.compile(r"[A-Za-z,.]$")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of whole sentences; `level` is the depth of a marked heading, 0 for text."""

    text: str
    level: int = 0


def paragraphs_of(lines: Sequence[Line]) -> list[Paragraph]:
    """Return the lines joined to paragraphs."""
    groups: list[list[Line]] = []
    for line in lines:
        if not line.text.strip():
            continue
        if groups and _goes_on(groups[-1], line):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [Paragraph(_joined(group), group[0].level) for group in groups]


def _goes_on(group: Sequence[Line], line: Line) -> bool:
    """Return whether a line goes on with the paragraph before it."""
    last = group[-1]
    finished = bool(_ENDS.search(last.text.strip()))
    if last.row or line.row or last.level or line.level or _starts(group, line, finished):
        return False
    edge = last.full and not line.indent
    if line.new_page and not finished and not line.indent:
        return not (starts_heading(group[0].text) and _is_heading(group))
    if finished:
        return edge and not line.gap and not line.new_page
    if _is_heading(group) or line.gap:
        return edge
    return not (line.indent and not last.full)


def _starts(group: Sequence[Line], line: Line, finished: bool) -> bool:
    """Return whether a line that may start with a section's number does."""
    if group[-1].text.rstrip().endswith("第"):
        return False
    return starts_heading(line.text) and (finished or not group[-1].full or line.indent or _is_heading(group))


def _is_heading(group: Sequence[Line]) -> bool:
    if len(group) > _HEADING_LINES:
        return False
    text = "".join(line.text for line in group).strip()
    if starts_heading(text) and not re.match("[一二三四五六七八九十]+是", text):
        return not re.search("[。；]", text)
    if _TITLE.search(text):
        return True
    return len(group) == 1 and len(text) <= _HEADING_AT_MOST and not _PAUSES.search(text)


def _joined(group: Sequence[Line]) -> str:
    text = ""
    for line in group:
        part = line.text.strip()
        latin = bool(re.match("[A-Za-z]", text[-1:])) and bool(re.match("[A-Za-z]", part))
        text += (" " if latin else "") + part
    return tidy(text)


def tidy(text: str) -> str:
    """Return the text without the spaces that Chinese typesetting puts around digits; those between Latin words stay."""
    text = _SPACES.sub(" ", text).strip()
    return re.sub(r"(?<![A-Za-z,.;:]) | (?![A-Za-z])", "", text)
