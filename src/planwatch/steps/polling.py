"""When to look at which remote source: pure arithmetic over calendar and state, asked by trigger and task. No heavy import here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from planwatch.model.calendar import MONTHS_OF, SHANGHAI, ReleaseCalendar
from planwatch.model.location import Location
from planwatch.model.period import last_day, make_period, month_of, shift
from planwatch.model.vocabulary import Frequency
from planwatch.settings import settings
from planwatch.yamlfile import parse_yaml

LOOK = "fetch"
"""What the looks are called in `ops.runs`: one row a feed and month, renewed with every look."""

SEEN_SQL = f"""
SELECT detail ->> 'feed', detail ->> 'period', ended_at FROM ops.runs WHERE what = '{LOOK}' AND ended_at IS NOT NULL
"""  # noqa: S608 - a constant of ours
TAKEN_SQL = f"""
WITH stands AS (
    SELECT r.sha256, r.feed, r.period FROM raw.releases r
    JOIN LATERAL (SELECT v.state FROM raw.release_events v WHERE v.sha256 = r.sha256 ORDER BY v.event_id DESC LIMIT 1) e ON true
    WHERE e.state IN ('arrived', 'loaded', 'quarantined', 'superseded')
)
SELECT feed, period FROM stands WHERE period IS NOT NULL
UNION
SELECT f.detail ->> 'feed', f.detail ->> 'period' FROM ops.runs f JOIN stands s ON s.sha256 = f.detail ->> 'sha256'
WHERE f.what = '{LOOK}' AND s.period IS NULL
"""  # noqa: S608 - a constant of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFeed:
    """A feed with a location, as far as looking for its releases needs it."""

    id: str
    location: Location
    frequency: Frequency
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Poll:
    """A look that is due: for a month's release, or for its correction."""

    feed: str
    period: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the sources: when each (feed, month) was looked at last, and which are taken, over whatever way."""

    seen: Mapping[tuple[str, str], datetime]
    taken: frozenset[tuple[str, str]]


def remote_feeds(folder: Path | None = None) -> list[RemoteFeed]:
    """Return the feeds of `feeds.yaml` that declare a location.

    Raises:
        ValueError: a location is wrong; `load_feeds` says where.
    """
    found = parse_yaml((folder or settings().include) / "feeds.yaml")["feeds"]
    return [_remote(feed) for feed in found if feed.get("location")]


def _remote(feed: Mapping[str, Any]) -> RemoteFeed:
    given, since = feed["location"], feed.get("valid_from")
    return RemoteFeed(
        id=str(feed["id"]), location=Location.model_validate({"url": given} if isinstance(given, str) else given),
        frequency=Frequency(feed.get("frequency", Frequency.MONTHLY)),
        since=None if since is None else date.fromisoformat(str(since)),
    )  # fmt: skip


def release_days(folder: Path | None = None) -> ReleaseCalendar:
    """Return the release calendar."""
    return ReleaseCalendar.model_validate(parse_yaml((folder or settings().include) / "calendar.yaml"))


def read_standing(ask: Callable[[str], Iterable[Any]]) -> Standing:
    """Return what is known of the sources; `ask` gives the rows of a statement."""
    seen = {(str(feed), str(period)): at for feed, period, at in ask(SEEN_SQL)}
    return Standing(seen, frozenset((str(feed), str(period)) for feed, period in ask(TAKEN_SQL)))


def due_polls(feeds: Iterable[RemoteFeed], calendar: ReleaseCalendar, standing: Standing, now: datetime) -> list[Poll]:
    """Return the looks that are due at `now`, in order of feed and month; none where nothing is expected."""
    polls = (
        Poll(feed=feed.id, period=period)
        for feed in feeds
        for period, opens in _open_months(feed, calendar, now)
        if _is_due(feed, period, opens, standing, now)
    )
    return sorted(polls)


def newest_expected(feed: RemoteFeed, calendar: ReleaseCalendar, now: datetime) -> str | None:
    """Return the newest month whose release day has come, None where there is none yet."""
    return max((period for period, _ in _open_months(feed, calendar, now)), default=None)


def _open_months(feed: RemoteFeed, calendar: ReleaseCalendar, now: datetime) -> Iterator[tuple[str, datetime]]:
    """Yield the months whose release day has come, with its beginning, as far back as anybody looks."""
    rule, poll = calendar.rule(feed.id, feed.frequency), feed.location.poll
    today = now.astimezone(SHANGHAI)
    reach = rule.months_after + max(poll.until_days, poll.corrections_days) // 28 + 1
    period: str = make_period(today.year, today.month)
    for _ in range(reach + 1):
        opens = datetime.combine(rule.due(period), time(), SHANGHAI)
        in_force = feed.since is None or last_day(period) >= feed.since
        if month_of(period) in MONTHS_OF[feed.frequency] and month_of(period) not in rule.skip_months and in_force:
            yield from [(period, opens)] if opens <= now else []
        period = shift(period, -1)


def _is_due(feed: RemoteFeed, period: str, opens: datetime, standing: Standing, now: datetime) -> bool:
    """Return whether to look now: the time to look is not over, and the last look is long enough ago."""
    poll, key = feed.location.poll, (feed.id, period)
    taken, last = key in standing.taken, standing.seen.get(key)
    pause = timedelta(hours=poll.corrections_every_hours) if taken else timedelta(minutes=poll.every_minutes)
    until = opens + timedelta(days=poll.corrections_days if taken else poll.until_days)
    return now <= until and (last is None or last + pause <= now)
