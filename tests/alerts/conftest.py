"""A throw-away Postgres with the two tables of the alerts, and a mail server on loopback that really answers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTP
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Server
from aiosmtpd.smtp import Envelope, Session
from sqlalchemy import Engine, text

from planwatch.local.ports import free_port
from planwatch.local.postgres import EmbeddedPostgres
from planwatch.warehouse.engine import make_engine

TABLES = """
CREATE SCHEMA mart;
CREATE TABLE mart.alert_events (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_key text NOT NULL, kind text NOT NULL, event text NOT NULL, department text NOT NULL, plan_id text,
    period text, edition_id bigint, at timestamptz NOT NULL, detail jsonb NOT NULL
);
CREATE TABLE mart.outbox (
    message_id text PRIMARY KEY, department text NOT NULL, plan_id text, period text, digest_key text NOT NULL UNIQUE,
    to_address text NOT NULL, subject text NOT NULL, body text NOT NULL, html text NOT NULL, created_at timestamptz NOT NULL,
    sent_at timestamptz, attempts integer NOT NULL DEFAULT 0, last_error text
);
"""


@pytest.fixture(scope="session")
def alert_server() -> Iterator[Engine]:
    with (
        tempfile.TemporaryDirectory(prefix="planwatch-alerts-") as home,
        EmbeddedPostgres(Path(home), fsync=False) as server,
    ):
        engine = make_engine(server.admin_url)
        with engine.begin() as conn:
            conn.execute(text(TABLES))
        yield engine
        engine.dispose()


@pytest.fixture
def engine(alert_server: Engine) -> Engine:
    with alert_server.begin() as conn:
        conn.execute(text("TRUNCATE mart.alert_events, mart.outbox"))
    return alert_server


class Mailbox:
    """Keeps what the server accepted, as parsed messages."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def handle_DATA(self, server: Server, session: Session, envelope: Envelope) -> str:
        content: Any = envelope.content
        self.messages.append(message_from_bytes(content, policy=policy.default))
        return "250 OK"


class MailServer:
    """A mail server that can be down: it has a port from the first, and listens only while it is up."""

    def __init__(self) -> None:
        self.port = free_port()
        self.box = Mailbox()
        self._controller: Controller | None = None

    def up(self) -> None:
        self._controller = Controller(self.box, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def down(self) -> None:
        if self._controller:
            self._controller.stop()
            self._controller = None

    def send(self, message: EmailMessage) -> None:
        with SMTP("127.0.0.1", self.port, timeout=30) as client:
            client.send_message(message)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.down()


@pytest.fixture
def send(mail_server: MailServer) -> Callable[[EmailMessage], None]:
    mail_server.up()
    return mail_server.send
