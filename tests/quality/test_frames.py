"""Keys joined column by column read as keys joined row by row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planwatch.quality.frames import (
    Lookup,
    among,
    coded,
    half_unit,
    is_flagged,
    key_codes,
    keys,
    members,
    repeated,
    shifted,
)

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


CODE = st.one_of(st.integers(0, 30), st.integers(0, 1 << 60))
"""Numbers close together, for which a table is laid out, and far apart, which are hashed."""


@given(st.lists(CODE, max_size=12), st.lists(CODE, max_size=12))
def test_numbers_are_found_among_others_and_again_as_one_by_one(codes, others):
    one, two = (np.array(c, dtype=np.int64) for c in (codes, others))
    assert members(one, two).tolist() == [c in others for c in codes]
    assert repeated(one).tolist() == [c in codes[n + 1 :] for n, c in enumerate(codes)]
    assert not repeated(np.unique(one)).any()


@given(st.lists(CODE, max_size=12, unique=True), st.data())
def test_a_marked_row_is_found_by_its_code(codes, data):
    marked = data.draw(st.lists(st.booleans(), min_size=len(codes), max_size=len(codes)))
    asked = data.draw(st.lists(st.sampled_from([*codes, -1]), max_size=8))
    found = Lookup(np.array(codes, dtype=np.int64), np.array(marked, dtype=bool)).rows(np.array(asked, dtype=np.int64))
    assert found.tolist() == [codes.index(c) if c in codes and marked[codes.index(c)] else -1 for c in asked]


MAYBE = st.sampled_from(["", "万元", "亿元", "元", "revised", "combined; revised", None])


@given(st.lists(st.tuples(MAYBE, MAYBE, st.integers(0, 3)), max_size=8), st.sampled_from(["str", "object", "category"]))
def test_words_mean_the_same_whatever_they_are_kept_as(rows, dtype):
    frame = pd.DataFrame(rows, columns=["printed_unit", "unit", "decimals"])
    frame = frame.assign(flags=frame["unit"], decimals=frame["decimals"].astype("int64"))
    kept = frame.astype(dict.fromkeys(("printed_unit", "unit", "flags"), dtype))
    plain = [0.5 * 10.0**-d * _in_base(p, u) for p, u, d in rows]
    assert half_unit(kept).tolist() == pytest.approx(plain)
    assert is_flagged(kept, "revised").tolist() == ["revised" in str(u) for _, u, _ in rows]
    again = coded(kept, ["unit"])["unit"]
    assert list(again.cat.categories) == sorted({u for _, u, _ in rows if u is not None})
    assert [None if pd.isna(u) else u for u in again] == [u for _, u, _ in rows]


def _in_base(printed, unit):
    sizes = {"元": 1.0, "万元": 1e4, "亿元": 1e8}
    return sizes[printed] / sizes[unit] if printed in sizes and unit in sizes else 1.0


def test_words_that_no_row_bears_are_forgotten():
    frame = pd.DataFrame({"area": pd.Categorical(["b", "a"], categories=["c", "b", "", "a"])})
    found = coded(frame, ["area"])["area"]
    assert (list(found.cat.categories), found.tolist(), found.cat.codes.tolist()) == (["a", "b"], ["b", "a"], [1, 0])
