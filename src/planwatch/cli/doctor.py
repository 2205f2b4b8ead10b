"""`planwatch doctor`: what this machine lacks, and the mend."""

from __future__ import annotations

from typing import Annotated

import typer

from planwatch.cli.output import Format, write_rows

app = typer.Typer(help="Say what this machine lacks, and the mend.")

COLUMNS = ("check", "state", "found", "needed", "mend")


@app.command()
def doctor(
    form: Annotated[Format, typer.Option("--format", help="How the rows are written.")] = Format.TABLE,
) -> None:
    """Examine this machine. Exits 1 where something is missing that the product needs; warnings alone exit 0."""
    from dataclasses import asdict

    from planwatch.local.doctor import State, examine
    from planwatch.settings import settings

    findings = examine(settings())
    write_rows([asdict(f) for f in findings], COLUMNS, form)
    raise typer.Exit(1 if any(f.state is State.MISSING for f in findings) else 0)
