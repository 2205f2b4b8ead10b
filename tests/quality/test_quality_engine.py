"""The engine: results are complete, an error of ours is never a finding, nothing is printed."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from planwatch.errors import CheckError
from planwatch.model.check import worst_failure
from planwatch.model.vocabulary import Gate, Severity
from planwatch.quality import Suite, run_suite
from planwatch.quality.asking import LONG


def suite(*expectations: tuple[str, dict[str, object], str]) -> Suite:
    return Suite.model_validate(
        {
            "name": "mine",
            "expectations": [
                {
                    "type": kind,
                    "kwargs": kwargs,
                    "severity": severity,
                    "meta": {"id": f"e{n}", "zh": "应", "en": "shall"},
                }
                for n, (kind, kwargs, severity) in enumerate(expectations)
            ],
        }
    )


BETWEEN = "expect_column_values_to_be_between"


def test_severity_is_ours_to_gate_on() -> None:
    frame = pd.DataFrame({"value": [1.0, 5.0]})
    checks = suite(
        (BETWEEN, {"column": "value", "max_value": 2}, "info"),
        (BETWEEN, {"column": "value", "max_value": 9}, "critical"),
    )
    results = run_suite(checks, frame, Gate.RELEASE)
    assert [(r.expectation, r.success) for r in results] == [("e0", False), ("e1", True)]
    assert worst_failure(results) is Severity.INFO


def test_at_most_twenty_places_are_named_and_all_are_counted() -> None:
    frame = pd.DataFrame({"value": [9.0] * 50, "place": [f"cell {n}" for n in range(50)]})
    (result,) = run_suite(suite((BETWEEN, {"column": "value", "max_value": 2}, "warning")), frame, Gate.RELEASE)
    assert result.failed_rows == 50
    assert result.offending == tuple(f"cell {n}" for n in range(20))


@pytest.mark.parametrize(
    "kwargs",
    [
        {"column": "nowhere", "max_value": 2},
        {"column": "value", "max_value": 2, "row_condition": "value >", "condition_parser": "pandas"},
        {"column": "word", "max_value": 2},
    ],
)
def test_an_expectation_that_errors_is_our_error(kwargs: dict[str, object]) -> None:
    frame = pd.DataFrame({"value": [1.0], "word": ["x"]})
    with pytest.raises(CheckError, match="mine, expectation e0 could not be evaluated"):
        run_suite(suite((BETWEEN, kwargs, "warning")), frame, Gate.RELEASE)


def test_a_frame_without_its_columns_fails_and_nothing_else_is_looked_at() -> None:
    shape = ("expect_table_columns_to_match_set", {"column_set": ["value", "unit"], "exact_match": False}, "critical")
    results = run_suite(
        suite((BETWEEN, {"column": "value"} | {"max_value": 2}, "warning"), shape),
        pd.DataFrame({"unit": ["%"]}),
        Gate.RELEASE,
    )
    assert [(r.expectation, r.success, r.observed, r.failed_rows) for r in results] == [
        ("e1", False, "missing value", 1)
    ]


def test_a_batch_that_was_not_handed_in_is_our_error() -> None:
    with pytest.raises(CheckError, match="batch observations"):
        run_suite(
            suite((BETWEEN, {"column": "value", "max_value": 2}, "warning")), {"verdicts": pd.DataFrame()}, Gate.RELEASE
        )


def test_frames_are_not_mixed_up_nor_changed_and_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    checks = suite((BETWEEN, {"column": "value", "max_value": 2}, "warning"))
    good, bad = pd.DataFrame({"value": [1.0]}), pd.DataFrame({"value": [3.0]})
    seen = [run_suite(checks, frame, Gate.RELEASE)[0].success for frame in (good, bad, good)]
    assert seen == [True, False, True]
    assert list(good.columns) == ["value"]
    assert capfd.readouterr() == ("", "")


def test_control_characters_do_not_reach_a_result() -> None:
    frame = pd.DataFrame({"value": [9.0], "place": ["cell\x00\n1"]})
    (result,) = run_suite(suite((BETWEEN, {"column": "value", "max_value": 2}, "warning")), frame, Gate.RELEASE)
    assert result.offending == ("cell\ufffd\ufffd1",)


@pytest.mark.parametrize("rows", [50, LONG + 1])
def test_a_condition_leaves_the_other_rows_out_of_counts_and_places(rows: int) -> None:
    frame = pd.DataFrame(
        {
            "value": [float(n % 10) for n in range(rows)],
            "decimals": [n % 3 for n in range(rows)],
            "unit": ["%" if n % 2 else "亿元" for n in range(rows)],
            "measure": ["ratio" if n % 2 else "level" for n in range(rows)],
        }
    )
    only = {"row_condition": 'measure == "level"', "condition_parser": "pandas"}
    checks = suite(
        (BETWEEN, {"column": "value", "max_value": 6} | only, "warning"),
        ("expect_column_values_to_be_in_set", {"column": "unit", "value_set": ["亿元"]} | only, "critical"),
        ("expect_column_values_to_be_in_set", {"column": "decimals", "value_set": [0, 1]} | only, "warning"),
        (BETWEEN, {"column": "value", "max_value": 6}, "warning"),
        ("expect_compound_columns_to_be_unique", {"column_list": ["unit", "measure"]}, "warning"),
        ("expect_table_row_count_to_be_between", {"min_value": 1}, "critical"),
    )
    results = run_suite(checks, frame, Gate.RELEASE)
    level = frame[frame["measure"] == "level"]
    high = level[level["value"] > 6]
    assert [r.success for r in results] == [False, True, False, False, False, True]
    assert results[0].failed_rows == len(high)
    assert results[0].offending == tuple(f"row {n + 1}" for n in high.index[:20])
    assert results[0].observed == f"{len(high)} of {len(level)} failed: 8"
    assert results[1].observed == f"all {len(level)}"
    assert results[2].observed == f"{(level['decimals'] == 2).sum()} of {len(level)} failed: 2"
    assert results[3].failed_rows == (frame["value"] > 6).sum()
    assert results[5].observed == str(rows)


CONDITIONS = {
    'measure == "level"': lambda r: r["measure"] == "level",
    'measure != "level" and unit == "%"': lambda r: r["measure"] != "level" and r["unit"] == "%",
    'measure in ["ratio", "done"]': lambda r: r["measure"] in ("ratio", "done"),
    'unit not in ["%"] or value > 5': lambda r: r["unit"] != "%" or r["value"] > 5,
    'measure == "unheard of"': lambda r: False,
    "measure == unit": lambda r: isinstance(r["unit"], str) and r["measure"] == r["unit"],
    'measure > "level"': lambda r: r["measure"] > "level",
}


@pytest.mark.parametrize("rows", [200, LONG + 1])
def test_a_condition_says_the_same_of_few_rows_and_of_many(rows: int) -> None:
    several = [
        {
            "measure": ("level", "ratio", "done", "%")[n % 4],
            "unit": ("%", "亿元", None)[n % 3],
            "value": float(n % 11),
        }
        for n in range(rows)
    ]
    asked = [
        (BETWEEN, {"column": "value", "max_value": 7, "row_condition": c, "condition_parser": "pandas"}, "warning")
        for c in CONDITIONS
    ]
    results = run_suite(suite(*asked), pd.DataFrame(several), Gate.RELEASE)
    for result, meets in zip(results, CONDITIONS.values(), strict=True):
        looked = [row for row in several if meets(row)]
        failed = sum(row["value"] > 7 for row in looked)
        assert result.failed_rows == failed
        count = f"{failed} of {len(looked)} failed" if failed else f"all {len(looked)}" if looked else "none to check"
        assert result.observed.split(":")[0] == count


@pytest.mark.parametrize("failing", [[], [3], [LONG], [5, 1_999, 2_000, LONG], range(0, LONG, 7), range(1_990, 2_300)])
def test_of_a_long_frame_the_first_failed_rows_are_named_wherever_they_stand(failing: Sequence[int]) -> None:
    value = np.arange(LONG + 1) % 97 / 100
    value[list(failing)] += 5
    frame = pd.DataFrame({"value": value, "unit": np.where(value > 1, "元", "%"), "wanted": "%"})
    frame.loc[frame.index % 10 == 9, "value"] = np.nan
    known, odd = frame["value"].dropna(), [n for n in failing if n % 10 != 9]
    bounded, equal = run_suite(
        suite(
            (BETWEEN, {"column": "value", "max_value": 2}, "warning"),
            ("expect_column_pair_values_to_be_equal", {"column_A": "unit", "column_B": "wanted"}, "warning"),
        ),
        frame,
        Gate.RELEASE,
    )
    assert (bounded.failed_rows, equal.failed_rows) == (len(odd), len(failing))
    assert bounded.offending == tuple(f"row {n + 1}" for n in odd[:20])
    assert equal.offending == tuple(f"row {n + 1}" for n in list(failing)[:20])
    shown = "; ".join(dict.fromkeys(f"{known[n]:.6g}" for n in odd[:3]))
    assert bounded.observed == (f"{len(odd)} of {len(known)} failed: {shown}" if odd else f"all {len(known)}")


def test_nothing_of_a_frame_stays_behind() -> None:
    """Not even until Python looks for objects that hold each other: a long frame's would be hundreds of megabytes."""
    checks = suite((BETWEEN, {"column": "value", "max_value": 2}, "warning"))
    run_suite(checks, pd.DataFrame({"value": [1.0]}), Gate.RELEASE)  # the first use imports the library
    values = np.array([[3.0], [4.0]])
    frame, kept = pd.DataFrame(values, columns=["value"], copy=False), weakref.ref(values)
    assert np.shares_memory(frame["value"].to_numpy(), values)
    gc.collect()
    gc.disable()
    try:
        run_suite(checks, frame, Gate.RELEASE)
        del frame, values
        assert kept() is None
        assert not [o for o in gc.get_objects() if type(o) is pd.DataFrame and list(o.columns) == ["value"]]
    finally:
        gc.enable()
