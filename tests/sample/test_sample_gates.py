"""Whole releases pass the gates (`tests/steps` loads them all); what cannot be seen while reading is caught at one of them (DOMAIN §5)."""

from __future__ import annotations

import io
from functools import cache

import pandas as pd
import pytest
from openpyxl import load_workbook

from planwatch.feeds import load_feeds, read_release
from planwatch.model.check import CheckResult
from planwatch.model.vocabulary import Severity
from planwatch.plan import load_areas, load_indicators
from planwatch.quality import load_suite
from planwatch.quality.observations import check_observations
from planwatch.quality.release import check_release
from planwatch.reconcile import Reconciliation, reconcile
from planwatch.sample import generate, release_name
from planwatch.sample.world import shipped_world
from planwatch.settings import ROOT, settings

INCLUDE, SUITES = settings().include, ROOT / "expectations"


@cache
def registries() -> tuple:
    return (
        load_feeds(INCLUDE / "feeds.yaml"),
        load_indicators(INCLUDE / "indicators.yaml"),
        load_areas(INCLUDE / "areas.yaml"),
    )


@cache
def found_in(feed: str, month: int, corrupt: str | None = None) -> Reconciliation:
    feeds, indicators, areas = registries()
    period = f"2026-{month:02}"
    data = generate(feed, period, corrupt=corrupt)
    return reconcile(feeds[feed], read_release(feeds[feed], data, release_name(feed, period)), indicators, areas)


def months(feed: str) -> list[int]:
    """Return the feed's months up to June, or its only one."""
    return [m for m in shipped_world().feeds[feed].months if m <= 6]


def before(feed: str) -> pd.DataFrame | None:
    """Return what the feed's releases before its last one in the first half of the year yielded."""
    frames = [found_in(feed, m).observations for m in months(feed)[:-1]]
    return pd.concat(frames, ignore_index=True) if frames else None


def critical(results: list[CheckResult]) -> set[str]:
    return {r.expectation for r in results if not r.success and r.severity is Severity.CRITICAL}


def gate_1(feed: str, corrupt: str | None = None) -> set[str]:
    suite = load_suite(registries()[0][feed].suite, SUITES)
    last = found_in(feed, months(feed)[-2]).observations if len(months(feed)) > 1 else None
    return critical(check_release(suite, found_in(feed, months(feed)[-1], corrupt), last))


def gate_2(feed: str, corrupt: str | None = None) -> set[str]:
    new = found_in(feed, months(feed)[-1], corrupt).observations
    current = pd.concat([f for f in (before(feed), new) if f is not None], ignore_index=True)
    return critical(check_observations(load_suite("observations", SUITES), current, new, indicators=registries()[1]))


@pytest.mark.parametrize("feed", ["agriculture", "national_benchmark"])
def test_a_whole_release_passes_the_first_gate(feed: str) -> None:
    assert gate_1(feed) == set()


@pytest.mark.parametrize("feed", ["finance"])
def test_a_whole_release_passes_the_second_gate(feed: str) -> None:
    assert gate_2(feed) == set()


@pytest.mark.parametrize(
    ("feed", "kind"),
    [
        ("customs", "negative-count"), ("projects", "amount-scaled"), ("science_tech", "swapped-columns"),
    ],
)  # fmt: skip
def test_impossible_figures_are_stopped_at_the_first_gate(feed: str, kind: str) -> None:
    assert gate_1(feed, kind)


@pytest.mark.parametrize(
    ("feed", "kind"),
    [
        ("housing", "falling-total"), ("finance", "part-exceeds-whole"),
    ],
)  # fmt: skip
def test_figures_that_contradict_each_other_are_stopped_at_one_of_the_gates(feed: str, kind: str) -> None:
    assert gate_1(feed, kind) | gate_2(feed, kind)


def cut_csv(name: str, rows: int) -> bytes:
    """Return a shipped table cut off after so many of its rows, which is behind a whole line."""
    lines = (INCLUDE / "sample" / "2026" / name).read_bytes().splitlines(keepends=True)
    head = next(n for n, line in enumerate(lines) if line.startswith("指标".encode("gb18030"))) + 1
    return b"".join(lines[: head + rows])


def cut_workbook(name: str, rows: int) -> bytes:
    """Return a shipped workbook of whose sheet only so many rows are left."""
    book = load_workbook(INCLUDE / "sample" / "2026" / name)
    book.active.delete_rows(rows + 1, book.active.max_row)
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


def said_of(feed: str, name: str, data: bytes) -> dict[str, CheckResult]:
    feeds, indicators, areas = registries()
    found = reconcile(feeds[feed], read_release(feeds[feed], data, name), indicators, areas)
    results = check_release(load_suite(feeds[feed].suite, SUITES), found, None)
    return {r.expectation: r for r in results if not r.success and r.severity is Severity.CRITICAL}


def test_a_table_cut_off_behind_a_whole_row_is_held_with_what_is_missing() -> None:
    name = "human_resources_2026-05.csv"
    assert said_of("human_resources", name, cut_csv(name, 5)) == {}
    held = said_of("human_resources", name, cut_csv(name, 3))
    assert set(held) == {"most_due_arrived"}
    said = held["most_due_arrived"].offending
    assert len(said) == held["most_due_arrived"].failed_rows == 5
    assert all(name in place and "ask the source" in place for place in said)
    assert any("新增高技能人才 was expected" in place for place in said)


@pytest.mark.parametrize("month", ["2026-02", "2026-05", "2026-06"])
def test_a_workbook_of_which_half_is_gone_is_held_in_any_month(month: str) -> None:
    name = f"stats_bureau_{month}.xlsx"
    assert said_of("stats_bureau", name, (INCLUDE / "sample" / "2026" / name).read_bytes()) == {}
    assert "most_due_arrived" in said_of("stats_bureau", name, cut_workbook(name, 11))


def test_renamed_rows_are_named_beside_what_is_missing() -> None:
    name = "human_resources_2026-05.csv"
    text = (INCLUDE / "sample" / "2026" / name).read_bytes().decode("gb18030")
    for old in ("城镇新增就业", "城镇登记失业率", "新增专技人才", "新增高技能人才"):
        text = text.replace(old, f"{old}数")
    (held,) = said_of("human_resources", name, text.encode("gb18030")).values()
    assert any(
        "新增高技能人才 was expected" in p and "perhaps it is 新增高技能人才数 in row" in p for p in held.offending
    )
