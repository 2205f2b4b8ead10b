"""What the rows of a table, or the columns of a table of areas, are probably series of."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from planwatch.errors import InputError
from planwatch.feeds.cell import Cell
from planwatch.feeds.grid import Grid
from planwatch.feeds.header import Header
from planwatch.feeds.scaffold.columns import FAIR, SURE, Column, zero_report
from planwatch.feeds.scaffold.meaning import Printed, Said, meaning_of
from planwatch.model.feed import CellState, Role, Words
from planwatch.model.place import Area
from planwatch.model.target import Indicator
from planwatch.model.units import conversion_factor, is_known
from planwatch.model.vocabulary import Measure
from planwatch.reconcile.names import area_index, is_aside
from planwatch.reconcile.numbers import read_number
from planwatch.reconcile.text import pattern, split_label, squash

LIKELY = 0.6
"""From here on a name that is not the same is offered as what was probably meant."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A value, how sure it is (0 to 1), and why."""

    value: Any
    confidence: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A series of the sample: its printed names, and the indicator it is taken for, None where none is known by that name.

    `near` are indicators (id, likeness) whose names look like it. `fields` are the keys of the series that the sample gives reason
    for, `doubts` what a person should look at. `left` says why a known series is left to the person all the same, empty if it is not.
    """

    labels: tuple[str, ...]
    table: str
    indicator: Guess | None
    near: tuple[tuple[str, float], ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    left: str = ""

    @property
    def is_taken(self) -> bool:
        """Return whether the series goes into the entry: known by name, and nothing left to the person."""
        return self.indicator is not None and not self.left


class Known:
    """The names that indicators and areas are known by: the registries', and those that other feeds print."""

    def __init__(
        self, indicators: Mapping[str, Indicator], areas: Mapping[str, Area], printed: Iterable[tuple[str, str]] = ()
    ) -> None:
        self.indicators = indicators
        own = [(name, i.id) for i in indicators.values() for name in (i.name_zh, *i.aliases)]
        self._by_name = {squash(name): found for name, found in [*printed, *own]}
        self._areas = area_index(areas)

    def find(self, name: str) -> Guess | None:
        """Return the indicator of a squashed name, or of a code that is its id."""
        if found := self._by_name.get(name):
            return Guess(found, SURE, "the name is known")
        return Guess(name.lower(), FAIR, "the code is the indicator's id") if name.lower() in self.indicators else None

    def find_part(self, name: str, whole: str) -> Guess | None:
        """Return the indicator of a part that is printed without the end of its whole's name: 城镇常住居民 below 居民人均可支配收入."""
        found = {i for n in range(1, len(whole)) if (i := self._by_name.get(name + whole[n:]))}
        return Guess(found.pop(), FAIR, "with the end of the name above it") if len(found) == 1 else None

    def within(self, header: str) -> tuple[str, Guess] | None:
        """Return the longest known name that occurs in a header, and its indicator."""
        name = max((n for n in self._by_name if n in header), key=len, default=None)
        return None if name is None else (name, Guess(self._by_name[name], SURE, "the name is known"))

    def near(self, name: str) -> tuple[tuple[str, float], ...]:
        """Return up to three (indicator, likeness) whose names look like it, the likest first."""
        likeness: dict[str, float] = {}
        for found in difflib.get_close_matches(name, self._by_name, n=3, cutoff=LIKELY):
            likeness.setdefault(self._by_name[found], difflib.SequenceMatcher(None, name, found).ratio())
        return tuple(likeness.items())

    def are_areas(self, labels: Sequence[str]) -> bool:
        """Return whether most of the names are areas."""
        return sum(squash(label) in self._areas for label in labels) * 2 > len(labels)


def series_of(
    grid: Grid,
    header: Header,
    columns: Sequence[Column],
    table: str,
    unit: str,
    *,
    known: Known,
    words: Words,
    said: Said,
) -> tuple[list[Row], bool]:
    """Return what the table's series are, and whether they stand in its columns because its rows are areas."""
    body = list(_body(grid, header, columns, words))
    if known.are_areas([grid.cell(n, header.label).text for n in body]):
        return list(_in_columns(columns, table, known)), True
    return list(_in_rows(_RowReader(grid, header, columns, table, unit, known, words, said), body)), False


def _body(grid: Grid, header: Header, columns: Sequence[Column], words: Words) -> Iterator[int]:
    """Yield the rows (from 0) that have a name and hold something in a value column, down to the notes."""
    values = [c.place for c in columns if c.role == "value"]
    for n in range(header.bottom + 1, len(grid.rows)):
        text = grid.cell(n, header.label).text.strip()
        if pattern(words.note_row).match(squash(text)):
            return
        if text and any(grid.cell(n, place).text.strip() for place in values):
            yield n


def _in_columns(columns: Sequence[Column], table: str, known: Known) -> Iterator[Row]:
    """Yield the series that the headers of a table of areas name."""
    found: dict[str, Row] = {}
    for column in columns:
        if column.role != "value":
            continue
        named = known.within(column.path)
        measure = str(column.fields.get("measure", Measure.LEVEL))
        if named is None:
            label = column.path.split("/")[-1]
            yield Row(labels=(label,), table=table, indicator=None, near=known.near(label))
            continue
        label, indicator = named
        before = found.get(indicator.value, Row(labels=(), table=table, indicator=indicator, fields={"measures": []}))
        labels = tuple(dict.fromkeys((*before.labels, label)))
        measures = list(dict.fromkeys((*before.fields["measures"], measure)))
        found[indicator.value] = replace(before, labels=labels, fields={"measures": measures})
    yield from found.values()


def _in_rows(reader: _RowReader, body: Iterable[int]) -> Iterator[Row]:
    """Yield the series that the rows name, each name once with what all its rows say."""
    found: dict[str, Row] = {}
    parent: Row | None = None
    for n in body:
        row, part = reader.read(n, parent)
        if part and parent and row.indicator and parent.indicator:
            row = replace(row, fields={**row.fields, "part_of": parent.indicator.value})
        parent = parent if part else row
        before = found.get(row.labels[0])
        found[row.labels[0]] = _together(before, row) if before else row
    yield from found.values()


def _together(one: Row, other: Row) -> Row:
    """Return a series of two rows (the month's and last December's): what one says the other need not, and the first comes before."""
    doubts = tuple(doubt for doubt in one.doubts if doubt in other.doubts)
    return replace(one, fields={**other.fields, **one.fields}, doubts=doubts, left=one.left and other.left)


@dataclass(frozen=True, slots=True)
class _RowReader:
    """Reads single rows of one table. `unit` is the caption's."""

    grid: Grid
    header: Header
    columns: Sequence[Column]
    table: str
    unit: str
    known: Known
    words: Words
    said: Said

    def read(self, n: int, parent: Row | None) -> tuple[Row, bool]:
        """Return the series that row n is of, and whether it is a part of the row above."""
        name, part, inside = split_label(self.grid.cell(n, self.header.label).text, self.words)
        name += "".join(f"({i})" for i in inside if not is_aside(i, self.words))
        bare, given = self.said.of_name(name)
        found = self.known.find(bare)
        if found is None and part and parent is not None:
            found = self.known.find_part(bare, parent.labels[0])
        unit = self._unit(n, inside) or self._percent(found)
        meaning = meaning_of(self._printed(n, name, given, unit), self.said, self.words)
        doubts = meaning.doubts
        if found is not None and not doubts and "units" in meaning.fields and meaning.fields["units"] != ["%"]:
            doubts = _unit_doubts(unit, self.known.indicators[found.value])
        near = () if found else self.known.near(bare)
        row = Row(
            labels=(name,), table=self.table, indicator=found, near=near, fields=meaning.fields, doubts=doubts, left=meaning.left
        )  # fmt: skip
        return row, part

    def _unit(self, n: int, inside: Sequence[str]) -> str:
        place = next((c.place for c in self.columns if c.role == Role.UNIT), None)
        own = "" if place is None else self.grid.cell(n, place).text
        return squash(own or next((i for i in inside if is_known(i)), "") or self.unit)

    def _percent(self, found: Guess | None) -> str:
        """Return % for an indicator that is kept in it: the unit that is meant where a row prints none."""
        unit = self.known.indicators[found.value].base_unit if found else ""
        return unit if unit in self.words.percent else ""

    def _printed(self, n: int, name: str, given: Mapping[str, Any], unit: str) -> Printed:
        """Return what the columns say of the row, those that hold a value in it apart."""
        values = [c for c in self.columns if c.role == "value"]
        filled = [c for c in values if self._is_value(self.grid.cell(n, c.place), c, unit)]
        return Printed(
            name=name,
            given=given,
            unit=unit,
            rules=[self._rule(n, c) for c in filled],
            every=[self._rule(n, c) for c in values],
            worded=any(c.role == Role.WORD for c in self.columns),
            zero_report=zero_report(self.grid, n, self.said.words),
        )

    def _rule(self, n: int, column: Column) -> Mapping[str, Any]:
        """Return what a value means: its column's rule, with what the row's own word says."""
        worded = next((c for c in self.columns if c.role == Role.WORD), None)
        word = squash(self.grid.cell(n, worded.place).text) if worded else ""
        return {**column.fields, **(worded.fields.get(word, {}) if worded else {})}

    def _is_value(self, cell: Cell, column: Column, unit: str) -> bool:
        if squash(cell.text) in {squash(word) for word in column.fields.get("values", ())}:
            return True
        growth = column.fields.get("measure") == Measure.GROWTH_YOY
        said = read_number(cell.text, self.words, unit=unit, growth=growth)
        return cell.number is not None or said.state is CellState.NUMBER


def _unit_doubts(unit: str, indicator: Indicator) -> tuple[str, ...]:
    try:
        conversion_factor(unit, indicator.base_unit)
    except InputError:
        return (f"the unit {unit} does not convert to {indicator.base_unit}: is it this indicator?",)
    return ()
