"""Reconciling, whatever the file looks like: order, units and repeats change nothing that is said."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from planwatch.feeds import load_feeds, read_release
from planwatch.model.feed import Feed
from planwatch.plan import load_areas, load_indicators
from planwatch.reconcile import Reconciliation, reconcile

INCLUDE = Path(__file__).resolve().parents[2] / "include"
HEADER = (
    "indicator\tarea\tperiod\tmeasure\tvalue\tunit\tconfidence\tpublished_at\tpublished_at_basis\tsource_title\tnote"
)
SERIES = {
    "地区生产总值": "亿元",
    "一般公共预算收入": "亿元",
    "城镇新增就业": "人",
    "常住人口": "万人",
    "出口总额": "亿元",
}
STEPS = {
    "亿元": {"元": 8, "万元": 4, "亿元": 0, "万亿元": -4},
    "人": {"人": 0, "万人": -4},
    "万人": {"人": 4, "万人": 0, "亿人": -4},
}
"""Base unit → printed unit → decimal places by which a value has more digits before its point in that unit."""
PLACE = ["sheet", "row", "column", "text", "decimals", "printed_unit"]


@cache
def world() -> tuple[Feed, dict, dict]:
    feed = load_feeds(INCLUDE / "feeds.yaml")["published_figures"]
    return feed, dict(load_indicators(INCLUDE / "indicators.yaml")), dict(load_areas(INCLUDE / "areas.yaml"))


def observe(lines: list[str]) -> Reconciliation:
    feed, indicators, areas = world()
    data = "\n".join([HEADER, *lines]).encode()
    return reconcile(feed, read_release(feed, data, "published_figures.tsv"), indicators, areas)


def said(found: Reconciliation, without: list[str] = PLACE) -> list[tuple]:
    frame = found.observations.drop(columns=without).astype(str)
    return sorted(frame.itertuples(index=False, name=None))


@st.composite
def facts(draw) -> tuple[str, str, int, int, Decimal]:
    """One published level: name, area, year, month, value with up to four decimals in the base unit."""
    name = draw(st.sampled_from(sorted(SERIES)))
    places = 0 if SERIES[name] == "人" else draw(st.integers(0, 4))
    value = draw(st.decimals(1, 10**6, places=places))
    return (
        name,
        draw(st.sampled_from(["包头市", "内蒙古", "九原区"])),
        draw(st.integers(2015, 2025)),
        draw(st.integers(2, 12)),
        value,
    )


def line(fact: tuple[str, str, int, int, Decimal], unit: str | None = None) -> str:
    name, area, year, month, value = fact
    printed = unit or SERIES[name]
    number = value.scaleb(STEPS[SERIES[name]][printed])
    return f"{name}\t{area}\t{year}-{month:02d} YTD\tlevel\t{number:f}\t{printed}\tA\t{year + 1}-03-01\t\t\t"


several = st.lists(facts(), min_size=1, max_size=12, unique_by=lambda f: f[:4])


@settings(max_examples=min(30, settings.default.max_examples), deadline=None)
@given(several, st.randoms())
def test_the_order_of_rows_does_not_matter(given_facts, random):
    lines = [line(f) for f in given_facts]
    shuffled = random.sample(lines, len(lines))
    assert said(observe(lines)) == said(observe(shuffled))
    assert len(observe(lines).observations) == len(lines)


@settings(max_examples=min(30, settings.default.max_examples), deadline=None)
@given(several, st.data())
def test_the_unit_a_value_is_printed_in_changes_nothing(given_facts, data):
    units = [data.draw(st.sampled_from(sorted(STEPS[SERIES[f[0]]]))) for f in given_facts]
    scaled = observe([line(f, u) for f, u in zip(given_facts, units, strict=True)])
    assert said(scaled) == said(observe([line(f) for f in given_facts]))
    assert sorted(scaled.observations["value"]) == sorted(float(f[4]) for f in given_facts)


@settings(max_examples=min(25, settings.default.max_examples), deadline=None)
@given(several, st.data())
def test_one_fact_printed_twice_is_one_value_and_two_are_a_conflict_in_any_order(given_facts, data):
    fact = data.draw(st.sampled_from(given_facts))
    name, *place, value = fact
    other = data.draw(st.sampled_from([value, value + 7]))
    lines = [*(line(f) for f in given_facts), line((name, *place, other))]
    mixed = data.draw(st.permutations(lines))
    found, again = observe(lines), observe(mixed)
    assert said(found) == said(again)
    conflicts = [f.code for f in found.rejects]
    assert conflicts == [f.code for f in again.rejects] == ["conflict"] * (other != value)
    assert len(found.observations) == len(given_facts) - (other != value)


@settings(max_examples=min(25, settings.default.max_examples), deadline=None)
@given(several, st.lists(st.sampled_from(["量子产业增加值", "地区生产值", "出口", "  "]), max_size=4))
def test_strange_rows_change_nothing_and_are_all_listed(given_facts, strangers):
    strange = [f"{name}\t包头市\t2025-03\tlevel\t1.5\t亿元\tA\t2025-04-01\t\t\t" for name in strangers]
    lines = [line(f) for f in given_facts]
    found = observe([*strange, *lines])
    assert said(found) == said(observe(lines))
    assert len(found.unmatched) == len(strange) and all(f.row and f.mend for f in found.unmatched)
    assert found.counts["rows_read"] == len(lines) + len(strange) and found.counts["rows_matched"] == len(lines)


def test_shuffled_cells_of_a_shipped_release_say_the_same():
    feeds = load_feeds(INCLUDE / "feeds.yaml")
    path = INCLUDE / "sample" / "2026" / "stats_bureau_2026-09.xlsx"
    table = read_release(feeds["stats_bureau"], path.read_bytes(), path.name)
    _, indicators, areas = world()
    whole = reconcile(feeds["stats_bureau"], table, indicators, areas)
    for seed in range(5):
        table.cells.update(table.cells.sample(frac=1, random_state=seed).set_axis(table.cells.index))
        shuffled = reconcile(feeds["stats_bureau"], table, indicators, areas)
        assert said(shuffled, []) == said(whole, [])
        assert isinstance(shuffled.observations, pd.DataFrame) and shuffled.counts == whole.counts
