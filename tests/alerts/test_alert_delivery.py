"""Outbox and delivery against a real Postgres and a real mail server on loopback."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email.message import EmailMessage
from smtplib import SMTP
from typing import Any

import pytest
from alertcases import PLAN_ID, at
from sqlalchemy import Connection, Engine, text

from planwatch.alerts import DeliveryReport, current_alerts, deliver, enqueue, pending, record_events
from planwatch.alerts.message import Mail
from planwatch.alerts.outbox import events_of
from planwatch.errors import RetriableError
from planwatch.model.alert import AlertEvent, AlertKind, AlertWord
from planwatch.warehouse.engine import make_engine

pytestmark = pytest.mark.postgres


def mail(n: int = 1, **more: Any) -> Mail:
    given = {
        "message_id": f"<{n:032x}@planwatch.example>", "digest_key": f"{PLAN_ID}/commerce/2026-06/upto-{n}",
        "department": "commerce", "plan_id": PLAN_ID, "period": "2026-06", "to_address": "commerce@baotou.example",
        "subject": "【模拟数据】计划执行提示｜市商务局 2026年6月：滞后2项", "body": "社会消费品零售总额滞后\n", "html": "<p>滞后</p>",
    }  # fmt: skip
    return Mail(**(given | more))


def put(engine: Engine, *mails: Mail) -> list[str]:
    with engine.begin() as conn:
        return enqueue(conn, mails)


def waiting(engine: Engine) -> list[tuple[str, int, str | None]]:
    with engine.begin() as conn:
        rows = conn.execute(
            text("SELECT message_id, attempts, last_error FROM mart.outbox WHERE sent_at IS NULL ORDER BY 1")
        )
        return [tuple(r) for r in rows]


def test_enqueues_a_digest_once(engine: Engine) -> None:
    assert put(engine, mail()) == [mail().message_id]
    assert put(engine, mail()) == []
    assert put(engine, mail(message_id="<other@planwatch.example>")) == [], "the same key is the same news"
    with engine.begin() as conn:
        assert [p.message_id for p in pending(conn)] == [mail().message_id]


def test_nothing_is_enqueued_by_a_transaction_that_fails(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), engine.begin() as conn:
        enqueue(conn, [mail()])
        _ = 1 / 0
    assert waiting(engine) == []


def test_arrives_as_written(engine: Engine, mail_server: Any, send: Callable[[EmailMessage], None]) -> None:
    put(engine, mail())
    with engine.begin() as conn:
        created = pending(conn)[0].created_at
    assert deliver(engine, send) == DeliveryReport(message_ids=(mail().message_id,))
    (message,) = mail_server.box.messages
    assert message["Subject"] == mail().subject
    assert (message["From"], message["To"]) == ("planwatch@planwatch.example", "commerce@baotou.example")
    assert message["Message-ID"] == mail().message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == created.replace(microsecond=0)
    assert (message["X-Planwatch-Plan"], message["X-Planwatch-Period"]) == (PLAN_ID, "2026-06")
    assert message.get_content_type() == "multipart/alternative"
    plain, html = message.iter_parts()
    assert (plain.get_content_type(), plain.get_content()) == ("text/plain", mail().body.replace("\n", "\r\n"))
    assert (html.get_content_type(), html.get_content().strip()) == ("text/html", mail().html)
    assert deliver(engine, send) == DeliveryReport()
    assert len(mail_server.box.messages) == 1


def test_a_mail_server_that_is_down_loses_nothing(engine: Engine, mail_server: Any) -> None:
    put(engine, mail(1), mail(2))
    with pytest.raises(RetriableError) as told:
        deliver(engine, mail_server.send)
    assert [f.code for f in told.value.faults] == ["mail_not_sent"] * 2
    assert [(n, e is not None and "ConnectionRefused" in e) for _, n, e in waiting(engine)] == [(1, True), (1, True)]
    mail_server.up()
    assert deliver(engine, mail_server.send).sent == 2
    assert waiting(engine) == []
    assert Counter(m["Message-ID"] for m in mail_server.box.messages) == {mail(1).message_id: 1, mail(2).message_id: 1}


def test_one_bad_row_does_not_hold_up_the_others(
    engine: Engine, mail_server: Any, send: Callable[[EmailMessage], None]
) -> None:
    put(engine, mail(1, to_address="a@x.example, b@y.example"), mail(2), mail(3, to_address="nobody"))
    with pytest.raises(RetriableError, match="not one e-mail address"):
        deliver(engine, send)
    assert [m["Message-ID"] for m in mail_server.box.messages] == [mail(2).message_id]
    assert [name for name, _, _ in waiting(engine)] == [mail(1).message_id, mail(3).message_id]


def send_and_die(url: str, port: int) -> None:
    """Deliver in a process of its own that the kernel ends right after the mail server said yes."""

    def send(message: EmailMessage) -> None:
        with SMTP("127.0.0.1", port, timeout=30) as client:
            client.send_message(message)
        os.kill(os.getpid(), signal.SIGKILL)

    deliver(make_engine(url), send)


def test_killed_between_sending_and_marking_it_goes_out_again_under_the_same_id(
    engine: Engine, mail_server: Any, send: Callable[[EmailMessage], None]
) -> None:
    put(engine, mail())

    url = engine.url.render_as_string(hide_password=False)
    killed = multiprocessing.get_context("spawn").Process(target=send_and_die, args=(url, mail_server.port))
    killed.start()
    killed.join(120)
    assert killed.exitcode == -signal.SIGKILL
    assert len(mail_server.box.messages) == 1
    assert waiting(engine) == [(mail().message_id, 0, None)]
    deliver(engine, send)
    first, second = mail_server.box.messages
    assert first.as_bytes() == second.as_bytes(), "every retry is the same mail, so that a client can drop the double"
    assert first["Message-ID"] == mail().message_id


def test_the_database_going_away_before_the_mark_keeps_the_mail(
    engine: Engine, mail_server: Any, send: Callable[[EmailMessage], None]
) -> None:
    put(engine, mail())

    @contextmanager
    def begin() -> Iterator[Connection]:
        with engine.begin() as conn:
            own = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
            mine.append(own)
            yield conn

    mine: list[int] = []

    def send_and_cut(message: EmailMessage) -> None:
        send(message)
        with engine.begin() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": mine[-1]})

    with pytest.raises(RetriableError):
        deliver(begin, send_and_cut)
    deliver(engine, send)
    assert [m["Message-ID"] for m in mail_server.box.messages] == [mail().message_id] * 2
    assert waiting(engine) == []


def test_two_deliverers_never_send_the_same_mail(
    engine: Engine, mail_server: Any, send: Callable[[EmailMessage], None]
) -> None:
    """The first is held inside its send while the second one delivers all the rest, and finds that row locked."""
    put(engine, *(mail(n) for n in range(1, 6)))
    inside, go_on = threading.Event(), threading.Event()

    def slow(message: EmailMessage) -> None:
        inside.set()
        assert go_on.wait(60)
        send(message)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(deliver, engine, slow)
        assert inside.wait(60)
        second = deliver(engine, send)
        go_on.set()
        done = [*first.result(60).message_ids, *second.message_ids]
    assert second.sent == 4
    assert sorted(done) == [mail(n).message_id for n in range(1, 6)]
    assert Counter(m["Message-ID"] for m in mail_server.box.messages) == Counter(done)


@pytest.mark.parametrize(
    "hostile",
    ["x\r\nBcc: spy@evil.example", "x\nBcc: spy@evil.example", "x\x85Bcc: spy@evil.example", "x\u2028Bcc: spy@evil.example",
     "x\r\n\r\n<script>alert(1)</script>", "\x0b\x0c\x1cBcc: spy@evil.example"],
)  # fmt: skip
def test_no_field_can_break_out_of_its_header(
    engine: Engine, mail_server: Any, send: Callable[[EmailMessage], None], hostile: str
) -> None:
    put(engine, mail(1, subject=f"计划{hostile}", department=hostile, plan_id=hostile, digest_key=hostile))
    deliver(engine, send)
    (message,) = mail_server.box.messages
    assert message["Bcc"] is None
    assert message.get_content_type() == "multipart/alternative"
    assert not any(char in str(value) for value in message.values() for char in "\r\n\x85\u2028")
    assert "evil.example" not in str(message["To"])
    for part in message.iter_parts():
        assert "alert(1)" not in part.get_content()


@pytest.mark.parametrize(
    "hostile", ["x@y.example\r\nBcc: spy@evil.example", "a@x.example,b@y.example", "甲@x.example", ""]
)
def test_a_hostile_address_or_id_is_refused_and_kept(
    engine: Engine, mail_server: Any, send: Callable[[EmailMessage], None], hostile: str
) -> None:
    put(engine, mail(1, to_address=hostile), mail(2, message_id=f"<{hostile}>\nBcc: spy@evil.example"))
    with pytest.raises(RetriableError):
        deliver(engine, send)
    assert mail_server.box.messages == []
    assert len(waiting(engine)) == 2


def test_events_come_back_as_they_were_recorded(engine: Engine) -> None:
    key = f"target:{PLAN_ID}:retail:baotou"
    events = [
        AlertEvent(
            alert_key=key, kind=AlertKind.OFF_TRACK, event=word, department="commerce", plan_id=PLAN_ID, period="2026-06",
            edition_id=None, at=at("2026-06"), detail={"status": "off_track", "actual": 0.1 + 0.2, "name": "包头'); --", "x": None},
        )
        for word in (AlertWord.OPENED, AlertWord.REMINDED)
    ]  # fmt: skip
    with engine.begin() as conn:
        recorded = record_events(conn, events)
        assert events_of(conn, PLAN_ID) == recorded
        assert [e.event for e in recorded] == ["opened", "reminded"]
        assert recorded[0].event_id < recorded[1].event_id
        assert recorded[0].detail["actual"] == 0.1 + 0.2
        assert [a.key for a in current_alerts(conn, PLAN_ID)] == [key]
        assert current_alerts(conn, "baotou-2025") == []
        assert record_events(conn, []) == []
