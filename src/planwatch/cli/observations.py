"""`planwatch observations`, and observation files for the other commands: CSV or JSON in, a checked frame out, one fault a bad cell."""

from __future__ import annotations

import math
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planwatch.errors import Fault, InputError
from planwatch.model.calendar import SHANGHAI
from planwatch.model.observation import OBSERVATION_COLUMNS
from planwatch.model.period import parse_period
from planwatch.model.vocabulary import Measure, Quality, Span
from planwatch.textfile import csv_records, empty_file, parsed_json, read_text

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(add_completion=False)
EXAMPLE = """
Example:

  planwatch read finance include/sample/2026/finance_2026-06.html --format csv > observations.csv

  planwatch observations observations.csv --format sdmx-csv
"""
REQUIRED = ("indicator", "area", "period", "span", "measure", "value", "unit")
_KNOWN = (*OBSERVATION_COLUMNS, "observation_id", "recorded_at")
_MAX_BYTES = 500_000_000
MOST_DECIMALS = 15
"""More decimal places than a figure can carry are no printed decimals."""
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9].*)?")
_DONE = {
    "已完成": 1.0, "完成": 1.0, "done": 1.0, "completed": 1.0, "进行中": 0.5, "已启动": 0.5, "推进中": 0.5, "started": 0.5,
    "in_progress": 0.5, "in progress": 0.5, "未启动": 0.0, "未开始": 0.0, "尚未启动": 0.0, "planned": 0.0, "not started": 0.0,
}  # fmt: skip
"""A milestone's state in words, which stand for its value."""


class Written(StrEnum):
    """In which form observations are written."""

    SDMX_CSV = "sdmx-csv"


@app.command(epilog=EXAMPLE)
def observations(
    file: Annotated[
        Path, typer.Argument(help="Observations: CSV, TSV, JSON or JSON Lines, as `planwatch read` writes them.")
    ],
    form: Annotated[Written, typer.Option("--format", help="How they are written.")] = Written.SDMX_CSV,
) -> None:
    """Write a file of observations as SDMX-CSV 2.0, for statistical tools; a feed of layout sdmx_csv reads it back."""
    from planwatch.feeds.sdmxout import write_sdmx_csv

    del form  # so far the only one
    sys.stdout.write(write_sdmx_csv(read_observations(file, {})))


@dataclass(frozen=True, slots=True)
class _Line:
    """One record and the line it begins on."""

    number: int
    cells: Mapping[str, Any]


def read_observations(path: Path, areas: Mapping[str, str]) -> pd.DataFrame:
    """Return the observations of a file; the suffix says what it is (.csv, .tsv, .json, .jsonl).

    Args:
        path: the file; any subset of the observation columns with `REQUIRED` among them. Other columns are left out.
        areas: area id by every name of it; a name that is not in it stands as it is.

    Raises:
        InputError: one fault for every missing column and every cell that is not what it must be.
    """
    import pandas as pd

    text = read_text(path, _MAX_BYTES)
    if not text.strip():
        raise InputError.of(empty_file(path))
    lines, columns = _records(path, text)
    faults = _missing_columns(path, columns)
    if faults:
        raise InputError.of(*faults)
    rows = []
    for line in lines:
        row, bad = _row(path, line, areas)
        rows.append(row)
        faults += bad
    if faults:
        raise InputError.of(*faults)
    return pd.DataFrame(rows, columns=[c for c in _KNOWN if c in columns])


def _records(path: Path, text: str) -> tuple[list[_Line], set[str]]:
    """Return the records and the columns that any of them has."""
    suffix = path.suffix.lower()
    if suffix in (".jsonl", ".ndjson", ".json"):
        lines = list(_json_lines(path, text) if suffix != ".json" else _json_list(path, text))
        return lines, set(REQUIRED) if not lines else {key for line in lines for key in line.cells}
    header, records = csv_records(path, text, "\t" if suffix == ".tsv" else ",", REQUIRED)
    return [_Line(record.line, record.cells) for record in records], set(header)


def _json_lines(path: Path, text: str) -> Iterator[_Line]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield _Line(number, _object(path, number, _parsed(path, number, line)))


def _json_list(path: Path, text: str) -> Iterator[_Line]:
    data = _parsed(path, None, text)
    if not isinstance(data, list):
        raise InputError.of(
            Fault(code="not_a_list", message="the file is no list of observations", file=str(path), expected="[{…}, …]")
        )
    yield from (_Line(number, _object(path, number, item)) for number, item in enumerate(data, 1))


def _parsed(path: Path, line: int | None, text: str) -> Any:
    try:
        return parsed_json(text)
    except ValueError as error:
        raise InputError.of(
            Fault(code="not_json", message=f"not valid JSON: {error}", file=str(path), line=line)
        ) from error


def _object(path: Path, number: int, item: Any) -> Mapping[str, Any]:
    if isinstance(item, dict):
        return item
    raise InputError.of(
        Fault(code="not_an_object", message="not an object", file=str(path), row=number, value=str(item)[:80])
    )


def _missing_columns(path: Path, columns: set[str]) -> list[Fault]:
    return [
        Fault(
            code="missing_column",
            message="the column is missing",
            file=str(path),
            column=column,
            expected=", ".join(REQUIRED),
            mend="add the column, or write the file with `planwatch read --format csv`",
        )
        for column in REQUIRED
        if column not in columns
    ]


def _row(path: Path, line: _Line, areas: Mapping[str, str]) -> tuple[dict[str, Any], list[Fault]]:
    """Return a record with typed cells, and a fault for each that cannot be."""
    cells = {key: _tidy(line.cells.get(key)) for key in _KNOWN if key in line.cells}
    faults = []
    for column, (parse, expected) in _PARSERS.items():
        if column not in cells:
            continue
        try:
            cells[column] = parse(cells[column])
        except (ValueError, TypeError, OverflowError):
            faults.append(_bad(path, line, column, expected))
    if not isinstance(cells.get("value"), float) and not any(f.column == "value" for f in faults):
        faults += _milestone_state(path, line, cells)
    cells["area"] = areas.get(str(cells.get("area")), cells.get("area"))
    return cells, faults


def _milestone_state(path: Path, line: _Line, cells: dict[str, Any]) -> list[Fault]:
    """Put a number for a milestone's state in words; any other word is a fault."""
    word = str(cells.get("value") or "").lower()
    if cells.get("measure") == Measure.DONE.value and word in _DONE:
        cells["value"] = _DONE[word]
        return []
    return [_bad(path, line, "value", "a plain number such as 19080 or -1.6")]


def _bad(path: Path, line: _Line, column: str, expected: str) -> Fault:
    return Fault(
        code="bad_cell",
        message=f"not a {column}",
        file=str(path),
        row=line.number,
        column=column,
        value=str(line.cells.get(column) or "")[:80],
        expected=expected,
    )


def _tidy(cell: Any) -> Any:
    return unicodedata.normalize("NFC", cell).strip() if isinstance(cell, str) else cell


def _needed(cell: Any) -> str:
    if cell in (None, "") or isinstance(cell, list | dict):
        raise ValueError
    return str(cell)


def _number(cell: Any) -> float | str:
    """Return a finite number; a word stays for `_milestone_state` to read."""
    if isinstance(cell, bool) or cell is None:
        raise ValueError
    try:
        value = float(cell)
    except ValueError:
        return str(cell)
    if not math.isfinite(value) or "_" in str(cell):
        raise ValueError
    return value


def _whole(cell: Any) -> int | None:
    if cell in (None, ""):
        return None
    value = float(cell)
    if isinstance(cell, bool) or value != int(value) or value < 0:
        raise ValueError
    return int(value)


def _places(cell: Any) -> int | None:
    places = _whole(cell)
    if places is not None and places > MOST_DECIMALS:
        raise ValueError
    return places


def _instant(cell: Any) -> datetime | None:
    """Return an instant, Shanghai time where it names no zone; a day is its first moment."""
    if cell in (None, ""):
        return None
    if not _ISO.fullmatch(str(cell)):
        raise ValueError
    given = datetime.fromisoformat(str(cell))
    return given if given.tzinfo else given.replace(tzinfo=SHANGHAI)


def _day(cell: Any) -> date | None:
    given = _instant(cell)
    return given.astimezone(SHANGHAI).date() if given else None


def _quality(cell: Any) -> str:
    return Quality(str(cell)).value if cell not in (None, "") else Quality.FINAL.value


def _text_or_empty(cell: Any) -> str:
    return "" if cell is None else str(cell)


_PARSERS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "indicator": (_needed, "an indicator id"),
    "area": (_needed, "an area id"),
    "period": (lambda cell: str(parse_period(_needed(cell))), "a month YYYY-MM"),
    "span": (lambda cell: Span(_needed(cell)).value, ", ".join(Span)),
    "measure": (lambda cell: Measure(_needed(cell)).value, ", ".join(Measure)),
    "value": (_number, "a plain number such as 19080 or -1.6"),
    "unit": (_text_or_empty, "a unit"),
    "decimals": (_places, f"a whole number of decimal places, 0 to {MOST_DECIMALS}"),
    "quality": (_quality, ", ".join(Quality)),
    "published_at": (_day, "a date YYYY-MM-DD"),
    "recorded_at": (_instant, "an instant such as 2026-07-20T09:30:00+08:00"),
    "observation_id": (_whole, "a whole number"),
    "text": (_text_or_empty, "text"),
    "printed_unit": (_text_or_empty, "a unit"),
    "flags": (_text_or_empty, "words"),
    "origin": (_text_or_empty, "published or simulated"),
}
