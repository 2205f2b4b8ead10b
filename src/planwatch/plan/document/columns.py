"""Reading order: columns beside one another are read one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import median

from planwatch.plan.document.model import Line, Page, Piece

LEAST_LINES = 3
"""A column has at least so many lines."""
SURE_LINES = 8
"""Beside a column of so many lines even one line may be a column."""
NARROWEST = 8
"""A column of running text holds at least so many Chinese characters a line; narrower ones are a table's."""
SHORTEST = 10
"""Lines of fewer Chinese characters do not run up to any edge: a text of short lines only has none."""
CROSSING = 0.3
"""At most this share of the lines (titles) may run across the white space between two columns."""


@dataclass(frozen=True, slots=True)
class _Split:
    left: tuple[Piece, ...]
    right: tuple[Piece, ...]
    across: tuple[Piece, ...]


def lines_of(page: Page, *, new_page: bool = False) -> list[Line]:
    """Return the page's lines in reading order, column after column, with their indents and ends noted."""
    lines: list[Line] = []
    for block in _blocks(page.pieces, page.em):
        lines += _block_lines(block, page.em)
    if lines and new_page:
        first = lines[0]
        lines[0] = replace(first, new_page=True)
    return lines


def _blocks(pieces: Sequence[Piece], em: float) -> list[tuple[Piece, ...]]:
    """Return blocks of pieces in reading order: what runs across the columns divides them into bands."""
    split = _split(pieces, em)
    if split is None:
        return [tuple(pieces)] if pieces else []
    blocks: list[tuple[Piece, ...]] = []
    top = float("-inf")
    for y in [*sorted({p.y for p in split.across}), float("inf")]:
        for column in (split.left, split.right):
            blocks += _blocks([p for p in column if top < p.y < y], em)
        blocks += [tuple(p for p in split.across if p.y == y)] if y < float("inf") else []
        top = y
    return blocks


def _split(pieces: Sequence[Piece], em: float) -> _Split | None:
    """Return the best division by a vertical line of white space, None where the text has one column."""
    if len(pieces) < 2 * LEAST_LINES:
        return None
    best: tuple[int, _Split] | None = None
    for x in sorted({p.x0 - em / 4 for p in pieces}):
        left = tuple(p for p in pieces if p.x1 <= x + em / 8)
        right = tuple(p for p in pieces if p.x0 >= x)
        across = tuple(p for p in pieces if p.x0 < x < p.x1 - em / 8)
        worth = min(len(left), len(right)) - 2 * len(across)
        if _columns(left, right, across, em) and (best is None or worth > best[0]):
            best = worth, _Split(left, right, across)
    return best[1] if best else None


def _columns(left: Sequence[Piece], right: Sequence[Piece], across: Sequence[Piece], em: float) -> bool:
    least = LEAST_LINES if len(left) < SURE_LINES else 1  # a last column may be as short as a line
    if len(left) < LEAST_LINES or len(right) < least or len(across) > CROSSING * (len(left) + len(right)):
        return False
    if any(median(p.x1 - p.x0 for p in side) < NARROWEST * em for side in (left, right)):
        return False
    top, bottom = (
        max(min(p.y for p in side) for side in (left, right)),
        min(max(p.y for p in side) for side in (left, right)),
    )
    return bottom > top or (least == 1 and bottom == top)


def _block_lines(block: Sequence[Piece], em: float) -> list[Line]:
    rows = [list(row) for _, row in groupby(sorted(block, key=lambda p: (p.y, p.x0)), key=lambda p: p.y)]
    left, right = min(row[0].x0 for row in rows), _right_edge([row[-1].x1 for row in rows], em)
    steps = [b[0].y - a[0].y for a, b in pairwise(rows)]
    usual = median(steps) if steps else 0.0
    tabled = _table_rows(rows)
    return [
        _row_line(row)
        if n in tabled
        else Line(
            text=" ".join(piece.text.strip() for piece in row),
            indent=row[0].x0 - left > 1.2 * em,
            full=row[-1].x1 >= right - 3.2 * em and row[-1].x1 - left >= SHORTEST * em,
            gap=n > 0 and steps[n - 1] > 1.6 * usual,
        )
        for n, row in enumerate(rows)
    ]


def _table_rows(rows: Sequence[Sequence[Piece]]) -> set[int]:
    """Return which rows are a table's: at least two in a row of three pieces or more, or three of two or more."""
    found: set[int] = set()
    for pieces, least in ((3, 2), (2, 3)):
        for many, run in groupby(range(len(rows)), key=lambda n: len(rows[n]) >= pieces):
            members = list(run)
            found.update(members if many and len(members) >= least else ())
    return found


def _row_line(row: Sequence[Piece]) -> Line:
    return Line(text="｜".join(piece.text.strip() for piece in row) + "。", row=True)


def _right_edge(ends: Sequence[float], em: float) -> float:
    """Return where most lines end, in steps of two characters; the furthest end where they end all over the place."""
    counted = Counter(int(end / (2 * em)) for end in ends)
    step = max(counted, key=lambda one: (counted[one] + counted.get(one + 1, 0), one))
    usual = [end for end in ends if int(end / (2 * em)) in (step, step + 1)]
    if sum(end > max(usual) + 4 * em for end in ends) > max(2, len(ends) / 10):
        return max(ends)  # whole paragraphs of all lengths: none of them is broken
    return max(usual) if len(usual) >= max(LEAST_LINES, len(ends) / 3) else max(ends)
