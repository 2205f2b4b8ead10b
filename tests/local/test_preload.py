"""What the scheduler imports before it forks: everything a task needs, frozen, and nothing that must not be forked."""

from __future__ import annotations

import json
import subprocess
import sys

from planwatch.local.preload import MODULES, write_local_settings

PROGRAM = """
import gc, json, multiprocessing, sys, threading
multiprocessing.set_start_method("fork")
from planwatch.local.preload import preload
done = preload(sys.argv)
sys.stdout.write(json.dumps([done, gc.get_freeze_count(), threading.active_count(), "great_expectations" in sys.modules]))
"""


def started_as(role: str) -> tuple[list[str], int, int, bool]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, role], capture_output=True, text=True, check=True, timeout=120
    )
    imported, frozen, threads, heavy = json.loads(done.stdout)
    return imported, frozen, threads, heavy


def test_a_scheduler_has_everything_frozen_and_no_thread_before_it_forks() -> None:
    imported, frozen, threads, heavy = started_as("scheduler")
    assert imported == list(MODULES)
    assert frozen > 100_000
    assert threads == 1
    assert heavy


def test_no_other_component_imports_anything() -> None:
    assert started_as("api-server") == ([], 0, 1, False)


def test_the_settings_file_calls_it(tmp_path) -> None:
    written = write_local_settings(tmp_path)
    assert written == tmp_path / "config" / "airflow_local_settings.py"
    assert "preload()" in written.read_text("utf-8").replace("_preload", "preload")
