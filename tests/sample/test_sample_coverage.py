"""Every target of the 2026 plan that can be measured has readings in the simulated year, or a stated reason why it has none."""

from __future__ import annotations

from planwatch.feeds import load_feeds
from planwatch.model.vocabulary import Kind
from planwatch.plan import load_indicators, load_plan
from planwatch.sample.forms import AreasTable, BottomLineTable, BudgetTable, CountsTable, MilestoneTable
from planwatch.sample.world import FeedForm, shipped_world
from planwatch.settings import settings

INCLUDE = settings().include
WITHOUT = {"rd_spending", "rd_intensity", "carbon_control"}
"""R&D is published by the region once, after the year has ended; the task on carbon is neither public nor reported monthly."""


def simulated(form: FeedForm) -> set[str]:
    """Return the indicators that have a row or column in some table of a feed."""
    found: set[str] = set()
    for table in form.tables:
        rows = (*table.growth, *table.ranks) if isinstance(table, AreasTable) else table.rows
        found |= {row.id for row in rows}
    return found


def test_every_measurable_target_is_simulated() -> None:
    plan = load_plan(INCLUDE / "targets.yaml", INCLUDE)
    wanted = {t.indicator for t in plan.targets} | {t.reference.indicator for t in plan.targets if t.reference}
    everything = set().union(*map(simulated, shipped_world().feeds.values()))
    assert wanted - everything == WITHOUT


def test_milestones_and_bottom_lines_stand_under_their_own_measure() -> None:
    plan = load_plan(INCLUDE / "targets.yaml", INCLUDE)
    feeds = load_feeds(INCLUDE / "feeds.yaml")
    measured = {(s.indicator, str(m)) for f in feeds.values() for s in f.series for m in s.measures}
    assert {t.indicator for t in plan.targets if t.kind is Kind.MILESTONE} <= {i for i, m in measured if m == "done"}
    assert {t.indicator for t in plan.targets if t.kind is Kind.BOTTOM_LINE} <= {
        i for i, m in measured if m == "report"
    }


def test_the_simulated_feeds_carry_exactly_what_they_declare() -> None:
    feeds = load_feeds(INCLUDE / "feeds.yaml")
    assert set(shipped_world().feeds) == set(feeds) - {"published_figures"}
    for feed, form in shipped_world().feeds.items():
        expected = {s.indicator for s in feeds[feed].series if s.expected}
        assert expected <= simulated(form) <= feeds[feed].indicators(), feed


def test_every_row_is_a_registered_indicator_under_a_name_it_goes_by() -> None:
    registry = load_indicators(INCLUDE / "indicators.yaml")
    assert set().union(*map(simulated, shipped_world().feeds.values())) <= set(registry)
    tables = [t for form in shipped_world().feeds.values() for t in form.tables]
    labels = {(r.id, r.label) for t in tables if isinstance(t, MilestoneTable | BudgetTable) for r in t.rows}
    counts = (t for t in tables if isinstance(t, CountsTable | BottomLineTable))
    labels |= {(r.id, label) for t in counts for r in t.rows for label in r.labels.values()}
    for indicator, label in labels:
        assert label.lstrip("#") in (registry[indicator].name_zh, *registry[indicator].aliases), label


def test_who_publishes_can_be_asked_and_every_layout_is_there() -> None:
    feeds = load_feeds(INCLUDE / "feeds.yaml").values()
    assert all(f.contact and f.contact.endswith(".example") for f in feeds)
    assert {str(f.layout) for f in feeds} == {"sheet", "html", "csv", "tidy", "json", "sdmx_csv"}
    assert {f.suffix for f in shipped_world().feeds.values()} == {"xlsx", "xls", "ods", "html", "csv", "json"}
