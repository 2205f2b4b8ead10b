"""`planwatch up`: start everything, do the work, and stay until Ctrl-C."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(add_completion=False, help="Start everything and stay until Ctrl-C.")


@app.command(epilog="Example: planwatch up --plan 2025")
def up(
    plan: Annotated[int | None, typer.Option(help="Year of the plan; default PLANWATCH_PLAN, else 2026.")] = None,
    timeout: Annotated[float, typer.Option(help="Minutes to wait for the editions.", min=0.1)] = 30,
    show_all: Annotated[bool, typer.Option("--all", help="Show every target, not only those that are behind.")] = False,
) -> None:
    """Start everything, publish what is shipped, show the scoreboard, and stay until Ctrl-C.

    A second start resumes in seconds. Ctrl-C stops everything that was started and nothing else.
    """
    from planwatch.local.session import run

    raise typer.Exit(run(plan, timeout * 60, stays=True, show_all=show_all))
