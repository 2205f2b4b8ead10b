"""S3-compatible storage: fsspec's s3fs, on the endpoint that the connection names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import aiohttp
import s3fs
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError, SSLError

from planwatch.feeds.access import Access
from planwatch.feeds.refusals import code_of_os_error

_BLOCK = 8 << 20
_BUSY = ("SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "500", "502", "503", "504", "Busy")


def endpoint_of(access: Access) -> str:
    """Return the address of the storage: the connection's `endpoint_url`, else Amazon's own of its region."""
    region = access.text("region_name") or "us-east-1"
    return access.text("endpoint_url") or f"https://s3.{region}.amazonaws.com"


def open_s3(endpoint: str, access: Access, timeout_s: float) -> s3fs.S3FileSystem:
    """Return the storage as a filesystem; without a login it is asked as anybody. Nothing is asked yet."""
    client: dict[str, Any] = {"region_name": access.text("region_name") or "us-east-1"}
    if authority := access.text("ca_file"):
        client["verify"] = authority
    return s3fs.S3FileSystem(
        anon=not access.login, key=access.login or None, secret=access.password or None,
        token=access.text("aws_session_token") or None, endpoint_url=endpoint, client_kwargs=client,
        config_kwargs={
            "connect_timeout": timeout_s, "read_timeout": timeout_s, "retries": {"max_attempts": 0},
            "s3": {"addressing_style": access.text("addressing_style") or "path"},
        },
        default_block_size=_BLOCK, default_cache_type="readahead", use_listings_cache=False, skip_instance_cache=True,
    )  # fmt: skip


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
    if any(isinstance(e, ConnectTimeoutError | ReadTimeoutError | TimeoutError) for e in chain):
        return "timeout"
    if any(isinstance(e, SSLError | aiohttp.ClientSSLError) for e in chain):
        return "tls_error"
    if any(isinstance(e, aiohttp.ClientPayloadError) for e in chain):
        return "cut_off"
    return _last_resort(error, chain, status)


def _last_resort(error: Exception, chain: list[BaseException], status: int) -> str | None:
    if isinstance(error, PermissionError) or status in (401, 403):
        return "access_denied"
    if 400 <= status < 500:
        return "request_refused"
    if any(isinstance(e, BotoCoreError | aiohttp.ClientError) for e in chain):
        return "no_answer"
    return code_of_os_error(error)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
