"""One simulated release: which there are, what they are called, and their bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from planwatch.errors import Fault, InputError
from planwatch.model.period import make_period, month_of, parse_period, shift, year_of
from planwatch.sample.broken import BREAKAGES, breaks, broken
from planwatch.sample.damage import CHANGES, applies, damage
from planwatch.sample.forms import RecordsTable
from planwatch.sample.grid import MARK, Draft, Sheet
from planwatch.sample.latent import rng
from planwatch.sample.render import render
from planwatch.sample.rows import Moment
from planwatch.sample.tables import columns_of, sheets_of, spans
from planwatch.sample.world import FeedForm, Revision, World, shipped_world

CORRUPTIONS = (*BREAKAGES, "other-month", *CHANGES)
"""Kinds of damage. `not-a-workbook`: a block page instead of the file. `unit-changed`: another unit of the same kind (亿元 for 万元)
over the same digits. `amount-scaled`: amounts ten thousand times larger under the old unit. `foreign-unit`: the unit is of another
kind (万人 for money). `other-month`: another month's file under this month's name. `future-period`: a row that speaks of next year."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One file of the simulated year. `revision` counts corrected releases from 1; 0 is the first release."""

    feed: str
    period: str
    revision: int
    name: str


def samples(world: World | None = None) -> list[Sample]:
    """Return every file that is shipped, feed by feed, month by month, corrected releases after the first ones."""
    world = world or shipped_world()
    return [s for s in available(world) if month_of(s.period) <= world.last_month]


def available(world: World | None = None) -> list[Sample]:
    """Return every file that can be made, to the end of the simulated year, in the order of `samples`."""
    world = world or shipped_world()
    found = []
    for feed, form in world.feeds.items():
        for month in form.months:
            period = make_period(world.year, month)
            revisions = 1 + sum(r.month == month for r in form.revisions)
            found += [Sample(feed, period, n, release_name(feed, period, n, world)) for n in range(revisions)]
    return found


def release_name(feed_id: str, period: str, revision: int = 0, world: World | None = None) -> str:
    """Return the file name of a release: `stats_bureau_2026-06.xlsx`, corrected `stats_bureau_2026-06_r1.xlsx`.

    Raises:
        InputError: no such feed.
    """
    form = _form(feed_id, world or shipped_world())
    return f"{feed_id}_{period}{f'_r{revision}' if revision else ''}.{form.suffix}"


def generate(
    feed_id: str,
    period: str,
    *,
    seed: int | None = None,
    revision: int = 0,
    corrupt: str | None = None,
    world: World | None = None,
) -> bytes:
    """Return the bytes of one simulated release; the same arguments give the same bytes.

    Args:
        feed_id: one of the simulated feeds.
        period: month of the simulated year, `YYYY-MM`.
        seed: of the noise; left out the seed of the shipped files.
        revision: 0 the first release, 1 the corrected one where the month has one.
        corrupt: how the file is broken, one of `CORRUPTIONS`; left out it is whole.
        world: the simulated year; left out the shipped one.

    Raises:
        InputError: no such feed, month, revision or kind of damage.
    """
    world = world or shipped_world()
    world = world if seed is None else world.model_copy(update={"seed": seed})
    form = _form(feed_id, world)
    month = _month(form, feed_id, period, world)
    if corrupt is not None:
        _check_kind(corrupt, feed_id, form)
    if corrupt == "other-month":
        month = next((m for m in reversed(form.months) if m < month), form.months[min(1, len(form.months) - 1)])
    whole = draft(feed_id, month, revision, world)
    if corrupt is None:
        return render(whole, form.suffix)
    return broken(render(damage(whole, form.damage, corrupt), form.suffix), form.suffix, corrupt)


def can_break(feed_id: str, kind: str, world: World | None = None) -> bool:
    """Return whether a feed's files can be broken in this way.

    Raises:
        InputError: no such feed.
    """
    return _breaks_so(kind, _form(feed_id, world or shipped_world()))


def _breaks_so(kind: str, form: FeedForm) -> bool:
    lonely = kind == "other-month" and len(form.months) == 1
    return applies(kind, form.damage) and breaks(kind, form.suffix) and not lonely


def draft(feed_id: str, month: int, revision: int, world: World) -> Draft:
    """Return a release before it is rendered: tables with their title, notes and publishing date.

    Raises:
        InputError: the month has no such revision.
    """
    form = _form(feed_id, world)
    period = make_period(world.year, month)
    correction = _revision(form, feed_id, month, revision)
    published = correction.published if correction else _published(form, feed_id, period, world.seed)
    at = Moment(world.year, world.seed, feed_id, month, form.first_month)
    sheets = sheets_of(form, at, correction)
    words = spans(world.year, month)
    for sheet, table in zip(sheets, form.tables, strict=True):
        sheet.titles = _titles(form, words, published, correction)
        sheet.footer = [f"注：{line}" for line in form.footer]
        if isinstance(table, RecordsTable):
            _date_records(sheet, [c.field for c in columns_of(table)], published)
    prose = [line.format(**words) for line in form.prose]
    bare = any(isinstance(table, RecordsTable) for table in form.tables)
    return Draft(feed_id, period, published, sheets, prose, form.encoding, form.nested, bare)


def _date_records(sheet: Sheet, fields: list[str], published: date) -> None:
    """Write the day of publication into the records that bear one, and where a text holds {published}."""
    for row in sheet.body:
        for n, field in enumerate(fields):
            cell = row[n]
            row[n] = (
                published
                if field == "published"
                else cell.format(published=published)
                if isinstance(cell, str)
                else cell
            )


def _titles(form: FeedForm, words: dict[str, str], published: date, correction: Revision | None) -> list[str]:
    title = form.title.format(**words)
    day = f"{published.year}年{published.month}月{published.day}日"
    lines = [f"{title}（更正版）" if correction else title, f"发布单位：{form.publisher}　发布日期：{day}　{MARK}"]
    return [*lines, *form.notes, *([f"更正说明：{correction.reason}"] if correction else [])]


def _check_kind(kind: str, feed_id: str, form: FeedForm) -> None:
    if kind not in CORRUPTIONS:
        raise _refused("--corrupt", kind, ", ".join(CORRUPTIONS))
    if not _breaks_so(kind, form):
        why = "no units" if "unit" in kind else "nothing to be broken so"
        fitting = ", ".join(k for k in CORRUPTIONS if _breaks_so(k, form))
        raise _refused("--corrupt", kind, f"another kind: the files of {feed_id} have {why}; {fitting}")


def _published(form: FeedForm, feed_id: str, period: str, seed: int) -> date:
    """Return the publishing day: the feed's day of the month after, some days of delay, never on a weekend."""
    following = shift(period, 1)
    delay = int(rng(seed, feed_id, f"published/{period}").integers(0, form.jitter_days + 1))
    day = date(year_of(following), month_of(following), form.publish_day) + timedelta(days=delay)
    return day + timedelta(days=max(0, 7 - day.weekday()) % 7 if day.weekday() > 4 else 0)


def _form(feed_id: str, world: World) -> FeedForm:
    if feed_id not in world.feeds:
        raise _refused("--feed", feed_id, ", ".join(world.feeds))
    return world.feeds[feed_id]


def _month(form: FeedForm, feed_id: str, period: str, world: World) -> int:
    try:
        month = month_of(parse_period(period)) if year_of(parse_period(period)) == world.year else 0
    except ValueError:
        month = 0
    if month not in form.months:
        raise _refused("--period", period, f"of {feed_id} {_months(form, world)}")
    return month


def _months(form: FeedForm, world: World) -> str:
    """Return which months have a release: from … to …, or one by one."""
    periods = [make_period(world.year, m) for m in form.months]
    whole = len(periods) == form.months[-1] - form.months[0] + 1
    return f"a month from {periods[0]} to {periods[-1]}" if whole else f"one of {', '.join(periods)}"


def _revision(form: FeedForm, feed_id: str, month: int, revision: int) -> Revision | None:
    if revision == 0:
        return None
    found = [r for r in form.revisions if r.month == month]
    if revision > len(found):
        raise _refused(f"revision of {feed_id}", str(revision), f"0 to {len(found)} in month {month}")
    return found[revision - 1]


def _refused(key: str, value: str, expected: str) -> InputError:
    fault = Fault(code="no_such_sample", message="no such simulated release", key=key, value=value, expected=expected)
    return InputError(str(fault), (fault,))
