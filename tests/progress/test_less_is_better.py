"""What the sentences say where less is better, where T must be passed, and where figures are small."""

from datetime import date

import pytest
from judgecases import growth, obs, ratio, target, verdict

CAP = target("cumulative", 100, "le", unit="万吨")
PAST = [obs("2025-06", 50, unit="万吨"), obs("2025-12", 100, unit="万吨")]
RULE = {"deadline": date(2026, 9, 30), "start_by": date(2026, 4, 1)}


def tons(period, value):
    return obs(period, value, unit="万吨")


def done(period, value):
    return obs(period, value, measure="done", span="point")


# (target, rows, period, what the Chinese says, what the English says)
SAID = {
    "a cap may grow no more": (CAP, [tons("2026-06", 40), *PAST], "2026-06", "同比增幅不得超过20%", "may grow no more than 20% on last year"),
    "a cap must fall": (CAP, [tons("2026-06", 70), *PAST], "2026-06", "同比须下降至少40%", "must fall at least 40% on last year"),
    "a cap that is fine": (CAP, [tons("2026-06", 42.17)], "2026-06", "低于控制数7.83万吨", "under by 0.0783 million tonnes"),
    "a cap ahead of its path": (CAP, [tons("2026-06", 70)], "2026-06", "超出序时控制数20万吨", "over by 0.2 million tonnes"),
    "a growth that must fall": (
        target("growth", -1.6, "le"), [growth("2026-06", -1.0), obs("2025-06", 50), obs("2025-12", 100)], "2026-06",
        "目标为降幅不低于1.6%，差0.6个百分点，后六个月同比降幅须不低于2.2%", "a fall of at least 1.6%: short by 0.6 points",
    ),
    "a fall declared as at least": (
        target("growth", -1.6, "ge", direction=-1), [growth("2026-06", -2.0)], "2026-06", "降幅不低于1.6%，多降0.4个百分点", "ahead by 0.4",
    ),
    "a fall that must stay small": (target("growth", -1.6), [growth("2026-06", -2.0)], "2026-06", "降幅不超过1.6%，差0.4", "at most 1.6%"),
    "above a reference by a margin": (
        target("relative", margin=1, reference={"indicator": "all"}), [growth("2026-06", 6), growth("2026-06", 5, indicator="all")],
        "2026-06", "应高于参照1个百分点以上", "above it by at least 1 point:",
    ),
    "a held figure and its season": (
        target("hold", 80, unit="%", pace="seasonal"),
        [ratio(p, v, span="ytd") for p, v in (("2025-04", 70), ("2025-12", 85), ("2026-04", 64))], "2026-04",
        "按往年季节规律此时应为65%，差1个百分点", "past years let one expect 65% by now",
    ),
    "a held cap and its season": (
        target("hold", 10, "le", unit="%", pace="seasonal"),
        [ratio(p, v, span="ytd") for p, v in (("2025-04", 14), ("2025-12", 10), ("2026-04", 13))], "2026-04",
        "低于应有水平1个百分点", "under by 1 point.",
    ),
    "only level with what was to be passed": (target("growth", 6, "gt"), [growth("2026-06", 6)], "2026-06", "仅持平，未突破", "not above it"),
    "only level with what was to stay above": (target("growth", 3, "lt"), [growth("2026-06", 3)], "2026-06", "仅持平，未低于", "not below it"),
    "level on the way is fine": (target("cumulative", 60, "gt", unit="元"), [obs("2026-06", 30, unit="元")], "2026-06", "正好持平", "exactly as asked"),
    "none at all": (
        target("cumulative", 0, "eq", unit="户"), [obs("2026-06", 1, unit="户")], "2026-06", "年度控制数为0户，", "with 0 as the year's limit",
    ),
    "a burst cap judged once": (
        CAP.model_copy(update={"pace": "year_end"}), [tons("2026-06", 101)], "2026-06", "已突破控制数，年末一次性考核", "which is beyond it",
    ),
    "a level judged once": (
        target("reach", 20, unit="家", pace="year_end", baseline={"value": 10}), [obs("2026-06", 15, unit="家", span="point")], "2026-06",
        "为15家，完成年度目标20家的50%，年末一次性考核", "stood at 15 at the end of June, 50% of the year's 20",
    ),
    "not started in time": (target("milestone", **RULE), [done("2026-06", 0)], "2026-06", "未按期启动（应于4月1日前启动）", "should have started by 1 April"),
    "past due": (target("milestone", **RULE), [done("2026-09", 0.5)], "2026-09", "完成期限为9月30日，已逾期", "which has passed"),
    "past due without a word": (target("milestone", **RULE), [], "2026-09", "已过完成期限，尚无完成报告", "past its due date without a report"),
    "a ratio to reach": (
        target("reach", 100, unit="%", baseline={"value": 90}), [ratio("2026-06", 95)], "2026-06", "月均需提高0.8个百分点", "must add 0.8 points each",
    ),
    "a ratio to bring down": (
        target("reach", 3.5, "le", unit="%", baseline={"value": 4.5}), [ratio("2026-06", 4.1)], "2026-06",
        "超出应有水平0.1个百分点（序时进度差−10.0个百分点），后六个月月均需降低0.1个百分点", "must take off 0.1 points each",
    ),
    "a fall in points": (
        target("change_pp", -2, "le", baseline={"value": 10}), [ratio("2026-06", 9.5)], "2026-06",
        "较上年末下降0.5个百分点，全年目标下降2个百分点，按线性序时应下降1个百分点，差0.5个百分点", "had fallen by 0.5 points",
    ),
    "the last month": (target("cumulative", 120, unit="元"), [obs("2026-11", 100, unit="元")], "2026-11", "最后一个月需完成20元", "the month left must add 20"),
    "a small gap": (target("cumulative", 36_000, unit="元"), [obs("2026-06", 17_990, unit="元")], "2026-06", "（序时进度差−0.03个百分点）", "(gap −0.03 points)"),
    "a gap too small to print": (
        target("cumulative", 36_000, unit="元"), [obs("2026-06", 17_999.9, unit="元")], "2026-06", "（序时进度差不足0.01个百分点）", "(gap below 0.01 points)",
    ),
    "a breach put right": (
        target("bottom_line"), [obs(f"2026-0{m}", n, measure="report", span="month") for m, n in ((4, 0), (5, 2), (6, 0))], "2026-06",
        "未突破底线，今年5月曾突破", "the bottom line holds; it was breached in May",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SAID)
def test_the_sentence_says(case):
    task, rows, period, zh, en = SAID[case]
    row = verdict(task, rows, period)
    assert zh in row.reason_zh
    assert en in row.reason_en
    assert not [word for word in ("—%", "+0.0个", "-0.0个", "nan") if word in row.reason_zh]


def test_a_milestone_that_is_done_waits_for_no_news():
    row = verdict(target("milestone"), [done("2026-03", 1)], "2026-06")
    assert row.status == "achieved"
    assert "此后尚无新数据" not in row.reason_zh
    assert "no newer figure" not in row.reason_en


def test_the_breach_of_the_month_itself_is_no_earlier_one():
    row = verdict(target("bottom_line"), [obs("2026-06", 1, measure="report", span="month")], "2026-06")
    assert row.reason_zh.endswith("底线被突破。")
