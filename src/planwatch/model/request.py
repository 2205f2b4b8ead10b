"""Requests (查询请求): what a feed asks an interface for, described in data and filled in for one month."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, JsonValue

from planwatch.model.base import Frozen
from planwatch.model.period import month_of, year_of

PLACEHOLDERS = ("period", "yyyymm", "year", "month", "quarter")
"""What a template may hold in braces: 2026-03, 202603, 2026, 03 and the quarter 01."""

_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")
_HEADER = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


def _known(text: str) -> str:
    strange = [name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS]
    if strange:
        raise ValueError(f"{{{strange[0]}}} is none of {', '.join('{' + p + '}' for p in PLACEHOLDERS)}")
    return text


def _known_throughout(value: JsonValue) -> JsonValue:
    for text in _texts(value):
        _known(text)
    return value


def _sendable(headers: dict[str, str]) -> dict[str, str]:
    for name, text in headers.items():
        if not _HEADER.fullmatch(name) or not text.isascii() or not text.isprintable():
            raise ValueError(f"{name[:40]!r} is no header that can be sent")
    return headers


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [t for item in value.values() for t in _texts(item)]
    if isinstance(value, list):
        return [t for item in value for t in _texts(item)]
    return [value] if isinstance(value, str) else []


Template = Annotated[str, AfterValidator(_known)]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request ready to be sent: `body` is None where there is none (GET)."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None


class Request(Frozen):
    """How a month's release is asked for. It holds no secret: those come with the connection that sends it."""

    method: Literal["GET", "POST"] = "GET"
    url: Annotated[Template, Field(pattern=r"^https?://[^\s/]+\S*$")] = Field(
        description="Address; {period} is 2026-03, {yyyymm} 202603, {year} 2026, {month} 03, {quarter} 01."
    )
    headers: Annotated[dict[str, str], AfterValidator(_sendable)] = Field(
        default_factory=dict, description="Headers beside Content-Type, which a body brings along."
    )
    body: Annotated[JsonValue, AfterValidator(_known_throughout)] = Field(
        None, description="JSON to be sent; the texts in it may hold the same placeholders: 202601MM-{yyyymm}MM."
    )

    def for_period(self, period: str) -> Asked:
        """Return the request for a month (`YYYY-MM`), the body as UTF-8 JSON."""
        filled = _filled(self.body, period)
        body = None if self.body is None else json.dumps(filled, ensure_ascii=False).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        return Asked(self.method, _filled(self.url, period), {**kind, **self.headers}, body)


def _filled(value: Any, period: str) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, period) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, period) for item in value]
    return _PLACEHOLDER.sub(lambda found: _words(period)[found[1]], value) if isinstance(value, str) else value


def _words(period: str) -> dict[str, str]:
    month = month_of(period)
    said = (period, period.replace("-", ""), str(year_of(period)), f"{month:02}", f"{(month + 2) // 3:02}")
    return dict(zip(PLACEHOLDERS, said, strict=True))
