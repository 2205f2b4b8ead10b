"""The sentence: one a language, with the numbers, for every kind and without markup."""

from datetime import date
from decimal import Decimal

import pytest
from judgecases import growth, obs, ratio, target, verdict

from planwatch.progress.chinese import nested_quotes

CASES = [
    (
        target("cumulative", 36_000, unit="人", name_zh="城镇新增就业", name_en="New urban jobs"),
        [obs("2026-06", 19_080, unit="人")],
        "截至6月末城镇新增就业累计19080人，完成年度目标36000人的53%，按线性序时应完成18000人，高出1080人（序时进度差+3.0个百分点），后六个月月均需完成2820人，暂无全年预计（往年数据不足）。",
        "New urban jobs came to 19,080 people by the end of June, 53% of the year's 36,000 people, where the linear pace expects "
        "18,000 people: ahead by 1,080 people (gap +3.0 points); the 6 months left must add 2,820 people each; no projection for the year: no complete past year.",
    ),
    (
        target("growth", 14, name_zh="规上工业增加值", name_en="Industry"),
        [growth("2026-06", 12.3)],
        "1—6月规上工业增加值同比增长12.3%，年度目标为不低于14%，差1.7个百分点，暂无全年预计（往年数据不足）。",
        "Industry grew 12.3% in January–June against a target of at least 14%: short by 1.7 points; no projection for the year: no complete past year.",
    ),
    (
        target("hold", 10, "le", unit="%", name_zh="草畜平衡指数", name_en="Grassland index"),
        [ratio("2026-06", 9.2)],
        "截至6月末草畜平衡指数为9.2%，全年要求不超过10%，低于上限0.8个百分点。",
        "Grassland index stood at 9.2% at the end of June and must be at most 10% all year: under by 0.8 points.",
    ),
    (
        target("rank", 3, "rank_le", name_zh="实际利用外资", name_en="Foreign capital"),
        [obs("2026-06", 4, measure="rank")],
        "截至6月末实际利用外资列第4位，目标为前3位，差1位。",
        "Foreign capital ranked no. 4 at the end of June against a target of the top 3: short by 1 place.",
    ),
    (
        target("milestone", deadline=date(2026, 9, 30), name_zh="出台条例", name_en="The regulation"),
        [obs("2026-06", 0.5, measure="done", span="point")],
        "截至6月末，“出台条例”尚未完成（已启动），完成期限为9月30日。",
        "The regulation: started but not done by the end of June, due 30 September.",
    ),
    (
        target("bottom_line", comparator="eq", name_zh="零就业家庭", name_en="Families without work"),
        [obs("2026-06", 1, measure="report")],
        "截至6月末，“零就业家庭”报告突破1次，底线被突破。",
        "Families without work: 1 breach reported up to the end of June, the bottom line is breached.",
    ),
    (
        target("assigned", name_zh="粮食产量", name_en="Grain"),
        [],
        "粮食产量的任务数尚待上级下达。",
        "Grain still awaits its number from the superior government.",
    ),
]


@pytest.mark.parametrize(("task", "rows", "zh", "en"), CASES, ids=[c[0].kind.value for c in CASES])
def test_the_sentences(task, rows, zh, en):
    row = verdict(task, rows, "2026-06")
    assert (row.reason_zh, row.reason_en) == (zh, en)


@pytest.mark.parametrize(
    ("reported", "zh", "en"),
    [
        (0, "报告无突破，未突破底线。", "no breach reported up to the end of June, the bottom line holds."),
        (2, "报告突破2次，底线被突破。", "2 breaches reported up to the end of June, the bottom line is breached."),
    ],
)
def test_a_report_counts_breaches_and_is_no_level_of_what_the_name_says(reported, zh, en):
    water = target("bottom_line", comparator="eq", unit="个", name_zh="水源地水质达标", name_en="Water up to standard")
    row = verdict(water, [obs("2026-06", reported, measure="report")], "2026-06")
    assert row.reason_zh == f"截至6月末，“水源地水质达标”{zh}"
    assert row.reason_en == f"Water up to standard: {en}"


def test_a_bottom_line_with_a_number_is_told_as_that_ratio():
    water = target("bottom_line", 100, "eq", unit="%", name_zh="水质达标率", name_en="Water up to standard")
    row = verdict(water, [ratio("2026-06", 98.5)], "2026-06")
    assert row.reason_zh == "截至6月末水质达标率为98.5%，底线被突破。"
    assert row.reason_en == "Water up to standard stood at 98.5% at the end of June: the bottom line is breached."


@pytest.mark.parametrize(
    ("state", "zh", "en"),
    [
        (0, "尚未完成（未启动），完成期限为12月31日。", "not started by the end of June, due 31 December."),
        (1, "已完成，完成期限为12月31日。", "done by the end of June, due 31 December."),
    ],
)
def test_any_name_fits_a_milestone(state, zh, en):
    names = {"name_zh": "抽水蓄能电站开工", "name_en": "Storage station under construction"}
    row = verdict(target("milestone", **names), [obs("2026-06", state, measure="done", span="point")], "2026-06")
    assert row.reason_zh == f"截至6月末，“抽水蓄能电站开工”{zh}"
    assert row.reason_en == f"Storage station under construction: {en}"


def test_late_and_carried_readings_say_so():
    task, rows = target("growth", 5), [growth("2026-03", 5.4, quality="estimate")]
    late = verdict(task, rows, "2026-06")
    assert late.reason_zh.endswith("此后应报数据逾期未报，数据为预计或初步数。")
    carried = verdict(task.model_copy(update={"frequency": "quarterly"}), rows, "2026-05")
    assert "此后尚无新数据" in carried.reason_zh
    assert "no newer figure is due yet" in carried.reason_en


def test_a_hostile_name_stays_on_its_line():
    names = {"name_zh": "坏\n名\x1b[31m{a}{0}", "name_en": "bad\r\n{name.__class__}\x07"}
    task = target("growth", 5).model_copy(update=names)
    row = verdict(task, [growth("2026-06", 6)], "2026-06")
    assert "坏 名 [31m{a}{0}同比增长6%" in row.reason_zh
    assert row.reason_en.startswith("bad {name.__class__} grew 6%")
    assert (row.reason_zh + row.reason_en).isprintable()


@pytest.mark.parametrize(
    ("comparator", "now", "zh", "en"),
    [
        ("gt", 18.4, "较上年末下降0.2个百分点，全年要求有所提高，差0.2个百分点。", "had fallen by 0.2 points by the end of June and is to rise by the year's end: short by 0.2 points."),
        ("gt", 19.1, "较上年末提高0.5个百分点，全年要求有所提高，高出0.5个百分点。", "had risen by 0.5 points by the end of June and is to rise by the year's end: ahead by 0.5 points."),
        ("lt", 18.4, "较上年末下降0.2个百分点，全年要求有所下降，低于要求0.2个百分点。", "had fallen by 0.2 points by the end of June and is to fall by the year's end: under by 0.2 points."),
        ("ge", 18.6, "较上年末持平，全年要求不再下降，正好持平。", "had not changed by the end of June and is not to fall by the year's end: exactly as asked."),
    ],
)  # fmt: skip
def test_a_ratio_that_is_to_rise_at_all_has_no_size(comparator, now, zh, en):
    task = target("change_pp", 0, comparator, unit="百分点", name_zh="绿电消费比例", name_en="Green power")
    row = verdict(task, [ratio("2025-12", 18.6), ratio("2026-06", now)], "2026-06")
    assert (row.reason_zh, row.reason_en) == (f"截至6月末绿电消费比例{zh}", f"Green power {en}")


def test_a_cap_that_is_burst_under_way_says_both():
    task = target("cumulative", 3000, "le", unit="人", direction=-1)
    row = verdict(task, [obs("2026-06", 3001, unit="人")], "2026-06")
    assert "已占年度控制数3000人的略超100%，已突破控制数，按线性序时应控制在1500人以内" in row.reason_zh
    assert "just over 100% of the year's limit of 3,000 people, which is beyond it, where" in row.reason_en


def test_a_total_that_is_not_reached_is_never_the_whole():
    row = verdict(target("cumulative", 36_000, unit="人"), [obs("2026-12", 35_999, unit="人")], "2026-12")
    assert "完成年度目标36000人的不足100%" in row.reason_zh
    assert "just under 100% of the year's 36,000 people" in row.reason_en
    assert "short by 1 person" in row.reason_en


def test_a_change_judged_once_is_told_as_a_change():
    task = target("change_pp", 3, pace="year_end", unit="百分点")
    row = verdict(task, [ratio("2025-12", 40.0), ratio("2026-06", 42.0)], "2026-06")
    assert row.reason_zh.startswith("截至6月末指标较上年末提高2个百分点，")
    assert row.reason_en.startswith("The indicator had risen by 2 points by the end of June, ")


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("千人", "300,000 people"), ("百户", "30,000"), ("亿件", "30 billion"), ("户", "300"), ("千瓦", "300 kW"),
        ("万千瓦", "3 million kW"), ("亿千瓦时", "30 billion kWh"), ("万亿元", "300 trillion yuan"), ("指数", "300"),
        ("吨标煤/万元", "300 tonnes of coal equivalent per 10,000 yuan"), ("名", "300 people"),
    ],
)  # fmt: skip
def test_a_multiple_keeps_its_size_in_english(unit, words):
    row = verdict(target("cumulative", 600, unit=unit), [obs("2026-06", 300, unit=unit)], "2026-06")
    assert f"came to {words} by the end of June" in row.reason_en


@pytest.mark.parametrize(
    ("task", "unit", "reading", "said"),
    [
        (1600, "亿元", 812.5, "came to 81.25 billion yuan by the end of June, 50.8% of the year's 160 billion yuan, where the linear pace expects 80 billion yuan: ahead by 1.25 billion yuan"),
        (10, "亿元", 4, "came to 0.4 billion yuan by the end of June, 40% of the year's 1 billion yuan, where the linear pace expects 0.5 billion yuan: short by 0.1 billion yuan"),
        (9.6, "亿元", 4.81, "came to 481 million yuan by the end of June, 50.1% of the year's 960 million yuan, where the linear pace expects 480 million yuan: ahead by 1 million yuan"),
        (450, "万吨", 200.5, "came to 2.005 million tonnes by the end of June, 44.6% of the year's 4.5 million tonnes, where the linear pace expects 2.25 million tonnes: short by 0.245 million tonnes"),
        (3.6, "万人", 1.7999, "came to 17,999 people by the end of June, 50% of the year's 36,000 people, where the linear pace expects 18,000 people: short by 1 person"),
    ],
)  # fmt: skip
def test_a_sentence_says_all_its_amounts_with_one_word(task, unit, reading, said):
    row = verdict(target("cumulative", task, unit=unit), [obs("2026-06", reading, unit=unit)], "2026-06")
    assert row.reason_en.startswith(f"The indicator {said} (gap ")


def test_where_the_target_has_no_number_the_reading_chooses_the_word():
    debt = target("bottom_line", unit="亿元", direction=-1)
    said = [verdict(debt, [obs("2026-06", value, unit="亿元")], "2026-06").reason_en for value in (9.5, 12.5)]
    assert "stood at 950 million yuan" in said[0] and "stood at 1.25 billion yuan" in said[1]


def test_the_gap_is_rounded_once_halves_away_from_zero():
    row = verdict(target("cumulative", 1600, unit="人"), [obs("2026-06", 700, unit="人")], "2026-06")
    assert (row.progress_pct, row.gap_pp) == (43.75, -6.25)
    assert "序时进度差−6.3个百分点" in row.reason_zh


def test_a_relative_target_says_what_it_is_compared_with_where_that_has_a_name():
    rows = [growth("2026-06", 4.1), growth("2026-06", 7, indicator="gdp")]
    unnamed = target("relative", comparator="about", reference={"indicator": "gdp"})
    named = target(
        "relative",
        comparator="about",
        reference={"indicator": "gdp", "name_zh": "地区生产总值", "name_en": "Gross regional product"},
    )
    row = verdict(unnamed, rows, "2026-06")
    assert row.reason_zh.startswith("1—6月指标：本项4.1%，参照值7%，应与参照同步，")
    assert "against a reference of 7% and should be in step with it" in row.reason_en
    row = verdict(named, rows, "2026-06")
    assert row.reason_zh.startswith("1—6月指标：本项4.1%，参照值7%（地区生产总值），应与参照同步，")
    assert "against a reference of 7% (Gross regional product) and should be in step with it" in row.reason_en
    row = verdict(named, rows[:1], "2026-06")
    assert row.reason_zh == "指标缺少同期参照值（地区生产总值），暂不可评。"
    assert row.reason_en.endswith("the reference (Gross regional product) has no figure for the same period.")


def test_a_minus_is_the_true_one():
    row = verdict(
        target("relative", reference={"indicator": "gdp"}),
        [growth("2026-06", -4.1), growth("2026-06", 7, indicator="gdp")],
        "2026-06",
    )
    assert "本项−4.1%" in row.reason_zh and "stood at −4.1%" in row.reason_en


def test_a_relative_target_waits_for_its_reference():
    task = target("relative", reference={"indicator": "other"}, frequency="monthly")
    rows = [growth("2026-05", 6), growth("2026-06", 7), growth("2026-05", 5, indicator="other")]
    row = verdict(task, rows, "2026-06")
    assert row.reading_period == "2026-05"
    assert "此后参照值尚无新数据" in row.reason_zh
    assert "the reference has no newer figure yet" in row.reason_en


@pytest.mark.parametrize(
    ("value", "actual", "expected", "gap"),
    [
        ((51.23, "亿元"), "51.23", "51.667", "0.437"),
        ((512345, "万元"), "51.23", "51.67", "0.43"),
        ((5123456789, "元"), "51.23", "51.67", "0.43"),
        ((516667, "万元"), "51.6667", "51.66667", "0.00003"),
    ],
)
def test_an_amount_printed_in_a_smaller_unit_is_said_in_the_targets_decimals(value, actual, expected, gap):
    """Unless reading and expectation would then be one."""
    row = verdict(target("cumulative", 124, unit="亿元"), [obs("2026-05", value[0], unit=value[1])], "2026-05")
    assert f"累计{actual}亿元" in row.reason_zh
    assert f"应完成{expected}亿元" in row.reason_zh
    assert f"{gap}亿元（" in row.reason_zh
    assert f"expects {Decimal(expected).scaleb(-1)} billion yuan" in row.reason_en


def test_a_count_is_said_to_the_last_one():
    row = verdict(target("cumulative", 3.6, unit="万人"), [obs("2026-05", 14321, unit="人")], "2026-05")
    assert "累计1.4321万人" in row.reason_zh
    assert "差0.0679万人" in row.reason_zh


@pytest.mark.parametrize(("unit", "least", "zh"), [("个", 0, "差距不足1个"), ("万人", 0.49995, "差距不足1人")])
def test_a_shortfall_of_less_than_one_whole_says_why_it_is_on_track(unit, least, zh):
    month = "2026-06" if least else "2026-10"
    row = verdict(target("cumulative", 1, unit=unit), [obs(month, least, unit=unit)], month)
    assert row.status == "on_track" and row.variance < 0
    assert row.reason_zh.endswith(f"，{zh}，按达序时计。")
    assert row.reason_en.endswith("; less than one whole behind, which counts as on track.")


def test_a_shortfall_of_a_whole_has_no_such_excuse():
    row = verdict(target("cumulative", 36_000, unit="人"), [obs("2026-06", 17_999, unit="人")], "2026-06")
    assert row.status == "at_risk" and "不足1人" not in row.reason_zh and "one whole" not in row.reason_en


def test_the_figures_of_things_counted_one_by_one_add_up():
    row = verdict(target("cumulative", 5, unit="家"), [obs("2026-09", 4, unit="家", decimals=0)], "2026-09")
    assert "4家" in row.reason_zh and "应完成3.75家" in row.reason_zh and "0.25家" in row.reason_zh
    assert "expects 3.75" in row.reason_en and "0.25" in row.reason_en


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("截至10月末，““1144”招商图谱”已完成", "截至10月末，“‘1144’招商图谱”已完成"),
        ("“‘1144’图谱”和“另一项”", "“‘1144’图谱”和“另一项”"),
        ("“一”和“二”", "“一”和“二”"),
        ("没有引号”", "没有引号”"),
    ],
)
def test_quotation_marks_within_others_are_the_inner_ones(text, said):
    assert nested_quotes(text) == said


def test_a_name_with_quotation_marks_is_quoted_once():
    task = target("milestone", deadline="2026-10-31", name_zh="“1144”招商图谱")
    row = verdict(task, [], "2026-12")
    assert "“‘1144’招商图谱”" in row.reason_zh
