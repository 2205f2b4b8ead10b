"""One release, from its archived bytes to observations: read, gate 1, reconcile, gate 2, load, or hold back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine

from planwatch import alerts, quality, warehouse
from planwatch.errors import Fault, InputError, ReleaseError
from planwatch.feeds import no_month_in_name, period_in_name, read_archived, read_release
from planwatch.model.alert import AlertKind, Decision
from planwatch.model.calendar import SHANGHAI
from planwatch.model.check import CheckResult, worst_failure
from planwatch.model.feed import Feed
from planwatch.model.observation import KEY_COLUMNS, OBSERVATION_COLUMNS
from planwatch.model.period import shift
from planwatch.model.release import ReleaseTable
from planwatch.model.vocabulary import Gate, Origin, ReleaseState, Severity
from planwatch.reconcile import Reconciliation, reconcile
from planwatch.settings import Settings
from planwatch.steps import explained, held
from planwatch.steps.include import Include, load_include
from planwatch.steps.lateness import review_lateness
from planwatch.steps.plan import plan_for
from planwatch.steps.waiting import months_to_hand_on, take_turn

FINAL = (ReleaseState.LOADED, ReleaseState.REJECTED, ReleaseState.SUPERSEDED)
"""States in which nothing is left to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What became of a release, which months changed, and the report a person decides by where it is held."""

    state: ReleaseState
    periods: list[str] = field(default_factory=list)
    subject: str = ""
    body: str = ""

    @property
    def held(self) -> bool:
        """Return whether it waits for a decision."""
        return self.state is ReleaseState.QUARANTINED


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """A release being worked on, and what it is worked on with."""

    engine: Engine
    settings: Settings
    include: Include
    sha256: str
    feed: Feed
    filename: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """What a release says: as printed, and as observations."""

    table: ReleaseTable
    found: Reconciliation

    @property
    def period(self) -> str:
        return self.table.period


def ingest_release(engine: Engine, settings: Settings, sha256: str) -> Ingested:
    """Read, check, reconcile and load one release; hold it back where a critical check fails.

    One that cannot be read is marked failed, with every fault, and its owner is told. Running it again after a kill ends as an
    undisturbed run: what was loaded stays, and its months are told again.
    """
    job, state = _open(engine, settings, sha256)
    if state in FINAL:
        return _already(job, state)
    try:
        content = _read(job)
    except ReleaseError as error:
        return _fail(job, error)
    results = _check(job, content)
    return _hold(job, content, results) if worst_failure(results) is Severity.CRITICAL else _load(job, content)


def decide_release(engine: Engine, settings: Settings, sha256: str, *, approve: bool, reason: str, by: str) -> Ingested:
    """Carry out a person's decision over a quarantined release; a superseded one is left as it is.

    Raises:
        InputError: no reason was given.
    """
    if not reason.strip():
        fault = Fault(code="no_reason", message="a decision needs a reason", mend="answer again and say why")
        raise InputError.of(fault)
    job, state = _open(engine, settings, sha256)
    if state is not ReleaseState.QUARANTINED:
        return _already(job, state)
    content = _read(job)
    if approve:
        return _load(job, content, decided=(by, reason))
    with engine.begin() as conn:
        take_turn(conn)
        if (now := _left_quarantine(conn, job)) is not None:
            return _already(job, now)
        warehouse.record_decision(conn, sha256, "reject", reason=reason, decided_by=by)
        warehouse.set_release_state(conn, sha256, ReleaseState.REJECTED, actor=by, reason=reason)
        _end_alert(conn, job, content.period, Decision.REJECTED, reason)
    return Ingested(state=ReleaseState.REJECTED, subject=f"{job.filename}: rejected by {by}: {reason}")


def _open(engine: Engine, settings: Settings, sha256: str) -> tuple[_Job, ReleaseState]:
    with engine.connect() as conn:
        known = warehouse.known_releases(conn)
    rows = known[known["sha256"] == sha256]
    if rows.empty:
        fault = Fault(
            code="unknown_release", message="no such release was recorded", value=sha256, mend="drop the file again"
        )
        raise InputError.of(fault)
    row, include = rows.iloc[-1], load_include(settings.include)
    job = _Job(
        engine=engine, settings=settings, include=include, sha256=sha256, feed=include.feeds[row["feed"]],
        filename=row["filename"], recorded_at=row["recorded_at"],
    )  # fmt: skip
    return job, ReleaseState(row["state"])


def _read(job: _Job) -> _Content:
    data = read_archived(job.settings.archive_dir, job.sha256)
    named = period_in_name(job.feed, job.filename)
    table = read_release(job.feed, data, job.filename, period=named, published_at=None)
    found = reconcile(job.feed, table, job.include.indicators, job.include.areas)
    arrived = job.recorded_at.astimezone(SHANGHAI).date()
    frame = found.observations
    frame["published_at"] = frame["published_at"].astype(object).where(frame["published_at"].notna(), arrived)
    return _Content(table=table, found=found)


def _check(job: _Job, content: _Content) -> list[CheckResult]:
    """Pass gates 1 and 2; results and rows as printed are kept whatever becomes of the release."""
    found, table, suites = content.found, content.table, job.settings.expectations
    frame, suite = found.observations, quality.load_suite("observations", suites)
    with job.engine.begin() as conn:
        warehouse.describe_release(
            conn, job.sha256, period=None if job.feed.many_periods else table.period, published_at=table.published_at,
            origin=table.origin, title=table.title,
        )  # fmt: skip
        warehouse.save_rows(conn, job.sha256, table.cells)
        warehouse.save_rejects(conn, job.sha256, found.findings)
        previous = warehouse.release_observations(conn, job.feed.id, table.period)
        current = warehouse.current_observations(
            conn, columns=OBSERVATION_COLUMNS, indicators=quality.indicators_concerned(suite, frame), areas=set(frame["area"].unique()),
        )  # fmt: skip
    merged = pd.concat([current, frame], ignore_index=True) if len(current) else frame
    repeated = merged.duplicated(list(KEY_COLUMNS), keep="last")
    merged = merged[~repeated] if repeated.any() else merged  # a long release is not copied for nothing
    results = [
        *_strange_name(job, content.period),
        *quality.check_release(quality.load_suite(job.feed.suite, suites), found, previous, received=_received(job)),
        *quality.check_observations(suite, merged, frame, indicators=job.include.indicators),
    ]
    _keep(job, table.title, results)
    return results


def _strange_name(job: _Job, period: str) -> list[CheckResult]:
    """Return a warning where the file's name gives a month that there is not: the file's own word was taken instead."""
    if (said := no_month_in_name(job.feed, job.filename)) is None:
        return []
    return [
        CheckResult(
            gate=Gate.RELEASE, suite=job.feed.suite, expectation="name_states_a_month", severity=Severity.WARNING, success=False,
            observed=said, offending=(job.filename,), failed_rows=1,
            note=f"文件名中的 {said} 不是月份，已按文件内容作 {period} 处理 ｜ {said} in the name is no month: the file was read as {period}, "
            f"as it says itself; mend: name it after its month, and deliver the month's own file if {period} is not meant",
        )
    ]  # fmt: skip


def _received(job: _Job) -> date:
    """Return the day on which the release came; where the settings give a stand-in for now, that day if it is later."""
    days = [job.recorded_at, *([job.settings.as_of] if job.settings.as_of else [])]
    return max(day.astimezone(SHANGHAI).date() for day in days)


def _keep(job: _Job, title: str, results: list[CheckResult]) -> None:
    subject = f"{job.feed.id} {job.filename} {job.sha256[:12]}"
    with job.engine.begin() as conn:  # a retry after a kill may find them kept already
        warehouse.save_checks(conn, results, subject=subject, run_id=job.sha256, once_since=_arrived_at(conn, job))
    quality.write_data_docs(job.settings.data_docs_dir, subject, title or job.filename, results, datetime.now(UTC))


def _arrived_at(conn: Connection, job: _Job) -> datetime:
    return warehouse.last_arrival(conn, job.sha256) or job.recorded_at


def _become(conn: Connection, job: _Job, state: ReleaseState, detail: str) -> None:
    """Put the release into a state, unless a first try that was killed later had done so."""
    if warehouse.release_state(conn, job.sha256) is not state:
        warehouse.set_release_state(conn, job.sha256, state, detail=detail)


def _load(job: _Job, content: _Content, *, decided: tuple[str, str] | None = None) -> Ingested:
    """Append the new vintages and close the books on the release, in one transaction; `decided` is by whom and why."""
    by, reason = decided or ("", "")
    with job.engine.begin() as conn:
        take_turn(conn)
        if decided:
            if (now := _left_quarantine(conn, job)) is not None:
                return _already(job, now)
            warehouse.record_decision(conn, job.sha256, "approve", reason=reason, decided_by=by)
        admitted_at = datetime.now(UTC) if decided else None
        warehouse.save_feed(conn, job.feed)
        changed = warehouse.load_observations(conn, content.found.observations, job.sha256, admitted_at=admitted_at)
        warehouse.save_reconciliation(conn, job.sha256, content.found, loaded=True)
        detail = f"{len(changed)} months changed"
        warehouse.set_release_state(conn, job.sha256, ReleaseState.LOADED, detail=detail, actor=by, reason=reason)
        superseded = _supersede(conn, job, content.period)
        how = Decision.SUPERSEDED if superseded else Decision.ADMITTED
        for month in sorted({content.period, warehouse.newest_period(conn, int(content.period[:4])) or content.period}):
            _end_alert(conn, job, month, how, reason)
        review_lateness(conn, job.settings, at=_now(job), feed=job.feed.id)
        judged = months_to_hand_on(conn, job.sha256, changed)
    subject = f"{job.filename}: loaded, changes {', '.join(judged) or 'nothing'}"
    return Ingested(state=ReleaseState.LOADED, periods=judged, subject=subject)


def _left_quarantine(conn: Connection, job: _Job) -> ReleaseState | None:
    """Return the state a release has got while its decision was under way, None where it still waits; asked in one's turn."""
    state = warehouse.release_state(conn, job.sha256)
    return None if state is ReleaseState.QUARANTINED else state


def _supersede(conn: Connection, job: _Job, period: str) -> bool:
    """End the wait of releases of the same feed and month that came before this one; return whether there were any."""
    known = warehouse.known_releases(conn, job.feed.id)  # in order of arrival
    earlier = known[: int((known["sha256"] == job.sha256).to_numpy().argmax())]
    waiting = earlier["state"].isin([str(ReleaseState.QUARANTINED), str(ReleaseState.FAILED)])
    others = earlier[waiting & (earlier["period"] == period)]
    for sha256 in others["sha256"]:
        warehouse.set_release_state(conn, sha256, ReleaseState.SUPERSEDED, detail=f"by {job.sha256}")
    return not others.empty


def _overtaken_by(conn: Connection, job: _Job, period: str) -> str | None:
    """Return the release of the same feed and month that came after this one and was loaded before it ended, if any."""
    known = warehouse.known_releases(conn, job.feed.id)
    later = known[int((known["sha256"] == job.sha256).to_numpy().argmax()) + 1 :]
    loaded = later[(later["state"] == str(ReleaseState.LOADED)) & (later["period"] == period)]
    return None if loaded.empty else str(loaded["sha256"].iloc[-1])


def _already(job: _Job, state: ReleaseState) -> Ingested:
    with job.engine.connect() as conn:
        loaded = state is ReleaseState.LOADED
        periods = months_to_hand_on(conn, job.sha256, warehouse.release_periods(conn, job.sha256) if loaded else [])
    return Ingested(state=state, periods=periods, subject=f"{job.filename}: already {state}")


def _hold(job: _Job, content: _Content, results: list[CheckResult]) -> Ingested:
    """Quarantine: nothing of it is published, everything else goes on, its owner is told."""
    failed = [r for r in results if not r.success and r.severity is Severity.CRITICAL]
    failures = [explained.failed_check(result) for result in failed]
    detail = "; ".join(r.expectation for r in failed)
    with job.engine.begin() as conn:
        take_turn(conn)
        if (newer := _overtaken_by(conn, job, content.period)) is not None:
            _become(conn, job, ReleaseState.SUPERSEDED, f"by {newer}")
            subject = f"{job.filename}: failed its checks, and a later file of the month is loaded"
            return Ingested(
                state=ReleaseState.SUPERSEDED, periods=months_to_hand_on(conn, job.sha256, []), subject=subject
            )
        _become(conn, job, ReleaseState.QUARANTINED, detail)
        warehouse.save_reconciliation(conn, job.sha256, content.found, loaded=False)
        _tell(conn, job, content.period, failures, simulated=content.table.origin is Origin.SIMULATED)
        review_lateness(conn, job.settings, at=_now(job), feed=job.feed.id)
        judged = months_to_hand_on(conn, job.sha256, [])
    subject = held.subject_line(job.feed, content.period, job.filename, failed)
    body = _report(job, content, failed)
    return Ingested(state=ReleaseState.QUARANTINED, periods=judged, subject=subject, body=body)


def _fail(job: _Job, error: ReleaseError) -> Ingested:
    """Keep what could not be read and why, and tell the owner."""
    results = [
        CheckResult(
            gate=Gate.RELEASE, suite=job.feed.suite, expectation=f"readable_{fault.code}", severity=Severity.CRITICAL,
            success=False, column=fault.column or "", observed=fault.value or "", offending=(str(fault),), failed_rows=1,
            note=fault.mend or "",
        )
        for fault in error.faults
    ]  # fmt: skip
    _keep(job, job.filename, results)
    period = period_in_name(job.feed, job.filename) or ""
    with job.engine.begin() as conn:
        take_turn(conn)
        warehouse.save_rejects(conn, job.sha256, error.faults)
        _become(conn, job, ReleaseState.FAILED, str(error)[:2000])
        _tell(conn, job, period, [explained.unread(f) for f in error.faults], kind=AlertKind.FEED_FAILED)
        judged = months_to_hand_on(conn, job.sha256, [])
    subject = f"{job.feed.name_zh} {job.filename}: cannot be read"
    return Ingested(state=ReleaseState.FAILED, periods=judged, subject=subject, body=str(error))


def _now(job: _Job) -> datetime:
    return job.settings.as_of or datetime.now(UTC)


def _tell(conn: Connection, job: _Job, period: str, failures: list[str], **facts: Any) -> None:
    plan = plan_for(conn, job.settings, period)
    if plan is not None:
        month = period or warehouse.newest_period(conn, plan.year) or f"{plan.year}-01"  # a file that names no month
        alerts.quarantined(
            conn, plan=plan, feed=job.feed, period=month, departments=job.include.departments,
            sha256=job.sha256, file=job.filename, failures=failures, at=datetime.now(UTC), notify=True, **facts,
        )  # fmt: skip


def _end_alert(conn: Connection, job: _Job, period: str, how: Decision, reason: str) -> None:
    plan = plan_for(conn, job.settings, period)
    if plan is not None:
        alerts.quarantine_ended(
            conn, plan=plan, feed=job.feed, period=period, departments=job.include.departments, decision=how,
            at=datetime.now(UTC), notify=True, reason=reason,
        )  # fmt: skip


def _report(job: _Job, content: _Content, failed: list[CheckResult]) -> str:
    """Return what failed and how the release differs from the feed's last one, in Markdown, for the form in the Airflow UI."""
    with job.engine.connect() as conn:  # of the same month where that was loaded before, else of the month before
        before = warehouse.release_observations(conn, job.feed.id, str(shift(content.period, 1)))
    return held.describe(
        job.feed, content.period, job.filename, job.sha256, failed=failed, indicators=job.include.indicators,
        difference=held.compare(content.found, before),
    )  # fmt: skip
