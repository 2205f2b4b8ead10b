"""The mail catcher as a process: mails sent over real SMTP, read back as files and in the desk's pages."""

from __future__ import annotations

import base64
import http.client
import os
import smtplib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from planwatch.local.mail import PASSWORD_VARIABLE
from planwatch.local.ports import LOOPBACK, answers, free_port
from planwatch.local.process import Command, Managed, stop_all
from planwatch.local.waiting import wait_until

PASSWORD = "only-for-this-test"
HOSTILE = '<script>alert(1)</script><img src="http://tracker.example/x.png">'


@dataclass
class Running:
    home: Path
    smtp: int
    web: int

    def send(
        self, subject: str = "监测简报 2026-03", html: str | None = None, to: str = "finance@baotou.example"
    ) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "planwatch@planwatch.example", to, subject
        mail["Message-ID"] = "<edition-7.finance@planwatch.example>"
        mail.set_content("一般公共预算收入滞后。\n" + HOSTILE)
        if html:
            mail.add_alternative(html, subtype="html")
        mail.add_attachment("a,b\n1,2\n", subtype="csv", filename="明细 ../表.csv")
        with smtplib.SMTP(LOOPBACK, self.smtp, timeout=20) as client:
            client.send_message(mail)

    def get(self, path: str, password: str | None = PASSWORD, method: str = "GET") -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection(LOOPBACK, self.web, timeout=20)
        word = base64.b64encode(f"planwatch:{password}".encode()).decode()
        connection.request(method, path, headers={"Authorization": f"Basic {word}"} if password else {})
        answer = connection.getresponse()
        body = answer.read().decode("utf-8", "replace")
        connection.close()
        return answer.status, dict(answer.getheaders()), body

    @property
    def names(self) -> list[str]:
        return sorted(p.stem for p in (self.home / "mails").glob("*.eml"))


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path, free_port(), free_port())
    argv = (sys.executable, "-m", "planwatch.local.mail", "--home", str(tmp_path))
    ports = ("--smtp-port", str(running.smtp), "--web-port", str(running.web))
    env = {**os.environ, PASSWORD_VARIABLE: PASSWORD}
    process = Managed(
        Command(name="mail", argv=argv + ports, env=env, cwd=tmp_path, log=tmp_path / "mail.log"), tmp_path / "run"
    )
    process.start()

    def up() -> bool:
        process.require_alive()
        return answers(running.smtp) and answers(running.web)

    wait_until(up, 30, "the mail catcher")
    yield running
    stop_all([process])
    assert not answers(running.smtp)
    assert not answers(running.web)


def test_a_sent_mail_is_a_file_that_any_mail_program_reads(catcher: Running) -> None:
    catcher.send()
    (file,) = (catcher.home / "mails").glob("*.eml")
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert mail["Subject"] == "监测简报 2026-03"
    assert mail["Delivered-To"] == "finance@baotou.example"
    assert mail["Message-ID"] == "<edition-7.finance@planwatch.example>"
    assert "滞后" in mail.get_body(("plain",)).get_content()


def test_the_list_and_the_mail_are_shown_escaped(catcher: Running) -> None:
    catcher.send(subject="滞后 <b>x</b>")
    status, headers, page = catcher.get("/mails/")
    assert status == 200
    assert "滞后 &lt;b&gt;x&lt;/b&gt;" in page
    assert "finance@baotou.example" in page
    (name,) = catcher.names
    status, headers, page = catcher.get(f"/mails/{name}")
    assert status == 200
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "明细 ../表.csv" in page


def test_html_is_shown_in_a_sandbox_that_runs_and_loads_nothing(catcher: Running) -> None:
    catcher.send(html=f"<p>滞后</p>{HOSTILE}")
    (name,) = catcher.names
    _, _, page = catcher.get(f"/mails/{name}")
    assert f'<iframe sandbox="" src="/mails/{name}/body"' in page
    assert "tracker.example" not in page
    status, headers, body = catcher.get(f"/mails/{name}/body")
    assert (status, "<p>滞后</p>" in body) == (200, True)
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "script-src" not in headers["Content-Security-Policy"]
    _, _, text = catcher.get(f"/mails/{name}?view=text")
    assert "一般公共预算收入滞后" in text


def test_attachments_and_source_are_downloads(catcher: Running) -> None:
    catcher.send()
    (name,) = catcher.names
    status, headers, body = catcher.get(f"/mails/{name}/files/0")
    assert (status, body.splitlines()) == (200, ["a,b", "1,2"])
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    status, headers, body = catcher.get(f"/mails/{name}/source")
    assert (status, headers["Content-Type"]) == (200, "message/rfc822")
    assert catcher.get(f"/mails/{name}/files/9")[0] == 404


def test_mails_are_listed_newest_first_and_by_recipient(catcher: Running) -> None:
    for n, to in enumerate(("finance@baotou.example", "commerce@baotou.example", "finance@baotou.example")):
        catcher.send(subject=f"第{n}封", to=to)
    _, _, page = catcher.get("/mails/")
    assert page.index("第2封") < page.index("第1封") < page.index("第0封")
    _, _, page = catcher.get("/mails/?to=commerce%40baotou.example")
    assert "第1封" in page
    assert "第2封" not in page


@pytest.mark.parametrize("password", [None, "", "wrong", PASSWORD + "x"])
def test_nothing_without_the_password(catcher: Running, password: str | None) -> None:
    for path in ("/", "/mails/", "/docs/", "/desk.css", "/nothing"):
        status, headers, body = catcher.get(path, password)
        assert status == 401
        assert headers["WWW-Authenticate"].startswith("Basic")
        assert PASSWORD not in body


@pytest.mark.parametrize(
    "path",
    ["/docs/../secrets.json", "/docs/%2e%2e/secrets.json", "/docs/..%2fsecrets.json", "/docs/link.txt", "/docs/%00",
     "/mails/..%2f..%2fsecrets", "/mails/%2e%2e/source", "/mails/x/files/-1", "/mails/?page=%C2%B2", "/nothing"],
)  # fmt: skip
def test_no_way_out_of_the_folders(catcher: Running, path: str) -> None:
    (catcher.home / "secrets.json").write_text("the secret")
    (catcher.home / "data_docs").mkdir()
    (catcher.home / "data_docs" / "link.txt").symlink_to(catcher.home / "secrets.json")
    status, _, body = catcher.get(path)
    assert "the secret" not in body
    assert status == (200 if "?page" in path else 404)


def test_data_docs_are_served(catcher: Running) -> None:
    assert "No Data Docs yet" in catcher.get("/docs/")[2]
    site = catcher.home / "data_docs" / "suites"
    site.mkdir(parents=True)
    (site.parent / "index.html").write_text("<h1>检查</h1>")
    (site / "a.css").write_text("b{}")
    assert catcher.get("/docs/")[2] == "<h1>检查</h1>"
    assert catcher.get("/docs/suites/a.css")[1]["Content-Type"].startswith("text/css")
    assert catcher.get("/docs")[1]["Location"] == "/docs/"
    assert catcher.get("/docs/suites/")[0] == 404


def test_health_tells_nothing_and_needs_no_password(catcher: Running) -> None:
    assert catcher.get("/healthz", None)[::2] == (200, "ok\n")


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x00\xff\r\n\r\n", b"Subject: =?x-none?B?//8=?=\r\nFrom: <<>>\r\nContent-Type: text/plain; charset=no-such\r\n\r\n\xe5",
     b"Content-Type: multipart/mixed\r\n\r\nno boundary", b"Message-ID: <<[[\r\nTo: a@\r\n\r\nx"],
)  # fmt: skip
def test_malformed_mails_are_kept_and_shown(catcher: Running, raw: bytes) -> None:
    with smtplib.SMTP(LOOPBACK, catcher.smtp, timeout=20) as client:
        client.sendmail("a@planwatch.example", ["b@planwatch.example"], raw)
    (name,) = catcher.names
    assert catcher.get("/mails/")[0] == 200
    assert catcher.get(f"/mails/{name}")[0] == 200


def test_a_full_disk_is_a_temporary_failure(catcher: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    (catcher.home / "mails").write_text("a file where the folder should be")
    with pytest.raises(smtplib.SMTPDataError, match="try again"):
        catcher.send()
