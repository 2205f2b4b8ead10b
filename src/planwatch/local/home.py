"""The home of one local system: its folders, its secrets, its ports, and the lock that keeps a second one out."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from planwatch.errors import EnvironmentFault
from planwatch.local.ports import free_port, is_free
from planwatch.local.secretfile import SecretFile, write_private

DATABASE = "planwatch"
"""The warehouse's database on the embedded server."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Ports on loopback. The defaults are taken where they are free."""

    airflow: int = 8080
    postgres: int = 55432
    desk: int = 8025
    smtp: int = 1025


class Home:
    """A folder (`PLANWATCH_HOME`) and what stands in it."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    @property
    def logs(self) -> Path:
        """Return the folder of the processes' logs."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Return the folder of the records of running processes."""
        return self.root / "run"

    @property
    def mails(self) -> Path:
        """Return the folder of caught mails."""
        return self.root / "mails"

    @property
    def airflow(self) -> Path:
        """Return AIRFLOW_HOME."""
        return self.root / "airflow"

    @property
    def postgres(self) -> Path:
        """Return the home of the embedded Postgres."""
        return self.root / "postgres"

    @cached_property
    def secrets(self) -> SecretFile:
        """Return the file of generated passwords and keys."""
        return SecretFile(self.root / "secrets.json")

    def remembered_ports(self) -> Ports | None:
        """Return the ports of the first start, None before it."""
        try:
            noted = json.loads((self.root / "ports.json").read_text(encoding="utf-8"))
            return Ports(**{name: int(noted[name]) for name in asdict(Ports())})
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def choose_ports(self) -> tuple[Ports, list[str]]:
        """Return the ports to use, remembered from now on, and the names of those that are not the wished ones.

        The remembered ones are wished, else the defaults; one that somebody else holds is replaced by a free one.
        """
        wished = asdict(self.remembered_ports() or Ports())
        moved = [name for name, port in wished.items() if not is_free(port)]
        chosen = Ports(**{name: free_port(port) for name, port in wished.items()})
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "ports.json").write_text(json.dumps(asdict(chosen), indent=2) + "\n", encoding="utf-8")
        return chosen, moved

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold this home for one process; the lock ends with the process, however it ends.

        Raises:
            EnvironmentFault: another process holds it.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "up.lock").open("a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise EnvironmentFault(
                    f"{self.root} is in use by process {self.holder() or 'unknown'}; "
                    "mend: stop that one (Ctrl-C), or set PLANWATCH_HOME to another folder"
                ) from error
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            try:
                yield
            finally:
                file.truncate(0)

    def holder(self) -> int | None:
        """Return the pid of the process that holds this home, None where none does."""
        try:
            with (self.root / "up.lock").open("r+", encoding="utf-8") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except OSError:
                    return int(file.read().strip() or 0)
        except (OSError, ValueError):
            return None
        return None

    def write_airflow_password(self, user: str, password: str) -> Path:
        """Write the password file of Airflow's simple auth manager (0600) and return its path."""
        self.airflow.mkdir(parents=True, exist_ok=True)
        path = self.airflow / "passwords.json"
        write_private(path, json.dumps({user: password}))
        return path
