"""`planwatch edition`: published editions out of the warehouse, as they were, measured anew, or as of another day."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planwatch.cli.arguments import day, month
from planwatch.cli.output import Format, write_rows
from planwatch.errors import Fault, InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from planwatch.steps.reproduce import Edition

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)

WAREHOUSE = "planwatch_warehouse"
"""Id of the connection that Airflow's tasks use."""
LISTED = (
    "plan_id", "period", "number", "is_current", "as_of", "published_at", "trigger", "counts", "changed", "causes", "checks",
    "checks_run", "observations", "code_version", "targets_version", "fingerprint", "simulated", "provisional",
)  # fmt: skip
LISTED_SHORT = (
    "period",
    "number",
    "current",
    "as_of",
    "trigger",
    "changed",
    "causes",
    "observations",
    "program",
    "counts",
)
SHOWN_SHORT = ("target_id", "area", "status", "reading_period", "actual", "expected", "variance", "unit", "gap_pp")

DATABASE = typer.Option(
    "--database",
    help="Postgres URL, role planwatch_etl; left out, AIRFLOW_CONN_PLANWATCH_WAREHOUSE, else the system that runs here.",
)
PLAN = typer.Option("--plan", help="Year of the plan.")
FORMAT = typer.Option("--format", help="How rows are written; json, jsonl and csv carry every column.")


@app.command("list", epilog="Example: planwatch edition list --plan 2026 --format csv")
def list_editions(
    period: Annotated[str | None, typer.Argument(help="Month, YYYY-MM; left out, all.")] = None,
    plan: Annotated[int | None, PLAN] = None,
    database: Annotated[str | None, DATABASE] = None,
    form: Annotated[Format, FORMAT] = Format.TABLE,
) -> None:
    """List the editions of every month, with what they were made from and how many verdicts changed since the one before, by cause."""
    from planwatch.warehouse import editions_of

    found_month = str(month(period, "argument PERIOD")) if period else None
    with _connected(database) as conn:
        found = editions_of(conn, plan, found_month).to_dict("records")
    if form is Format.TABLE:
        write_rows(map(_in_words, found), LISTED_SHORT, form)
    else:
        write_rows([{c: _plain(row[c]) for c in LISTED} for row in found], LISTED, form)


def _in_words(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what a person reads of an edition: counts in words, and of Airflow's run no more than what triggered it."""
    from planwatch.local.scoreboard import ORDER
    from planwatch.model.calendar import SHANGHAI

    worst_first = {str(status): place for place, status in enumerate(ORDER)}
    counts = sorted((row["counts"] or {}).items(), key=lambda pair: worst_first.get(pair[0], len(ORDER)))
    return {
        "period": row["period"],
        "number": row["number"],
        "current": "yes" if row["is_current"] else "",
        "as_of": f"{row['as_of'].astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        "trigger": str(row["trigger"]).partition("__")[0].replace("_", " "),
        "changed": _plain(row["changed"]),
        "causes": _counted((row["causes"] or {}).items()),
        "observations": row["observations"],
        "program": row["code_version"],
        "counts": _counted(counts),
    }


def _counted(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{n} {word.replace('_', ' ')}" for word, n in counts if n)


@app.command(epilog="Example: planwatch edition show 2026-06 --number 1 --recompute")
def show(  # noqa: PLR0917 - a command's options, which the command line passes by name
    period: Annotated[str, typer.Argument(help="Month of the edition, YYYY-MM.")],
    plan: Annotated[int | None, PLAN] = None,
    number: Annotated[
        int | None, typer.Option(help="Which edition of the month; left out, the current one.", min=1)
    ] = None,
    recompute: Annotated[
        bool, typer.Option("--recompute", help="Measure it anew from what it recorded, and compare every cell.")
    ] = False,
    as_of: Annotated[
        str | None, typer.Option(help="Day, YYYY-MM-DD: what it would have said with what had been published by then.")
    ] = None,
    board: Annotated[
        bool,
        typer.Option(
            "--board", help="As the scoreboard of `planwatch up` has it: names, and every target, the worst first."
        ),
    ] = False,
    database: Annotated[str | None, DATABASE] = None,
    form: Annotated[Format, FORMAT] = Format.TABLE,
) -> None:
    """Show an edition as it was published.

    With --recompute: measured anew from the vintages, the plan and the conditions that it recorded; exit code 0 where every cell is the
    published one, bit for bit, 1 with the cells that are not.
    """
    from planwatch.local.scoreboard import units_in_english
    from planwatch.steps.reproduce import as_known_on, find_edition

    asked = [name for name, given in (("--recompute", recompute), ("--as-of", as_of), ("--board", board)) if given]
    if len(asked) > 1:
        raise _refused("both", f"{' and '.join(asked)} ask for different things", " ".join(asked), "give one of them")
    if board and form is not Format.TABLE:
        raise _refused(
            "board_format", "the board is for reading, not for programs", str(form), "leave --board or --format out"
        )
    of_month, on = month(period, "argument PERIOD"), day(as_of, "--as-of") if as_of else None
    with _connected(database) as conn:
        edition = find_edition(conn, of_month, year=plan, number=number)
        if board:
            return _show_board(conn, edition)
        if recompute:
            raise typer.Exit(_compare(conn, edition, form))
        verdicts = as_known_on(conn, edition, on) if on else edition.verdicts
    title = f"{edition}, as of {on or _plain(edition.record['as_of'])}"
    columns = SHOWN_SHORT if form is Format.TABLE else tuple(edition.verdicts.columns)
    write_rows([{c: _plain(row[c]) for c in columns} for row in verdicts.to_dict("records")], columns, form, title)
    if form is Format.TABLE and (units := units_in_english(verdicts["unit"])):
        sys.stdout.write(f"{units}\n")


def _show_board(conn: Connection, edition: Edition) -> None:
    from rich.console import Console

    from planwatch.local.scoreboard import score_of, show

    record = edition.record
    found = score_of(conn, int(record["plan_year"]), str(record["period"]), int(record["number"]))
    if found is not None:
        show(Console(), found, most=None)


def _compare(conn: Connection, edition: Edition, form: Format) -> int:
    """Write the cells that differ and whether any does, beside data formats on stderr, and return the exit code."""
    from planwatch import __version__
    from planwatch.steps.reproduce import DIFFERENCE_COLUMNS, differing_cells, recompute

    cells = list(differing_cells(edition.verdicts, recompute(conn, edition)))
    if cells or form is not Format.TABLE:
        write_rows([{k: _plain(v) for k, v in cell.items()} for cell in cells], DIFFERENCE_COLUMNS, form)
    rows, columns = edition.verdicts.shape
    by = str(edition.record["code_version"])
    program = f"program {by}" if by == __version__ else f"published by program {by}, measured by {__version__}"
    said = f"{len(cells)} differ from" if cells else "all equal, bit for bit,"
    verdict = sys.stdout if form is Format.TABLE else sys.stderr
    verdict.write(f"{edition}: of {rows} × {columns} cells {said} what was published ({program})\n")
    return 1 if cells else 0


@contextmanager
def _connected(database: str | None) -> Iterator[Connection]:
    from planwatch.warehouse import make_engine

    engine = make_engine(database or _address())
    try:
        with engine.connect() as conn:
            yield conn
    finally:
        engine.dispose()


def _address() -> str:
    from planwatch.local.address import running_address
    from planwatch.local.home import Home
    from planwatch.settings import connection_text, settings

    given = connection_text(WAREHOUSE) or ""
    return given if "://" in given else running_address(Home(settings().home), "etl")


def _refused(code: str, message: str, value: str, mend: str) -> Exception:
    return InputError.of(Fault(code=code, message=message, value=value, mend=mend))


def _plain(value: Any) -> Any:
    """Return a cell as JSON has it: instants in Shanghai's time, nothing for what is missing."""
    from planwatch.model.calendar import SHANGHAI

    if isinstance(value, dict | list):
        return value
    if value is None or value != value or (isinstance(value, float) and math.isnan(value)):  # noqa: PLR0124 - NaN, NaT
        return None
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).isoformat()
    return value.item() if hasattr(value, "item") else value
