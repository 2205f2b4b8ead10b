"""Take files from the drop folder: archive the bytes, enter the release, set the file aside."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from os import stat_result
from pathlib import Path

import fsspec
from sqlalchemy import Connection, Engine

from planwatch import warehouse
from planwatch.errors import PlanwatchError
from planwatch.feeds import archive, fetch, period_in_name, sniff
from planwatch.model.check import CheckResult
from planwatch.model.feed import Feed
from planwatch.model.vocabulary import Gate, ReleaseState, Severity
from planwatch.settings import Settings
from planwatch.steps.include import load_include
from planwatch.steps.roster import never_taken, waiting_files

SETTLE_SECONDS = 1.0
"""A younger file may still be written."""
LOST_AFTER = timedelta(minutes=10)
"""A release that no run has dealt with for so long is started again."""
_LONGEST_NAME = 255
"""Bytes of the longest name that a file may have."""
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A release that waits for its feed's run."""

    feed: str
    sha256: str
    attempt: int = 0


def take_arrivals(engine: Engine, settings: Settings) -> list[Arrival]:
    """Archive and enter every whole file of the drop folder, and return all releases that no run has dealt with yet.

    The same bytes again change nothing. A file is moved to `received/` only once its bytes are archived and entered; one
    that no feed claims goes to `unrecognised/` and is listed in `bi.data_quality`; what can never be taken (a link, a folder, a file
    that may not be read) stays where it is and is listed there once.
    """
    feeds = load_include(settings.include).feeds
    settled = time.time() - SETTLE_SECONDS
    for path, stat in waiting_files(settings.drop_dir):
        if stat.st_mtime <= settled:
            _take(engine, settings, feeds, path, stat)
    for path, stat, why in never_taken(settings.drop_dir):
        _list_refusal(engine, path, why, run_id=f"arrivals:{stat.st_ino}:{stat.st_mtime_ns}")
    return _unread(engine)


def lost_releases(engine: Engine, settings: Settings) -> list[Arrival]:
    """Return the releases whose run never dealt with them, each with a number that makes a new run id."""
    now = datetime.now(UTC)
    with engine.connect() as conn:
        known = warehouse.known_releases(conn)
    lost = known[(known["state"] == str(ReleaseState.ARRIVED)) & (known["state_at"] < now - LOST_AFTER)]
    attempt = int(now.timestamp() // LOST_AFTER.total_seconds())
    return [Arrival(feed=str(r.feed), sha256=str(r.sha256), attempt=attempt) for r in lost.itertuples()]


def _unread(engine: Engine) -> list[Arrival]:
    with engine.connect() as conn:
        known = warehouse.known_releases(conn)
    waiting = known[known["state"] == str(ReleaseState.ARRIVED)]
    return [Arrival(feed=str(r.feed), sha256=str(r.sha256)) for r in waiting.itertuples()]


def _take(engine: Engine, settings: Settings, feeds: dict[str, Feed], path: Path, seen: stat_result) -> None:
    feed = feeds.get(path.parent.name) or sniff(feeds, path.name)
    if feed is None:
        _refuse(
            engine, path, settings.drop_dir, "no feed is named after its folder, and no feed's file name pattern fits"
        )
        return
    try:
        data = fetch(feed, fsspec.filesystem("file"), str(path), min(settings.max_release_bytes, feed.limits.max_bytes))
    except PlanwatchError as error:
        if error.retriable:
            raise
        _refuse(engine, path, settings.drop_dir, str(error))
        return
    now = path.stat()
    if (now.st_size, now.st_mtime_ns) != (
        seen.st_size,
        seen.st_mtime_ns,
    ):  # written to meanwhile: it is taken at the next look
        return
    sha256 = archive(data, settings.archive_dir)
    with engine.begin() as conn:
        new = warehouse.record_release(
            conn, sha256=sha256, feed=feed.id, period=period_in_name(feed, path.name), filename=path.name, size=len(data),
            published_at=None, source=f"drop folder {path.parent.name}",
        )  # fmt: skip
        if not new:
            note = _known_bytes(conn, feed, path, sha256)
            warehouse.save_checks(conn, [note], subject=f"file {path.name}", run_id=sha256)
    _set_aside(path, settings.drop_dir / "received")


def _known_bytes(conn: Connection, feed: Feed, path: Path, sha256: str) -> CheckResult:
    """Return the note that a file brought nothing new, so that whoever sent it under another name can see so.

    It is more than a note where somebody will miss something: the name states another month or feed than the bytes came under, or a
    correction came since, which the old bytes do not take back.
    """
    known = warehouse.known_releases(conn)
    at = int(known.index[known["sha256"] == sha256][0])
    first, named = known.loc[at], period_in_name(feed, path.name)
    later = known[(known.index > at) & (known["feed"] == first["feed"]) & (known["period"] == first["period"])]
    later = later[later["state"] == str(ReleaseState.LOADED)]
    severity, note = Severity.INFO, "同样的文件此前已收到，未作处理 ｜ the same bytes came before: nothing was done"
    came = f"{first['filename']} ({first['feed']} {first['period'] or ''})"
    if first["feed"] != feed.id or (named and first["period"] and named != first["period"]):
        severity = Severity.CRITICAL
        note = f"{note}. They came as {came}, not as {feed.id} {named or ''}; mend: deliver this month's own file, or write the month into it"
    elif not later.empty:
        severity = Severity.WARNING
        note = f"{note}. {later.iloc[-1]['filename']} came since and stays in force; mend: to take it back, deliver the old figures with a new date of publication"
    return CheckResult(
        gate=Gate.RELEASE, suite="arrivals", expectation="file_is_news", severity=severity, success=False,
        observed=path.name, note=note, failed_rows=1, offending=(f"{path.parent.name}/{path.name}",),
    )  # fmt: skip


def _refuse(engine: Engine, path: Path, drop: Path, why: str) -> None:
    """Enter the refusal where people look for it, then set the file aside."""
    _list_refusal(engine, path, why)
    _set_aside(path, drop / "unrecognised")


def _list_refusal(engine: Engine, path: Path, why: str, run_id: str = "") -> None:
    """Enter a refusal; with `run_id` once only."""
    result = CheckResult(
        gate=Gate.RELEASE, suite="arrivals", expectation="file_is_taken", severity=Severity.CRITICAL, success=False,
        observed=path.name, note=why, failed_rows=1, offending=(path.name,),
    )  # fmt: skip
    with engine.begin() as conn:
        warehouse.save_checks(
            conn,
            [result],
            subject=f"file {path.name}",
            run_id=run_id or "arrivals",
            once_since=_EVER if run_id else None,
        )


def _set_aside(path: Path, folder: Path) -> None:
    """Move the file into a folder under its name, or a longer one where the name is taken; a feed's folder may be another disk."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / path.name
    if target.exists():
        ending = f".{time.time_ns()}{path.suffix}"
        stem = os.fsencode(path.stem)[: _LONGEST_NAME - len(os.fsencode(ending))]
        target = folder / f"{os.fsdecode(stem)}{ending}"
    shutil.move(path, target)
