"""The command line: every step alone on files, without database or Airflow.

Exit codes: 0 done, 1 findings of a check or audit, 2 bad usage or input.
"""

from __future__ import annotations

import importlib
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from planwatch.errors import PlanwatchError

COMMANDS: dict[str, str] = {
    "targets": "Check and export the targets of a plan.",
    "plan": "Audit a plan's text against its targets, or draft targets from it.",
    "feeds": "List and check the feeds, or scaffold one from a sample file.",
    "read": "Read a release file into observations.",
    "fetch": "Ask a feed's remote source for a month's release.",
    "observations": "Write a file of observations as SDMX-CSV.",
    "judge": "Judge targets by observations, for one month.",
    "backtest": "Test past months against their year's end, linear against seasonal.",
    "edition": "List published editions, show one, or measure it anew from what it recorded.",
    "sample": "Write simulated releases.",
    "up": "Start everything and stay until Ctrl-C.",
    "once": "Start everything, publish, show the scoreboard, stop.",
    "url": "Print where a part of the running system answers.",
    "doctor": "Say what this machine lacks, and the mend.",
}
"""Command name → short help; each lives in `planwatch.cli.<name>` as `app` (a Typer) and is imported only when called."""


class LazyGroup(TyperGroup):
    """Imports a command's module when it is called: `--help` and `url` stay quick."""

    def get_help_option(self, ctx: Any) -> Any:
        """Return the option, without a type."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.metavar = ""
        return option

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"planwatch.cli.{cmd_name}")
        command = typer.main.get_command(module.app)
        command.name, command.short_help = cmd_name, COMMANDS[cmd_name]
        _untype_flags(command, ctx)
        return command


def _untype_flags(command: Any, ctx: Any) -> None:
    """Let the help show a flag without a type: it takes no value."""
    for one in (command, *getattr(command, "commands", {}).values()):
        for parameter in (*one.params, one.get_help_option(ctx)):
            if getattr(parameter, "is_bool_flag", False):
                parameter.metavar = ""


app = typer.Typer(
    cls=LazyGroup, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)


def _version(asked: bool) -> None:
    from planwatch import __version__

    if asked:
        typer.echo(f"planwatch {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", metavar="", is_eager=True, callback=_version, help="Say which version this is, and exit."
        ),
    ] = False,
) -> None:
    """Watch a city's annual plan, month by month."""


def main() -> None:
    """Run the command line; errors of ours are one message on stderr and exit code 2."""
    try:
        app()
    except PlanwatchError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
