"""Releases: recorded once, with a history of states; rows as printed, kept whole."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from sqlalchemy import text

from planwatch.errors import InputError
from planwatch.model.vocabulary import ReleaseState
from planwatch.warehouse import (
    check_results,
    describe_release,
    fetch_frame,
    held_releases,
    known_releases,
    record_decision,
    record_release,
    record_run,
    release_state,
    save_rows,
    set_release_state,
)


def record(conn, sha256: str, **given) -> bool:
    standard = {"feed": "finance", "period": "2026-03", "filename": "f.html", "size": 3, "published_at": None}
    return record_release(conn, sha256=sha256, **(standard | given))


def test_recorded_once(warehouse, build):
    with warehouse.begin() as conn:
        assert record(conn, build.sha("a")) is True
        assert record(conn, build.sha("a"), filename="again.html") is False
        known = known_releases(conn)
    assert known[["filename", "state"]].to_numpy().tolist() == [["f.html", "arrived"]]


def test_state_is_the_newest_event_and_older_ones_stay(warehouse, build):
    with warehouse.begin() as conn:
        assert release_state(conn, build.sha("a")) is None
        record(conn, build.sha("a"))
        set_release_state(conn, build.sha("a"), ReleaseState.QUARANTINED, detail="bounds")
        assert held_releases(conn) == {("finance", "2026-03")}
        set_release_state(conn, build.sha("a"), ReleaseState.LOADED, actor="li", reason="checked by phone")
        assert release_state(conn, build.sha("a")) is ReleaseState.LOADED
        assert held_releases(conn) == set()
        events = conn.execute(text("SELECT state, reason FROM raw.release_events ORDER BY event_id")).tuples().all()
    assert events == [("arrived", ""), ("quarantined", ""), ("loaded", "checked by phone")]


def test_failed_bytes_may_come_again_under_the_right_feed(warehouse, build):
    with warehouse.begin() as conn:
        record(conn, build.sha("a"))
        set_release_state(conn, build.sha("a"), ReleaseState.FAILED, detail="not HTML")
        assert record(conn, build.sha("a"), feed="human_resources") is True
        assert known_releases(conn, "human_resources")["state"].tolist() == ["arrived"]
        assert known_releases(conn, "finance").empty


def test_what_the_reader_found_is_noted(warehouse, build):
    with warehouse.begin() as conn:
        record(conn, build.sha("a"), period=None)
        found = {"period": "2026-04", "published_at": date(2026, 5, 18), "origin": "simulated", "title": "四月"}
        describe_release(conn, build.sha("a"), **found)
        assert known_releases(conn)[list(found)].to_dict("records") == [found]


def test_unknown_release_has_no_state_to_set(warehouse, build):
    with warehouse.begin() as conn, pytest.raises(InputError, match="record it first"):
        set_release_state(conn, build.sha("a"), ReleaseState.LOADED)


def test_not_a_sha256_is_refused(warehouse):
    with warehouse.engine.connect() as conn, pytest.raises(Exception, match="sha256_check"):
        record(conn, "abc")


def test_rows_are_kept_as_printed_and_replaced_by_a_second_reading(warehouse, build):
    cells = pd.DataFrame(
        {"sheet": ["表1", "表1"], "row": [4, None], "column": ["D", "E"], "label": ["总值", None], "text": ["1,2３4.5％", "……"],
         "number": [1234.5, None], "problem": [None, "x\x00y"]}
    )  # fmt: skip
    with warehouse.begin() as conn:
        record(conn, build.sha("a"))
        assert save_rows(conn, build.sha("a"), cells) == save_rows(conn, build.sha("a"), cells) == 2
        rows = fetch_frame(conn, "SELECT * FROM raw.rows ORDER BY ordinal")
    assert rows["text"].tolist() == ["1,2３4.5％", "……"] and rows["label"].tolist() == ["总值", ""]
    assert rows["content"].tolist() == [
        {"sheet": "表1", "row": 4.0, "column": "D", "label": "总值", "text": "1,2３4.5％", "number": 1234.5},
        {"sheet": "表1", "column": "E", "text": "……", "problem": "x\ufffdy"},
    ]


def test_decision_needs_reason_and_name(warehouse, build):
    with warehouse.begin() as conn:
        record(conn, build.sha("a"))
        for key, given in (
            ("reason", {"reason": "  ", "decided_by": "li"}),
            ("decided_by", {"reason": "r", "decided_by": ""}),
        ):
            with pytest.raises(InputError, match=f"a decision without its {key} is none"):
                record_decision(conn, build.sha("a"), "approve", **given)
        record_decision(conn, build.sha("a"), "reject", reason="wrong month", decided_by="li")
        found = fetch_frame(conn, "SELECT decision, reason, decided_by FROM ops.decisions")
    assert found.to_dict("records") == [{"decision": "reject", "reason": "wrong month", "decided_by": "li"}]


def test_run_is_written_at_its_start_and_completed_at_its_end(warehouse, build):
    with warehouse.begin() as conn:
        record_run(conn, "r1", "edition", started_at=build.as_of)
        record_run(conn, "r1", "edition", started_at=build.as_of, ended_at=build.as_of, outcome="done", detail={"n": 1})
        found = fetch_frame(conn, "SELECT run_id, outcome, detail FROM ops.runs")
        assert check_results(conn, "nothing").empty
    assert found.to_dict("records") == [{"run_id": "r1", "outcome": "done", "detail": {"n": 1}}]
