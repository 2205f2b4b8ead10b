"""Which releases and series are past due and grace, over all feeds: their owners are told once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd
from sqlalchemy import Connection, Engine

from planwatch import alerts, warehouse
from planwatch.alerts.late import Late
from planwatch.model.calendar import ReleaseCalendar
from planwatch.model.feed import Feed
from planwatch.model.period import make_period
from planwatch.model.target import Plan
from planwatch.model.vocabulary import Frequency, ReleaseState
from planwatch.settings import Settings
from planwatch.steps.include import Include, load_include
from planwatch.steps.plan import plan_for
from planwatch.steps.waiting import being_read

CAME = (ReleaseState.LOADED, ReleaseState.QUARANTINED, ReleaseState.SUPERSEDED)
"""A release that came, held or not: what waits here for a decision is not the department's lateness. One that cannot be read, or
was sent back, has not come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What came: per feed the months of its releases, those of them in quarantine, and (indicator, area, month) of all figures."""

    months: Mapping[str, frozenset[str]]
    held: frozenset[tuple[str, str]]
    readings: frozenset[tuple[str, str, str]]


def look_for_late(engine: Engine, settings: Settings, now: datetime | None = None) -> list[str]:
    """Tell the owners of what is past due and grace, in one transaction, and return the months for which that is news.

    The due dates in the warehouse (`bi.release_calendar`) are brought up to date with the calendar.

    `now` is the run's time; where the settings give a stand-in for now, that counts.
    """
    at = settings.as_of or now or datetime.now(UTC)
    include = load_include(settings.include)
    with engine.begin() as conn:
        warehouse.save_feeds(conn, include.feeds, include.without_source, include.growth_bases)
        for year in warehouse.loaded_plans(conn):
            warehouse.save_due_dates(conn, year, include.dues(year))
        return review_lateness(conn, settings, at=at)


def review_lateness(conn: Connection, settings: Settings, *, at: datetime, feed: str | None = None) -> list[str]:
    """Open and resolve the alerts of late releases and series, of all feeds or of one; return the months newly late.

    A feed is watched from the first month that it delivered on: one that was never connected is no latecomer.
    """
    include = load_include(settings.include)
    feeds = {name: one for name, one in include.feeds.items() if feed in (None, name)}
    idle, news = being_read(conn) == 0, set()
    for year in sorted(warehouse.loaded_plans(conn)):
        plan = plan_for(conn, settings, make_period(year, 1))
        if plan is None:
            continue
        received = _received(conn, plan, {one.area for one in feeds.values()})
        late = [one for name in sorted(feeds) for one in _late(include, feeds[name], plan, received, at)]
        opened = alerts.tell_late(
            conn, plan=plan, late=late, departments=include.departments, at=at, feeds=feeds, may_open=idle
        )
        news |= {one.due.period for one in late if one.key in opened}
    return sorted(news)


def _received(conn: Connection, plan: Plan, areas: set[str]) -> Received:
    known = warehouse.known_releases(conn)
    came = known[known["state"].isin([str(s) for s in CAME]) & known["period"].notna()]
    months = {str(feed): frozenset(map(str, own)) for feed, own in came.groupby("feed")["period"]}
    return Received(
        months=months, held=frozenset(warehouse.held_releases(conn)),
        readings=frozenset(warehouse.reported_series(conn, plan.year, areas)),
    )  # fmt: skip


def _late(include: Include, feed: Feed, plan: Plan, received: Received, at: datetime) -> Iterator[Late]:
    """Yield what is late of a feed in the plan's year: first whole releases, then series that came not with theirs."""
    calendar, own = include.calendar, received.months.get(feed.id, frozenset())
    if feed.many_periods or not own:
        return
    december = make_period(plan.year, 12)
    first = max(min(own), str(feed.valid_from)[:7] if feed.valid_from else "")
    missing = [p for p in calendar.overdue_months(feed.id, feed.frequency, december, at) if first <= p and p not in own]
    yield from (Late(feed=feed, due=calendar.due(feed.id, feed.frequency, p)) for p in missing)
    told = {
        *missing,
        *(p for name, p in received.held if name == feed.id),
    }  # or held here: not the department's lateness
    for what, frequency, series in _with_own_due_dates(feed, calendar):
        indicator = what if what not in set(Frequency) else None
        for period in calendar.overdue_months(feed.id, frequency, december, at, indicator):
            waiting = [i for i in series if (i, feed.area, period) not in received.readings]
            if waiting and first <= period and period not in told:
                names = tuple(include.indicators[i].name_zh for i in waiting)
                yield Late(feed=feed, due=calendar.due(feed.id, frequency, period, indicator), what=what, series=names)


def _with_own_due_dates(feed: Feed, calendar: ReleaseCalendar) -> Iterator[tuple[str, Frequency, list[str]]]:
    """Yield the feed's expected series that are due apart from its releases: by frequency, then single indicators."""
    single = calendar.feeds[feed.id].indicators if feed.id in calendar.feeds else {}
    expected = [s for s in feed.series if s.expected and s.area in (None, feed.area)]
    frame = pd.DataFrame(
        {"indicator": [s.indicator for s in expected], "frequency": [str(feed.frequency_of(s)) for s in expected]}
    ).drop_duplicates()
    shared = frame[~frame["indicator"].isin(list(single)) & (frame["frequency"] != str(feed.frequency))]
    for word, own in shared.groupby("frequency"):
        yield str(word), Frequency(str(word)), sorted(own["indicator"])
    for indicator, word in frame[frame["indicator"].isin(list(single))].itertuples(index=False):
        yield str(indicator), Frequency(str(word)), [str(indicator)]
