"""Reference months in words: 2026年1—3月, 上半年, 前三季度, 3月份, 2026-03, 2025-06 YTD, 2024-Q2."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from planwatch.model.period import Period, make_period
from planwatch.model.vocabulary import Span
from planwatch.reconcile.text import squash


@dataclass(frozen=True, slots=True)
class Stated:
    """A month that a text states: `year` None where the text leaves it out, `span` None where it says only the month."""

    year: int | None
    month: int
    span: Span | None

    def period(self, year: int) -> Period:
        """Return the month, in `year` where the text names none."""
        return make_period(self.year or year, self.month)


_QUARTER = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_YEAR = r"(?:(?<!\d)(?P<year>(?:19|20)\d\d)(?:年度?|[-./])?)?"
_MONTH = r"(?P<month>0?[1-9]|1[0-2])"
_Build = Callable[["re.Match[str]"], tuple[int, Span | None]]


def _quarter(found: re.Match[str]) -> tuple[int, Span | None]:
    number = _QUARTER[found["quarter"]]
    return number * 3, Span.YTD if number == 1 else Span.QUARTER


_FORMS: tuple[tuple[re.Pattern[str], _Build], ...] = tuple(
    (re.compile(_YEAR + form, re.IGNORECASE), build)
    for form, build in (
        (rf"(?<!\d)0?1月?(?:-|~|至|到){_MONTH}月", lambda f: (int(f["month"]), Span.YTD)),
        (r"上半年|1-2季度|一至二季度", lambda f: (6, Span.YTD)),
        (r"前三季度|前3季度|[1一](?:-|至)[3三]季度", lambda f: (9, Span.YTD)),
        (r"全年", lambda f: (12, Span.YTD)),
        (rf"(?<![\d.]){_MONTH}月份?[末底]", lambda f: (int(f["month"]), Span.POINT)),
        (r"(?<![上去前])年度?[末底]", lambda f: (12, Span.POINT)),
        (r"第?(?P<quarter>[一二三四1-4])季度", _quarter),
        (r"Q(?P<quarter>[1-4])(?!\d)", _quarter),
        (r"S1(?!\d)", lambda _f: (6, Span.YTD)),
        (rf"{_MONTH}YTD", lambda f: (int(f["month"]), Span.YTD)),
        (rf"(?<![\d.]){_MONTH}月(?!\d{{1,2}}日)", lambda f: (int(f["month"]), None)),
    )
)
_NUMERIC = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)[-_./]?(?P<month>0[1-9]|1[0-2])(?![\d]|[-./]\d)")

_BEFORE = re.compile(r"(?:截至|截止|至|到)?")
_AFTER = re.compile(r"份?(?:累计|合计)?(?:数据|数|值)?")
"""What may stand around a month without making it more than a month."""


def read_period(text: str) -> Stated | None:
    """Return the first month a text states, None where it states none. A day (2026年4月18日) is no month, nor are 期末, 月末 or 周末."""
    found = _search(squash(text))
    return found[0] if found else None


def _search(squashed: str) -> tuple[Stated, re.Match[str]] | None:
    for form, build in _FORMS:
        if found := form.search(squashed):
            month, span = build(found)
            return Stated(int(found["year"]) if found["year"] else None, month, span), found
    if found := _NUMERIC.search(squashed):
        return Stated(int(found["year"]), int(found["month"]), None), found
    return None


def is_period(text: str) -> bool:
    """Return whether a text is a month and nothing else: 1—5月, 截至6月末, 2025年末数; not 6月昆都仑区."""
    squashed = squash(text)
    found = _search(squashed)
    if found is None:
        return False
    before, after = squashed[: found[1].start()], squashed[found[1].end() :]
    return bool(_BEFORE.fullmatch(before) and _AFTER.fullmatch(after))


_CODE = re.compile(
    r"(?P<year>(?:19|20)\d\d)(?:(?P<bureau>\d\d)(?P<kind>MM|SS)|YY|-M(?P<month>0[1-9]|1[0-2])|-A1)", re.IGNORECASE
)


def _coded(text: str) -> Stated | None:
    """Return the month of 202406MM, 202404SS (a quarter), 2024YY, as the National Bureau writes them, and of SDMX's 2026-M06, 2026-A1."""
    found = _CODE.fullmatch(text)
    if found is None:
        return None
    year, number = int(found["year"]), int(found["bureau"] or found["month"] or 12)
    if (found["kind"] or "").upper() == "SS":
        return Stated(year, number * 3, Span.YTD if number == 1 else Span.QUARTER) if 1 <= number <= 4 else None
    whole = not found["bureau"] and not found["month"]
    return Stated(year, number, Span.YTD if whole else Span.MONTH) if 1 <= number <= 12 else None


def read_row_period(text: str) -> Stated | None:
    """Return the month of a cell that holds nothing else: `2025-06 YTD`, `2022-01`, `2024-Q2`, `2025年`, `202406MM`, `2026-S1`."""
    if _CODE.fullmatch(squash(text)):
        return _coded(squash(text))
    whole_year = re.fullmatch(r"((?:19|20)\d\d)年?", squash(text))
    if whole_year:
        return Stated(int(whole_year[1]), 12, Span.YTD)
    stated = read_period(text)
    plain = stated is not None and stated.span is None and _NUMERIC.fullmatch(squash(text))
    return Stated(stated.year, stated.month, Span.MONTH) if stated and plain else stated
