"""The figures of a text: every form, and how it binds."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planwatch.plan.figures import Form, find_figures
from planwatch.plan.tables import with_units


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("增长5.5%左右", ("5.5%左右", 5.5, None, "%", "about")),
        ("增长５．５％左右", ("５．５％左右", 5.5, None, "%", "about")),
        ("新增3.6万人以上", ("3.6万人以上", 3.6, None, "万人", "ge")),
        ("新增新能源并网200万千瓦", ("200万千瓦", 200, None, "万千瓦", "ge")),
        ("总额1,200亿元", ("1,200亿元", 1200, None, "亿元", "ge")),
        ("提高5个百分点", ("5个百分点", 5, None, "百分点", "ge")),
        ("平移2—3项技术", ("2—3项", 2, 3, "项", "range")),
        ("增长5%至6%", ("5%至6%", 5, 6, "%", "range")),
        ("引进三到五家", ("三到五家", 3, 5, "家", "range")),
        ("建成两三座", ("两三座", 2, 3, "座", "range")),
        ("5000万元至1亿元", ("5000万元至1亿元", 0.5, 1, "亿元", "range")),
        ("建成十五家", ("十五家", 15, None, "家", "ge")),
        ("新建一千二百公里", ("一千二百公里", 1200, None, "公里", "ge")),
        ("补贴三万元", ("三万元", 3, None, "万元", "ge")),
        ("提高百分之五以上", ("百分之五以上", 5, None, "%", "ge")),
        ("产值突破60亿元", ("60亿元", 60, None, "亿元", "gt")),
        ("产值突破千亿元大关", ("千亿元", 1000, None, "亿元", "gt")),
        ("控制在5.5%以内", ("5.5%以内", 5.5, None, "%", "le")),
        ("控制在2%左右", ("2%左右", 2, None, "%", "about")),
        ("失业率低于4%", ("4%", 4, None, "%", "lt")),
        ("不少于30家", ("30家", 30, None, "家", "ge")),
        ("举办100余场", ("100余场", 100, None, "场", "ge")),
        ("浓度30微克/立方米以下", ("30微克/立方米以下", 30, None, "微克/立方米", "le")),
        ("保持全区前三", ("前三", 3, None, "位", "rank_le")),
        ("进入全国前100名", ("前100名", 100, None, "位", "rank_le")),
        ("位居全省第3位", ("第3位", 3, None, "位", "rank_le")),
        ("产值翻一番", ("翻一番", 100, None, "%", "ge")),
        ("增长1.1倍", ("1.1倍", 1.1, None, "倍", "ge")),
        ("占比达三成", ("三成", 30, None, "%", "ge")),
        ("半数以上的村", ("半数以上", 50, None, "%", "ge")),
        ("再减半", ("减半", -50, None, "%", "ge")),
        ("提高两个百分点", ("两个百分点", 2, None, "百分点", "ge")),
        ("百分之五点五以上", ("百分之五点五以上", 5.5, None, "%", "ge")),
        ("1.35万户", ("1.35万户", 1.35, None, "万户", "ge")),
        ("增长5.5—6.5%", ("5.5—6.5%", 5.5, 6.5, "%", "range")),
        ("引进3～5家", ("3～5家", 3, 5, "家", "range")),
        ("两千三百户", ("两千三百户", 2300, None, "户", "ge")),
        ("逾百场", ("百场", 100, None, "场", "gt")),
        ("近百家", ("百家", 100, None, "家", "about")),
        ("千余户", ("千余户", 1000, None, "户", "ge")),
        ("降至30μg/m3", ("30μg/m3", 30, None, "微克/立方米", "ge")),
        ("控制在8/10万以内", ("8/10万以内", 8, None, "/10万", "le")),
        ("进入全国百强", ("百强", 100, None, "位", "rank_le")),
        ("三分之二", ("三分之二", 66.67, None, "%", "ge")),
        ("1/3", ("1/3", 33.33, None, "%", "ge")),
    ],
)
def test_a_figure_is_found_with_value_unit_and_comparator(text: str, expected: tuple[object, ...]) -> None:
    (found,) = find_figures(text)
    assert (found.text, found.value, found.value_high, found.unit, found.comparator.value) == expected
    assert text[found.start : found.end] == found.text


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("全部实现扭亏", [Form.ALL]),
        ("零就业家庭动态清零", [Form.ALL]),
        ("与经济增长同步", [Form.IN_STEP]),
        ("三分之一", [Form.FRACTION]),
        ("第十六届", [Form.ORDINAL]),
        ("“十五五”开局", [Form.NAME]),
        ("“1571”部署", [Form.NAME]),
        ("G210线", [Form.NAME]),
        ("L4级自动驾驶", [Form.NAME]),
        ("10万吨级", [Form.NAME]),
        ("2026年2月4日", [Form.DATE]),
        ("2025—2027年", [Form.DATE]),
        ("包府发〔2026〕1号", [Form.DATE]),
        ("二〇二六年", [Form.DATE]),
        ("12345热线", [Form.NAME]),
        ("“1+4+6”体系", [Form.NAME]),
        ("500千伏变电站", [Form.NAME]),
        ("2.0版", [Form.NAME]),
        ("90后", [Form.NAME]),
        ("两位数增长", [Form.NAME]),
        ("十二届九次全会", [Form.ORDINAL]),
        ("T恤x7y", [Form.NAME]),
        ("排全市第2、第1、第3位", [Form.RANK, Form.RANK, Form.RANK]),
    ],
)
def test_forms_without_a_value_are_found_too(text: str, forms: list[Form]) -> None:
    assert [found.form for found in find_figures(text)] == forms


@pytest.mark.parametrize(
    "text",
    [
        "一批项目",
        "进一步完善",
        "一体推进",
        "统一大市场",
        "第一产业",
        "同步推进",
        "“千万工程”经验",
        "万众一心",
        "全部门协同",
    ],
)
def test_words_that_count_nothing_are_no_figures(text: str) -> None:
    assert find_figures(text) == []


def test_what_binds_the_last_of_a_row_binds_it_all() -> None:
    assert [f.comparator.value for f in find_figures("分别提高到30%、35%以上")] == ["ge", "ge"]
    assert [f.comparator.value for f in find_figures("分别增长7%、8%、6%左右")] == ["about"] * 3
    assert [f.comparator.value for f in find_figures("突破3000亿元和5000亿元")] == ["gt", "gt"]


@given(
    st.lists(
        st.sampled_from(
            [*"第前约在增长到至、，。；（）%‰/.-—+AGkm元家万个位年级号", "12", "7", "3.5", "1,200", "百分点"]
        ),
        max_size=24,
    )
)
def test_no_digit_goes_missing(parts: list[str]) -> None:
    text = "".join(parts)
    found = find_figures(text)
    taken = {n for figure in found for n in range(figure.core_start, figure.core_end)}
    assert [n for n, c in enumerate(text) if c.isdecimal() and n not in taken] == []
    assert all(a.core_end <= b.core_start for a, b in pairwise(found))


def test_a_row_of_a_table_gives_its_unit_to_a_bare_figure_and_signs_bind() -> None:
    text = "序号｜指标｜单位｜2026年目标。\n1｜失业率｜%｜≤5.5。"
    (found,) = [f for f in with_units(find_figures(text), text) if f.form is Form.NUMBER]
    assert (found.value, found.unit, found.comparator.value, found.bound) == (5.5, "%", "le", True)
