"""Amended targets are judged by the version of the month's last day, and the sentence says that they are amended."""

from __future__ import annotations

import pytest
from judgecases import growth, obs, target, verdict, verdicts

ORDER = {"source": "决议", "reason": "r"}


def amended(kind, value, *amendments, **rest):
    return target(kind, value, amendments=[{**ORDER, **a} for a in amendments], **rest)


@pytest.mark.parametrize(
    ("period", "status", "expected"),
    [("2026-06", "off_track", 5.5), ("2026-07", "on_track", 4.0), ("2026-08", "on_track", 4.0)],
)
def test_the_version_of_the_last_day_of_the_month_counts(period, status, expected):
    lowered = amended("growth", 5.5, {"from": "2026-07-31", "value": 4})
    row = verdict(lowered, [growth(period, 4.2)], period)
    assert (row["status"], row["expected"]) == (status, expected)


def test_the_sentence_says_since_when_in_both_languages():
    lowered = amended("growth", 5.5, {"from": "2026-07-01", "value": 4})
    before, after = (verdict(lowered, [growth(m, 4.2)], m) for m in ("2026-06", "2026-07"))
    assert not ("调整" in before["reason_zh"] or "amended" in before["reason_en"])
    assert "目标已自7月1日起调整" in after["reason_zh"]
    assert "the target was amended from 1 July" in after["reason_en"]


def test_pace_and_comparator_can_change_too():
    spread = amended(
        "cumulative", 120, {"from": "2026-04-01", "comparator": "le"}, {"from": "2026-06-01", "pace": "year_end"}
    )
    rows = [obs("2026-03", 40), obs("2026-04", 50), obs("2026-06", 70)]
    assert verdict(spread, rows[:1], "2026-03")["variance"] == 10
    assert verdict(spread, rows[:2], "2026-04")["variance"] == -10
    assert verdict(spread, rows, "2026-06")["status"] == "not_due"


def test_dropped_from_its_month_and_taken_up_again():
    gone = amended("growth", 5, {"from": "2026-06-30", "withdrawn": True}, {"from": "2026-09-01", "withdrawn": False})
    rows = [growth(f"2026-{m:02d}", 5.1) for m in (5, 6, 8, 9)]
    states = {m: verdict(gone, rows, m)["status"] for m in ("2026-05", "2026-06", "2026-08", "2026-09")}
    assert list(states.values()) == ["on_track", "withdrawn", "withdrawn", "on_track"]


def test_a_task_waits_until_it_is_handed_down():
    task = amended("assigned", None, {"from": "2026-05-08", "value": 1200, "unit": "人"}, unit="人")
    rows = [obs("2026-04", 500, unit="人"), obs("2026-05", 520, unit="人")]
    assert verdict(task, rows[:1], "2026-04")["status"] == "awaiting_target"
    assert (verdict(task, rows, "2026-05")["expected"], verdict(task, rows, "2026-05")["status"]) == (500, "on_track")


def test_an_area_is_judged_by_its_own_readings():
    whole, part = target("cumulative", 100, unit="家"), target("cumulative", 40, unit="家", area="guyang")
    rows = [obs("2026-06", 60, unit="家"), obs("2026-06", 12, unit="家", area="guyang")]
    frame = verdicts((whole, part), rows, "2026-06")
    assert list(zip(frame["id"], frame["area"], frame["actual"], frame["status"], strict=True)) == [
        ("it", "baotou", 60, "on_track"), ("it", "guyang", 12, "off_track"),
    ]  # fmt: skip
