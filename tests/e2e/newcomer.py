"""Homes of whole systems, started as a newcomer starts them: by the command line, in a folder of their own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import psycopg2.extras

from planwatch.local.address import address
from planwatch.local.home import Home
from planwatch.local.postgres import EmbeddedPostgres
from planwatch.local.reset import reset
from planwatch.local.waiting import wait_until

PLANWATCH = Path(sys.executable).with_name("planwatch")
READY = "Running. Ctrl-C stops everything."


@dataclass
class System:
    """One home, and what can be done with it from outside."""

    root: Path

    @property
    def home(self) -> Home:
        return Home(self.root)

    @property
    def env(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PLANWATCH_", "AIRFLOW_"))}
        return {**kept, "PLANWATCH_HOME": str(self.root)}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PLANWATCH, *arguments],
            env=self.env,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def once(self, *arguments: str) -> str:
        """Run `planwatch once`, which must succeed, and return what it printed."""
        done = self.run("once", "--timeout", "20", *arguments)
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        assert self.left_over() == []
        return done.stdout

    @contextmanager
    def up(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run `planwatch up` in a session of its own, from ready on; it is stopped, by force if the test did not."""
        said = self.root / "up.txt"
        with said.open("wb") as out:
            process = subprocess.Popen(
                [PLANWATCH, "up", *arguments], env=self.env, cwd="/", stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )  # fmt: skip

        def ready() -> bool:
            assert process.poll() is None, said.read_text()
            return READY in said.read_text()

        try:
            wait_until(ready, 1200, "`planwatch up` to be ready", 0.5)
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(60)

    def ask(self, sql: str, *values: object, url: str | None = None) -> list[dict[str, Any]]:
        """Return rows, as the BI role on the running system or on the database alone."""
        if url is not None or self.home.holder() is not None:
            return _rows(url or address(self.home, self.home.remembered_ports(), "bi"), sql, values)
        with self.server() as server:
            return _rows(
                server.url("bi_reader", self.home.secrets.get("role_bi_reader"), "planwatch", "postgresql"), sql, values
            )

    def server(self) -> EmbeddedPostgres:
        return EmbeddedPostgres(self.home.postgres, password=self.home.secrets.get("role_postgres"))

    def mails(self) -> list[EmailMessage]:
        return [
            message_from_bytes(p.read_bytes(), policy=policy.default) for p in sorted(self.home.mails.glob("*.eml"))
        ]

    def left_over(self) -> list[str]:
        """Return the command lines of living processes that speak of this home."""
        found = []
        for process in psutil.process_iter():
            try:
                told = [*process.cmdline(), process.environ().get("PLANWATCH_HOME", ""), process.cwd()]
            except (psutil.Error, OSError):
                continue
            if (
                process.pid != os.getpid()
                and process.status() != psutil.STATUS_ZOMBIE
                and any(str(self.root) in t for t in told)
            ):
                found.append(f"{process.pid} {' '.join(process.cmdline())}")
        return found


def _rows(url: str, sql: str, values: tuple[object, ...]) -> list[dict[str, Any]]:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(sql, values)
            return [dict(row) for row in cursor.fetchall()]
    finally:
        connection.close()


@contextmanager
def fresh_system() -> Iterator[System]:
    root = Path(tempfile.mkdtemp(prefix="planwatch-e2e-"))
    root.chmod(0o755)
    system = System(root)
    try:
        yield system
    finally:
        reset(system.home)
        shutil.rmtree(root, ignore_errors=True)
