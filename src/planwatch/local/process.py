"""Processes that we start: each in a session of its own, on record, and stopped to the last descendant.

A record (pid and start time) tells our process of an earlier, crashed run from a stranger that got the same number.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from planwatch.errors import EnvironmentFault

GRACE_S = 8.0
"""How long a process may take to end on its own after SIGTERM, before its whole group is told, then killed."""
SAME_START_S = 0.5
TAIL_LINES = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to start: `name` for people and files, `argv`, the whole environment, the folder, and the log it appends to."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    log: Path


class Managed:
    """One process of ours, with its record `<run>/<name>.json`."""

    def __init__(self, command: Command, run: Path) -> None:
        self.command = command
        self.record = run / f"{command.name}.json"
        self._child: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    def start(self) -> None:
        """Start it in a new session, its output appended to its log."""
        self.record.parent.mkdir(parents=True, exist_ok=True)
        self.command.log.parent.mkdir(parents=True, exist_ok=True)
        self.command.cwd.mkdir(parents=True, exist_ok=True)
        with self.command.log.open("ab") as log:
            self._log_start = log.tell()
            self._child = subprocess.Popen(  # noqa: S603 - our own programs
                self.command.argv,
                env=dict(self.command.env),
                cwd=self.command.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        started = psutil.Process(self._child.pid).create_time()
        self.record.write_text(json.dumps({"pid": self._child.pid, "started": started}), encoding="utf-8")

    def alive(self) -> bool:
        """Return whether the process that we started still runs."""
        return self._child is not None and self._child.poll() is None

    def require_alive(self) -> None:
        """Do nothing while it runs.

        Raises:
            EnvironmentFault: it ended; the message has its exit code and the last lines of its log.
        """
        if not self.alive():
            code = self._child.returncode if self._child else "never started"
            raise EnvironmentFault(
                f"{self.command.name} ended ({code}); its log {self.command.log} ends:\n{self.tail()}"
            )

    def tail(self, lines: int = TAIL_LINES) -> str:
        """Return the last lines that this start has logged."""
        return tail(self.command.log, lines, self._log_start)


def stop_all(managed: Iterable[Managed], grace_s: float = GRACE_S) -> None:
    """Stop processes that we started, all at the same time, and forget their records."""
    ours = list(managed)
    stop_records([m.record for m in ours], grace_s)
    for one in ours:
        if one._child is not None:
            with suppress(subprocess.TimeoutExpired):
                one._child.wait(timeout=grace_s)


def stop_orphans(run: Path, grace_s: float = GRACE_S) -> list[str]:
    """Stop what an earlier run left alive in this home; return the names. Strangers under old numbers are left alone."""
    records = sorted(run.glob("*.json"))
    alive = [record.stem for record in records if _members(record)]
    stop_records(records, grace_s)
    return alive


def stop_records(records: Sequence[Path], grace_s: float) -> None:
    """Stop the processes on record: SIGTERM to each leader, then to every member, then SIGKILL.

    Raises:
        EnvironmentFault: something survived even that.
    """
    members = {p for record in records for p in _members(record)}
    _signal((p for p in members if _is_leader(p)), signal.SIGTERM)
    for following in (signal.SIGTERM, signal.SIGKILL, None):
        _, left = psutil.wait_procs(members, timeout=grace_s)
        members = {p for p in left if _living(p)} | {p for record in records for p in _members(record)}
        if not members:
            break
        if following is None:
            raise EnvironmentFault(f"processes {sorted(p.pid for p in members)} do not stop")
        _signal(members, following)
    for record in records:
        record.unlink(missing_ok=True)


def tail(path: Path, lines: int = TAIL_LINES, start: int = 0) -> str:
    """Return the last lines of a text file, from byte `start` on; at most 64 kB are read."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(start, end - 65536))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return "(no log)"
    return "\n".join(text.splitlines()[-lines:]) or "(nothing logged)"


def _members(record: Path) -> set[psutil.Process]:
    """Return the living processes of a record: the leader, its descendants, and the rest of its session."""
    try:
        noted = json.loads(record.read_text(encoding="utf-8"))
        pid, started = int(noted["pid"]), float(noted["started"])
    except (OSError, ValueError, KeyError):
        return set()
    found: set[psutil.Process] = set()
    with suppress(psutil.NoSuchProcess):
        leader = psutil.Process(pid)
        if abs(leader.create_time() - started) > SAME_START_S:
            return set()  # the number is a stranger's now, so nothing of our session is left
        found = {leader, *leader.children(recursive=True)}
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if os.getsid(process.pid) == pid and process.create_time() >= started - SAME_START_S:
                found.add(process)
    return {p for p in found if _living(p)}


def _living(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _is_leader(process: psutil.Process) -> bool:
    with suppress(OSError):
        return os.getsid(process.pid) == process.pid
    return False


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
