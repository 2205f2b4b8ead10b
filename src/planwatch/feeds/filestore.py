"""File stores: a folder, an SFTP server, an S3-compatible storage, each as an fsspec filesystem.

fsspec and its filesystems do the talking. Decided here: whose server it is (known host key, declared endpoint), how long to wait,
and which of the libraries' errors mean what.
"""

from __future__ import annotations

import fnmatch
import time
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bounds:
    """What one fetch may take, and whom to tell how far it is."""

    max_bytes: int
    deadline: float
    tell: Tell


def fetch_file(location: Location, access: Access, period: str, *, max_bytes: int, stamp: Stamp, tell: Tell) -> Fetched:
    """Fetch a month's release from a file store; of several files that fit the pattern the newest.

    Raises:
        ReleaseError: a named final error.
        RetriableError: a named retriable error.
    """
    url = location.address(period)
    place = shown_url(url)
    bounds = _Bounds(max_bytes=max_bytes, deadline=time.monotonic() + location.total_s, tell=tell)
    with _named(place, access, code_of_os_error):
        store = _OPENERS[location.scheme](location, access, place)
    try:
        with _named(place, access, store.code_of):
            return _look(store.fs, url, place, stamp, bounds)
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


def _look(fs: Any, url: str, place: str, stamp: Stamp, bounds: _Bounds) -> Fetched:
    before = _found(fs, _path(url))
    path, given = before["name"], _stamp(before)
    if before.get("type") == "directory":
        raise refusal("not_a_file", place)
    if stamp and given == stamp:
        return Fetched(outcome=Outcome.UNCHANGED, place=place, stamp=stamp)
    data = _read(fs, path, given.size, place, bounds)
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
        path = max(fitting, key=lambda f: (_modified(f), f["name"]))["name"]
    return {**fs.info(path), "name": path}


def _stamp(info: dict[str, Any]) -> Stamp:
    return Stamp(etag=str(info.get("ETag") or ""), modified=str(_modified(info)), size=info.get("size"))


def _modified(info: dict[str, Any]) -> Any:
    """Return when a file was last written, in whatever form its store says so."""
    return info.get("LastModified") or info.get("mtime") or 0


def _read(fs: Any, path: str, size: int | None, place: str, bounds: _Bounds) -> bytes:
    if size is not None and size > bounds.max_bytes:
        raise refusal("too_large", place, f"{size} bytes", f"at most {bounds.max_bytes} bytes")
    parts, came = [], 0
    with fs.open(path, "rb") as handle:
        while chunk := handle.read(_CHUNK):
            came += len(chunk)
            if came > bounds.max_bytes:
                raise refusal(
                    "too_large", place, f"more than {bounds.max_bytes} bytes", f"at most {bounds.max_bytes} bytes"
                )
            if size is not None and came > size:
                raise refusal("still_changing", place, f"more than {size} bytes")
            if time.monotonic() > bounds.deadline:
                raise refusal("too_slow", place, f"{came} bytes so far")
            bounds.tell(came, size)
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
