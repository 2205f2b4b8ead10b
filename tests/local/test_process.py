"""Processes that we start, real ones: stubborn, with descendants, left over by a crash, and strangers under old numbers."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from planwatch.errors import EnvironmentFault, RetriableError
from planwatch.local.process import Command, Managed, stop_all, stop_orphans, tail
from planwatch.local.waiting import wait_until

STUBBORN = """
import pathlib, signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()"])
print("ready", child.pid, flush=True)
signal.pause()
"""
POLITE = "import signal; print('ready', flush=True); signal.pause()"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[object]:
    started: list[Managed] = []

    def begin(name: str, code: str) -> Managed:
        command = Command(
            name=name,
            argv=(sys.executable, "-c", code),
            env=dict(os.environ),
            cwd=tmp_path,
            log=tmp_path / f"{name}.log",
        )
        managed = Managed(command, tmp_path / "run")
        managed.start()
        started.append(managed)
        wait_until(lambda: "ready" in managed.tail(), 30, name, 0.05)
        return managed

    yield begin
    stop_all(started, 0.5)


def alive(process: psutil.Process) -> bool:
    """A zombie that init has not collected yet is dead."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def pid_of(managed: Managed) -> int:
    return int(json.loads(managed.record.read_text())["pid"])


def test_runs_in_a_session_of_its_own(start) -> None:
    managed = start("one", POLITE)
    assert managed.alive()
    assert os.getsid(pid_of(managed)) == pid_of(managed) != os.getsid(0)


def test_stops_stubborn_processes_and_their_descendants(start) -> None:
    managed = start("stubborn", STUBBORN)
    leader = psutil.Process(pid_of(managed))
    family = [leader, *leader.children(recursive=True)]
    assert len(family) == 2
    stop_all([managed], 0.5)
    assert not any(alive(p) for p in family)
    assert not managed.record.exists()


def test_descendants_are_found_though_their_leader_died(start, tmp_path: Path) -> None:
    managed = start("leader", STUBBORN)
    leader = psutil.Process(pid_of(managed))
    (child,) = leader.children()
    leader.kill()
    managed._child.wait()
    assert child.is_running()
    assert stop_orphans(tmp_path / "run", 0.5) == ["leader"]
    assert not alive(child)


def test_a_stranger_under_an_old_number_is_left_alone(start, tmp_path: Path) -> None:
    stranger = start("stranger", POLITE)
    record = tmp_path / "run" / "ours.json"
    record.write_text(
        json.dumps({"pid": pid_of(stranger), "started": psutil.Process(pid_of(stranger)).create_time() - 3600})
    )
    assert stop_orphans(tmp_path / "run", 0.5) == ["stranger"]  # by its own record
    other = start("another", POLITE)
    record.write_text(json.dumps({"pid": pid_of(other), "started": 1.0}))
    other.record.unlink()
    assert stop_orphans(tmp_path / "run", 0.5) == []
    assert other.alive()
    assert not record.exists()
    os.kill(other._child.pid, signal.SIGKILL)


def test_a_damaged_record_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{")
    assert stop_orphans(tmp_path) == []


def test_an_ended_process_is_told_with_its_log(start) -> None:
    managed = start("brief", "print('ready', flush=True); raise SystemExit('the reason')")
    managed._child.wait()
    with pytest.raises(EnvironmentFault, match=r"brief ended \(1\)(.|\n)*the reason"):
        managed.require_alive()


def test_the_tail_begins_with_this_start(start, tmp_path: Path) -> None:
    (tmp_path / "again.log").write_text("old words\n")
    managed = start("again", POLITE)
    assert "old words" not in managed.tail()
    assert "old words" in tail(tmp_path / "again.log")
    assert tail(tmp_path / "none.log") == "(no log)"


def test_waiting_ends() -> None:
    with pytest.raises(RetriableError, match="waited 0 s for the moon"):
        wait_until(lambda: False, 0, "the moon", 0)
