"""The product's reader gets out of the shipped files what the latent year put in, and the verdicts tell the intended story."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest
from samplecells import one_of_each

from planwatch.errors import ReleaseError
from planwatch.feeds import load_calendar, load_feeds, read_release
from planwatch.model.observation import KEY_COLUMNS
from planwatch.plan import load_areas, load_indicators, load_plan
from planwatch.progress import judge
from planwatch.quality import load_suite
from planwatch.reconcile import Reconciliation, reconcile
from planwatch.sample import Sample, can_break, generate, latent, release_name, samples
from planwatch.sample.forms import BottomLineTable, CountsTable
from planwatch.sample.world import shipped_world
from planwatch.settings import settings
from planwatch.steps.include import load_include

INCLUDE = settings().include

MOST = next(e for e in load_suite("release").expectations if e.meta.id == "most_due_arrived").kwargs["mostly"]


@cache
def registries() -> tuple:
    return (
        load_feeds(INCLUDE / "feeds.yaml"),
        load_indicators(INCLUDE / "indicators.yaml"),
        load_areas(INCLUDE / "areas.yaml"),
    )


@cache
def read(sample: Sample) -> tuple[Reconciliation, str, str]:
    feeds, indicators, areas = registries()
    data = (INCLUDE / "sample" / "2026" / sample.name).read_bytes()
    table = read_release(feeds[sample.feed], data, sample.name)
    return reconcile(feeds[sample.feed], table, indicators, areas), table.period, str(table.origin)


@cache
def observed() -> pd.DataFrame:
    return pd.concat([read(s)[0].observations for s in samples()], ignore_index=True)


@cache
def foremost() -> pd.DataFrame:
    """Return the observations without those of another house that a feed of higher precedence prints too."""
    frame = observed()
    rank = frame["source"].map(lambda name: registries()[0][name.split("_2026-")[0]].precedence)
    highest = rank.groupby([frame[c] for c in KEY_COLUMNS]).transform("max")
    return frame[rank == highest]


@cache
def newest() -> dict[tuple[str, ...], float]:
    """Return the last published value of Baotou by indicator, period, measure and span."""
    ours = foremost()[lambda f: f["area"] == "baotou"].sort_values("published_at", kind="stable")
    keys = zip(*(ours[c].astype(str) for c in ("indicator", "period", "measure", "span")), strict=True)
    return dict(zip(keys, ours["value"].astype(float), strict=True))


def value(indicator: str, period: str, measure: str, span: str = "ytd") -> float:
    return newest()[indicator, period, measure, span]


@pytest.mark.parametrize("sample", samples(), ids=lambda s: s.name)
def test_every_shipped_file_reads_without_rejects(sample: Sample) -> None:
    result, period, origin = read(sample)
    assert (period, origin) == (sample.period, "simulated")
    assert not result.rejects
    assert not result.unmatched
    month = int(sample.period[5:])
    tables = shipped_world().feeds[sample.feed].tables
    silent = {
        r.id for t in tables if isinstance(t, CountsTable | BottomLineTable) for r in t.rows if month in r.missing
    }
    assert {f.key for f in result.missing} == silent
    assert len(silent) <= (1 - MOST) * len(result.due)


def test_growth_read_is_growth_meant() -> None:
    world = shipped_world()
    for row in world.feeds["stats_bureau"].tables[0].rows:
        meant = latent.course(row.growth, world.seed, "stats_bureau", row.id)
        for month in range(2, world.last_month + 1 - row.lag):
            if month in row.months:
                seen = value(row.id, f"2026-{month:02d}", "growth_yoy")
                assert seen == pytest.approx(meant[month]), (row.id, month)


def test_counts_read_are_counts_meant_whatever_their_unit() -> None:
    world = shipped_world()
    counts = [(f, form, t) for f, form in world.feeds.items() for t in form.tables if isinstance(t, CountsTable)]
    checked = 0
    for feed, form, table in counts:
        for row in table.rows:
            if row.basis != "累计" or row.printed[0].unit == "%":
                continue
            meant = latent.course(row.course, world.seed, row.drawn_as or table.drawn_as or feed, row.id)
            for month in {*row.months} & {*form.months} & {*range(1, world.last_month + 1)} - {*row.missing}:
                seen = value(row.id, f"2026-{month:02d}", "level")
                assert seen == pytest.approx(meant[month], rel=0.01), (row.id, month)  # 0.52万人 stands for 5151 人
                checked += 1
    assert checked > 300


def test_revenue_grows_from_month_to_month() -> None:
    levels = [value("budget_revenue", f"2026-{m:02d}", "level") for m in (6, 7, 8)]
    assert levels == sorted(levels) and levels[2] < 1.5 * levels[0]


def test_last_december_is_read_from_the_years_first_file() -> None:
    frame = observed()
    december = frame[frame["period"] == "2025-12"]
    tables = [t for form in shipped_world().feeds.values() for t in form.tables if isinstance(t, CountsTable)]
    assert set(december["indicator"]) == {r.id for t in tables for r in t.rows if r.last_year_end is not None}
    assert value("hightech_firms", "2025-12", "level", span="point") == 340


def period_of(feed: str) -> str:
    """Return a month in which the feed has a release."""
    return "2026-06" if 6 in shipped_world().feeds[feed].months else "2026-04"


def broken(feed: str, kind: str) -> Reconciliation:
    """Return what a broken release of a feed yields."""
    feeds, indicators, areas = registries()
    table = read_release(
        feeds[feed], generate(feed, period_of(feed), corrupt=kind), release_name(feed, period_of(feed))
    )
    return reconcile(feeds[feed], table, indicators, areas)


def where(*kinds: str) -> list[tuple[str, str]]:
    """Return the kinds of damage with a feed of each sort of file that can have it."""
    return [(feed, kind) for kind in kinds for feed in one_of_each(lambda feed, kind=kind: can_break(feed, kind))]


WHOLE = ("not-a-workbook", "password-protected", "empty-file", "wrong-encoding", "renamed-column", "missing-column", "unit-changed",
         "foreign-unit")  # fmt: skip


@pytest.mark.parametrize(("feed", "kind"), where(*WHOLE))
def test_a_broken_file_is_refused_whole(feed: str, kind: str) -> None:
    with pytest.raises(ReleaseError) as caught:
        broken(feed, kind)
    assert caught.value.faults
    assert all(f.file == release_name(feed, period_of(feed)) and f.message for f in caught.value.faults)
    if "unit" in kind:
        assert {f.code for f in caught.value.faults} == {"unit_changed"}
    if kind == "unit-changed":
        assert "that factor" in str(caught.value)


@pytest.mark.parametrize(("feed", "kind"), where("cut-off", "other-month"))
def test_a_cut_off_or_wrong_file_does_not_pass_for_the_months(feed: str, kind: str) -> None:
    try:
        assert broken(feed, kind).missing
    except ReleaseError as refused:
        assert refused.faults


FOUND = {
    "text-in-number": "not_a_number", "formula-error": "not_a_number", "unknown-row": "unknown_", "misspelt-row": "unknown_",
    "duplicated-row": "conflict", "future-period": "later_period",
}  # fmt: skip
"""Kind → how the code of what is found begins."""


ONE_ROW = ("energy", "future-period")
"""The file's only row: with its month the whole file is another month's."""


def test_a_file_whose_only_row_lies_in_the_future_is_refused() -> None:
    with pytest.raises(ReleaseError) as caught:
        broken(*ONE_ROW)
    assert [f.code for f in caught.value.faults] == ["other_period"]


@pytest.mark.parametrize(("feed", "kind"), [pair for pair in where(*FOUND) if pair != ONE_ROW])
def test_one_bad_cell_or_row_is_reported_and_the_rest_is_read(feed: str, kind: str) -> None:
    found = broken(feed, kind)
    faults = [f for f in (*found.rejects, *found.unmatched) if f.code.startswith(FOUND[kind])]
    place = shipped_world().feeds[feed].damage
    named = {
        "text-in-number": place.text,
        "formula-error": "#REF!",
        "unknown-row": place.stranger.partition("（")[0],
    }.get(kind, "")
    assert faults and named in str(faults[0])
    assert all(f.file and (f.row or f.sheet) for f in faults)


@cache
def statuses() -> pd.DataFrame:
    """Return status by target and month, as the editions would say at the close of each month."""
    feeds, *_ = registries()
    plan, calendar = load_plan(INCLUDE / "targets.yaml", INCLUDE), load_calendar(INCLUDE / "calendar.yaml")
    frame = foremost()
    ranked = sorted(shipped_world().feeds, key=lambda f: feeds[f].precedence)
    include = load_include(INCLUDE)
    due = {f: feeds[f].frequencies() for f in ranked if calendar.rule(f, feeds[f].frequency).expected}
    months = {}
    for month in range(2, shipped_world().last_month + 1):
        period = f"2026-{month:02d}"
        close = calendar.close(period, due)
        verdicts = judge(
            plan, frame, period, as_of=close, calendar=calendar, feed_of=include.feed_of(period, plan.area)
        )
        months[month] = verdicts.set_index("id")["status"].astype(str)
    return pd.DataFrame(months)


STORY = {
    "gdp": {3: "on_track", 9: "at_risk"},
    "fixed_investment": {3: "on_track", 5: "at_risk", 10: "off_track"},
    "retail": {6: "on_track"},
    "revenue": {2: "off_track", 8: "at_risk", 10: "on_track"},
    "income_rural": {9: "on_track"},
    "rental_homes": {6: "on_track", 9: "achieved"},
    "charging_piles": {8: "overdue", 9: "on_track"},
    "jobs": {2: "at_risk", 10: "on_track"},
    "consumer_events": {8: "on_track", 9: "achieved"},
    "hightech_firms": {9: "at_risk"},
    "rd_activity_coverage": {9: "off_track"},
    "good_air_days": {3: "at_risk", 4: "off_track", 6: "on_track"},
    "grassland_balance": {3: "off_track", 9: "on_track"},
    "surface_water": {4: "on_track", 5: "off_track", 6: "on_track"},
    "skilled_talent": {8: "on_track", 10: "overdue"},
    "trade_growth": {10: "off_track"},
    "fdi_rank": {8: "on_track", 9: "at_risk"},
    "ai_plan": {4: "on_track", 5: "achieved"},
    "grain": {3: "awaiting_target", 4: "not_due", 10: "not_due"},
    "carbon": {10: "awaiting_target"},
    "debt_resolution": {10: "on_track"},
    "national_industry_town": {10: "on_track"},
}  # fmt: skip


@pytest.mark.parametrize(("target", "said"), STORY.items())
def test_the_year_tells_its_story(target: str, said: dict[int, str]) -> None:
    assert {m: statuses().loc[target, m] for m in said} == said


def test_most_targets_are_on_track_and_some_of_every_status_are_there() -> None:
    last = statuses()[shipped_world().last_month].value_counts(normalize=True)
    assert 0.5 < last["on_track"] < 0.75
    assert 0.05 < last["at_risk"] < 0.25 and 0.04 < last["off_track"] < 0.2
    assert {"achieved", "overdue", "awaiting_target", "not_due"} <= set(last.index)
