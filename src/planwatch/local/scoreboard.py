"""The scoreboard: the newest edition of a plan in the terminal, the worst first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Engine, text

from planwatch.model.vocabulary import STATUS_ZH, Kind, Status

ORDER = (
    Status.OFF_TRACK, Status.MISSED, Status.OVERDUE, Status.AT_RISK, Status.ON_TRACK, Status.ACHIEVED, Status.NOT_DUE,
    Status.NOT_ASSESSABLE, Status.AWAITING_TARGET, Status.WITHDRAWN,
)  # fmt: skip
"""What needs attention comes first."""

STYLES = {
    Status.OFF_TRACK: "bold red", Status.MISSED: "bold red", Status.OVERDUE: "magenta", Status.AT_RISK: "yellow",
    Status.ON_TRACK: "green", Status.ACHIEVED: "bold green",
}  # fmt: skip

_EDITION = text("""
SELECT e.* FROM bi.editions e WHERE e.plan_year = :year AND e.is_current ORDER BY e.period DESC LIMIT 1
""")
_ROWS = text("""
SELECT ordinal, name_zh, kind, unit, actual, expected, variance, gap_pp, status, reading_period, provisional, department_zh
FROM bi.variance_monthly WHERE plan_id = :plan_id AND period = :period ORDER BY ordinal, area
""")


@dataclass(frozen=True, slots=True)
class Score:
    """An edition and its rows, as the views give them."""

    edition: dict[str, Any]
    rows: list[dict[str, Any]]


def newest_score(engine: Engine, year: int) -> Score | None:
    """Return the newest month's current edition of a year's plan, None where there is none."""
    with engine.connect() as conn:
        edition = conn.execute(_EDITION, {"year": year}).mappings().one_or_none()
        if edition is None:
            return None
        key = {"plan_id": edition["plan_id"], "period": edition["period"]}
        return Score(dict(edition), [dict(r) for r in conn.execute(_ROWS, key).mappings()])


def show(console: Console, score: Score) -> None:
    """Print the scoreboard: a table, then one line of sums."""
    edition = score.edition
    title = f"Edition {edition['period']} no. {edition['edition_number']} · as of {edition['as_of']:%Y-%m-%d}"
    marks = [
        word for key, word in (("simulated", "simulated 模拟数据"), ("provisional", "provisional")) if edition[key]
    ]
    table = Table(title=" · ".join([title, *marks]), title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))  # fmt: skip
    table.add_column("Status", no_wrap=True)
    table.add_column("Indicator", ratio=3, overflow="fold")
    for name in ("Actual", "Expected", "Gap"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Unit", style="dim", no_wrap=True)
    table.add_column("Department", overflow="fold")
    for row in sorted(score.rows, key=lambda r: (ORDER.index(Status(r["status"])), r["ordinal"])):
        table.add_row(*_cells(row))
    console.print()
    console.print(table)
    console.print()
    console.print(_sums(score), highlight=False)


def _cells(row: dict[str, Any]) -> list[str]:
    status = Status(row["status"])
    style = STYLES.get(status, "dim")
    return [
        f"[{style}]{STATUS_ZH[status]} {str(status).replace('_', ' ')}[/]",
        escape(row["name_zh"]),
        actual(row),
        number(row["expected"]),
        gap(row),
        escape(row["unit"] or ""),
        escape(row["department_zh"] or ""),
    ]


def actual(row: dict[str, Any]) -> str:
    """Return the reading: a milestone's as the word for its state."""
    if row["kind"] == Kind.MILESTONE and row["actual"] is not None:
        return "已完成" if row["actual"] >= 1 else "进行中" if row["actual"] > 0 else "未启动"
    return number(row["actual"])


def gap(row: dict[str, Any]) -> str:
    """Return the gap: points of the year's task (pp) where the target is paced, else the variance in its unit, points of a %."""
    if row["gap_pp"] is not None:
        return f"{signed(row['gap_pp'])} pp"
    points = " pts" if row["unit"] == "%" and row["variance"] is not None else ""
    return signed(row["variance"]) + points


def number(value: float | None) -> str:
    """Return a number with thousands separators, at most two decimals and a true minus; empty where there is none."""
    if value is None:
        return ""
    shown = f"{value:,.2f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown.replace("-", "−")


def signed(value: float | None) -> str:
    """Return a number with its sign; zero has none."""
    shown = number(value)
    return shown if shown in ("", "0") or shown.startswith("−") else f"+{shown}"


def _sums(score: Score) -> str:
    counts = Counter(Status(r["status"]) for r in score.rows)
    parts = [f"[{STYLES.get(s, 'dim')}]{counts[s]} {str(s).replace('_', ' ')}[/]" for s in ORDER if counts[s]]
    return f"{len(score.rows)} targets: " + ", ".join(parts)
