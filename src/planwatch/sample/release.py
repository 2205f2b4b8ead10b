"""One simulated release: which there are, what they are called, and their bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from planwatch.errors import Fault, InputError
from planwatch.model.period import make_period, month_of, parse_period, shift, year_of
from planwatch.sample.damage import CORRUPTIONS, broken_bytes, damage
from planwatch.sample.grid import Draft
from planwatch.sample.latent import rng
from planwatch.sample.render import MARK, render
from planwatch.sample.tables import BUILDERS
from planwatch.sample.world import FEEDS, FeedForm, Revision, World, shipped_world

__all__ = ["CORRUPTIONS", "Sample", "available", "generate", "release_name", "samples"]


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
    for feed in FEEDS:
        form = world.feeds.of(feed)
        for month in range(form.first_month, 13):
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
    if corrupt is not None and corrupt not in CORRUPTIONS:
        raise _refused("corrupt", corrupt, ", ".join(CORRUPTIONS))
    if corrupt in ("foreign-unit", "unit-changed") and form.damage.foreign_unit is None:
        raise _refused(f"corrupt of {feed_id}", corrupt, "another kind: its table prints growth and ranks, no units")
    if corrupt in ("not-a-workbook", "password-protected"):
        return broken_bytes(corrupt)
    if corrupt == "other-month":
        month = month - 1 if month > form.first_month else month + 1
    whole = draft(feed_id, month, revision, world)
    return render(damage(whole, form.damage, corrupt) if corrupt else whole, form.suffix)


def draft(feed_id: str, month: int, revision: int, world: World) -> Draft:
    """Return a release before it is rendered: tables with their title, notes and publishing date.

    Raises:
        InputError: the month has no such revision.
    """
    form = _form(feed_id, world)
    period = make_period(world.year, month)
    correction = _revision(form, feed_id, month, revision)
    published = correction.published if correction else _published(form, feed_id, period, world.seed)
    sheets = BUILDERS[feed_id](world, month, correction is not None)
    titles = _titles(form, month, world.year, published, correction)
    for sheet in sheets:
        sheet.titles = [*titles, *sheet.titles]
        sheet.footer = [*sheet.footer, *(f"注：{line}" for line in form.footer)]
    prose = [line.format(span=_span(world.year, month)) for line in getattr(form, "prose", ())]
    return Draft(feed_id, period, published, sheets, prose)


def _titles(form: FeedForm, month: int, year: int, published: date, correction: Revision | None) -> list[str]:
    title = form.title.format(span=_span(year, month), month=f"{year}年{month}月")
    day = f"{published.year}年{published.month}月{published.day}日"
    lines = [f"{title}（更正版）" if correction else title, f"发布单位：{form.publisher}　发布日期：{day}　{MARK}"]
    return [*lines, *form.notes, *([f"更正说明：{correction.reason}"] if correction else [])]


def _span(year: int, month: int) -> str:
    return f"{year}年1—{month}月" if month > 1 else f"{year}年1月"


def _published(form: FeedForm, feed_id: str, period: str, seed: int) -> date:
    """Return the publishing day: the feed's day of the month after, some days of delay, never on a weekend."""
    following = shift(period, 1)
    delay = int(rng(seed, feed_id, f"published/{period}").integers(0, form.jitter_days + 1))
    day = date(year_of(following), month_of(following), form.publish_day) + timedelta(days=delay)
    return day + timedelta(days=max(0, 7 - day.weekday()) % 7 if day.weekday() > 4 else 0)


def _form(feed_id: str, world: World) -> FeedForm:
    if feed_id not in FEEDS:
        raise _refused("feed", feed_id, ", ".join(FEEDS))
    return world.feeds.of(feed_id)


def _month(form: FeedForm, feed_id: str, period: str, world: World) -> int:
    first = make_period(world.year, form.first_month)
    try:
        known = first <= parse_period(period) <= make_period(world.year, 12)
    except ValueError:
        known = False
    if not known:
        raise _refused(f"period of {feed_id}", period, f"a month from {first} to {world.year}-12")
    return month_of(period)


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
