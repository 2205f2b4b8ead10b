"""Releases and series that did not come: their owner is told once, and it ends when they come (逾期未报, DOMAIN §6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from planwatch.alerts import lifecycle, outbox
from planwatch.alerts.announce import notice
from planwatch.model.alert import Alert, AlertEvent, AlertKind, AlertWord, late_key
from planwatch.model.calendar import Due
from planwatch.model.feed import Feed
from planwatch.model.place import Department
from planwatch.model.target import Plan

LATE, ARRIVED = "late", "arrived"
"""Status of an open alert, and what ends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A release past due and grace, or (`what`: a frequency or an indicator) series that the month's release came without.

    `series` are their names, empty where the whole release is missing.
    """

    feed: Feed
    due: Due
    what: str = ""
    series: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Return the key of its alert."""
        return late_key(self.feed.id, self.due.period, self.what)


def tell_late(
    conn: Connection, *, plan: Plan, late: Sequence[Late], departments: Mapping[str, Department], at: datetime,
    feeds: Collection[str], may_open: bool = True,
) -> list[str]:  # fmt: skip
    """Open an alert for what is late and not known to be, and resolve those whose release or series came.

    The owner is told when an alert opens, and only the first time for a month: a retried task, a second run beside it and a release
    that was sent back tell nothing again. Arrivals are told by the period's digest.

    Args:
        conn: connection in the caller's transaction; call it last in it.
        plan: the plan whose months are looked at.
        late: everything of these feeds that is late now.
        departments: addressees by id.
        at: the instant of the look.
        feeds: ids of the feeds looked at: alerts of others are left alone.
        may_open: False while releases are still being read, when what seems missing may be among them.

    Returns:
        The keys of the alerts that were opened.
    """
    outbox.lock_alerts(conn, plan.id)
    log = [event for event in outbox.events_of(conn, plan.id) if event.kind is AlertKind.LATE]
    standing, known = lifecycle.fold(log), {event.alert_key for event in log}
    still = {one.key for one in late}
    gone = [a for key, a in standing.items() if key not in still and a.detail.get("feed") in feeds]
    outbox.record_events(conn, [_arrived(alert, at) for alert in gone])
    new = [one for one in late if one.key not in standing] if may_open else []
    for one in new:
        events = outbox.record_events(conn, [_opened(one, plan.id, at)])
        if one.key not in known:
            notice(conn, plan, one.due.period, events, departments)
    return [one.key for one in new]


def _opened(late: Late, plan_id: str, at: datetime) -> AlertEvent:
    detail = {
        "status": LATE, "feed": late.feed.id, "feed_name": late.feed.name_zh, "what": late.what, "series": list(late.series),
        "due": late.due.day.isoformat(), "grace_until": late.due.overdue_from.date().isoformat(), "tentative": late.due.tentative,
    }  # fmt: skip
    return AlertEvent(
        alert_key=late.key, kind=AlertKind.LATE, event=AlertWord.OPENED, department=late.feed.owner, plan_id=plan_id,
        period=late.due.period, edition_id=None, at=at, detail=detail,
    )  # fmt: skip


def _arrived(alert: Alert, at: datetime) -> AlertEvent:
    return AlertEvent(
        alert_key=alert.key, kind=AlertKind.LATE, event=AlertWord.RESOLVED, department=alert.department,
        plan_id=alert.plan_id, period=alert.last_period, edition_id=None, at=at,
        detail={**alert.detail, "decision": ARRIVED, "since": alert.since},
    )  # fmt: skip
