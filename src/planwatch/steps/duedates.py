"""What falls due when, over all feeds: what Airflow's timetable asks. No heavy import here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from planwatch.model.calendar import SHANGHAI, Due, ReleaseCalendar
from planwatch.model.period import Period, make_period, shift
from planwatch.model.vocabulary import Frequency

LONGEST_WAIT = 17
"""Months after which no reading can still be within its grace: 12 after its month, 92 days of grace, and days off."""
AHEAD = 13
"""Months to look ahead: an annual reading is due within them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDue:
    """A reading of one feed that falls due: of its monthly, quarterly or annual series."""

    feed: str
    frequency: Frequency
    due: Due

    def __str__(self) -> str:
        """Return it in a few words, with the word 暂定 where the holidays of its year are not known."""
        return f"{self.feed} {self.due.period} → {self.due.day}{' (暂定 tentative)' if self.due.tentative else ''}"


@dataclass(frozen=True, slots=True)
class Watched:
    """A feed as the calendar sees it: how often its series are published, and since when it exists."""

    frequencies: tuple[Frequency, ...]
    since: date | None = None


@dataclass(frozen=True, slots=True)
class DueDates:
    """The due dates of some feeds."""

    calendar: ReleaseCalendar
    feeds: Mapping[str, Watched] = field(default_factory=dict)

    def around(self, instant: datetime) -> list[FeedDue]:
        """Return what may still be within its grace at an instant, and what falls due in the year after it, by due date."""
        here = instant.astimezone(SHANGHAI)
        month = make_period(here.year, here.month)
        found = [
            FeedDue(feed=feed, frequency=frequency, due=due)
            for feed, watched in self.feeds.items()
            for frequency in watched.frequencies
            for due in self.calendar.dues(
                feed, frequency, _first(watched, shift(month, -LONGEST_WAIT)), shift(month, AHEAD)
            )
        ]
        return sorted(found, key=lambda one: (one.due.instant, one.feed, one.due.period, one.frequency))

    def next_per_feed(self, now: datetime) -> list[FeedDue]:
        """Return what each feed has to report next, the soonest first."""
        first: dict[str, FeedDue] = {}
        for one in self.around(now):
            if one.due.instant > now:
                first.setdefault(one.feed, one)
        return list(first.values())

    def next_instant(self, after: datetime) -> datetime | None:
        """Return the first instant after the one given at which something falls due, or its grace ends; None if nothing does."""
        return min((at for at in self._instants(after) if at > after), default=None)

    def last_instant(self, until: datetime) -> datetime | None:
        """Return the last such instant up to the one given, None where nothing fell due in the months before."""
        return max((at for at in self._instants(until) if at <= until), default=None)

    def at(self, instant: datetime) -> list[FeedDue]:
        """Return what falls due, or whose grace ends, at exactly that instant."""
        return [one for one in self.around(instant) if instant in (one.due.instant, one.due.overdue_from)]

    def _instants(self, around: datetime) -> Iterable[datetime]:
        for one in self.around(around):
            yield one.due.instant
            yield one.due.overdue_from

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        feeds = {
            feed: {"frequencies": [str(f) for f in w.frequencies], "since": w.since.isoformat() if w.since else None}
            for feed, w in self.feeds.items()
        }
        return {"calendar": self.calendar.model_dump(mode="json", exclude_unset=True), "feeds": feeds}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DueDates:
        """Return what `to_json` wrote."""
        feeds = {
            feed: Watched(
                tuple(map(Frequency, w["frequencies"])), date.fromisoformat(w["since"]) if w["since"] else None
            )
            for feed, w in data["feeds"].items()
        }
        return cls(ReleaseCalendar.model_validate(data["calendar"]), feeds)


def _first(watched: Watched, earliest: Period) -> Period:
    return earliest if watched.since is None else max(earliest, make_period(watched.since.year, watched.since.month))


def moment_before(instant: datetime) -> datetime:
    """Return the instant a second earlier, in UTC."""
    return instant.astimezone(UTC) - timedelta(seconds=1)
