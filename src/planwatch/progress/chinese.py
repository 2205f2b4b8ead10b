"""The verdict in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import isnan
from typing import ClassVar

from planwatch.model.units import is_percent
from planwatch.model.vocabulary import Comparator, Kind, NoProjection, Pace, ProjectionMethod, Status
from planwatch.progress.status import BASELINE_UNKNOWN, NEVER_ASSIGNED, NO_READING, NO_SOURCE, REFERENCE_MISSING
from planwatch.progress.wording import (
    ANY_CHANGE,
    CAP,
    NO_WORD,
    REPORT,
    YEAR_END,
    YEAR_END_CAP,
    YEAR_END_CHANGE,
    YEAR_END_LEVEL,
    Wording,
)

_GOALS = {
    Comparator.GE: "不低于{}", Comparator.GT: "高于{}", Comparator.LE: "不超过{}", Comparator.LT: "低于{}",
    Comparator.ABOUT: "{}左右", Comparator.EQ: "{}", Comparator.RANGE: "不低于{}", Comparator.RANK_LE: "前{}位",
}  # fmt: skip
_FALLS = {
    Comparator.GE: "降幅不超过{}%", Comparator.GT: "降幅低于{}%", Comparator.LE: "降幅不低于{}%", Comparator.LT: "降幅高于{}%",
    Comparator.ABOUT: "下降{}%左右", Comparator.EQ: "下降{}%", Comparator.RANGE: "降幅不超过{}%",
}  # fmt: skip
_EDGES: Mapping[str, str] = {
    Kind.CUMULATIVE: "控制数", Kind.REACH: "应有水平", Kind.RELATIVE: "要求", Kind.CHANGE_PP: "要求",
}  # fmt: skip
"""What is stayed under, or passed, where less is better."""
_VERSUS = {
    Comparator.ABOUT: "与参照同步", Comparator.GT: "高于参照", Comparator.LE: "不高于参照", Comparator.LT: "低于参照",
}  # fmt: skip
_PACES = {
    Pace.LINEAR: "线性序时", Pace.SEASONAL: "往年季节进度", Pace.CUSTOM: "既定进度", Pace.YEAR_END: "全年任务",
}  # fmt: skip
_NUMERALS = ("", "一", "两", "三", "四", "五", "六", "七", "八", "九", "十", "十一")
_METHODS = {
    ProjectionMethod.SEASONAL_SHARE.value: "按往年同期进度（{n}年）", ProjectionMethod.CUSTOM_SHARE.value: "按既定进度",
    ProjectionMethod.LAST_READING.value: "按目前增速（对照以往{n}年）",
}  # fmt: skip
_BANDS = {ProjectionMethod.SEASONAL_SHARE.value: "", ProjectionMethod.LAST_READING.value: "按往年此后变动为"}
_LACKING = {NoProjection.NO_HISTORY.value: "往年数据不足", NoProjection.SHARE_TOO_SMALL.value: "往年同期占比过小"}


_INNER = {"“": "‘", "”": "’"}


class Chinese(Wording):
    """Chinese, as a dispatch notice would put it."""

    comma, stop, to, grouped = "，", "。", "至", False
    facts: ClassVar[Mapping[str, str]] = {
        Kind.GROWTH: "{span}{name}{moved}，年度目标为{goal}，{gap}",
        Kind.CUMULATIVE: "截至{month}{name}累计{a}，{progress}，按{pace}应完成{e}，{gap}",
        CAP: "截至{month}{name}累计{a}，{progress}，{burst}按{pace}应控制在{e}以内，{gap}",
        Kind.REACH: "截至{month}{name}为{a}，由上年末{b}到今年末目标{t}，按{pace}应为{e}，{gap}",
        Kind.HOLD: "截至{month}{name}为{a}，全年要求{goal}，{season}{gap}",
        Kind.CHANGE_PP: "截至{month}{name}较上年末{ca}，全年目标{ct}，按{pace}应{ce}，{gap}",
        ANY_CHANGE: "截至{month}{name}较上年末{ca}，全年要求{asked}，{gap}",
        Kind.RANK: "截至{month}{name}列第{rank}位，目标为前{places}位，{gap}",
        Kind.RELATIVE: "{span}{name}：本项{a}，参照值{r}，应{goal}，{gap}",
        Kind.BOTTOM_LINE: "截至{month}{name}为{a}，{breach}",
        REPORT: "截至{month}，“{name}”{reported}，{breach}",
        Kind.MILESTONE: "截至{month}，“{name}”{done}，完成期限为{due}{late}",
        YEAR_END: "截至{month}{name}累计{a}，{progress}，年末一次性考核",
        YEAR_END_CAP: "截至{month}{name}累计{a}，{progress}，{burst}年末一次性考核",
        YEAR_END_CHANGE: "截至{month}{name}较上年末{ca}，{progress}，年末一次性考核",
        YEAR_END_LEVEL: "截至{month}{name}为{a}，{progress}，年末一次性考核",
    }
    silent: ClassVar[Mapping[str, str]] = {
        Status.WITHDRAWN: "{name}已不再考核",
        Status.AWAITING_TARGET: "{name}的任务数尚待上级下达",
        NEVER_ASSIGNED: "{name}的任务数到年末仍未下达，暂不可评",
        NO_SOURCE: "{name}没有数据来源，暂不可评",
        BASELINE_UNKNOWN: "{name}的上年末基数未知，暂不可评",
        REFERENCE_MISSING: "{name}缺少同期参照值{reference}，暂不可评",
        NO_READING: "{name}全年没有数据公布，发布期限已过，暂不可评",
        Status.NOT_DUE: "{name}今年的数据尚未到发布时间",
        Status.OVERDUE: "{name}的数据逾期未报，今年尚无读数",
        NO_WORD: "“{name}”已过完成期限，尚无完成报告",
    }

    def sentence(self) -> str:
        """Return the verdict as one sentence, quotation marks within others as ‘’."""
        return nested_quotes(super().sentence())

    @property
    def name(self) -> str:
        """Return the Chinese name."""
        return self.row.name_zh

    @property
    def reference(self) -> str:
        """Return `（地区生产总值）`."""
        return f"（{self.row.reference_zh}）" if self.row.reference_zh else ""

    def amount(self, value: float) -> str:
        """Return `3.6万人`; percentage points for a change of a ratio."""
        unit = "个百分点" if self.row.kind == Kind.CHANGE_PP and is_percent(self.unit) else self.unit
        return f"{self.number(value)}{unit}"

    def span(self, month: int) -> str:
        """Return `1—6月`."""
        return f"1—{month}月" if month > 1 else "1月"

    def month(self, month: int) -> str:
        """Return `6月末`."""
        return f"{month}月末"

    def day(self, day: date) -> str:
        """Return `12月31日`, with the year where it is not the judged one."""
        year = "" if self.values["period"].startswith(f"{day.year}-") else f"{day.year}年"
        return f"{year}{day.month}月{day.day}日"

    def goal(self) -> str:
        """Return `不低于10%`; of a fall `降幅不低于1.6%`; of a relative target what it must be to its reference."""
        if self.row.kind == Kind.RELATIVE:
            return self._versus()
        if self.falls:
            return _FALLS[self.comparator].format(self.number(-self.row.target_value))
        return _GOALS[self.comparator].format(self.amount(self.row.target_value))

    def _versus(self) -> str:
        comparator, margin = self.comparator, self.row.target.margin
        if not margin:
            return _VERSUS.get(comparator, "不低于参照")
        side, other = ("低于", "高于") if self.row.direction == -1 else ("高于", "低于")
        points = f"{self.number(abs(margin))}个百分点"
        if margin < 0:
            return f"{other}参照不超过{points}"
        if comparator is Comparator.ABOUT:
            return f"{side}参照{points}左右"
        strict = comparator in (Comparator.GT, Comparator.LT)
        return f"{side}参照超过{points}" if strict else f"{side}参照{points}以上"

    def pace(self) -> str:
        """Return the pace, and that the season is unknown where it is."""
        return "线性序时（往年数据不全）" if self.row.fell_back else _PACES[self.row.target.pace]

    def gap(self, variance: float) -> str:
        """Return `落后5家（序时进度差−12.5个百分点）`."""
        unit = "位" if self.row.kind == Kind.RANK else self.unit
        unit = "个百分点" if is_percent(unit) else unit
        if variance == 0:
            return self._level()
        words = f"{self._side(variance)}{self.number(abs(variance))}{unit}"
        if isnan(self.values["gap_pp"]):
            return words
        return f"{words}（序时进度差{self.points() or '不足0.01'}个百分点）"

    def _level(self) -> str:
        if not self.only_level:
            return "正好持平"
        if self.row.kind == Kind.RELATIVE:
            return "仅持平，未超过" if self.row.direction > 0 else "仅持平，未低于"
        return "仅持平，未突破" if self.row.direction > 0 else "仅持平，未低于"

    def _side(self, variance: float) -> str:
        if self.row.kind == Kind.RANK:
            return "优于目标" if variance > 0 else "差"
        if self.row.direction == 0:
            return "偏离"
        if self.row.direction > 0:
            return "高出" if variance > 0 else "差"
        if self.falls:
            return "多降" if variance > 0 else "差"
        edge = "应有水平" if self.season else _EDGES.get(self.row.kind, "上限")
        on_the_way = edge == "控制数" and variance < 0 and self.values["expected"] != self.row.target_value
        return f"{'低于' if variance > 0 else '超出'}{'序时' if on_the_way else ''}{edge}"

    def moved(self, growth: float) -> str:
        """Return `同比增长12.3%`."""
        if growth == 0:
            return "同比持平"
        return f"同比{'增长' if growth > 0 else '下降'}{self.number(abs(growth))}%"

    def breach(self, breached: bool) -> str:
        """Return whether the bottom line held."""
        return "底线被突破" if breached else "未突破底线"

    def reported(self, breaches: float) -> str:
        """Return `报告突破2次`."""
        return "报告无突破" if breaches == 0 else f"报告突破{self.number(breaches)}次"

    def done(self, state: float) -> str:
        """Return a milestone's state, in words that any name can stand before."""
        return "已完成" if state >= 1 else f"尚未完成（{'已启动' if state > 0 else '未启动'}）"

    def late(self) -> str:
        """Return `，已逾期` or `，未按期启动（应于3月31日前启动）`."""
        start = self.row.target.start_by
        if self.done_already:
            return ""
        if self.past_due:
            return "，已逾期"
        late = start is not None and self.values["status"] == Status.AT_RISK
        return f"，未按期启动（应于{self.day(start)}前启动）" if late and start else ""

    def progress(self) -> str:
        """Return `完成年度目标36000人的53%`."""
        done, goal = self.values["progress_pct"], self.amount(self.row.target_value)
        cap = self.row.kind == Kind.CUMULATIVE and self.row.direction == -1
        if isnan(done):
            return f"年度{'控制数' if cap else '目标'}为{goal}"
        near = {-1: "不足", 0: "", 1: "略超"}[self.beside_100]
        return f"{'已占年度控制数' if cap else '完成年度目标'}{goal}的{near}{self.number(done, 1)}%"

    def change(self, value: float) -> str:
        """Return `提高2.5个百分点`."""
        return "持平" if value == 0 else f"{'提高' if value > 0 else '下降'}{self.amount(abs(value))}"

    def asked(self) -> str:
        """Return `有所提高` of a ratio that is to rise at all."""
        words = {Comparator.GT: "有所提高", Comparator.LT: "有所下降", Comparator.LE: "不再提高"}
        return words.get(self.comparator, "不再下降")

    def seasonal(self) -> str:
        """Return `按往年季节规律此时应为65%，`."""
        return f"按往年季节规律此时应为{self.amount(self.values['expected'])}，" if self.season else ""

    def rest(self) -> list[str]:
        """Return `后六个月月均需完成2820人，同比需增长3%`, where past years lead, and how often such a gap was made up."""
        left, clauses = 12 - self.row.month, []
        needs = [need for need in (self._monthly(left), self._growth()) if need]
        if needs:
            clauses.append(f"{'最后一个月' if left == 1 else f'后{_NUMERALS[left]}个月'}{self.comma.join(needs)}")
        return [clause for clause in (*clauses, self._projected(), self._made_up()) if clause]

    def _projected(self) -> str:
        if not self.open_year:
            return ""
        method, lacking = self.word("projection_method"), self.word("projection_lacking")
        if not method:
            return f"暂无全年预计（{_LACKING[lacking]}）" if lacking in _LACKING else ""
        band = self.band()
        between = f"（{_BANDS[method]}{band}）" if band else ""
        words = _METHODS[method].format(n=self.values["projection_years"])
        return f"{words}预计全年约{self.amount(self.values['projection'])}{between}"

    def _made_up(self) -> str:
        years = self.values["make_up_years"]
        return (
            "" if not isinstance(years, int) else f"同样差距在以往{self.values['make_up_n']}年中有{years}年到年末追平"
        )

    def _monthly(self, left: int) -> str:
        """Return what each month left must bring, or may; a level is raised or lowered, a total is done."""
        amount, each = self.values["required_amount"], "月均" if left > 1 else ""
        down, level = self.row.direction == -1, self.row.kind != Kind.CUMULATIVE
        if isnan(amount) or amount == 0 or (amount < 0 and not (down and level)):
            return ""
        points = is_percent(self.unit)
        figure = f"{self.number(abs(amount))}个百分点" if points else self.amount(abs(amount))
        if down:
            return f"{each}{('需降低' if amount < 0 else '至多提高') if level else '可用'}{figure}"
        return f"{each}{'需提高' if points else '需增加' if level else '需完成'}{figure}"

    def _growth(self) -> str:
        growth = self.values["required_growth_pct"]
        if isnan(growth):
            return ""
        figure = f"{self.number(abs(growth), 1)}%"
        if self.row.direction == -1:
            return f"同比增幅不得超过{figure}" if growth >= 0 else f"同比{self._fall()}{figure}"
        return f"同比需增长{figure}" if growth >= 0 else f"同比降幅须不超过{figure}"

    def _fall(self) -> str:
        return "降幅须不低于" if self.row.kind == Kind.GROWTH else "须下降至少"

    def remarks(self) -> list[str]:
        """Return what is special about the target and the reading."""
        clauses = (
            [f"目标已自{self.day(self.row.target.amendments[-1].since)}起调整"] if self.row.target.amendments else []
        )
        clauses += [f"差距不足1{self.unit.lstrip('十百千万亿') or '个'}，按达序时计"] if self.within_one else []
        clauses += [f"今年{'、'.join(f'{m}月' for m in self.row.breaches)}曾突破"] if self.row.breaches else []
        clauses += ["此后应报数据逾期未报"] if self.overdue else []
        clauses += ["此后参照值尚无新数据" if self.row.reference_waits else "此后尚无新数据"] if self.carried else []
        clauses += ["往年数据不全、未作季节调整"] if self.row.fell_back and not self.row.paced else []
        clauses += ["往年此时已超出全年幅度、此后回落，应有进度因而超过100%"] if self.beyond else []
        clauses += ["此前评价较低，须越过界线一定幅度方可改善"] if self.row.held_back else []
        return clauses + (["数据为预计或初步数"] if self.values["provisional"] else [])

    def over(self) -> str:
        """Return `已突破控制数，`."""
        return "已突破控制数，" if self.burst_early else ""


def nested_quotes(text: str) -> str:
    """Return text with every second level of “” as ‘’, as GB/T 15834 asks for: a name in quotation marks may hold some of its own."""
    if text.count("“") <= 1:
        return text
    depth, said = 0, []
    for character in text:
        depth += character == "“"
        said.append(_INNER.get(character, character) if depth % 2 == 0 and depth else character)
        depth -= character == "”" and depth > 0
    return "".join(said)
