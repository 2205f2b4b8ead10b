"""Periods: written YYYY-MM in plain digits, of years that a calendar can hold."""

from datetime import date

import pytest

from planwatch.model.period import last_day, make_period, parse_period, period_range, shift


@pytest.mark.parametrize("text", ["1900-01", "2026-09", "2200-12"])
def test_a_month_is_read(text):
    assert parse_period(text) == text
    assert last_day(text).isoformat()[:7] == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-9",
        "2026-13",
        "2026-00",
        "0000-01",
        "9999-12",
        "1899-12",
        "2201-01",
        "２０２６-06",
        "2026-06\n",
        "2026-06-01",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match="YYYY-MM"):
        parse_period(text)


def test_months_are_counted_over_the_year():
    assert shift("2026-12", 1) == "2027-01"
    assert shift("2200-12", 1) == "2201-01"
    assert last_day("2028-02") == date(2028, 2, 29)
    assert period_range("2026-11", "2027-02") == ["2026-11", "2026-12", "2027-01", "2027-02"]


def test_there_is_no_thirteenth_month():
    with pytest.raises(ValueError, match="month"):
        make_period(2026, 13)
