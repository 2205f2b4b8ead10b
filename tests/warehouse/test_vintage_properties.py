"""Whatever arrives in whatever order: vintages are only added, a repeat adds none, and precedence orders the sources."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from planwatch.feeds import load_feeds
from planwatch.warehouse import fetch_frame, load_observations, save_feeds, save_rows

pytestmark = pytest.mark.postgres
FEEDS = ("stats_bureau", "milestones", "regional_benchmark")
INCLUDE = Path(__file__).resolve().parents[2] / "include"
_AREA = itertools.count()


@cache
def precedence() -> dict[str, int]:
    return {feed.id: feed.precedence for feed in load_feeds(INCLUDE / "feeds.yaml").values()}


releases = st.lists(
    st.tuples(
        st.sampled_from(FEEDS),
        st.integers(0, 6),
        st.lists(st.sampled_from([100.0, 101.0, 102.5]), min_size=1, max_size=3),
    ),
    min_size=1,
    max_size=6,
)
"""Each a feed, a day of publication, and the values of its first months."""


def vintages(conn, area):
    query = "SELECT * FROM mart.vintages WHERE area = %(area)s ORDER BY observation_id"
    return fetch_frame(conn, query, {"area": area}).drop(columns=["feed", "precedence", "rounding"])


def expected(loaded):
    """Return by month what counts: of the feed with the highest precedence the newest word, the later arrival of one day.

    A repeat is a word, too, though it makes no vintage: a stale file that arrives after it does not override it.
    """
    best = {}
    for order, (feed, day, values) in enumerate(loaded):
        for month, value in enumerate(values, start=1):
            best[month] = max(best.get(month, ()), (precedence()[feed], day, order, value))
    return {f"2026-{month:02d}": word[-1] for month, word in best.items()}


@pytest.fixture
def known(warehouse):
    with warehouse.begin() as conn:
        save_feeds(conn, load_feeds(INCLUDE / "feeds.yaml"))
    return warehouse


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(releases)
def test_vintages_are_only_added_and_precedence_speaks(known, build, arriving):
    area = f"area{next(_AREA)}"
    for n, (feed, day, values) in enumerate(arriving):
        published = date(2026, 4, 1) + timedelta(days=day)
        rows = [{"period": f"2026-{m:02d}", "value": v} for m, v in enumerate(values, start=1)]
        frame = build.observations(*rows, area=area, published_at=published)
        with known.begin() as conn:
            before = vintages(conn, area)
            sha = build.release(conn, f"{area} {n}", feed=feed, published=published)
            load_observations(conn, frame, sha)
            after = vintages(conn, area)
            assert after.head(len(before)).to_dict("list") == before.to_dict("list")
        with known.begin() as conn:
            assert load_observations(conn, frame.sample(frac=1, random_state=n), sha) == []
            assert len(vintages(conn, area)) == len(after)
    with known.begin() as conn:
        current = fetch_frame(conn, "SELECT period, value FROM bi.observations_current WHERE area = %(a)s", {"a": area})
        steps = conn.execute(
            text("SELECT count(*) FROM bi.revisions WHERE area = :a AND change = 0"), {"a": area}
        ).scalar_one()
    assert dict(zip(current["period"], current["value"], strict=True)) == expected(arriving)
    assert steps == 0


def test_the_rows_of_a_repeat_are_replaced_not_added(known, build):
    with known.begin() as conn:
        sha = build.release(conn, "march")
        for _ in range(2):
            save_rows(conn, sha, build.observations({}, {"period": "2026-02"}))
        assert conn.execute(text("SELECT count(*) FROM raw.rows")).scalar_one() == 2
