"""What the DAG files ask at parse time: the feeds' names, and which files wait. No heavy import here."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class FeedName:
    """A feed as the DAGs show it."""

    id: str
    name_zh: str
    name_en: str
    owner: str


def feed_roster(path: Path | None = None) -> list[FeedName]:
    """Return the feeds of `feeds.yaml` by id, without checking the rest of the file (the `plan` DAG does)."""
    data = parse_yaml(path or settings().include / "feeds.yaml")
    return [FeedName(str(f["id"]), str(f["name_zh"]), str(f["name_en"]), str(f["owner"])) for f in data["feeds"]]


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
    """Yield the files waiting in `folder` and one level below, with their stat; hidden and unfinished ones are passed over."""
    for path in sorted([*folder.glob("*"), *folder.glob("*/*")]):
        if path.parent.name in SET_ASIDE or path.name.startswith(".") or path.name.endswith(UNFINISHED):
            continue
        try:
            stat = path.stat()
        except OSError:  # taken or renamed meanwhile
            continue
        if path.is_file() and not path.is_symlink():
            yield path, stat
