from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planwatch.feeds import load_feeds
from planwatch.model.feed import CellState, Words
from planwatch.reconcile.numbers import read_number


@cache
def words() -> Words:
    return load_feeds(Path(__file__).resolve().parents[2] / "include" / "feeds.yaml")["stats_bureau"].words


@pytest.mark.parametrize(
    ("text", "value", "decimals"),
    [
        ("12.3", 12.3, 1), (" 12.30 ", 12.3, 2), ("０．５", 0.5, 1), ("－１２．３", -12.3, 1), ("−3", -3, 0), ("—3.2", -3.2, 1), ("+4.0", 4, 1),
        ("1,234.5", 1234.5, 1), ("1，234，567", 1234567, 0), ("1 234.5", 1234.5, 1), ("1\u00a0234", 1234, 0), ("12\u2009345", 12345, 0),
        ("12.3①", 12.3, 1), ("12.3*", 12.3, 1), ("12.3[注]", 12.3, 1), ("12.3［注2］", 12.3, 1), ("12.3(注1)", 12.3, 1), ("12.3（注）", 12.3, 1),
        ("12.3²", 12.3, 1), ("-0", 0, 0),
    ],
)  # fmt: skip
def test_numbers(text, value, decimals):
    said = read_number(text, words())
    assert (said.state, said.number, said.decimals) == (CellState.NUMBER, value, decimals)


@pytest.mark.parametrize(
    ("text", "value", "decimals"),
    [
        ("5.7%", 5.7, 1), ("５．７％", 5.7, 1), ("持平", 0, 0), ("与上年持平", 0, 0), ("增长1.1倍", 110, 0), ("1.1倍", 110, 0), ("增长2.345倍", 234.5, 1),
        ("下降3.2%", -3.2, 1), ("下降 3.2 个百分点", -3.2, 1), ("同比增长12.3", 12.3, 1), ("▼3.2", -3.2, 1), ("↑3.2", 3.2, 1), ("增长12.3%①", 12.3, 1),
    ],
)  # fmt: skip
def test_growths(text, value, decimals):
    said = read_number(text, words(), growth=True)
    assert (said.state, said.number, said.decimals) == (CellState.NUMBER, pytest.approx(value, abs=1e-12), decimals)


@pytest.mark.parametrize(
    "text",
    [
        "约四百亿", "12.3.4", "12,34", "1,2345", "1234,567", "12 34", "1.2e3", "nan", "inf", "0x10", "１２.3.", ".5", "5.", "--5", "12-15", "▲3.2",
        "下降-3.2%", "12.3亿元", "#DIV/0!", "=?", "TRUE", "2026-03-01", "(3.2)", "十二", "12.3①4", "5.7%", "1.1倍",
    ],
)  # fmt: skip
def test_text_is_not_a_number(text):
    assert read_number(text, words()).state is CellState.TEXT


@pytest.mark.parametrize(("text", "unit"), [("12.3亿元", "亿元"), ("3.3%", "%"), ("1,234 人", "人")])
def test_the_declared_unit_glued_to_the_number(text, unit):
    assert read_number(text, words(), unit=unit).state is CellState.NUMBER
    assert read_number(text, words(), unit="万吨").state is CellState.TEXT


@pytest.mark.parametrize(
    ("text", "state"),
    [("", CellState.MISSING), ("  ", CellState.MISSING), ("-", CellState.NOT_APPLICABLE), ("—", CellState.NOT_APPLICABLE), ("－", CellState.NOT_APPLICABLE),
     ("……", CellState.NO_RELEASE), ("...", CellState.NO_RELEASE), ("正增长", CellState.QUALITATIVE), ("由负转正①", CellState.QUALITATIVE)],
)  # fmt: skip
def test_marks(text, state):
    said = read_number(text, words())
    assert (said.state, said.number) == (state, None)


def test_a_column_gives_marks_its_own_meaning():
    own = {"-": CellState.NOT_PUBLISHED, "": CellState.NO_RELEASE}
    assert read_number("－", words(), markers=own).state is CellState.NOT_PUBLISHED
    assert read_number(" ", words(), markers=own).state is CellState.NO_RELEASE
    assert read_number("……", words(), markers=own).state is CellState.NO_RELEASE


@pytest.mark.parametrize("text", ["4270.1r", "4270.1（r）", "4270.1(修订)", "4270.1①r", "4270.1r①"])
def test_revised_values(text):
    said = read_number(text, words())
    assert (said.number, said.decimals, said.revised) == (4270.1, 1, True)


FULL = str.maketrans("0123456789.-,%", "０１２３４５６７８９．－，％")
MARKS = ["", "①", "*", "**", "[注]", "（注1）", " ⑫", "³"]


@given(
    cents=st.integers(-(10**13), 10**13),
    decimals=st.integers(0, 4),
    grouped=st.booleans(),
    full=st.booleans(),
    minus=st.sampled_from("-−－–"),
    mark=st.sampled_from(MARKS),
    space=st.sampled_from(["", " ", "\u3000", "\u00a0"]),
)
def test_what_is_printed_is_read_back(  # noqa: PLR0917
    cents, decimals, grouped, full, minus, mark, space
):
    value = cents / 10**decimals
    text = f"{value:,.{decimals}f}" if grouped else f"{value:.{decimals}f}"
    printed = text.translate(FULL) if full else text
    printed = printed.replace("－", "-").replace("-", minus)
    said = read_number(f"{space}{printed}{mark}{space}", words())
    assert said.state is CellState.NUMBER
    assert said.number == float(text.replace(",", "")) and said.decimals == decimals


@given(
    tenths=st.integers(0, 100_000),
    word=st.sampled_from(["增长", "下降", "上升", "减少"]),
    percent=st.sampled_from(["", "%", "％", "个百分点"]),
)
def test_words_give_the_sign(tenths, word, percent):
    said = read_number(f"{word}{tenths / 10:.1f}{percent}", words(), growth=True)
    assert said.number == (tenths / 10 if word in ("增长", "上升") else -tenths / 10)


@given(st.text(max_size=30))
def test_any_text_gets_a_state_and_only_a_number_a_value(text):
    said = read_number(text, words(), growth=True, unit="亿元")
    assert (said.number is not None) == (said.state is CellState.NUMBER)
