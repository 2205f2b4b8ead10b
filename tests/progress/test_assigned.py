"""A number that the superior sets becomes the target's own, from the day it is known (DOMAIN §2)."""

from datetime import datetime

import pandas as pd
import pytest
from judgecases import CALENDAR, frame, obs, plan, target, verdict

from planwatch.model.calendar import SHANGHAI
from planwatch.progress import judge

GRAIN = target("assigned", tier="assigned", frequency="annual", unit="", base_unit="")
JOBS = target("assigned", tier="assigned")


def task(period, value, **rest):
    return obs(period, value, **{"measure": "assigned", "span": "year", "unit": "万吨", **rest})


def test_it_waits_until_the_number_comes_and_is_judged_by_it_from_then_on():
    level = obs("2026-06", 70, unit="万吨")
    assert verdict(JOBS, [level], "2026-03").status == "awaiting_target"
    row = verdict(JOBS, [level, task("2026-04", 120)], "2026-06")
    assert (row.status, row.expected, row.progress_pct, row.unit) == ("on_track", 60, 58.33, "万吨")
    assert verdict(JOBS, [obs("2026-06", 50, unit="万吨"), task("2026-04", 120)], "2026-06").status == "at_risk"


def test_a_number_that_was_not_known_yet_is_not_used():
    rows = [obs("2026-06", 70, unit="万吨", published_at="2026-07-10"), task("2026-04", 120, published_at="2026-08-01")]
    as_of = datetime(2026, 7, 20, tzinfo=SHANGHAI)
    assert verdict(JOBS, rows, "2026-06", as_of=as_of).status == "awaiting_target"
    assert verdict(JOBS, rows, "2026-06", as_of=datetime(2026, 8, 2, tzinfo=SHANGHAI)).status == "on_track"


def test_the_newest_task_counts_and_one_of_the_plans_own_stays():
    rows = [obs("2026-06", 70, unit="万吨"), task("2026-04", 120), task("2026-05", 150)]
    assert verdict(JOBS, rows, "2026-06").expected == 75
    own = target("assigned", 90, unit="万吨", tier="assigned")
    assert verdict(own, rows, "2026-06").expected == 45


@pytest.mark.parametrize("words", ["str", "category"])
def test_the_newest_task_counts_however_the_observations_are_ordered(words):
    level = obs("2026-06", 70, unit="万吨")
    tasks = [task("2026-05", 150), task("2026-05", 130, span="point"), task("2026-04", 120)]
    for given in (tasks, tasks[::-1]):
        rows = frame(level, *given)
        months = list(dict.fromkeys(rows["period"]))
        rows["period"] = pd.Categorical(rows["period"], categories=months) if words == "category" else rows["period"]
        assert judge(plan(JOBS), rows, "2026-06", calendar=CALENDAR).iloc[0].expected == 75


def test_a_task_is_no_reading():
    row = verdict(GRAIN, [task("2026-04", 120)], "2026-10")
    assert row.status == "not_due" and pd.isna(row.actual)


def test_what_a_department_attests_is_judged_as_a_milestone():
    started = obs("2026-06", 0.5, measure="done", span="point")
    assert verdict(JOBS, [started], "2026-06").status == "on_track"
    assert verdict(JOBS, [started, obs("2026-09", 1, measure="done", span="point")], "2026-09").status == "achieved"


def test_a_state_is_shown_without_the_unit_of_the_number_that_never_came():
    attested = target("assigned", tier="assigned", unit="亿元", base_unit="亿元")
    row = verdict(attested, [obs("2026-06", 0.5, measure="done", span="point")], "2026-06")
    assert (row.actual, row.unit) == (0.5, "")
    assert "亿元" not in row.reason_zh and "yuan" not in row.reason_en
