"""What a document is made of, from the printed piece of a line up to the section."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text in one printed line. Places grow to the right and downwards, in any unit that is the same everywhere."""

    text: str
    x0: float
    x1: float
    y: float


@dataclass(frozen=True, slots=True)
class Page:
    """One printed page; a text without form feeds is one long page. `em` is the width of a Chinese character."""

    pieces: tuple[Piece, ...]
    em: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line in reading order.

    `indent`: it starts right of its column's edge. `full`: it runs up to the right edge, so that a sentence may go on.
    `gap`: white space stands before it. `level`: the depth of a marked heading (# is 1), 0 for text. `new_page`: a page begins with it.
    `row`: it is a table's row, its cells divided by ｜, and a paragraph of its own.
    """

    text: str
    indent: bool = False
    full: bool = False
    gap: bool = False
    level: int = 0
    new_page: bool = False
    row: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered part of a document: `0` what stands before the first number, `3.2`, `3.3[清洁能源]`.

    `title` is the heading without its number; `text` the paragraphs, each on a line of its own, the heading not among them.
    """

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """A plan's text in sections, in their order."""

    name: str
    title: str
    sections: tuple[Section, ...] = field(default_factory=tuple)
