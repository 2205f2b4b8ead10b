"""Sections out of paragraphs, by the numbers that stand in the document or by the headings that are marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from planwatch.plan.document.model import Document, Section
from planwatch.plan.document.numbering import SPOKEN, explicit_id, number_of, split_spoken, theme_of
from planwatch.plan.document.reflow import Paragraph

_PAUSE = re.compile("[，。；：]")
_LONGEST_HEADING = 60


def document_of(name: str, paragraphs: Sequence[Paragraph]) -> Document:
    """Return the document of its paragraphs: the title, then sections in their order."""
    title, rest = _title(paragraphs)
    explicit = any(p.level and explicit_id(p.text) for p in rest)
    collector = _Collector(explicit)
    for paragraph in rest:
        for part in _parts(paragraph, explicit):
            collector.add(part)
    return Document(name, title, tuple(collector.sections()))


def _parts(paragraph: Paragraph, explicit: bool) -> Iterable[Paragraph]:
    if paragraph.level or explicit:
        return [paragraph]
    return [Paragraph(text) for text in split_spoken(paragraph.text)]


def _title(paragraphs: Sequence[Paragraph]) -> tuple[str, list[Paragraph]]:
    """Split the title from the front: a marked heading of depth 1, or the first lines that are no sentence."""
    rest = list(paragraphs)
    if rest and rest[0].level == 1 and number_of(rest[0].text) is None:
        return rest.pop(0).text, rest
    lines: list[str] = []
    while rest and not rest[0].level and len(lines) < 3 and _may_be_title(rest[0].text):
        lines.append(rest.pop(0).text)
    return " ".join(lines), rest


def _may_be_title(text: str) -> bool:
    return (
        not re.search("[。；！]", text)
        and len(text) <= _LONGEST_HEADING
        and number_of(text) is None
        and text[-1] not in "：:，"
    )


@dataclass(slots=True)
class _Open:
    """A section that is being filled."""

    id: str
    title: str = ""
    paragraphs: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Collector:
    """Walks the paragraphs with the path of numbers it stands in: [(depth, number)]."""

    explicit: bool
    path: list[tuple[float, int]] = field(default_factory=list)
    done: list[_Open] = field(default_factory=lambda: [_Open("0")])

    def add(self, paragraph: Paragraph) -> None:
        """Take the next paragraph."""
        text = paragraph.text
        if paragraph.level:
            self._marked(text, paragraph.level)
        elif self.explicit or not self._numbered(text):
            self._text(text)

    def sections(self) -> list[Section]:
        """Return the sections that hold something; one id that comes twice is one section."""
        merged: dict[str, _Open] = {}
        for one in self.done:
            kept = merged.setdefault(one.id, _Open(one.id, one.title))
            kept.paragraphs += one.paragraphs
        return [Section(s.id, s.title, "\n".join(s.paragraphs)) for s in merged.values() if s.title or s.paragraphs]

    def _marked(self, text: str, level: int) -> None:
        own = explicit_id(text)
        number = number_of(text)
        if own:
            self._open(own, "")
        elif number is not None:
            self._go(number.style, number.value, number.rest)
        elif self.path and not self.explicit:
            depth = level + 0.5
            last = next((n for d, n in self.path if d == depth), 0)
            self._go(depth, last + 1, text)
        else:
            self._open(self._id() or "0", text)

    def _numbered(self, text: str) -> bool:
        """Open the section whose number the paragraph prints; return whether it did, with the text taken care of."""
        number = number_of(text)
        if number is None or not self._plausible(number.style, number.value):
            return False
        heading, rest = _heading(number.rest)
        self._go(number.style, number.value, heading)
        if number.style == SPOKEN or rest:
            self.done[-1].title = "" if number.style == SPOKEN or rest else heading
            self.done[-1].paragraphs.append(text if number.style == SPOKEN else number.rest)
        return True

    def _plausible(self, style: float, value: int) -> bool:
        """Return whether the number goes on counting, or starts anew after at least two."""
        last = next((n for depth, n in self.path if depth == style), 0)
        return (value == 1 and last != 1) or last < value <= last + 3

    def _text(self, text: str) -> None:
        theme = "" if self.explicit else theme_of(text)
        if theme and self.path:
            self._open(f"{self._id()}[{theme}]", "")
        self.done[-1].paragraphs.append(text)

    def _go(self, depth: float, value: int, title: str) -> None:
        self.path = [(d, n) for d, n in self.path if d < depth] + [(depth, value)]
        self._open(self._id(), title)

    def _open(self, id_: str, title: str) -> None:
        self.done.append(_Open(id_, title))

    def _id(self) -> str:
        return ".".join(str(n) for _, n in self.path)


def _heading(text: str) -> tuple[str, str]:
    """Split what follows a number into the heading and the text that runs on behind its first full stop."""
    head, stop, rest = text.partition("。")
    if not stop and len(text) > _LONGEST_HEADING:
        return "", text
    if not stop:
        return head, ""
    return ("", text) if _PAUSE.search(head) and len(head) > _LONGEST_HEADING else (head, rest)
