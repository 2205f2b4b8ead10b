"""Editions: whole or not at all, never twice for the same inputs, one after the other."""

from __future__ import annotations

import threading

import pandas as pd
import pytest
from sqlalchemy import text

from planwatch.errors import PublicationError
from planwatch.model.verdict import VERDICT_COLUMNS
from planwatch.warehouse import (
    current_fingerprint,
    current_observations,
    current_verdicts,
    dispatch_rows,
    edition_number,
    edition_verdicts,
    editions,
    load_observations,
    newest_edition_month,
    newest_period,
    reading_states_before,
    reported_periods,
    save_plan,
)


def test_first_edition_is_current_and_readable(warehouse, build, publish):
    plan = build.plan()
    edition = publish(plan, observation_ids=[3, 1, 3])
    with warehouse.begin() as conn:
        back = current_verdicts(conn, plan.id, "2026-03")
        listed = editions(conn, plan.id)
        assert current_fingerprint(conn, plan.id, "2026-03") == "f1"
        inputs = conn.execute(text("SELECT observation_id FROM mart.edition_vintages ORDER BY 1")).scalars().all()
    assert list(back.columns[: len(VERDICT_COLUMNS)]) == list(VERDICT_COLUMNS)
    assert back["id"].tolist() == ["retail_sales", "gdp", "jobs"] and back["owner"].tolist() == ["stats_bureau"] * 3
    assert inputs == [1, 3]
    row = listed.iloc[0]
    assert (row["edition_id"], row["number"], row["counts"], row["is_current"]) == (edition, 1, {"on_track": 3}, True)


def test_verdicts_come_back_as_they_went_in(warehouse, build, publish):
    plan = build.plan()
    frame = build.verdicts(
        plan, gdp={"status": "off_track", "actual": None, "on_schedule": None, "reading_period": None}
    )
    publish(plan, verdicts=frame)
    with warehouse.begin() as conn:
        back = current_verdicts(conn, plan.id, "2026-03")
    pd.testing.assert_frame_equal(
        back[list(VERDICT_COLUMNS)].astype(object).where(lambda f: f.notna(), None),
        frame.astype(object).where(frame.notna(), None), check_dtype=False,
    )  # fmt: skip


def test_same_fingerprint_makes_no_edition(publish, build):
    assert publish(build.plan()) is not None
    assert publish(build.plan()) is None


def test_changed_inputs_make_the_next_number_and_the_old_stays_readable(warehouse, build, publish):
    plan = build.plan()
    first = publish(plan)
    second = publish(plan, fingerprint="f2", verdicts=build.verdicts(plan, gdp={"status": "at_risk"}))
    with warehouse.begin() as conn:
        assert current_verdicts(conn, plan.id, "2026-03").set_index("id").loc["gdp", "status"] == "at_risk"
        assert edition_verdicts(conn, first)["status"].tolist() == ["on_track"] * 3
        listed = editions(conn, plan.id)
        assert [edition_number(conn, edition) for edition in (first, second)] == [1, 2]
    assert listed["number"].tolist() == [1, 2] and listed["is_current"].tolist() == [False, True]
    assert listed["edition_id"].tolist() == [first, second]


def test_amended_plan_leaves_old_editions_with_their_targets(warehouse, build, publish):
    publish(build.plan())
    fewer = build.plan(targets=("gdp",))
    publish(fewer, period="2026-04", targets_version="b" * 64)
    with warehouse.begin() as conn:
        assert len(current_verdicts(conn, fewer.id, "2026-03")) == 3
        assert current_verdicts(conn, fewer.id, "2026-04")["id"].tolist() == ["gdp"]


def test_reading_states_are_of_the_newest_earlier_month(warehouse, build, publish):
    plan = build.plan()
    for period, state in (("2026-02", "fresh"), ("2026-03", "carried"), ("2026-06", "overdue")):
        publish(plan, period=period, verdicts=build.verdicts(plan, period).assign(reading_state=state))
    with warehouse.begin() as conn:
        assert reading_states_before(conn, plan, "2026-06")["reading_state"].tolist() == ["carried"] * 3
        assert reading_states_before(conn, plan, "2026-02").empty


def test_newest_and_reported_months(warehouse, build, publish):
    plan = build.plan()
    for period in ("2026-06", "2026-03"):
        publish(plan, period=period)
    with warehouse.begin() as conn:
        frame = build.observations(
            {}, {"period": "2026-05"}, {"period": "2026-08", "area": "nation"}, {"period": "2025-12"}
        )
        load_observations(conn, frame, build.release(conn, "some", period=None))
        assert newest_period(conn, 2026) == "2026-06" and newest_period(conn, 2025) is None
        assert newest_edition_month(conn, plan.id) == "2026-06" and newest_edition_month(conn, "other") is None
        assert reported_periods(conn, "baotou", 2026) == ["2026-03", "2026-05"]


def test_verdicts_stand_in_their_years_partition(warehouse, build, publish):
    publish(build.plan(2025), period="2025-12")
    with warehouse.begin() as conn:
        parts = conn.execute(text("SELECT DISTINCT tableoid::regclass::text FROM mart.verdicts")).scalars().all()
    assert parts == ["mart.verdicts_y2025"]


def test_simulated_readings_mark_the_edition(warehouse, build, publish):
    plan = build.plan()
    publish(plan, verdicts=build.verdicts(plan, gdp={"reading_origin": "simulated", "provisional": True}))
    with warehouse.begin() as conn:
        row = editions(conn, plan.id).iloc[0]
        shown = dispatch_rows(conn).set_index("target_id")
    assert bool(row["simulated"]) and bool(row["provisional"])
    assert shown["simulated"].to_dict() == {"retail_sales": False, "gdp": True, "jobs": False}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda f: f.iloc[:2], "no_verdict"),
        (lambda f: pd.concat([f, f.iloc[:1]]), "two_verdicts"),
        (lambda f: f.assign(id=["retail_sales", "gdp", "invented"]), "unknown_target"),
    ],
)
def test_verdicts_must_be_one_a_target(build, publish, change, code):
    plan = build.plan()
    with pytest.raises(PublicationError) as caught:
        publish(plan, verdicts=change(build.verdicts(plan)))
    assert code in {f.code for f in caught.value.faults}


def test_growth_and_rank_are_frozen_as_printed_beside_the_reading(warehouse, build, publish):
    plan = build.plan()
    companions = build.observations(
        {"measure": "growth_yoy", "value": 6.5, "unit": "%"}, {"measure": "rank", "value": 4, "unit": "位", "span": "point"},
        {"measure": "growth_yoy", "value": 9.9, "unit": "%", "span": "month"},
    )  # fmt: skip
    with warehouse.begin() as conn:
        load_observations(conn, companions, build.release(conn, "march"))
        known = current_observations(conn)
    publish(plan, observations=known)
    with warehouse.begin() as conn:
        load_observations(conn, companions.iloc[:1].assign(value=7.0), build.release(conn, "revised"))
        row = dispatch_rows(conn).set_index("target_id").loc["retail_sales"]
    assert (row["yoy_pct"], row["rank_in_region"]) == (6.5, 4)


def test_readers_see_nothing_of_an_open_publication_and_all_of_a_committed_one(warehouse, build, publish, connect):
    plan = build.plan()
    publish(plan)
    reader = connect("bi_reader")

    def seen() -> tuple[set[str], int]:
        rows = reader.execute(text("SELECT status, edition_number FROM bi.dispatch_table")).all()
        total = reader.execute(text("SELECT count(*) FROM bi.variance_editions")).scalar_one()
        reader.rollback()
        return {f"{r.status} {r.edition_number}" for r in rows}, total

    changed = build.verdicts(plan, **{t.id: {"status": "off_track"} for t in plan.targets})
    with warehouse.engine.connect() as conn:
        publish(plan, conn=conn, fingerprint="f2", verdicts=changed)
        assert seen() == ({"on_track 1"}, 3)
        conn.rollback()
        assert seen() == ({"on_track 1"}, 3)
        publish(plan, conn=conn, fingerprint="f2", verdicts=changed)
        conn.commit()
        assert seen() == ({"off_track 2"}, 6)


def test_concurrent_publishers_wait_and_number_one_after_the_other(warehouse, build, publish):
    plan = build.plan()
    publish(plan)
    results: dict[str, int | None] = {}

    def late(fingerprint: str) -> None:
        results[fingerprint] = publish(plan, fingerprint=fingerprint)

    with warehouse.engine.connect() as first, warehouse.engine.connect() as watcher:
        publish(plan, conn=first, fingerprint="f2")
        threads = [threading.Thread(target=late, args=(f,)) for f in ("f2", "f3")]
        for thread in threads:
            thread.start()
        _wait_for_waiting(watcher, 2)
        assert results == {}
        first.commit()
        for thread in threads:
            thread.join(60)
    with warehouse.begin() as conn:
        listed = editions(conn, plan.id)
    assert sorted(listed["number"]) == list(range(1, len(listed) + 1))
    assert results["f3"] is not None and int(listed["is_current"].sum()) == 1
    # f2 is repeated only where f3 came between: what counts is the current edition, not every earlier one
    assert listed["fingerprint"].tolist() in (["f1", "f2", "f3"], ["f1", "f2", "f3", "f2"])


def test_pointer_moves_only_forward(warehouse, build, publish):
    plan = build.plan()
    first = publish(plan)
    publish(plan, fingerprint="f2")
    with warehouse.engine.connect() as conn, pytest.raises(Exception, match="not newer than the current one"):
        conn.execute(text("SELECT mart.set_current_edition(:edition)"), {"edition": first})


def test_plan_must_be_saved_first(warehouse, build, publish):
    with warehouse.engine.connect() as conn, pytest.raises(Exception, match="editions_plan_id_targets_version_fkey"):
        publish(build.plan(), conn=conn)
    with warehouse.begin() as conn:
        save_plan(conn, build.plan(), version=build.version)
        assert publish(build.plan(), conn=conn) is not None


def _wait_for_waiting(conn, count: int) -> None:
    """Return when `count` sessions of this database wait for an advisory lock (the test's time-out ends a hang)."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    while conn.execute(waiting).scalar_one() < count:
        conn.rollback()
