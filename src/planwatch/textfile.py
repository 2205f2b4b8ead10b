"""Text files as people hand them in: UTF-8, CSV and JSON, read so that nothing in them is quietly taken for something else."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planwatch.errors import Fault, InputError

_QUOTE = 'put a cell that holds a separator between " and ", such as "19,080"'

_FORMULA = ("=", "+", "-", "@")
_FIGURE = re.compile(r"[+-]?[0-9][0-9,]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?[%％]?")


class DuplicateKeyError(ValueError):
    """A JSON object gives one key twice."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a CSV file by the names of its header; `line` is the line it begins on. Cells that are not there are None."""

    line: int
    cells: dict[str, str | None]


def read_text(path: Path, max_bytes: int, error: type[InputError] = InputError) -> str:
    """Return the text of a UTF-8 file, without its byte order mark.

    Args:
        path: the file.
        max_bytes: how large it may be; never more is read.
        error: what is raised.

    Raises:
        InputError: `not_there` (also a folder), `too_large`, `not_utf8`.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(max_bytes + 1)
    except (OSError, ValueError) as broken:
        said = getattr(broken, "strerror", None) or str(broken)
        raise error.of(Fault(code="not_there", message=f"cannot be read: {said}", file=str(path))) from broken
    if len(raw) > max_bytes:
        raise error.of(
            Fault(
                code="too_large", message="the file is too large", file=str(path), expected=f"at most {max_bytes} bytes"
            )
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        message, mend = f"byte {broken.start} is not UTF-8", "save the file as UTF-8"
        raise error.of(Fault(code="not_utf8", message=message, file=str(path), mend=mend)) from broken


def csv_records(
    path: Path, text: str, delimiter: str = ",", needed: Sequence[str] = ()
) -> tuple[list[str], list[Record]]:
    """Return the header and the records of a CSV text; records without a single filled cell are left out.

    Where the header lacks a `needed` column the caller has that to say, and too many cells in a row only follow from it.

    Raises:
        InputError: `empty_file`, `duplicate_column`, `not_csv` (quotes that do not close), and `too_many_cells` for every row with
            more cells than the header: an unquoted 19,080 would be read as 19.
    """
    rows = _split(path, text, delimiter)
    header = [name.strip() for name in next(rows, (1, []))[1]]
    if not any(header):
        raise InputError.of(empty_file(path))
    twice = [name for name, count in Counter(header).items() if count > 1 and name]
    faults = [
        Fault(code="duplicate_column", message="the header names the column twice", file=str(path), line=1, column=name)
        for name in twice
    ]
    kept = [(line, cells) for line, cells in rows if any(cell.strip() for cell in cells)]
    if set(needed) <= set(header):
        faults += [_too_many(path, line, cells, len(header)) for line, cells in kept if len(cells) > len(header)]
    if faults:
        raise InputError.of(*faults)
    return header, [Record(line, _by_name(header, cells)) for line, cells in kept]


def disarmed(cell: str) -> str:
    """Return a text as a CSV cell that no spreadsheet takes for a formula: with an apostrophe before = + - and @, but for numbers.

    `csv_records` takes the apostrophe off again.
    """
    risky = cell[:1] in _FORMULA and any(c.isalnum() for c in cell) and not _FIGURE.fullmatch(cell)
    return f"'{cell}" if risky else cell


def _by_name(header: Sequence[str], cells: Sequence[str]) -> dict[str, str | None]:
    plain = [cell[1:] if cell[:1] == "'" and disarmed(cell[1:]) == cell else cell for cell in cells]
    return dict.fromkeys(header) | dict(zip(header, plain, strict=False))


def _split(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line each row begins on, and its cells."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        fault = Fault(
            code="not_csv",
            message=f"the row that begins here is not valid CSV: {error}",
            file=str(path),
            line=line,
            mend="close every quote, and double a quote that is part of a cell",
        )
        raise InputError.of(fault) from error


def _too_many(path: Path, line: int, cells: Sequence[str], columns: int) -> Fault:
    return Fault(
        code="too_many_cells",
        message="the row has more cells than the header",
        file=str(path),
        row=line,
        value=",".join(cells)[:80],
        expected=f"{columns} cells, not {len(cells)}",
        mend=_QUOTE,
    )


def empty_file(path: Path) -> Fault:
    """Return the fault of a file that holds nothing."""
    return Fault(code="empty_file", message="the file is empty", file=str(path))


def parsed_json(text: str, *, numbers_as_printed: bool = False) -> Any:
    """Return what a JSON text says; a key given twice is no JSON here, for one of its values would be lost.

    With `numbers_as_printed` numbers stay the text they are: 5.80 has two decimals.

    Raises:
        DuplicateKeyError: a key is given twice.
        ValueError: the text is not JSON, or nested too deeply.
    """
    try:
        if numbers_as_printed:
            return json.loads(text, object_pairs_hook=_once_each, parse_float=str, parse_int=str, parse_constant=str)
        return json.loads(text, object_pairs_hook=_once_each)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _once_each(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise DuplicateKeyError(f"the key {key[:80]!r} is given twice")
        found[key] = value
    return found
