"""`planwatch judge`: targets and observations in, one verdict a target out."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.cells import cell_len

from planwatch.cli.arguments import month
from planwatch.cli.output import Format, write_rows
from planwatch.errors import Fault, InputError

if TYPE_CHECKING:
    import pandas as pd

    from planwatch.model.calendar import ReleaseCalendar
    from planwatch.model.target import Plan

app = typer.Typer(add_completion=False)

EXAMPLE = """
Example:

  planwatch read published_figures include/history/published_figures_2025-06.tsv --format csv > figures.csv

  planwatch judge --targets include/plans/2025.yaml --observations figures.csv --period 2025-06
"""
_WIDTH = 120
_COLOURS = {
    "achieved": "bold green", "on_track": "green", "at_risk": "yellow", "off_track": "bold red", "missed": "bold red",
    "overdue": "magenta", "not_assessable": "cyan", "awaiting_target": "cyan",
}  # fmt: skip


@app.command(epilog=EXAMPLE)
def judge(  # noqa: PLR0917 - a command's options, which the command line passes by name
    targets: Annotated[
        Path, typer.Option(help="A plan (.yaml), or what `targets export` wrote (.json, .jsonl, .csv).")
    ],
    observations: Annotated[
        Path,
        typer.Option(
            help="CSV, JSON or JSON Lines with indicator, area, period, span, measure, value, unit; past years are the history."
        ),
    ],
    period: Annotated[str, typer.Option(help="Month to judge, YYYY-MM, of the plan's year.")],
    as_of: Annotated[
        str | None,
        typer.Option(
            help="Day whose knowledge counts, YYYY-MM-DD, to its end in Shanghai; left out, everything given is known and due."
        ),
    ] = None,
    calendar: Annotated[
        Path | None, typer.Option(help="Release calendar; left out, the include folder's, else the built-in one.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How the verdicts are written.")] = Format.TABLE,
) -> None:
    """Judge targets by observations, for one month: one row a target.

    Exit code 0 when all are judged, off track or not; 2 when an input is not what it must be, with one line a fault.
    """
    from planwatch.cli.observations import read_observations
    from planwatch.model.verdict import CONTRACT_COLUMNS
    from planwatch.plan import import_targets
    from planwatch.progress import judge as judge_targets

    instant, year = _instant(as_of), _year(period)
    plan = import_targets(targets, year=year)
    known = read_observations(observations, _area_names())
    plan = _named(_placed(plan, targets, known))
    rules, feed_of = _duties(calendar, period, plan.area)
    plan = _timed(plan, known, period, instant)
    verdicts = judge_targets(plan, known, period, as_of=instant, calendar=rules, feed_of=feed_of)
    if form is Format.TABLE:
        _print_table(verdicts, plan.area, period)
        return
    rows = verdicts[list(CONTRACT_COLUMNS)].to_dict("records")
    shown = _cell_of_csv if form is Format.CSV else _plain
    write_rows([{str(k): shown(v) for k, v in row.items()} for row in rows], CONTRACT_COLUMNS, form)


def _instant(text: str | None) -> datetime | None:
    """Return the end of a day in Shanghai, or an instant as it is given."""
    from planwatch.model.calendar import SHANGHAI

    if text is None:
        return None
    try:
        if len(text) == len("2026-07-31"):
            return datetime.combine(date.fromisoformat(text), time(23, 59, 59), SHANGHAI)
        given = datetime.fromisoformat(text)
        return given if given.tzinfo else given.replace(tzinfo=SHANGHAI)
    except ValueError as error:
        raise InputError.of(
            Fault(
                code="bad_date",
                message="not a day",
                key="--as-of",
                value=text[:80],
                expected="YYYY-MM-DD, such as 2026-09-30",
            )
        ) from error


def _year(period: str) -> int:
    from planwatch.model.period import year_of

    return year_of(month(period))


def _area_names() -> dict[str, str]:
    """Return area ids by their names, none where the include folder has no areas."""
    from planwatch.plan import load_areas
    from planwatch.plan.registers import names_of
    from planwatch.settings import settings

    path = settings().include / "areas.yaml"
    return names_of(load_areas(path)) if path.exists() else {}


def _named(plan: Plan) -> Plan:
    """Return the plan with its references named by the include folder, as far as that knows them."""
    from planwatch.plan import load_areas, load_indicators, with_references_named
    from planwatch.settings import settings

    indicators, areas = settings().include / "indicators.yaml", settings().include / "areas.yaml"
    if not any(target.reference for target in plan.targets) or not indicators.exists():
        return plan
    return with_references_named(plan, load_indicators(indicators), load_areas(areas) if areas.exists() else {})


def _duties(calendar: Path | None, period: str, area: str) -> tuple[ReleaseCalendar, Mapping[str, str]]:
    """Return the calendar in force and which feed reports an indicator of the area; of one that no feed is for, as if it were each feed's."""
    from planwatch.feeds import load_calendar
    from planwatch.model.calendar import ReleaseCalendar
    from planwatch.settings import settings

    folder = settings().include
    given = load_calendar(calendar) if calendar else None
    if (folder / "feeds.yaml").exists() and (folder / "calendar.yaml").exists():
        from planwatch.steps.include import load_include

        include = load_include(folder)
        known = area if any(feed.area == area for feed in include.feeds.values()) else ""
        return given or include.calendar, include.feed_of(period, known)
    return given or ReleaseCalendar(), {}


def _placed(plan: Plan, file: Path, known: pd.DataFrame) -> Plan:
    """Return the plan with an area: where no target names one and the observations are all of one, that."""
    areas = sorted(set(known["area"]))
    if _names_an_area(plan, file):
        return plan
    if len(areas) > 1 and plan.area not in areas:
        raise InputError.of(
            Fault(
                code="no_area",
                message="no target names its area, and the observations speak of several",
                file=str(file),
                key="area",
                value=", ".join(map(str, areas[:5])),
                mend="give the targets an area",
            )
        )
    area = str(areas[0]) if len(areas) == 1 else plan.area
    return plan.model_copy(
        update={"area": area, "targets": tuple(t.model_copy(update={"area": area}) for t in plan.targets)}
    )


def _timed(plan: Plan, known: pd.DataFrame, period: str, instant: datetime | None) -> Plan:
    """Return the plan with what states no frequency as often as it was published by then."""
    from planwatch.progress.known import known_observations
    from planwatch.progress.measures import read_as_often_as_published

    followed = {t.indicator for t in plan.targets}
    return read_as_often_as_published(plan, known_observations(known, followed, period, instant))


def _names_an_area(plan: Plan, file: Path) -> bool:
    """Return whether the file itself names an area; where none does, the import puts its own in."""
    from planwatch.plan.importing import MAX_BYTES
    from planwatch.textfile import csv_records, read_text

    text, suffix = read_text(file, MAX_BYTES), file.suffix.lower()
    if suffix in (".yaml", ".yml"):
        return bool(plan.area)
    if suffix == ".csv":
        rows: list[Any] = [record.cells for record in csv_records(file, text)[1]]
    elif suffix == ".json":
        data = json.loads(text)
        rows = data if isinstance(data, list) else [data]
    else:
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    return any(isinstance(row, dict) and str(row.get("area") or "").strip() for row in rows)


def _plain(value: Any) -> Any:
    """Return a value JSON can hold: null for missing, whole numbers without a fraction."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value.item() if hasattr(value, "item") else value


def _cell_of_csv(value: Any) -> Any:
    """Return a cell's text: numbers without exponents, true and false, empty for missing."""
    plain = _plain(value)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    return format(Decimal(repr(plain)), "f") if isinstance(plain, float) else plain


def _print_table(verdicts: pd.DataFrame, home: str, period: str) -> None:
    """Print what fits on a screen: a line of figures a target, and below it why, in both languages."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    width = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else _WIDTH
    out = Console(width=width, markup=False, emoji=False, highlight=False)
    rows = [_figures(row, home) for row in verdicts.to_dict("records")]
    widths = [max(cell_len(cell) for cell in column) for column in zip(_HEADER, *rows, strict=True)]
    out.print(Text(f"{period}\n{_aligned(_HEADER, widths)}", style="bold"))
    for row, cells in zip(verdicts.to_dict("records"), rows, strict=True):
        line = Text(_aligned(cells, widths))
        line.highlight_words([cells[1]], _COLOURS.get(cells[1], ""))
        out.print(line, overflow="fold")
        for reason in (row["reason_zh"], row["reason_en"]):
            out.print(Padding(Text(str(reason), style="dim"), (0, 0, 0, 2), expand=False))


_HEADER = ("id", "status", "actual", "expected", "variance", "gap", "reading")


def _figures(row: Mapping[Any, Any], home: str) -> tuple[str, ...]:
    state, month = str(row["reading_state"]), _plain(row["reading_period"])
    reading = str(month) if state == "fresh" else f"{month or ''} {state}".strip()
    place = "" if row["area"] == home else f"@{row['area']}"
    figures = [_shown(row[c]) for c in ("actual", "expected", "variance", "gap_pp")]
    return f"{row['id']}{place}", str(row["status"]), *figures, reading


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return the cells as a line, figures to the right."""
    padded = [
        f"{' ' * (width - cell_len(cell))}{cell}" if 2 <= n <= 5 else f"{cell}{' ' * (width - cell_len(cell))}"
        for n, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def _shown(value: float) -> str:
    """Return a figure with two decimals and thousands apart, without trailing zeros."""
    return "" if math.isnan(value) else f"{round(value, 2) + 0.0:,.2f}".rstrip("0").rstrip(".")
