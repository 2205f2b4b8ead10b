"""The arithmetic done again in columns says what the same arithmetic says row by row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qualitycases import plan, verdicts

from planwatch.progress.columns import direction
from planwatch.quality.recomputed import Match, verdict_frame

PARAMETERS = {"rounding": 0.00501, "rounding_relative": 0.0005, "rounding_pct": 0.00501}
COMMON = {"name_zh": "目标", "phrase": "目标"}
PLAN = plan(
    COMMON | {"id": "jobs", "indicator": "jobs", "kind": "cumulative", "value": 3.6, "unit": "万人", "base_unit": "人"},
    COMMON | {"id": "growth", "indicator": "growth", "kind": "growth", "value": 14.0, "unit": "%"},
    COMMON | {"id": "firms", "indicator": "firms", "kind": "reach", "value": 380, "unit": "家", "baseline": {"value": 340}},
    COMMON | {"id": "share", "indicator": "share", "kind": "reach", "value": 38, "unit": "%"},
    COMMON | {"id": "grass", "indicator": "grass", "kind": "hold", "comparator": "le", "value": 10, "unit": "%"},
    COMMON | {"id": "fdi", "indicator": "fdi", "kind": "rank", "comparator": "rank_le", "value": 3},
    COMMON | {"id": "less", "indicator": "less", "kind": "change_pp", "comparator": "le", "value": -1.5, "unit": "百分点"},
    COMMON | {"id": "incomes", "indicator": "incomes", "kind": "relative", "comparator": "about", "reference": {"indicator": "gdp"}},
    COMMON | {"id": "above", "indicator": "above", "kind": "relative", "comparator": "gt", "margin": 2, "unit": "百分点", "reference": {"indicator": "gdp"}},
    COMMON | {"id": "cpi", "indicator": "cpi", "kind": "growth", "comparator": "about", "value": 2, "unit": "%", "direction": 0},
    COMMON | {"id": "cap", "indicator": "cap", "kind": "cumulative", "comparator": "le", "value": 100, "unit": "吨"},
    COMMON | {"id": "law", "indicator": "law", "kind": "milestone"},
)  # fmt: skip
FACTORS = {("jobs", "万人"): 1e-4, ("cap", "万吨"): 1e-4}
UNITS = {"jobs": ("人", "万人"), "cap": ("吨", "万吨"), "firms": ("家", ""), "fdi": ("", None), "law": (None,)}
NUMBER = st.one_of(
    st.sampled_from([math.nan, math.inf, -math.inf, 0.0]),
    st.integers(-99_999, 99_999).map(lambda n: n / 100),
    st.floats(-500, 500),
)


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from([*(t.id for t in PLAN.targets), "unheard_of"]))
    row = {
        "id": name,
        "unit": draw(st.sampled_from(UNITS.get(name, ("%",)))),
        "status": draw(st.sampled_from(["on_track", "off_track", "not_due"])),
    }
    for column in ("actual", "expected", "reference_actual", "progress_pct", "schedule_pct"):
        row[column] = draw(NUMBER)
    near = st.sampled_from([0.0, 0.004, 0.06, -3.0, math.nan])
    row["variance"] = row["actual"] - row["expected"] + draw(near)
    row["gap_pp"] = row["progress_pct"] - row["schedule_pct"] + draw(near)
    return row


def beyond(difference: float, slack: float) -> float:
    return abs(difference) if abs(difference) > slack else difference * 0.0


def last_digit(value: float) -> float:
    if not math.isfinite(value) or value == 0:
        return 1.0
    digits, exponent = f"{abs(value):.11e}".split("e")
    return 10.0 ** (int(exponent) - len(digits.replace(".", "").rstrip("0")) + 1)


DIRECTIONS = {t.id: direction(t) for t in PLAN.targets} | {"unheard_of": 0}


def by_hand(row: dict[str, Any]) -> dict[str, float]:
    """Return V beyond rounding, G beyond rounding and G against the path, by DOMAIN §4."""
    name, actual, d = row["id"], row["actual"], DIRECTIONS[row["id"]]
    target = next((t for t in PLAN.targets if t.id == name), None)
    kind, factor = (target.kind if target else ""), FACTORS.get((name, row["unit"]), 1.0)
    value, base = {
        "jobs": (36_000.0, 0.0),
        "firms": (380.0, 340.0),
        "share": (38.0, math.nan),
        "cap": (100.0, 0.0),
        "less": (-1.5, 0.0),
    }.get(name, (math.nan, math.nan))
    apart, ahead = actual - row["expected"], actual - row["reference_actual"]
    due = math.nan
    if kind in ("growth", "cumulative", "reach", "hold", "change_pp"):
        due = d * apart if d else -abs(apart)
    elif kind == "relative":
        due = d * ahead - (2.0 if name == "above" else 0.0) if d else -abs(ahead)
    elif kind == "rank":
        due = 3 - actual
    digit = 1.0 if kind == "change_pp" else last_digit(actual)
    slack = PARAMETERS["rounding"] * digit + PARAMETERS["rounding_relative"] * abs(actual)
    task = abs(value * factor - base * factor)
    gap_due = 100 * due / task if task > 0 else math.nan
    paced, path = kind in ("cumulative", "reach", "change_pp"), row["progress_pct"] - row["schedule_pct"]
    return {
        "variance_error": beyond(row["variance"] - due, slack),
        "gap_error": beyond(row["gap_pp"] - gap_due, PARAMETERS["rounding_pct"]) if paced else math.nan,
        "gap_path_error": beyond(row["gap_pp"] - path, 3 * PARAMETERS["rounding_pct"])
        if paced and d == 1
        else math.nan,
    }


@settings(deadline=None)
@given(st.lists(rows(), min_size=1, max_size=12))
def test_columns_say_what_rows_say(several: list[dict[str, Any]]) -> None:
    match = Match(verdicts(*several), PLAN)
    told = verdict_frame(verdicts(*several), match, PARAMETERS)
    for n, row in enumerate(several):
        for column, wanted in by_hand(row).items():
            assert told.frame[column].iloc[n] == pytest.approx(wanted, rel=1e-9, abs=1e-9, nan_ok=True), (column, row)
        assert told.frame["in_plan"].iloc[n] == (row["id"] != "unheard_of")
        assert told.frame["infinite"].iloc[n] == ", ".join(
            c for c in told.frame if c in row and isinstance(row[c], float) and math.isinf(row[c])
        )
        assert told.place is not None and told.place(n) == f"{row['id']}|baotou|2026-06 ({row['status']})"
    counted = match.target_frame()
    ids = [row["id"] for row in several]
    assert counted.frame["rows"].tolist() == [ids.count(t.id) for t in PLAN.targets]


def test_nothing_is_due_of_no_verdicts() -> None:
    empty = verdicts({"id": "jobs"}).iloc[:0]
    match = Match(empty, PLAN)
    assert verdict_frame(empty, match, PARAMETERS).frame.empty
    assert match.target_frame().frame["rows"].eq(0).all()


def test_of_what_stands_twice_in_the_plan_the_areas_are_told_apart() -> None:
    first, second = PLAN.targets[1], PLAN.targets[1].model_copy(update={"area": "kundulun", "value": 9.0})
    both = PLAN.model_copy(update={"targets": (first, second)})
    frame = pd.concat([verdicts({"id": "growth", "area": a}) for a in ("kundulun", "baotou", "kundulun")])
    match = Match(frame, both)
    assert match.row.tolist() == [1, 0, 1]
    assert match.target_frame().frame["rows"].tolist() == [1, 2]
    assert np.isnan(match.of_target(np.array([1.0, 2.0]), np.nan)).sum() == 0
