"""Feeds: fetching, archiving and reading releases as they are printed.

`load_feeds` and `load_calendar` read the data that describes them; `fetch`, `archive` and `sniff` handle bytes; `read_release`
turns them into a `ReleaseTable`. What the cells mean is decided in `planwatch.reconcile`.
"""

from planwatch.feeds.load import FeedsFile, check_registry, load_calendar, load_feeds, load_feeds_file
from planwatch.feeds.release import read_release
from planwatch.feeds.transport import archive, fetch, period_in_name, read_archived, sniff

__all__ = [
    "FeedsFile",
    "archive",
    "check_registry",
    "fetch",
    "load_calendar",
    "load_feeds",
    "load_feeds_file",
    "period_in_name",
    "read_archived",
    "read_release",
    "sniff",
]
