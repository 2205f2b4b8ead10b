"""Alerts: lifecycle, digests and the outbox (DOMAIN §6).

`after_edition`, `quarantined`, `quarantine_ended` and `tell_late` are called by the steps, within their transaction; `deliver` sends what
they enqueued. They load pandas and SQLAlchemy: import this package inside tasks.
"""

from planwatch.alerts.announce import after_edition, quarantine_ended, quarantined
from planwatch.alerts.late import tell_late
from planwatch.alerts.outbox import DeliveryReport, current_alerts, deliver, enqueue, pending, record_events

__all__ = [
    "DeliveryReport",
    "after_edition",
    "current_alerts",
    "deliver",
    "enqueue",
    "pending",
    "quarantine_ended",
    "quarantined",
    "record_events",
    "tell_late",
]
