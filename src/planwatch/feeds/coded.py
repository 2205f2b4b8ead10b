"""Rows kept by column, each text once: what lets a table of millions of rows be read in bounded memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any, overload

from planwatch.feeds.cell import EMPTY, Cell, cleaned
from planwatch.model.feed import Limits

_BLOCK = 20_000
"""Rows that are held as they come before they are taken apart."""
_DIGITS = frozenset("-.0123456789")
_TOP = 200
"""Rows whose texts are told in order; of the rest each different text once."""


class _Codes(dict[str, int]):
    """Numbers texts in the order in which they come."""

    def __missing__(self, text: str) -> int:
        self[text] = number = len(self)
        return number


class CodedRows(Sequence[list[Cell]]):
    """Rows of texts. `codes(column)` are the numbers of a column's texts, `texts[column]` the texts themselves."""

    def __init__(self, limits: Limits) -> None:
        self.widths = array("H")
        self.texts: list[list[str]] = []
        self._codes: list[array[int]] = []
        self._known: list[_Codes] = []
        self._limits = limits
        self._pending: list[list[str]] = []

    @classmethod
    def of(cls, limits: Limits, columns: Sequence[tuple[Any, list[str]]], count: int) -> CodedRows:
        """Return `count` rows of the same width, of each column's codes and texts; a column's first text is the empty one."""
        rows = cls(limits)
        rows.widths = array("H", [len(columns)]) * count
        rows._codes = [array("i", codes.tobytes()) for codes, _texts in columns]
        rows.texts = [texts for _codes, texts in columns]
        return rows

    def add(self, record: list[str]) -> None:
        """Take in a row."""
        self._pending.append(record)
        self.widths.append(len(record))
        if len(self._pending) >= _BLOCK:
            self._take_apart()

    def close(self) -> None:
        """Take in the rest, and forget what only adding needs."""
        self._take_apart()
        self.texts = [[cleaned(text, self._limits) for text in known] for known in self._known]
        self._known = []

    def _take_apart(self) -> None:
        width = max(map(len, self._pending), default=0)
        before = len(self.widths) - len(self._pending)
        for _ in range(width - len(self._codes)):
            self._known.append(_Codes({"": 0}))
            self._codes.append(array("i", bytes(4 * before)))
        for codes, known, texts in zip(
            self._codes, self._known, zip_longest(*self._pending, fillvalue=""), strict=False
        ):
            codes.extend(map(known.__getitem__, texts))
        for codes in self._codes[width:]:
            codes.frombytes(bytes(4 * len(self._pending)))
        self._pending = []

    @property
    def width(self) -> int:
        """Return the number of columns of the longest row."""
        return len(self._codes)

    def codes(self, column: int) -> Any:
        """Return the numbers of a column's texts, one a row, as an array of NumPy."""
        import numpy as np

        return np.frombuffer(self._codes[column], dtype=np.int32) if len(self) else np.zeros(0, dtype=np.int32)

    def put(self, column: int, codes: Any, texts: list[str]) -> None:
        """Put a column in the place of another, or behind the last one; `codes` are numbers of `texts`, one a row."""
        import numpy as np

        fresh = array("i", np.asarray(codes, dtype=np.int32).tobytes())
        if column < self.width:
            self._codes[column], self.texts[column] = fresh, texts
            return
        self.widths = array("H", (width + (width == self.width) for width in self.widths))
        self._codes.append(fresh)
        self.texts.append(texts)

    def together(self, columns: Sequence[int]) -> tuple[Any, list[tuple[str, ...]]]:
        """Return the different texts that some columns have together, and which of them each row has."""
        import numpy as np

        joined = np.zeros(len(self), dtype=np.int64)
        for column in columns:
            joined = joined * len(self.texts[column]) + self.codes(column)
            joined = np.unique(joined, return_inverse=True)[1].astype(np.int64)
        _seen, first, inverse = np.unique(joined, return_index=True, return_inverse=True)
        return inverse, [tuple(self.texts[c][self._codes[c][row]] for c in columns) for row in first]

    def texts_beside(self, column: int, others: Sequence[int], first: int) -> set[str]:
        """Return a column's different texts in the rows from `first` on in which one of the other columns has a text."""
        import numpy as np

        filled = np.zeros(len(self) - first, dtype=bool)
        for other in others:
            filled |= self.codes(other)[first:] != self.texts[other].index("")
        return {self.texts[column][code] for code in np.unique(self.codes(column)[first:][filled])}

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.widths)

    @overload
    def __getitem__(self, at: int) -> list[Cell]: ...
    @overload
    def __getitem__(self, at: slice) -> list[list[Cell]]: ...
    def __getitem__(self, at: int | slice) -> list[Cell] | list[list[Cell]]:
        """Return a row, or some, as cells."""
        if isinstance(at, slice):
            return [self[n] for n in range(*at.indices(len(self)))]
        texts = (self.texts[c][self._codes[c][at]] for c in range(self.widths[at]))
        return [Cell(text) if text else EMPTY for text in texts]

    def cell(self, row: int, column: int) -> Cell:
        """Return a cell, empty beyond the end of a short row."""
        text = self.texts[column][self._codes[column][row]] if column < self.width else ""
        return Cell(text) if text else EMPTY

    def told(self) -> Iterator[str]:
        """Yield the texts: those of the first rows in order, then each different one that does not begin with a digit."""
        for row in self[:_TOP]:
            yield from (cell.text for cell in row if cell.text)
        if len(self) > _TOP:
            yield from (text for texts in self.texts for text in texts if text and text[0] not in _DIGITS)
