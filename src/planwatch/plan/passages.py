"""Where phrases stand in a text, whatever its spaces, quotes, dashes and widths."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from planwatch.plan.document import Document, Section
from planwatch.plan.figures import Figure, find_figures
from planwatch.plan.tables import with_units

_SAME = {c: '"' for c in "“”„‟「」『』＂"} | {c: "'" for c in "‘’＇"} | {c: "-" for c in "—–－-~～〜"} | {"．": "."}


@dataclass(frozen=True, slots=True)
class Passage:
    """A section as it is searched: its heading, if any, on the first line, then its text; and the figures of it all."""

    section: str
    text: str
    figures: tuple[Figure, ...]
    squeezed: str
    places: tuple[int, ...]

    def find(self, phrase: str) -> list[tuple[int, int]]:
        """Return the (start, end) of every place where the phrase stands."""
        wanted = squeeze(phrase)[0]
        found: list[tuple[int, int]] = []
        at = self.squeezed.find(wanted) if wanted else -1
        while at >= 0:
            found.append((self.places[at], self.places[at + len(wanted) - 1] + 1))
            at = self.squeezed.find(wanted, at + 1)
        return found


def passages_of(document: Document) -> tuple[Passage, ...]:
    """Return the document's sections, each with its figures."""
    return tuple(_passage(section) for section in document.sections)


def _passage(section: Section) -> Passage:
    text = "\n".join(part for part in (section.title, section.text) if part)
    squeezed, places = squeeze(text)
    return Passage(section.id, text, tuple(with_units(find_figures(text), text)), squeezed, places)


def squeeze(text: str) -> tuple[str, tuple[int, ...]]:
    """Return the text without spaces and with one form of quotes, dashes and widths, and the place each sign came from."""
    signs: list[str] = []
    places: list[int] = []
    for n, c in enumerate(text):
        for sign in _same(c):
            signs.append(sign)
            places.append(n)
    return "".join(signs), tuple(places)


def _same(c: str) -> str:
    if c.isspace():
        return ""
    return _SAME.get(c) or unicodedata.normalize("NFKC", c)


def is_within(section: str, wanted: str) -> bool:
    """Return whether a section is the wanted one or a part of it: 3.3[清洁能源] and 3.3.1 are in 3.3."""
    return section == wanted or (section.startswith(wanted) and section[len(wanted)] in ".[")


def sections_named(printed: str) -> Iterator[str]:
    """Yield the sections of a target that is printed in several: `0; 3.3[清洁能源]`."""
    yield from (part for part in re.split(r"\s*[;；]\s*", printed.strip()) if part)
