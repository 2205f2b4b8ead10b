"""SDMX-CSV 1.0 and 2.0: codes are made words that the feed's table describes; a deletion is no observation."""

from __future__ import annotations

from collections.abc import Iterable

from planwatch.errors import Fault, ReleaseError
from planwatch.feeds.grid import EMPTY, Cell, Grid
from planwatch.feeds.plaintext import decode, read_text_table
from planwatch.model.feed import Limits, SdmxRule
from planwatch.reconcile.text import squash

_PREFIXES = {0: "", 2: "百", 3: "千", 4: "万", 5: "十万", 6: "百万", 7: "千万", 8: "亿", 9: "十亿", 10: "百亿", 11: "千亿", 12: "万亿"}
"""UNIT_MULT → what stands before the unit."""
_DELETED = "D"
_SHOWN = 3


def read_sdmx_csv(data: bytes, filename: str, limits: Limits, rule: SdmxRule) -> list[Grid]:
    """Return an SDMX-CSV file as one grid: dimensions by their ids, UNIT_MEASURE as a unit, SERIES where the feed names dimensions.

    Raises:
        ReleaseError: not SDMX-CSV, a deletion or a multiplier that cannot be taken, or not a text table at all.
    """
    head = decode(data[:4096].rsplit(b"\n", 1)[0], filename).split("\n", 1)[0]
    grid = read_text_table(data, filename, limits, _delimiter(head))[0]
    if not grid.rows or not _is_sdmx(grid.rows[0]):
        raise _refusal(
            "not_sdmx", "the first line is not the header of an SDMX-CSV file", filename, row=1, value=head[:120],
            expected="DATAFLOW (1.0) or STRUCTURE, STRUCTURE_ID, ACTION (2.0), and OBS_VALUE",
            mend="export the data as SDMX-CSV, with a header",
        )  # fmt: skip
    named = [_id(cell.text) for cell in grid.rows[0]]
    labelled = {c for c, cell in enumerate(grid.rows[0]) if ": " in cell.text}
    grid.rows[0] = [Cell(name) for name in named]
    for row in grid.rows[1:]:
        for c in labelled & set(range(len(row))):
            row[c] = Cell(_id(row[c].text))
    _check_actions(grid, named, filename)
    _put_units(grid, named, rule, filename)
    _put_series(grid, named, rule, filename)
    return [grid]


def _delimiter(head: str) -> str:
    """Return what parts the cells: the standard lets it be read from what follows the first name."""
    return next((mark for mark in (",", ";", "\t") if mark in head.split("]")[-1]), ",")


def _is_sdmx(header: list[Cell]) -> bool:
    names = [_id(cell.text) for cell in header]
    return names[0].partition("[")[0] in ("DATAFLOW", "STRUCTURE") and "OBS_VALUE" in names


def _id(text: str) -> str:
    """Return the id of `FREQ: Frequency`, as files with labels have it."""
    return text.partition(": ")[0].strip()


def _column(named: list[str], name: str) -> int | None:
    return named.index(name) if name in named else None


def _text(row: list[Cell], column: int | None) -> str:
    return row[column].text.strip() if column is not None and column < len(row) else ""


def _check_actions(grid: Grid, named: list[str], filename: str) -> None:
    """Refuse deletions: an observation is never taken back, it is corrected by a new one."""
    column = _column(named, "ACTION")
    rows = [n for n, row in zip(grid.numbers[1:], grid.rows[1:], strict=True) if _text(row, column) == _DELETED]
    if rows:
        raise _refusal(
            "deletion", f"{len(rows)} rows delete observations (ACTION D)", filename, row=rows[0], column="ACTION", value=_DELETED,
            expected="I, A, R or M", mend="deliver the corrected values; what is withdrawn is said in OBS_STATUS",
        )  # fmt: skip


def _put_units(grid: Grid, named: list[str], rule: SdmxRule, filename: str) -> None:
    """Write the unit that UNIT_MEASURE and UNIT_MULT give together into UNIT_MEASURE."""
    column, power = _column(named, "UNIT_MEASURE"), _column(named, "UNIT_MULT")
    if column is None:
        return
    known: dict[tuple[str, str], Cell] = {}
    for number, row in zip(grid.numbers[1:], grid.rows[1:], strict=True):
        key = _text(row, column), _text(row, power)
        if key not in known:
            known[key] = _unit(*key, rule, filename, number)
        if column < len(row):
            row[column] = known[key]


def _unit(code: str, power: str, rule: SdmxRule, filename: str, row: int) -> Cell:
    unit = rule.units.get(code, code)
    if not unit or power in ("", "0"):
        return Cell(unit) if unit else EMPTY
    digits = power.removeprefix("+")
    prefix = _PREFIXES.get(int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < _SHOWN else None
    if prefix is None or unit == "%":
        raise _refusal(
            "unit_multiplier", f"{code} by ten to the {power[:20]} is no unit that is known", filename, row=row, column="UNIT_MULT",
            value=power[:40], expected=", ".join(map(str, _PREFIXES)), mend="ask the source for the multiplier",
        )  # fmt: skip
    return Cell(prefix + unit)


def _put_series(grid: Grid, named: list[str], rule: SdmxRule, filename: str) -> None:
    """Write the codes of the dimensions that name a series into a column of their own, behind all others."""
    if not rule.series:
        return
    missing = [name for name in rule.series if name not in named]
    if missing:
        raise _refusal(
            "missing_column", f"the dimension {missing[0]} is missing", filename, row=1, column=missing[0], value="; ".join(named)[:200],
            expected=f"the dimensions {', '.join(rule.series)}", mend="restore the dimension, or describe the new ones in feeds.yaml",
        )  # fmt: skip
    columns, width = [named.index(name) for name in rule.series], len(named)
    grid.rows[0].append(Cell("SERIES"))
    known: dict[str, Cell] = {}
    for row in grid.rows[1:]:
        if len(row) == width:
            name = _joined(_text(row, c) for c in columns)
            row.append(known.setdefault(name, Cell(name)))


def _joined(codes: Iterable[str]) -> str:
    return ".".join(squash(code) for code in codes)


def _refusal(code: str, message: str, filename: str, **places: object) -> ReleaseError:
    fault = Fault(code=code, message=message, file=filename, **places)  # type: ignore[arg-type]
    return ReleaseError(str(fault), (fault,))
