"""File stores: a folder, an SFTP server, an S3-compatible storage, each as an fsspec filesystem.

fsspec and its filesystems do the talking. Decided here: whose server it is (known host key, declared endpoint), how long to wait,
and which of the libraries' errors mean what.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from planwatch.errors import PlanwatchError
from planwatch.feeds.access import Access
from planwatch.feeds.refusals import code_of_os_error, refusal
from planwatch.model.fetched import Fetched, Outcome, Stamp
from planwatch.model.location import PORTS, Location, Scheme, netloc_of, shown_url

Tell = Callable[[int, int | None], None]
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """An open filesystem, and what its errors mean: `code_of` gives the named error of an exception, None where it is none."""

    fs: Any
    code_of: Callable[[Exception], str | None]
    close: Callable[[], None] = lambda: None


def fetch_file(location: Location, access: Access, period: str, *, max_bytes: int, stamp: Stamp, tell: Tell) -> Fetched:
    """Fetch a month's release from a file store; of several files that fit the pattern the newest.

    Raises:
        ReleaseError: a named final error.
        RetriableError: a named retriable error.
    """
    url = location.address(period)
    place = shown_url(url)
    with _named(place, access, code_of_os_error):
        store = _OPENERS[location.scheme](location, access, place)
    try:
        with _named(place, access, store.code_of):
            return _look(store.fs, url, place, max_bytes=max_bytes, stamp=stamp, tell=tell)
    except FileNotFoundError:
        return Fetched(outcome=Outcome.NOT_THERE, place=place)
    finally:
        store.close()


@contextmanager
def _named(place: str, access: Access, code_of: Callable[[Exception], str | None]) -> Iterator[None]:
    """Turn the libraries' errors into named ones, without the secrets they may mention; an absent file stays FileNotFoundError."""
    try:
        yield
    except PlanwatchError:
        raise
    except Exception as error:
        code = code_of(error)
        if code is None or (isinstance(error, FileNotFoundError) and code == "no_answer"):
            raise
        raise refusal(code, place, access.redact(str(error) or type(error).__name__)) from error


def _look(fs: Any, url: str, place: str, *, max_bytes: int, stamp: Stamp, tell: Tell) -> Fetched:
    before = _found(fs, _path(url))
    path, given = before["name"], _stamp(before)
    if before.get("type") == "directory":
        raise refusal("not_a_file", place)
    if stamp and given == stamp:
        return Fetched(outcome=Outcome.UNCHANGED, place=place, stamp=stamp)
    data = _read(fs, path, given.size, place=place, max_bytes=max_bytes, tell=tell)
    after = _stamp(fs.info(path))
    if after != given or (given.size is not None and len(data) != given.size):
        raise refusal("still_changing", place, f"{len(data)} of {after.size} bytes")
    if not data:
        raise refusal("empty_file", place)
    return Fetched(
        outcome=Outcome.FETCHED, place=place, name=PurePosixPath(path).name, data=data, stamp=given
    )  # fmt: skip


def _path(url: str) -> str:
    parts = urlsplit(url)
    path = unquote(parts.path)
    return f"{parts.netloc}{path}" if parts.scheme == Scheme.S3 else path


def _found(fs: Any, path: str) -> dict[str, Any]:
    """Return what the store says of the file, of several that fit the pattern of the newest.

    Raises:
        FileNotFoundError: there is none.
    """
    if "*" in path:
        folder, _, pattern = path.rpartition("/")
        files = [f for f in fs.ls(folder, detail=True) if f.get("type") == "file"]
        fitting = [f for f in files if fnmatch.fnmatchcase(PurePosixPath(f["name"]).name, pattern)]
        if not fitting:
            raise FileNotFoundError(path)
        path = max(fitting, key=lambda f: (_stamp(f).modified, f["name"]))["name"]
    return {**fs.info(path), "name": path}


def _stamp(info: dict[str, Any]) -> Stamp:
    modified = info.get("LastModified") or info.get("mtime") or ""
    return Stamp(etag=str(info.get("ETag") or ""), modified=str(modified), size=info.get("size"))


def _read(fs: Any, path: str, size: int | None, *, place: str, max_bytes: int, tell: Tell) -> bytes:
    if size is not None and size > max_bytes:
        raise refusal("too_large", place, f"{size} bytes", f"at most {max_bytes} bytes")
    parts, came = [], 0
    with fs.open(path, "rb") as handle:
        while chunk := handle.read(_CHUNK):
            came += len(chunk)
            if came > max_bytes:
                raise refusal("too_large", place, f"more than {max_bytes} bytes", f"at most {max_bytes} bytes")
            tell(came, size)
            parts.append(chunk)
    return b"".join(parts)


def _local(location: Location, access: Access, place: str) -> Store:
    import fsspec

    return Store(fs=fsspec.filesystem("file"), code_of=code_of_os_error)


def _sftp(location: Location, access: Access, place: str) -> Store:
    from planwatch.feeds.sftp import code_of, open_sftp

    parts = urlsplit(location.url)
    host, port = parts.hostname or "", parts.port or access.port or PORTS["sftp"]
    if access.host and access.host.lower() != host.lower():
        raise refusal("host_not_declared", place, access.host, host)
    with _named(place, access, code_of):
        fs = open_sftp(host, port, access, place, location.timeout_s)
    return Store(fs=fs, code_of=code_of, close=fs.client.close)


def _s3(location: Location, access: Access, place: str) -> Store:
    from planwatch.feeds.s3 import code_of, endpoint_of, open_s3

    endpoint = endpoint_of(access)
    if netloc_of(endpoint) not in location.allowed_hosts:
        raise refusal("host_not_declared", place, shown_url(endpoint), ", ".join(sorted(location.allowed_hosts)))
    with _named(place, access, code_of):
        return Store(fs=open_s3(endpoint, access, location.timeout_s), code_of=code_of)


_OPENERS: dict[Scheme, Callable[[Location, Access, str], Store]] = {
    Scheme.FILE: _local, Scheme.SFTP: _sftp, Scheme.S3: _s3,
}  # fmt: skip
