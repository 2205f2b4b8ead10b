"""The release calendar (发布日程): when a reading of a month is due, and until when its lateness is forgiven."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from planwatch.model.base import Frozen
from planwatch.model.period import last_day, make_period, month_of, period_range, shift, year_of
from planwatch.model.vocabulary import Frequency
from planwatch.model.workdays import HolidayNotice, WorkingDays

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The zone in which due dates end."""

MONTHS_OF: dict[Frequency, tuple[int, ...]] = {
    Frequency.MONTHLY: tuple(range(1, 13)),
    Frequency.QUARTERLY: (3, 6, 9, 12),
    Frequency.ANNUAL: (12,),
}
"""The months that have a reading, by frequency."""

DueDay = Annotated[int, Field(ge=1, le=31)]
MonthsAfter = Annotated[int, Field(ge=0, le=12)]
GraceDays = Annotated[int, Field(ge=0, le=92)]
Month = Annotated[int, Field(ge=1, le=12)]


class OnDayOff(StrEnum):
    """What becomes of a due day, and of the last day of its grace, that falls on a day off (遇休息日顺延)."""

    KEEP = "keep"
    NEXT_WORKING_DAY = "next_working_day"


class ReleaseRule(Frozen):
    """When the releases of one feed (or of one frequency) are due.

    A reading of month p is due on day `due_day` of the month `months_after` after p; `grace_days` later it is overdue.
    """

    due_day: DueDay = 20
    months_after: MonthsAfter = 1
    grace_days: GraceDays = 5
    skip_months: tuple[Month, ...] = Field(
        (), description="Months without a release of their own: 1 where January comes with February."
    )
    expected: bool = Field(
        True, description="False for collected figures that nobody is obliged to report: never overdue."
    )
    on_day_off: OnDayOff | None = Field(None, description="Left out, the calendar's.")

    def due(self, period: str) -> date:
        """Return the due date of a month's reading as the rule states it, the month's last day where it has no such day."""
        month = shift(period, self.months_after)
        return last_day(month).replace(day=min(self.due_day, last_day(month).day))


class RuleChange(Frozen):
    """What differs from the feed's rule for some of its series; what is left out stays."""

    due_day: DueDay | None = None
    months_after: MonthsAfter | None = None
    grace_days: GraceDays | None = None
    skip_months: tuple[Month, ...] | None = None
    expected: bool | None = None
    on_day_off: OnDayOff | None = None


class FeedRule(ReleaseRule):
    """When one feed's releases are due, and which of its series have due dates of their own."""

    quarterly: RuleChange | None = Field(
        None, description="For its quarterly series; left out, as the file they stand in."
    )
    annual: RuleChange | None = Field(None, description="For its annual series.")
    indicators: dict[str, RuleChange] = Field(default_factory=dict, description="For single indicators.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When a reading of `period` is due: `day` in Shanghai, and `overdue_from`, the instant at which its grace has ended.

    `stated` is the day before it moved off a day off. `tentative` says that it falls in a year whose holidays are not known yet.
    """

    period: str
    stated: date
    day: date
    overdue_from: datetime
    tentative: bool

    @property
    def instant(self) -> datetime:
        """Return the end of the due day."""
        return end_of(self.day)


def end_of(day: date) -> datetime:
    """Return the last second of a day in Shanghai."""
    return datetime.combine(day, time(23, 59, 59), SHANGHAI)


class ReleaseCalendar(Frozen):
    """Rules per feed, with one per frequency for whatever no feed claims, and the holidays that due days give way to."""

    timezone: str = "Asia/Shanghai"
    on_day_off: OnDayOff = Field(
        OnDayOff.KEEP, description="What becomes of due days on days off, unless a rule says otherwise."
    )
    holidays: dict[int, HolidayNotice] = Field(
        default_factory=dict, description="Year → the State Council's notice, where the library does not have it yet."
    )
    defaults: dict[Frequency, ReleaseRule] = Field(
        default_factory=lambda: {
            Frequency.MONTHLY: ReleaseRule(skip_months=(1,)),
            Frequency.QUARTERLY: ReleaseRule(due_day=25),
            Frequency.ANNUAL: ReleaseRule(due_day=31, months_after=3),
        }
    )
    feeds: dict[str, FeedRule] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _holidays_are_of_their_year(self) -> Self:
        for year, notice in self.holidays.items():
            if stray := [d for d in (*notice.days_off, *notice.working_days) if d.year != year]:
                raise ValueError(f"holidays.{year} lists {stray[0]}, which is not of that year")
        return self

    @cached_property
    def working_days(self) -> WorkingDays:
        """Return which days are worked."""
        return WorkingDays(self.holidays)

    def rule(self, feed: str | None, frequency: Frequency, indicator: str | None = None) -> ReleaseRule:
        """Return the rule of a feed's series: the feed's, with what differs for its frequency and for the indicator.

        A feed without a rule has its frequency's.
        """
        own = self.feeds.get(feed or "")
        if own is None:
            return self.defaults.get(frequency) or ReleaseRule()
        changes = (
            {"quarterly": own.quarterly, "annual": own.annual}.get(frequency),
            own.indicators.get(indicator or ""),
        )
        given = {k: v for change in changes if change for k, v in change.model_dump(exclude_unset=True).items()}
        return own.model_copy(update=given) if given else own

    def due(self, feed: str | None, frequency: Frequency, period: str, indicator: str | None = None) -> Due:
        """Return when a month's reading is due; days off give way where the rule says so."""
        return self._due(self.rule(feed, frequency, indicator), period)

    def _due(self, rule: ReleaseRule, period: str) -> Due:
        days = self.working_days
        moves = (rule.on_day_off or self.on_day_off) is OnDayOff.NEXT_WORKING_DAY
        stated = rule.due(period)
        day = days.on_or_after(stated) if moves else stated
        last = day + timedelta(days=rule.grace_days)
        last = days.on_or_after(last) if moves else last
        tentative = moves and not (days.knows(stated.year) and days.knows(last.year))
        return Due(period=period, stated=stated, day=day, overdue_from=end_of(last), tentative=tentative)

    def expects(self, feed: str | None, frequency: Frequency, period: str, indicator: str | None = None) -> bool:
        """Return whether somebody is obliged to report a reading of the month."""
        return _expects(self.rule(feed, frequency, indicator), frequency, period)

    def given_up(
        self, feed: str | None, frequency: Frequency, period: str, as_of: datetime | None, indicator: str | None = None
    ) -> bool:
        """Return whether a month's reading, which nobody is obliged to report, is past its due date and grace at `as_of`."""
        rule = self.rule(feed, frequency, indicator)
        return not rule.expected and (as_of is None or as_of >= self._due(rule, period).overdue_from)

    def overdue_months(
        self, feed: str | None, frequency: Frequency, period: str, as_of: datetime | None, indicator: str | None = None
    ) -> list[str]:
        """Return the months of the plan year, up to `period`, whose reading is past due and grace at `as_of`, oldest first.

        Without `as_of` every month up to `period` counts as past its grace.
        """
        rule = self.rule(feed, frequency, indicator)
        months = (make_period(year_of(period), m) for m in range(1, month_of(period) + 1))
        due = (p for p in months if _expects(rule, frequency, p))
        return [p for p in due if as_of is None or as_of >= self._due(rule, p).overdue_from]

    def last_overdue(self, feed: str | None, frequency: Frequency, period: str, as_of: datetime | None) -> str | None:
        """Return the newest of the `overdue_months`, None where there is none."""
        return next(reversed(self.overdue_months(feed, frequency, period, as_of)), None)

    def close(self, period: str, feeds: Mapping[str, Collection[Frequency]] | None = None) -> datetime:
        """Return the close of a month: the last due date plus grace over the feeds (id → frequencies) that report it.

        Feeds with a reporting duty decide, without any the others; without feeds it is the monthly default's. It is the
        `as_of` of a replayed month.
        """
        reporting: list[tuple[str | None, Frequency]] = [
            (feed, frequency)
            for feed, frequencies in (feeds or {}).items()
            for frequency in frequencies
            if month_of(period) in MONTHS_OF[frequency]
        ]
        bound = [pair for pair in reporting if self.rule(*pair).expected] or reporting or [(None, Frequency.MONTHLY)]
        return max(self.due(feed, frequency, period).overdue_from for feed, frequency in bound)

    def dues(self, feed: str, frequency: Frequency, first: str, last: str) -> Iterator[Due]:
        """Yield when the readings of a feed's months from `first` to `last` are due, those that somebody is obliged to report."""
        rule = self.rule(feed, frequency)
        for period in period_range(first, last):
            if _expects(rule, frequency, period):
                yield self._due(rule, period)


def _expects(rule: ReleaseRule, frequency: Frequency, period: str) -> bool:
    month = month_of(period)
    return rule.expected and month in MONTHS_OF[frequency] and month not in rule.skip_months
