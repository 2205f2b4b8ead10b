"""One session at the terminal: start, work, scoreboard, where to look, stay or stop."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from planwatch.errors import PlanwatchError
from planwatch.local.address import AIRFLOW_USER, airflow_password
from planwatch.local.demonstration import load_demonstration, shipped_releases
from planwatch.local.report import Steps
from planwatch.local.scoreboard import newest_score, show
from planwatch.local.stack import Running, started, stay
from planwatch.local.work import load_the_plan, offer_releases, wait_for_editions
from planwatch.plan import load_plan
from planwatch.settings import Settings, settings

PLAIN_WIDTH = 120
INTERRUPTED = 130


@dataclass(slots=True)
class _Progress:
    """How far the session came."""

    published: bool = False


def run(year: int | None, timeout_s: float, *, stays: bool) -> int:
    """Run a session and return its exit code: 0 published, 1 not, 130 interrupted before.

    Args:
        year: year of the plan; None takes the setting.
        timeout_s: how long the editions may take, in seconds.
        stays: stay until interrupted, which then is the normal end.
    """
    console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH)
    chosen = _settings(year)
    console.print(f"\n[bold]Planwatch[/] · plan of {chosen.plan}\n", highlight=False)
    so_far = _Progress()
    try:
        _check(chosen)
        with started(chosen, Steps(console)) as running:
            _work(running, console, timeout_s, so_far)
            if stays:
                console.print("\n[dim]Running. Ctrl-C stops everything.[/]\n")
                stay(running)
    except KeyboardInterrupt:
        return 0 if stays and so_far.published else INTERRUPTED
    except PlanwatchError as error:
        console.print(f"\n[red]{escape(str(error))}[/]\n", highlight=False, soft_wrap=True)
        return 1
    return 0


def _check(chosen: Settings) -> None:
    """Read the plan and what is shipped for it, so that a broken file is told before anything starts.

    Raises:
        ConfigError: with every fault of the first file that has any.
    """
    load_plan(chosen.plan_file(chosen.plan), chosen.include)
    shipped_releases(chosen.include, load_demonstration(chosen.include, chosen.plan))


def _work(running: Running, console: Console, timeout_s: float, so_far: _Progress) -> None:
    steps = Steps(console)
    load_the_plan(running, steps)
    shipped = offer_releases(running, steps)
    reached = wait_for_editions(running, shipped, steps, timeout_s)
    for trouble in reached.troubles:
        console.print(f"    [yellow]{escape(trouble)}[/]", highlight=False, soft_wrap=True)
    so_far.published = True
    score = newest_score(running.engine, running.settings.plan)
    if score is not None:
        show(console, score)
    _where_to_look(running, console)


def _where_to_look(running: Running, console: Console) -> None:
    """Print the addresses. They are printed whole, never wrapped, so that a click or a copy takes all of one."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(no_wrap=True, overflow="ignore")
    table.add_row(
        "Airflow", f"{running.airflow.base_url}   user {AIRFLOW_USER}, password {airflow_password(running.home)}"
    )
    for name, what in (("BI (Postgres)", "bi"), ("Mails", "mail"), ("Data Docs", "docs")):
        table.add_row(name, escape(running.url(what)))
    table.add_row("Drop folder", escape(str(running.settings.drop_dir)))
    console.print()
    console.print(table, highlight=False, soft_wrap=True, crop=False)


def _settings(year: int | None) -> Settings:
    """Return the settings with the year asked for; what the processes inherit says the same."""
    if year is not None:
        os.environ["PLANWATCH_PLAN"] = str(year)
        settings.cache_clear()
    return settings()
