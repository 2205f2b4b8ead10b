"""Keys joined column by column read as keys joined row by row."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planwatch.quality.frames import half_unit, keys

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
