"""File stores, against real servers: a folder, SFTP with known hosts, S3-compatible storage."""

from __future__ import annotations

import io
import logging
import os

import paramiko
import pytest
from feedcases import feeds
from tests.sources import s3_server, sftp_server, web_server

from planwatch.errors import ReleaseError, RetriableError
from planwatch.feeds import Access, fetch_release
from planwatch.feeds.refusals import codes
from planwatch.model.feed import Feed
from planwatch.model.fetched import Outcome
from planwatch.settings import ROOT

MARCH = "2026-03"
PAGE = (ROOT / "include" / "sample" / "2026" / "finance_2026-03.html").read_bytes()
MOST = 2_000_000


def feed_at(url: str, **location) -> Feed:
    return Feed.model_validate(feeds()["finance"].model_dump() | {"location": {"url": url, "timeout_s": 5, **location}})


def get(feed: Feed, access: Access | None = None, **options):
    return fetch_release(feed, MARCH, access or Access(), **{"max_bytes": MOST, **options})


def fault_of(feed: Feed, access: Access | None = None, **options):
    with pytest.raises((ReleaseError, RetriableError)) as raised:
        get(feed, access, **options)
    [fault] = raised.value.faults
    assert fault.mend and codes()[fault.code] is raised.value.retriable
    return fault


@pytest.fixture
def sftp(tmp_path):
    (tmp_path / "out").mkdir()
    with sftp_server(tmp_path) as server:
        yield server


@pytest.fixture(scope="module")
def s3():
    with s3_server() as url:
        yield url


def account(sftp, **extra) -> Access:
    return Access(login=sftp.login, password=sftp.password, extra={"host_key": sftp.host_key, **extra})


class TestFolder:
    def test_a_file_is_fetched_and_an_unchanged_one_is_not(self, tmp_path):
        feed = feed_at(f"file://{tmp_path}/finance_{{period}}.html")
        assert get(feed).outcome is Outcome.NOT_THERE
        path = tmp_path / "finance_2026-03.html"
        path.write_bytes(PAGE)
        got = get(feed)
        assert (got.data, got.name) == (PAGE, path.name)
        assert get(feed, stamp=got.stamp).outcome is Outcome.UNCHANGED
        path.write_bytes(PAGE + b" ")
        assert get(feed, stamp=got.stamp).data == PAGE + b" "

    def test_of_several_the_newest(self, tmp_path):
        for age, name in enumerate(["finance_2026-03_r2.html", "finance_2026-03.html", "finance_2026-04.html"]):
            (tmp_path / name).write_bytes(name.encode())
            os.utime(tmp_path / name, (1e9 - age * 60,) * 2)
        assert get(feed_at(f"file://{tmp_path}/finance_{{period}}*.html")).name == "finance_2026-03_r2.html"

    def test_a_folder_a_large_an_empty_and_a_missing_one(self, tmp_path):
        (tmp_path / "finance_2026-03.html").mkdir()
        assert fault_of(feed_at(f"file://{tmp_path}/finance_{{period}}.html")).code == "not_a_file"
        (tmp_path / "large").write_bytes(b"x" * 101)
        assert fault_of(feed_at(f"file://{tmp_path}/large"), max_bytes=100).code == "too_large"
        (tmp_path / "empty").touch()
        assert fault_of(feed_at(f"file://{tmp_path}/empty")).code == "empty_file"
        assert get(feed_at(f"file://{tmp_path}/nowhere/*.html")).outcome is Outcome.NOT_THERE


class TestSftp:
    def test_a_file_is_fetched_and_an_unchanged_one_is_not(self, sftp):
        feed = feed_at(sftp.url("/out/finance_{period}.html"))
        assert get(feed, account(sftp)).outcome is Outcome.NOT_THERE
        (sftp.root / "out" / "finance_2026-03.html").write_bytes(PAGE)
        got = get(feed, account(sftp))
        assert (got.data, got.name) == (PAGE, "finance_2026-03.html")
        assert get(feed, account(sftp), stamp=got.stamp).outcome is Outcome.UNCHANGED

    def test_of_several_the_newest(self, sftp):
        for age, name in enumerate(["finance_2026-03_r1.html", "finance_2026-03.html", "other_2026-03.html"]):
            path = sftp.root / "out" / name
            path.write_bytes(name.encode())
            os.utime(path, (1e9 - age * 60,) * 2)
        feed = feed_at(sftp.url("/out/finance_{period}*.html"))
        assert get(feed, account(sftp)).data == b"finance_2026-03_r1.html"

    def test_a_private_key_opens_it(self, sftp, tmp_path):
        key = paramiko.RSAKey.generate(2048)
        sftp.admitted.append(key)
        text = io.StringIO()
        key.write_private_key(text, password="pass-phrase")
        (tmp_path / "id").write_text(text.getvalue())
        (sftp.root / "out" / "finance_2026-03.html").write_bytes(PAGE)
        feed = feed_at(sftp.url("/out/finance_{period}.html"))
        for extra in ({"private_key": text.getvalue()}, {"key_file": str(tmp_path / "id")}):
            known = {"host_key": sftp.host_key, "private_key_passphrase": "pass-phrase"}
            assert get(feed, Access(login="planwatch", extra={**known, **extra})).data == PAGE
        for extra in ({"private_key": "no key"}, {"private_key": text.getvalue()}, {"key_file": "/nowhere"}):
            wrong = Access(login="planwatch", extra={"host_key": sftp.host_key, **extra})
            assert fault_of(feed, wrong).code == "bad_key"

    def test_a_known_hosts_file_will_do(self, sftp, tmp_path):
        known = tmp_path / "known_hosts"
        known.write_text(f"[127.0.0.1]:{sftp.port} {sftp.host_key}\n")
        (sftp.root / "out" / "finance_2026-03.html").write_bytes(PAGE)
        access = Access(login=sftp.login, password=sftp.password, extra={"known_hosts": str(known)})
        assert get(feed_at(sftp.url("/out/finance_{period}.html")), access).data == PAGE

    def test_an_unknown_or_another_host_is_told_no_password(self, sftp, tmp_path):
        empty = tmp_path / "known_hosts"
        empty.touch()
        other = paramiko.ECDSAKey.generate()
        feed = feed_at(sftp.url("/out/x"))
        tried = []
        sftp_password = account(sftp)
        for extra in (
            {"known_hosts": str(empty)},
            {"host_key": f"{other.get_name()} {other.get_base64()}"},
            {"host_key": "ssh-ed25519 nonsense"},
        ):
            access = Access(login=sftp_password.login, password=sftp_password.password, extra=extra)
            assert fault_of(feed, access).code == "unknown_host_key"
            tried += [t.auth_handler and t.auth_handler.auth_username for t in sftp.transports]
        assert not any(tried)

    def test_a_wrong_password_shows_none(self, sftp, caplog):
        caplog.set_level(logging.DEBUG)
        wrong = Access(login="planwatch", password="not-the-password", extra={"host_key": sftp.host_key})
        fault = fault_of(feed_at(sftp.url("/out/x")), wrong)
        assert fault.code == "access_denied"
        assert "not-the-password" not in str(fault) + caplog.text + repr(wrong)

    def test_too_large_and_a_folder(self, sftp):
        (sftp.root / "out" / "large").write_bytes(b"x" * 101)
        assert fault_of(feed_at(sftp.url("/out/large")), account(sftp), max_bytes=100).code == "too_large"
        assert fault_of(feed_at(sftp.url("/out")), account(sftp)).code == "not_a_file"

    def test_a_server_that_hangs_up_while_it_sends(self, sftp):
        (sftp.root / "out" / "large").write_bytes(b"x" * 300_000)
        sftp.on_read = sftp.hang_up
        assert fault_of(feed_at(sftp.url("/out/large")), account(sftp)).code in ("no_answer", "cut_off")

    def test_a_file_that_is_still_being_written(self, sftp):
        path = sftp.root / "out" / "grows"
        path.write_bytes(b"x" * 1000)

        def grow() -> None:
            sftp.on_read = lambda: None
            with path.open("ab") as file:
                file.write(b"y")

        sftp.on_read = grow
        assert fault_of(feed_at(sftp.url("/out/grows")), account(sftp)).code == "still_changing"

    def test_nobody_listening_and_no_ssh(self, tmp_path):
        with sftp_server(tmp_path) as server:
            feed, access = feed_at(server.url("/x")), account(server)
        assert fault_of(feed, access).code == "no_answer"
        with web_server() as web:
            feed = feed_at(f"sftp://{web.netloc}/x", timeout_s=0.5)
            assert fault_of(feed, access).code in ("no_answer", "timeout")

    def test_an_account_of_another_host_is_not_sent(self, sftp):
        access = Access(host="other.example", login=sftp.login, password=sftp.password)
        assert fault_of(feed_at(sftp.url("/x")), access).code == "host_not_declared"
        assert sftp.transports == []


def s3_access(url: str, **options) -> Access:
    return Access(login="key-id", password="secret-key", extra={"endpoint_url": url, **options})


def s3_feed(url: str, path: str = "/finance_{period}.html", bucket: str = "releases", **location) -> Feed:
    return feed_at(f"s3://{bucket}{path}", hosts=[url.removeprefix("http://")], **location)


def put(url: str, key: str, data: bytes) -> None:
    import boto3

    client = boto3.client(
        "s3", endpoint_url=url, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1"
    )
    if "releases" not in [b["Name"] for b in client.list_buckets()["Buckets"]]:
        client.create_bucket(Bucket="releases")
    client.put_object(Bucket="releases", Key=key, Body=data)


def s3_error(status: int, code: str):
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{code}</Message></Error>'.encode()
    return lambda talk: talk.say(status, body, content_type="application/xml")


@pytest.mark.slow  # the client and the storage take seconds to import
class TestS3:
    def test_a_file_is_fetched_and_an_unchanged_one_is_not(self, s3):
        put(s3, "finance_2026-03.html", PAGE)
        got = get(s3_feed(s3), s3_access(s3))
        assert (got.data, got.name, got.place) == (PAGE, "finance_2026-03.html", "s3://releases/finance_2026-03.html")
        assert got.stamp.etag and got.stamp.modified
        assert get(s3_feed(s3), s3_access(s3), stamp=got.stamp).outcome is Outcome.UNCHANGED
        put(s3, "finance_2026-03.html", PAGE + b" ")
        assert get(s3_feed(s3), s3_access(s3), stamp=got.stamp).data == PAGE + b" "

    def test_what_is_not_there_waits_and_a_bucket_that_is_not_does_not(self, s3):
        put(s3, "other", b"x")
        assert get(s3_feed(s3, "/nothing"), s3_access(s3)).outcome is Outcome.NOT_THERE
        assert get(s3_feed(s3, "/none_*"), s3_access(s3)).outcome is Outcome.NOT_THERE
        assert fault_of(s3_feed(s3, bucket="no-such-bucket"), s3_access(s3)).code == "no_such_bucket"

    def test_of_several_the_newest(self, s3):
        put(s3, "in/finance_2026-03.html", b"first")
        put(s3, "in/finance_2026-03_r1.html", b"second")
        got = get(s3_feed(s3, "/in/finance_{period}*.html"), s3_access(s3))
        assert got.data in (b"first", b"second") and got.name.startswith("finance_2026-03")

    def test_too_large(self, s3):
        put(s3, "large", b"x" * 101)
        assert fault_of(s3_feed(s3, "/large"), s3_access(s3), max_bytes=100).code == "too_large"

    def test_another_endpoint_than_declared_is_not_asked(self, s3):
        with web_server() as web:
            fault = fault_of(s3_feed(s3), s3_access(web.url("")))
            assert (fault.code, fault.expected) == ("host_not_declared", s3.removeprefix("http://"))
            assert web.asked == []
        assert fault_of(s3_feed(s3), Access()).value.startswith("https://s3.us-east-1.")

    @pytest.mark.parametrize(
        ("code", "answer"),
        [
            ("access_denied", s3_error(403, "AccessDenied")),
            ("access_denied", s3_error(403, "SignatureDoesNotMatch")),
            ("server_error", s3_error(503, "SlowDown")),
            ("server_error", s3_error(500, "InternalError")),
            ("no_answer", lambda t: t.break_off()),
        ],
    )
    def test_every_fault_has_its_name_and_no_secret(self, code, answer, caplog):
        caplog.set_level(logging.DEBUG)
        with web_server() as web:
            web.answers["*"] = answer
            fault = fault_of(s3_feed(web.url("")), s3_access(web.url("")))
        assert fault.code == code
        assert "secret-key" not in str(fault) + caplog.text

    def test_a_storage_that_falls_silent_or_breaks_off(self):
        head = b'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\netag: "v1"\r\nlast-modified: Wed, 15 Apr 2026 01:00:00 GMT\r\n\r\n'
        with web_server() as web:
            feed = s3_feed(web.url(""), timeout_s=0.3)
            web.answers["*"] = lambda t: t.fall_silent()
            assert fault_of(feed, s3_access(web.url(""))).code == "timeout"
            web.answers["*"] = lambda t: t.break_off(head if t.command == "HEAD" else head + b"half")
            assert fault_of(feed, s3_access(web.url(""))).code == "cut_off"

    def test_a_storage_that_sends_us_elsewhere_leads_nowhere(self):
        with web_server() as web, web_server() as inner:
            web.answers["*"] = lambda t: t.say(307, location=inner.url("/admin"))
            assert fault_of(s3_feed(web.url("")), s3_access(web.url(""))).code == "redirected_elsewhere"
            assert inner.asked == []
