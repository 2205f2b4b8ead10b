"""In which measure a target is read that names none."""

from datetime import date, datetime

import pytest
from judgecases import growth, obs, ratio, target, verdict

from planwatch.model.calendar import SHANGHAI


def report(period, value):
    return obs(period, value, measure="report")


@pytest.mark.parametrize(
    ("task", "row", "kind", "actual"),
    [
        (target("assigned", 5, unit="%"), growth("2026-06", 5.1), "growth_yoy", 5.1),
        (target("hold", 2, "le", unit="%"), growth("2026-06", 1.5), "growth_yoy", 1.5),
        (target("hold", 80, unit="%"), obs("2026-06", 81, unit="%"), "level", 81),
        (target("bottom_line", comparator="eq", unit="户"), obs("2026-06", 0, unit="户"), "level", 0),
        (target("bottom_line", 100, "eq", unit="%"), ratio("2026-06", 100), "ratio", 100),
    ],
)
def test_the_only_fitting_measure_is_read(task, row, kind, actual):
    out = verdict(task, [row], "2026-06")
    assert (out.actual, out.status) == (actual, "on_track")
    assert out.observation_key.endswith(kind)


@pytest.mark.parametrize(
    ("task", "rows"),
    [
        (target("hold", 80, unit="%"), [growth("2026-06", 81), obs("2026-06", 82, unit="%")]),
        (target("hold", 80, unit="万吨"), [growth("2026-06", 81)]),
        (target("hold", 80, unit="万吨"), [obs("2026-06", 81, unit="亿元", measure="ratio")]),
        (target("growth", 5), [ratio("2026-06", 81)]),
        (target("hold", 80, unit="%", measure="ratio"), [growth("2026-06", 81)]),
        (target("bottom_line", 100, "eq", unit="%"), [report("2026-06", 0)]),
    ],
    ids=[
        "two fit",
        "percent for tons",
        "not percent",
        "growth has one measure",
        "the target says",
        "a count for a ratio",
    ],
)
def test_nothing_is_guessed(task, rows):
    assert verdict(task, rows, "2026-06").reading_state in ("none", "overdue")
    assert verdict(task, rows, "2026-06").observation_key is None


def test_the_usual_measure_wins():
    out = verdict(target("hold", 80, unit="%"), [growth("2026-06", 3), ratio("2026-06", 82)], "2026-06")
    assert out.actual == 82


def test_a_percentage_that_must_be_kept_is_breached_below_it():
    water = target("bottom_line", 100, "eq", unit="%")
    assert verdict(water, [ratio("2026-06", 99)], "2026-06").status == "off_track"


def test_what_is_not_yet_published_is_still_a_source():
    row = growth("2026-02", 5, published_at="2026-03-22")
    early = verdict(target("growth", 5), [row], "2026-02", as_of=datetime(2026, 3, 20, tzinfo=SHANGHAI))
    assert (early.status, early.reason_code) == ("not_due", None)
    late = verdict(
        target("growth", 5),
        [row | {"published_at": "2026-06-01"}],
        "2026-02",
        as_of=datetime(2026, 5, 20, tzinfo=SHANGHAI),
    )
    assert late.status == "overdue"


def test_a_milestone_past_its_deadline_needs_no_source_to_be_late():
    row = verdict(target("milestone", deadline=date(2026, 3, 31)), [], "2026-06")
    assert (row.status, row.reason_code) == ("off_track", None)
    before = verdict(target("milestone", deadline=date(2026, 9, 30)), [], "2026-06")
    assert before.reason_code == "no_source"
