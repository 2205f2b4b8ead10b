"""The release calendar (发布日程): when a reading of a month is due, and until when its lateness is forgiven."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from planwatch.model.base import Frozen
from planwatch.model.period import last_day, make_period, month_of, shift, year_of
from planwatch.model.vocabulary import Frequency

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The zone in which due dates end."""


class ReleaseRule(Frozen):
    """When the releases of one feed (or of one frequency) are due.

    A reading of month p is due on day `due_day` of the month `months_after` after p; `grace_days` later it is overdue.
    """

    due_day: Annotated[int, Field(ge=1, le=31)] = 20
    months_after: Annotated[int, Field(ge=0, le=12)] = 1
    grace_days: Annotated[int, Field(ge=0, le=92)] = 5
    skip_months: tuple[int, ...] = Field(
        (), description="Months without a release of their own: 1 where January comes with February."
    )
    expected: bool = Field(
        True, description="False for collected figures that nobody is obliged to report: never overdue."
    )

    def due(self, period: str) -> date:
        """Return the due date of a month's reading, the month's last day where it has no such day."""
        month = shift(period, self.months_after)
        return last_day(month).replace(day=min(self.due_day, last_day(month).day))

    def overdue_from(self, period: str) -> datetime:
        """Return the instant after which the month's reading is overdue: due date plus grace, end of day in Shanghai."""
        return datetime.combine(self.due(period) + timedelta(days=self.grace_days), time(23, 59, 59), SHANGHAI)


MONTHS_OF: dict[Frequency, tuple[int, ...]] = {
    Frequency.MONTHLY: tuple(range(1, 13)),
    Frequency.QUARTERLY: (3, 6, 9, 12),
    Frequency.ANNUAL: (12,),
}
"""The months that have a reading, by frequency."""


class ReleaseCalendar(Frozen):
    """Rules per feed, with one per frequency for whatever no feed claims."""

    timezone: str = "Asia/Shanghai"
    defaults: dict[Frequency, ReleaseRule] = Field(
        default_factory=lambda: {
            Frequency.MONTHLY: ReleaseRule(skip_months=(1,)),
            Frequency.QUARTERLY: ReleaseRule(due_day=25),
            Frequency.ANNUAL: ReleaseRule(due_day=31, months_after=3),
        }
    )
    feeds: dict[str, ReleaseRule] = Field(default_factory=dict)

    def rule(self, feed: str | None, frequency: Frequency) -> ReleaseRule:
        """Return the feed's rule, else the frequency's."""
        return self.feeds.get(feed or "") or self.defaults.get(frequency) or ReleaseRule()

    def last_overdue(self, feed: str | None, frequency: Frequency, period: str, as_of: datetime | None) -> str | None:
        """Return the newest month of the plan year, up to `period`, whose reading is past due and grace at `as_of`.

        None where none is. Without `as_of` every month up to `period` counts as past its grace.
        """
        rule = self.rule(feed, frequency)
        if not rule.expected:
            return None
        months = [m for m in MONTHS_OF[frequency] if m <= month_of(period) and m not in rule.skip_months]
        late = [
            p
            for p in (make_period(year_of(period), m) for m in months)
            if as_of is None or as_of >= rule.overdue_from(p)
        ]
        return late[-1] if late else None

    def close(self, period: str, feeds: Mapping[str, Frequency] | None = None) -> datetime:
        """Return the close of a month: the last due date plus grace over the feeds (id → frequency) that report it.

        Feeds with a reporting duty decide, without any the others; without feeds it is the monthly default's. It is the
        `as_of` of a replayed month.
        """
        reporting = {
            feed: self.rule(feed, frequency)
            for feed, frequency in (feeds or {}).items()
            if month_of(period) in MONTHS_OF[frequency]
        }
        bound = [rule for rule in reporting.values() if rule.expected] or list(reporting.values())
        return max(rule.overdue_from(period) for rule in bound or [self.rule(None, Frequency.MONTHLY)])
