"""Whatever a file holds, it is read or refused with a reason: no other error, no endless work."""

from __future__ import annotations

import pytest
from feedcases import SAMPLE, areas, feeds, indicators
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planwatch.errors import ReleaseError
from planwatch.feeds import read_release, sniff
from planwatch.reconcile import reconcile

FILES = [
    "stats_bureau_2026-03.xlsx",
    "finance_2026-03.html",
    "human_resources_2026-03.csv",
    "regional_benchmark_2026-03.xlsx",
]
SLOW = settings(
    max_examples=min(60, settings.default.max_examples),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def read_or_refuse(name: str, data: bytes) -> None:
    feed = sniff(feeds(), name)
    assert feed is not None
    try:
        table = read_release(feed, data, name)
    except ReleaseError as error:
        assert error.faults and all(f.message for f in error.faults)
    else:
        found = reconcile(feed, table, indicators(), areas())
        assert found.counts["read"] == len(table.cells)


@pytest.mark.parametrize("name", FILES)
@SLOW
@given(places=st.lists(st.tuples(st.floats(0, 0.999), st.binary(min_size=1, max_size=6)), min_size=1, max_size=8))
def test_overwritten_bytes(name, places):
    data = bytearray((SAMPLE / name).read_bytes())
    for where, what in places:
        at = int(where * len(data))
        data[at : at + len(what)] = what
    read_or_refuse(name, bytes(data))


@pytest.mark.parametrize("name", FILES)
@SLOW
@given(keep=st.floats(0, 1), tail=st.binary(max_size=40))
def test_cut_short(name, keep, tail):
    data = (SAMPLE / name).read_bytes()
    read_or_refuse(name, data[: int(len(data) * keep)] + tail)


@pytest.mark.parametrize("name", FILES)
@SLOW
@given(data=st.binary(max_size=400))
def test_anything_at_all(name, data):
    read_or_refuse(name, data)


CELL = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.sampled_from(["-", "……", "地区生产总值", "指标名称", "#民间投资"]),
)


@SLOW
@given(rows=st.lists(st.lists(CELL, max_size=7), max_size=8))
def test_any_cells_below_the_header(rows):
    from feedcases import STATS, stats

    clean = [
        [c if not isinstance(c, str) else "".join(ch for ch in c if ch.isprintable()) for c in row] for row in rows
    ]
    read_or_refuse(STATS, stats(*clean))
