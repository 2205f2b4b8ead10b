"""What a release says of itself: title, month, date of publication, unit of the table, whether it is simulated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from planwatch.errors import Fault
from planwatch.feeds.grid import Grid
from planwatch.feeds.header import Header
from planwatch.model.feed import Words
from planwatch.model.period import Period, make_period
from planwatch.model.units import is_known
from planwatch.model.vocabulary import Origin
from planwatch.reconcile.periods import Stated, read_period
from planwatch.reconcile.text import half_width, pattern, squash, tidy

_DAY = re.compile(r"((?:19|20)\d\d)[年\-./](\d{1,2})[月\-./](\d{1,2})日?")

_TITLE = 80
"""Characters of the longest title."""


def read_day(text: str) -> date | None:
    """Return the first day (2026年4月18日, 2026-04-18) that a text states, None where it states none or an impossible one."""
    for year, month, day in _DAY.findall(squash(text)):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None


def published_on(texts: Iterable[str], words: Words) -> date | None:
    """Return the day after 发布日期, in the same text or in the next one."""
    waiting = False
    for text in texts:
        bare = squash(text)
        place = next((bare.find(w) + len(w) for w in words.published if w in bare), None)
        if place is not None or waiting:
            found = read_day(bare[place or 0 :])
            if found:
                return found
        waiting = place is not None and len(bare) - place < 2
    return None


def origin_of(texts: Iterable[str], words: Words) -> Origin:
    """Return whether the file says anywhere that its figures are simulated."""
    marks = [squash(w).lower() for w in words.simulated]
    found = any(m in squash(t).lower() for t in texts for m in marks)
    return Origin.SIMULATED if found else Origin.PUBLISHED


def caption_unit(texts: Iterable[str], words: Words) -> str:
    """Return the unit of `单位：万元、%`, the first that is not per cent; empty where no caption gives one.

    The texts are taken in order. 发布单位, 填报单位, 编制单位 name an office: after another character only a known unit counts.
    """
    captions = "|".join(re.escape(w) for w in words.unit_caption)
    for text in texts:
        plain = re.sub(r":\s+", ":", half_width(text))
        for found in re.finditer(rf"(?P<word>[一-鿿])?(?:{captions}):(?P<units>[^;。)\]】\s]+)", plain):
            units = [u for u in re.split(r"[、,]", found["units"]) if u and (not found["word"] or is_known(u))]
            if units:
                return next((u for u in units if u not in words.percent), units[0])
    return ""


def unit_lines(grid: Grid, header: Header) -> list[str]:
    """Return the texts that may give the table's unit, the nearest to it first."""
    above = [cell.text for row in reversed(grid.rows[: header.top]) for cell in row if cell.text]
    return [*above, grid.caption, *reversed(grid.before), *grid.around]


def lines_above(grid: Grid, header: Header) -> list[str]:
    """Return what stands over the table: the caption, the rows above the header, then the text around."""
    cells = [cell.text for row in grid.rows[: header.top] for cell in row if cell.text]
    return [tidy(t) for t in (*cells, grid.caption, *grid.around) if t]


@dataclass(frozen=True, slots=True)
class Claim:
    """A place in which the file states its month."""

    stated: Stated
    text: str
    sheet: str | None = None
    row: int | None = None
    column: str | None = None


def title_claim(grid: Grid, header: Header, words: Words) -> Claim | None:
    """Return the month that the title states: the first line above the table that states one, else the sheet's name.

    Titles are the rows above the table, its caption and a page's headings, never its prose or notes (兜牢“三保”底线, 年底前完成).
    """
    sheet = grid.sheet or None
    for number, row in zip(grid.numbers[: header.top], grid.rows, strict=False):
        for column, cell in enumerate(row):
            if _is_title(cell.text, words) and (stated := read_period(cell.text)):
                return Claim(stated, tidy(cell.text), sheet, number, grid.column_name(column))
    for line in (grid.caption, *grid.titles, grid.sheet):
        if _is_title(line, words) and (stated := read_period(line)):
            return Claim(stated, line, sheet)
    return None


def _is_title(text: str, words: Words) -> bool:
    return bool(text) and len(text) <= _TITLE and "。" not in text and not pattern(words.note_row).match(squash(text))


def header_claims(grid: Grid, header: Header) -> list[Claim]:
    """Return the months that the headers of value columns state (1—3月累计)."""
    stated = [(c, read_period(header.paths[c])) for c, rule in header.values.items() if not rule.own_period]
    row = grid.numbers[header.top]
    return [
        Claim(s, header.paths[c], grid.sheet or None, row, grid.column_name(c, header.paths[c]))
        for c, s in stated
        if s is not None
    ]


def settle_period(
    claims: Sequence[Claim], filename: str, given: str | None, day: date | None
) -> tuple[Period | None, list[Fault]]:
    """Return the release's month and a fault for every place that states another one.

    The month is the caller's, else that of the file's name, else the title's, else the headers'. A year that a text leaves out is
    the month's own, else that of the day of publication.
    """
    named = read_period(filename)
    if given is None and named is not None and named.year:
        given = str(named.period(named.year))
    elif given is not None and named is not None and named.year:
        claims = [*claims, Claim(named, filename)]
    year = next((c.stated.year for c in claims if c.stated.year), _year_before(day, claims) if day else None)
    if given is None and (year is None or not claims):
        return None, [_no_period(filename)]
    period = Period(given) if given else make_period(year or 0, claims[0].stated.month)
    return period, [_other(c, period, filename) for c in claims if c.stated.period(int(period[:4])) != period]


def _year_before(day: date, claims: Sequence[Claim]) -> int:
    """Return the year of the last such month before the day of publication: December's table comes out in January."""
    return day.year - 1 if claims and claims[0].stated.month > day.month else day.year


def _no_period(filename: str) -> Fault:
    return Fault(
        code="no_period",
        message="neither the title, nor the headers, nor the file's name say which month this is",
        file=filename,
        expected="a title such as 2026年1—3月 or a name such as feed_2026-03",
        mend="name the file after its month, or give the month (--period)",
    )


def _other(claim: Claim, period: str, filename: str) -> Fault:
    stated = claim.stated.period(int(period[:4]))
    return Fault(
        code="other_period",
        message=f"the file speaks of {stated}, not of {period}",
        file=filename,
        sheet=claim.sheet,
        row=claim.row,
        column=claim.column,
        value=claim.text[:80],
        expected=period,
        mend="deliver the month's own file, or read it as the month it speaks of",
    )
