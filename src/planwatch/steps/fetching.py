"""Look at a remote source: fetch what it has for a month, archive it, enter the release, and note what came of the look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, text

from planwatch import warehouse
from planwatch.errors import PlanwatchError
from planwatch.feeds import Access, archive, fetch_release
from planwatch.model.check import CheckResult
from planwatch.model.feed import Feed
from planwatch.model.fetched import Fetched, Outcome, Stamp
from planwatch.model.location import shown_url
from planwatch.model.vocabulary import Gate, Severity
from planwatch.settings import Settings
from planwatch.steps.arrivals import Arrival
from planwatch.steps.include import load_include
from planwatch.steps.polling import LOOK, Poll, due_polls, read_standing, release_days, remote_feeds

Resolve = Callable[[str], Access]
"""Gives the account of a connection id."""

_LAST = text("SELECT detail, outcome, started_at FROM ops.runs WHERE run_id = :run_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a look brought, and the release to read, where it brought one."""

    outcome: Outcome
    place: str
    arrival: Arrival | None = None


def find_due(engine: Engine, settings: Settings, now: datetime) -> list[Poll]:
    """Return the looks that are due: what is expected and not there, and what may have been corrected."""
    with engine.connect() as conn:
        standing = read_standing(lambda sql: conn.exec_driver_sql(sql).tuples())
    return due_polls(remote_feeds(settings.include), release_days(settings.include), standing, now)


def look(engine: Engine, settings: Settings, poll: Poll, resolve: Resolve) -> Looked:
    """Look at a source once. New bytes are archived before they are entered; the same bytes again change nothing.

    What came of it stands in `bi.fetches`; a change from well to ill in `bi.data_quality` too.

    Raises:
        ReleaseError: a named final error of the source (`docs/sources.md`); noted, nothing else has changed.
        RetriableError: a named retriable one, likewise.
    """
    feed = load_include(settings.include).feeds[poll.feed]
    address = shown_url(feed.location.address(poll.period)) if feed.location else ""
    job = _Look(
        engine=engine, settings=settings, feed=feed, poll=poll, address=address, last=_last_look(engine, poll, address)
    )
    try:
        access = resolve(feed.location.connection) if feed.location and feed.location.connection else Access()
        got = fetch_release(feed, poll.period, access, max_bytes=settings.max_release_bytes, stamp=job.last.stamp)
    except PlanwatchError as error:
        _note_failure(job, error)
        raise
    return _settle(job, got)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Last:
    """The last look at a source for a month; `sha256` and `stamp` are of the bytes that came last, by whichever look."""

    first_at: datetime
    looks: int = 0
    outcome: str = ""
    code: str = ""
    sha256: str = ""
    stamp: Stamp = field(default_factory=Stamp)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One look, and what it is made with."""

    engine: Engine
    settings: Settings
    feed: Feed
    poll: Poll
    address: str
    last: _Last

    @property
    def run_id(self) -> str:
        return _run_id(self.poll)


def _run_id(poll: Poll) -> str:
    return f"{LOOK}:{poll.feed}:{poll.period}"


def _last_look(engine: Engine, poll: Poll, address: str) -> _Last:
    with engine.connect() as conn:
        row = conn.execute(_LAST, {"run_id": _run_id(poll)}).one_or_none()
    if row is None:
        return _Last(first_at=datetime.now(UTC))
    detail: dict[str, Any] = row.detail
    stamp = Stamp(etag=detail["etag"], modified=detail["modified"], size=detail["size"])
    return _Last(
        first_at=row.started_at, looks=int(detail["looks"]), outcome=row.outcome or "", code=detail["code"],
        sha256=detail["sha256"], stamp=stamp if detail["address"] == address else Stamp(),
    )  # fmt: skip


def _settle(job: _Look, got: Fetched) -> Looked:
    """Archive and enter what came, and note the look in one transaction with the entry."""
    if got.outcome is not Outcome.FETCHED:
        with job.engine.begin() as conn:
            _note(conn, job, got.outcome, place=got.place, sha256=job.last.sha256, stamp=job.last.stamp)
        return Looked(outcome=got.outcome, place=got.place)
    sha256 = archive(got.data, job.settings.archive_dir)
    with job.engine.begin() as conn:
        outcome = _enter(conn, job, got, sha256)
        _note(conn, job, outcome, place=got.place, sha256=sha256, stamp=got.stamp)
    arrival = Arrival(feed=job.feed.id, sha256=sha256) if outcome is Outcome.FETCHED else None
    return Looked(outcome=outcome, place=got.place, arrival=arrival)


def _enter(conn: Connection, job: _Look, got: Fetched, sha256: str) -> Outcome:
    """Enter the bytes as a release, unless they are those of the last look: a refused file is not read again at every look."""
    if sha256 == job.last.sha256:
        return Outcome.UNCHANGED
    feed = job.feed
    asked = feed.location is not None and feed.location.names_period and not feed.many_periods
    new = warehouse.record_release(
        conn, sha256=sha256, feed=feed.id, period=job.poll.period if asked else None, filename=got.name,
        size=len(got.data), published_at=None, source=got.place,
    )  # fmt: skip
    return Outcome.FETCHED if new else Outcome.KNOWN


def _note(
    conn: Connection, job: _Look, outcome: Outcome, *, place: str, sha256: str, stamp: Stamp, code: str = "",
    message: str = "",
) -> None:  # fmt: skip
    detail = {
        "feed": job.poll.feed, "period": job.poll.period, "looks": job.last.looks + 1, "address": job.address,
        "place": place, "sha256": sha256, "etag": stamp.etag, "modified": stamp.modified, "size": stamp.size, "code": code,
        "message": message,
    }  # fmt: skip
    warehouse.record_run(
        conn, job.run_id, LOOK, started_at=job.last.first_at, ended_at=datetime.now(UTC), outcome=str(outcome),
        detail=detail,
    )  # fmt: skip


def _note_failure(job: _Look, error: PlanwatchError) -> None:
    """Note a failed look, and list it once among the checks, until it fails otherwise or goes well again."""
    fault, last = (error.faults[0] if error.faults else None), job.last
    code = fault.code if fault else type(error).__name__
    said = str(error)[:2000]
    with job.engine.begin() as conn:
        _note(
            conn, job, Outcome.FAILED, place=job.address, sha256=last.sha256, stamp=last.stamp, code=code, message=said
        )  # fmt: skip
        if (last.outcome, last.code) == (Outcome.FAILED, code):
            return
        result = CheckResult(
            gate=Gate.RELEASE, suite="arrivals", expectation=f"source_gives_its_release_{code}",
            severity=Severity.WARNING if error.retriable else Severity.CRITICAL, success=False,
            observed=(fault.value if fault else None) or code, note=said, failed_rows=1, offending=(job.address,),
        )  # fmt: skip
        warehouse.save_checks(conn, [result], subject=f"source {job.feed.id} {job.poll.period}", run_id=job.run_id)
