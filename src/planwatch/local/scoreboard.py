"""The scoreboard: an edition of a plan in the terminal. What is behind comes first; the rest is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection, Engine, text

from planwatch.model.unit_words import label
from planwatch.model.units import is_percent
from planwatch.model.verdict import is_state
from planwatch.model.vocabulary import MINUS, STATUS_ZH, Status

ORDER = (
    Status.OFF_TRACK, Status.MISSED, Status.AT_RISK, Status.OVERDUE, Status.ON_TRACK, Status.ACHIEVED, Status.NOT_DUE,
    Status.NOT_ASSESSABLE, Status.AWAITING_TARGET, Status.WITHDRAWN,
)  # fmt: skip
"""What needs attention comes first."""
BEHIND = ORDER[:4]
"""What somebody must do something about."""
MOST = 15
"""So many rows fit on a screen, at two lines a row."""
WIDE = 110
"""From so many columns on there is room for the department."""

STYLES = {
    Status.OFF_TRACK: "bold red", Status.MISSED: "bold red", Status.OVERDUE: "magenta", Status.AT_RISK: "yellow",
    Status.ON_TRACK: "green", Status.ACHIEVED: "bold green",
}  # fmt: skip
POINTS = "pp 百分点: percentage points, of the year's task where the target is paced (序时进度差), of the indicator itself where that is a rate."

_EDITION = text("""
SELECT e.* FROM bi.editions e
WHERE e.plan_year = :year AND (e.period = :period OR CAST(:period AS text) IS NULL)
  AND (e.edition_number = :number OR (CAST(:number AS integer) IS NULL AND e.is_current))
ORDER BY e.period DESC LIMIT 1
""")
_ROWS = text("""
SELECT ordinal, name_zh, name_en, kind, unit, actual, expected, variance, gap_pp, status, department_zh, area_zh, part_of,
       observation_key
FROM bi.variance_editions WHERE plan_id = :plan_id AND period = :period AND edition_number = :number ORDER BY ordinal, area
""")


@dataclass(frozen=True, slots=True)
class Score:
    """An edition and its rows, as the views give them."""

    edition: dict[str, Any]
    rows: list[dict[str, Any]]


def newest_score(engine: Engine, year: int) -> Score | None:
    """Return the newest month's current edition of a year's plan, None where there is none."""
    with engine.connect() as conn:
        return score_of(conn, year)


def score_of(conn: Connection, year: int, period: str | None = None, number: int | None = None) -> Score | None:
    """Return an edition of a year's plan with its rows, None where there is none.

    Args:
        conn: a connection to the warehouse.
        year: the plan's.
        period: the month; left out, the newest published.
        number: which edition of the month; left out, the current one.
    """
    edition = conn.execute(_EDITION, {"year": year, "period": period, "number": number}).mappings().one_or_none()
    if edition is None:
        return None
    key = {"plan_id": edition["plan_id"], "period": edition["period"], "number": edition["edition_number"]}
    return Score(dict(edition), [dict(r) for r in conn.execute(_ROWS, key).mappings()])


def show(console: Console, score: Score, *, most: int | None = MOST, more: str = "") -> None:
    """Print the scoreboard: what it is, its targets by status, and those that are behind, the worst first.

    Args:
        console: where to.
        score: the edition.
        most: so many rows of those behind; None shows every target of the edition.
        more: the command that shows the rest.
    """
    rows = sorted(score.rows, key=_rank)
    behind = [row for row in rows if Status(row["status"]) in BEHIND]
    shown = rows if most is None else behind[:most]
    console.print()
    console.print(f"[bold]{_title(score.edition)}[/]", highlight=False)
    for line in _sums(score.rows, console.width):
        console.print(line, highlight=False)
    console.print()
    if shown:
        console.print(_table(shown, wide=console.width >= WIDE))
        console.print(f"\n[dim]{POINTS}[/]", highlight=False)
        if units := units_in_english(row["unit"] for row in shown):
            console.print(f"[dim]{escape(units)}[/]", highlight=False)
    elif rows:
        console.print("Nothing is behind. 没有滞后的目标。")
    _rest(console, len(behind) - len(shown), len(rows) - len(behind), most, more)


def _rest(console: Console, behind: int, others: int, most: int | None, more: str) -> None:
    """Say what is not shown, and how it is."""
    if most is None or not (behind + others):
        return
    what = [f"{behind} more behind"] if behind else []
    what += [f"{others} that are not"] if others else []
    console.print(f"and {', '.join(what)}" + (f": {more}" if more else ""), highlight=False, soft_wrap=True)


def _title(edition: dict[str, Any]) -> str:
    marks = [
        word
        for key, word in (("simulated", "simulated 模拟数据"), ("provisional", "provisional 初步数"))
        if edition[key]
    ]
    title = f"Edition {edition['period']} no. {edition['edition_number']} · as of {edition['as_of']:%Y-%m-%d}"
    return " · ".join([title, *marks])


def _rank(row: dict[str, Any]) -> tuple[Any, ...]:
    """Return what rows are sorted by: status, then how far behind (as `bi.off_track` has it), then the plan's order."""
    status = Status(row["status"])
    far = [(row[key] is None, row[key] or 0) for key in ("gap_pp", "variance")] if status in BEHIND else []
    return (ORDER.index(status), *far, row["ordinal"])


def _table(rows: Sequence[dict[str, Any]], *, wide: bool) -> Table:
    """Return the table: two lines a row, Chinese above English, so that both fit beside the figures at 80 columns."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Status", no_wrap=True)
    table.add_column("Indicator", ratio=1, overflow="fold")
    for name in ("Actual", "Expected", "Gap"):
        table.add_column(name, justify="right", no_wrap=True)
    if wide:
        table.add_column("Department", no_wrap=True)
    for row in rows:
        table.add_row(*_cells(row, wide=wide))
    return table


def _cells(row: dict[str, Any], *, wide: bool) -> list[Any]:
    status = Status(row["status"])
    style = STYLES.get(status, "dim")
    place = f"（{row['area_zh']}）" if row["part_of"] else ""
    below = row["name_en"] or "" if wide else " · ".join(filter(None, (row["name_en"], row["department_zh"])))
    cells = [
        f"[{style}]{STATUS_ZH[status]}\n{str(status).replace('_', ' ')}[/]",
        f"{escape(row['name_zh'] + place)}\n[dim]{escape(below)}[/]",
        actual(row),
        f"{number(row['expected'])}\n[dim]{escape(row['unit'] or '')}[/]" if row["expected"] is not None else "",
        gap(row),
    ]
    return [*cells, escape(row["department_zh"] or "")] if wide else cells


def actual(row: dict[str, Any]) -> str:
    """Return the reading above its unit: a state that a department attests as the word for it."""
    value = row["actual"]
    if value is None:
        return ""
    if is_state(row):
        zh, en = ("已完成", "done") if value >= 1 else ("进行中", "started") if value > 0 else ("未启动", "not started")
        return f"{zh}\n[dim]{en}[/]"
    return f"{number(value)}\n[dim]{escape(row['unit'] or '')}[/]"


def gap(row: dict[str, Any]) -> str:
    """Return the gap above its unit: points (pp) of the year's task where the target is paced, else the variance, of a rate in points (pp)."""
    if row["gap_pp"] is not None:
        return _measured(row["gap_pp"], "pp")
    if row["variance"] is None or is_state(row):
        return ""
    return _measured(row["variance"], "pp" if is_percent(row["unit"] or "") else row["unit"] or "")


def units_in_english(units: Iterable[str | None]) -> str:
    """Return what the units of a table are in English, `Units 单位: 亿元 100 million yuan.`; empty where there are plain counts alone."""
    said = [f"{unit} {label(unit)}" for unit in dict.fromkeys(units) if unit and label(unit) not in ("", unit)]
    return f"Units 单位: {', '.join(said)}." if said else ""


def _measured(value: float, unit: str) -> str:
    return f"{signed(value)}\n[dim]{escape(unit)}[/]"


def number(value: float | None) -> str:
    """Return a number with thousands separators, at most two decimals and a true minus; empty where there is none."""
    if value is None:
        return ""
    shown = f"{value:,.2f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown.replace("-", MINUS)


def signed(value: float | None) -> str:
    """Return a number with its sign; zero has none."""
    shown = number(value)
    return shown if shown in ("", "0") or shown.startswith(MINUS) else f"+{shown}"


def _sums(rows: Sequence[dict[str, Any]], width: int) -> list[str]:
    """Return the counts by status as lines of at most `width` cells; no status is broken in two."""
    counts = Counter(Status(r["status"]) for r in rows)
    parts = [(s, f"{counts[s]} {STATUS_ZH[s]} {str(s).replace('_', ' ')}") for s in ORDER if counts[s]]
    lines, used = [f"{len(rows)} targets:"], cell_len(f"{len(rows)} targets:")
    for n, (status, said) in enumerate(parts, 1):
        comma = "," if n < len(parts) else ""
        used += cell_len(said) + 1 + len(comma)
        if used > width:
            lines.append(" ")
            used = cell_len(said) + 2 + len(comma)
        lines[-1] += f" [{STYLES.get(status, 'dim')}]{said}[/]{comma}"
    return lines
