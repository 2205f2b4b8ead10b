"""Working days (工作日): weekends, statutory holidays, and the weekends worked in exchange for them (调休).

They are announced for one year at a time by the State Council's notice (国务院办公厅关于部分节假日安排的通知), usually in the November
before. `chinesecalendar` has all notices since 2004 and refuses a year it has none of. Such a year is never guessed: only its
weekends count as days off, and `knows` says that dates in it are tentative, until its notice stands in `calendar.yaml` or in a
newer version of the library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Self

from pydantic import Field, model_validator

from planwatch.model.base import Frozen

SATURDAY = 5


class HolidayNotice(Frozen):
    """A year's days off and worked weekends, as the State Council's notice lists them. It replaces what the library says."""

    days_off: tuple[date, ...] = Field(min_length=1, description="放假: days off that are not ordinary weekends.")
    working_days: tuple[date, ...] = Field((), description="调休上班: Saturdays and Sundays that are worked.")
    source: str = Field(description="Title and number of the notice.")

    @model_validator(mode="after")
    def _are_consistent(self) -> Self:
        if twice := sorted(set(self.days_off) & set(self.working_days)):
            raise ValueError(f"{twice[0]} stands among the days off and among the working days")
        if weekdays := [day for day in self.working_days if day.weekday() < SATURDAY]:
            raise ValueError(f"{weekdays[0]} is a weekday: working_days lists worked Saturdays and Sundays only")
        return self


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Which days are worked; `notices` by year go before the library."""

    notices: Mapping[int, HolidayNotice] = field(default_factory=dict)

    def knows(self, year: int) -> bool:
        """Return whether the year's notice is known."""
        return year in self.notices or _in_library(date(year, 1, 1)) is not None

    def is_working_day(self, day: date) -> bool:
        """Return whether the day is worked; of a year whose notice is not known only weekends are days off."""
        if notice := self.notices.get(day.year):
            return day in notice.working_days or (day.weekday() < SATURDAY and day not in notice.days_off)
        known = _in_library(day)
        return day.weekday() < SATURDAY if known is None else known

    def on_or_after(self, day: date) -> date:
        """Return the day itself, or the next working day after a day off."""
        while not self.is_working_day(day):
            day += timedelta(days=1)
        return day


@lru_cache(maxsize=1 << 13)
def _in_library(day: date) -> bool | None:
    """Return whether the day is worked by the library's account, None for a year that it does not know."""
    from chinese_calendar import is_workday

    try:
        return bool(is_workday(day))
    except NotImplementedError:
        return None
