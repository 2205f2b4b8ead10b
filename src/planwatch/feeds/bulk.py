"""Long tables: rows that differ only in area, day, note and number are understood once, and their cells laid out together.

What a row means is decided by `Reader` alone: `BulkReader` asks it about one row of each kind.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from planwatch.feeds.about import read_day
from planwatch.feeds.cell import Cell
from planwatch.feeds.coded import CodedRows
from planwatch.feeds.rows import BARE, Body, Line, Reader
from planwatch.model.feed import Role
from planwatch.model.release import CELL_COLUMNS
from planwatch.reconcile.categories import taken
from planwatch.reconcile.text import matches, pattern, split_label, squash, tidy

if TYPE_CHECKING:
    import pandas as pd

    from planwatch.model.feed import ColumnRule

MANY = 2_000
"""Rows from which a table is read this way."""
_PLAIN = r"^-?[0-9]{1,15}(?:\.[0-9]{1,12})?$"
"""As Arrow understands it: the whole text."""
_FREE = (Role.AREA, Role.PUBLISHED, Role.NOTE)
"""Roles whose texts may differ among rows of a kind."""
_OWN = ("row", "text", "number", "decimals", "state", "unit", "flags", "area", "note", "published_at")
"""Columns that are not the same for all rows of a kind."""
_TOLD = ("state", "unit", "flags")
"""Columns that depend on what a cell says, beside its number."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column below the header: which of the different cells each row has."""

    codes: Any
    texts: list[str]
    cells: list[Cell] | None = None

    def cell(self, code: int) -> Cell:
        """Return one of the different cells."""
        return self.cells[code] if self.cells is not None else Cell(self.texts[code])

    def used(self) -> list[int]:
        """Return which of the different cells stand below the header; text files hold those above it too."""
        import numpy as np

        return list(np.flatnonzero(np.bincount(self.codes, minlength=len(self.texts))))

    def where(self, answers: list[bool]) -> Any:
        """Return an answer for every row, given one for each different text."""
        import numpy as np

        return np.array(answers, dtype=bool)[self.codes]


@dataclass(slots=True)
class BulkReader(Reader):
    """Reads a long table; a short one, or one whose names are not each in a cell of their own, row by row."""

    _first: int = field(init=False, default=0)
    _label: _Column = field(init=False, default=_Column((), []))
    _said: dict[Role, _Column] = field(init=False, default_factory=dict)
    _values: dict[int, _Column] = field(init=False, default_factory=dict)

    def read(self) -> Body:
        """Return the body, its cells as a frame: words are categorical there, each held once."""
        if not self._is_long():
            return Reader.read(self)
        header = self.header
        self._first = header.bottom + 1
        self._label = self._column(header.label)
        names = [squash(text) for text in self._label.texts]
        if any(matches(self.table.label, names[code]) for code in self._label.used()):
            return Reader.read(self)
        self._said = {role: self._column(c) for role, c in header.roles.items()}
        self._values = {c: self._column(c) for c in header.values}
        rows, filled = self._sorted_out(names)
        self._check_extents(rows)
        self._understand(rows, filled)
        return self.body

    def _is_long(self) -> bool:
        grid, label = self.grid, self.header.label
        tall = [m for m in grid.merges if m[2] > max(m[0], self.header.bottom) and m[1] <= label <= m[3]]
        return len(grid.rows) - self.header.bottom > MANY and not self.table.areas_in_rows and not tall

    def _column(self, column: int) -> _Column:
        import numpy as np

        rows = self.grid.rows
        if isinstance(rows, CodedRows):
            if column < rows.width:
                return _Column(rows.codes(column)[self._first :], rows.texts[column])
            return _Column(np.zeros(len(rows) - self._first, dtype=np.int32), [""])
        known: dict[Cell, int] = {}
        codes = [known.setdefault(self.grid.cell(n, column), len(known)) for n in range(self._first, len(rows))]
        cells = list(known)
        return _Column(np.array(codes, dtype=np.int32), [cell.text for cell in cells], cells)

    def _sorted_out(self, names: list[str]) -> tuple[Any, Any]:
        """Return the rows that name or hold something, notes and ignored rows told, and for every row whether it holds a value."""
        import numpy as np

        filled = np.zeros(len(self._label.codes), dtype=bool)
        for column in self._values.values():
            filled |= column.where([bool(text.strip()) for text in column.texts])
        notes = self._label.where([bool(pattern(self.feed.words.note_row).match(name)) for name in names])
        ignored = self._label.where([matches(self.table.ignore_rows, name) for name in names])
        named = self._label.where([bool(name) for name in names])
        noted = np.logical_or.accumulate(notes) & (~filled | notes)
        for n in np.flatnonzero(noted).tolist():
            self.body.notes += [tidy(c.text) for c in self.grid.rows[self._first + n] if c.text.strip()]
        for n in np.flatnonzero(ignored & ~noted).tolist():
            self.body.ignored.append(tidy(self._label.texts[self._label.codes[n]]))
        return np.flatnonzero(~noted & ~ignored & (named | filled)), filled

    def _check_extents(self, rows: Any) -> None:
        """Look at those rows of a text file that are shorter or longer than its header, or whose note is a number."""
        import numpy as np

        if self.grid.columns != "header" or not isinstance(self.grid.rows, CodedRows):
            return
        widths = np.frombuffer(self.grid.rows.widths, dtype=np.uint16)
        odd = widths[self._first + rows] != widths[self._first - 1]
        if note := self._said.get(Role.NOTE):
            odd |= note.where([bool(BARE.fullmatch(squash(text))) for text in note.texts])[rows]
        for n in rows[odd].tolist():
            self._check_extent(self._first + n)

    def _understand(self, rows: Any, filled: Any) -> None:
        """Read one row of each kind, tell the headings, and lay out the cells of the rest."""
        import numpy as np

        kinds, firsts, lines = self._kinds(rows, filled)
        blank = [line.series is None and not filled[rows[n]] for line, n in zip(lines, firsts, strict=True)]
        for n in np.flatnonzero(np.array(blank, dtype=bool)[kinds]).tolist():
            line = replace(lines[kinds[n]], number=self.grid.numbers[self._first + rows[n]])
            self.body.headings.append(line.label)
            self._check_heading(line)
        kept = ~np.array(blank, dtype=bool)[kinds]
        shown = _Shown(rows[kept], kinds[kept], lines, [int(rows[n]) for n in firsts])
        self.body.frame = self._frame(shown)

    def _kinds(self, rows: Any, filled: Any) -> tuple[Any, Any, list[Line]]:
        """Return which kind each row is of, the first row of each kind, and the line that it is."""
        import numpy as np
        import pandas as pd

        states, standing = self._standings(rows, filled)
        parts = [(self._label.codes[rows], len(self._label.texts)), (filled[rows], 2)]
        parts += [(c.codes[rows], len(c.texts)) for role, c in self._said.items() if role not in _FREE]
        if note := self._said.get(Role.NOTE):
            said = self._note_classes(note)
            parts.append((said[note.codes[rows]], int(said.max(initial=0)) + 1))
        kinds = states.astype(np.int64)
        for codes, size in parts:
            kinds = pd.factorize(kinds * size + codes)[0].astype(np.int64)
        firsts = np.full(int(kinds.max()) + 1 if len(kinds) else 0, len(kinds), dtype=np.int64)
        np.minimum.at(firsts, kinds, np.arange(len(kinds)))
        lines = []
        for n in firsts:
            self._parent, self._split = standing[states[n]]
            line = self._line(self._first + int(rows[n]))
            lines.append(replace(line, area="") if line.area else line)  # rows of a kind may be of different areas
        return kinds, firsts, lines

    def _standings(self, rows: Any, filled: Any) -> tuple[Any, list[Any]]:
        """Return for every row which whole and split stand before it, by number, and those wholes and splits.

        Where the table has no parts, nothing depends on them and they are left out.
        """
        import numpy as np

        names = [split_label(text, self.feed.words) for text in self._label.texts]
        if not any(names[code][1] or self._opened(names[code][0]) for code in self._label.used()):
            return np.zeros(len(rows), dtype=np.int32), [(self._parent, self._split)]
        period = self._said.get(Role.PERIOD)
        known: dict[Any, int] = {(self._parent, self._split): 0}
        after: dict[tuple[int, int, int, bool], int] = {}
        states, state = [], 0
        for n in rows.tolist():
            states.append(state)
            key = state, int(self._label.codes[n]), int(period.codes[n]) if period else 0, bool(filled[n])
            if key not in after:
                self._parent, self._split = list(known)[state]
                line = self._line(self._first + n)
                if line.series is None and not filled[n]:
                    self._split = self._opened(line.label)
                after[key] = known.setdefault((self._parent, self._split), len(known))
            state = after[key]
        return np.array(states, dtype=np.int32), list(known)

    def _note_classes(self, note: _Column) -> Any:
        """Return for every different note, by number, which of the words it holds that say something of the value."""
        import numpy as np

        words = (*self.feed.words.quality, *self.feed.words.flags)
        found = [tuple(word in squash(text) for word in words) for text in note.texts]
        known = {said: n for n, said in enumerate(dict.fromkeys(found))}
        return np.array([known[said] for said in found], dtype=np.int64)

    def _frame(self, shown: _Shown) -> pd.DataFrame:
        """Return the cells of all value columns, row by row."""
        import pandas as pd

        parts = [self._cells_of(shown, column) for column in self._values]
        if len(parts) == 1:
            return parts[0]
        count = len(parts)
        order = pd.Index([n * count + k for k in range(count) for n in range(len(shown.rows))])
        return _united(parts).set_axis(order).sort_index().reset_index(drop=True)

    def _cells_of(self, shown: _Shown, column: int) -> pd.DataFrame:
        """Return the cells of one value column."""
        import numpy as np
        import pandas as pd

        used = np.unique(shown.kinds)
        place = np.zeros(len(shown.lines), dtype=np.int64)
        place[used] = np.arange(len(used))
        at = place[shown.kinds]
        zero = Cell("0", 0.0)
        lines = [shown.lines[k] for k in used]
        records = [
            self._cell(line, self._first + shown.firsts[k], column, zero) for line, k in zip(lines, used, strict=True)
        ]
        known = {name: taken([r[name] for r in records], at) for name in CELL_COLUMNS if name not in _OWN}
        told = self._told(shown, column, at, lines, records)
        numbers = np.asarray(self.grid.numbers, dtype=np.int64)[self._first + shown.rows]
        free = self._free(shown.rows, [r["area"] for r in records], at)
        return pd.DataFrame({**known, "row": numbers, **told, **free})[list(CELL_COLUMNS)]

    def _told(
        self, shown: _Shown, column: int, at: Any, lines: list[Line], records: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """Return text, number, decimals, state, unit and flags of every cell, from its text and its row's kind."""
        import numpy as np

        said, codes = self._values[column], self._values[column].codes[shown.rows]
        plain, number, decimals = self._plain(said, self.header.values[column])
        odd = ~plain[codes]
        shift = np.array([np.nan if r["number"] is None else r["number"] for r in records], dtype=np.float64)[at]
        numbers, places = number[codes], decimals[codes]
        moved = np.flatnonzero(shift != 0)
        numbers[moved] = [round(numbers[n] + shift[n], int(places[n])) for n in moved.tolist()]
        words = {name: ([r[name] for r in records], at.copy()) for name in _TOLD}
        known: dict[tuple[int, int], int] = {}
        more: list[dict[str, Any]] = []
        for n in np.flatnonzero(odd).tolist():
            pair = int(at[n]), int(codes[n])
            if pair not in known:
                known[pair] = len(records) + len(more)
                place = self._first + int(shown.rows[n])
                more.append(self._cell(lines[pair[0]], place, column, said.cell(pair[1])))
            record = more[known[pair] - len(records)]
            numbers[n], places[n] = np.nan if record["number"] is None else record["number"], record["decimals"]
            for name in _TOLD:
                words[name][1][n] = known[pair]
        return {
            "text": np.array(said.texts, dtype=object)[codes], "number": numbers, "decimals": places,
            **{name: taken([*values, *(r[name] for r in more)], where) for name, (values, where) in words.items()},
        }  # fmt: skip

    def _plain(self, said: _Column, rule: ColumnRule) -> tuple[Any, Any, Any]:
        """Return for every different cell whether it is a number and nothing else, that number, and its decimals."""
        import numpy as np

        words = {squash(w) for w in (*rule.values, *rule.markers, *self.feed.words.markers)}
        if said.cells is not None:
            plain = [c.number is not None and not rule.values for c in said.cells]
            numbers = [c.number if c.number is not None else np.nan for c in said.cells]
            return (
                np.array(plain, dtype=bool),
                np.array(numbers, dtype=np.float64),
                np.array([c.decimals for c in said.cells], dtype=np.int64),
            )
        return _plain_numbers(said.texts, words)

    def _free(self, rows: Any, areas: list[str], at: Any) -> dict[str, Any]:
        """Return what may differ among rows of a kind: area (the series' own where the row names none), note, day of publication."""
        import numpy as np

        area, day, note = (self._said.get(role) for role in _FREE)
        found = {"area": taken(areas, at), "note": taken([""], np.zeros(len(rows), dtype=np.int64))}
        if area is not None:
            names = [tidy(text) for text in area.texts]
            named = np.array([bool(name) for name in names], dtype=bool)[area.codes[rows]]
            found["area"] = taken([*names, *areas], np.where(named, area.codes[rows], len(names) + at))
        if note is not None:
            found["note"] = taken([tidy(text) for text in note.texts], note.codes[rows])
        days = np.array(
            [None if day is None else read_day(text) for text in (day.texts if day else [""])], dtype=object
        )
        found["published_at"] = days[day.codes[rows] if day is not None else np.zeros(len(rows), dtype=np.int64)]
        return found


def _plain_numbers(texts: list[str], words: set[str]) -> tuple[Any, Any, Any]:
    """Return for every text whether it is a plain number and none of the words, that number, and its decimals."""
    import pyarrow as pa
    import pyarrow.compute as pc

    array: Any = pa.array(texts, type=pa.string())
    plain: Any = pc.and_not(
        pc.match_substring_regex(array, _PLAIN), pc.is_in(array, value_set=pa.array(words, type=pa.string()))
    )
    shown: Any = pc.if_else(plain, array, "0")
    point: Any = pc.find_substring(shown, ".")
    behind = pc.subtract(pc.subtract(pc.utf8_length(shown), point), 1)
    decimals: Any = pc.if_else(pc.equal(point, pa.scalar(-1, point.type)), pa.scalar(0, point.type), behind)
    numbers = pc.if_else(plain, pc.cast(shown, pa.float64()), float("nan"))
    return (
        plain.to_numpy(zero_copy_only=False),
        numbers.to_numpy(zero_copy_only=False),
        decimals.to_numpy(zero_copy_only=False).astype("int64"),
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    """The rows that become cells: which, of what kind, and each kind's line and first row."""

    rows: Any
    kinds: Any
    lines: list[Line]
    firsts: list[int]


def _united(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return frames one below the other, their categorical columns still categorical."""
    import pandas as pd
    from pandas.api.types import union_categoricals

    columns: dict[str, Any] = {}
    for name in parts[0].columns:
        pieces = [part[name] for part in parts]
        if isinstance(pieces[0].dtype, pd.CategoricalDtype):
            columns[name] = union_categoricals(pieces)
        else:
            columns[name] = pd.concat(pieces, ignore_index=True)
    return pd.DataFrame(columns)
