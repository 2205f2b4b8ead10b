"""Alert events and outgoing mail in Postgres, and the delivery of what waits there.

Mails are written into the outbox in the edition's transaction and sent in another one, so an edition that rolls back
mails nobody and a mail server that is down holds up no edition. Delivery is at least once, always under the same Message-ID.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, fields, replace
from email.message import EmailMessage
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, text

from planwatch.alerts.lifecycle import Standing, fold
from planwatch.alerts.message import Mail, Pending, to_message
from planwatch.errors import Fault, RetriableError
from planwatch.model.alert import Alert, AlertEvent, AlertKind, AlertWord
from planwatch.settings import settings

Begin = Callable[[], AbstractContextManager[Connection]]
"""Opens a connection in a transaction of its own, committed on leaving: `engine.begin`."""

Copy = Callable[[Connection, str, pd.DataFrame], int]
"""Appends a frame to a table by COPY, jsonb as text, and returns how many rows went in: `warehouse.copy_frame`."""

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('planwatch:alerts:' || :plan, 0))")
_RECORD = text(
    """
    INSERT INTO mart.alert_events (alert_key, kind, event, department, plan_id, period, edition_id, at, detail)
    SELECT e->>'alert_key', e->>'kind', e->>'event', e->>'department', e->>'plan_id', e->>'period',
           (e->>'edition_id')::bigint, (e->>'at')::timestamptz, e->'detail'
    FROM jsonb_array_elements(CAST(:events AS jsonb)) WITH ORDINALITY AS given(e, place)
    ORDER BY place
    RETURNING event_id
    """
)
_EVENTS = text(
    """
    SELECT alert_key, kind, event, department, plan_id, period, edition_id, at, detail, event_id
    FROM mart.alert_events WHERE plan_id = :plan AND (CAST(:keys AS text[]) IS NULL OR alert_key = ANY(:keys)) ORDER BY event_id
    """
)
_STANDING = text(
    """
    WITH lives AS (
        SELECT max(event_id) FILTER (WHERE event = 'opened') AS opened,
               max(event_id) FILTER (WHERE event = 'resolved') AS resolved,
               max(event_id) FILTER (WHERE event IN ('opened', 'escalated', 'reminded')) AS told
        FROM mart.alert_events WHERE plan_id = :plan GROUP BY alert_key
    )
    SELECT e.alert_key, e.kind, e.detail->>'status' FROM lives JOIN mart.alert_events e ON e.event_id = lives.told
    WHERE lives.opened > coalesce(lives.resolved, 0)
    """
)
_ENQUEUE = text(
    """
    INSERT INTO mart.outbox (message_id, digest_key, department, plan_id, period, to_address, subject, body, html, created_at)
    VALUES (:message_id, :digest_key, :department, :plan_id, :period, :to_address, :subject, :body, :html, now())
    ON CONFLICT DO NOTHING
    """
)
_KEYS = text("SELECT digest_key FROM mart.outbox WHERE plan_id = :plan ORDER BY digest_key")
_COLUMNS = "message_id, digest_key, department, plan_id, period, to_address, subject, body, html, created_at, attempts"
_PENDING = text(f"SELECT {_COLUMNS} FROM mart.outbox WHERE sent_at IS NULL ORDER BY created_at, message_id")  # noqa: S608 - constant
_NEXT = text(
    f"""
    SELECT {_COLUMNS} FROM mart.outbox WHERE sent_at IS NULL AND message_id <> ALL(:tried)
    ORDER BY attempts, created_at, message_id LIMIT 1 FOR UPDATE SKIP LOCKED
    """  # noqa: S608 - constant
)
_SENT = text(
    "UPDATE mart.outbox SET sent_at = clock_timestamp(), attempts = attempts + 1, last_error = NULL WHERE message_id = :id"
)
_FAILED = text("UPDATE mart.outbox SET attempts = attempts + 1, last_error = :error WHERE message_id = :id")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What one delivery did: the Message-IDs sent, and those that failed with their error."""

    message_ids: tuple[str, ...] = ()
    errors: tuple[tuple[str, str], ...] = ()

    @property
    def sent(self) -> int:
        """Return how many mails went out."""
        return len(self.message_ids)

    @property
    def failed(self) -> int:
        """Return how many could not be sent."""
        return len(self.errors)


def lock_alerts(conn: Connection, plan_id: str) -> None:
    """Let one transaction at a time write a plan's alerts; others wait for its end.

    Event numbers are then in the order of commit, so "told up to event n" leaves nothing out.
    """
    conn.execute(_LOCK, {"plan": plan_id})


def record_events(conn: Connection, events: Sequence[AlertEvent]) -> list[AlertEvent]:
    """Append a few events to the log, in order, and return them with their numbers."""
    if not events:
        return []
    names = [field.name for field in fields(AlertEvent)]
    rows = [{name: getattr(event, name) for name in names} | {"at": event.at.isoformat()} for event in events]
    numbers = sorted(conn.execute(_RECORD, {"events": json.dumps(rows, ensure_ascii=False)}).scalars())
    return [replace(event, event_id=number) for event, number in zip(events, numbers, strict=True)]


def copy_events(conn: Connection, events: Sequence[AlertEvent], copy: Copy) -> None:
    """Append many events to the log, in order; their numbers are read with them."""
    if not events:
        return
    names = [field.name for field in fields(AlertEvent) if field.name not in ("detail", "event_id")]
    columns = {name: pd.Series([getattr(event, name) for event in events], dtype=object) for name in names}
    encode = json.JSONEncoder(ensure_ascii=False).encode
    detail = pd.Series([encode(event.detail) for event in events], dtype=object)
    copy(conn, "mart.alert_events", pd.DataFrame(columns | {"detail": detail}))


def events_of(conn: Connection, plan_id: str, keys: Sequence[str] | None = None) -> list[AlertEvent]:
    """Return a plan's whole log, or that of the alerts of some keys, in order."""
    found = conn.execute(_EVENTS, {"plan": plan_id, "keys": None if keys is None else list(keys)})
    return [_event(row) for row in found.all()]


def standing(conn: Connection, plan_id: str) -> dict[str, Standing]:
    """Return what is known of a plan's open alerts without reading the log: kind and last status by key.

    The same alerts as `fold` makes of the log; the status is None where the last word that may change it names none.
    """
    return {key: Standing(kind, status) for key, kind, status in conn.execute(_STANDING, {"plan": plan_id}).all()}


def current_alerts(conn: Connection, plan_id: str) -> list[Alert]:
    """Return a plan's open alerts, by key."""
    return sorted(fold(events_of(conn, plan_id)).values(), key=lambda alert: alert.key)


def enqueue(conn: Connection, mails: Iterable[Mail]) -> list[str]:
    """Write mails into the outbox and return the Message-IDs that were not there yet."""
    return [mail.message_id for mail in mails if conn.execute(_ENQUEUE, asdict(mail)).rowcount]


def digest_keys(conn: Connection, plan_id: str) -> list[str]:
    """Return the keys of all mails ever enqueued for a plan: what departments have been told."""
    return list(conn.execute(_KEYS, {"plan": plan_id}).scalars())


def pending(conn: Connection) -> list[Pending]:
    """Return the mails that are still to be sent, oldest first."""
    return [Pending(**row) for row in conn.execute(_PENDING).mappings()]


def deliver(
    begin: Engine | Begin, send: Callable[[EmailMessage], None], *, sender: str | None = None
) -> DeliveryReport:
    """Send what waits in the outbox, each mail under a row lock and in a transaction of its own.

    Deliverers in parallel never hold the same row. One that dies between sending and marking leaves the row unsent: it goes
    out again under the same Message-ID. A mail that cannot be sent is noted with its error and the others are tried.

    Args:
        begin: an engine, or what opens a connection in a transaction.
        send: hands one message to a mail server; any exception means that it was not accepted.
        sender: From address; left out it is the setting `mail_from`.

    Raises:
        RetriableError: some mails could not be sent; one fault each. They wait for the next delivery.
    """
    opener: Begin = begin.begin if isinstance(begin, Engine) else begin
    report = DeliveryReport()
    while (after := _deliver_next(opener, send, sender or settings().mail_from, report)) is not None:
        report = after
    if report.errors:
        raise RetriableError.of(*(_undelivered(name, error) for name, error in report.errors))
    return report


def _deliver_next(
    begin: Begin, send: Callable[[EmailMessage], None], sender: str, report: DeliveryReport
) -> DeliveryReport | None:
    """Try one mail that was not tried before and return the report with it; None where there is no more."""
    tried = [*report.message_ids, *(name for name, _ in report.errors)]
    with begin() as conn:
        found = conn.execute(_NEXT, {"tried": tried}).mappings().first()
        if found is None:
            return None
        row = Pending(**found)
        try:
            send(to_message(row, sender))
        except Exception as error:
            reason = f"{type(error).__name__}: {error}".replace("\x00", " ")[:2000]
            conn.execute(_FAILED, {"id": row.message_id, "error": reason})
            return replace(report, errors=(*report.errors, (row.message_id, reason)))
        conn.execute(_SENT, {"id": row.message_id})
        return replace(report, message_ids=(*report.message_ids, row.message_id))


def _undelivered(message_id: str, error: str) -> Fault:
    return Fault(
        code="mail_not_sent", message=f"not sent, it waits in the outbox: {error}", key=message_id,
        mend="check the mail server and the recipient's address; the next delivery tries again",
    )  # fmt: skip


def _event(row: Sequence[Any]) -> AlertEvent:
    key, kind, event, department, plan_id, period, edition_id, at, detail, event_id = row
    return AlertEvent(
        alert_key=key, kind=AlertKind(kind), event=AlertWord(event), department=department, plan_id=plan_id, period=period,
        edition_id=edition_id, at=at, detail=detail, event_id=event_id,
    )  # fmt: skip
