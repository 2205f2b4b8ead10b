"""Telling a block or error page from the release that it stands in place of, by what it holds."""

from __future__ import annotations

from planwatch.errors import ReleaseError
from planwatch.feeds.page import read_page
from planwatch.model.feed import Feed, Layout
from planwatch.reconcile.text import matches, squash

_HEAD = 2048
_MARKUP = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<meta", b"<title")
_TORN = "cut_short"


def is_block_page(feed: Feed, data: bytes) -> bool:
    """Return whether the bytes are a web page that is not the feed's release.

    For a feed of pages: one without tables, or whose tables know neither a header nor a row of the feed. A page that knows some of
    them is the release, if perhaps in a new form: what has changed is for the reader to say.
    """
    head = data[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    page = any(mark in head for mark in _MARKUP) and head.startswith(b"<")
    if feed.layout is not Layout.HTML:
        return page
    return not _speaks_of(feed, data)


def _speaks_of(feed: Feed, data: bytes) -> bool:
    try:
        grids = read_page(data, "page", feed.limits)
    except ReleaseError as error:
        return any(fault.code == _TORN for fault in error.faults) or not any(f.code == "no_table" for f in error.faults)
    texts = {squash(cell.text) for grid in grids for row in grid.rows for cell in row if cell.text}
    names = {squash(label.text) for series in feed.series for label in series.labels}
    return any(name in text for name in names for text in texts) or any(
        matches(table.label, text) for table in feed.tables for text in texts
    )
