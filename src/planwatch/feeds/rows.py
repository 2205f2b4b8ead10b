"""The body of a table: each value cell with its row's name, unit, area and month, as printed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from planwatch.errors import Fault, InputError
from planwatch.feeds.about import read_day
from planwatch.feeds.cell import Cell
from planwatch.feeds.grid import Grid
from planwatch.feeds.header import Header, header_paths
from planwatch.feeds.rowfaults import other_period, row_too_long, row_too_short, second_table, unit_changed
from planwatch.model.feed import CellRule, CellState, ColumnRule, Feed, Role, Series, TableRule, Words
from planwatch.model.period import month_of, shift, year_of
from planwatch.model.release import CELL_COLUMNS
from planwatch.model.units import conversion_factor, is_known
from planwatch.model.vocabulary import Measure, Quality, Span
from planwatch.reconcile.names import SeriesNames, is_aside
from planwatch.reconcile.numbers import Printed, read_number
from planwatch.reconcile.periods import Stated, is_period, read_period, read_row_period
from planwatch.reconcile.text import matches, pattern, split_label, squash, tidy

if TYPE_CHECKING:
    import pandas as pd

_FIRMNESS = (Quality.ESTIMATE, Quality.PRELIMINARY, Quality.FINAL)

_TITLES = 3
"""Rows that a printed page may have over a repeated header."""
_SPRING = 3
"""Up to this month a month without a year that is still to come is last year's."""
BARE = re.compile(r"[-+]?[\d,]+(?:\.\d+)?")


@dataclass(slots=True)
class Body:
    """What was read below a header: cells one by one, or those of a long table as a frame."""

    cells: list[dict[str, Any]] = field(default_factory=list)
    frame: pd.DataFrame | None = None
    notes: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    _made: pd.DataFrame | None = None

    def table(self) -> pd.DataFrame:
        """Return the cells as a frame of CELL_COLUMNS, made once: when all are read."""
        import pandas as pd

        if self.frame is not None:
            return self.frame
        if self._made is None:
            self._made = pd.DataFrame(self.cells, columns=list(CELL_COLUMNS))
        return self._made

    def said(self, column: str) -> set[Any]:
        """Return the different values of a column of the cells."""
        return {c[column] for c in self.cells} if self.frame is None else set(self.frame[column].unique())


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its name taken apart, and what its other columns say."""

    number: int
    label: str
    is_part: bool
    inside: tuple[str, ...]
    series: Series | None
    parent: str
    split: str
    area: str
    unit: str
    stated: Stated | None
    stated_text: str
    period_text: str
    word: str
    rule: CellRule | None
    quality: str
    published: date | None
    note: str


@dataclass(slots=True)
class Reader:
    """Reads the rows of one table of one release. `unit` is the caption's, `period` the release's month."""

    feed: Feed
    table: TableRule
    grid: Grid
    header: Header
    period: str
    unit: str
    filename: str
    names: SeriesNames = field(init=False)
    body: Body = field(init=False, default_factory=Body)
    _parent: tuple[str, str | None] = field(init=False, default=("", None))
    _split: str = field(init=False, default="")
    _rules: dict[tuple[str, str], CellRule] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Prepare the names that are in force in the release's month."""
        self.names = SeriesNames(self.feed, self.table.name, self.period)

    def read(self) -> Body:
        """Return the body; months, names and numbers that cannot be read stay in their cells, with the problem named."""
        row, ended = self.header.bottom + 1, False
        while row < len(self.grid.rows):
            label = squash(self._label_text(row))
            if matches(self.table.label, label):
                row = self._repeated(row)
                continue
            ended = ended or bool(pattern(self.feed.words.note_row).match(label))
            self._row(row, label, ended)
            row += 1
        return self.body

    def _repeated(self, row: int) -> int:
        """Return the row after a header that is repeated on the next printed page; another table's header is a fault.

        It is the same table if the header is the same to the letter, and what stands over it, if anything, stood over the first.
        """
        top, grid, height = row, self.grid, self.header.bottom - self.header.top + 1
        while top > self.header.bottom + 1 and not self._filled(top - 1) and top > row - height - _TITLES:
            top -= 1
        above = {squash(c.text) for r in grid.rows[: self.header.top] for c in r} | {""}
        last = len(grid.rows) - height
        for first in (row - up for up in range(height) if self.header.bottom < row - up <= last):
            if header_paths(grid, first, first + height - 1) == self.header.paths:
                strange = [c.text for r in grid.rows[top:first] for c in r if squash(c.text) not in above]
                if not [t for t in strange if not pattern(self.feed.words.continued).search(squash(t))]:
                    return first + height
        self.body.faults.append(second_table(self.filename, self.grid, row))
        return len(grid.rows)

    def _filled(self, row: int) -> bool:
        return any(self.grid.cell(row, c).text.strip() for c in self.header.values)

    def _row(self, row: int, label: str, ended: bool) -> None:
        filled = self._filled(row)
        if ended and (not filled or pattern(self.feed.words.note_row).match(label)):
            self.body.notes += [tidy(c.text) for c in self.grid.rows[row] if c.text.strip()]
        elif matches(self.table.ignore_rows, label):
            self.body.ignored += [tidy(self._label_text(row))]
        elif label or filled:
            line = self._line(row)
            self._check_extent(row)
            if line.series is None and not filled and not self.table.areas_in_rows:
                self.body.headings.append(line.label)
                self._split = self._opened(line.label)
                self._check_heading(line)
            else:
                self.body.cells += [self._cell(line, row, c) for c in self.header.values]

    def _opened(self, label: str) -> str:
        """Return the name of the split (产业) that a line of its own opens (按产业分), empty where it opens none."""
        found = pattern(self.feed.words.split_row).search(label)
        return (found.groupdict().get("split") or found[0]) if found else ""

    def _check_heading(self, line: Line) -> None:
        """Note a fault where a line of its own within the table names another month: what follows is another table."""
        stated = read_period(line.label)
        if stated and stated.year and not self.feed.many_periods and stated.period(stated.year) != self.period:
            said = stated.period(stated.year)
            fault = other_period(self.filename, self.grid, line.number, said=said, text=line.label, period=self.period)
            self.body.faults.append(fault)

    def _check_extent(self, row: int) -> None:
        """Note a fault where a text file's row lacks values, or has more cells than its header or a note that is a bare number.

        A number split at its thousands separator shifts the cells behind it.
        """
        cells = self.grid.rows[row]
        width = len(self.grid.rows[self.header.bottom])
        if self.grid.columns != "header":
            return
        if 1 < len(cells) <= max(self.header.values):
            self.body.faults.append(row_too_short(self.filename, self.grid.numbers[row], cells, width))
        extra = cells[width:]
        note = self.header.roles.get(Role.NOTE)
        if not extra and note is not None and BARE.fullmatch(squash(self.grid.cell(row, note).text)):
            extra = [self.grid.cell(row, note)]
        if extra:
            shown = extra if any(c.text for c in extra) else cells
            self.body.faults.append(row_too_long(self.filename, self.grid.numbers[row], shown, width))

    def _label_text(self, row: int) -> str:
        label = self.header.label
        covering = next(
            (m for m in self.grid.merges if m[0] < row <= m[2] and m[1] <= label <= m[3] and m[0] > self.header.bottom),
            None,
        )
        return self.grid.cell(covering[0] if covering else row, label).text

    def _line(self, row: int) -> Line:
        text, words = self._label_text(row), self.feed.words
        says = {role: tidy(self.grid.cell(row, c).text) for role, c in self.header.roles.items()}
        label, is_part, inside = split_label(text, words)
        period_text = says.get(Role.PERIOD, "")
        stated = read_row_period(period_text) if period_text else None
        own = str(stated.period(stated.year)) if self.feed.many_periods and stated and stated.year else None
        series = None if self.table.areas_in_rows else self.names.find(label, inside, self._parent[1], own)
        if series is None and not self.table.areas_in_rows:
            label += "".join(f"({i})" for i in inside if not is_aside(i, words))
        if self._split and series is not None and series.part_of is None and not is_part:
            self._split = ""  # another whole
        is_part = is_part or (bool(self._split) and self._filled(row))
        parent = self._parent[0] if is_part else ""
        if not is_part and not self._opened(label):
            self._parent = (label, series.indicator if series else None)
        word = says.get(Role.WORD, "")
        month_text = next(filter(is_period, inside), "")
        return Line(
            number=self.grid.numbers[row],
            label=label,
            is_part=is_part,
            inside=inside,
            series=series,
            parent=parent,
            split=(series.split if series else "") or (self._split if is_part else ""),
            area=label if self.table.areas_in_rows else says.get(Role.AREA, ""),
            unit=_unit(says.get(Role.UNIT, ""), inside, words),
            stated=stated if period_text else read_period(month_text),
            stated_text=period_text or month_text,
            period_text=period_text,
            word=word,
            rule=self.table.words.get(word) or self.table.words.get(squash(word)),
            quality=says.get(Role.QUALITY, ""),
            published=read_day(says.get(Role.PUBLISHED, "")),
            note=says.get(Role.NOTE, ""),
        )

    def _cell(self, line: Line, row: int, column: int, cell: Cell | None = None) -> dict[str, Any]:
        """Return a cell of a row; with `cell` as if that one stood there."""
        rule, path = self.header.values[column], self.header.paths[column]
        cell = self.grid.cell(row, column) if cell is None else cell
        if self.table.areas_in_rows:
            found = self.names.within(path)
            line = replace(line, label=path, series=found)
        unit = line.unit or _header_unit(path, self.feed.words) or self.unit
        line = line if unit == line.unit else replace(line, unit=unit)
        merged, series = self._rule(rule, line), line.series
        measure = _measure(merged, series, line.unit, self.feed.words)
        index = (
            merged.index
            or bool(series and series.index and measure is series.value_is)
            or (_is_index(line.unit, self.feed.words) and measure is Measure.GROWTH_YOY and merged.unit is None)
        )
        says = self._printed(cell, rule, series, measure, line.unit or self._unit_of(merged, line))
        says = self._followed(says, merged, series, measure)
        period, problem = self._period(line)
        problem = problem or self._word_problem(line)
        at, said, expected = self._problem_place(problem, line, rule, row)
        place = self.grid.column_name(column, path, row)
        if series is not None and measure is series.value_is and not index:
            self._check_unit(line, series, place, row)
        return {
            "sheet": self.grid.sheet,
            "row": line.number,
            "column": place,
            "table": self.table.name,
            "label": line.label,
            "indicator": series.indicator if series else None,
            "area": line.area or (series.area if series and series.area else ""),
            "period": period,
            "span": self._span(merged, series, line),
            "measure": measure.value if measure else None,
            "basis": merged.basis,
            "header": path,
            "unit": "%" if index else says.magnitude + self._unit_of(merged, line),
            "text": cell.text,
            "number": round(says.number - 100, says.decimals) if index and says.number is not None else says.number,
            "decimals": says.decimals,
            "state": says.state.value,
            "is_part": line.is_part,
            "parent": line.parent,
            "split": line.split,
            "quality": self._quality(merged, line, path).value,
            "flags": " ".join(self._flags(merged, says, line, path, period)),
            "note": line.note,
            "published_at": line.published,
            "problem": problem,
            "problem_column": at,
            "problem_text": said,
            "expected": expected,
        }

    def _unit_of(self, rule: CellRule, line: Line) -> str:
        series = line.series
        return rule.unit or line.unit or (series.units[0] if series and series.units else "")

    def _rule(self, column: ColumnRule, line: Line) -> CellRule:
        key = (column.name, line.word)
        if key not in self._rules:
            self._rules[key] = _merged(column, line.rule)
        return self._rules[key]

    def _printed(
        self, cell: Cell, rule: ColumnRule, series: Series | None, measure: Measure | None, unit: str
    ) -> Printed:
        values = {squash(k): v for k, v in rule.values.items()}
        if squash(cell.text) in values:
            return Printed(CellState.NUMBER, values[squash(cell.text)])
        if cell.number is not None and not values:
            return Printed(CellState.NUMBER, cell.number, cell.decimals)
        growth = measure is Measure.GROWTH_YOY and not (series and _is_index(unit, self.feed.words))
        said = read_number(cell.text, self.feed.words, markers=rule.markers, unit=rule.unit or unit, growth=growth)
        return Printed(CellState.TEXT) if values and said.state is CellState.NUMBER else said

    def _followed(self, says: Printed, rule: CellRule, series: Series | None, measure: Measure | None) -> Printed:
        """Put numbers aside that are of another caliber or of a measure the feed does not follow."""
        if says.state is not CellState.NUMBER or series is None:
            return says
        if not rule.keep or (series.basis and rule.basis and rule.basis not in series.basis):
            return replace(says, state=CellState.OTHER_CALIBER)
        return says if measure in series.measures else replace(says, state=CellState.NOT_FOLLOWED)

    def _period(self, line: Line) -> tuple[str, str]:
        """Return the cell's month and, where the row's own month cannot be read, the problem."""
        if line.stated is None:
            unread = bool(line.period_text) or (Role.PERIOD in self.header.roles and self.feed.many_periods)
            return ("", "no_period") if unread else (self.period, "")
        period = str(line.stated.period(year_of(self.period)))
        if line.stated.year is None and period > self.period and month_of(self.period) <= _SPRING:
            period = str(shift(period, -12))
        return period, "later_period" if period > self.period and not self.feed.many_periods else ""

    def _word_problem(self, line: Line) -> str:
        return "unknown_word" if Role.WORD in self.header.roles and line.rule is None else ""

    def _problem_place(self, problem: str, line: Line, rule: ColumnRule, row: int) -> tuple[str, str, str]:
        """Return in which column the problem stands, as what, and what would be understood there."""
        if not problem:
            return "", "", " or ".join(rule.values)
        word = problem == "unknown_word"
        column = self.header.roles.get(Role.WORD if word else Role.PERIOD, self.header.label)
        place = self.grid.column_name(column, self.header.paths[column], row)
        if word:
            return place, line.word, " or ".join(self.table.words)
        latest = "a month such as 2026-03" if self.feed.many_periods else f"{self.period} or an earlier month"
        return place, line.stated_text, latest

    def _span(self, rule: CellRule, series: Series | None, line: Line) -> str:
        given = (series.span if series else None) or rule.span or (line.stated.span if line.stated else None)
        return (given or Span.MONTH).value

    def _quality(self, rule: CellRule, line: Line, path: str) -> Quality:
        said = [
            q for word, q in self.feed.words.quality.items() if word in squash("".join((*line.inside, path, line.note)))
        ]
        found = {*said, rule.quality, self.table.qualities.get(line.quality)}
        return next(q for q in _FIRMNESS if q in {*found, Quality.FINAL})

    def _flags(self, rule: CellRule, says: Printed, line: Line, path: str, period: str) -> list[str]:
        said = [
            flag
            for word, flag in self.feed.words.flags.items()
            if word in squash("".join((*line.inside, path, line.note)))
        ]
        monthly = rule.span is Span.MONTH and self.table.combined_january and period and month_of(period) == 2
        extra = ["revised"] * says.revised + ["combined"] * bool(monthly)
        return list(dict.fromkeys((*rule.flags, *said, *extra)))

    def _check_unit(self, line: Line, series: Series, place: str, row: int) -> None:
        found = line.unit
        if not series.units or not found or any(_same_unit(found, unit) for unit in series.units):
            return
        label = self.header.roles.get(Role.UNIT)
        where = self.grid.column_name(label, self.header.paths[label], row) if label is not None else place
        fault = unit_changed(
            self.filename, self.grid.sheet, line.number, where, name=line.label, found=found, declared=series.units
        )
        if not any((f.sheet, f.row) == (fault.sheet, fault.row) for f in self.body.faults):
            self.body.faults.append(fault)


def _merged(column: CellRule, word: CellRule | None) -> CellRule:
    """Return the column's rule, completed and overruled by the word in the row (累计, growth_yoy_real)."""
    if word is None:
        return column
    return CellRule(
        measure=word.measure or column.measure,
        span=word.span or column.span,
        unit=word.unit or column.unit,
        quality=word.quality or column.quality,
        flags=(*column.flags, *word.flags),
        basis=word.basis or column.basis,
        index=word.index or column.index,
        keep=word.keep and column.keep,
    )


def _measure(rule: CellRule, series: Series | None, unit: str, words: Words) -> Measure | None:
    plain = rule.measure in (None, Measure.LEVEL)
    if plain and _is_index(unit, words):
        return Measure.GROWTH_YOY
    return series.value_is if plain and series is not None else rule.measure


def _is_index(unit: str, words: Words) -> bool:
    return squash(unit) in {squash(u) for u in words.index_units}


def _unit(printed: str, inside: tuple[str, ...], words: Words) -> str:
    """Return the unit that a row prints: in its unit column, else in the parentheses behind its name."""
    bare = squash(printed)
    if bare and bare not in {squash(w) for w in words.not_a_unit}:
        return bare
    return next((i for i in inside if is_known(i) or _is_index(i, words)), "")


@lru_cache(maxsize=1024)
def _header_unit_in(path: str, index_units: tuple[str, ...]) -> str:
    pieces = [piece for part in path.split("/") for piece in part.replace(")", "(").split("(")[1:]]
    known = {squash(u) for u in index_units}
    return next((p for p in pieces if p and (is_known(p) or squash(p) in known)), "")


def _header_unit(path: str, words: Words) -> str:
    return _header_unit_in(path, words.index_units)


def _same_unit(one: str, other: str) -> bool:
    try:
        return conversion_factor(one, other) == 1
    except InputError:
        return one == other
