"""`planwatch once`: start everything, publish, show the scoreboard, stop."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(add_completion=False, help="Start everything, publish, show the scoreboard, stop.")


@app.command(epilog="Example: planwatch once --plan 2025")
def once(
    plan: Annotated[int | None, typer.Option(help="Year of the plan; default PLANWATCH_PLAN, else 2026.")] = None,
    timeout: Annotated[float, typer.Option(help="Minutes to wait for the editions.", min=0.1)] = 30,
    show_all: Annotated[bool, typer.Option("--all", help="Show every target, not only those that are behind.")] = False,
) -> None:
    """Start everything, publish what is shipped, show the scoreboard, stop.

    Exits 0 only if the editions that must be there were published, 1 with the reasons and the logs' ends otherwise, 2 where the year
    has no plan or its files are broken.
    """
    from planwatch.local.session import run

    raise typer.Exit(run(plan, timeout * 60, stays=False, show_all=show_all))
