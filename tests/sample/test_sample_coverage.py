"""Every target of the 2026 plan that one of the five feeds can measure has readings in the simulated year."""

from __future__ import annotations

from planwatch.model.vocabulary import Kind
from planwatch.plan import load_indicators, load_plan
from planwatch.sample.world import shipped_world
from planwatch.settings import settings

INCLUDE = settings().include
WITHOUT = {"rd_spending", "rd_intensity"}
"""Ranks that the region publishes once, after the year has ended."""


def simulated() -> set[str]:
    """Return the indicators that have a row or column in some file."""
    feeds = shipped_world().feeds
    return {
        row.id
        for rows in (
            feeds.stats_bureau.rows, feeds.finance.rows, feeds.human_resources.rows, feeds.regional_benchmark.columns,
            feeds.regional_benchmark.ranks, feeds.department_reports.milestones, feeds.department_reports.bottom_lines,
            feeds.department_reports.counts,
        )
        for row in rows
    }  # fmt: skip


def test_every_measurable_target_has_readings() -> None:
    plan = load_plan(INCLUDE / "targets.yaml", INCLUDE)
    wanted = {t.indicator for t in plan.targets if t.kind is not Kind.ASSIGNED}
    wanted |= {t.reference.indicator for t in plan.targets if t.reference}
    assert wanted - simulated() == WITHOUT


def test_every_row_is_a_registered_indicator_under_a_name_it_goes_by() -> None:
    registry = load_indicators(INCLUDE / "indicators.yaml")
    assert simulated() <= set(registry)
    labels = {
        (r.id, r.label)
        for r in (*shipped_world().feeds.department_reports.milestones, *shipped_world().feeds.finance.rows)
    }
    labels |= {(r.id, label) for r in shipped_world().feeds.department_reports.counts for label in r.labels.values()}
    for indicator, label in labels:
        assert label.lstrip("#") in (registry[indicator].name_zh, *getattr(registry[indicator], "aliases", ())), label
