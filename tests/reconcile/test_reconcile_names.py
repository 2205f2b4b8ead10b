from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planwatch.feeds import load_feeds
from planwatch.model.feed import Feed, Series
from planwatch.plan import load_areas
from planwatch.reconcile.names import SeriesNames, area_index, is_aside
from planwatch.reconcile.text import split_label, squash

INCLUDE = Path(__file__).resolve().parents[2] / "include"


@cache
def stats() -> Feed:
    return load_feeds(INCLUDE / "feeds.yaml")["stats_bureau"]


@pytest.mark.parametrize(
    ("text", "name", "part", "inside"),
    [
        ("地区生产总值", "地区生产总值", False, ()),
        ("　＃民间投资①（亿元）", "民间投资", True, ("亿元",)),
        ("其中：房地产开发投资", "房地产开发投资", True, ()),
        ("  其中:#税收收入", "税收收入", True, ()),
        ("一、规模以上工业增加值[注]", "规模以上工业增加值", False, ()),
        ("（二）固定资产投资（不含农户）（亿元）", "固定资产投资", False, ("不含农户", "亿元")),
        ("1.地区生产总值*", "地区生产总值", False, ()),
        ("规上工业企业营业收入（1—8月）", "规上工业企业营业收入", False, ("1-8月",)),
        ("PM2.5平均浓度", "PM2.5平均浓度", False, ()),
        ("", "", False, ()),
    ],
)
def test_a_label_taken_apart(text, name, part, inside):
    assert split_label(text, stats().words) == (name, part, inside)


def test_names_are_found_with_and_without_parentheses():
    names = SeriesNames(stats(), "主要经济指标", "2026-03")
    series = names.find("固定资产投资", ("不含农户",))
    assert series is not None and series.indicator == "fixed_investment"
    assert names.find("量子产业") is None
    assert names.nearest("社会消费品零售额")[0] == "社会消费品零售总额"


def test_the_row_above_decides_between_two_series_of_one_name():
    feed = stats()
    twin = feed.series[0].model_copy(
        update={"indicator": "twin", "labels": feed.series[6].labels, "part_of": "retail_sales"}
    )
    names = SeriesNames(feed.model_copy(update={"series": (*feed.series, twin)}), "主要经济指标", "2026-03")
    label = squash(feed.series[6].labels[0].text)
    found = {parent: names.find(label, (), parent) for parent in ("fixed_investment", "retail_sales")}
    assert {p: s.indicator for p, s in found.items() if s} == {
        "fixed_investment": feed.series[6].indicator,
        "retail_sales": "twin",
    }


def test_the_longest_name_in_a_header_counts():
    feed = load_feeds(INCLUDE / "feeds.yaml")["regional_benchmark"]
    names = SeriesNames(feed, "盟市对比", "2026-03")
    assert names.within("位次/实际利用外资总量位次").indicator == "fdi_used"
    assert names.within("位次/量子") is None


@pytest.mark.parametrize(
    ("name", "area"),
    [("全区", "inner_mongolia"), ("九原区（包头）", "jiuyuan"), ("包头 市", "baotou"), ("nation", "nation")],
)
def test_areas_by_name_alias_and_id(name, area):
    assert area_index(load_areas(INCLUDE / "areas.yaml"))[squash(name)] == area


@pytest.mark.parametrize(
    ("inside", "aside"),
    [
        ("亿元", True), ("亿元、%", True), ("上年同期=100", True), ("1-5月", True), ("期末", True), ("预计", True), ("快报数", True),
        ("初步核算数", True), ("全市", True), ("限额以上", False), ("昆都仑区", False), ("全国", False), ("2025年", False),
        ("限额以上快报", False), ("上年同期", False),
    ],
)  # fmt: skip
def test_what_in_parentheses_leaves_the_series_what_it_is(inside, aside):
    assert is_aside(inside, stats().words) is aside
    found = SeriesNames(stats(), "主要经济指标", "2026-03").find("社会消费品零售总额", (inside,))
    assert (found is not None) is aside


RENAMED = {
    "old": [
        {"text": "高技术制造业增加值", "valid_until": "2026-03"},
        {"text": "高技术产业增加值", "valid_from": "2026-04"},
    ],
    "other": [{"text": "高技术制造业增加值", "valid_from": "2026-06"}],
}


def renamed() -> Feed:
    """The feed with a series that changes its name in April, and another that takes the old name in June."""
    added = [Series.model_validate({"indicator": i, "labels": labels}) for i, labels in RENAMED.items()]
    return stats().model_copy(update={"series": (*stats().series, *added)})


@pytest.mark.parametrize(
    ("period", "before", "after"),
    [("2026-03", "old", None), ("2026-04", None, "old"), ("2026-05", None, "old"), ("2026-06", "other", "old")],
)
def test_a_name_counts_within_its_dates_only(period, before, after):
    names = SeriesNames(renamed(), "主要经济指标", period)
    found = [names.find("高技术制造业增加值"), names.find("高技术产业增加值")]
    assert [s and s.indicator for s in found] == [before, after]
    assert [s and s.indicator for s in map(names.within, ("累计/高技术制造业增加值", "高技术产业增加值"))] == [
        before,
        after,
    ]


def test_a_rows_own_month_decides_where_it_has_one():
    names = SeriesNames(renamed(), "主要经济指标", "2026-05")
    found = names.find("高技术制造业增加值", period="2025-12")
    assert found is not None and found.indicator == "old"


def test_a_name_outside_its_dates_is_listed_with_them_and_never_guessed():
    names = SeriesNames(renamed(), "主要经济指标", "2026-05")
    assert names.lapsed("高技术 制造业增加值") == "until 2026-03 old; from 2026-06 other"
    assert names.lapsed("地区生产总值") == names.lapsed("量子产业") == ""
    assert "高技术制造业增加值" not in names.nearest("高技术制造业增加值")
    assert names.nearest("高技术制造业增加值")[0] == "高技术产业增加值"


@pytest.mark.parametrize(
    "printed",
    [
        "地区生产总值", "　地区 生产\u00a0总值 ", "地区\u200b生产\u200e总值", "\ufeff地区生产总值", "地区\u00ad生产总值", "地区⽣产总值", "地区生产总值\ufe0f",
        "地区\n生产总值",
    ],
)  # fmt: skip
def test_what_looks_the_same_is_the_same_name(printed):
    name, _part, inside = split_label(printed, stats().words)
    found = SeriesNames(stats(), "主要经济指标", "2026-03").find(name, inside)
    assert found is not None and found.indicator == "gdp"


def test_a_circled_digit_stays_a_footnote_and_is_no_digit():
    assert squash("①１") == "①1"


@given(st.text(max_size=30))
def test_squashed_text_stays_as_it_is(text):
    assert squash(squash(text)) == squash(text)
