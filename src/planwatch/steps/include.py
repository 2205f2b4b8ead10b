"""The planner's data, read once a process: feeds, calendar, and the registries that they refer to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from planwatch.errors import ConfigError
from planwatch.feeds import check_registry, load_calendar, load_feeds_file
from planwatch.model.calendar import Due, ReleaseCalendar
from planwatch.model.feed import Feed
from planwatch.model.period import last_day, make_period
from planwatch.model.place import Area, Department
from planwatch.model.sources import GrowthBasis, NoSource
from planwatch.model.target import Indicator
from planwatch.model.vocabulary import Frequency
from planwatch.plan import load_areas, load_departments, load_indicators
from planwatch.settings import settings


@dataclass(frozen=True, slots=True)
class Include:
    """What stands in `include/`, apart from the plans."""

    feeds: dict[str, Feed]
    calendar: ReleaseCalendar
    indicators: dict[str, Indicator]
    areas: dict[str, Area]
    departments: dict[str, Department]
    without_source: tuple[NoSource, ...] = ()
    growth_bases: tuple[GrowthBasis, ...] = ()

    def feeds_of(self, period: str) -> dict[str, Feed]:
        """Return the feeds that were in force in a month."""
        day = last_day(period)
        return {name: feed for name, feed in self.feeds.items() if feed.valid_from is None or feed.valid_from <= day}

    def feed_of(self, period: str, area: str = "") -> dict[str, str]:
        """Return which feed reports an indicator of an area: of several the one with a reporting duty, then the higher precedence.

        A feed that carries the indicator for other areas only (a benchmark) reports nothing of this one. Without an area any does.
        """
        ranked = sorted(
            self.feeds_of(period).values(), key=lambda f: (self.calendar.rule(f.id, f.frequency).expected, f.precedence)
        )
        return {indicator: feed.id for feed in ranked for indicator in feed.indicators(area)}

    def dues(self, year: int) -> Iterator[tuple[str, Frequency, Due]]:
        """Yield feed id, frequency and due date of all that somebody is obliged to report of a year's months."""
        first, last = make_period(year, 1), make_period(year, 12)
        for name, feed in self.feeds.items():
            begun = max(first, str(feed.valid_from)[:7]) if feed.valid_from else first
            for frequency in feed.frequencies() if begun <= last and not feed.many_periods else ():
                yield from ((name, frequency, due) for due in self.calendar.dues(name, frequency, begun, last))

    def close(self, period: str) -> datetime:
        """Return the close of a month: its last due date plus grace."""
        return self.calendar.close(period, {name: feed.frequencies() for name, feed in self.feeds_of(period).items()})


@cache
def load_include(folder: Path, expectations: Path | None = None) -> Include:
    """Return the folder's data.

    Args:
        folder: with feeds, calendar and the registries.
        expectations: where the feeds' suites stand; left out, the settings' folder.

    Raises:
        ConfigError: with every fault of the first file that has any; or a feed names an indicator, area, department or suite that
            there is not.
    """
    file = load_feeds_file(folder / "feeds.yaml")
    include = Include(
        feeds={feed.id: feed for feed in file.feeds},
        without_source=file.without_source,
        growth_bases=file.growth_bases,
        calendar=load_calendar(folder / "calendar.yaml"),
        indicators=load_indicators(folder / "indicators.yaml"),
        areas=load_areas(folder / "areas.yaml"),
        departments=load_departments(folder / "departments.yaml"),
    )
    suites = [path.stem for path in (expectations or settings().expectations).glob("*.json")]
    faults = check_registry(
        include.feeds, include.indicators, include.areas, include.departments, suites, file=str(folder / "feeds.yaml")
    )
    if faults:
        raise ConfigError.of(*faults)
    return include
