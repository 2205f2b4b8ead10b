"""docs/adding-a-feed.md: its commands run as they stand there and end as it says."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from planwatch.settings import ROOT

PAGE = (ROOT / "docs" / "adding-a-feed.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
COMMANDS = [line for kind, block in BLOCKS if not kind for line in block.splitlines() if line.startswith("planwatch ")]


@pytest.fixture
def planwatch(tmp_path):
    """Run a command of the page, in the checkout, on copies of the data."""
    env = os.environ | {
        "PLANWATCH_INCLUDE": str(shutil.copytree(ROOT / "include", tmp_path / "include")),
        "PLANWATCH_EXPECTATIONS": str(shutil.copytree(ROOT / "expectations", tmp_path / "expectations")),
    }

    def run(line: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from planwatch.cli import main; main()", *shlex.split(line)[1:]]
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)

    return run


def test_the_page_holds_its_commands():
    assert len(COMMANDS) == 6
    assert "feeds new" in COMMANDS[0]


@pytest.mark.slow
def test_every_command_ends_as_the_page_says(planwatch, tmp_path):
    done = [planwatch(line) for line in COMMANDS]
    assert [d.returncode for d in done] == [0, 0, 0, 0, 1, 0], [d.stderr for d in done]
    said = " ".join(PAGE.split())
    refused = next(line for line in done[4].stderr.splitlines() if "no series of the feed" in line)
    for line in (*done[0].stderr.splitlines()[:3], refused):
        assert " ".join(line.split()) in said, line
    path = tmp_path / "include" / "feeds.yaml"
    text = path.read_text(encoding="utf-8")
    both = "{indicator: new_jobs, labels: [城镇新增就业, 新增城镇就业]"
    assert text.count("{indicator: new_jobs, labels: [城镇新增就业]") == 1
    path.write_text(text.replace("{indicator: new_jobs, labels: [城镇新增就业]", both), encoding="utf-8")
    assert planwatch(COMMANDS[4]).returncode == 0, "with both names August reads"


@pytest.mark.slow
def test_the_due_date_of_the_page_holds(planwatch, tmp_path):
    [rule] = [block for kind, block in BLOCKS if kind == "yaml"]
    path = tmp_path / "include" / "calendar.yaml"
    path.write_text(path.read_text(encoding="utf-8") + rule, encoding="utf-8")
    assert planwatch(COMMANDS[1]).returncode == 0
    assert planwatch(COMMANDS[2]).returncode == 0
    listed = planwatch(COMMANDS[5] + " --format csv").stdout
    assert re.search(r"county_jobs.*,\d{4}-\d{2}-\d{2},", listed)
