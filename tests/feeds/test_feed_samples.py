"""Every shipped release is read without a refused cell, and says what it is."""

from __future__ import annotations

import pytest
from feedcases import INCLUDE, SAMPLE, areas, feeds, indicators

from planwatch.feeds import read_release, sniff
from planwatch.model.observation import OBSERVATION_COLUMNS
from planwatch.reconcile import reconcile

SAMPLES = sorted(p for p in SAMPLE.iterdir() if p.is_file())
NEWEST = {path.name.rsplit("_", 1)[0]: path for path in SAMPLES}.values()
"""Of every feed one; those before it are read in `make test`."""
HISTORY = sorted((INCLUDE / "history").glob("*.tsv"))


def found_in(path):
    feed = sniff(feeds(), path.name)
    assert feed is not None
    table = read_release(feed, path.read_bytes(), path.name)
    return table, reconcile(feed, table, indicators(), areas())


@pytest.mark.parametrize(
    "path", [p if p in NEWEST else pytest.param(p, marks=pytest.mark.slow) for p in SAMPLES], ids=lambda p: p.name
)
def test_a_simulated_release(path):
    table, found = found_in(path)
    assert not found.rejects and not found.unmatched and not table.unclaimed
    assert table.origin == "simulated" and table.published_at is not None and table.period in path.name
    frame = found.observations
    assert tuple(frame.columns) == OBSERVATION_COLUMNS and len(frame) and frame.value.notna().all()
    assert set(frame.origin) == {"simulated"} and set(frame.published_at) == {table.published_at}


@pytest.mark.parametrize("path", HISTORY, ids=lambda p: p.name)
def test_published_figures(path):
    _table, found = found_in(path)
    assert {f.code for f in found.rejects} <= {"qualitative"} and not found.unmatched
    assert set(found.observations.origin) == {"published"} and found.observations.published_at.notna().all()


def test_the_renamed_row_is_one_series_under_the_name_of_its_month():
    for month, name in (("06", "民间投资"), ("07", "民间固定资产投资")):
        path = SAMPLE / f"stats_bureau_2026-{month}.xlsx"
        cells = found_in(path)[0].cells
        assert set(cells[cells.indicator == "private_investment"].label) == {name}
