"""What the steps call: tell the departments after an edition, after a release is held back, and when that ends.

Every function runs in its caller's transaction, records events and enqueues mails; nothing is sent here. Call it last in the
transaction: it lets one transaction at a time write a plan's alerts.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import compress

import pandas as pd
from sqlalchemy import Connection

from planwatch.alerts import lifecycle, outbox
from planwatch.alerts.digest import Digest, Edition, build, is_due
from planwatch.alerts.lifecycle import Occasion
from planwatch.alerts.render import render
from planwatch.model.alert import Alert, AlertEvent, AlertKind, AlertWord, Change, Decision, release_key
from planwatch.model.calendar import SHANGHAI
from planwatch.model.feed import Feed
from planwatch.model.period import last_day
from planwatch.model.place import Area, Department
from planwatch.model.target import Plan
from planwatch.model.vocabulary import Origin
from planwatch.settings import settings

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Told:
    """What a department has been told: all events up to one, some single ones, and the periods it had a digest of."""

    upto: int = 0
    notices: set[int] = field(default_factory=set)
    periods: set[str] = field(default_factory=set)

    def knows(self, event: AlertEvent) -> bool:
        """Return whether an event has been told."""
        return event.event_id <= self.upto or event.event_id in self.notices


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A department's part of the state: its open alerts, those that ended, and what of it is news."""

    department: Department
    open: tuple[Alert, ...]
    recovered: tuple[Alert, ...]
    changed: Mapping[str, Change]


def after_edition(
    conn: Connection, *, plan: Plan, period: str, edition_id: int | None, edition_number: int, as_of: datetime,
    verdicts: pd.DataFrame, departments: Mapping[str, Department], ready: bool, newest: bool, notify: bool,
    simulated: bool, copy: outbox.Copy, areas: Mapping[str, Area] | None = None,
) -> list[str]:  # fmt: skip
    """Advance the alerts by an edition's verdicts and enqueue the digests that are due; return their Message-IDs.

    Calling it again for the same edition changes nothing and enqueues nothing, except digests that became due meanwhile: call
    it also where a grace ended and nothing else changed, with the current edition.

    Args:
        conn: connection in the edition's transaction.
        plan: the plan judged; names, phrases, order and owners come from it.
        period: the edition's month.
        edition_id: its row in `mart.editions`.
        edition_number: its number (期) within the period.
        as_of: what was known then, with zone.
        verdicts: one row per (id, area), `VERDICT_COLUMNS`; `owner` is added from the plan where it is missing.
        departments: addressees by id. A target whose owner is none of them alerts nobody; the log says so.
        ready: all releases due for the period are in, or their grace has ended.
        newest: the period is the plan's newest; no other changes alert states.
        notify: mails are wanted; false for replays and backfills unless somebody asked.
        simulated: figures are simulated; a single reading of simulated origin suffices, too.
        copy: appends to the log: there may be thousands of events.
        areas: names of areas, for targets of another area than the plan's.
    """
    outbox.lock_alerts(conn, plan.id)
    occasion = Occasion(plan_id=plan.id, period=period, edition_id=edition_id, at=as_of)
    if newest:
        outbox.copy_events(conn, _news(conn, plan, verdicts, occasion), copy)
    if not (notify and ready):
        return []
    events = outbox.events_of(conn, plan.id)
    verdicts = _with_owner(verdicts, plan, period)
    edition = Edition(
        plan=plan, period=period, number=edition_number, as_of=as_of, rows=_rows(verdicts, plan.id, events), areas=areas or {},
        simulated=simulated or _any_simulated(verdicts),
    )  # fmt: skip
    events = [event for event in events if event.period <= period]
    shares = _due_shares(conn, edition, events, departments)
    if newest:
        reminded = lifecycle.remind((a for share in shares for a in share.open), edition.rows, occasion)
        events += outbox.record_events(conn, reminded)
    told = max((event.event_id for event in events), default=0)
    return _enqueue(conn, [build(edition, s.department, s.open, s.recovered, s.changed, told=told) for s in shares])


def _news(conn: Connection, plan: Plan, verdicts: pd.DataFrame, occasion: Occasion) -> list[AlertEvent]:
    """Return what the verdicts change, looking only at those, and reading only of those alerts, that may change."""
    standing = outbox.standing(conn, plan.id)
    keys = lifecycle.keys_of(verdicts, plan.id)
    may = lifecycle.may_change(verdicts, keys, standing)
    concerned = [key for key in compress(keys, may) if key in standing]
    current = lifecycle.fold(outbox.events_of(conn, plan.id, concerned) if concerned else [])
    moved = _with_owner(verdicts.filter(lifecycle.TOLD)[may], plan, occasion.period)
    return lifecycle.advance(current.values(), moved, occasion, newest=True)


def quarantined(
    conn: Connection, *, plan: Plan, feed: Feed, period: str, departments: Mapping[str, Department], sha256: str,
    file: str, failures: Sequence[str], at: datetime, notify: bool, simulated: bool = False,
    kind: AlertKind = AlertKind.QUARANTINE,
) -> list[str]:  # fmt: skip
    """Open the alert of a release that is held back and tell the feed's owner at once; return the Message-IDs enqueued.

    It is told at once, not with the period's digest, because a corrected file may still come before that. The same file
    again tells nothing, not even after it was rejected and delivered once more. `failures` are the failed checks, one line each; `kind` FEED_FAILED is for a file that cannot be read.
    """
    outbox.lock_alerts(conn, plan.id)
    occasion = Occasion(plan_id=plan.id, period=period, edition_id=None, at=at)
    log = outbox.events_of(conn, plan.id)
    current = lifecycle.fold(log).get(release_key(feed.id, period))
    told = any((e.event, e.kind, e.detail.get("sha256")) == (AlertWord.OPENED, kind, sha256) for e in log)
    news = lifecycle.open_release(
        current, occasion, department=feed.owner, feed=feed.id, sha256=sha256, kind=kind, feed_name=feed.name_zh,
        file=file, failures=list(failures), simulated=simulated,
    )  # fmt: skip
    news = outbox.record_events(conn, news)
    return notice(conn, plan, period, news, departments) if notify and news and not told else []


def quarantine_ended(
    conn: Connection, *, plan: Plan, feed: Feed, period: str, departments: Mapping[str, Department], decision: Decision,
    at: datetime, notify: bool, reason: str = "",
) -> list[str]:  # fmt: skip
    """Resolve the alert of a release, if one is open; return the Message-IDs enqueued.

    A rejection is told at once, since nothing else follows from it. An admitted or corrected release makes an edition, whose
    digest tells it.
    """
    outbox.lock_alerts(conn, plan.id)
    occasion = Occasion(plan_id=plan.id, period=period, edition_id=None, at=at)
    news = lifecycle.close_release(_release_alert(conn, plan, feed, period), occasion, decision, reason)
    news = outbox.record_events(conn, news)
    return notice(conn, plan, period, news, departments) if notify and news and decision is Decision.REJECTED else []


def notice(
    conn: Connection, plan: Plan, period: str, news: Sequence[AlertEvent], departments: Mapping[str, Department]
) -> list[str]:
    """Enqueue the mail about one release that was just held back, rejected, or found missing; return its Message-ID."""
    event = news[-1]
    held = lifecycle.fold(news)
    if event.department not in departments:
        _log_unknown(event.department, held.values())
        return []
    edition = Edition(
        plan=plan, period=period, number=None, as_of=event.at, rows={}, areas={},
        simulated=bool(event.detail.get("simulated")),
    )  # fmt: skip
    ended = [] if held else [_ended(event)]
    changed = {event.alert_key: Change.NEW if held else Change.RECOVERED}
    department = departments[event.department]
    return _enqueue(conn, [build(edition, department, held.values(), ended, changed, told=event.event_id, notice=True)])


def _due_shares(
    conn: Connection, edition: Edition, events: Sequence[AlertEvent], departments: Mapping[str, Department]
) -> list[Share]:
    """Return the shares of the departments that a digest is due to, by department id."""
    told = _told(outbox.digest_keys(conn, edition.plan.id))
    now = lifecycle.fold(events)
    due = []
    for department, own in sorted(_by_department(events, edition).items()):
        knows = told.get(department, Told())
        share = _share(departments, department, own, now=now, told=knows, edition=edition)
        first = edition.period not in knows.periods
        if share and is_due(ready=True, first=first, anything_open=bool(share.open), changed=bool(share.changed)):
            due.append(share)
    return due


def _by_department(events: Iterable[AlertEvent], edition: Edition) -> dict[str, list[AlertEvent]]:
    """Return the log by the department that answers now: the target's owner, else whom the alert last named."""
    by_key: dict[str, list[AlertEvent]] = {}
    for event in events:
        by_key.setdefault(event.alert_key, []).append(event)
    by_department: dict[str, list[AlertEvent]] = {}
    for key, own in by_key.items():
        owner = str(edition.rows[key]["owner"] or "") if key in edition.rows else own[-1].department
        by_department.setdefault(owner, []).extend(own)
    return by_department


def _share(
    departments: Mapping[str, Department], department: str, events: Sequence[AlertEvent], *, now: Mapping[str, Alert],
    told: Told, edition: Edition,
) -> Share | None:  # fmt: skip
    before = lifecycle.fold(event for event in events if told.knows(event))
    changed = lifecycle.changes(before, now, (event for event in events if not told.knows(event)))
    day = edition.as_of.astimezone(SHANGHAI).date()
    mine = [now[key] for key in sorted({event.alert_key for event in events}) if key in now]
    still = tuple(alert for alert in mine if alert.key in changed or not alert.silenced_on(day))
    last = {event.alert_key: event for event in events}
    gone = (key for key, change in changed.items() if change is Change.RECOVERED)
    recovered = tuple(replace(before[key], detail=last[key].detail) for key in gone)
    if department not in departments:
        _log_unknown(department, (*still, *recovered))
        return None
    return Share(department=departments[department], open=still, recovered=recovered, changed=changed)


def _ended(event: AlertEvent) -> Alert:
    return Alert(
        key=event.alert_key, kind=event.kind, plan_id=event.plan_id, department=event.department,
        status=str(event.detail["status"]), since=str(event.detail["since"]), since_at=event.at,
        last_period=event.period, detail=event.detail,
    )  # fmt: skip


def _enqueue(conn: Connection, digests: Iterable[Digest]) -> list[str]:
    domain = settings().mail_from.rpartition("@")[2]
    return outbox.enqueue(conn, [render(digest, domain) for digest in digests])


def _told(keys: Iterable[str]) -> dict[str, Told]:
    told: dict[str, Told] = {}
    for key in keys:
        _, department, period, what = key.split("/")
        word, _, number = what.partition("-")
        one = told.setdefault(department, Told())
        if word == "event":
            one.notices.add(int(number))
        else:
            one.upto = max(one.upto, int(number))
            one.periods.add(period)
    return told


def _release_alert(conn: Connection, plan: Plan, feed: Feed, period: str) -> Alert | None:
    key = release_key(feed.id, period)
    return lifecycle.fold(outbox.events_of(conn, plan.id, [key])).get(key)


def _with_owner(verdicts: pd.DataFrame, plan: Plan, period: str) -> pd.DataFrame:
    """Return the verdicts with the department that answers for each at the month's end."""
    if "owner" in verdicts:
        return verdicts
    pairs = zip(verdicts["id"].tolist(), verdicts["area"].tolist(), strict=True)
    places = [(str(i), str(a) if a else plan.area) for i, a in pairs]
    wanted, day = set(places), last_day(period)
    targets = (((t.id, t.area or plan.area), t) for t in plan.targets)
    owners = {place: target.on(day).owner for place, target in targets if place in wanted}
    return verdicts.assign(owner=pd.Series([owners.get(p, "") for p in places], index=verdicts.index, dtype=object))


def _rows(verdicts: pd.DataFrame, plan_id: str, events: Iterable[AlertEvent]) -> dict[str, dict[str, object]]:
    """Return the verdict rows that the log speaks of, by alert key."""
    known = {event.alert_key for event in events}
    keys = lifecycle.keys_of(verdicts, plan_id)
    concerned = [key in known for key in keys]
    return dict(zip(compress(keys, concerned), lifecycle.plain_rows(verdicts[concerned]), strict=True))


def _any_simulated(verdicts: pd.DataFrame) -> bool:
    return "reading_origin" in verdicts and bool((verdicts["reading_origin"] == Origin.SIMULATED).any())


def _log_unknown(department: str, alerts: Iterable[Alert]) -> None:
    keys = [alert.key for alert in alerts]
    if keys:
        log.warning("nobody to tell: department %r is not in departments.yaml; alerts %s", department, ", ".join(keys))
