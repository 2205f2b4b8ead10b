"""The help of every command: one style, no types of flags, and examples that do what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from planwatch import __version__, cli
from planwatch.settings import ROOT

NEEDS_A_SYSTEM = ("up", "once", "url", "edition", "fetch", "sample", "doctor")
"""Their examples start or ask a running system or a remote source, or write files."""


def commands(found: Any, name: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not hasattr(found, "list_commands"):
        yield name, found
        return
    context = typer.Context(found)
    for one in found.list_commands(context):
        yield from commands(found.get_command(context, one), (*name, one))


ALL = dict(commands(typer.main.get_command(cli.app)))
EXAMPLES = [
    line
    for name, command in ALL.items()
    for line in re.findall(r"(?:PLANWATCH_INCLUDE=\S+ )?planwatch .*", command.epilog or "")
    if name[0] not in NEEDS_A_SYSTEM
]


@pytest.mark.parametrize("name", [(), *ALL], ids=" ".join)
def test_help_is_in_one_style(name: tuple[str, ...]) -> None:
    said = CliRunner().invoke(cli.app, [*name, "--help"])
    assert said.exit_code == 0
    assert "╭─ Options" in said.output
    assert "<bool>" not in said.output
    assert "completion" not in said.output


@pytest.mark.parametrize("name", ALL, ids=" ".join)
def test_every_command_has_an_example_of_itself(name: tuple[str, ...]) -> None:
    assert f"planwatch {' '.join(name)}" in (ALL[name].epilog or "")


@pytest.mark.slow
def test_the_examples_work_as_printed(tmp_path: Path) -> None:
    for shared in ("include", "docs", "expectations"):
        (tmp_path / shared).symlink_to(ROOT / shared)
    program = tmp_path / "planwatch"
    program.write_text(f"#!{sys.executable}\nfrom planwatch.cli import main\nmain()\n", encoding="utf-8")
    program.chmod(0o755)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PLANWATCH_")}
    env = {**kept, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert len(EXAMPLES) >= 9
    for line in EXAMPLES:
        done = subprocess.run(line, shell=True, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stderr}"


def test_the_version_is_told() -> None:
    assert CliRunner().invoke(cli.app, ["--version"]).output == f"planwatch {__version__}\n"
