"""Lamps that improve only past their edge, where a target asks for it."""

import pytest
from judgecases import CALENDAR, frame, growth, obs, plan, ratio, target, verdict, verdicts
from pydantic import ValidationError

from planwatch.progress import judge

RATE = target("growth", 6, hysteresis=0.3)
SERIES = {1: 6.0, 2: 5.8, 3: 6.1, 4: 6.2, 5: 6.3, 6: 6.0, 7: 4.9, 8: 5.1, 9: 5.3, 10: 6.0, 11: 6.3}


def rates(up_to=12):
    return [growth(f"2026-{m:02d}", v) for m, v in SERIES.items() if m <= up_to]


def lamps(task, months=range(1, 12)):
    return [verdict(task, rates(), f"2026-{m:02d}").status for m in months]


def test_a_lamp_that_was_behind_comes_back_only_past_the_edge():
    assert lamps(RATE) == [
        "on_track",  # 6.0 is enough for one that was never behind
        "at_risk",  # 5.8
        "at_risk",  # 6.1 is past the edge, not by 0.3
        "at_risk",  # 6.2
        "on_track",  # 6.3
        "on_track",  # 6.0, not behind before
        "off_track",  # 4.9
        "off_track",  # 5.1 is within the band of 1 point, not by 0.3
        "at_risk",  # 5.3
        "at_risk",  # 6.0
        "on_track",  # 6.3
    ]


def test_without_it_every_lamp_follows_at_once():
    plain = RATE.model_copy(update={"hysteresis": None})
    assert lamps(plain, (2, 3, 7, 8)) == ["at_risk", "on_track", "off_track", "at_risk"]


def test_it_changes_the_lamp_alone_and_says_so():
    row, plain = (
        verdict(RATE, rates(), "2026-03"),
        verdict(RATE.model_copy(update={"hysteresis": None}), rates(), "2026-03"),
    )
    assert (row.variance, row.on_schedule, row.make_up_n) == (plain.variance, True, plain.make_up_n)
    assert "此前评价较低，须越过界线一定幅度方可改善" in row.reason_zh
    assert "must come further past the edge" in row.reason_en
    assert "此前评价较低" not in plain.reason_zh
    assert "此前评价较低" not in verdict(RATE, rates(), "2026-02").reason_zh


def test_the_close_knows_no_hysteresis():
    assert verdict(RATE, [*rates(), growth("2026-12", 6.0)], "2026-12").status == "achieved"


def test_points_of_gap_for_paced_kinds():
    total = target("cumulative", 120, unit="亿元", hysteresis=2.5)

    def judged(*values):
        rows = [obs(f"2026-{m:02d}", v, unit="亿元") for m, v in enumerate(values, start=1)]
        return verdict(total, rows, f"2026-{len(values):02d}")

    assert judged(9).status == "at_risk"
    assert judged(9, 22).status == "at_risk"  # G = + 1.67
    assert judged(9, 23).status == "on_track"  # G = + 2.5
    assert judged(9, 22).linear_status == "on_track"  # what stands beside the status follows at once


def test_units_are_those_of_the_band():
    held = target("hold", 3, unit="万吨", base_unit="吨", hysteresis=0.1)
    rows = [obs(f"2026-{m:02d}", v, unit="吨", span="point") for m, v in ((1, 29_900), (2, 30_500), (3, 31_000))]
    assert [verdict(held, rows, f"2026-{m:02d}").status for m in (1, 2, 3)] == ["at_risk", "at_risk", "on_track"]


def test_carried_readings_and_missing_months_keep_the_lamp():
    rows = [growth("2026-03", 5.8), growth("2026-06", 6.1)]
    quarterly = RATE.model_copy(update={"frequency": "quarterly"})
    assert [verdict(quarterly, rows, f"2026-{m:02d}").status for m in (2, 3, 5, 6, 8)] == ["not_due", *["at_risk"] * 4]


def test_only_the_targets_that_ask_for_it_and_their_references():
    other = target("relative", comparator="gt", id="beside", reference={"indicator": "it"}, hysteresis=0.5)
    plain = target("growth", 6, id="plain", indicator="it")
    rows = [
        *rates(),
        *(growth(f"2026-{m:02d}", v + 0.2, indicator="beside") for m, v in SERIES.items() if m > 1),
        growth("2026-01", 5.0, indicator="beside"),
    ]
    out = verdicts((plain, other, RATE), rows, "2026-03").set_index("id")
    assert out["status"].to_dict() == {"plain": "on_track", "beside": "at_risk", "it": "at_risk"}


def test_a_later_month_changes_no_earlier_lamp():
    made = plan(RATE)
    for month in (3, 8):
        period = f"2026-{month:02d}"
        full, then = (judge(made, frame(*rows), period, calendar=CALENDAR) for rows in (rates(), rates(month)))
        assert full.equals(then)


@pytest.mark.parametrize("kind", ["milestone", "bottom_line"])
def test_kinds_without_a_band_have_none(kind):
    with pytest.raises(ValidationError, match="has no band"):
        target(kind, hysteresis=1)


def test_a_ratio_that_is_held_has_it_too():
    air = target("hold", 80, unit="%", hysteresis=1)
    rows = [ratio(f"2026-{m:02d}", v, span="ytd") for m, v in ((1, 79.0), (2, 80.5), (3, 81.0))]
    assert [verdict(air, rows, f"2026-{m:02d}").status for m in (1, 2, 3)] == ["at_risk", "at_risk", "on_track"]
