"""`planwatch url`: where a part of the running system answers."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, help="Print where a part of the running system answers.")


class Part(StrEnum):
    """What can be asked for."""

    BI = "bi"
    ETL = "etl"
    AIRFLOW = "airflow"
    MAIL = "mail"
    DOCS = "docs"


@app.command(epilog="Example: planwatch url bi")
def url(
    what: Annotated[Part, typer.Argument(help="bi: Postgres for BI tools, reading; etl: Postgres, loading.")],
) -> None:
    """Print one line: the URL, user and password included. Exits 2 when the system is not running."""
    from planwatch.local.address import running_address
    from planwatch.local.home import Home
    from planwatch.settings import settings

    sys.stdout.write(running_address(Home(settings().home), str(what)) + "\n")
