"""Web sources: one request, bounded in size, time, redirects and hosts.

httpx does the talking; what it is never left to decide is where a redirect may lead and how far an answer may unpack.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from planwatch.errors import PlanwatchError
from planwatch.feeds.access import Access
from planwatch.feeds.inflate import Inflater
from planwatch.feeds.refusals import refusal
from planwatch.model.fetched import Fetched, Outcome, Stamp
from planwatch.model.location import WEB, Location, Method, is_header_name, netloc_of, shown_url

Tell = Callable[[int, int | None], None]
"""Called with the bytes that have come, and how many there will be where the source says so."""

_REDIRECTS = (301, 302, 303, 307, 308)
_KEEPS_METHOD = (307, 308)
_ABSENT = (204, 404, 410)
_LATER = (408, 425)
_CONNECTED = "connection.connect_tcp.complete"
_LONGEST_STAMP = 500
_SHORTEST_WAIT_S = 0.01
_AGENT = "planwatch (monthly statistics releases)"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ask:
    """One request of a fetch: where to, how, and whether the account may go with it."""

    url: str
    method: Method
    body: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """One fetch: whom it asks for what, and what it may take."""

    client: httpx.Client
    location: Location
    access: Access
    period: str
    stamp: Stamp
    max_bytes: int
    deadline: float
    tell: Tell
    sockets: list[socket.socket] = field(default_factory=list)

    def at_home(self, ask: _Ask) -> bool:
        """Return whether a request goes to the feed's own address: account and keys never follow a redirect elsewhere."""
        return _origin(ask.url) == _origin(self.location.address(self.period))

    def request(self, ask: _Ask) -> httpx.Request:
        """Return what is sent: the declared headers, the version we have, and at home the connection's headers."""
        headers = {"User-Agent": _AGENT, "Accept-Encoding": "gzip", **self.location.headers(self.period)}
        if ask.method is Method.GET and self.stamp:
            etag, modified = self.stamp.etag, self.stamp.modified
            headers |= {"If-None-Match": etag} if etag else {"If-Modified-Since": modified}
        if self.at_home(ask):
            headers |= _keys(self.access, shown_url(ask.url))
        body = {} if ask.body is None else {"json": ask.body}
        return self.client.build_request(
            ask.method,
            ask.url,
            headers=httpx.Headers(headers, encoding="utf-8"),
            extensions={"trace": self.remember},
            timeout=min(self.location.timeout_s, max(self.deadline - time.monotonic(), _SHORTEST_WAIT_S)),
            **body,
        )

    def remember(self, event: str, info: dict[str, Any]) -> None:
        """Keep a handle on the connection, as httpx tells of it, so that `within_time` can end it.

        One of our own: TLS takes the socket's over before its handshake, and leaves it none.
        """
        if event == _CONNECTED:
            self.sockets.append(info["return_value"].get_extra_info("socket").dup())

    def expired(self) -> bool:
        """Return whether the fetch's time is over."""
        return time.monotonic() >= self.deadline

    @contextmanager
    def within_time(self) -> Iterator[None]:
        """End the connections at the deadline, in whatever phase: httpx's own timeouts begin anew with every byte that trickles in."""
        timer = threading.Timer(max(self.deadline - time.monotonic(), 0), self._end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
            for one in self.sockets:
                one.close()

    def _end(self) -> None:
        for one in self.sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def words(self, error: Exception) -> str:
        """Return what an error says, without secrets."""
        return self.access.redact(str(error) or type(error).__name__)


def _keys(access: Access, place: str) -> dict[str, str]:
    """Return the connection's headers: API keys and the like."""
    given = {str(name): str(value).strip() for name, value in (access.extra.get("headers") or {}).items()}
    if not all(value.isprintable() and is_header_name(name) for name, value in given.items()):
        raise refusal("bad_header", place)
    return given


def fetch_web(location: Location, access: Access, period: str, *, max_bytes: int, stamp: Stamp, tell: Tell) -> Fetched:
    """Ask a web source for a month's release; return what it answered.

    Raises:
        ReleaseError: a named final error. A refusal (403) that is a page is a `block_page`.
        RetriableError: a named retriable error.
    """
    ask = _Ask(url=location.address(period), method=location.request.method, body=location.body(period))
    _check_account(location, access, ask.url)
    with _client(location, access, shown_url(ask.url)) as client:
        visit = _Visit(
            client=client, location=location, access=access, period=period, stamp=stamp, max_bytes=max_bytes,
            deadline=time.monotonic() + location.total_s, tell=tell,
        )  # fmt: skip
        with visit.within_time():
            for _hop in range(location.max_redirects + 1):
                with _answer(visit, ask) as response:
                    if response.status_code not in _REDIRECTS or "location" not in response.headers:
                        return _taken(visit, response)
                    ask = _redirected(location, ask, response)
    raise refusal(
        "too_many_redirects", shown_url(location.address(period)), expected=f"at most {location.max_redirects}"
    )


def _check_account(location: Location, access: Access, url: str) -> None:
    """See that an account goes to its own host only."""
    host = access.host.rsplit("//", 1)[-1]
    if host and netloc_of(f"//{host}").split(":")[0] != netloc_of(url).split(":")[0]:
        raise refusal("host_not_declared", shown_url(url), host, ", ".join(sorted(location.allowed_hosts)))


@contextmanager
def _client(location: Location, access: Access, place: str) -> Iterator[httpx.Client]:
    with httpx.Client(verify=_trusted(access, place), timeout=location.timeout_s, follow_redirects=False) as client:
        yield client


def _trusted(access: Access, place: str) -> ssl.SSLContext:
    """Return whose certificates count: the file's that the connection names, else the system's."""
    ca_file = access.text("ca_file")
    if not ca_file:
        return _system_trust()
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise refusal("bad_ca_file", place, ca_file) from error


@cache  # the system's certificates are many; a start reads them again
def _system_trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _origin(url: str) -> tuple[str, str]:
    return urlsplit(url).scheme, netloc_of(url)


@contextmanager
def _answer(visit: _Visit, ask: _Ask) -> Iterator[httpx.Response]:
    """Send the request; what keeps the answer from coming becomes a named error."""
    place, access = shown_url(ask.url), visit.access
    account = (access.login, access.password) if access.login and visit.at_home(ask) else None
    try:
        response = visit.client.send(visit.request(ask), stream=True, auth=account)
    except (httpx.TransportError, httpx.InvalidURL) as error:
        if visit.expired():
            raise refusal("too_slow", place, "no whole answer") from error
        if isinstance(error, httpx.TimeoutException):
            raise refusal("timeout", place, visit.words(error)) from error
        code = "tls_error" if any(isinstance(e, ssl.SSLError) for e in _causes(error)) else "no_answer"
        raise refusal(code, place, visit.words(error)) from error
    try:
        yield response
    finally:
        response.close()


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _redirected(location: Location, ask: _Ask, response: httpx.Response) -> _Ask:
    """Return the request that a redirect asks for, if it leads where the feed allows."""
    place = shown_url(ask.url)
    try:
        url = urljoin(ask.url, response.headers["location"])
        parts, netloc, shown = urlsplit(url), netloc_of(url), shown_url(url)
    except ValueError as error:
        raise refusal("redirected_elsewhere", place, "an address that is none") from error
    if parts.scheme not in location.allowed_schemes or parts.scheme not in WEB:
        raise refusal("scheme_not_declared", place, parts.scheme, ", ".join(sorted(location.allowed_schemes)))
    if netloc not in location.allowed_hosts or parts.username is not None:
        raise refusal("redirected_elsewhere", place, shown, ", ".join(sorted(location.allowed_hosts)))
    if response.status_code in _KEEPS_METHOD:
        return _Ask(url=url, method=ask.method, body=ask.body)
    return _Ask(url=url, method=Method.GET)


def _taken(visit: _Visit, response: httpx.Response) -> Fetched:
    """Return what an answer holds, by its status."""
    place = shown_url(str(response.url))
    if response.status_code == 304 and visit.stamp:
        return Fetched(outcome=Outcome.UNCHANGED, place=place, stamp=visit.stamp)
    if response.status_code in _ABSENT:
        return Fetched(outcome=Outcome.NOT_THERE, place=place)
    if response.status_code != 200:
        raise _refused(response, place)
    data = b"".join(_unpacked(visit, response, place))
    if not data:
        raise refusal("empty_file", place)
    given = Stamp(etag=_plain(response, "etag"), modified=_plain(response, "last-modified"), size=len(data))
    return Fetched(outcome=Outcome.FETCHED, place=place, data=data, stamp=given)


def _plain(response: httpx.Response, name: str) -> str:
    """Return a header that can be sent back as it stands; empty where it is not there or cannot."""
    text: str = response.headers.get(name, "")
    return text if text.isascii() and text.isprintable() and len(text) <= _LONGEST_STAMP else ""


def _refused(response: httpx.Response, place: str) -> PlanwatchError:
    """Return the named error of an answer that is none of the expected ones."""
    status = response.status_code
    found = f"HTTP {status}"
    if status == 429:
        return refusal("too_many_requests", place, found)
    if status >= 500 or status in _LATER:
        return refusal("server_error", place, found)
    if status in (401, 407):
        return refusal("access_denied", place, found)
    if status == 403:
        return refusal("block_page" if _is_page(response) else "access_denied", place, found)
    return refusal("request_refused", place, found, "HTTP 200")


def _is_page(response: httpx.Response) -> bool:
    if "html" in response.headers.get("content-type", "").lower():
        return True
    try:
        return next(response.iter_raw(), b"").lstrip().startswith(b"<")
    except httpx.TransportError:
        return False


def _unpacked(visit: _Visit, response: httpx.Response, place: str) -> Iterator[bytes]:
    """Yield the body unpacked, never more of it than allowed, and the whole of it or an error."""
    most = visit.max_bytes
    expected = _stated_length(response, place, most)
    inflater = Inflater(response.headers.get("content-encoding", "").strip().lower(), most, place)
    came = 0
    for chunk in _chunks(visit, response, place):
        came += len(chunk)
        if came > most:
            raise refusal("too_large", place, f"more than {most} bytes", f"at most {most} bytes")
        if visit.expired():
            raise refusal("too_slow", place, f"{came} bytes so far")
        visit.tell(came, expected)
        yield inflater.feed(chunk)
    inflater.finish()


def _stated_length(response: httpx.Response, place: str, most: int) -> int | None:
    text = response.headers.get("content-length", "")
    stated = int(text) if text.isascii() and text.isdigit() else None
    if stated is not None and stated > most:
        raise refusal("too_large", place, f"{stated} bytes", f"at most {most} bytes")
    return stated


def _chunks(visit: _Visit, response: httpx.Response, place: str) -> Iterator[bytes]:
    try:
        yield from response.iter_raw()
    except httpx.TransportError as error:
        if visit.expired():
            raise refusal("too_slow", place, "no whole answer") from error
        code = "timeout" if isinstance(error, httpx.TimeoutException) else "cut_off"
        raise refusal(code, place, visit.words(error)) from error
