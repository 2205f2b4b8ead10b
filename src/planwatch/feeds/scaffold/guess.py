"""What a sample file probably holds: its layout, month and tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from planwatch.errors import Fault, InputError
from planwatch.feeds.about import caption_unit, header_claims, lines_above, settle_period, title_claim, unit_lines
from planwatch.feeds.grid import Grid
from planwatch.feeds.header import Header, find_header
from planwatch.feeds.scaffold.columns import POOR, SURE, Column, alike, columns_of
from planwatch.feeds.scaffold.layouts import read_sample
from planwatch.feeds.scaffold.meaning import Said
from planwatch.feeds.scaffold.rows import Guess, Known, Row, series_of
from planwatch.model.feed import ColumnRule, Limits, TableRule, Words
from planwatch.model.vocabulary import Measure, Span
from planwatch.reconcile.text import matches, pattern, squash
from planwatch.yamlfile import parse_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of the sample, as a table of the feed. `place` says where it stands; `areas` that its rows are areas."""

    name: str
    place: str
    label: Guess
    sheet: str | None
    columns: tuple[Column, ...]
    areas: bool
    rows: tuple[Row, ...]

    def role(self, role: str) -> list[Column]:
        """Return the columns taken for a role."""
        return [c for c in self.columns if c.role == role]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A feed as guessed from one file. `rules` are the keys that its layout needs (`records`, `sdmx`)."""

    id: str
    file: str
    layout: Guess
    rules: Mapping[str, Any]
    filename: Guess
    period: Guess
    title: str
    tables: tuple[Table, ...]

    @property
    def named(self) -> list[Row]:
        """Return the rows whose indicator is known by their name."""
        return [row for table in self.tables for row in table.rows if row.indicator is not None]

    @property
    def taken(self) -> list[Row]:
        """Return those of them that the entry reads: of the others the file does not say enough."""
        return [row for row in self.named if row.is_taken]


@cache
def vocabulary() -> dict[str, Any]:
    """Return what headers usually say (`guesses.yaml`)."""
    found: dict[str, Any] = parse_yaml(Path(__file__).with_name("guesses.yaml"))
    return found


def guess_feed(feed_id: str, data: bytes, filename: str, *, known: Known, words: Words, limits: Limits) -> Draft:
    """Return the feed that a sample file looks like.

    Args:
        feed_id: what the feed shall be called.
        data: the sample.
        filename: its name.
        known: the names that indicators are known by.
        words: how tables of this country write things.
        limits: how much a release may hold.

    Raises:
        ReleaseError: the file cannot be read at all.
        InputError: it is larger than a release may be, or no table with a header and numbers is in it.
    """
    name = PurePosixPath(filename).name
    if len(data) > limits.max_bytes:
        raise InputError.of(_too_large(name, len(data), limits))
    sample = read_sample(data, name, limits, vocabulary())
    found = [
        (grid, header, label) for grid in sample.grids if (place := _header(grid, name)) for header, label in [place]
    ]
    if not found:
        raise InputError.of(_no_table(name, sample.grids))
    tables = tuple(_table(grid, header, label, known, words, several=len(found) > 1) for grid, header, label in found)
    claims = [
        claim
        for (grid, header, _), table in zip(found, tables, strict=True)
        for claim in (title_claim(grid, header, words), *header_claims(grid, _of_values(header, table)))
        if claim
    ]
    period, _ = settle_period(claims, name, None, None)
    above = lines_above(found[0][0], found[0][1])
    return Draft(
        id=feed_id, file=name, layout=Guess(sample.layout, SURE, "by its content"), rules=sample.rules, filename=_pattern(feed_id, name),
        period=Guess(period, SURE if period else POOR, "title, headers and file name" if period else "nothing states a month"),
        title=_title(above, words) or name, tables=tuple(t for t in tables if t.rows),
    )  # fmt: skip


def _of_values(header: Header, table: Table) -> Header:
    """Return the header without what is no value: 全年任务 speaks of December, its release does not."""
    places = {c.place for c in table.role("value")}
    return replace(header, values={place: rule for place, rule in header.values.items() if place in places})


def _title(lines: list[str], words: Words) -> str:
    """Return the first line over the table without its month and unit: the name of the feed, month after month."""
    captions = "|".join(re.escape(w) for w in words.unit_caption)
    for line in lines:
        bare = re.sub(r"[\s（(]*(?:" + captions + r")[:：].*", "", line)
        bare = re.sub(
            r"(?:(?:19|20)\d{2}年)?(?:\d{1,2}(?:[—–-]\d{1,2})?月|上半年|前三季度|全年)?", "", bare, count=1
        ).strip(" ,，、")
        if bare:
            return bare[:60]
    return ""


def _too_large(name: str, size: int, limits: Limits) -> Fault:
    return Fault(
        code="too_large", message="the file is larger than a release may be", file=name, value=f"{size} bytes",
        expected=f"at most {limits.max_bytes} bytes", mend="give a smaller sample, or raise the limits in feeds.yaml",
    )  # fmt: skip


def _no_table(name: str, grids: list[Grid]) -> Fault:
    return Fault(
        code="no_table", message="no table with a header and numbers below it", file=name,
        value="; ".join(g.sheet for g in grids if g.sheet)[:120] or None,
        expected="a row of headers, one of them over the names of the rows", mend="give a sample that holds the table",
    )  # fmt: skip


def _pattern(feed_id: str, name: str) -> Guess:
    """Return the file name's pattern: the month as {period}, an ending such as _r1 left open."""
    stem, dot, ending = name.rpartition(".")
    month = re.search(r"(?:19|20)\d{2}-?(?:0[1-9]|1[0-2])(?!\d)", stem)
    if month is None:
        return Guess(
            f"{feed_id}_{{period}}*.{ending}" if dot else f"{feed_id}_{{period}}*", POOR, "the name states no month"
        )
    return Guess(f"{stem[: month.start()]}{{period}}*.{ending}", SURE, "the sample's name")


def _header(grid: Grid, name: str) -> tuple[Header, Guess] | None:
    """Return the table's header and the name of its label column: by the usual names, else the first row of words over numbers."""
    usual = tuple(vocabulary()["labels"])
    header = find_header(grid, _any_table(usual), None, name)
    if header is not None and _numbers_below(grid, header):
        text = header.paths[header.label].split("/")[-1]
        return header, Guess(text, SURE, "a usual header of the names")
    for row, cells in enumerate(grid.rows):
        texts = [squash(c.text) for c in cells if c.text]
        if len(texts) > 1 and all(
            c.number is None and not re.fullmatch(r"[-+\d.,%]+", c.text) for c in cells if c.text
        ):
            first = next((text for text in texts if not matches(tuple(vocabulary()["ignored"]), text)), texts[0])
            header = find_header(grid, _any_table((re.escape(first),)), None, name)
            if header is not None and header.top <= row <= header.bottom and _numbers_below(grid, header):
                return header, Guess(first, POOR, "the first of a row of words over numbers")
    return None


def _any_table(label: tuple[str, ...]) -> TableRule:
    """Return a rule that takes every column that has a header."""
    anything = ColumnRule(name="any", header=(".",), measure=Measure.LEVEL, span=Span.YTD, required=False)
    return TableRule(name="any", label=label, columns=(anything,), areas_in_rows=True)


def _numbers_below(grid: Grid, header: Header) -> bool:
    """Return whether numbers stand below a header, or words that stand for numbers (未启动)."""
    states = {word for column in vocabulary()["columns"] for word in column.get("values", ())}
    below = (c for row in grid.rows[header.bottom + 1 :] for c in row[header.label + 1 :])
    return any(c.number is not None or re.search(r"\d", c.text) or squash(c.text) in states for c in below)


def _table(grid: Grid, header: Header, label: Guess, known: Known, words: Words, *, several: bool) -> Table:
    columns = tuple(columns_of(grid, header, vocabulary()))
    unit = caption_unit(unit_lines(grid, header), words)
    above = lines_above(grid, header)
    name = (grid.sheet if several else "") or _title(above, words) or grid.sheet or "table"
    said = Said(
        (*above, *grid.around, *(c.text for row in grid.rows[: header.top] for c in row), *_notes(grid, header, words)),
        vocabulary(),
    )
    rows, areas = series_of(grid, header, columns, name[:60], unit, known=known, words=words, said=said)
    columns = alike(columns) if areas else columns
    return Table(
        name=name[:60], place=f"{grid.sheet or 'table'}, row {grid.numbers[header.top]}", label=label,
        sheet=re.escape(squash(grid.sheet)) if several and grid.columns == "letter" else None, columns=columns, areas=areas, rows=tuple(rows),
    )  # fmt: skip


def _notes(grid: Grid, header: Header, words: Words) -> list[str]:
    """Return the notes below the table."""
    texts = (grid.cell(row, header.label).text for row in range(header.bottom + 1, len(grid.rows)))
    firsts = (c.text for row in grid.rows[header.bottom + 1 :] for c in row[:1])
    return [text for text in (*texts, *firsts) if pattern(words.note_row).match(squash(text))]
