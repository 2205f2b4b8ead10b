"""Files broken on purpose, one way each, for trials of the gates: what `--corrupt` makes of a release before it is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy

from planwatch.sample.grid import FULL_WIDTH, Cell, Draft, Number, Sheet
from planwatch.sample.world import Damage

HALF_WIDTH = {full: half for half, full in FULL_WIDTH.items()}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

Change = Callable[[Sheet, Damage], None]

PART = 10_000.0
"""What amounts, and parts that outgrow their whole, are multiplied by."""


def damage(draft: Draft, place: Damage, kind: str) -> Draft:
    """Return a copy of the draft, broken in one place; kinds that concern bytes alone leave it whole."""
    broken = deepcopy(draft)
    if kind in CHANGES:
        CHANGES[kind](broken.sheets[place.sheet], place)
    return broken


def applies(kind: str, place: Damage) -> bool:
    """Return whether a feed's tables can be broken so: a table without units has none to be changed."""
    needs = {
        "foreign-unit": place.foreign_unit is not None, "unit-changed": place.other_unit is not None,
        "swapped-columns": place.swapped is not None, "part-exceeds-whole": bool(place.part),
        "falling-total": place.total is not None, "amount-scaled": bool(place.amounts),
        "negative-count": bool(place.amounts), "duplicated-row": not place.words,
    }  # fmt: skip
    return needs.get(kind, True)


def _row(sheet: Sheet, place: Damage, text: str = "") -> list[Cell]:
    return next(row for row in sheet.body if (text or place.row) in str(row[place.label]))


def _column(sheet: Sheet, header: str) -> int:
    return next(row.index(header) for row in sheet.header if header in row)


def _multiplied(cell: Cell, factor: float) -> Cell:
    """Return a number times a factor, also one that is printed as text (full width, 1,234, 54.0①); what is no number stays."""
    if isinstance(cell, Number):
        return Number(round(cell.value * factor, cell.decimals), cell.decimals)
    plain = _NUMBER.match(cell.translate(HALF_WIDTH).replace(",", "")) if isinstance(cell, str) else None
    return Number(round(float(plain[0]) * factor, 1), 1 if "." in plain[0] else 0) if plain else cell


def _scale(sheet: Sheet, place: Damage) -> None:
    row = _row(sheet, place)
    for n in place.amounts:
        row[n] = _multiplied(row[n], PART)


def _rename(sheet: Sheet, place: Damage) -> None:
    sheet.header = [[place.renamed if text == place.header else text for text in row] for row in sheet.header]


def _drop(sheet: Sheet, place: Damage) -> None:
    column = _column(sheet, place.header)
    for head in sheet.header:
        del head[column]
    for row in sheet.body:
        del row[column]
    for merges in (sheet.merges, sheet.body_merges):
        shifted = [(r1, c1 - (c1 > column), r2, c2 - (c2 >= column)) for r1, c1, r2, c2 in merges]
        merges[:] = [m for m in shifted if m[3] >= m[1] and m[:2] != m[2:]]


def _write_text(sheet: Sheet, place: Damage) -> None:
    _row(sheet, place)[place.number] = place.text


def _write_error(sheet: Sheet, place: Damage) -> None:
    _row(sheet, place)[place.number] = "#REF!"


def _negate(sheet: Sheet, place: Damage) -> None:
    row = _row(sheet, place)
    for n in place.amounts:
        row[n] = _multiplied(row[n], -1.0)


def _shrink(sheet: Sheet, place: Damage) -> None:
    if place.total is not None:
        row = _row(sheet, place)
        row[place.total] = _multiplied(row[place.total], 0.05)


def _relabel(unit: str | None, sheet: Sheet, place: Damage) -> None:
    if place.unit is None:
        sheet.caption = f"单位：{unit}"
    else:
        _row(sheet, place)[place.unit] = unit


def _repeat(sheet: Sheet, place: Damage) -> None:
    """Give the row a second time, with other figures."""
    again = list(_row(sheet, place))
    for n in {place.number, *place.amounts}:
        again[n] = _multiplied(again[n], 1.25)
    sheet.body.append(again)


def _add_stranger(sheet: Sheet, place: Damage) -> None:
    row = list(_row(sheet, place))
    row[place.label] = place.stranger
    sheet.body.append(row)


def _misspell(sheet: Sheet, place: Damage) -> None:
    row = _row(sheet, place)
    name = str(row[place.label])
    at = next(n for n in range(1, len(name) - 1) if name[n] != name[n + 1])
    row[place.label] = name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def _lose(sheet: Sheet, place: Damage) -> None:
    sheet.body.remove(_row(sheet, place))


def _swap(sheet: Sheet, place: Damage) -> None:
    if place.swapped:
        one, other = place.swapped
        for row in sheet.body:
            row[one], row[other] = row[other], row[one]


def _outgrow(sheet: Sheet, place: Damage) -> None:
    part, whole = _row(sheet, place, place.part), _row(sheet, place)
    for n in place.amounts:
        part[n] = _multiplied(whole[n], 1.5)


def _postdate(sheet: Sheet, place: Damage) -> None:
    """Let the row speak of next year: in its own column where it has one, else behind its name."""
    row = _row(sheet, place)
    if place.period is None:
        row[place.label] = f"{row[place.label]}（{place.future}）"
    else:
        row[place.period] = place.future


CHANGES: dict[str, Change] = {
    "renamed-column": _rename,
    "missing-column": _drop,
    "swapped-columns": _swap,
    "text-in-number": _write_text,
    "formula-error": _write_error,
    "negative-count": _negate,
    "falling-total": _shrink,
    "part-exceeds-whole": _outgrow,
    "amount-scaled": _scale,
    "unit-changed": lambda sheet, place: _relabel(place.other_unit, sheet, place),
    "foreign-unit": lambda sheet, place: _relabel(place.foreign_unit, sheet, place),
    "unknown-row": _add_stranger,
    "misspelt-row": _misspell,
    "missing-row": _lose,
    "duplicated-row": _repeat,
    "future-period": _postdate,
}
"""Kind of damage → what it does to a sheet."""
