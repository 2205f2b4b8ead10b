"""Reference months (报告期), written `YYYY-MM` everywhere: in files, in Airflow's partition keys, in Postgres."""

from __future__ import annotations

import re
from datetime import date
from typing import NewType

Period = NewType("Period", str)
"""A month, `2026-09`. Compares and sorts as text."""

_PERIOD = re.compile(r"(?:19[0-9]{2}|2[01][0-9]{2}|2200)-(?:0[1-9]|1[0-2])")


MONTH_FORM = "YYYY-MM, such as 2026-09, of the years 1900 to 2200"
"""How a month is written."""


def parse_period(text: str) -> Period:
    """Return `text` as a period.

    Raises:
        ValueError: it is not `YYYY-MM` in plain digits, of the years 1900 to 2200.
    """
    if not _PERIOD.fullmatch(text):
        raise ValueError(f"{text[:80]!r} is not a month written {MONTH_FORM}")
    return Period(text)


def make_period(year: int, month: int) -> Period:
    """Return the period of a year and a month (1–12)."""
    return Period(date(year, month, 1).isoformat()[:7])


def year_of(period: str) -> int:
    """Return the calendar year."""
    return int(period[:4])


def month_of(period: str) -> int:
    """Return the month, 1–12: the `m` of every formula."""
    return int(period[5:7])


def shift(period: str, months: int) -> Period:
    """Return the period `months` later (earlier where negative)."""
    index = year_of(period) * 12 + month_of(period) - 1 + months
    return make_period(index // 12, index % 12 + 1)


def months_between(earlier: str, later: str) -> int:
    """Return how many months `later` lies after `earlier` (the age of a carried reading)."""
    return (year_of(later) - year_of(earlier)) * 12 + month_of(later) - month_of(earlier)


def period_range(first: str, last: str) -> list[Period]:
    """Return all periods from `first` to `last`, both included."""
    return [shift(first, n) for n in range(months_between(first, last) + 1)]


def last_day(period: str) -> date:
    """Return the last day of the month."""
    following = shift(period, 1)
    return date.fromordinal(date(year_of(following), month_of(following), 1).toordinal() - 1)
