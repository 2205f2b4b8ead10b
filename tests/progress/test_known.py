"""Which vintage counts, as of when; and what is refused."""

import math
from datetime import UTC, date, datetime

import pandas as pd
import pytest
from judgecases import CALENDAR, frame, growth, obs, plan, target, verdict

from planwatch.errors import InputError
from planwatch.model.calendar import SHANGHAI, FeedRule, ReleaseCalendar, RuleChange
from planwatch.progress import judge

GROWTH = target("growth", 10)


def test_as_of_counts_the_day_of_publication_in_shanghai():
    rows = [
        growth("2026-06", 9.5, published_at=date(2026, 7, 20)),
        growth("2026-06", 11, published_at=date(2026, 8, 20)),
    ]
    assert verdict(GROWTH, rows, "2026-06").actual == 11
    early = verdict(GROWTH, rows, "2026-06", as_of=datetime(2026, 7, 20, 0, 0, 1, tzinfo=SHANGHAI))
    assert early.actual == 9.5
    the_day_before = datetime(2026, 7, 19, 15, 59, tzinfo=UTC)
    assert math.isnan(verdict(GROWTH, rows, "2026-06", as_of=the_day_before).actual)
    late_utc = verdict(GROWTH, rows, "2026-06", as_of=datetime(2026, 7, 19, 16, 1, tzinfo=UTC))
    assert late_utc.actual == 9.5


def test_nothing_known_yet():
    rows = [growth("2026-06", 9.5, published_at="2026-07-20")]
    row = verdict(GROWTH, rows, "2026-06", as_of=datetime(2026, 7, 1, tzinfo=SHANGHAI), feed_of={"it": "f"})
    assert pd.isna(row.reading_period)
    assert row.status == "overdue"


def test_without_a_date_a_value_was_always_known_and_gives_way_to_a_dated_one():
    rows = [growth("2026-06", 9.5), growth("2026-06", 11, published_at="2026-07-20")]
    assert verdict(GROWTH, rows, "2026-06").actual == 11
    assert verdict(GROWTH, rows, "2026-06", as_of=datetime(2026, 7, 1, tzinfo=SHANGHAI)).actual == 9.5


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ({"recorded_at": "2026-07-20T08:00:00+08:00"}, {"recorded_at": "2026-07-20T01:00:00+00:00"}),
        ({"observation_id": 9}, {"observation_id": 10}),
        ({"quality": "estimate"}, {"quality": "preliminary"}),
        ({"quality": "preliminary"}, {"quality": "final"}),
    ],
)
def test_what_orders_vintages_of_one_day(older, newer):
    rows = [growth("2026-06", 11, **newer), growth("2026-06", 9.5, **older)]
    assert verdict(GROWTH, rows, "2026-06").actual == 11
    assert verdict(GROWTH, rows[::-1], "2026-06").actual == 11


@pytest.mark.parametrize("quality", ["estimate", "preliminary"])
def test_a_later_estimate_leaves_a_final_figure_alone_and_a_later_final_one_replaces_it(quality):
    early = growth("2026-06", 8, published_at="2026-07-18", quality=quality)
    final = growth("2026-06", 9.5, published_at="2026-08-20", quality="final")
    late = growth("2026-06", 11, published_at="2026-09-25", quality=quality)
    revised = growth("2026-06", 9.7, published_at="2026-09-24", quality="final")
    first = verdict(GROWTH, [early], "2026-06")
    assert (first.actual, first.provisional) == (8, True)
    for rows in ([early, final, late], [late, final, early]):
        row = verdict(GROWTH, rows, "2026-06")
        assert (row.actual, row.provisional, row.reading_quality) == (9.5, False, "final")
        assert verdict(GROWTH, [*rows, revised], "2026-06").actual == 9.7


def test_a_contradiction_is_refused_by_its_key():
    with pytest.raises(InputError) as caught:
        verdict(GROWTH, [growth("2026-06", 9.5), growth("2026-06", 11)], "2026-06")
    fault = caught.value.faults[0]
    assert (fault.code, fault.key) == ("contradicting_values", "it|baotou|2026-06|ytd|growth_yoy")


def test_the_same_value_twice_is_none_even_in_another_unit():
    rows = [obs("2026-06", 1.8, unit="万人"), obs("2026-06", 18_000, unit="人")]
    assert verdict(target("cumulative", 36_000, unit="人"), rows, "2026-06").actual == 18_000


def test_a_contradiction_beyond_the_judged_month_does_not_matter():
    rows = [growth("2026-06", 11), growth("2026-07", 1), growth("2026-07", 2)]
    assert verdict(GROWTH, rows, "2026-06").actual == 11


def test_a_unit_that_does_not_convert_is_refused():
    with pytest.raises(InputError) as caught:
        verdict(target("cumulative", 100, unit="亿元"), [obs("2026-06", 50, unit="万美元")], "2026-06")
    assert (caught.value.faults[0].code, caught.value.faults[0].value) == ("unit_incompatible", "万美元")


def test_a_missing_column_and_a_wrong_year_are_refused():
    with pytest.raises(InputError, match="span"):
        judge(plan(GROWTH), frame(growth("2026-06", 1)).drop(columns="span"), "2026-06", calendar=CALENDAR)
    with pytest.raises(InputError, match="2026"):
        judge(plan(GROWTH), frame(), "2025-06", calendar=CALENDAR)
    with pytest.raises(InputError, match="month"):
        judge(plan(GROWTH), frame(), "2026-13", calendar=CALENDAR)


def test_an_unknown_span_is_refused():
    with pytest.raises(InputError) as caught:
        verdict(GROWTH, [growth("2026-06", 9.5, span="year_to_date")], "2026-06")
    assert (caught.value.faults[0].column, caught.value.faults[0].value) == ("span", "year_to_date")


def test_lateness_follows_the_feeds_own_rule_and_spares_quarantine():
    calendar = ReleaseCalendar(feeds={"slow": FeedRule(due_day=30, months_after=2), "free": FeedRule(expected=False)})
    rows = [growth("2026-05", 11)]
    at = {"as_of": datetime(2026, 8, 1, tzinfo=SHANGHAI), "calendar": calendar}
    assert verdict(GROWTH, rows, "2026-06", **at).status == "overdue"
    assert verdict(GROWTH, rows, "2026-06", feed_of={"it": "slow"}, **at).reading_state == "carried"
    assert verdict(GROWTH, rows, "2026-06", feed_of={"it": "free"}, **at).status == "on_track"
    fast = {"as_of": datetime(2026, 8, 1, tzinfo=SHANGHAI), "feed_of": {"it": "fast"}}
    assert verdict(GROWTH, rows, "2026-06", **fast).status == "overdue"
    held = verdict(GROWTH, rows, "2026-06", held=frozenset({("fast", "2026-06")}), **fast)
    assert (held.status, held.reading_state) == ("on_track", "carried")
    older = verdict(GROWTH, [growth("2026-03", 11)], "2026-06", held=frozenset({("fast", "2026-06")}), **fast)
    assert older.status == "overdue", "June waits here, but April and May never came"


def test_a_quarterly_series_of_a_monthly_feed_is_late_on_its_own_date():
    rule = FeedRule(
        due_day=10, grace_days=0, quarterly=RuleChange(due_day=25), indicators={"it": RuleChange(due_day=28)}
    )
    own = {"calendar": ReleaseCalendar(feeds={"f": rule}), "feed_of": {"it": "f", "other": "f"}}
    rows = [growth("2026-03", 11)]
    by_day = {
        day: verdict(
            target("growth", 10, frequency="quarterly"),
            rows,
            "2026-06",
            as_of=datetime(2026, 7, day, tzinfo=SHANGHAI),
            **own,
        ).status
        for day in (12, 26, 29)
    }
    assert by_day == {12: "on_track", 26: "on_track", 29: "overdue"}


def test_the_verdict_frame_keeps_the_contract():
    from planwatch.model.verdict import VERDICT_COLUMNS

    out = judge(plan(GROWTH), frame(), "2026-06", calendar=CALENDAR)
    assert tuple(out.columns) == VERDICT_COLUMNS
    assert len(judge(plan(), frame(), "2026-06", calendar=CALENDAR)) == 0
