"""A row of the outbox as an e-mail: multipart/alternative, headers that nothing in a field can break out of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from planwatch.alerts.wording import one_line
from planwatch.errors import Fault, InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A written digest, ready for the outbox."""

    message_id: str
    digest_key: str
    department: str
    plan_id: str
    period: str
    to_address: str
    subject: str
    body: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending(Mail):
    """A mail of the outbox. `attempts` counts the tries so far; `created_at` is when it was enqueued, its Date."""

    created_at: datetime
    attempts: int = 0


def to_message(row: Pending, sender: str) -> EmailMessage:
    """Return the row as a message; the same row gives the same bytes at every try.

    Raises:
        InputError: sender or recipient is not exactly one e-mail address, or the Message-ID is none.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(sender, "sender")
    message["To"] = _address(row.to_address, "recipient")
    message["Subject"] = one_line(row.subject)
    message["Date"] = _utc(row.created_at)
    message["Message-ID"] = _message_id(row.message_id)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = "zh-CN"
    for name, value in (("Plan", row.plan_id), ("Department", row.department), ("Period", row.period)):
        message[f"X-Planwatch-{name}"] = one_line(value)
    message["X-Planwatch-Digest"] = one_line(row.digest_key)
    message.set_content(row.body, cte="base64")
    message.add_alternative(row.html, subtype="html", cte="base64")
    message.set_boundary("=_planwatch_" + hashlib.sha256(row.message_id.encode()).hexdigest()[:32])
    return message


def _address(text: str, whose: str) -> Address:
    try:
        return Address(addr_spec=text)
    except (ValueError, IndexError) as error:
        fault = Fault(
            code="bad_address", message=f"the {whose} is not one e-mail address", value=text,
            expected="name@host.domain, ASCII", mend="mend the address in departments.yaml (or PLANWATCH_MAIL_FROM)",
        )  # fmt: skip
        raise InputError.of(fault) from error


def _message_id(text: str) -> str:
    if one_line(text) != text or not (text.startswith("<") and text.endswith(">")) or any(c in text for c in " \t"):
        raise InputError.of(
            Fault(code="bad_message_id", message="not a Message-ID", value=text, expected="<id@domain>")
        )
    return text


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)
