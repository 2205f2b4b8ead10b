"""The product's reader gets out of the shipped files what the latent year put in, and the verdicts tell the intended story."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest

from planwatch.errors import ReleaseError
from planwatch.feeds import load_calendar, load_feeds, read_release
from planwatch.plan import load_areas, load_indicators, load_plan
from planwatch.progress import judge
from planwatch.reconcile import Reconciliation, reconcile
from planwatch.sample import Sample, generate, latent, release_name, samples
from planwatch.sample.world import FEEDS, shipped_world
from planwatch.settings import settings

INCLUDE = settings().include


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
def newest() -> dict[tuple[str, ...], float]:
    """Return the last published value of Baotou by indicator, period, measure and span."""
    ours = observed()[lambda f: f["area"] == "baotou"].sort_values("published_at", kind="stable")
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
    forms = shipped_world().feeds.department_reports
    silent = {r.id for r in (*forms.counts, *forms.bottom_lines) if month in r.missing}
    assert {f.key for f in result.missing} == (silent if sample.feed == "department_reports" else set())


def test_growth_read_is_growth_meant() -> None:
    world = shipped_world()
    for row in world.feeds.stats_bureau.rows:
        meant = latent.course(row.growth, world.seed, "stats_bureau", row.id)
        for month in range(2, world.last_month + 1 - row.lag):
            if month in row.months:
                seen = value(row.id, f"2026-{month:02d}", "growth_yoy")
                assert seen == pytest.approx(meant[month]), (row.id, month)


def test_counts_read_are_counts_meant_whatever_their_unit() -> None:
    world = shipped_world()
    for row in (*world.feeds.department_reports.counts, *world.feeds.human_resources.rows):
        if row.basis != "累计" or row.printed[0].unit == "%":
            continue
        feed = "human_resources" if row in world.feeds.human_resources.rows else "department_reports"
        meant = latent.course(row.course, world.seed, feed, row.id)
        for month in set(row.months) & set(range(1, world.last_month + 1)) - set(row.missing):
            seen = value(row.id, f"2026-{month:02d}", "level")
            assert seen == pytest.approx(meant[month], rel=0.006), (row.id, month)


def test_revenue_grows_from_month_to_month() -> None:
    levels = [value("budget_revenue", f"2026-{m:02d}", "level") for m in (6, 7, 8)]
    assert levels == sorted(levels) and levels[2] < 1.5 * levels[0]


def test_last_december_is_read_from_the_january_file() -> None:
    frame = observed()
    december = frame[frame["period"] == "2025-12"]
    rows = [r for r in shipped_world().feeds.department_reports.counts if r.last_year_end is not None]
    assert set(december["indicator"]) == {r.id for r in rows}
    assert value("hightech_firms", "2025-12", "level", span="point") == 340


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize(
    "kind", ["not-a-workbook", "password-protected", "renamed-column", "missing-column", "other-month"]
)
def test_a_broken_file_is_refused_whole(feed: str, kind: str) -> None:
    name = release_name(feed, "2026-05")
    with pytest.raises(ReleaseError) as caught:
        read_release(registries()[0][feed], generate(feed, "2026-05", corrupt=kind), name)
    assert all(f.file == name and f.message for f in caught.value.faults)
    assert caught.value.faults


@pytest.mark.parametrize("feed", [f for f in FEEDS if f != "regional_benchmark"])
def test_a_changed_unit_is_refused_with_its_factor(feed: str) -> None:
    with pytest.raises(ReleaseError, match=r"10000|0\.0001") as caught:
        read_release(
            registries()[0][feed], generate(feed, "2026-05", corrupt="unit-changed"), release_name(feed, "2026-05")
        )
    assert {f.code for f in caught.value.faults} == {"unit_changed"}


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("kind", ["text-in-number", "unknown-row"])
def test_one_bad_cell_or_row_is_reported_and_the_rest_is_read(feed: str, kind: str) -> None:
    feeds, indicators, areas = registries()
    data = generate(feed, "2026-05", corrupt=kind)
    result = reconcile(feeds[feed], read_release(feeds[feed], data, release_name(feed, "2026-05")), indicators, areas)
    place = shipped_world().feeds.of(feed).damage
    named = place.text if kind == "text-in-number" else place.stranger
    assert any(named in str(fault) for fault in (*result.rejects, *result.unmatched))
    assert len(result.observations)


@cache
def statuses() -> pd.DataFrame:
    """Return status by target and month, as the editions would say at the close of each month."""
    feeds, *_ = registries()
    plan, calendar = load_plan(INCLUDE / "targets.yaml", INCLUDE), load_calendar(INCLUDE / "calendar.yaml")
    frame = observed()
    source = {s.indicator: f for f in reversed(FEEDS) for s in feeds[f].series}
    months = {}
    for month in range(2, shipped_world().last_month + 1):
        period = f"2026-{month:02d}"
        close = calendar.close(period, {f: feeds[f].frequencies() for f in FEEDS})
        verdicts = judge(plan, frame, period, as_of=close, calendar=calendar, feed_of=source)
        months[month] = verdicts.set_index("id")["status"].astype(str)
    return pd.DataFrame(months)


STORY = {
    "gdp": {3: "on_track", 9: "at_risk"},
    "fixed_investment": {3: "on_track", 5: "at_risk", 10: "off_track"},
    "retail": {6: "on_track"},
    "revenue": {2: "off_track", 8: "at_risk", 10: "on_track"},
    "income_rural": {9: "on_track"},
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
    "grain": {10: "awaiting_target"},
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
