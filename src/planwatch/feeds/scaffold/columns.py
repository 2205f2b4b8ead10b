"""What a table's columns probably mean, by what their headers say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from planwatch.feeds.cell import Cell
from planwatch.feeds.grid import Grid
from planwatch.feeds.header import Header
from planwatch.model.feed import Role
from planwatch.model.vocabulary import Measure, Span
from planwatch.reconcile.text import matches, pattern, squash

SURE, FAIR, POOR = 0.95, 0.7, 0.3
_TASK = "task"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column, what it is taken for, and how sure that is.

    `role` is a role of the row (unit, period, word, note), `value`, or `ignored`; `fields` are the keys of a value column's rule.
    """

    place: int
    path: str
    role: str
    confidence: float
    why: str
    fields: Mapping[str, Any] = field(default_factory=dict)


def columns_of(grid: Grid, header: Header, words: Mapping[str, Any]) -> Iterator[Column]:
    """Yield the columns beside the names, value columns under names that differ."""
    taken: set[str] = set()
    has_words = any(_role(path, words) == Role.WORD for path in header.paths)
    found = [
        _column(place, path, words, has_words=has_words)
        for place, path in enumerate(header.paths)
        if path and place != header.label
    ]
    for column in _tasks(found, words):
        if column.role == Role.WORD:
            yield _with_words(grid, header, column, words)
        elif column.role == "value":
            yield _named(_as_report(grid, header, column, words), taken)
        else:
            yield column


def _tasks(columns: Sequence[Column], words: Mapping[str, Any]) -> list[Column]:
    """Return the columns, tasks beside readings left out; where a table holds nothing but tasks, they are assigned ones."""
    readings = [c for c in columns if c.role == "value"]
    alone = [c for c in columns if c.role == _TASK][:1] if not readings else []
    return [_assigned(c) if c in alone else _left_out(c) if c.role == _TASK else c for c in columns]


def _assigned(column: Column) -> Column:
    fields = {"header": [literal(column.path)], "measure": str(Measure.ASSIGNED), "span": str(Span.YEAR)}
    return replace(column, role="value", confidence=FAIR, why="a table of tasks alone: assigned ones", fields=fields)


def _left_out(column: Column) -> Column:
    return replace(column, role="ignored", confidence=SURE, why="the task, not a reading")


def _as_report(grid: Grid, header: Header, column: Column, words: Mapping[str, Any]) -> Column:
    """Return a column all of whose numbers stand in rows that say 零报告 as one of breaches; others as they are."""
    filled = [n for n in range(header.bottom + 1, len(grid.rows)) if _has_number(grid.cell(n, column.place))]
    if column.confidence > POOR or not filled or not all(zero_report(grid, n, words) for n in filled):
        return column
    fields = {"header": [literal(column.path)], "measure": str(Measure.REPORT), "span": str(Span.MONTH)}
    return replace(column, confidence=FAIR, why="its rows are zero reports", fields=fields)


def zero_report(grid: Grid, row: int, words: Mapping[str, Any]) -> bool:
    """Return whether a row says that its value counts breaches (零报告)."""
    return any(pattern(words["zero_report"]).search(squash(c.text)) for c in grid.rows[row])


def _has_number(cell: Cell) -> bool:
    return cell.number is not None or bool(re.search(r"\d", cell.text))


def alike(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns, of value columns with the same rule the first only: in a table of areas one rule claims them all."""
    kept: dict[str, Column] = {}
    for column in columns:
        rule = (
            {k: v for k, v in column.fields.items() if k != "name"} if column.role == "value" else {"path": column.path}
        )
        kept.setdefault(str(rule), column)
    return tuple(kept.values())


def _column(place: int, path: str, words: Mapping[str, Any], *, has_words: bool) -> Column:
    if role := _role(path, words):
        return Column(place=place, path=path, role=role, confidence=SURE, why="a usual header")
    if any(matches((word,), path.rsplit("/", maxsplit=1)[-1]) for word in words["ignored"]):
        return Column(place=place, path=path, role="ignored", confidence=SURE, why="says nothing that is kept")
    if pattern(words["progress"]).search(path):
        return Column(place=place, path=path, role="ignored", confidence=SURE, why="computed from the task")
    if pattern(words["tasks"]).search(path):
        return Column(place=place, path=path, role=_TASK, confidence=FAIR, why="a task")
    for special in words["columns"]:
        if pattern(special["header"]).search(path):
            fields = {
                "header": [special["header"]],
                **{k: special[k] for k in ("measure", "span", "values") if k in special},
            }
            return Column(place=place, path=path, role="value", confidence=SURE, why="a usual header", fields=fields)
    return _value(place, path, words, has_words=has_words)


def _role(path: str, words: Mapping[str, Any]) -> str:
    last = path.rsplit("/", maxsplit=1)[-1]
    return next((role for role, names in words["roles"].items() if matches(tuple(names), last)), "")


def _value(place: int, path: str, words: Mapping[str, Any], *, has_words: bool) -> Column:
    """Return a value column: its span and measure by the words of its header."""
    span = next((s for s, regex in words["spans"].items() if pattern(regex).search(path)), None)
    measure = next((m for m, regex in words["measures"].items() if pattern(regex).search(path)), None)
    if pattern(words["last_year"]).search(path) and measure != Measure.GROWTH_YOY:
        return Column(place=place, path=path, role="ignored", confidence=FAIR, why="last year's figure")
    growth = measure == Measure.GROWTH_YOY
    comparable = growth and bool(pattern(words["comparable"]).search(path))
    fields: dict[str, Any] = {"header": [regex for regex in _regexes(span, measure, words)] or [literal(path)]}
    unless = _unless(span, measure, comparable=comparable, words=words)
    fields |= {"unless": unless} if unless else {}
    fields |= {"measure": measure or str(Measure.LEVEL)} | ({} if has_words and not span else {"span": span or "ytd"})
    fields |= {"unit": "%"} if growth or measure == Measure.RATIO else {"unit": "位"} if measure == Measure.RANK else {}
    if comparable:
        fields |= {"basis": "comparable", "keep": False, "required": False}
        fields["header"][-1] = words["comparable"]
    elif span == "month":
        fields |= {"required": False}
    confidence = SURE if span and measure else FAIR if span or measure or has_words else POOR
    why = " + ".join(
        [span or ("as the row says" if has_words else "year to date, for want of a word"), measure or "level"]
    )
    return Column(place=place, path=path, role="value", confidence=confidence, why=why, fields=fields)


def _regexes(span: str | None, measure: str | None, words: Mapping[str, Any]) -> Iterator[str]:
    if span:
        yield words["spans"][span]
    if measure:
        yield words["measures"][measure]


def _unless(span: str | None, measure: str | None, *, comparable: bool, words: Mapping[str, Any]) -> list[str]:
    """Return what tells the column from those beside it: last year's, growth, another basis, the year to date."""
    if measure == Measure.RANK:
        return []
    growth = measure == Measure.GROWTH_YOY
    apart = [words["measures"]["rank"]] + ([] if growth else [words["last_year"], words["measures"]["growth_yoy"]])
    apart += [words["comparable"]] if growth and not comparable else []
    return apart + ([words["spans"]["ytd"]] if span == "month" else [])


def literal(text: str) -> str:
    """Return the expression that matches a text of the file and nothing else."""
    return re.escape(squash(text))


def _with_words(grid: Grid, header: Header, column: Column, words: Mapping[str, Any]) -> Column:
    printed = {squash(grid.cell(row, column.place).text) for row in range(header.bottom + 1, len(grid.rows))}
    known = {word: rule for word, rule in words["words"].items() if word in printed}
    strange = sorted(printed - set(known) - {""})
    why = f"words of it that are not known: {', '.join(strange[:5])}" if strange else column.why
    return replace(column, confidence=FAIR if strange else SURE, why=why, fields=known)


def _named(column: Column, taken: set[str]) -> Column:
    base = "_".join(
        filter(
            None,
            [str(column.fields.get("span", "")), str(column.fields.get("basis", "")), str(column.fields["measure"])],
        )
    )
    name, n = base, 2
    while name in taken:
        name, n = f"{base}_{n}", n + 1
    taken.add(name)
    return replace(column, fields={"name": name, **column.fields})
