"""One session at the terminal: start, work, scoreboard, where to look, stay or stop."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape

from planwatch.errors import InputError, PlanwatchError
from planwatch.local.address import AIRFLOW_USER, airflow_password
from planwatch.local.demonstration import load_demonstration, shipped_releases
from planwatch.local.home import Home
from planwatch.local.report import Steps
from planwatch.local.scoreboard import MOST, newest_score, show
from planwatch.local.stack import Running, started, stay
from planwatch.local.work import load_the_plan, offer_releases, wait_for_editions
from planwatch.plan import plan_of_year
from planwatch.settings import Settings, settings

PLAIN_WIDTH = 120
NOT_PUBLISHED, BAD_INPUT, INTERRUPTED = 1, 2, 130


@dataclass(slots=True)
class _Progress:
    """How far the session came."""

    published: bool = False


def run(year: int | None, timeout_s: float, *, stays: bool, show_all: bool = False) -> int:
    """Run a session and return its exit code: 0 published, 1 not, 2 there is no such plan or it is broken, 130 interrupted before.

    Args:
        year: year of the plan; None takes the setting.
        timeout_s: how long the editions may take, in seconds.
        stays: stay until interrupted, which then is the normal end.
        show_all: show every target, not only those that are behind.
    """
    console = Console(width=None if sys.stdout.isatty() or os.environ.get("COLUMNS") else PLAIN_WIDTH)
    chosen = _settings(year)
    console.print(f"\n[bold]Planwatch[/] · plan of {chosen.plan}\n", highlight=False)
    so_far = _Progress()
    try:
        _check(chosen)
    except InputError as error:
        return _failed(console, error, BAD_INPUT)
    try:
        with started(chosen, Steps(console)) as running:
            _work(running, console, timeout_s, so_far, show_all=show_all, stays=stays)
            if stays:
                _where_to_look(running, console)
                console.print("\n[dim]Running. Ctrl-C stops everything.[/]\n")
                stay(running)
    except KeyboardInterrupt:
        if not so_far.published:
            return INTERRUPTED
        _what_is_left(chosen, console)
        return 0 if stays else INTERRUPTED
    except PlanwatchError as error:
        return _failed(console, error, NOT_PUBLISHED)
    _what_is_left(chosen, console)
    return 0


def _failed(console: Console, error: PlanwatchError, code: int) -> int:
    console.print(f"\n[red]{escape(str(error))}[/]\n", highlight=False, soft_wrap=True)
    return code


def _check(chosen: Settings) -> None:
    """Read the plan and what is shipped for it, so that a broken file is told before anything starts.

    Raises:
        InputError: there is no plan of that year; ConfigError: with every fault of the first file that has any.
    """
    plan_of_year(chosen.plan, chosen)
    shipped_releases(chosen.include, load_demonstration(chosen.include, chosen.plan))


def _work(
    running: Running, console: Console, timeout_s: float, so_far: _Progress, *, show_all: bool, stays: bool
) -> None:
    steps = Steps(console)
    load_the_plan(running, steps)
    shipped = offer_releases(running, steps)
    reached = wait_for_editions(running, shipped, steps, timeout_s)
    for trouble in reached.troubles:
        console.print(f"    [yellow]{escape(trouble)}[/]", highlight=False, soft_wrap=True)
    so_far.published = True
    score = newest_score(running.engine, running.settings.plan)
    if score is not None:
        more = (
            f"edition show {score.edition['period']} --board" if stays else f"once --all --plan {running.settings.plan}"
        )
        show(console, score, most=None if show_all else MOST, more=f"{_program()} {more}")


def _where_to_look(running: Running, console: Console) -> None:
    """Print the addresses, each on a line of its own and never wrapped, so that a click or a copy takes all of it."""
    login = f"user {AIRFLOW_USER}, password {airflow_password(running.home)}"
    places = [
        (f"Airflow · {login}", running.airflow.base_url),
        ("BI · Postgres, reading only; the contract is the schema bi", running.url("bi")),
        ("Mails", running.url("mail")),
        ("Data Docs · every check", running.url("docs")),
        ("Drop folder · for new releases", str(running.settings.drop_dir)),
    ]
    _places(console, places)


def _what_is_left(chosen: Settings, console: Console) -> None:
    """Say, once nothing answers any more, where the results stand and how they are looked at again."""
    home = Home(chosen.home)
    places = [
        ("Everything is kept in", str(home.root)),
        ("of it readable as files: the mails", str(home.mails)),
        ("and the Data Docs", str(chosen.data_docs_dir / "index.html")),
        (
            "To look at editions, views and Airflow again, in seconds (in the checkout: make run)",
            f"{_program()} up --plan {chosen.plan}",
        ),
    ]
    _places(console, places)


def _program() -> str:
    """Return how this program is called from here: by its name where the shell finds it, else as it was called."""
    return "planwatch" if shutil.which("planwatch") else sys.argv[0]


def _places(console: Console, places: list[tuple[str, str]]) -> None:
    console.print()
    for name, place in places:
        console.print(f"[bold]{escape(name)}[/]", highlight=False, soft_wrap=True)
        console.print(f"  {escape(place)}", highlight=False, soft_wrap=True)


def _settings(year: int | None) -> Settings:
    """Return the settings with the year asked for; what the processes inherit says the same."""
    if year is not None:
        os.environ["PLANWATCH_PLAN"] = str(year)
        settings.cache_clear()
    return settings()
