"""A guessed feed as an entry of feeds.yaml and a suite, every guess with how sure it is beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import yaml

from planwatch.feeds.scaffold.columns import Column, literal
from planwatch.feeds.scaffold.guess import Draft, Table
from planwatch.feeds.scaffold.rows import Guess, Row
from planwatch.model.feed import Feed, Role
from planwatch.model.vocabulary import Measure

if TYPE_CHECKING:
    import pandas as pd

ROLES = (Role.UNIT, Role.PERIOD, Role.WORD, Role.PUBLISHED, Role.NOTE)
NEEDED = (Role.UNIT, Role.PERIOD, Role.WORD)
BOUND = 20
"""A level is plausible between a twentieth of the sample's and twenty times it, until a person says better."""


def yaml_entry(draft: Draft, *, owner: str, area: str, producer: str) -> str:
    """Return the feed as an entry of the list `feeds:`, in the style of the file, with a comment on every guess.

    Args:
        draft: what was guessed.
        owner: department id.
        area: area id.
        producer: whose figures they are.
    """
    head = [
        f"  # ── {_words(draft.title)}: guessed from {_words(draft.file)} by `planwatch feeds new`. Each number in a comment says how sure a",
        "  # guess is, from 0 to 1. Confirm or correct, then take the comments away.",
        f"  - id: {draft.id}",
        f"    {_pair('name_zh', _words(draft.title))} # confirm: what the feed is called",
        f"    {_pair('name_en', draft.id.replace('_', ' '))} # confirm",
        f"    owner: {owner}",
        f"    layout: {draft.layout.value} {_sure(draft.layout)}",
        "    frequency: monthly # confirm: one file cannot say; quarterly series of a monthly file say so themselves",
        f"    {_pair('filename', draft.filename.value)} {_sure(draft.filename)}",
        f"    suite: release_{draft.id}",
        f"    source: {_flow({'producer': producer, 'licence': 'to be confirmed', 'text': _words(draft.title)})}",
        "    precedence: 10 # confirm: of two feeds with the same value the higher one counts",
        f"    area: {area}",
        *(f"    {_pair(key, rule)} # 0.70 by the usual keys and codes" for key, rule in draft.rules.items()),
        "    tables:",
    ]
    tables = [line for table in draft.tables for line in _table(table, several=len(draft.tables) > 1)]
    series = [
        line for table in draft.tables for row in table.rows for line in _series(row, several=len(draft.tables) > 1)
    ]
    return "\n".join([*head, *tables, "    series:", *series]) + "\n"


def _table(table: Table, *, several: bool) -> Iterator[str]:
    yield f"      - {_pair('name', _words(table.name))} # {_words(table.place)}"
    if table.sheet and several:
        yield f"        {_pair('sheet', table.sheet)}"
    yield f"        label: {_flow([literal(table.label.value)])} {_sure(table.label)}"
    if table.areas:
        yield "        areas_in_rows: true # the rows are areas, the columns name the indicators"
    roles = {
        str(role): [literal(c.path.split("/")[-1]) for c in table.role(role)] for role in ROLES if table.role(role)
    }
    if roles:
        yield f"        roles: {_flow(roles)}"
        yield f"        needs: {_flow([r for r in roles if r in NEEDED])}"
    if ignored := [c for c in table.columns if c.role == "ignored"]:
        yield f"        ignore_columns: {_flow([_ignored(c, table) for c in ignored])} # {'; '.join(_words(c.why) for c in ignored)}"
    yield "        columns:"
    for column in table.role("value"):
        yield f"          - {_flow(column.fields)} # {column.confidence:.2f} {_words(column.path)}: {column.why}"
    for column in table.role(Role.WORD):
        yield from _word_rules(column)


def _ignored(column: Column, table: Table) -> str:
    """Return what a column to be left out is known by: the last row of its header where that is its own, as months change above it."""
    last = column.path.split("/")[-1]
    own = all(c.path.split("/")[-1] != last for c in table.columns if c is not column and c.role != "ignored")
    return rf"(?:.*/)?{literal(last)}" if own and last != column.path else literal(column.path)


def _word_rules(column: Column) -> Iterator[str]:
    yield f"        words: # {column.confidence:.2f} {_words(column.why)}"
    for word, rule in column.fields.items():
        yield f"          {_flow({word: rule})[1:-1]}"


def _series(row: Row, *, several: bool) -> Iterator[str]:
    """Yield the series of a row: known by name as an entry, the rest as comments with what was probably meant or why it is left."""
    table = {"table": _words(row.table)} if several else {}
    if row.indicator is not None and row.left:
        entry = {"indicator": row.indicator.value, **table, "labels": list(row.labels), **row.fields}
        yield f"      # - {_flow(entry)} # {row.indicator.confidence:.2f} {row.indicator.why}; left to you: {_words(row.left)}"
        return
    if row.indicator is not None:
        doubts = "".join(f"; {_words(d)}" for d in row.doubts)
        entry = {"indicator": row.indicator.value, **table, "labels": list(row.labels), **row.fields}
        yield f"      - {_flow(entry)} # {row.indicator.confidence:.2f} {row.indicator.why}{doubts}"
        return
    meant = (
        "; ".join(f"{name} {likeness:.2f}" for name, likeness in row.near)
        or "no known name looks like it: add it to indicators.yaml"
    )
    entry = {"indicator": row.near[0][0] if row.near else "?", **table, "labels": list(row.labels), **row.fields}
    yield f"      # - {_flow(entry)} # {meant}"


def feed_of(entry: str, shared: Mapping[str, Any]) -> Feed:
    """Return the feed that an entry describes, with the words and limits that all feeds share.

    Raises:
        ConfigError: the entry breaks the schema.
    """
    from planwatch.feeds.load import load_feeds

    with TemporaryDirectory() as folder:
        path = Path(folder) / "feeds.yaml"
        head = yaml.safe_dump(dict(shared), allow_unicode=True, sort_keys=False)
        path.write_text(f"{head}\nfeeds:\n{entry}", encoding="utf-8")
        [feed] = load_feeds(path).values()
    return feed


def suite_json(feed_id: str, file: str, observations: pd.DataFrame) -> str:
    """Return the suite of gate 1: what all suites have in common, and wide bounds around the sample's levels, as warnings.

    Args:
        feed_id: the feed.
        file: the sample's name.
        observations: what the feed reads in it, OBSERVATION_COLUMNS.
    """
    one_period = {
        "type": "expect_column_values_to_be_in_set",
        "kwargs": {"column": "main_period", "value_set": [True]},
        "severity": "info",
        "meta": {
            "id": "one_period",
            "zh": "除修订数外，全部数据属同一报告期",
            "en": "All values but revisions are of one month",
        },
    }
    levels = observations[observations["measure"] == Measure.LEVEL]
    seen = levels.groupby(["indicator", "area"], sort=False)["value"].agg(["min", "max"])
    bounds = [
        _bounds(str(i), str(a), float(low), float(high), file)
        for (i, a), (low, high) in zip(seen.index, seen.to_numpy(), strict=True)
    ]
    note = f"Guessed from {file}: set the bounds by what is known of each series, then make them critical."
    suite = {
        "name": f"release_{feed_id}", "meta": {"extends": "release", "note": note}, "expectations": [one_period, *bounds],
    }  # fmt: skip
    return json.dumps(suite, ensure_ascii=False, indent=2) + "\n"


def _bounds(indicator: str, area: str, low: float, high: float, file: str) -> dict[str, Any]:
    lowest, highest = min(low / BOUND, low * BOUND), max(high * BOUND, high / BOUND)
    condition = f'indicator == "{indicator}" and area == "{area}" and measure == "level"'
    return {
        "type": "expect_column_values_to_be_between",
        "kwargs": {
            "column": "value", "min_value": _rounded(lowest), "max_value": _rounded(highest), "row_condition": condition,
            "condition_parser": "pandas",
        },
        "severity": "warning",
        "meta": {
            "id": f"{indicator}_{area}_in_bounds", "zh": f"{indicator} 应在 {{min_value}} 与 {{max_value}} 之间",
            "en": f"{indicator} is between {{min_value}} and {{max_value}}", "note": f"Guessed: a twentieth of and twenty times {file}.",
        },
    }  # fmt: skip


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


def _pair(key: str, value: Any) -> str:
    return _flow({key: value})[1:-1]


def _flow(value: Any) -> str:
    """Return plain data as YAML on one line."""
    text: str = yaml.safe_dump(_plain(value), default_flow_style=True, allow_unicode=True, sort_keys=False, width=10**6)
    return text.strip()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value if isinstance(value, bool | int | float) or value is None else str(value)


def _sure(guess: Guess) -> str:
    return f"# {guess.confidence:.2f} {_words(guess.why)}"


def _words(text: str) -> str:
    """Return text from the file as one short line of a comment."""
    return " ".join("".join(c for c in text if c.isprintable()).split())[:120]
