"""Vintages: a repeat is nothing, a correction is one more, and yesterday's knowledge stays readable."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from planwatch.errors import InputError
from planwatch.model.observation import KEY_COLUMNS, OBSERVATION_COLUMNS
from planwatch.warehouse import (
    current_observations,
    fetch_frame,
    judged_observations,
    known_releases,
    load_observations,
    release_observations,
    release_periods,
)

VINTAGES = "SELECT value, quality, published_at, release_sha256 FROM mart.vintages ORDER BY observation_id"


def values(conn, **asked) -> list[float]:
    return current_observations(conn, **asked)["value"].tolist()


def test_frame_comes_back_as_it_went_in(warehouse, build):
    frame = build.observations(
        {}, {"measure": "growth_yoy", "value": -2.8, "unit": "%", "text": "-2.8", "row": None, "sheet": ""}
    )
    with warehouse.begin() as conn:
        assert load_observations(conn, frame, build.release(conn, "march")) == ["2026-03"]
        back = current_observations(conn)
    assert list(back.columns) == [*OBSERVATION_COLUMNS, "observation_id", "recorded_at", "release_sha256"]
    wanted = frame.sort_values(list(KEY_COLUMNS)).reset_index(drop=True)
    pd.testing.assert_frame_equal(
        back[list(OBSERVATION_COLUMNS)].sort_values(list(KEY_COLUMNS)).reset_index(drop=True), wanted, check_dtype=False
    )
    assert back["value"].dtype == "float64" and isinstance(back["published_at"].iloc[0], date)


def test_same_release_twice_adds_nothing(warehouse, build):
    for _ in range(2):
        with warehouse.begin() as conn:
            periods = load_observations(conn, build.observations(), build.release(conn, "march"))
    with warehouse.begin() as conn:
        assert len(fetch_frame(conn, VINTAGES)) == 1
        assert release_periods(conn, build.sha("march")) == ["2026-03"]
    assert periods == []


def test_correction_is_a_new_vintage_and_the_day_before_shows_the_old(warehouse, build):
    with warehouse.begin() as conn:
        load_observations(conn, build.observations({}, {"period": "2026-02"}), build.release(conn, "march"))
        later = date(2026, 5, 20)
        corrected = build.observations({"value": 101.5}, {"period": "2026-02"}, published_at=later)
        assert load_observations(conn, corrected, build.release(conn, "corrected", published=later)) == ["2026-03"]
        assert values(conn) == [100.0, 101.5]
        assert values(conn, as_of=datetime(2026, 5, 19, 15, tzinfo=UTC)) == [100.0, 100.0]
        assert values(conn, as_of=datetime(2026, 5, 19, 16, tzinfo=UTC)) == [
            100.0,
            101.5,
        ]  # already the 20th in Shanghai
        assert values(conn, up_to_period="2026-02") == [100.0]


APRIL, MAY = date(2026, 4, 20), date(2026, 5, 20)


def test_a_stale_file_that_comes_last_does_not_override_what_a_newer_one_confirmed(warehouse, build):
    """100 in April, said again in May; a file of the 1st of May with 101 comes after both."""
    between = date(2026, 5, 1)
    with warehouse.begin() as conn:
        load_observations(conn, build.observations(published_at=APRIL), build.release(conn, "april", published=APRIL))
        confirmed = build.observations(published_at=MAY)
        assert load_observations(conn, confirmed, build.release(conn, "may", published=MAY)) == []
        assert len(fetch_frame(conn, VINTAGES)) == 1
        stale = build.observations(value=101.0, published_at=between)
        assert load_observations(conn, stale, build.release(conn, "late", published=between)) == ["2026-03"]
        assert values(conn) == [100.0]
        assert current_observations(conn)["release_sha256"].tolist() == [build.sha("may")]
        for day, wanted in ((date(2026, 4, 30), 100.0), (between, 101.0), (date(2026, 5, 19), 101.0), (MAY, 100.0)):
            as_of = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
            assert values(conn, as_of=as_of) == [wanted], day
        before = len(fetch_frame(conn, VINTAGES))
        for name, frame in (("may", confirmed), ("late", stale)):
            assert load_observations(conn, frame, build.sha(name)) == []
        assert len(fetch_frame(conn, VINTAGES)) == before == 3


def test_a_late_correction_of_the_older_day_does_not_override_what_a_newer_file_confirmed(warehouse, build):
    with warehouse.begin() as conn:
        for name, day, value in (("april", APRIL, 100.0), ("may", MAY, 100.0), ("april again", APRIL, 101.0)):
            frame = build.observations(published_at=day, value=value)
            load_observations(conn, frame, build.release(conn, name, published=day))
        assert values(conn) == [100.0]
        assert values(conn, as_of=datetime(2026, 5, 1, tzinfo=UTC)) == [101.0]


def test_a_confirmation_read_anew_as_another_value_counts_as_that(warehouse, build):
    with warehouse.begin() as conn:
        load_observations(conn, build.observations(published_at=APRIL), build.release(conn, "april", published=APRIL))
        may = build.release(conn, "may", published=MAY)
        load_observations(conn, build.observations(published_at=MAY), may)
        assert load_observations(conn, build.observations(published_at=MAY, value=105.0), may) == ["2026-03"]
        june = build.release(conn, "june", published=date(2026, 6, 20))
        assert load_observations(conn, build.observations(published_at=date(2026, 6, 20), value=105.0), june) == []
        assert values(conn) == [105.0]


def test_a_repeat_within_the_first_release_of_a_year_confirms_too(warehouse, build):
    rows = [{"published_at": APRIL}, {"published_at": MAY}]
    with warehouse.begin() as conn:
        load_observations(conn, build.observations(*rows), build.release(conn, "collection"))
        assert len(fetch_frame(conn, VINTAGES)) == 1
        stale = build.observations(value=101.0, published_at=date(2026, 5, 1))
        load_observations(conn, stale, build.release(conn, "late", published=date(2026, 5, 1)))
        assert values(conn) == [100.0]


def test_firmer_quality_of_the_same_value_is_news(warehouse, build):
    with warehouse.begin() as conn:
        load_observations(conn, build.observations(quality="preliminary"), build.release(conn, "first"))
        assert load_observations(conn, build.observations(), build.release(conn, "final")) == ["2026-03"]
        assert current_observations(conn)["quality"].tolist() == ["final"]


def test_an_estimate_that_comes_after_a_final_figure_is_kept_and_counts_nowhere(warehouse, build):
    said = [("first", date(2026, 4, 1), 99.0, "estimate"), ("march", date(2026, 4, 20), 100.0, "final")]
    said += [("late", date(2026, 5, 20), 90.0, "preliminary")]
    with warehouse.begin() as conn:
        for name, day, value, quality in said:
            frame = build.observations({"value": value, "quality": quality}, published_at=day)
            load_observations(conn, frame, build.release(conn, name, published=day))
        assert len(fetch_frame(conn, VINTAGES)) == 3
        assert values(conn) == [100.0] == judged_observations(conn, "2026-03")["value"].tolist()
        assert fetch_frame(conn, "SELECT value FROM mart.readings")["value"].tolist() == [100.0]
        for day, counted in ((date(2026, 4, 10), 99.0), (date(2026, 6, 1), 100.0)):
            query = "SELECT value FROM bi.observations_as_of(%(day)s)"
            assert fetch_frame(conn, query, {"day": day})["value"].tolist() == [counted]
        later = date(2026, 6, 20)
        revised = build.observations({"value": 101.0}, published_at=later)
        load_observations(conn, revised, build.release(conn, "revised", published=later))
        assert values(conn) == [101.0]


def test_older_release_read_again_never_overtakes_a_newer_one_of_the_same_day(warehouse, build):
    with warehouse.begin() as conn:
        first, second = build.release(conn, "first"), build.release(conn, "second")
        load_observations(conn, build.observations(value=100.0), first)
        load_observations(conn, build.observations(value=110.0), second)
        assert load_observations(conn, build.observations(value=100.0), first) == []
        load_observations(conn, build.observations(value=105.0), first)  # a mended reader finds another number in it
        assert values(conn) == [110.0]


def test_late_file_adds_to_the_past_only(warehouse, build):
    early = date(2026, 3, 30)
    with warehouse.begin() as conn:
        load_observations(conn, build.observations(value=110.0), build.release(conn, "newer"))
        load_observations(conn, build.observations(value=90.0, published_at=early), build.release(conn, "late"))
        assert values(conn) == [110.0]
        assert values(conn, as_of=datetime(2026, 4, 1, tzinfo=UTC)) == [90.0]


def test_one_release_may_carry_its_own_vintages(warehouse, build):
    history = build.observations(
        {"value": 4263.9, "published_at": date(2024, 1, 20), "quality": "preliminary"},
        {"value": 4270.1, "published_at": date(2024, 12, 1)}, {"value": 4270.1, "published_at": date(2025, 1, 5)},
        period="2023-12", span="year", indicator="gdp",
    )  # fmt: skip
    with warehouse.begin() as conn:
        load_observations(conn, history, build.release(conn, "history", period=None))
        assert fetch_frame(conn, VINTAGES)["value"].tolist() == [4263.9, 4270.1]


def test_missing_publication_date_is_the_releases(warehouse, build):
    with warehouse.begin() as conn:
        load_observations(conn, build.observations(published_at=None), build.release(conn, "march"))
        assert current_observations(conn)["published_at"].tolist() == [date(2026, 4, 18)]
        undated = build.release(conn, "undated", published=None, recorded_at=datetime(2026, 4, 19, 20, tzinfo=UTC))
        load_observations(conn, build.observations(published_at=None, value=1.0), undated)
        assert current_observations(conn)["published_at"].tolist() == [date(2026, 4, 20)]


def test_two_values_for_one_key_are_refused_with_their_places(warehouse, build):
    with warehouse.begin() as conn, pytest.raises(InputError, match=r"row 9, column D.*110") as caught:
        frame = build.observations({}, {"value": 110.0, "row": 9})
        load_observations(conn, frame, build.release(conn, "twice"))
    assert [f.code for f in caught.value.faults] == ["duplicate_key", "duplicate_key"]
    with warehouse.begin() as conn:
        assert current_observations(conn).empty


def test_unknown_release_and_missing_value_are_refused(warehouse, build):
    with warehouse.begin() as conn:
        with pytest.raises(InputError, match="record it first"):
            load_observations(conn, build.observations(), build.sha("never recorded"))
        with pytest.raises(InputError, match="without its key or value"):
            load_observations(conn, build.observations(value=None), build.release(conn, "empty"))


def test_hostile_text_is_kept_as_text(warehouse, build):
    nasty = "'; DROP TABLE core.observations; --\t\"\n\\N,\u3000％\x00€"
    with warehouse.begin() as conn:
        sha = build.release(conn, "nasty", filename=f"{nasty}\udcff", title=nasty)
        load_observations(conn, build.observations(text=nasty, sheet=nasty), sha)
        kept = nasty.replace("\x00", "\ufffd")
        assert current_observations(conn)["text"].tolist() == [kept]
        assert known_releases(conn)["filename"].tolist() == [f"{kept}\ufffd"]


def test_hostile_text_of_many_rows_is_kept_as_text(warehouse, build):
    nasty = "'; DROP TABLE core.observations; --\t\"\n\\N,\u3000％\x00€"
    with warehouse.begin() as conn:
        for name, value in (("first", 1.0), ("again", 2.0)):
            rows = build.observations(*({"area": f"a{n}"} for n in range(40)), value=value, sheet=nasty, flags="")
            load_observations(conn, rows, build.release(conn, name))
        kept = current_observations(conn)
        assert kept["sheet"].tolist() == [nasty.replace("\x00", "\ufffd")] * 40
        assert kept["value"].tolist() == [2.0] * 40


def test_previous_release_is_the_feeds_newest_period_before_corrections_included(warehouse, build):
    with warehouse.begin() as conn:
        february = build.release(conn, "feb", period="2026-02")
        load_observations(conn, build.observations({}, {"indicator": "gdp"}, period="2026-02"), february)
        fixed = build.release(conn, "feb2", period="2026-02")
        load_observations(conn, build.observations(period="2026-02", value=7.0), fixed)
        other = build.release(conn, "fin", feed="finance", period="2026-02")
        load_observations(conn, build.observations(period="2026-02", indicator="budget_revenue"), other)
        before = release_observations(conn, "stats_bureau", "2026-03")
        assert dict(zip(before["indicator"], before["value"], strict=True)) == {"gdp": 100.0, "retail_sales": 7.0}
        assert release_observations(conn, "stats_bureau", "2026-02").empty


def test_each_year_has_its_partition(warehouse, build):
    frame = build.observations(*({"period": f"{year}-12", "span": "year"} for year in (2019, 2024, 2025)))
    with warehouse.begin() as conn:
        load_observations(conn, frame, build.release(conn, "history", period=None))
        found = fetch_frame(
            conn, "SELECT plan_year, tableoid::regclass::text AS part FROM core.observations ORDER BY 1"
        )
    assert found["part"].tolist() == ["core.observations_y2019", "core.observations_y2024", "core.observations_y2025"]


def test_only_some_indicators_and_areas_are_read_when_asked(warehouse, build):
    rows = [{"indicator": i, "area": a} for i in ("gdp", "cpi") for a in ("baotou", "hohhot")]
    with warehouse.begin() as conn:
        load_observations(conn, build.observations(*rows), build.release(conn, "first"))
        some = current_observations(conn, indicators={"gdp", "none"}, areas={"hohhot"})
        assert list(zip(some["indicator"], some["area"], strict=True)) == [("gdp", "hohhot")]
        assert current_observations(conn, indicators=set(), areas=None).empty
        assert len(current_observations(conn)) == len(rows)
