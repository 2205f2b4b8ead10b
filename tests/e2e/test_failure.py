"""What `once` says when it cannot publish: non-zero, with the reason; and an interrupted start leaves nothing behind."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from newcomer import PLANWATCH, System

from planwatch.local.waiting import wait_until
from planwatch.settings import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_an_interrupted_start_leaves_nothing_running(system: System) -> None:
    said = system.root / "said.txt"
    with said.open("wb") as out:
        process = subprocess.Popen(
            [PLANWATCH, "once"], env=system.env, cwd="/", stdout=out, stderr=out, start_new_session=True
        )
    wait_until(lambda: "✓ Mails" in said.read_text(), 120, "the mail catcher to stand", 0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(90) == 130
    assert "everything stopped" in said.read_text()
    assert system.left_over() == []


def test_a_killed_start_is_cleared_up_by_the_next_which_says_why_it_failed(system: System) -> None:
    said = system.root / "said.txt"
    with said.open("wb") as out:
        process = subprocess.Popen(
            [PLANWATCH, "once"], env=system.env, cwd="/", stdout=out, stderr=out, start_new_session=True
        )
    wait_until(lambda: "✓ Airflow" in said.read_text(), 180, "Airflow to stand", 0.1)
    process.kill()
    process.wait()
    assert system.left_over(), "Postgres and Airflow are orphans now"
    done = system.run("once", "--timeout", "0.1", "--plan", "2025")
    assert "stopped what a crash had left" in done.stdout
    assert system.left_over() == []
    # and six seconds are too little to publish four editions: a failure, with its reasons
    assert done.returncode == 1
    assert "after 0 minutes" in done.stdout
    assert re.search(r"no edition: .*2025-12", done.stdout)
    assert f"logs: {system.home.logs}" in done.stdout


def test_a_broken_plan_is_named_before_anything_starts(system: System, tmp_path: Path) -> None:
    include = tmp_path / "include"
    shutil.copytree(ROOT / "include", include)
    plan = include / "plans" / "2025.yaml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("kind: growth", "kind: grwoth", 1), encoding="utf-8")
    env = {**system.env, "PLANWATCH_INCLUDE": str(include)}
    done = subprocess.run(
        [PLANWATCH, "once", "--plan", "2025"], env=env, cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "grwoth" in done.stdout
    assert "2025.yaml" in done.stdout
    assert "✓" not in done.stdout
    assert system.left_over() == []
