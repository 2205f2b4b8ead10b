"""The life of an alert, pure: verdicts and decisions in, events out (DOMAIN §6).

Nothing here reads a clock or a database. The same verdicts met twice give no second event, so a task may be retried and an
edition published again without anybody being told twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from math import isnan
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planwatch.model.alert import (
    Alert,
    AlertEvent,
    AlertKind,
    AlertWord,
    Change,
    Decision,
    release_key,
    target_key,
)
from planwatch.model.vocabulary import ReleaseState, Status

LEVEL: dict[str, int] = {Status.AT_RISK: 1, Status.OVERDUE: 2, Status.OFF_TRACK: 3, Status.MISSED: 3}
"""How grave a status is. A word that is not listed says nothing about gravity and changes nothing."""

ALARMING = (Status.OFF_TRACK, Status.MISSED, Status.OVERDUE)
"""The statuses that open an alert; a target missed at the close counts as off track."""

WELL = (Status.ON_TRACK, Status.ACHIEVED)
"""The statuses that resolve an alert, if a new reading brought them."""

READING = ("reading_period", "actual", "reference_actual")
"""What tells one reading from another."""

DETAIL = (
    *READING, "status", "reading_state", "reading_age_months", "expected", "variance", "gap_pp", "unit", "provisional",
)  # fmt: skip
"""What an event keeps of the verdict it came from."""

TOLD = tuple(dict.fromkeys(("id", "area", "status", "owner", *DETAIL)))
"""The columns of a verdict that its alert looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """The edition that speaks: which plan and period, and as of when."""

    plan_id: str
    period: str
    edition_id: int | None
    at: datetime


class Standing(NamedTuple):
    """What of an open alert tells without its readings whether a status may change it: its kind and the status last established.

    The status is None where the last event that could establish one names none.
    """

    kind: str
    status: str | None


def fold(events: Iterable[AlertEvent]) -> dict[str, Alert]:
    """Return the open alerts by key, from events in the order they were recorded."""
    open_alerts: dict[str, Alert] = {}
    for event in events:
        alert = _after(open_alerts.get(event.alert_key), event)
        if alert is None:
            open_alerts.pop(event.alert_key, None)
        else:
            open_alerts[event.alert_key] = alert
    return open_alerts


def advance(current: Iterable[Alert], verdicts: pd.DataFrame, occasion: Occasion, *, newest: bool) -> list[AlertEvent]:
    """Return what an edition's verdicts change, sorted by alert key; at most one event an alert.

    - opened: `off_track`, `missed` or `overdue`, and no alert is open;
    - escalated: graver than the alert's last status (at_risk → overdue → off_track);
    - resolved: `on_track` or `achieved` by a reading the alert did not know (newer month, or a revised value of the same), an
      overdue one also by a new reading that is `at_risk`; or the target was `withdrawn`;
    - reminded with `change: eased`: less grave by a new reading but not well, once a period. The alert stays open.

    A missing report, a carried reading, a row that is not there and the same edition again resolve nothing.

    Args:
        current: the open alerts of the plan.
        verdicts: one row per (id, area) with `VERDICT_COLUMNS` and `owner` (department id).
        occasion: the edition that speaks.
        newest: whether its period is the plan's newest; an older one changes nothing.
    """
    if not newest:
        return []
    known = {alert.key: alert for alert in current}
    keys = pd.Series(keys_of(verdicts, occasion.plan_id), index=verdicts.index, dtype=object)
    concerned = verdicts[verdicts["status"].isin(ALARMING) | keys.isin(list(known))]
    rows = zip(keys.loc[concerned.index], plain_rows(concerned.filter(TOLD)), strict=True)
    events = [_judge(known.get(key), key, row, occasion) for key, row in rows]
    return sorted((event for event in events if event), key=lambda event: event.alert_key)


def may_change(verdicts: pd.DataFrame, keys: Iterable[str], standing: Mapping[str, Standing]) -> NDArray[np.bool_]:
    """Return (n,) whether a verdict may change the alerts, by its status alone.

    All that `advance` makes an event of, and few others, so that the rest need not be looked at one by one: in most months hardly
    any verdict of thousands changes its alert.

    Args:
        verdicts: (n,) rows as `advance` takes them.
        keys: their alert keys, in the same order.
        standing: the plan's open alerts by key.
    """
    statuses = map(str, verdicts["status"].tolist())
    return np.fromiter(map(_may_change, map(standing.get, keys), statuses), dtype=bool, count=len(verdicts))


@lru_cache(maxsize=1024)
def _may_change(before: Standing | None, status: str) -> bool:
    if before is None:
        return status in ALARMING
    now, was = LEVEL.get(status, 0), LEVEL.get(before.status or "", 0)
    moved = (now > was and status in ALARMING) or 0 < now < was or status in (*WELL, Status.WITHDRAWN)
    relieved = before.kind == AlertKind.OVERDUE and status == Status.AT_RISK
    return before.status is None or moved or relieved


def remind(told: Iterable[Alert], rows: Mapping[str, Mapping[str, Any]], occasion: Occasion) -> list[AlertEvent]:
    """Return the reminders that a digest of the period amounts to: for open alerts without an event in it.

    `rows` are this edition's verdict rows by alert key.
    """
    due = sorted((alert for alert in told if alert.last_period < occasion.period), key=lambda alert: alert.key)
    return [_reminder(alert, rows.get(alert.key), occasion) for alert in due]


def keys_of(verdicts: pd.DataFrame, plan_id: str) -> list[str]:
    """Return the alert key of every verdict row, in their order."""
    pairs = zip(verdicts["id"].tolist(), verdicts["area"].tolist(), strict=True)
    return [target_key(plan_id, i, a) for i, a in pairs]


def changes(before: Mapping[str, Alert], now: Mapping[str, Alert], events: Iterable[AlertEvent]) -> dict[str, Change]:
    """Return the net change of every alert that untold `events` touched, `before` being what the department was told.

    What opened and ended again untold is no change.
    """
    touched: dict[str, set[str]] = {}
    for event in events:
        touched.setdefault(event.alert_key, set()).update((event.event, str(event.detail.get("change", ""))))
    net = {key: _net(before.get(key), now.get(key), words) for key, words in sorted(touched.items())}
    return {key: change for key, change in net.items() if change}


def open_release(
    current: Alert | None,
    occasion: Occasion,
    *,
    department: str,
    feed: str,
    sha256: str,
    kind: AlertKind,
    **detail: Any,
) -> list[AlertEvent]:
    """Return the events of a release that is held back (or of a feed that failed): told once per file.

    `occasion.period` is the release's month. Another file of the same month supersedes the one that waits.
    """
    status = ReleaseState.FAILED if kind is AlertKind.FEED_FAILED else ReleaseState.QUARANTINED
    if current and (current.detail.get("sha256"), current.kind) == (sha256, kind):
        return []
    ended = close_release(current, occasion, Decision.SUPERSEDED) if current else []
    opened = AlertEvent(
        alert_key=release_key(feed, occasion.period), kind=kind, event=AlertWord.OPENED, department=department,
        plan_id=occasion.plan_id, period=occasion.period, edition_id=None, at=occasion.at,
        detail={"status": str(status), "feed": feed, "sha256": sha256, **detail},
    )  # fmt: skip
    return [*ended, opened]


def close_release(current: Alert | None, occasion: Occasion, decision: Decision, reason: str = "") -> list[AlertEvent]:
    """Return the event that ends a release's alert: admitted, rejected or superseded. Nothing where none is open."""
    if current is None:
        return []
    ended = AlertEvent(
        alert_key=current.key, kind=current.kind, event=AlertWord.RESOLVED, department=current.department,
        plan_id=current.plan_id, period=occasion.period, edition_id=None, at=occasion.at,
        detail={**current.detail, "decision": str(decision), "reason": reason, "since": current.since},
    )  # fmt: skip
    return [ended]


def plain(value: Any) -> Any:
    """Return a frame's cell as plain JSON: missing is None, numpy scalars are Python's."""
    if value is None or type(value) in (str, bool, int):
        return value
    if type(value) is float:
        return None if isnan(value) else value
    if pd.isna(value):
        return None
    value = value.item() if hasattr(value, "item") else value
    return value if isinstance(value, bool | int | float) else str(value)


def plain_rows(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield a frame's rows as plain JSON, each by column name."""
    names = [str(name) for name in frame]
    columns = (_plain_cells(frame[name]) for name in frame)
    return (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))


def _plain_cells(column: pd.Series[Any]) -> list[Any]:
    """Return a column's cells, each as `plain` gives it; where all are of one plain type only the missing ones are looked for."""
    cells: list[Any] = column.tolist()
    if str(column.dtype) not in ("str", "float64", "int64", "bool"):
        return [plain(cell) for cell in cells]
    if not column.hasnans:
        return cells
    return [None if missing else cell for cell, missing in zip(cells, column.isna(), strict=True)]


def _after(alert: Alert | None, event: AlertEvent) -> Alert | None:
    if event.event is AlertWord.OPENED:
        return _opened(event)
    if event.event is AlertWord.RESOLVED or alert is None:
        return None
    if event.event is AlertWord.ACKNOWLEDGED:
        return replace(alert, acknowledged=True)
    if event.event is AlertWord.SILENCED:
        return replace(alert, silenced_until=date.fromisoformat(str(event.detail["until"])))
    return _told_again(alert, event)


def _told_again(alert: Alert, event: AlertEvent) -> Alert:
    """Return the alert after an escalation, which nobody has acknowledged yet, or a reminder."""
    reminder = event.event is AlertWord.REMINDED
    eased = event.detail.get("change") == Change.EASED
    return replace(
        alert, kind=event.kind, department=event.department, last_period=event.period, detail=event.detail,
        status=str(event.detail.get("status", alert.status)), acknowledged=alert.acknowledged and reminder,
        reminded_period=event.period if reminder else alert.reminded_period,
        changed_event=alert.changed_event if reminder and not eased else event.event_id,
    )  # fmt: skip


def _opened(event: AlertEvent) -> Alert:
    return Alert(
        key=event.alert_key, kind=event.kind, plan_id=event.plan_id, department=event.department,
        status=str(event.detail.get("status", event.kind)), since=event.period, since_at=event.at,
        last_period=event.period, changed_event=event.event_id, detail=event.detail,
    )  # fmt: skip


def _judge(alert: Alert | None, key: str, row: Mapping[str, Any], occasion: Occasion) -> AlertEvent | None:
    status = str(row["status"])
    if alert is None:
        return _event(AlertWord.OPENED, key, row, occasion)
    more = {"from": alert.status, "since": alert.since}
    before, now = LEVEL.get(alert.status, 0), LEVEL.get(status, 0)
    if now > before and status in ALARMING:
        return _event(AlertWord.ESCALATED, key, row, occasion, more=more)
    fresh = _new_reading(alert, row)
    if status == Status.WITHDRAWN or (fresh and _cured(alert, status)):
        return _event(AlertWord.RESOLVED, key, row, occasion, kind=alert.kind, more=more)
    if fresh and 0 < now < before and alert.reminded_period != occasion.period:
        return _event(
            AlertWord.REMINDED, key, row, occasion, kind=alert.kind, more=more | {"change": str(Change.EASED)}
        )
    return None


def _cured(alert: Alert, status: str) -> bool:
    return status in WELL or (alert.kind is AlertKind.OVERDUE and status == Status.AT_RISK)


def _new_reading(alert: Alert, row: Mapping[str, Any]) -> bool:
    """Tell whether the row rests on a reading that the alert did not know: of a later month, or revised in its own."""
    now, before = [row.get(name) for name in READING], [alert.detail.get(name) for name in READING]
    if now[1] is None or now == before:
        return False
    return str(now[0] or "") >= str(before[0] or "")


def _reminder(alert: Alert, row: Mapping[str, Any] | None, occasion: Occasion) -> AlertEvent:
    if row is None:
        return AlertEvent(
            alert_key=alert.key, kind=alert.kind, event=AlertWord.REMINDED, department=alert.department,
            plan_id=alert.plan_id, period=occasion.period, edition_id=occasion.edition_id, at=occasion.at,
            detail=alert.detail,
        )  # fmt: skip
    event = _event(AlertWord.REMINDED, alert.key, row, occasion, kind=alert.kind, more={"since": alert.since})
    known = event.detail["status"] in LEVEL
    return event if known else replace(event, detail={**event.detail, "status": alert.status})


def _event(
    word: AlertWord, key: str, row: Mapping[str, Any], occasion: Occasion, *, kind: AlertKind | None = None,
    more: Mapping[str, Any] | None = None,
) -> AlertEvent:  # fmt: skip
    of_status = AlertKind.OVERDUE if row["status"] == Status.OVERDUE else AlertKind.OFF_TRACK
    said = {name: row.get(name) for name in DETAIL}
    return AlertEvent(
        alert_key=key, kind=of_status if row["status"] in ALARMING else kind or of_status, event=word,
        department=str(row.get("owner") or ""), plan_id=occasion.plan_id, period=occasion.period,
        edition_id=occasion.edition_id, at=occasion.at,
        detail={"target_id": str(row["id"]), "area": str(row["area"]), **said, **(more or {})},
    )  # fmt: skip


def _net(before: Alert | None, now: Alert | None, words: set[str]) -> Change | None:
    if now is None:
        return Change.RECOVERED if before else None
    if before is None or AlertWord.OPENED in words:
        return Change.NEW
    rise = LEVEL.get(now.status, 0) - LEVEL.get(before.status, 0)
    if rise > 0 and AlertWord.ESCALATED in words:
        return Change.ESCALATED
    return Change.EASED if rise < 0 and Change.EASED in words else None
