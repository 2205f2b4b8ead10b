"""Web sources, against a real server: what is fetched, what waits, and every named error."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import threading
import zlib
from pathlib import Path

import pytest
from feedcases import feeds
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from tests.sources import Talk, Web, self_signed, web_server

from planwatch.errors import ReleaseError, RetriableError
from planwatch.feeds import Access, fetch_release
from planwatch.feeds.inflate import Inflater
from planwatch.feeds.refusals import codes
from planwatch.model.feed import Feed
from planwatch.model.fetched import Outcome, Stamp
from planwatch.settings import ROOT

MARCH, PATH = "2026-03", "/2026-03.html"
PAGE = (ROOT / "include" / "sample" / "2026" / "finance_2026-03.html").read_bytes()
BLOCKED = (
    "<!DOCTYPE html><html><head><title>访问被拦截</title></head><body><p>您的请求存在威胁</p></body></html>".encode()
)
MOST = 2_000_000


@pytest.fixture
def web():
    with web_server() as server:
        yield server


def feed_at(server: Web, name: str = "finance", path: str = "/{period}.html", **location) -> Feed:
    data = feeds()[name].model_dump()
    short = {"timeout_s": 5, "total_s": 30}
    return Feed.model_validate(data | {"location": {"url": server.url(path), **short, **location}})


def get(feed: Feed, access: Access | None = None, **options):
    return fetch_release(feed, MARCH, access or Access(), **{"max_bytes": MOST, **options})


def fault_of(feed: Feed, access: Access | None = None, **options):
    with pytest.raises((ReleaseError, RetriableError)) as raised:
        get(feed, access, **options)
    [fault] = raised.value.faults
    assert fault.mend and codes()[fault.code] is raised.value.retriable
    return fault


def test_a_release_is_fetched_whole_with_what_the_server_says_of_its_version(web):
    web.answer(PATH, body=PAGE, etag='"v1"', last_modified="Wed, 15 Apr 2026 01:00:00 GMT")
    told = []
    got = get(feed_at(web), tell=lambda came, total: told.append((came, total)))
    assert (got.outcome, got.data, got.name) == (Outcome.FETCHED, PAGE, "finance_2026-03.htm")
    assert got.stamp == Stamp(etag='"v1"', modified="Wed, 15 Apr 2026 01:00:00 GMT", size=len(PAGE))
    assert got.place == web.url(PATH)
    assert told[-1] == (len(PAGE), len(PAGE))


def test_the_sources_own_name_is_kept_where_the_feed_knows_it(web):
    web.answer("/out/finance_2026-03_r1.html", body=PAGE)
    assert get(feed_at(web, path="/out/finance_{period}_r1.html")).name == "finance_2026-03_r1.html"


def test_an_address_without_a_month_gives_a_name_without_one(web):
    web.answer("/newest.html", body=PAGE)
    assert get(feed_at(web, path="/newest.html")).name == "newest.html"


@pytest.mark.parametrize(
    ("stamp", "header", "value"),
    [
        (Stamp(etag='"v1"', modified="yesterday"), "if-none-match", '"v1"'),
        (Stamp(modified="Wed, 15 Apr 2026 01:00:00 GMT"), "if-modified-since", "Wed, 15 Apr 2026 01:00:00 GMT"),
    ],
)
def test_a_version_that_is_here_is_not_sent_again(web, stamp, header, value):
    web.answers[PATH] = lambda talk: talk.say(304) if talk.asked.headers.get(header) == value else talk.say(200, PAGE)
    assert get(feed_at(web), stamp=stamp).outcome is Outcome.UNCHANGED
    assert get(feed_at(web)).outcome is Outcome.FETCHED


def test_a_post_carries_its_body_with_the_month_and_the_connections_keys(web):
    web.answer("/api", body=b"\n".join([b"x"] * 3))
    request = {
        "method": "POST",
        "headers": {"Accept": "application/json"},
        "body": {"dts": ["{year}{month}MM"], "n": 1},
    }
    access = Access(login="wang", password="open-sesame", extra={"headers": {"X-Api-Key": "k-123"}})
    get(feed_at(web, "human_resources", "/api", request=request), access)
    [asked] = web.asked
    assert (asked.method, json.loads(asked.body)) == ("POST", {"dts": ["202603MM"], "n": 1})
    assert asked.headers["accept"] == "application/json"
    assert asked.headers["x-api-key"] == "k-123"
    assert asked.headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize("status", [204, 404, 410])
def test_what_is_not_published_yet_is_no_error(web, status):
    web.answer(PATH, status)
    got = get(feed_at(web))
    assert (got.outcome, got.data) == (Outcome.NOT_THERE, b"")


@pytest.mark.parametrize("packed", [gzip.compress(PAGE), gzip.compress(PAGE[:500]) + gzip.compress(PAGE[500:])])
def test_a_packed_answer_is_unpacked(web, packed):
    web.answer(PATH, body=packed, content_encoding="gzip")
    assert get(feed_at(web)).data == PAGE


def _raw(text: bytes):
    return lambda talk: talk.break_off(text)


def _silent(text: bytes):
    return lambda talk: talk.fall_silent(text)


def _dribble(talk: Talk) -> None:
    talk.send_response(200)
    talk.send_header("transfer-encoding", "chunked")
    talk.end_headers()
    while True:  # until the client hangs up, which ends in an error
        talk.wfile.write(b"1\r\nx\r\n")


HEAD = b"HTTP/1.1 200 OK\r\n"
BOMB = gzip.compress(b"0" * 60_000_000)


def _chunked(size: int) -> bytes:
    return HEAD + b"transfer-encoding: chunked\r\n\r\n" + (b"10000\r\n" + b"0" * 0x10000 + b"\r\n") * (size >> 16)


ANSWERS = [
    ("access_denied", lambda t: t.say(401, b"no")),
    ("access_denied", lambda t: t.say(403, b"no", content_type="text/plain")),
    ("block_page", lambda t: t.say(403, BLOCKED, content_type="text/html; charset=utf-8")),
    ("block_page", lambda t: t.say(403, BLOCKED)),
    ("block_page", lambda t: t.say(200, BLOCKED)),
    ("block_page", lambda t: t.say(200, b"<html><table><tr><td>502</td></tr></table></html>")),
    ("request_refused", lambda t: t.say(400)),
    ("request_refused", lambda t: t.say(405)),
    ("too_many_requests", lambda t: t.say(429)),
    ("server_error", lambda t: t.say(500, BLOCKED, content_type="text/html")),
    ("server_error", lambda t: t.say(503)),
    ("server_error", lambda t: t.say(408)),
    ("empty_file", lambda t: t.say(200)),
    ("too_large", lambda t: t.say(200, b"0" * (MOST + 1))),
    ("too_large", _raw(_chunked(MOST + (1 << 17)))),
    ("too_large", lambda t: t.say(200, BOMB, content_encoding="gzip")),
    ("cut_off", _raw(HEAD + b"content-length: 1000\r\n\r\nhalf")),
    ("cut_off", _raw(HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n9\r\nwor")),
    ("cut_off", _raw(HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n")),
    ("cut_off", lambda t: t.say(200, gzip.compress(PAGE)[:-20], content_encoding="gzip")),
    ("cut_off", lambda t: t.say(200, b"not packed at all", content_encoding="gzip")),
    ("unknown_encoding", lambda t: t.say(200, PAGE, content_encoding="br")),
    ("no_answer", _raw(b"")),
    ("no_answer", _raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")),
    ("request_refused", lambda t: t.say(302)),
    ("redirected_elsewhere", lambda t: t.say(302, location="http://metadata.example/latest")),
    ("redirected_elsewhere", lambda t: t.say(302, location="//127.0.0.1:1/")),
    ("scheme_not_declared", lambda t: t.say(302, location="file:///etc/passwd")),
    ("scheme_not_declared", lambda t: t.say(302, location="ftp://127.0.0.1/x")),
    ("too_many_redirects", lambda t: t.say(302, location=PATH)),
]


@pytest.mark.parametrize(("code", "answer"), ANSWERS, ids=[f"{n}-{code}" for n, (code, _) in enumerate(ANSWERS)])
def test_every_fault_has_its_name(web, code, answer):
    web.answers[PATH] = answer
    fault = fault_of(feed_at(web))
    assert (fault.code, fault.file) == (code, web.url(PATH))


@pytest.mark.parametrize(
    ("code", "answer"),
    [("timeout", _silent(b"")), ("timeout", _silent(HEAD + b"content-length: 9\r\n\r\nhalf"))],
    ids=["before", "within"],
)
def test_a_source_that_falls_silent_is_left(web, code, answer):
    web.answers[PATH] = answer
    assert fault_of(feed_at(web, timeout_s=0.1)).code == code


def test_a_source_that_dribbles_is_left_when_the_whole_time_is_over(web):
    web.answers[PATH] = _dribble
    assert fault_of(feed_at(web, total_s=0.1)).code == "too_slow"


def test_nobody_listening_is_no_answer():
    with web_server() as server:
        feed = feed_at(server)
    assert fault_of(feed).code == "no_answer"


@pytest.mark.parametrize("feed", ["stats_bureau", "human_resources", "published_figures"])
def test_a_page_in_place_of_a_file_is_a_block_page(web, feed):
    web.answer(PATH, body=BLOCKED)
    fault = fault_of(feed_at(web, feed))
    assert (fault.code, fault.value) == ("block_page", "访问被拦截")


def test_a_page_in_a_new_form_is_no_block_page(web):
    changed = PAGE.decode().replace("项目", "收支科目").replace("累计", "合计").encode()
    web.answer(PATH, body=changed)
    assert get(feed_at(web)).data == changed


def test_a_redirect_within_the_declared_hosts_is_followed_without_the_account(web):
    with web_server() as other:
        web.answer(PATH, 302, location=other.url("/moved.html"))
        other.answer("/moved.html", body=PAGE)
        access = Access(login="wang", password="open-sesame", extra={"headers": {"X-Api-Key": "k-123"}})
        assert get(feed_at(web, hosts=[other.netloc]), access).data == PAGE
        assert {"authorization", "x-api-key"} <= set(web.asked[0].headers)
        assert not {"authorization", "x-api-key"} & set(other.asked[0].headers)


def test_an_undeclared_host_is_never_asked(web):
    with web_server() as inner:
        web.answer(PATH, 307, location=inner.url("/admin?token=abcdef"))
        fault = fault_of(feed_at(web))
        assert (fault.code, fault.value) == ("redirected_elsewhere", inner.url("/admin?…"))
        assert inner.asked == []


@pytest.mark.parametrize(("status", "method"), [(307, "POST"), (308, "POST"), (302, "GET"), (303, "GET")])
def test_a_redirected_post(web, status, method):
    web.answer("/api", status, location="/api/v2")
    web.answer("/api/v2", body=b"a,b\n")
    get(feed_at(web, "human_resources", "/api", request={"method": "POST", "body": {"m": "{period}"}}))
    assert web.asked[1].method == method
    assert web.asked[1].body == (b'{"m":"2026-03"}' if method == "POST" else b"")


def test_no_redirect_where_none_is_allowed(web):
    web.answer(PATH, 302, location="/other.html")
    assert fault_of(feed_at(web, max_redirects=0)).code == "too_many_redirects"
    assert len(web.asked) == 1


def test_an_account_of_another_host_is_not_sent(web):
    fault = fault_of(feed_at(web), Access(host="other.example", login="wang", password="open-sesame"))
    assert fault.code == "host_not_declared"
    assert web.asked == []


def test_a_certificate_that_nobody_vouches_for(tmp_path):
    certificate, key = self_signed(tmp_path)
    with web_server((certificate, key)) as server:
        server.answer(PATH, body=PAGE)
        assert fault_of(feed_at(server)).code == "tls_error"
        assert get(feed_at(server), Access(extra={"ca_file": str(certificate)})).data == PAGE
        assert fault_of(feed_at(server), Access(extra={"ca_file": str(key)})).code == "bad_ca_file"


@pytest.mark.parametrize("etag", ["\xe9".encode("latin-1"), b"x" * 2000, b""])
def test_a_version_that_cannot_be_given_back_is_not(web, etag):
    web.answers[PATH] = lambda t: t.break_off(
        HEAD + b"etag: " + etag + b"\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s" % (len(PAGE), PAGE)
    )
    got = get(feed_at(web))
    assert got.stamp.etag == ""
    assert get(feed_at(web), stamp=got.stamp).data == PAGE


@pytest.mark.parametrize(("key", "code"), [("k-123456\nX: y", "bad_header"), ("密钥-123456", "access_denied")])
def test_a_key_that_is_no_header_value_is_not_shown(web, key, code, caplog):
    caplog.set_level(logging.DEBUG)
    web.answer(PATH, 401)
    fault = fault_of(feed_at(web), Access(extra={"headers": {"X-Api-Key": key}}))
    assert fault.code == code
    assert "123456" not in str(fault) + caplog.text


@pytest.mark.parametrize("answer", [answer for _, answer in ANSWERS])
def test_no_secret_in_messages_and_logs(web, caplog, answer):
    caplog.set_level(logging.DEBUG)
    web.answers[PATH] = answer
    access = Access(login="wang", password="open-sesame", extra={"headers": {"X-Api-Key": "k-123456"}})
    with pytest.raises((ReleaseError, RetriableError)) as raised:
        get(feed_at(web), access)
    for secret in ("open-sesame", "k-123456", "b3Blbi1zZXNhbWU"):
        assert secret not in str(raised.value) + repr(access) + caplog.text


@given(st.binary(max_size=3000), st.lists(st.integers(1, 400), min_size=1, max_size=30), st.sampled_from([31, 15]))
@hypothesis(max_examples=min(60, hypothesis.default.max_examples), deadline=None)
def test_unpacking_gives_the_whole_or_an_error_in_any_pieces(data, cuts, window):
    packer = zlib.compressobj(wbits=window)
    packed = packer.compress(data) + packer.flush()
    encoding = "gzip" if window == 31 else "deflate"

    def unpack(most: int, text: bytes) -> bytes:
        inflater, parts, at = Inflater(encoding, most, "here"), [], 0
        for cut in [*cuts, len(text)]:
            parts.append(inflater.feed(text[at : at + cut]))
            at += cut
        inflater.finish()
        return b"".join(parts)

    assert unpack(max(len(data), 1), packed) == data
    with pytest.raises(RetriableError):
        unpack(MOST, packed[:-1])
    if len(data) > 1:
        with pytest.raises(ReleaseError):
            unpack(len(data) - 1, packed)


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
TRICKLES = {
    "handshake": ("https", b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc"),  # the head of a server's hello of 16 KB
    "headers": ("http", b"HTTP/1.1 200 OK\r\nX-Slow: "),
    "status": ("http", b""),
    "chunk": ("http", CHUNKED + b"5\r\nhello\r\n7;"),  # an extension, which is no part of the body
    "body": ("http", b"HTTP/1.1 200 OK\r\ncontent-length: 90000\r\n\r\n"),
    "refusal": ("http", b"HTTP/1.1 403 No\r\ntransfer-encoding: chunked\r\n\r\n7;"),
}
"""Phase → scheme, and what the server says before it goes on one byte at a time."""


@pytest.mark.parametrize("phase", TRICKLES)
def test_what_trickles_ends_with_the_fetchs_time_in_every_phase(phase):
    scheme, first = TRICKLES[phase]
    ended, left = threading.Event(), threading.Event()

    def trickle(listener):
        connection, _address = listener.accept()
        with connection:
            connection.recv(10_000)
            try:
                connection.sendall(first)
                while not ended.wait(0.02):
                    connection.sendall(b"a")
            except OSError:
                left.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=trickle, args=(listener,), daemon=True)
        thread.start()
        data = feeds()["finance"].model_dump()
        url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/x"
        limit = threading.Timer(20, ended.set)
        limit.daemon = True
        limit.start()
        feed = Feed.model_validate(data | {"location": {"url": url, "timeout_s": 5, "total_s": 0.2}})
        assert fault_of(feed).code == ("access_denied" if phase == "refusal" else "too_slow")
        thread.join(10)
        limit.cancel()
    assert left.is_set() and not ended.is_set(), "the fetch itself hung up"


def test_no_handle_on_a_connection_is_left(web):
    web.answer(PATH, body=PAGE)
    get(feed_at(web))
    web.settle()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        get(feed_at(web))
    web.settle()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
