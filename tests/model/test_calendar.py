"""When a reading is due: days off, worked weekends, quarterly series, single indicators, and years not announced yet."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from planwatch.model.calendar import SHANGHAI, FeedRule, OnDayOff, ReleaseCalendar, RuleChange
from planwatch.model.vocabulary import Frequency
from planwatch.model.workdays import HolidayNotice, WorkingDays

MONTHLY, QUARTERLY, ANNUAL = Frequency.MONTHLY, Frequency.QUARTERLY, Frequency.ANNUAL
ANNOUNCED = st.dates(date(2010, 1, 1), date(2026, 12, 31))
NOTICE = HolidayNotice(days_off=(date(2027, 2, 8),), working_days=(date(2027, 2, 20),), source="a notice")


def calendar(moves: bool = True, **rule) -> ReleaseCalendar:
    on_day_off = OnDayOff.NEXT_WORKING_DAY if moves else OnDayOff.KEEP
    return ReleaseCalendar(feeds={"f": FeedRule(**{"due_day": 10, **rule})}, on_day_off=on_day_off)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 2, 14), True),  # a Saturday worked for Spring Festival
        (date(2026, 2, 17), False),  # New Year's day of the lunar calendar, a Tuesday
        (date(2026, 2, 23), False),  # a Monday off in exchange
        (date(2026, 9, 20), True),  # a Sunday worked for National Day
        (date(2026, 10, 6), False),
        (date(2026, 10, 11), False),  # an ordinary Sunday
        (date(2025, 1, 26), True),
    ],
)
def test_the_state_councils_notices(day, worked):
    assert WorkingDays().is_working_day(day) is worked


def test_a_year_without_a_notice_is_not_guessed():
    days = WorkingDays()
    assert days.knows(2026)
    assert not days.knows(2199)
    assert days.is_working_day(date(2199, 10, 1))  # National Day, a Tuesday: weekends alone count


def test_a_notice_in_the_data_goes_before_the_library():
    days = WorkingDays({2027: NOTICE})
    assert days.knows(2027)
    assert not days.is_working_day(date(2027, 2, 8))
    assert days.is_working_day(date(2027, 2, 20))
    assert days.on_or_after(date(2027, 2, 6)) == date(2027, 2, 9)


@given(ANNOUNCED)
def test_the_next_working_day_is_worked_and_none_between_is(day):
    days = WorkingDays()
    found = days.on_or_after(day)
    assert days.is_working_day(found)
    assert not any(days.is_working_day(date.fromordinal(n)) for n in range(day.toordinal(), found.toordinal()))


@pytest.mark.parametrize(
    ("period", "due", "overdue"),
    [
        ("2026-03", "2026-04-10", "2026-04-15"),  # a Friday
        ("2026-04", "2026-05-11", "2026-05-18"),  # from a Sunday to Monday; the grace ends on a Saturday
        ("2026-09", "2026-10-10", "2026-10-15"),  # a Saturday, but a worked one
    ],
)
def test_a_due_day_off_moves_to_the_next_working_day(period, due, overdue):
    found = calendar().due("f", MONTHLY, period)
    assert (str(found.day), str(found.overdue_from.date()), found.tentative) == (due, overdue, False)
    kept = calendar(moves=False).due("f", MONTHLY, period)
    assert kept.day == kept.stated == found.stated


def test_a_rule_may_keep_what_the_calendar_moves():
    own = calendar(on_day_off=OnDayOff.KEEP).due("f", MONTHLY, "2026-04")
    assert str(own.day) == "2026-05-10"
    assert own.overdue_from == datetime(2026, 5, 15, 23, 59, 59, tzinfo=SHANGHAI)


def test_a_due_date_in_a_year_not_announced_is_tentative():
    assert calendar().due("f", MONTHLY, "2198-12").tentative
    assert not calendar(moves=False).due("f", MONTHLY, "2198-12").tentative


@given(
    st.integers(1, 31), st.integers(0, 12), st.integers(0, 92), st.integers(2018, 2024), st.integers(1, 12),
)  # fmt: skip
def test_due_days_and_ends_of_grace_are_worked_and_never_early(due_day, months_after, grace_days, year, month):
    own = calendar(due_day=due_day, months_after=months_after, grace_days=grace_days)
    due = own.due("f", MONTHLY, f"{year}-{month:02d}")
    end = due.overdue_from.date()
    assert own.working_days.is_working_day(due.day)
    assert own.working_days.is_working_day(end)
    assert due.stated <= due.day
    assert (end - due.day).days >= grace_days
    assert due.stated.day == due_day or (due.stated.day < due_day and due.stated.day >= 28)


def test_quarterly_and_annual_series_of_a_monthly_feed_have_their_own_due_dates():
    own = calendar(
        grace_days=3, quarterly=RuleChange(due_day=25), annual=RuleChange(due_day=31, months_after=3, grace_days=15)
    )
    days = {f: str(own.due("f", f, "2026-12").stated) for f in Frequency}
    assert days == {MONTHLY: "2027-01-10", QUARTERLY: "2027-01-25", ANNUAL: "2027-03-31"}
    assert own.rule("f", QUARTERLY).grace_days == 3, "what is left out stays the feed's"


def test_an_indicator_may_have_a_due_date_of_its_own():
    own = calendar(quarterly=RuleChange(due_day=25), indicators={"gdp": RuleChange(due_day=18)})
    assert own.rule("f", QUARTERLY, "gdp").due_day == 18
    assert own.rule("f", QUARTERLY, "incomes").due_day == 25


def test_what_is_expected_when():
    own = calendar(skip_months=(1,))
    months = [p for m in range(1, 13) if own.expects("f", MONTHLY, p := f"2026-{m:02d}")]
    assert months == [f"2026-{m:02d}" for m in range(2, 13)]
    assert [d.period for d in own.dues("f", QUARTERLY, "2026-01", "2026-12")] == [
        f"2026-{m:02d}" for m in (3, 6, 9, 12)
    ]
    assert not calendar(expected=False).expects("f", MONTHLY, "2026-05")


def test_overdue_months_are_those_past_due_and_grace():
    own = calendar()
    at = own.due("f", MONTHLY, "2026-05").overdue_from
    assert own.overdue_months("f", MONTHLY, "2026-12", at)[-1] == "2026-05"
    before = at.replace(second=58)
    assert own.overdue_months("f", MONTHLY, "2026-12", before)[-1] == "2026-04"


def test_the_close_waits_for_the_last_series():
    own = calendar(quarterly=RuleChange(due_day=25, grace_days=10))
    assert own.close("2026-05", {"f": [MONTHLY, QUARTERLY]}) == own.due("f", MONTHLY, "2026-05").overdue_from
    assert own.close("2026-06", {"f": [MONTHLY, QUARTERLY]}) == own.due("f", QUARTERLY, "2026-06").overdue_from


@pytest.mark.parametrize(
    "notice",
    [
        {"days_off": ["2027-02-08"], "working_days": ["2027-02-08"], "source": "x"},
        {"days_off": ["2027-02-08"], "working_days": ["2027-02-09"], "source": "x"},  # a Tuesday is worked anyway
        {"days_off": [], "source": "x"},
        {"days_off": ["2026-02-08"], "source": "of another year"},
    ],
)
def test_a_notice_that_contradicts_itself_is_refused(notice):
    with pytest.raises(ValidationError):
        ReleaseCalendar.model_validate({"holidays": {"2027": notice}})
