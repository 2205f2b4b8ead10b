"""`planwatch backtest`: how often the verdict of a month foretold the year's end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planwatch.cli.output import Format, write_rows

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: planwatch backtest --plan include/plans/2025.yaml --cases --format csv")
def backtest(
    plan: Annotated[
        list[Path] | None, typer.Option(help="Plan of a past year (.yaml); repeatable. Left out, the shipped ones.")
    ] = None,
    figures: Annotated[
        list[Path] | None,
        typer.Option(
            help="Published figures in the columns of include/history; repeatable. Left out, the shipped ones."
        ),
    ] = None,
    cases: Annotated[bool, typer.Option("--cases", help="List every case instead of their counts by month.")] = False,
    form: Annotated[Format, typer.Option("--format", help="How the rows are written.")] = Format.TABLE,
) -> None:
    """Test past months against their year's end, linear against seasonal, and say where the history is too thin.

    Exit code 0, whatever was foretold; 2 when a file is not what it must be.
    """
    from planwatch.progress.backtest import CASE_COLUMNS, SUMMARY_COLUMNS, summary, thin
    from planwatch.settings import settings
    from planwatch.steps.backtest import run

    found = run(settings().include, plan or (), figures or ())
    if cases:
        write_rows(_rows(found), CASE_COLUMNS, form)
        return
    counted = summary(found)
    write_rows(_rows(counted), SUMMARY_COLUMNS, form, title="month 0: all months together")
    if form is Format.TABLE:
        typer.echo("\n".join(thin(counted)))


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]
