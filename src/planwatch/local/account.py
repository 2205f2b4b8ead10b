"""Who runs Postgres, and where: it refuses uid 0, so root steps down to an account without rights.

That account may be unable to reach a checkout under a private home (`/root` is 0700). Nothing of the user's is opened
to it for that: binaries and data then stand under `/var/lib/planwatch` instead.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planwatch.errors import EnvironmentFault

FALLBACK = Path("/var/lib/planwatch")
"""Where root keeps what the unprivileged account must reach but cannot."""
ACCOUNTS = ("postgres", "nobody", "daemon")


@dataclass(frozen=True, slots=True)
class Account:
    """The uid and gid that Postgres runs under; both None for the user we already are."""

    uid: int | None = None
    gid: int | None = None

    @property
    def popen(self) -> dict[str, Any]:
        """Return the `subprocess` arguments that step down, none where there is no need."""
        return {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give `path` itself (not what is in it) to the account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def reaches(self, path: Path) -> bool:
        """Return whether the account can enter the folder `path` through all its parents."""
        if self.uid is None:
            return True
        command = ["/bin/sh", "-c", 'cd "$1"', "sh", str(path)]
        tried = subprocess.run(command, cwd="/", check=False, capture_output=True, **self.popen)  # noqa: S603 - fixed
        return tried.returncode == 0


def postgres_account() -> Account:
    """Return the account for Postgres: ourselves, or for root the first of `ACCOUNTS` that the machine has.

    Raises:
        EnvironmentFault: root, and none of them exists.
    """
    if os.geteuid() != 0:
        return Account()
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid)
    raise EnvironmentFault(
        f"Postgres does not run as root, and this machine has none of the accounts {', '.join(ACCOUNTS)}; "
        "mend: run as a normal user, or add one: useradd --system postgres"
    )


def reachable_home(home: Path, account: Account) -> Path:
    """Return `home`, made and owned by the account, or its stand-in under `FALLBACK` where the account cannot enter it."""
    if account.uid is None:
        home.mkdir(parents=True, exist_ok=True)
        return home
    stand_in = FALLBACK / f"home-{_short(home)}"
    if not stand_in.is_dir():
        home.mkdir(parents=True, exist_ok=True)
        account.own(home)
        if account.reaches(home):
            return home
    home.mkdir(parents=True, exist_ok=True)
    stand_in.mkdir(parents=True, exist_ok=True)
    (stand_in / "stands-in-for").write_text(f"{home}\n", encoding="utf-8")
    (home / "STANDS-ELSEWHERE.txt").write_text(f"{stand_in}\n", encoding="utf-8")
    account.own(stand_in)
    return stand_in


def reachable_binaries(package: Path, account: Account) -> Path:
    """Return the folder of Postgres' programs in the wheel `package`, or in a copy of it that the account can reach.

    The programs find their libraries by relative path, so the sibling `.libs` folder is copied with them.
    """
    if account.reaches(package / "pginstall" / "bin"):
        return package / "pginstall" / "bin"
    copy = FALLBACK / f"binaries-{_short(package)}-{int((package / 'pginstall').stat().st_mtime)}"
    if not copy.is_dir():
        part = copy.with_name(f".{copy.name}-{os.getpid()}")
        shutil.copytree(package / "pginstall", part / package.name / "pginstall", symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, part / libraries.name)
        _open_to_all(part)
        part.replace(copy)
    return copy / package.name / "pginstall" / "bin"


def sweep_abandoned() -> list[Path]:
    """Remove stand-ins whose home is gone (a checkout deleted, a test's folder), unless a server still runs there.

    Only root makes them, and only root removes them.
    """
    gone: list[Path] = []
    if os.geteuid() != 0:
        return gone
    for note in FALLBACK.glob("home-*/stands-in-for"):
        home = Path(note.read_text(encoding="utf-8").strip())
        if not home.exists() and not (note.parent / "data" / "postmaster.pid").exists():
            shutil.rmtree(note.parent, ignore_errors=True)
            gone.append(note.parent)
    return gone


def _open_to_all(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))


def _short(path: Path) -> str:
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
