"""Bytes in, bytes kept: fetching a release over any filesystem, archiving it by its content, telling whose it is."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from planwatch.errors import Fault, ReleaseError, RetriableError
from planwatch.model.feed import Feed
from planwatch.reconcile.periods import read_period

_CHUNK = 1 << 20
_FINAL = (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError)
_NO_MONTH = re.compile(r"(?<!\d)(?:19|20)\d\d[-_./年]?(?:00|1[3-9]|[2-9]\d)月?(?!\d)")
"""A year and, where its month would stand, a number that is none."""


def fetch(feed: Feed, fs: Any, path: str, max_bytes: int) -> bytes:
    """Return a release of the feed from an fsspec filesystem, never more than `max_bytes` of it nor than the feed's limit.

    Raises:
        ReleaseError: it is not there, may not be read, is no file, is empty or too large: trying again does not help.
        RetriableError: the share or the server did not answer, or the file was cut short.
    """
    name, most = PurePosixPath(path).name, min(max_bytes, feed.limits.max_bytes)
    try:
        info = fs.info(path)
        size = info.get("size")
        if info.get("type") == "directory":
            raise IsADirectoryError(path)
        if size is not None and size > most:
            raise _too_large(name, f"{size} bytes", most)
        with fs.open(path, "rb") as handle:
            data = _read(handle, name, most)
    except _FINAL as error:
        fault = Fault(
            code="not_there",
            message=f"cannot be read: {error.strerror or error}",
            file=name,
            mend="put the file back, readable",
        )
        raise ReleaseError.of(fault) from error
    except OSError as error:
        raise RetriableError(f"{feed.id}: {name}: the source did not answer: {error}; it is tried again") from error
    return _whole(data, size, name)


def _read(handle: Any, name: str, max_bytes: int) -> bytes:
    parts, total = [], 0
    while chunk := handle.read(_CHUNK):
        total += len(chunk)
        if total > max_bytes:
            raise _too_large(name, f"more than {max_bytes} bytes", max_bytes)
        parts.append(chunk)
    return b"".join(parts)


def _whole(data: bytes, size: int | None, name: str) -> bytes:
    if size and len(data) < size:
        raise RetriableError(f"{name}: only {len(data)} of {size} bytes came; it is tried again")
    if not data:
        raise ReleaseError.of(
            Fault(code="empty_file", message="the file is empty", file=name, mend="deliver the file again")
        )
    return data


def _too_large(name: str, found: str, limit: int) -> ReleaseError:
    fault = Fault(
        code="too_large",
        message="the file is larger than a release may be",
        file=name,
        value=found,
        expected=f"at most {limit} bytes",
        mend="deliver the table alone, without pictures, or raise PLANWATCH_MAX_RELEASE_BYTES",
    )
    return ReleaseError(str(fault), (fault,))


def archive(data: bytes, folder: Path) -> str:
    """Keep the bytes in `<folder>/<first two digits>/<sha256>` and return the sha256. The same bytes again change nothing.

    Raises:
        RetriableError: the folder cannot be written now (full, locked).
    """
    digest = hashlib.sha256(data).hexdigest()
    place = folder / digest[:2] / digest
    try:
        if not (place.exists() and place.read_bytes() == data):
            _write_whole(data, place)
    except OSError as error:
        raise RetriableError(f"the archive {folder} cannot be written: {error.strerror or error}") from error
    return digest


def read_archived(folder: Path, sha256: str) -> bytes:
    """Return archived bytes, checked against their name.

    Raises:
        ReleaseError: they are not there, or are no longer what was archived.
    """
    place = folder / sha256[:2] / sha256
    try:
        data = place.read_bytes()
    except FileNotFoundError as error:
        fault = Fault(
            code="not_archived", message="the archive lacks the release", file=str(place), mend="drop the file again"
        )
        raise ReleaseError(str(fault), (fault,)) from error
    except OSError as error:
        raise RetriableError(f"{place} cannot be read: {error.strerror or error}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        fault = Fault(
            code="archive_damaged",
            message="the archived file is not what was archived",
            file=str(place),
            value=found,
            expected=sha256,
            mend="restore it from a backup, or remove it and drop the file again",
        )
        raise ReleaseError(str(fault), (fault,))
    return data


def _write_whole(data: bytes, place: Path) -> None:
    """Write beside the place and rename, so that a reader sees all of the file or none, also after a power cut."""
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".", suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o440)
        temporary.replace(place)
        _sync_folder(place.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sniff(feeds: Mapping[str, Feed], filename: str) -> Feed | None:
    """Return the feed whose name pattern the file's name has, the more exact pattern where several have it, else None."""
    name = PurePosixPath(filename.replace("\\", "/")).name
    fitting = [feed for feed in feeds.values() if _name_pattern(feed.filename).fullmatch(name)]
    return max(fitting, key=lambda f: len(f.filename.replace("*", "")), default=None)


def period_in_name(feed: Feed, filename: str) -> str | None:
    """Return the month that a release's file name states; None for a feed whose files hold many months."""
    stated = None if feed.many_periods else read_period(PurePosixPath(filename).name)
    return str(stated.period(stated.year)) if stated and stated.year else None


def no_month_in_name(feed: Feed, filename: str) -> str | None:
    """Return what stands in a release's file name as its month and is none (`2026-13`), None where nothing of the kind does."""
    if feed.many_periods or period_in_name(feed, filename):
        return None
    found = _NO_MONTH.search(PurePosixPath(filename).name)
    return found[0] if found else None


def _name_pattern(glob: str) -> re.Pattern[str]:
    """Turn `stats_{period}*.xlsx` into an expression: the period as 2026-03 or 202603."""
    parts = [fnmatch.translate(part).removesuffix(r"\z").removesuffix(r"\Z") for part in glob.split("{period}")]
    return re.compile(r"(?:19|20)\d\d[-_]?(?:0[1-9]|1[0-2])".join(f"(?:{p})" for p in parts), re.IGNORECASE)
