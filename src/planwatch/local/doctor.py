"""What this machine must have, what it has, and how to mend the difference."""

from __future__ import annotations

import locale
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import psutil

from planwatch.errors import EnvironmentFault, PlanwatchError
from planwatch.local.home import Home, Ports
from planwatch.local.ports import is_free
from planwatch.settings import ROOT, Settings

if TYPE_CHECKING:
    from planwatch.model.sources import NoSource

PYTHON = (3, 11)
DISK_GB, MEMORY_GB = 2.0, 2.5
"""Free disk for environment and data, and free memory for four Airflow components with their workers."""
GB = 1024**3
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)\s*(?:;\s*(.*?))?\s*\\?$")


class State(StrEnum):
    """How a finding stands: as it must be; a drawback; something needed that is not there."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing examined. `mend` is empty where nothing needs mending."""

    check: str
    state: State
    found: str
    needed: str = ""
    mend: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Return a finding for every check, in the order of a start."""
    checks: tuple[Callable[[Settings], Finding], ...] = (
        _python, _environment, _postgres, _home, _disk, _memory, _ports, _make, _locale, _fonts, _holidays,
    )  # fmt: skip
    return [*(check(settings) for check in checks), *_sources(settings)]


def pinned(text: str) -> dict[str, str]:
    """Return name → version of a requirements file's pins that apply to this machine and Python."""
    from packaging.markers import Marker

    found = {}
    for line in text.splitlines():
        if match := _PINNED.match(line.strip()):
            name, wanted, marker = match.groups()
            if not marker or Marker(marker).evaluate():
                found[name] = wanted
    return found


def _python(settings: Settings) -> Finding:
    found, needed = ".".join(map(str, sys.version_info[:3])), ".".join(map(str, PYTHON))
    if sys.version_info >= PYTHON:
        return Finding("Python", State.OK, found, f"{needed} or newer")
    return Finding("Python", State.MISSING, found, f"{needed} or newer", "make setup PYTHON=python3.11")


def _environment(settings: Settings) -> Finding:
    lock = ROOT / "requirements" / "run.txt"
    if not lock.exists():
        return Finding("packages", State.WARNING, "no list of pins", str(lock), "run from the checkout")
    wrong = [f"{name} {has or 'absent'}" for name, wanted in pinned(lock.read_text(encoding="utf-8")).items() if (has := _has(name)) != wanted]  # fmt: skip
    if not wrong:
        return Finding("packages", State.OK, "all as pinned", "requirements/run.txt")
    shown = ", ".join(wrong[:4]) + (f" and {len(wrong) - 4} more" if len(wrong) > 4 else "")
    return Finding("packages", State.MISSING, shown, "requirements/run.txt", "make setup")


def _has(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _postgres(settings: Settings) -> Finding:
    from planwatch.local.account import postgres_account
    from planwatch.local.postgres import program_version

    try:
        account = postgres_account()
        found = program_version()
    except (EnvironmentFault, OSError) as error:
        return Finding("Postgres", State.MISSING, str(error).split(";")[0], "the wheel's programs run", "make setup")
    who = "" if account.uid is None else f", as uid {account.uid}"
    return Finding("Postgres", State.OK, f"{found}{who}", "the wheel's programs run")


def _home(settings: Settings) -> Finding:
    home = settings.home.resolve()
    nearest = next(p for p in (home, *home.parents) if p.exists())
    if os.access(nearest, os.W_OK | os.X_OK):
        return Finding("home", State.OK, str(home), "writable")
    return Finding(
        "home", State.MISSING, f"{nearest} is not writable", "writable", "set PLANWATCH_HOME to a folder of yours"
    )


def _disk(settings: Settings) -> Finding:
    home = settings.home.resolve()
    free = shutil.disk_usage(next(p for p in (home, *home.parents) if p.exists())).free / GB
    state = State.OK if free >= DISK_GB else State.MISSING
    mend = "" if state is State.OK else "free some space, or set PLANWATCH_HOME to a larger disk"
    return Finding("disk", state, f"{free:.1f} GB free", f"{DISK_GB:g} GB", mend)


def _memory(settings: Settings) -> Finding:
    free = psutil.virtual_memory().available / GB
    state = State.OK if free >= MEMORY_GB else State.WARNING
    return Finding(
        "memory", state, f"{free:.1f} GB free", f"{MEMORY_GB:g} GB", "" if state is State.OK else "close other programs"
    )


def _ports(settings: Settings) -> Finding:
    home = Home(settings.home)
    if home.holder() is not None:
        return Finding("ports", State.OK, "in use by this home's running system")
    taken = [f"{name} {port}" for name, port in asdict(home.remembered_ports() or Ports()).items() if not is_free(port)]
    if taken:
        mend = "none needed: free ports are taken instead, and shown at the start"
        return Finding("ports", State.WARNING, f"taken by others: {', '.join(taken)}", "free on loopback", mend)
    return Finding("ports", State.OK, "free", "free on loopback")


def _make(settings: Settings) -> Finding:
    found = shutil.which("make")
    if found:
        return Finding("make", State.OK, found)
    return Finding("make", State.WARNING, "absent", "for `make run`", "install make, or use .venv/bin/planwatch up")


def _locale(settings: Settings) -> Finding:
    found = locale.getpreferredencoding(False)
    if found.lower().replace("-", "") == "utf8":
        return Finding("locale", State.OK, found, "UTF-8")
    return Finding("locale", State.WARNING, found, "UTF-8, for Chinese in the terminal", "export LC_ALL=C.UTF-8")


def _fonts(settings: Settings) -> Finding:
    listing = shutil.which("fc-list")
    if listing is None:
        return Finding("fonts", State.OK, "not examined (no fontconfig)", "Chinese, in the browser")
    said = subprocess.run([listing, ":lang=zh", "family"], capture_output=True, text=True, check=False, timeout=30)  # noqa: S603
    families = sorted({line.split(",")[0] for line in said.stdout.splitlines() if line.strip()})
    if families:
        return Finding("fonts", State.OK, families[0], "Chinese, in the browser")
    return Finding(
        "fonts", State.WARNING, "no Chinese font", "Chinese, in the browser", "apt install fonts-noto-cjk, or the like"
    )


def _sources(settings: Settings) -> list[Finding]:
    """Return a finding for every target of the plan in force that no feed reports on, and for every reason that is void."""
    from planwatch.model.sources import sourceless
    from planwatch.plan import load_plan
    from planwatch.steps.include import load_include

    needed = "a feed, or the reason why there can be none"
    try:
        include = load_include(settings.include)
        plan = load_plan(settings.plan_file(settings.plan), settings.include)
    except PlanwatchError as error:
        return [Finding("data", State.MISSING, str(error).splitlines()[0], "include/ keeps its schemas", "correct it")]
    carried = {indicator for feed in include.feeds.values() for indicator in feed.indicators()}
    found = sourceless(plan.targets, carried, include.without_source)
    void = [reason.indicator for reason in include.without_source if reason.indicator in carried]
    return [
        *(_sourceless(lack.target.id, lack.target.name_zh, lack.reason, needed) for lack in found),
        *(
            Finding(
                "sources",
                State.WARNING,
                f"{indicator}: a feed carries it",
                needed,
                "take its line out of without_source",
            )
            for indicator in void
        ),
    ] or [Finding("sources", State.OK, f"all {len(plan.targets)} targets", needed)]


def _sourceless(target: str, name: str, reason: NoSource | None, needed: str) -> Finding:
    if reason is not None:
        return Finding("sources", State.OK, f"{target} {name}: {reason.reason_zh}", needed)
    mend = "declare a feed that carries it, or write the reason under without_source in feeds.yaml"
    return Finding("sources", State.WARNING, f"{target} {name}: no feed carries it", needed, mend)


def _holidays(settings: Settings) -> Finding:
    """Due dates of the plan's year lie in it and in the next one: are the holidays of both announced?"""
    from planwatch.feeds import load_calendar

    needed = f"the holidays of {settings.plan} and {settings.plan + 1}"
    try:
        days = load_calendar(settings.include / "calendar.yaml").working_days
    except PlanwatchError as error:
        return Finding("holidays", State.MISSING, str(error).splitlines()[0], needed, "mend calendar.yaml")
    unknown = [str(year) for year in (settings.plan, settings.plan + 1) if not days.knows(year)]
    if not unknown:
        return Finding("holidays", State.OK, "announced", needed)
    found = f"not known: {', '.join(unknown)}; due dates there give way to weekends only and are tentative"
    mend = (
        "once the State Council's notice is out, a newer chinesecalendar, or its days under holidays: in calendar.yaml"
    )
    return Finding("holidays", State.WARNING, found, needed, mend)
