"""Several sources for one series: precedence decides, the others are kept, and what differs beyond rounding is shown."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import text

from planwatch.feeds import load_feeds_file
from planwatch.model.sources import GrowthBasis, NoSource
from planwatch.plan import load_indicators
from planwatch.warehouse import (
    current_observations,
    fetch_frame,
    load_observations,
    save_feeds,
    save_plan,
    save_registries,
)

INCLUDE = Path(__file__).resolve().parents[2] / "include"
GROWTH = {"measure": "growth_yoy", "unit": "%", "printed_unit": "%"}
CONFLICTS = "SELECT * FROM bi.source_conflicts"


@cache
def shipped():
    return {feed.id: feed for feed in load_feeds_file(INCLUDE / "feeds.yaml").feeds}


@pytest.fixture
def load(warehouse, build):
    """Load a frame as a release of a feed, the feeds being known; `precedence` overrides the file's."""

    def _load(name, feed, frame, *, precedence=None, **release):
        feeds = {
            f: m.model_copy(update={"precedence": (precedence or {}).get(f, m.precedence)})
            for f, m in shipped().items()
        }
        with warehouse.begin() as conn:
            save_feeds(conn, feeds)
            return load_observations(conn, frame, build.release(conn, name, feed=feed, **release))

    return _load


@pytest.fixture
def ask(warehouse):
    def _ask(query, **parameters):
        with warehouse.begin() as conn:
            return fetch_frame(conn, query, parameters)

    return _ask


def current(warehouse, **asked):
    with warehouse.begin() as conn:
        return current_observations(conn, **asked)["value"].tolist()


def test_the_higher_precedence_counts_whichever_came_first_or_last(warehouse, build, load, ask):
    for order in (("stats_bureau", "regional_benchmark"), ("regional_benchmark", "stats_bureau")):
        area = order[0]
        for day, feed in enumerate(order, start=18):
            value = 5.0 if feed == "stats_bureau" else 5.4
            published = date(2026, 4, day)
            frame = build.observations(value=value, area=area, published_at=published, **GROWTH)
            load(f"{area} {feed}", feed, frame, published=published)
        found = ask("SELECT value, feed, precedence FROM bi.observations_current WHERE area = %(area)s", area=area)
        assert found.to_dict("records") == [{"value": 5.0, "feed": "stats_bureau", "precedence": 50}]
    assert current(warehouse) == [5.0, 5.0]


def test_as_of_a_day_the_feed_speaks_that_had_published_by_then(warehouse, build, load, ask):
    early, late = date(2026, 4, 18), date(2026, 4, 25)
    load("low", "regional_benchmark", build.observations(value=5.4, published_at=early, **GROWTH), published=early)
    load("high", "stats_bureau", build.observations(value=5.0, published_at=late, **GROWTH), published=late)
    by_day = "SELECT value, feed FROM bi.observations_as_of(%(day)s::date)"
    assert [ask(by_day, day=d).to_dict("records") for d in ("2026-04-17", "2026-04-24", "2026-04-25")] == [
        [],
        [{"value": 5.4, "feed": "regional_benchmark"}],
        [{"value": 5.0, "feed": "stats_bureau"}],
    ]
    assert current(warehouse, as_of=datetime(2026, 4, 24, tzinfo=UTC)) == [5.4]


def test_a_changed_precedence_counts_at_once(warehouse, build, load):
    load("low", "regional_benchmark", build.observations(value=5.4, **GROWTH))
    load("high", "stats_bureau", build.observations(value=5.0, **GROWTH))
    assert current(warehouse) == [5.0]
    with warehouse.begin() as conn:
        save_feeds(conn, {f: m.model_copy(update={"precedence": -m.precedence}) for f, m in shipped().items()})
    assert current(warehouse) == [5.4]


def test_the_value_of_a_second_source_is_kept_also_where_it_is_the_same(build, load, ask):
    load("high", "stats_bureau", build.observations(value=5.0, **GROWTH))
    assert load("low", "regional_benchmark", build.observations(value=5.0, **GROWTH)) == ["2026-03"]
    assert load("low again", "regional_benchmark", build.observations(value=5.0, **GROWTH)) == []
    assert ask("SELECT count(*) AS n FROM core.observations")["n"].tolist() == [2]
    assert ask(CONFLICTS).empty and ask("SELECT * FROM bi.revisions").empty


def test_a_difference_shows_with_both_values_their_cells_and_which_is_used(build, load, ask):
    load("high", "stats_bureau", build.observations(value=5.0, text="5.0", source="stats.xlsx", **GROWTH))
    load("low", "regional_benchmark", build.observations(value=5.4, text="5.4", row=9, source="region.xlsx", **GROWTH))
    [row] = ask(CONFLICTS).to_dict("records")
    said = ("used_feed", "used_value", "other_feed", "other_value", "used_source", "other_source", "other_row", "unit")
    assert [row[c] for c in said] == [
        "stats_bureau",
        5.0,
        "regional_benchmark",
        5.4,
        "stats.xlsx",
        "region.xlsx",
        9,
        "%",
    ]
    assert (row["difference"], row["rounding_bound"]) == (0.4, 0.05), "as decimal numbers"
    assert ask("SELECT * FROM bi.revisions").empty


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        ({"value": 5.35, "decimals": 2}, {"value": 5.4, "decimals": 1}, False),
        ({"value": 5.34, "decimals": 2}, {"value": 5.4, "decimals": 1}, True),
        ({"value": 5.3, "decimals": 1}, {"value": 5.4, "decimals": 1}, True),
        # 36,049 people and 3.6 ten thousand people: the second is exact to 500
        ({"value": 36049, "decimals": 0, "printed_unit": "人"}, {"value": 36000, "decimals": 1, "printed_unit": "万人"}, False),
        ({"value": 36501, "decimals": 0, "printed_unit": "人"}, {"value": 36000, "decimals": 1, "printed_unit": "万人"}, True),
        # whole things counted one by one are exact
        ({"value": 36001, "decimals": 0, "printed_unit": "人"}, {"value": 36000, "decimals": 0, "printed_unit": "人"}, True),
        ({"value": 183.7, "decimals": 1, "printed_unit": "亿元"}, {"value": 183.7412, "decimals": 0, "printed_unit": "万元"}, False),
        ({"value": 3, "decimals": 0, "measure": "rank", "unit": "位"}, {"value": 4, "decimals": 0, "measure": "rank", "unit": "位"}, True),
    ],
)  # fmt: skip
def test_what_printed_digits_explain_is_no_difference(  # noqa: PLR0917
    build, load, ask, one, other, differs
):
    for name, feed, said in (("a", "stats_bureau", one), ("b", "regional_benchmark", other)):
        unit = "人" if "人" in said.get("printed_unit", "") else "亿元"
        load(name, feed, build.observations(**({"measure": "level", "unit": unit, "printed_unit": unit} | said)))
    assert (not ask(CONFLICTS).empty) is differs


def test_a_correction_of_one_source_ends_the_difference(build, load, ask):
    load("high", "stats_bureau", build.observations(value=5.0, **GROWTH))
    load("low", "regional_benchmark", build.observations(value=5.4, **GROWTH))
    day = date(2026, 5, 2)
    load("low2", "regional_benchmark", build.observations(value=5.0, published_at=day, **GROWTH), published=day)
    assert ask(CONFLICTS).empty
    [row] = ask("SELECT feed, value_before, value_after FROM bi.revisions").to_dict("records")
    assert row == {"feed": "regional_benchmark", "value_before": 5.4, "value_after": 5.0}


def gaps(warehouse, build, load, ask, *, growth, level, base, bases=(), indicator="fixed_investment", **last_year):
    with warehouse.begin() as conn:
        save_registries(conn, {}, {}, load_indicators(INCLUDE / "indicators.yaml"))
    frame = build.observations(
        {"value": level},
        {"value": base, "period": "2025-03", **last_year},
        {"value": growth, **GROWTH},
        indicator=indicator,
    )
    load("levels", "stats_bureau", frame)
    with warehouse.begin() as conn:
        save_feeds(conn, shipped(), (), bases)
    return ask("SELECT * FROM bi.growth_level_gaps").to_dict("records")


def test_growth_that_is_not_the_ratio_of_levels_is_information_with_its_cause(warehouse, build, load, ask):
    cause = GrowthBasis(indicator="fixed_investment", cause="scope", note_zh="可比口径", note_en="comparable scope")
    [row] = gaps(warehouse, build, load, ask, growth=4.2, level=143401.0, base=147482.0, bases=[cause])
    assert (row["implied_growth_pct"], row["growth_pct"], row["growth_gap_pp"]) == (-2.767, 4.2, 6.967)
    assert (row["cause"], row["cause_zh"], row["base_period"]) == ("scope", "可比口径", "2025-03")
    assert row["implied_base_value"] == 137620.921
    assert 0.05 < row["rounding_pp"] < 0.06


@pytest.mark.parametrize(("growth", "shown"), [(10.0, False), (9.96, False), (10.04, False), (10.2, True), (9.8, True)])
def test_what_rounding_explains_is_no_gap(  # noqa: PLR0917
    warehouse, build, load, ask, growth, shown
):
    found = gaps(warehouse, build, load, ask, growth=growth, level=110.0, base=100.0)
    assert bool(found) is shown
    assert [r["cause"] for r in found] == ["unexplained"] * shown


def test_a_base_that_was_revised_is_named_where_the_other_base_fits(warehouse, build, load, ask):
    frame = build.observations(value=110.0, period="2025-03", published_at=date(2025, 4, 18))
    load("last year", "stats_bureau", frame, published=date(2025, 4, 18), period="2025-03")
    [row] = gaps(warehouse, build, load, ask, growth=0.0, level=110.0, base=100.0, indicator="retail_sales")
    assert (row["cause"], row["base_values"], round(row["growth_gap_pp"])) == ("base_revised", 2, -10)


def test_targets_without_a_source_say_why(warehouse, build, load, ask):
    plan = build.plan(targets=("retail_sales", "rd_spending", "invented", "cpi"))
    load("march", "stats_bureau", build.observations())
    with warehouse.begin() as conn:
        save_plan(conn, plan, version=build.version)
        reason = NoSource(indicator="rd_spending", reason_zh="年度数据", reason_en="annual figures")
        save_feeds(conn, shipped(), [reason])
    found = ask(
        "SELECT target_id, lacks, reason_code, reason_zh, feeds FROM bi.targets_without_source ORDER BY ordinal"
    )
    assert found.to_dict("split")["data"] == [
        ["rd_spending", "reading", "stated", "年度数据", ""],
        ["invented", "reading", "no_feed", "没有数据源", ""],
        ["cpi", "reading", "never_delivered", "已有数据源，尚未报送", "published_figures stats_bureau survey_team"],
    ]


def test_a_feed_that_the_file_no_longer_has_keeps_its_precedence_and_carries_nothing(warehouse, load, build, ask):
    load("march", "finance", build.observations())
    with warehouse.begin() as conn:
        save_feeds(conn, {f: m for f, m in shipped().items() if f != "finance"})
        assert conn.execute(text("SELECT precedence FROM core.feeds WHERE feed_id = 'finance'")).scalar_one() == 50
        assert conn.execute(text("SELECT count(*) FROM core.feed_series WHERE feed_id = 'finance'")).scalar_one() == 0
