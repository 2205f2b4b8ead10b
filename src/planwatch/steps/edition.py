"""Publish editions: which months are due one, the verdicts, gate 3, one transaction each, alerts with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import uuid4

import pandas as pd
from sqlalchemy import Connection, Engine

from planwatch import __version__, alerts, quality, warehouse
from planwatch.errors import Fault, InputError, PublicationError
from planwatch.model.calendar import SHANGHAI
from planwatch.model.check import CheckResult, worst_failure
from planwatch.model.period import make_period, month_of, period_range, year_of
from planwatch.model.verdict import VERDICT_COLUMNS
from planwatch.model.vocabulary import Severity
from planwatch.settings import Settings
from planwatch.steps.include import load_include
from planwatch.steps.inputs import Ground, Inputs, gather, judged
from planwatch.steps.plan import plan_in_force
from planwatch.steps.waiting import being_read


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """An edition that was published."""

    plan_id: str
    period: str
    number: int
    as_of: datetime
    looks_back: bool = False
    """It says what was known before what the current edition knows, which goes on speaking."""

    def __str__(self) -> str:
        """Return it in a line for logs."""
        said = f"{self.plan_id} {self.period} no. {self.number}, as of {self.as_of.astimezone(SHANGHAI):%Y-%m-%d}"
        return f"{said}, not current: the current edition knows more" if self.looks_back else said


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a step published, how many mails wait because of it, and why nothing if nothing."""

    published: list[Published] = field(default_factory=list)
    mails: int = 0
    why: str = ""


@dataclass(slots=True, kw_only=True)
class _Desk:
    """What the editions of one step share."""

    engine: Engine
    ground: Ground
    trigger: str
    notify: bool
    last: str
    mails: int = 0


def publish_due(engine: Engine, settings: Settings, period: str, *, trigger: str) -> Report:
    """Publish the month, and every other month of its plan whose inputs changed.

    A month is first published as of its close, where that has passed, and once more where something was published after it:
    what was said at the close stays readable. While releases that have arrived are still being read nothing is published;
    their own runs will.

    Raises:
        PublicationError: gate 3 failed critically for some months; those were rolled back, their check results are kept, the
            others are published.
    """
    with engine.connect() as conn:
        ground = _ground(conn, settings, year_of(period))
        if ground is None:
            return Report(why=f"no plan of {year_of(period)} is loaded")
        if waiting := being_read(conn, period):
            return Report(why=f"{waiting} releases are still being read; their runs will publish")
        months = _open_months(conn, ground, period)
    if not months:
        return Report(why=f"{period} is not a month that {ground.plan.id} has an edition for")
    desk = _Desk(engine=engine, ground=ground, trigger=trigger, notify=True, last=months[-1])
    return _publish_all(desk, months)


def publish_month(engine: Engine, ground: Ground, period: str, *, trigger: str) -> list[Published]:
    """Publish one month as of now, of a plan that is at hand, without mails; nothing where there is nothing new to say.

    Raises:
        PublicationError: as `publish_due`.
    """
    return _publish(_Desk(engine=engine, ground=ground, trigger=trigger, notify=False, last=period), period, None)


def replay_range(
    engine: Engine, settings: Settings, first: str, last: str, *, as_of: str | None = None, notify: bool = False
) -> Report:
    """Judge the months from `first` to `last` again, as of the day given, else as `publish_due` would; no mails unless asked.

    Raises:
        InputError: the range is empty or reaches over a year's end, or no plan of that year is loaded.
        PublicationError: as `publish_due`.
    """
    if first > last or year_of(first) != year_of(last):
        raise _refused(
            "bad_range", "not a range within one year", f"{first}…{last}", "first month before last, same year"
        )
    with engine.connect() as conn:
        ground = _ground(conn, settings, year_of(first))
    if ground is None:
        raise _refused("no_plan", "no plan of that year is loaded", first, "run the DAG `plan` for it")
    months = [str(m) for m in period_range(first, last) if month_of(m) in ground.plan.edition_months]
    desk = _Desk(engine=engine, ground=ground, trigger="replay", notify=notify, last=months[-1] if months else last)
    return _publish_all(
        desk, months, datetime.combine(date.fromisoformat(as_of), time(23, 59, 59), SHANGHAI) if as_of else None
    )


def _refused(code: str, message: str, value: str, mend: str) -> Exception:
    return InputError.of(Fault(code=code, message=message, value=value, mend=mend))


def _ground(conn: Connection, settings: Settings, year: int) -> Ground | None:
    found = plan_in_force(conn, settings, year)
    if found is None:
        return None
    return Ground(settings=settings, include=load_include(settings.include), plan=found[0])


def _open_months(conn: Connection, ground: Ground, period: str) -> list[str]:
    """Return the plan's months that have figures of its own area, and `period`, oldest first."""
    plan = ground.plan
    reported = {*warehouse.reported_periods(conn, plan.area, plan.year), period}
    return [m for month in plan.edition_months if (m := make_period(plan.year, month)) in reported]


def _publish_all(desk: _Desk, months: list[str], as_of: datetime | None = None) -> Report:
    """Publish month after month; one that fails its gate does not keep the others back."""
    published: list[Published] = []
    failed: list[PublicationError] = []
    for month in months:
        try:
            published += _publish_month(desk, month, as_of)
        except PublicationError as error:
            failed.append(error)
    if failed:
        raise PublicationError.of(*(fault for error in failed for fault in error.faults))
    return Report(published=published, mails=desk.mails, why="" if published else "unchanged: nothing new to say")


def _publish_month(desk: _Desk, period: str, as_of: datetime | None) -> list[Published]:
    """Publish the month as of the day given; else as of its close if it has no edition yet, then as of now."""
    if as_of is not None:
        return _publish(desk, period, as_of)
    close = desk.ground.include.close(period)
    at_close = _publish(desk, period, close, first=True) if close <= desk.ground.now() else []
    return at_close + _publish(desk, period, None)


def _publish(desk: _Desk, period: str, as_of: datetime | None, *, first: bool = False) -> list[Published]:
    """Publish one edition, or none where nothing new is to be said; digests that became due are enqueued either way.

    A second run of the same month waits before it looks at anything, so that it never puts older knowledge over newer. With
    `first`, nothing is done for a month that has an edition.
    """
    plan = desk.ground.plan
    with desk.engine.begin() as conn:
        warehouse.lock_edition(conn, plan.id, period)
        said = warehouse.current_fingerprint(conn, plan.id, period)
        if first and said is not None:
            return []
        warehouse.pack_observations(conn, plan.year)
        inputs = gather(conn, desk.ground, period, as_of)
        current = warehouse.current_verdicts(conn, plan.id, period)
        if said != inputs.fingerprint:
            verdicts = judged(
                desk.ground.in_force(period)[0], inputs.observations, period, inputs.as_of, inputs.conditions
            )
            if not _says_the_same(desk, inputs, verdicts, current):
                if _looks_back(conn, plan.id, period, as_of):
                    return _keep(conn, desk, inputs, verdicts)
                return _write(conn, desk, inputs, verdicts, _gate(desk, period, verdicts, current))
        _announce(conn, desk, inputs, current)
    return []


def _looks_back(conn: Connection, plan_id: str, period: str, as_of: datetime | None) -> bool:
    """Return whether a day was asked for that lies before what the current edition knows."""
    current = warehouse.current_as_of(conn, plan_id, period)
    return as_of is not None and current is not None and as_of < current


def _says_the_same(desk: _Desk, inputs: Inputs, verdicts: pd.DataFrame, current: pd.DataFrame) -> bool:
    """Return whether the current edition says all this already, under the same version of the targets in force then.

    New figures that change nothing of a month (a revision of an area or year it does not rest on) give it no new edition; the growth
    and the rank printed beside a reading are of what it says.
    """
    plan, version = desk.ground.in_force(inputs.period)
    if len(current) != len(verdicts) or set(current["targets_version"]) != {version}:
        return False
    rows = warehouse.edition_rows(plan, verdicts, inputs.observations, inputs.period)
    return _content(rows.rename(columns={"target_id": "id"})) == _content(current)


def _content(verdicts: pd.DataFrame) -> list[dict[str, str]]:
    """Return the rows in a form that does not depend on where the frame comes from."""
    said = verdicts.reindex(columns=[*VERDICT_COLUMNS, "yoy_pct", "rank_in_region"]).astype(object)
    rows = said.where(said.notna(), None).to_dict("records")
    plain = ({str(k): _plain(v) for k, v in row.items()} for row in rows)
    return sorted(plain, key=lambda row: (row["id"], row["area"]))


def _plain(value: Any) -> str:
    if value is None or isinstance(value, str):
        return str(value or "")
    return repr(float(value))


def _gate(desk: _Desk, period: str, verdicts: pd.DataFrame, current: pd.DataFrame) -> warehouse.GateRun:
    """Keep gate 3's results in a transaction of their own, under a run of their own, and stop at a critical failure."""
    plan, settings = desk.ground.plan, desk.ground.settings
    suite = quality.load_suite("publication", settings.expectations)
    with desk.engine.connect() as conn:
        last = current if len(current) else warehouse.reading_states_before(conn, plan, period)
    in_force, _ = desk.ground.in_force(period)
    results = quality.check_publication(suite, verdicts, in_force, last if len(last) else None)
    subject, run_id = f"{plan.id} {period}", f"{desk.trigger} {uuid4()}"
    with desk.engine.begin() as conn:
        warehouse.save_checks(conn, results, subject=subject, run_id=run_id)
    quality.write_data_docs(settings.data_docs_dir, subject, f"{plan.title} {period}", results, datetime.now(UTC))
    if worst_failure(results) is Severity.CRITICAL:
        raise PublicationError.of(*(_gate_fault(r, subject) for r in results if not r.success))
    return warehouse.GateRun.of(run_id, results)


def _gate_fault(result: CheckResult, subject: str) -> Fault:
    seen = "; ".join(result.offending[:5]) or result.observed
    return Fault(code="gate_3", message=f"{result.expectation}: {result.note}", key=subject, value=seen)


def _write(
    conn: Connection, desk: _Desk, inputs: Inputs, verdicts: pd.DataFrame, checks: warehouse.GateRun
) -> list[Published]:
    """Publish, and write the alerts and mails that follow, all or nothing."""
    edition = _store(conn, desk, inputs, verdicts, checks, looks_back=False)
    if edition is None:
        return []
    number = _alert(conn, desk, inputs, verdicts, edition)
    return [Published(plan_id=desk.ground.plan.id, period=inputs.period, number=number, as_of=inputs.as_of)]


def _keep(conn: Connection, desk: _Desk, inputs: Inputs, verdicts: pd.DataFrame) -> list[Published]:
    """Keep an edition that looks back: it becomes not current, and neither alerts nor mails follow from it.

    Gate 3 looks at it, though not for what is lacking beside the newer one.
    """
    nothing = verdicts.iloc[:0]
    checks = _gate(desk, inputs.period, verdicts, nothing)
    edition = _store(conn, desk, inputs, verdicts, checks, looks_back=True)
    if edition is None:
        return []
    number = warehouse.edition_number(conn, edition)
    return [
        Published(plan_id=desk.ground.plan.id, period=inputs.period, number=number, as_of=inputs.as_of, looks_back=True)
    ]


def _store(
    conn: Connection,
    desk: _Desk,
    inputs: Inputs,
    verdicts: pd.DataFrame,
    checks: warehouse.GateRun,
    *,
    looks_back: bool,
) -> int | None:
    ground = desk.ground
    in_force, version = ground.in_force(inputs.period)
    warehouse.keep_version(conn, in_force, version=version, original=ground.plan)
    return warehouse.publish_edition(
        conn, plan=in_force, targets_version=version, period=inputs.period, as_of=inputs.as_of, trigger=desk.trigger,
        fingerprint=inputs.fingerprint, verdicts=verdicts, code_version=__version__, observations=inputs.observations,
        conditions=inputs.conditions, checks=checks, looks_back=looks_back,
    )  # fmt: skip


def _announce(conn: Connection, desk: _Desk, inputs: Inputs, current: pd.DataFrame) -> None:
    """Enqueue the digests that became due although the edition stays: the last release is in, or the grace has ended."""
    if inputs.period == desk.last and desk.notify and inputs.ready and len(current):
        _alert(conn, desk, inputs, current, int(current["edition_id"].iloc[0]))


def _alert(conn: Connection, desk: _Desk, inputs: Inputs, verdicts: pd.DataFrame, edition: int) -> int:
    """Advance the alerts by an edition, count the mails enqueued, and return the edition's number."""
    plan, include = desk.ground.plan, desk.ground.include
    number, newest = warehouse.edition_number(conn, edition), warehouse.newest_edition_month(conn, plan.id)
    mails = alerts.after_edition(
        conn, plan=plan, period=inputs.period, edition_id=edition, edition_number=number, as_of=inputs.as_of,
        verdicts=verdicts, departments=include.departments, ready=inputs.ready, simulated=inputs.simulated,
        newest=inputs.period >= (newest or ""), notify=desk.notify and inputs.period == desk.last, areas=include.areas,
        copy=warehouse.copy_frame,
    )  # fmt: skip
    desk.mails += len(mails)
    return number
