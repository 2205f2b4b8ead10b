"""Caught mails: one `.eml` file each, readable by any mail program, listed newest first."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path

_NAME = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of the list. `id` is the file's name without `.eml`."""

    id: str
    received: datetime
    sender: str
    to: str
    subject: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a mail: its place among the mail's attachments, its name, its size in bytes."""

    index: int
    name: str
    size: int
    content_type: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as a reader sees it; `text` and `html` are None where it has no such part."""

    summary: Summary
    message_id: str
    date: str
    text: str | None
    html: str | None
    attachments: tuple[Attachment, ...]


class Mailbox:
    """A folder of mails."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._summaries: dict[str, Summary] = {}

    def keep(self, raw: bytes, mail_from: str, rcpt_tos: list[str]) -> Path:
        """Store a mail whole, with its envelope as `Return-Path` and `Delivered-To`, and return the file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        envelope = [f"Return-Path: <{_one_line(mail_from)}>", *(f"Delivered-To: {_one_line(r)}" for r in rcpt_tos)]
        data = ("\r\n".join(envelope) + "\r\n").encode("utf-8", "surrogateescape") + raw
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        path = self.folder / f"{stamp}-{hashlib.sha256(data).hexdigest()[:8]}.eml"
        part = path.with_suffix(".part")
        part.write_bytes(data)
        part.replace(path)
        return path

    def list(self) -> list[Summary]:
        """Return all mails, newest first."""
        names = sorted((p.stem for p in self.folder.glob("*.eml") if _NAME.fullmatch(p.stem)), reverse=True)
        return [self._summaries.get(name) or self._summarise(name) for name in names]

    def raw(self, name: str) -> bytes | None:
        """Return a mail's bytes, None where there is no mail of this name."""
        if not _NAME.fullmatch(name):
            return None
        try:
            return (self.folder / f"{name}.eml").read_bytes()
        except FileNotFoundError:
            return None

    def letter(self, name: str) -> Letter | None:
        """Return a mail to read, None where there is none of this name."""
        raw = self.raw(name)
        if raw is None:
            return None
        message = _parse(raw)
        files = _files(message)
        return Letter(
            summary=self._summaries.get(name) or self._summarise(name),
            message_id=_header(message, "message-id"),
            date=_header(message, "date"),
            text=_body(message, "plain"),
            html=_body(message, "html"),
            attachments=tuple(
                Attachment(n, part.get_filename() or f"part-{n}", len(_payload(part)), part.get_content_type())
                for n, part in enumerate(files)
            ),
        )

    def attachment(self, name: str, index: int) -> tuple[str, bytes] | None:
        """Return name and bytes of one attachment, None where there is none."""
        raw = self.raw(name)
        files = _files(_parse(raw)) if raw else []
        if not 0 <= index < len(files):
            return None
        return files[index].get_filename() or f"part-{index}", _payload(files[index])

    def _summarise(self, name: str) -> Summary:
        with (self.folder / f"{name}.eml").open("rb") as file:
            head = BytesHeaderParser(policy=policy.default).parse(file)
        summary = Summary(
            id=name,
            received=datetime.strptime(name[:23], "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC),
            sender=_header(head, "from"),
            to=", ".join(map(str, head.get_all("delivered-to", []))) or _header(head, "to"),
            subject=_header(head, "subject") or "(no subject)",
        )
        self._summaries[name] = summary
        return summary


def _parse(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def _header(message: EmailMessage, name: str) -> str:
    """Return a header as text; one that breaks the rules is shown as it stands, never an error."""
    try:
        return str(message.get(name, ""))
    except (ValueError, IndexError, AttributeError, TypeError):
        return next((str(v) for k, v in message.raw_items() if k.lower() == name), "")


def _body(message: EmailMessage, kind: str) -> str | None:
    try:
        part = message.get_body(preferencelist=(kind,))
        return None if part is None else str(part.get_content())
    except (LookupError, ValueError, AttributeError, TypeError, KeyError):
        return None


def _files(message: EmailMessage) -> list[EmailMessage]:
    return [
        part
        for part in message.walk()
        if not part.is_multipart() and (part.get_filename() or part.get_content_disposition() == "attachment")
    ]


def _payload(part: EmailMessage) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _one_line(text: str) -> str:
    return "".join(c for c in text if c.isprintable())
