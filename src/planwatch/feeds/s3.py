"""S3-compatible storage: fsspec's s3fs, on the endpoint that the connection names."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import aiohttp
import s3fs
from aiobotocore.httpsession import AIOHTTPSession
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError, SSLError

from planwatch.feeds.access import Access
from planwatch.feeds.refusals import code_of_os_error

_REDIRECTS = (301, 302, 303, 307, 308)
_BLOCK = 8 << 20
_BUSY = ("SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "500", "502", "503", "504", "Busy")


class RedirectedError(OSError):
    """The storage sends us to another address."""


class _OneHostSession(AIOHTTPSession):  # type: ignore[misc] # aiobotocore has no types
    """aiobotocore's session, refusing redirects: aiohttp would follow them to any host, which botocore itself never does."""

    async def _get_session(self, proxy_url: str | None) -> aiohttp.ClientSession:
        session: aiohttp.ClientSession = await super()._get_session(proxy_url)
        if not isinstance(session.request, partial):
            session.request = partial(session.request, allow_redirects=False)  # type: ignore[method-assign]
        return session

    async def send(self, request: Any) -> Any:
        """Send one request; a redirect ends it."""
        response = await super().send(request)
        if "location" in response.headers and response.status_code in _REDIRECTS:
            raise RedirectedError("a redirect, which no storage needs")
        return response


def endpoint_of(access: Access) -> str:
    """Return the address of the storage: the connection's `endpoint_url`, else Amazon's own of its region."""
    region = access.text("region_name") or "us-east-1"
    return access.text("endpoint_url") or f"https://s3.{region}.amazonaws.com"


def open_s3(endpoint: str, access: Access, timeout_s: float) -> s3fs.S3FileSystem:
    """Return the storage as a filesystem; without a login it is asked as anybody. Nothing is asked yet."""
    client: dict[str, Any] = {"region_name": access.text("region_name") or "us-east-1"}
    if authority := access.text("ca_file"):
        client["verify"] = authority
    fs = s3fs.S3FileSystem(
        anon=not access.login, key=access.login or None, secret=access.password or None,
        token=access.text("aws_session_token") or None, endpoint_url=endpoint, client_kwargs=client,
        config_kwargs={
            "connect_timeout": timeout_s, "read_timeout": timeout_s, "retries": {"max_attempts": 0},
            "http_session_cls": _OneHostSession,
            "s3": {"addressing_style": access.text("addressing_style") or "path"},
        },
        default_block_size=_BLOCK, default_cache_type="readahead", use_listings_cache=False, skip_instance_cache=True,
    )  # fmt: skip
    fs.retries = 1  # whoever called us tries again
    return fs


_BY_TYPE: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((RedirectedError,), "redirected_elsewhere"),
    ((ConnectTimeoutError, ReadTimeoutError, TimeoutError), "timeout"),
    ((SSLError, aiohttp.ClientSSLError), "tls_error"),
    ((aiohttp.ClientPayloadError,), "cut_off"),
)


def code_of(error: Exception) -> str | None:
    """Return the named error of an exception of s3fs or of what it stands on, None where it is none."""
    chain = list(_chain(error))
    answers = [e.response for e in chain if isinstance(e, ClientError)]
    said = {str(answer.get("Error", {}).get("Code", "")) for answer in answers}
    status = max((answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) for answer in answers), default=0)
    if "NoSuchBucket" in said:
        return "no_such_bucket"
    if said & set(_BUSY) or status >= 500:
        return "server_error"
    named = (code for kinds, code in _BY_TYPE if any(isinstance(e, kinds) for e in chain))
    return next(named, None) or _last_resort(error, chain, status)


def _last_resort(error: Exception, chain: list[BaseException], status: int) -> str | None:
    if isinstance(error, PermissionError) or status in (401, 403):
        return "access_denied"
    if 400 <= status < 500 and status != 404:
        return "request_refused"
    if any(isinstance(e, BotoCoreError | aiohttp.ClientError) for e in chain):
        return "no_answer"
    return code_of_os_error(error)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
