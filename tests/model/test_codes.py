"""Words as numbers say what the words say, whether they come as text or as categories."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planwatch.model import codes
from planwatch.model.codes import all_differ, coded, combinations, key_order, where

WORDS = st.sampled_from(["", "a", "b", "ab", "é", "包头市", "包头", "\U00020000", "ｚ"])
ROWS = st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=12)
FORMS = ("str", "object", "category")


def frames(rows, form):
    return pd.DataFrame(rows, columns=["x", "y", "z"], dtype=object).astype(form)


def told(frame):
    return [(codes, words) for codes, words in (coded(frame[name]) for name in frame)]


@pytest.fixture(params=[1 << 20, 1], ids=["ticked off", "sorted"])
def small(request, monkeypatch):
    """Few combinations are ticked off one by one, many are not; both ways are tried on few rows."""
    monkeypatch.setattr(codes, "SMALL", request.param)


@pytest.mark.parametrize("form", FORMS)
@given(rows=ROWS)
def test_codes_lead_back_to_the_words(form, rows):
    frame = frames(rows, form)
    for name in frame:
        code, words = coded(frame[name])
        assert [words[c] for c in code] == frame[name].tolist()


def test_a_missing_word_is_minus_one_and_unused_categories_are_no_rows():
    column = pd.Series(pd.Categorical(["b", None], categories=["a", "b"]))
    assert coded(column)[0].tolist() == [1, -1]
    assert where(column, lambda word: word == "b", missing=True).tolist() == [True, True]
    assert where(column, lambda word: word == "b").tolist() == [True, False]
    assert combinations(column.to_frame("x"), ["x"])["x"].tolist() == ["b"]


@pytest.mark.parametrize("form", FORMS)
@given(rows=ROWS)
def test_all_differ_where_no_row_is_met_twice(form, rows):
    columns = [(code, len(words)) for code, words in told(frames(rows, form))]
    assert all_differ(columns, len(rows)) == (len(set(rows)) == len(rows))


def test_all_differ_is_the_same_for_many_combinations_as_for_few(small):
    dice = np.random.default_rng(5)
    for rows in range(1, 40):
        drawn = dice.integers(-1, 6, (3, rows))
        columns = [(column, 6) for column in drawn]
        assert all_differ(columns, rows) == (len(set(map(tuple, drawn.T.tolist()))) == rows)


@pytest.mark.parametrize("form", FORMS)
@given(rows=ROWS)
def test_combinations_are_the_distinct_rows(form, rows):
    found = combinations(frames(rows, form), ["z", "x"])
    pairs = list(found[["z", "x"]].itertuples(index=False, name=None))
    assert sorted(pairs) == sorted({(z, x) for x, _, z in rows})


def test_combinations_are_the_same_for_many_as_for_few(small):
    dice = np.random.default_rng(5)
    frame = pd.DataFrame(dice.integers(0, 5, (40, 2)), columns=["x", "y"]).astype(str)
    found = combinations(frame, ["x", "y"])
    assert sorted(found.itertuples(index=False, name=None)) == sorted(set(frame.itertuples(index=False, name=None)))


@pytest.mark.parametrize("form", FORMS)
@given(rows=ROWS)
def test_the_order_is_that_of_the_bytes_and_equal_rows_keep_theirs(form, rows):
    order = key_order(told(frames(rows, form)), len(rows))
    assert order.tolist() == sorted(range(len(rows)), key=lambda n: tuple(word.encode() for word in rows[n]))


def test_the_order_holds_beyond_what_a_number_can_tell_apart(monkeypatch):
    monkeypatch.setattr(codes, "_MOST", 8)
    rows = [("b", "a", "b"), ("a", "b", "ab"), ("a", "b", "a"), ("b", "a", "a"), ("ab", "b", "b")]
    assert key_order(told(frames(rows, "str")), len(rows)).tolist() == sorted(range(len(rows)), key=rows.__getitem__)


def test_several_codes_may_have_one_word():
    order = key_order([(np.array([2, 0, 1, 0]), ["b", "a", "a"])], 4)
    assert order.tolist() == [0, 2, 1, 3]
