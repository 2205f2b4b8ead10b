from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planwatch.model.vocabulary import Span
from planwatch.reconcile.periods import is_period, read_period, read_row_period


@pytest.mark.parametrize(
    ("text", "year", "month", "span"),
    [
        ("2026年1—3月包头市主要经济指标", 2026, 3, Span.YTD), ("2026年1-2月", 2026, 2, Span.YTD), ("１—８月", None, 8, Span.YTD), ("1至11月累计", None, 11, Span.YTD),
        ("2026年上半年", 2026, 6, Span.YTD), ("2026年前三季度", 2026, 9, Span.YTD), ("前3季度", None, 9, Span.YTD), ("2026年全年", 2026, 12, Span.YTD),
        ("2025年度全年", 2025, 12, Span.YTD), ("2026年一季度", 2026, 3, Span.YTD), ("2026年第二季度", 2026, 6, Span.QUARTER), ("2025年末", 2025, 12, Span.POINT), ("年末", None, 12, Span.POINT), ("2026年6月末", 2026, 6, Span.POINT),
        ("6月末", None, 6, Span.POINT), ("截至2026年6月底", 2026, 6, Span.POINT), ("11月份底", None, 11, Span.POINT), ("1—6月末", None, 6, Span.YTD),
        ("2024-Q2", 2024, 6, Span.QUARTER), ("2025-06 YTD", 2025, 6, Span.YTD), ("2026年3月", 2026, 3, None), ("3月份", None, 3, None),
        ("2026-03", 2026, 3, None), ("stats_bureau_2026-03.xlsx", 2026, 3, None), ("stats_202611.xlsx", 2026, 11, None), ("2026年12月31日快报 1—11月", None, 11, Span.YTD),
    ],
)  # fmt: skip
def test_months_in_words(text, year, month, span):
    stated = read_period(text)
    assert stated is not None
    assert (stated.year, stated.month, stated.span) == (year, month, span)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "主要经济指标",
        "期末",
        "月末数",
        "周末版",
        "兜牢“三保”底线",
        "上年末",
        "底",
        "发布日期：2026年4月18日",
        "2026-04-18",
        "2026/04/18 10:30",
        "2026年",
        "13月",
        "0月",
        "增长3.2",
        "20261",
        "120263",
    ],
)
def test_what_states_no_month(text):
    assert read_period(text) is None


@pytest.mark.parametrize(
    ("text", "span"),
    [("2022-01", Span.MONTH), ("202201", Span.MONTH), ("2025年", Span.YTD), ("2025", Span.YTD), ("2026年3月", None)],
)
def test_a_cell_that_holds_a_month_alone(text, span):
    stated = read_row_period(text)
    assert stated is not None and stated.span is span


@given(st.integers(1950, 2049), st.integers(2, 12), st.sampled_from("-—–~至到－"), st.sampled_from(["", " ", "\u3000"]))
def test_cumulative_months_are_read_back(year, month, dash, space):
    stated = read_period(f"{year}年{space}1{dash}{month}月{space}份主要指标")
    assert stated is not None and (stated.year, stated.month, stated.span) == (year, month, Span.YTD)
    assert stated.period(1999) == f"{year}-{month:02d}"


@given(st.text(max_size=40))
def test_any_text_is_survived(text):
    for stated in (read_period(text), read_row_period(text)):
        assert stated is None or 1 <= stated.month <= 12


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("1—5月", True),
        ("截至6月末", True),
        ("2025年末数", True),
        ("上半年", True),
        ("6月昆都仑区", False),
        ("期末", False),
        ("上年末", False),
    ],
)
def test_a_month_and_nothing_else(text, alone):
    assert is_period(text) is alone
