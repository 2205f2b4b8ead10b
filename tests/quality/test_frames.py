"""Keys joined column by column read as keys joined row by row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planwatch.quality.frames import among, coded, half_unit, key_codes, keys, shifted

TEXT = st.text(max_size=4)


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=8), st.sampled_from(["str", "object"]))
def test_keys_are_the_columns_joined(rows, dtype):
    frame = pd.DataFrame(rows, columns=["a", "b", "c"], dtype=dtype).set_axis(range(5, 5 + len(rows)))
    found = keys(frame, ["a", "b", "c"])
    assert found.tolist() == ["|".join(row) for row in rows]
    assert found.index.tolist() == frame.index.tolist() and found.dtype == "str"


def test_half_units_go_by_each_rows_own_units():
    frame = pd.DataFrame(
        {
            "decimals": [0, 1, 0, 2],
            "printed_unit": ["万元", "亿元", "万元", None],
            "unit": ["亿元", "亿元", "元", "亿元"],
        }
    )
    assert half_unit(frame).tolist() == pytest.approx([0.5e-4, 0.05, 0.5e4, 0.005])


WORD = st.sampled_from(["a", "b", "c", ""])


@given(st.lists(st.tuples(WORD, WORD), max_size=8), st.lists(st.tuples(WORD, WORD), max_size=4))
def test_numbers_stand_for_several_columns_together(rows, others):
    one, two = (coded(pd.DataFrame(r, columns=["x", "y"], dtype="str"), ["x", "y"]) for r in (rows, others))
    codes = key_codes(one, ["x", "y"])
    for first, a in zip(rows, codes, strict=True):
        for second, b in zip(rows, codes, strict=True):
            assert (a < b) == (first < second) and (a == b) == (first == second)
    assert among(one, two, ["x", "y"]).tolist() == [row in others for row in rows]


@given(st.lists(st.tuples(st.integers(0, 2), st.floats(-9, 9)), max_size=8), st.sampled_from([1, -1]))
def test_a_shift_stays_within_its_group(rows, by):
    groups, values = (np.array([row[k] for row in sorted(rows)], dtype=float) for k in (0, 1))
    found = shifted(values, groups, by)
    wanted = pd.Series(values).groupby(groups).shift(by)
    np.testing.assert_array_equal(found, wanted.to_numpy())
