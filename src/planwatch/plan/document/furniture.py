"""Page furniture: numbers, headers and footers of printed pages, which stand between two halves of a sentence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

from planwatch.model.base import Frozen
from planwatch.yamlfile import load_model

_EDGE = 2
"""So many lines at a page's top and bottom may be furniture."""
_LONGEST = 40
_SENTENCE = re.compile("[，。；：、！？]")
_NUMBERED = re.compile(
    r"^(?:[（(]?[一二三四五六七八九十]+[、）)是]|第[一二三四五六七八九十]+[章节部编]|\d{1,2}[.．、]|#)"
)


class Furniture(Frozen):
    """Patterns of page furniture (`furniture.yaml`)."""

    page_numbers: tuple[str, ...]
    bare_number: str
    running_titles: tuple[str, ...]
    title: str


@cache
def _patterns() -> Furniture:
    return load_model(Path(__file__).with_name("furniture.yaml"), Furniture)


def furniture_in(pages: Sequence[Sequence[str]]) -> list[set[int]]:
    """Return, for each page, which of its lines (as printed, blank ones included) are furniture."""
    gone = [{n for n, line in enumerate(page) if is_page_number(line)} for page in pages]
    for found, page in zip(gone, pages, strict=True):
        found.update(_counting_up(page))
    if len(pages) > 1:
        _edges(pages, gone)
    for number, (found, page) in enumerate(zip(gone, pages, strict=True)):
        found.update(_repeated(page))
        title = next((n for n, line in enumerate(page) if line.strip() and n not in found), -1) if number == 0 else -1
        found.update(_beside(page, found) - {title})
    return gone


def is_page_number(line: str) -> bool:
    """Return whether a line is a page number and nothing else (— 3 —, 第3页)."""
    text = _tight(line)
    return any(re.fullmatch(pattern, text) for pattern in _patterns().page_numbers)


def _tight(line: str) -> str:
    return "".join(line.split())


def _masked(line: str) -> str:
    return re.sub(r"[\d—–\-－·•]+", "#", _tight(line))


def _counting_up(page: Sequence[str]) -> set[int]:
    """Return the lines that hold a bare number and count upwards by one."""
    bare = [
        (n, int(_tight(line))) for n, line in enumerate(page) if re.fullmatch(_patterns().bare_number, _tight(line))
    ]
    return {place for (a, x), (b, y) in pairwise(bare) if y == x + 1 for place in (a, b)}


def _edges(pages: Sequence[Sequence[str]], gone: list[set[int]]) -> None:
    """Take lines at the pages' edges that come again on another page, and bare numbers there; the first page keeps its title."""
    edges = [_edge_lines(page) for page in pages]
    seen = Counter(key for page, edge in zip(pages, edges, strict=True) for key in {_masked(page[n]) for n in edge})
    for number, (page, edge) in enumerate(zip(pages, edges, strict=True)):
        for n in edge:
            again = seen[_masked(page[n])] > 1 and _may_be_header(page[n])
            bare = re.fullmatch(_patterns().bare_number, _tight(page[n]))
            titled = number > 0 and _running_title(page[n])
            if bare or titled or (again and not (number == 0 and _is_title(page[n]))):
                gone[number].add(n)


def _is_title(line: str) -> bool:
    return bool(re.search(_patterns().title, _tight(line)))


def _edge_lines(page: Sequence[str]) -> list[int]:
    filled = [n for n, line in enumerate(page) if line.strip()]
    depth = _EDGE if len(filled) > 2 * _EDGE else 1
    return sorted({*filled[:depth], *filled[-depth:]}) if len(filled) > 2 else []


def _may_be_header(line: str) -> bool:
    text = line.strip()
    return 0 < len(text) <= _LONGEST and not _SENTENCE.search(text) and not _NUMBERED.match(text)


def _running_title(line: str) -> bool:
    text = _tight(line)
    return _may_be_header(line) and any(re.fullmatch(pattern, text) for pattern in _patterns().running_titles)


def _repeated(page: Sequence[str]) -> set[int]:
    """Return the header lines that come at least three times, or twice among white space or page numbers."""
    places: dict[str, list[int]] = {}
    for n, line in enumerate(page):
        if _may_be_header(line):
            places.setdefault(_masked(line), []).append(n)
    return {n for found in places.values() if len(found) > 2 or _apart(page, found) for n in found}


def _apart(page: Sequence[str], found: Sequence[int]) -> bool:
    around = [page[m] if 0 <= m < len(page) else "" for n in found for m in (n - 1, n + 1)]
    return len(found) > 1 and all(not line.strip() or is_page_number(line) for line in around)


def _beside(page: Sequence[str], gone: set[int]) -> set[int]:
    """Return running titles next to furniture, and other short lines there that interrupt a sentence."""
    found: set[int] = set()
    for n, line in enumerate(page):
        if n in gone or not _may_be_header(line):
            continue
        near = any(m in gone or m in found for m in _neighbours(page, n))
        interrupts = _interrupts(page, n, gone | found)
        if (_running_title(line) and (near or interrupts)) or (near and interrupts and _stands_apart(page, n, gone)):
            found.add(n)
    return found


def _stands_apart(page: Sequence[str], n: int, gone: set[int]) -> bool:
    """Return whether white space or furniture stands on both sides of a line."""
    return all(not 0 <= m < len(page) or not page[m].strip() or m in gone for m in (n - 1, n + 1))


def _neighbours(page: Sequence[str], n: int) -> list[int]:
    """Return the lines before and behind one, white space left out."""
    before = next((m for m in range(n - 1, -1, -1) if page[m].strip()), -1)
    after = next((m for m in range(n + 1, len(page)) if page[m].strip()), -1)
    return [before, after]


def _interrupts(page: Sequence[str], n: int, gone: set[int]) -> bool:
    before = next((page[m].strip() for m in range(n - 1, -1, -1) if page[m].strip() and m not in gone), "")
    return bool(before) and bool(_SENTENCE.search(before)) and before[-1] not in "。！？；："
