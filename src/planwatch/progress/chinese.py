"""The verdict in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

import numpy as np

from planwatch.model.units import is_percent
from planwatch.model.vocabulary import Comparator, Kind, Pace, Status
from planwatch.progress.status import BASELINE_UNKNOWN, NEVER_ASSIGNED, NO_SOURCE, REFERENCE_MISSING
from planwatch.progress.wording import CAP, NO_WORD, YEAR_END, Wording

_GOALS = {
    Comparator.GE: "不低于{}", Comparator.GT: "高于{}", Comparator.LE: "不超过{}", Comparator.LT: "低于{}",
    Comparator.ABOUT: "{}左右", Comparator.EQ: "{}", Comparator.RANGE: "不低于{}", Comparator.RANK_LE: "前{}位",
}  # fmt: skip
_VERSUS = {
    Comparator.ABOUT: "与参照同步", Comparator.GT: "高于参照", Comparator.LE: "不高于参照", Comparator.LT: "低于参照",
}  # fmt: skip
_PACES = {
    Pace.LINEAR: "线性序时", Pace.SEASONAL: "往年季节进度", Pace.CUSTOM: "既定进度", Pace.YEAR_END: "全年任务",
}  # fmt: skip


class Chinese(Wording):
    """Chinese, as a dispatch notice would put it."""

    comma, stop, grouped = "，", "。", False
    facts: ClassVar[Mapping[str, str]] = {
        Kind.GROWTH.value: "{span}{name}{moved}，年度目标为{goal}，{gap}",
        Kind.CUMULATIVE.value: "截至{month}{name}累计{a}，完成年度目标{t}的{p}%，按{pace}应完成{e}，{gap}",
        CAP: "截至{month}{name}累计{a}，已占年度控制数{t}的{p}%，按{pace}应控制在{e}以内，{gap}",
        Kind.REACH.value: "截至{month}{name}为{a}，由上年末{b}到今年末目标{t}，按{pace}应为{e}，{gap}",
        Kind.HOLD.value: "截至{month}{name}为{a}，全年要求{goal}，{gap}",
        Kind.CHANGE_PP.value: "截至{month}{name}较上年末变化{a}，全年目标{t}，按{pace}应变化{e}，{gap}",
        Kind.RANK.value: "截至{month}{name}列第{rank}位，目标为前{places}位，{gap}",
        Kind.RELATIVE.value: "{span}{name}：本项{a}，参照值{r}，要求{goal}，{gap}",
        Kind.BOTTOM_LINE.value: "截至{month}{name}报告值为{a}，{breach}",
        Kind.MILESTONE.value: "截至{month}{name}{done}，完成期限为{due}",
        YEAR_END: "截至{month}{name}累计{a}，完成年度目标{t}的{p}%，年末一次性考核",
    }
    silent: ClassVar[Mapping[str, str]] = {
        Status.WITHDRAWN.value: "{name}已不再考核",
        Status.AWAITING_TARGET.value: "{name}的任务数尚待上级下达",
        NEVER_ASSIGNED: "{name}的任务数到年末仍未下达，暂不可评",
        NO_SOURCE: "{name}没有数据来源，暂不可评",
        BASELINE_UNKNOWN: "{name}的上年末基数未知，暂不可评",
        REFERENCE_MISSING: "{name}缺少同期参照值，暂不可评",
        Status.NOT_DUE.value: "{name}今年的数据尚未到发布时间",
        Status.OVERDUE.value: "{name}的数据逾期未报，今年尚无读数",
        NO_WORD: "{name}已过完成期限，今年尚无报告",
    }

    @property
    def name(self) -> str:
        """Return the Chinese name."""
        return self.tidy(self.row.target.name_zh)

    def amount(self, value: float) -> str:
        """Return `3.6万人`; percentage points for a change of a ratio."""
        unit = "个百分点" if self.row.kind == Kind.CHANGE_PP.value and is_percent(self.unit) else self.unit
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
        """Return `不低于10%`."""
        target = self.row.target
        if self.row.kind == Kind.RELATIVE.value:
            more = f"{self.number(target.margin)}个百分点以上" if target.margin else ""
            return _VERSUS.get(target.comparator, "不低于参照") + more
        return _GOALS[target.comparator].format(self.amount(self.row.target_value))

    def pace(self) -> str:
        """Return the pace, and that the season is unknown where it is."""
        return "线性序时（往年数据不全）" if self.row.fell_back else _PACES[self.row.target.pace]

    def gap(self, variance: float) -> str:
        """Return `落后5家（-12.5个百分点）`."""
        unit = "位" if self.row.kind == Kind.RANK.value else self.unit
        unit = "个百分点" if is_percent(unit) else unit
        if variance == 0:
            return "正好持平"
        words = f"{self._side(variance)}{self.number(abs(variance))}{unit}"
        points = self.values["gap_pp"]
        return words if np.isnan(points) else f"{words}（序时进度差{points:+.1f}个百分点）"

    def _side(self, variance: float) -> str:
        if self.row.kind == Kind.RANK.value:
            return "优于目标" if variance > 0 else "差"
        if self.row.direction == 0:
            return "偏离"
        higher = (variance > 0) == (self.row.direction > 0)
        return ("高出" if higher else "差") if self.row.direction > 0 else ("超出" if higher else "低于要求")

    def moved(self, growth: float) -> str:
        """Return `同比增长12.3%`."""
        if growth == 0:
            return "同比持平"
        return f"同比{'增长' if growth > 0 else '下降'}{self.number(abs(growth))}%"

    def breach(self, breached: bool) -> str:
        """Return whether the bottom line held."""
        return "底线被突破" if breached else "未突破底线"

    def done(self, state: float) -> str:
        """Return a milestone's state."""
        return "已完成" if state >= 1 else "已启动、尚未完成" if state > 0 else "尚未启动"

    def rest(self) -> list[str]:
        """Return `后6个月月均需完成2820人，同比需增长3%，预计全年约38000人`."""
        values, left, clauses = self.values, 12 - self.row.month, []
        amount, growth, projection = values["required_amount"], values["required_growth_pct"], values["projection"]
        needs = []
        if amount > 0:
            needs.append(f"月均{'可用' if self.row.direction == -1 else '需增加'}{self.amount(amount)}")
        if not np.isnan(growth):
            needs.append(f"同比{'需增长' if growth >= 0 else '降幅须不超过'}{self.number(abs(growth), 1)}%")
        if needs:
            clauses.append(f"后{left}个月{'、'.join(needs)}")
        if not np.isnan(projection) and self.row.month < 12:
            clauses.append(f"按往年规律预计全年约{self.amount(projection)}")
        return clauses

    def remarks(self) -> list[str]:
        """Return what is special about the reading."""
        clauses = ["此后应报数据逾期未报"] if self.overdue else []
        clauses += ["此后尚无新数据"] if self.carried else []
        clauses += ["往年数据不全、未作季节调整"] if self.row.fell_back and not self.row.paced else []
        return clauses + (["数据为预计或初步数"] if self.values["provisional"] else [])
