"""Remote sources: a month's release from wherever its feed declares, or a named error, or that it is not there yet."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from planwatch.errors import Fault, InputError
from planwatch.feeds.access import Access
from planwatch.feeds.blockpage import is_block_page
from planwatch.feeds.filestore import fetch_file
from planwatch.feeds.refusals import refusal
from planwatch.feeds.transport import period_in_name, sniff
from planwatch.model.feed import Feed
from planwatch.model.fetched import Fetched, Outcome, Stamp
from planwatch.model.location import WEB, Location

_UNSAFE = re.compile(r"[^\w.\-()（）—·]+")
_LONGEST_NAME = 120


def _silent(came: int, expected: int | None) -> None:
    """Tell nobody."""


def fetch_release(
    feed: Feed,
    period: str,
    access: Access,
    *,
    max_bytes: int,
    stamp: Stamp = Stamp(),  # noqa: B008 - immutable
    tell: Callable[[int, int | None], None] = _silent,
) -> Fetched:
    """Return what the feed's source has for a month: the release, that it is unchanged, or that it is not there yet.

    Args:
        feed: declares the location, with its hosts, schemes, redirects and times.
        period: the month, `YYYY-MM`.
        access: the account, from the location's connection; an empty one where it declares none.
        max_bytes: the most that is taken; the feed's own limit holds as well.
        stamp: what the source said of the version that came last; an unchanged file is not sent again.
        tell: called with the bytes so far, and the bytes to come where they are known.

    Raises:
        InputError: the feed declares no location.
        ReleaseError: a named final error, `block_page` among them.
        RetriableError: a named retriable error.
    """
    location = _location(feed)
    most = min(max_bytes, feed.limits.max_bytes)
    web = location.scheme in WEB
    got = _fetcher(web)(location, access, period, max_bytes=most, stamp=stamp, tell=tell)
    if got.outcome is not Outcome.FETCHED:
        return got
    if web and is_block_page(feed, got.data):
        raise refusal("block_page", got.place, _title(got.data), f"a release of the layout {feed.layout}")
    return replace(got, name=release_name(feed, location, period, got.name))


def _fetcher(web: bool) -> Callable[..., Fetched]:
    if web:
        from planwatch.feeds.web import fetch_web  # its library takes its time to import

        return fetch_web
    return fetch_file


def _location(feed: Feed) -> Location:
    if feed.location is None:
        raise InputError.of(
            Fault(
                code="no_location", message="the feed has no location to fetch from", file="feeds.yaml", key=feed.id,
                mend="declare location.url, or put its files into the drop folder",
            )
        )  # fmt: skip
    return feed.location


def release_name(feed: Feed, location: Location, period: str, offered: str = "") -> str:
    """Return the file name that a fetched release goes by: the source's own where the feed knows it, else one of the feed's pattern.

    The reader takes the expected month from it, so it names one only where the location asked for one.
    """
    name = offered or unquote(PurePosixPath(urlsplit(location.address(period)).path).name)
    name = _UNSAFE.sub("_", name)[-_LONGEST_NAME:]
    if sniff({feed.id: feed}, name) and period_in_name(feed, name) in (None, period):
        return name
    if location.names_period:
        return re.sub(r"\*|\?", "", feed.filename.replace("{period}", period))
    return name if name and period_in_name(feed, name) is None else f"{feed.id}{PurePosixPath(name).suffix}"


def _title(data: bytes) -> str:
    """Return what a page calls itself, as far as it can be shown."""
    found = re.search(rb"<title[^>]{0,200}>(.{0,200}?)</title", data[:20_000], re.IGNORECASE | re.DOTALL)
    text = (found[1] if found else data[:80]).decode("utf-8", "replace")
    return "".join(c for c in " ".join(text.split()) if c.isprintable())[:120]
