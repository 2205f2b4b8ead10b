"""Feeds: fetching, archiving and reading releases as they are printed.

`load_feeds` and `load_calendar` read the data that describes them; `fetch_release` asks a remote source; `fetch`, `archive` and
`sniff` handle bytes; `read_release` turns them into a `ReleaseTable`. What the cells mean is decided in `planwatch.reconcile`.
"""

from planwatch.feeds.access import Access, read_access
from planwatch.feeds.load import FeedsFile, check_registry, load_calendar, load_feeds, load_feeds_file
from planwatch.feeds.release import read_release
from planwatch.feeds.remote import fetch_release
from planwatch.feeds.transport import archive, fetch, no_month_in_name, period_in_name, read_archived, sniff

__all__ = [
    "Access",
    "FeedsFile",
    "archive",
    "check_registry",
    "fetch",
    "fetch_release",
    "load_calendar",
    "load_feeds",
    "load_feeds_file",
    "no_month_in_name",
    "period_in_name",
    "read_access",
    "read_archived",
    "read_release",
    "sniff",
]
