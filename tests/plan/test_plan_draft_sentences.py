"""The grammar of target phrases, sentence by sentence, on plans it was not written from."""

from __future__ import annotations

import pytest
from plansentences import SENTENCES, Expected

from planwatch.model.vocabulary import Tier
from planwatch.plan.document import Document, Section
from planwatch.plan.draft import DraftTarget, draft


def read(sentence: str, title: str = "2026年计划") -> list[DraftTarget]:
    return draft(Document("plan.txt", title, (Section("1", "", f"{sentence}。"),)))


def said(target: DraftTarget) -> Expected:
    reading = target.reading
    return (reading.kind.value, reading.comparator.value, None if reading.inferred else reading.value, reading.unit)


@pytest.mark.parametrize(("sentence", "expected"), SENTENCES, ids=[sentence[:24] for sentence, _ in SENTENCES])
def test_a_sentence_is_read_as_its_city_means_it(sentence: str, expected: list[Expected]) -> None:
    assert [said(target) for target in read(sentence)] == expected


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("肉、蛋、奶、蔬菜产量分别增长6%、6%、6%、7%", ["肉产量", "蛋产量", "奶产量", "蔬菜产量"]),
        ("规上工业企业研发机构和活动覆盖率均提高5个百分点", ["规上工业企业研发机构覆盖率", "活动覆盖率"]),
        ("农村自来水普及率、集中供水率分别达到90%、95%以上", ["农村自来水普及率", "集中供水率"]),
        ("改造26个老旧小区、更新11个重点片区", ["改造老旧小区", "更新重点片区"]),
        ("建成公园3个、2个停车场", ["建成公园", "建成停车场"]),
        ("力争全年引进到位资金50亿元，增长8%", ["引进到位资金", "引进到位资金"]),
        ("规上工业企业数字化改造覆盖面由45%提高到60%", ["规上工业企业数字化改造覆盖面"]),
    ],
)
def test_lists_give_every_target_its_own_name(sentence: str, names: list[str]) -> None:
    assert [target.reading.name for target in read(sentence)] == names


def test_a_list_with_one_verb_prints_its_whole_phrase_in_every_target() -> None:
    phrase = "垃圾收运处置覆盖率、畜禽粪污综合利用率分别达到97%和90%"
    assert [target.phrase for target in read(phrase)] == [phrase, phrase]


def test_a_fall_is_negative_and_less_is_better() -> None:
    (target,) = read("单位地区生产总值能耗降低1.6%左右")
    assert (target.reading.value, target.reading.direction) == (-1.6, -1)


def test_prices_are_better_neither_higher_nor_lower() -> None:
    (target,) = read("居民消费价格涨幅2%左右")
    assert target.reading.direction == 0


def test_an_ambition_behind_a_target_is_its_stretch() -> None:
    first, second = read("地区生产总值增长6%以上、力争达到6.5%")
    assert (first.reading.tier, second.reading.tier) == (Tier.PLAN, Tier.STRETCH)


def test_a_margin_belongs_to_the_relation() -> None:
    (target,) = read("固定资产投资增速高于全国平均水平2个百分点")
    assert (target.reading.margin, target.reading.against) == (2.0, "全国平均水平")


def test_a_net_count_is_marked() -> None:
    (target,) = read("净增“四上”企业500家")
    assert target.reading.net


@pytest.mark.parametrize(
    "sentence",
    [
        "2025年地区生产总值增长5.8%",
        "去年新增就业5万人",
        "深入实施城市更新三年行动",
        "发展5G应用，推进G210改造，推广L4级自动驾驶",
        "用好24小时自助服务区，打造“两小时经济圈”",
        "加快总投资120亿元的抽水蓄能电站建设",
        "依托现有3家试点企业推广经验",
        "全面贯彻党的二十大精神，坚持“1571”工作部署",
        "办好第十六届运动会筹备工作会",
        "落实“十五五”规划，实施10万吨级绿色冶炼（二期）",
    ],
)
def test_figures_that_commit_to_nothing_make_no_numeric_target(sentence: str) -> None:
    assert [t.phrase for t in read(sentence) if t.reading.value is not None] == []


def test_a_target_for_a_later_year_says_so() -> None:
    (late,), (now,) = read("力争到2030年产值突破500亿元"), read("到2026年底产值突破500亿元")
    assert (late.confidence, late.doubts[-1]) == ("medium", "set for 2030, after this plan's year")
    assert (now.confidence, now.doubts) == ("high", ())


def test_what_is_guessed_says_so() -> None:
    guessed = [*read("秸秆综合利用率90%以上"), *read("继续保持全省领先"), *read("出台《数据条例》")]
    assert [(t.confidence, bool(t.doubts)) for t in guessed] == [("medium", True), ("low", True), ("low", True)]
    assert [(t.confidence, t.doubts) for t in read("一般公共预算收入增长5%")] == [("high", ())]
