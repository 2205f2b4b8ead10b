"""The loading role on a fresh warehouse, and a mail server on loopback that really answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from smtplib import SMTP
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Server
from aiosmtpd.smtp import Envelope, Session
from sqlalchemy import Engine, text

from planwatch.local.ports import free_port
from planwatch.local.postgres import EmbeddedPostgres
from planwatch.warehouse.bootstrap import create_database
from planwatch.warehouse.engine import make_engine

DATABASE = "planwatch_alerts"


@pytest.fixture(scope="session")
def alert_engines(
    postgres: EmbeddedPostgres, warehouse_template: str, passwords: dict[str, str]
) -> Iterator[tuple[Engine, Engine]]:
    """The loading role's and the owner's engine on one migrated warehouse of these tests."""
    admin = make_engine(postgres.admin_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        create_database(conn, DATABASE, template=warehouse_template)
    engines = tuple(make_engine(postgres.url(r, passwords[r], DATABASE)) for r in ("planwatch_etl", "planwatch_owner"))
    yield engines
    for engine in (*engines, admin):
        engine.dispose()


@pytest.fixture
def engine(alert_engines: tuple[Engine, Engine]) -> Engine:
    """The loading role's engine, log and outbox empty: what it may not do, the system may not do either."""
    loader, owner = alert_engines
    with owner.begin() as conn:
        conn.execute(text("TRUNCATE mart.alert_events, mart.outbox"))
    return loader


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
