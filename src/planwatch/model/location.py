"""Locations (取数地址): where a feed's releases are fetched from, with which request, and when to look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Self
from urllib.parse import SplitResult, quote, urlsplit

from pydantic import AfterValidator, Field, JsonValue, model_validator

from planwatch.model.base import Frozen
from planwatch.model.period import parse_period

PLACEHOLDERS = ("period", "yyyymm", "year", "month", "quarter")
"""What a template may hold in braces: 2026-03, 202603, 2026, 03, and the quarter 01."""
_PLACE = re.compile(r"\{([^{}\s\":,]*)\}")
_SECRET = re.compile(r"authorization|cookie|token|api-?key|secret|password", re.IGNORECASE)
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HOST = re.compile(r"[^\s/@:?#\[\]{}*]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")


class Scheme(StrEnum):
    """How a source is reached."""

    FILE = "file"
    HTTP = "http"
    HTTPS = "https"
    SFTP = "sftp"
    S3 = "s3"


WEB = (Scheme.HTTP, Scheme.HTTPS)
PORTS: dict[str, int] = {"http": 80, "https": 443, "sftp": 22}


class Method(StrEnum):
    """How a web source is asked."""

    GET = "GET"
    POST = "POST"


def _template(text: str) -> str:
    unknown = [name for name in _PLACE.findall(text) if name not in PLACEHOLDERS]
    if unknown:
        raise ValueError(
            f"unknown placeholder {{{unknown[0]}}}: there are {', '.join(f'{{{p}}}' for p in PLACEHOLDERS)}"
        )
    return text


def is_header_name(text: str) -> bool:
    """Return whether a header may be called so."""
    return _HEADER.fullmatch(text) is not None


def _headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not is_header_name(name) or not (value.isprintable() and value.isascii()):
            raise ValueError(f"{name[:40]!r} is no header")
        if _SECRET.search(name):
            raise ValueError(f"the header {name} is a secret: it belongs in the connection, never in this file")
    return headers


def _body(body: JsonValue) -> JsonValue:
    for text in _strings(body):
        _template(text)
    return body


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise ValueError(f"{text[:80]!r} is no host: write data.example or data.example:8443")
    return netloc_of(f"//{text}")


Template = Annotated[str, AfterValidator(_template)]


class Request(Frozen):
    """What a web source is asked with, beside its address."""

    method: Method = Method.GET
    headers: Annotated[dict[str, Template], AfterValidator(_headers)] = Field(
        default_factory=dict, description="Without secrets: those stand in the connection."
    )
    body: Annotated[JsonValue, AfterValidator(_body)] = Field(
        None,
        description="Sent as JSON; the places of the address are filled in within its strings, such as 202601MM-{yyyymm}MM.",
    )

    @model_validator(mode="after")
    def _body_needs_post(self) -> Self:
        if self.body is not None and self.method is not Method.POST:
            raise ValueError("a request with a body is a POST")
        return self


class Polling(Frozen):
    """When to look: from a release's expected day on until it is there, then now and then for corrections."""

    every_minutes: int = Field(60, ge=1, description="Between two looks for a release that is not there yet.")
    until_days: int = Field(92, ge=1, description="After the expected day, how long a release is looked for.")
    corrections_days: int = Field(45, ge=0, description="After the expected day, how long corrections are looked for.")
    corrections_every_hours: int = Field(24, ge=1, description="Between two looks for a correction.")


class Location(Frozen):
    """Where a feed's releases are fetched from, and within which bounds. What is not declared here is refused."""

    url: Annotated[
        Template,
        Field(examples=["https://czj.example/{year}/{month}.html", "sftp://stats.example/out/gdp_{period}*.xlsx", "s3://bucket/{period}.csv"]),
    ] = Field(description="{period} the month as 2026-03, {yyyymm} 202603, {year} 2026, {month} 03, {quarter} 01; * in the last part of a file's path.")  # fmt: skip
    connection: str | None = Field(
        None, pattern=r"^[\w.-]+$", description="Airflow connection with the account, where one is needed."
    )
    hosts: tuple[Annotated[str, AfterValidator(_host)], ...] = Field(
        (), description="Hosts beside the address's own that a redirect may lead to; for s3 the storage's endpoint."
    )
    schemes: tuple[Scheme, ...] = Field(
        (), description="Schemes that a redirect may lead to; left out, the address's own and https."
    )
    max_redirects: int = Field(3, ge=0, le=20)
    timeout_s: float = Field(30, gt=0, le=600, description="Seconds without a sign of life.")
    total_s: float = Field(300, gt=0, le=1500, description="Seconds for the whole fetch.")
    request: Request = Request()
    poll: Polling = Polling()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if complaint := next(_complaints(self), None):
            raise ValueError(complaint)
        return self

    @property
    def scheme(self) -> Scheme:
        """Return how the source is reached."""
        return Scheme(urlsplit(self.url).scheme)

    @property
    def allowed_schemes(self) -> frozenset[Scheme]:
        """Return the schemes that may be used, redirects included."""
        return frozenset({self.scheme, *(self.schemes or (WEB[-1:] if self.scheme in WEB else ()))})

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Return the hosts that may be asked, with their port where it is not the scheme's own."""
        own = () if self.scheme in (Scheme.FILE, Scheme.S3) else (netloc_of(self.url),)
        return frozenset({*own, *self.hosts})

    @property
    def names_period(self) -> bool:
        """Return whether address or body say which month is meant; otherwise the source gives its newest."""
        texts = [self.url, *_strings(self.request.body)]
        return any(place in t for t in texts for place in ("{period}", "{yyyymm}", "{month}", "{quarter}"))

    def address(self, period: str) -> str:
        """Return the address of a month's release."""
        return fill(self.url, period)

    def body(self, period: str) -> JsonValue:
        """Return the request's body for a month, None where there is none."""
        filled: JsonValue = _filled(self.request.body, period)
        return filled

    def headers(self, period: str) -> dict[str, str]:
        """Return the request's headers for a month."""
        return {name: fill(value, period) for name, value in self.request.headers.items()}


def fill(template: str, period: str) -> str:
    """Return the template with a month in its places.

    Raises:
        ValueError: `period` is no month.
    """
    year, month = parse_period(period).split("-")
    quarter = f"{(int(month) + 2) // 3:02}"
    values = {"period": period, "yyyymm": year + month, "year": year, "month": month, "quarter": quarter}
    return _PLACE.sub(lambda place: values[place[1]], template)


def netloc_of(url: str) -> str:
    """Return an address's host, with its port where it is not the scheme's own, both as hosts are declared."""
    parts = urlsplit(url)
    host = ascii_host(parts.hostname or "")
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in (None, PORTS.get(parts.scheme)) else f"{host}:{parts.port}"


def ascii_host(host: str) -> str:
    """Return a host's name as it goes over the wire: xn--… for 包头.example."""
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return host.lower()


def shown_url(url: str) -> str:
    """Return an address as it may be shown: without account and without the values of its query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{netloc_of(url)}{parts.path if parts.path.isprintable() else quote(parts.path)}{'?…' if parts.query else ''}"


def _complaints(location: Location) -> Iterator[str]:
    """Yield what is wrong with a location as a whole."""
    try:
        parts = urlsplit(fill(location.url, "2026-03"))
        _ = parts.port
    except ValueError as error:
        yield f"no address: {error}"
        return
    if parts.scheme not in [str(s) for s in Scheme]:
        yield f"the scheme {parts.scheme!r} is not one of {', '.join(Scheme)}"
        return
    yield from _address_complaints(location, parts)
    if location.scheme not in WEB and parts.query:
        yield "only http and https have a query (?); write %3F for a question mark in a path"
    if location.scheme not in WEB and location.request != Request():
        yield "only http and https take a `request`"
    if location.scheme is Scheme.S3 and not location.hosts:
        yield "an s3 location needs `hosts`: the storage's endpoint, such as s3.example:9000"


def _address_complaints(location: Location, parts: SplitResult) -> Iterator[str]:
    if "@" in parts.netloc:
        yield "an address holds no account: that stands in the connection"
    if "{" in urlsplit(location.url).netloc:
        yield "the host is fixed: no placeholder in it"
    if location.scheme is not Scheme.FILE and not parts.hostname:
        yield "the address names no host" if location.scheme is not Scheme.S3 else "the address names no bucket"
    if location.scheme is Scheme.FILE and (parts.netloc or not parts.path.startswith("/")):
        yield "a file's address has three slashes and the whole path: file:///srv/inbox/{period}.xlsx"
    if parts.fragment or any(ord(c) < 32 for c in location.url):
        yield "an address has no fragment (#) and no control characters"
    folder = parts.path.rsplit("/", 1)[0]
    if location.scheme not in WEB and "*" in folder:
        yield "* may stand in the last part of the path only"


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)


def _filled(value: Any, period: str) -> Any:
    if isinstance(value, str):
        return fill(value, period)
    if isinstance(value, dict):
        return {key: _filled(part, period) for key, part in value.items()}
    return [_filled(part, period) for part in value] if isinstance(value, list) else value
