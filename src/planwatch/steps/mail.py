"""Deliver what the outbox holds."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage

from sqlalchemy import Engine

from planwatch.alerts import deliver


def deliver_mail(engine: Engine, send: Callable[[EmailMessage], None]) -> dict[str, int]:
    """Send every message that waits and return how many went and how many failed.

    Raises:
        RetriableError: at least one could not be sent; it stays in the outbox.
    """
    report = deliver(engine, send)
    return {"sent": report.sent, "failed": report.failed}
