"""Access (连接): the account that a source wants, as whoever calls us resolved it from an Airflow connection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from planwatch.errors import Fault, InputError

_SHORTEST = 4
"""Characters below which a secret is not looked for in messages: it would black out common words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """An account and what belongs to it. Neither password nor extras are ever shown.

    `extra` holds, by kind of source: web `headers` (name → value), `ca_file`; sftp `host_key`, `known_hosts`, `key_file`,
    `private_key`, `private_key_passphrase`; s3 `endpoint_url`, `region_name`, `aws_session_token`, `ca_file`.
    """

    host: str = ""
    port: int | None = None
    login: str = ""
    password: str = field(default="", repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def text(self, name: str) -> str:
        """Return a word of the extras, empty where it is not given."""
        value = self.extra.get(name)
        return "" if value is None else str(value)

    def redact(self, text: str) -> str:
        """Return the text with every secret of this account blacked out."""
        secrets = {self.password, *_strings(self.extra)}
        for secret in sorted(secrets, key=len, reverse=True):
            if len(secret) >= _SHORTEST:
                text = text.replace(secret, "***")
        return text


def read_access(text: str) -> Access:
    """Return the account of an `AIRFLOW_CONN_*` variable, in either of Airflow's two ways to write one: JSON or an address.

    Raises:
        InputError: it is neither. The message holds nothing of it.
    """
    try:
        return _from_json(text) if text.lstrip().startswith("{") else _from_address(text)
    except (ValueError, TypeError, AttributeError) as error:
        fault = Fault(
            code="bad_connection",
            message="the connection can be read neither as JSON nor as an address",
            expected='{"conn_type": "sftp", "login": "…", "password": "…"}',
            mend="write it as Airflow's AIRFLOW_CONN_* variables are written",
        )
        raise InputError.of(fault) from error


def _from_json(text: str) -> Access:
    data = json.loads(text)
    extra = data.get("extra") or {}
    return Access(
        host=str(data.get("host") or ""), port=int(data["port"]) if data.get("port") else None,
        login=str(data.get("login") or ""), password=str(data.get("password") or ""),
        extra=dict(json.loads(extra) if isinstance(extra, str) else extra),
    )  # fmt: skip


def _from_address(text: str) -> Access:
    parts = urlsplit(text.strip())
    if not parts.scheme:
        raise ValueError("no scheme")
    extra: dict[str, Any] = dict(parse_qsl(parts.query))
    if "__extra__" in extra:
        extra = json.loads(extra["__extra__"])
    return Access(
        host=unquote(parts.hostname or ""), port=parts.port, login=unquote(parts.username or ""),
        password=unquote(parts.password or ""), extra=extra,
    )  # fmt: skip


_OPEN = ("host_key", "known_hosts", "key_file", "endpoint_url", "region_name", "ca_file", "addressing_style")


def _strings(extra: Mapping[str, Any]) -> set[str]:
    """Return the values of the extras that may be secret."""
    found = set()
    for name, value in extra.items():
        if isinstance(value, Mapping):
            found |= _strings(value)
        elif isinstance(value, str) and name not in _OPEN:
            found.add(value)
    return found
