"""Every case computed by hand: the page of the handbook shows the same file."""

import math

import pandas as pd
import pytest
from casefiles import judged, load

CASES = load("worked") + load("byhand")


def test_every_case_has_a_name_of_its_own():
    names = [case["id"] for case in CASES]
    assert len(names) == len(set(names)) > 50


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_what_was_computed_by_hand(case):
    row = judged(case)
    for column, expected in case["expect"].items():
        found = row[column]
        if isinstance(expected, int | float) and not isinstance(expected, bool):
            assert math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9), (column, found)
        else:
            assert not pd.isna(found), column
            assert found == str(expected) if not isinstance(expected, bool) else bool(found) is expected, (
                column,
                found,
            )
