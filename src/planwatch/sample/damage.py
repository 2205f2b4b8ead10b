"""Files broken on purpose, one way each, for trials of the gates: what `--corrupt` makes."""

from __future__ import annotations

from copy import deepcopy

from planwatch.sample.container import encrypted_container
from planwatch.sample.grid import Cell, Draft, Number, Sheet
from planwatch.sample.world import Damage

CORRUPTIONS = (
    "not-a-workbook",
    "password-protected",
    "renamed-column",
    "missing-column",
    "other-month",
    "text-in-number",
    "unit-changed",
    "amount-scaled",
    "foreign-unit",
    "unknown-row",
)
"""Kinds of damage. `unit-changed`: another unit of the same kind (亿元 for 万元) over the same digits. `amount-scaled`: amounts ten
thousand times larger under the old unit. `foreign-unit`: the unit is of another kind (万人 for money). `other-month`: another month's file under this month's name."""

BLOCK_PAGE = (
    "<html><head><title>403 Forbidden</title></head>\r\n<body><center><h1>403 Forbidden</h1></center></body></html>\r\n"
)


def damage(draft: Draft, place: Damage, kind: str) -> Draft:
    """Return a copy of the draft, broken in one place."""
    broken = deepcopy(draft)
    sheet = broken.sheets[place.sheet]
    if kind == "renamed-column":
        _rename(sheet, place)
    elif kind == "missing-column":
        _drop(sheet, _column(sheet, place.header))
    elif kind == "text-in-number":
        _row(sheet, place)[place.number] = place.text
    elif kind == "amount-scaled":
        _enlarge(_row(sheet, place), place.amounts)
    elif kind == "foreign-unit":
        _relabel(sheet, place, place.foreign_unit)
    elif kind == "unit-changed":
        _relabel(sheet, place, place.other_unit)
    elif kind == "unknown-row":
        sheet.body.append([place.stranger, *_row(sheet, place)[1:]])
    return broken


def broken_bytes(kind: str) -> bytes:
    """Return what is no release at all: a block page instead of the file, or an encrypted container."""
    return BLOCK_PAGE.encode() if kind == "not-a-workbook" else encrypted_container()


def _row(sheet: Sheet, place: Damage) -> list[Cell]:
    return next(row for row in sheet.body if place.row in str(row[0]))


def _column(sheet: Sheet, header: str) -> int:
    return next(row.index(header) for row in sheet.header if header in row)


def _enlarge(row: list[Cell], amounts: tuple[int, ...]) -> None:
    for n in amounts:
        cell = row[n]
        if isinstance(cell, Number):
            row[n] = Number(cell.value * 10_000, 0)
        elif isinstance(cell, str) and cell.replace(",", "").replace(".", "").isdecimal():
            row[n] = Number(float(cell.replace(",", "")) * 10_000, 0)


def _rename(sheet: Sheet, place: Damage) -> None:
    sheet.header = [[place.renamed if text == place.header else text for text in row] for row in sheet.header]


def _drop(sheet: Sheet, column: int) -> None:
    for head in sheet.header:
        del head[column]
    for row in sheet.body:
        del row[column]
    shifted = [(r1, c1 - (c1 > column), r2, c2 - (c2 >= column)) for r1, c1, r2, c2 in sheet.merges]
    sheet.merges = [(r1, c1, r2, c2) for r1, c1, r2, c2 in shifted if c2 >= c1 and (r1, c1) != (r2, c2)]


def _relabel(sheet: Sheet, place: Damage, unit: str | None) -> None:
    if place.unit is None:
        sheet.titles[-1] = f"单位：{unit}"
    else:
        _row(sheet, place)[place.unit] = unit
