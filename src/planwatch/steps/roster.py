"""What the DAG files ask at parse time: the feeds' names, and which files wait. No heavy import here."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from os import stat_result
from pathlib import Path
from typing import Any

from planwatch.model.calendar import ReleaseCalendar
from planwatch.model.vocabulary import Frequency
from planwatch.settings import settings
from planwatch.steps.duedates import DueDates, Watched
from planwatch.yamlfile import parse_yaml

SET_ASIDE = ("received", "unrecognised")
"""Folders of the drop folder that hold files already dealt with."""
UNFINISHED = (".part", ".tmp", ".crdownload", "~")
"""Endings of files that are still being written."""
_ID = re.compile(r"""^[^#\n]*?\bid: *["']?([a-z0-9_]+)""", re.MULTILINE)
"""The id of an entry of a registry, one a line, outside of comments."""
_F_SETSIG = 10
"""Which signal tells of a broken lease; the module `fcntl` does not name it."""


@dataclass(frozen=True, slots=True)
class FeedName:
    """A feed as the DAGs show it."""

    id: str
    name_zh: str
    name_en: str
    owner: str


def feed_roster(path: Path | None = None) -> list[FeedName]:
    """Return the feeds of `feeds.yaml` by id, without checking the rest of the file (the `plan` DAG does).

    Raises:
        ConfigError: a feed names an indicator, area, department or suite that there is not.
    """
    path = path or settings().include / "feeds.yaml"
    data = parse_yaml(path)
    if _names_strangers(path.parent, data["feeds"]):
        from planwatch.steps.include import load_include

        load_include(path.parent)  # it says where, and what is nearest; heavy, hence only here
    return [FeedName(str(f["id"]), str(f["name_zh"]), str(f["name_en"]), str(f["owner"])) for f in data["feeds"]]


def _names_strangers(folder: Path, feeds: list[dict[str, Any]]) -> bool:
    """Return whether a feed seems to name what no registry has: a quick look over their text, no YAML read."""
    series = [one for feed in feeds for one in feed["series"]]
    named = {
        "indicators.yaml": {one["indicator"] for one in series},
        "areas.yaml": {feed["area"] for feed in feeds} | {one["area"] for one in series if one.get("area")},
        "departments.yaml": {feed["owner"] for feed in feeds},
    }
    suites = {f"{feed['suite']}.json" for feed in feeds}
    there = {path.name for path in settings().expectations.glob("*.json")}
    return not suites <= there or any(not ids <= _ids_in(folder / name) for name, ids in named.items())


def _ids_in(path: Path) -> set[str]:
    return set(_ID.findall(path.read_text(encoding="utf-8"))) if path.is_file() else set()


def feed_due_dates(folder: Path | None = None) -> DueDates:
    """Return the due dates of all feeds, from `calendar.yaml` and `feeds.yaml`."""
    folder = folder or settings().include
    feeds = parse_yaml(folder / "feeds.yaml")["feeds"]
    calendar = ReleaseCalendar.model_validate(parse_yaml(folder / "calendar.yaml"))
    return DueDates(calendar, {str(feed["id"]): _watched(feed) for feed in feeds})


def _watched(feed: dict[str, Any]) -> Watched:
    own = str(feed.get("frequency", Frequency.MONTHLY))
    words = dict.fromkeys([own, *(str(one.get("frequency", own)) for one in feed["series"])])
    since = feed.get("valid_from")
    return Watched(tuple(map(Frequency, words)), date.fromisoformat(str(since)) if since else None)


def waiting_files(folder: Path) -> Iterator[tuple[Path, stat_result]]:
    """Yield the files waiting in `folder` and one level below, with their stat.

    Hidden and unfinished ones are passed over, those that somebody still has open for writing, and what `never_taken` names.
    """
    for path in _entries(folder):
        try:
            stat = path.stat()
            if path.is_file() and not path.is_symlink() and not is_being_written(path):
                yield path, stat
        except OSError:  # taken or renamed meanwhile, or not ours to read
            continue


def never_taken(folder: Path) -> Iterator[tuple[Path, stat_result, str]]:
    """Yield what lies where releases are dropped and will never be taken as it is, with its own stat, and why.

    A link is not followed: what it leads to is not ours to move, and may be the only copy.
    """
    for path in _entries(folder):
        try:
            if why := _hindrance(path, is_feed_folder=path.parent == folder):
                yield path, path.lstat(), why
        except OSError:  # taken or renamed meanwhile
            continue


def _entries(folder: Path) -> list[Path]:
    """Return what lies in `folder` and in its folders, links to folders left closed; nothing hidden, unfinished or set aside."""
    tops = [path for path in folder.glob("*") if path.name not in SET_ASIDE]
    below = [inner for path in tops if path.is_dir() and not path.is_symlink() for inner in path.glob("*")]
    return [p for p in sorted([*tops, *below]) if not (p.name.startswith(".") or p.name.endswith(UNFINISHED))]


def _hindrance(path: Path, *, is_feed_folder: bool) -> str:
    """Return why an entry cannot be taken, empty where it can."""
    if path.is_symlink():
        return "it is a link, which is not followed; mend: put the file itself here"
    if path.is_dir():
        return "" if is_feed_folder else "it is a folder; mend: put its files into the feed's folder itself"
    if not path.is_file():
        return "it is no file; mend: put the release itself here"
    return "" if os.access(path, os.R_OK) else "it may not be read; mend: let this account read it (chmod a+r)"


def is_being_written(path: Path) -> bool:
    """Return whether some process has the file open for writing, as far as the kernel says: for local files on Linux.

    It grants a read lease only while there is no writer. Where it grants none at all (a share, another system, another account's
    file) nothing is known, and False is returned: there a file counts as whole once it has stood still.
    """
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        fcntl.fcntl(descriptor, _F_SETSIG, signal.SIGURG)  # a writer who comes now may not kill us: SIGURG is ignored
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    finally:
        os.close(descriptor)
    return False
