"""Indicator tables (主要指标表): rows whose cells a ｜ divides, with a name, often a unit, and a value for the plan's year."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from planwatch.model.vocabulary import Comparator, Kind
from planwatch.plan.figures import Figure, Form, half_width
from planwatch.plan.grammar.clauses import Setting, wording_of
from planwatch.plan.grammar.lexicon import phrases, unit_class
from planwatch.plan.grammar.reading import Reading, read_figure
from planwatch.plan.grammar.sentence import Drafted
from planwatch.plan.grammar.unnumbered import relation_in, wordless_in

BAR = "｜"
_DOUBT = "read from a table: check the column"
_BRACKETS = re.compile(r"[（(]([^（）()]{1,10})[）)]\s*$")
_SIGNS = {"≥": Comparator.GE, "＞": Comparator.GT, ">": Comparator.GT, "≤": Comparator.LE, "＜": Comparator.LT}
_SIGNS |= {"<": Comparator.LT, "〉": Comparator.GT, "〈": Comparator.LT}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's text and where it starts."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """Return where the cell ends."""
        return self.start + len(self.text)


def rows_of(text: str) -> Iterator[list[Cell]]:
    """Yield the rows of a text's tables, each a line that a ｜ divides into cells."""
    at = 0
    for line in text.split("\n"):
        if BAR in line:
            cells: list[Cell] = []
            start = at
            for part in line.removesuffix("。").split(BAR):
                cells.append(Cell(part, start))
                start += len(part) + 1
            yield cells
        at += len(line) + 1


def with_units(figures: Sequence[Figure], text: str) -> list[Figure]:
    """Return the figures with what their row says of them: a bare number takes the unit of its row, and ≥ and ≤ bind it.

    The serial numbers of rows (序号) are no figures.
    """
    rows = list(rows_of(text))
    counted = any(row[0].text.strip() in phrases().tables.serial for row in rows)
    serials = {row[0].start for row in rows if counted and row[0].text.strip().isdecimal()}
    shown = [f for f in figures if f.core_start not in serials]
    for row in rows:
        unit = _unit_of(row)
        for n, figure in enumerate(shown):
            cell = next((c for c in row if c.start <= figure.core_start < c.end), None)
            if cell is not None and figure.form in (Form.NUMBER, Form.RANGE) and figure.value is not None:
                shown[n] = _bound_by_sign(_in_unit(figure, unit), text, cell)
    return shown


def _unit_of(row: Sequence[Cell]) -> str:
    """Return the unit that a row names in a cell of its own or in brackets behind its name, "" where it names none."""
    for cell in row:
        text = half_width(cell.text.strip())
        found = _BRACKETS.search(text)
        for candidate in (text, found[1] if found else ""):
            if unit_class(candidate):
                return candidate.removeprefix("个") if candidate.endswith("百分点") else candidate
    return ""


def _in_unit(figure: Figure, unit: str) -> Figure:
    return replace(figure, unit=unit) if unit and not figure.unit else figure


def _bound_by_sign(figure: Figure, text: str, cell: Cell) -> Figure:
    sign = text[cell.start : figure.core_start].strip()[-1:]
    return replace(figure, comparator=_SIGNS[sign], bound=True) if sign in _SIGNS else figure


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which cells of a table hold the name and the value for the plan's year."""

    name: int
    value: int


def targets_in_tables(text: str, figures: Sequence[Figure], year: int | None) -> Iterator[Drafted]:
    """Yield the targets of a text's indicator tables: those whose header names a column for the plan's year."""
    columns: _Columns | None = None
    end = -2
    for row in rows_of(text):
        if row[0].start > end + 2:
            columns = None
        end = row[-1].end
        header = _columns_of(row, year)
        if header is not None:
            columns = header
        elif columns is not None and columns.value < len(row):
            yield from _row_targets(row, columns, figures, text)


def table_spans(text: str, year: int | None) -> list[tuple[int, int]]:
    """Return where the rows of indicator tables stand, which nothing else should read as sentences."""
    spans: list[tuple[int, int]] = []
    known, end = False, -2
    for row in rows_of(text):
        known = (known and row[0].start <= end + 2) or _columns_of(row, year) is not None
        end = row[-1].end
        spans += [(row[0].start, end)] if known else []
    return spans


def _columns_of(row: Sequence[Cell], year: int | None) -> _Columns | None:
    rules = phrases().tables
    texts = ["".join(cell.text.split()) for cell in row]
    names = [n for n, text in enumerate(texts) if re.search(rules.name, text)]
    values = [n for n, text in enumerate(texts) if _for_the_year(text, year)]
    values = [n for n in values if names and n != names[0]]
    if not names or not values:
        return None
    dated = [n for n in values if year and str(year) in texts[n]]
    return _Columns(names[0], (dated or values)[0])


def _for_the_year(header: str, year: int | None) -> bool:
    years = [int(y) for y in re.findall(r"20\d\d", header)]
    rules = phrases().tables
    if re.search(rules.not_value, header) or (years and year not in years):
        return False
    return bool(re.search(rules.value, header)) or bool(years)


def _row_targets(row: Sequence[Cell], columns: _Columns, figures: Sequence[Figure], text: str) -> Iterator[Drafted]:
    name, cell = row[columns.name], row[columns.value]
    start, end = min(name.start, cell.start), max(name.end, cell.end)
    title = _BRACKETS.sub("", name.text.strip()) if _unit_of([name]) else name.text.strip()
    inside = [f for f in figures if cell.start <= f.core_start < cell.end and f.value is not None]
    for figure in inside[:1]:
        left = title + re.sub(r"[≥≤＞＜<>〉〈\s]+$", "", text[cell.start : figure.core_start])
        reading = read_figure(Setting(figure, left, "", False, left, start), wording_of(left))
        if reading is not None:
            fallen = bool(re.fullmatch(r"[\-－−]\s*[\d.]+%?", cell.text.strip()))
            yield Drafted(_settled(reading, figure, fallen=fallen), start, end, figure)
    if not inside and title:
        said = f"{title}{cell.text.strip()}"
        found = relation_in(said) or next(wordless_in(said), None)
        if found is not None and found[2].kind is not Kind.MILESTONE:
            yield Drafted(replace(found[2], doubts=(*found[2].doubts, _DOUBT)), start, end)


def _settled(reading: Reading, figure: Figure, *, fallen: bool) -> Reading:
    """Return the reading with its doubt; a bare level of what should be little (浓度 25) is a cap, −3 a fall."""
    if fallen and figure.measures in ("percent", "points") and (reading.value or 0) > 0:
        kind = Kind.CHANGE_PP if figure.measures == "points" else Kind.GROWTH
        value = -(reading.value or 0.0)
        reading = replace(reading, kind=kind, value=value, comparator=Comparator.LE, direction=-1)
    level = reading.kind in (Kind.HOLD, Kind.REACH) and not figure.bound
    little = any(word in reading.name for word in phrases().less_is_better)
    comparator = Comparator.LE if level and little else reading.comparator
    return replace(reading, comparator=comparator, doubts=(*reading.doubts, _DOUBT))
