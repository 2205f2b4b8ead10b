"""Tables for people, JSON and CSV for machines: what `--format` means."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from rich.console import Console
from rich.table import Table

from planwatch.textfile import disarmed

WIDE = 240
"""Columns of a table that is piped or written to a file, where no terminal says how wide it is."""


class Format(StrEnum):
    """How rows are written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


def write_rows(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], form: Format, title: str = "") -> None:
    """Write rows to stdout, every column of `columns` in every row, nothing else."""
    picked = [{c: row.get(c) for c in columns} for row in rows]
    if form is Format.TABLE:
        _table(picked, columns, title)
    elif form is Format.JSON:
        sys.stdout.write(json.dumps(picked, ensure_ascii=False, indent=2, default=str) + "\n")
    elif form is Format.JSONL:
        sys.stdout.writelines(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in picked)
    else:
        sys.stdout.write(to_csv(picked, columns))


def to_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return rows as CSV text; lists and mappings stand as JSON, None as an empty cell, and no text as a formula."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: _cell(value) for key, value in row.items()})
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, ensure_ascii=False)
    return disarmed(value) if isinstance(value, str) else value


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], title: str) -> None:
    table = Table(title=title or None, header_style="bold", box=None, pad_edge=False)
    for column in columns:
        numeric = any(isinstance(r[column], int | float) and not isinstance(r[column], bool) for r in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if row[c] is None else str(row[c]) for c in columns))
    width = None if sys.stdout.isatty() else WIDE
    Console(soft_wrap=True, markup=False, emoji=False, highlight=False, width=width).print(table)
