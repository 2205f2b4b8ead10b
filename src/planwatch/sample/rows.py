"""The rows of every form in a month: field by field, as the house would know them, before they are laid out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from planwatch.model.period import last_day, make_period
from planwatch.sample import latent
from planwatch.sample.forms import (
    AnyTable,
    AreasTable,
    AssignmentTable,
    BottomLineTable,
    BudgetRow,
    BudgetTable,
    CountRow,
    CountsTable,
    EconomyRow,
    EconomyTable,
    MilestoneRow,
    MilestoneTable,
    RecordRow,
    RecordsTable,
    Table,
)
from planwatch.sample.grid import Cell, Number
from planwatch.sample.series import Base, Course, in_force, printed_in

Row = dict[str, Cell]
Rows = dict[str, Row]
"""Row id → field → cell: what styles and misprints are applied to."""

NONE, NO_RELEASE = "-", "……"
"""「-」 does not apply; 「……」 applies, but is not published this month."""
STATES = ("未启动", "进行中", "已完成")


@dataclass(frozen=True, slots=True)
class Moment:
    """Of which feed and month the rows are. `first` is the month of the feed's first release of the year."""

    year: int
    seed: int
    feed: str
    month: int
    first: int

    def course(self, path: Course, series: str, drawn_as: str = "") -> latent.Values:
        """Return a course's values. `drawn_as` is a feed, or a feed and series (`a/b`), whose noise it shares."""
        feed, _, other = drawn_as.partition("/")
        return latent.course(path, self.seed, feed or self.feed, other or series)


def rows_of(table: AnyTable, at: Moment) -> Rows:
    """Return the rows of a table in a month."""
    return BUILDERS[type(table)](table, at)


def _economy(table: EconomyTable, at: Moment) -> Rows:
    return {row.id: _economy_row(row, at, table.drawn_as) for row in table.rows}


def _economy_row(row: EconomyRow, at: Moment, drawn_as: str) -> Row:
    month = at.month - row.lag
    name = in_force(row.labels, at.month)
    if month not in row.months or month < at.first:
        return {"label": name, "unit": row.unit, "month_level": None, "month_growth": None,
                "ytd_level": NO_RELEASE if row.base else NONE, "ytd_growth": NO_RELEASE}  # fmt: skip
    cells: Row = {"label": f"{name}（1—{month}月）" if row.lag else name, "unit": row.unit}
    growth = at.course(row.growth, row.id, row.drawn_as or drawn_as)
    return cells | _month_cells(row, growth, at, month, drawn_as) | _ytd_cells(row, growth, month)


def _ytd_cells(row: EconomyRow, growth: latent.Values, month: int) -> Row:
    if row.index:
        return {"ytd_level": Number(round(100 + growth[month], 1)), "ytd_growth": NONE}
    level = _levels(row, growth)[month] if row.base else None
    return {"ytd_level": NONE if level is None else Number(level, row.decimals), "ytd_growth": Number(growth[month])}


def _levels(row: EconomyRow, growth: latent.Values) -> latent.Values:
    base = row.base or Base(value=0.0, shares={})
    return latent.levels(base.model_copy(update={"value": base.value * row.scale}), growth, row.decimals)


def _month_cells(row: EconomyRow, growth: latent.Values, at: Moment, month: int, drawn_as: str) -> Row:
    if not row.month_columns:
        return {"month_level": NONE, "month_growth": NONE}
    if month <= at.first:
        return {"month_level": None, "month_growth": None}
    own = at.course(row.month_growth, f"{row.id}/month", drawn_as) if row.month_growth else None
    if row.index:
        return {"month_level": Number(round(100 + (own or growth)[month], 1)), "month_growth": NONE}
    if row.base:
        level = latent.month_levels(_levels(row, growth), at.first, row.decimals)[month]
        before = row.scale * (latent.last_year(row.base, month) - latent.last_year(row.base, month - 1))
        return {"month_level": Number(level, row.decimals), "month_growth": Number(latent.growth_of(level, before))}
    implied = latent.month_growth(growth, at.first)[month] if row.derive_month else None
    shown = own[month] if own else implied
    return {"month_level": NONE, "month_growth": NONE if shown is None else Number(shown)}


def _budget(table: BudgetTable, at: Moment) -> Rows:
    return {row.id: _budget_row(row, table, at) for row in table.rows}


def _budget_row(row: BudgetRow, table: BudgetTable, at: Moment) -> Row:
    printed = printed_in(table.printed, at.month)
    growth = at.course(row.growth, row.id)
    ytd = latent.levels(row.base, growth, 4)
    of_month = latent.month_levels(ytd, 0, 4)[at.month]
    comparable = at.course(row.comparable, f"{row.id}/comparable")

    def amount(value: float) -> Number:
        return Number(round(value * printed.scale, printed.decimals), printed.decimals)

    return {
        "label": row.label, "month_level": amount(of_month), "ytd_level": amount(ytd[at.month]),
        "ytd_growth": Number(growth[at.month]), "ytd_comparable": Number(comparable[at.month]),
    }  # fmt: skip


def _counts(table: CountsTable, at: Moment) -> Rows:
    out: Rows = {}
    for number, row in enumerate(table.rows, 1):
        cells = _count(row, table, at) | {"number": Number(number, 0)}
        if row.last_year_end is not None and at.month == at.first:
            out[f"{row.id}/last_year"] = _last_december(row, table, cells, at)
        if at.month in row.months and at.month not in row.missing:
            out[row.id] = cells
    return out


def _count(row: CountRow, table: CountsTable, at: Moment) -> Row:
    printed, value, of_month = _amounts(row, table, at)
    breaches = Number(row.breaches.get(at.month, 0), 0)
    name = in_force(row.labels, at.month)
    by_basis: dict[str, Row] = {
        "累计": {"value": value, "month_level": of_month, "ytd_level": value},
        "累计同比": {"value": value, "ytd_growth": value},
        "期末": {"value": value, table.ends_in: value, "point_level": value},
        "当月": {"value": of_month, "month_level": of_month},
        "零报告": {"value": breaches, "month_level": breaches, "breaches": breaches},
    }
    empty: Row = dict.fromkeys(("value", "month_level", "ytd_level", "point_level", "ytd_growth", "breaches"), NONE)
    return empty | {
        "section": row.section, "label": f"{name}（{printed}）" if table.unit_in_label and printed else name,
        "unit": printed, "basis": table.says.get(row.basis, row.basis), "task": row.task or NONE,
        "progress": _progress(row, value), "department": row.department,
        "remark": row.remarks.get(at.month, "零报告" if row.basis == "零报告" and not row.breaches.get(at.month) else ""),
    } | by_basis[row.basis]  # fmt: skip


def _progress(row: CountRow, value: Number) -> Cell:
    """Return how much of the task is done, in %, where the house prints a task that is a plain number."""
    try:
        return Number(round(100 * value.value / float(row.task), 1)) if row.basis == "累计" else NONE
    except (ValueError, ZeroDivisionError):
        return NONE


def _amounts(row: CountRow, table: CountsTable, at: Moment) -> tuple[str, Number, Number]:
    """Return the unit, the value printed in a month, and that of the month alone in the same unit."""
    printed = printed_in(row.printed, at.month)
    values = at.course(row.course, row.id, row.drawn_as or table.drawn_as)
    now, before = (values.get(m, 0.0) * printed.scale for m in (at.month, at.month - 1))
    value = Number(round(now, printed.decimals), printed.decimals)
    return printed.unit, value, Number(round(value.value - before, printed.decimals), printed.decimals)


def _last_december(row: CountRow, table: CountsTable, cells: Row, at: Moment) -> Row:
    """Return the row that states last December, in the file of the year's first month."""
    decimals = printed_in(row.printed, at.month).decimals
    last = Number(row.last_year_end or 0.0, decimals)
    shown = {f: last for f in ("value", "point_level", table.ends_in) if cells[f] != NONE}
    name = in_force(row.labels, at.month)
    basis = {"basis": table.says.get("期末", "期末"), "remark": "上年末数", "label": f"{name}（{at.year - 1}年末）"}
    return cells | shown | basis


def _milestones(table: MilestoneTable, at: Moment) -> Rows:
    end = make_period(at.year, at.month)
    return {row.id: _milestone(n, row, end) for n, row in enumerate(table.rows, 1)}


def _milestone(number: int, row: MilestoneRow, period: str) -> Row:
    end = last_day(period)
    done = row.done if row.done and row.done <= end else None
    state = STATES[2] if done else STATES[1] if row.started and row.started <= end else STATES[0]
    return {"number": Number(number, 0), "label": row.label, "department": row.department, "state": state, "done": done,
            "evidence": row.evidence if done else ""}  # fmt: skip


def _bottom_lines(table: BottomLineTable, at: Moment) -> Rows:
    there = [row for row in table.rows if at.month in row.months and at.month not in row.missing]
    return {
        row.id: {
            "number": Number(n, 0), "label": in_force(row.labels, at.month), "period": f"{at.year}年{at.month}月",
            "breaches": Number(row.breaches.get(at.month, 0), 0), "department": row.department,
            "remark": row.remarks.get(at.month, "零报告"),
        }
        for n, row in enumerate(there, 1)
    }  # fmt: skip


def _areas(table: AreasTable, at: Moment) -> Rows:
    rows: Rows = {area: {"label": in_force(labels, at.month)} for area, labels in table.area_labels.items()}
    for column in table.growth:
        for area, row in rows.items():
            path = column.areas.get(area)
            values = at.course(path, f"{column.id}/{area}") if path else None
            row[column.id] = NONE if values is None else NO_RELEASE
            if values is not None and at.month in column.months:
                row[column.id] = Number(values[at.month])
    for rank in table.ranks:
        held = rank.ranks[max(m for m in rank.ranks if m <= at.month)]
        for area, row in rows.items():
            row[f"{rank.id}/rank"] = Number(held, 0) if area == "baotou" else NONE
    return rows


def _assignments(table: AssignmentTable, at: Moment) -> Rows:
    end = last_day(make_period(at.year, at.month))
    there = [row for row in table.rows if row.assigned <= end]
    return {
        row.id: {"number": Number(n, 0), "label": row.label, "value": Number(row.value, row.decimals), "unit": row.unit,
                 "document": row.document, "assigned": row.assigned}
        for n, row in enumerate(there, 1)
    }  # fmt: skip


def _records(table: RecordsTable, at: Moment) -> Rows:
    months = range(max(at.first, at.month - table.back), at.month + 1)
    return {
        f"{row.id}/{m}": {**table.fixed, **row.plus, **_record(row, at, m, table.drawn_as)}
        for m in months
        for row in table.rows
    }


def _record(row: RecordRow, at: Moment, month: int, drawn_as: str) -> Row:
    number = Number(at.course(row.course, row.id, row.drawn_as or drawn_as)[month], row.course.decimals)
    printed = number.plus(100) if row.index else number
    return {
        "code": row.code, "name": row.name, "unit": row.unit, "period": f"{at.year}{month:02}MM",
        "quarter": f"{at.year}-Q{(month + 2) // 3}", "period_name": f"{at.year}年{month}月",
        "value": printed if month in row.months else None,
    }  # fmt: skip


BUILDERS: dict[type[Table], Callable[[Any, Moment], Rows]] = {
    EconomyTable: _economy, BudgetTable: _budget, CountsTable: _counts, MilestoneTable: _milestones,
    BottomLineTable: _bottom_lines, AreasTable: _areas, AssignmentTable: _assignments, RecordsTable: _records,
}  # fmt: skip
"""Form of a table → what makes its rows."""
