"""What several commands take: months and days as they are typed, refused in the same words everywhere."""

from __future__ import annotations

from datetime import date

from planwatch.errors import Fault, InputError
from planwatch.model.period import MONTH_FORM, Period, parse_period


def month(text: str, place: str = "--period") -> Period:
    """Return a month as it was typed.

    Raises:
        InputError: it is none; `place` is the option, or `argument PERIOD`.
    """
    try:
        return parse_period(text)
    except ValueError as error:
        raise _refused("bad_period", "not a month", place, text, MONTH_FORM) from error


def day(text: str, place: str) -> date:
    """Return a day as it was typed.

    Raises:
        InputError: it is none; `place` is the option.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _refused("bad_date", "not a day", place, text, "YYYY-MM-DD, such as 2026-09-30") from error


def _refused(code: str, message: str, place: str, text: str, expected: str) -> InputError:
    fault = Fault(code=code, message=message, key=place, value=text[:80], expected=expected)
    return InputError(str(fault), (fault,))
