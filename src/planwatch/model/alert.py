"""Alerts (预警): what a department has to be told, and the events that make up their life (DOMAIN §6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class AlertKind(StrEnum):
    """What is wrong: a target behind, a reading not reported, a release held back, one that cannot be read, one that did not come."""

    OFF_TRACK = "off_track"
    OVERDUE = "overdue"
    QUARANTINE = "quarantine"
    FEED_FAILED = "feed_failed"
    LATE = "late"


class AlertWord(StrEnum):
    """What happened to an alert. An alert is open from `opened` to `resolved`; the others happen in between."""

    OPENED = "opened"
    ESCALATED = "escalated"
    REMINDED = "reminded"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    RESOLVED = "resolved"


class Change(StrEnum):
    """How an alert differs from what its department was last told."""

    NEW = "new"
    ESCALATED = "escalated"
    EASED = "eased"
    RECOVERED = "recovered"


CHANGE_ZH: dict[Change, str] = {
    Change.NEW: "新列入",
    Change.ESCALATED: "升级",
    Change.EASED: "缓解",
    Change.RECOVERED: "恢复",
}
"""The Chinese label of every change; 新增 would run into names that begin with it (新增城镇就业)."""


class Decision(StrEnum):
    """How the wait of a quarantined release ended (隔离处置)."""

    ADMITTED = "admitted"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """One thing that happened to one alert: a row of the append-only log.

    `period` is the month the event speaks of and `at` the instant it was established (the edition's `as_of`, or the moment a
    release was held). `detail` is plain JSON: for targets `target_id, area, status, reading_period, actual, …`, for releases
    `feed, sha256, file, failures, …`. `event_id` is the log's number, 0 until it is recorded.
    """

    alert_key: str
    kind: AlertKind
    event: AlertWord
    department: str
    plan_id: str
    period: str
    edition_id: int | None
    at: datetime
    detail: Mapping[str, Any] = field(default_factory=dict)
    event_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An open alert, folded from its events.

    `status` is the word last established (`off_track`, `missed`, `overdue`, `at_risk`; `quarantined` or `failed` for releases),
    `since` the period it was opened in, `last_period` the period of its last event, `reminded_period` that of its last reminder.
    `changed_event` is the log's number of the last event that changed the alert's state.
    """

    key: str
    kind: AlertKind
    plan_id: str
    department: str
    status: str
    since: str
    since_at: datetime
    last_period: str
    reminded_period: str | None = None
    acknowledged: bool = False
    silenced_until: date | None = None
    changed_event: int = 0
    detail: Mapping[str, Any] = field(default_factory=dict)

    def silenced_on(self, day: date) -> bool:
        """Return whether a person asked not to be reminded on that day."""
        return self.silenced_until is not None and day <= self.silenced_until


def target_key(plan_id: str, target_id: str, area: str) -> str:
    """Return the key of a target's alert: one alert per target and area, whatever its kind."""
    return f"target:{plan_id}:{target_id}:{area}"


def release_key(feed: str, period: str) -> str:
    """Return the key of a release's alert: one alert per feed and month."""
    return f"release:{feed}:{period}"


def late_key(feed: str, period: str, what: str = "") -> str:
    """Return the key of the alert of a release that did not come, or (`what`: a frequency or indicator) of series without a reading."""
    return f"late:{feed}:{period}" + (f":{what}" if what else "")
