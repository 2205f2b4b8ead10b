"""How numbers, months and verdicts are written in a mail: short, in Chinese, one line each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from planwatch.model.calendar import SHANGHAI
from planwatch.model.period import month_of, year_of
from planwatch.model.target import PERCENT_UNITS, Target
from planwatch.model.verdict import is_state
from planwatch.model.vocabulary import MINUS, STATUS_ZH, Kind, ReadingState, Status, Tier

TIER_ZH = {Tier.PLAN: "", Tier.ASSIGNED: "上级下达", Tier.STRETCH: "奋斗目标"}
STEPS_ZH = {0.0: "未启动", 0.5: "进行中", 1.0: "已完成"}
MONTHS_EN = ("January", "February", "March", "April", "May", "June", "July",
             "August", "September", "October", "November", "December")  # fmt: skip

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")


def one_line(text: object, limit: int = 500) -> str:
    """Return text from outside as one honest line: no control, direction-changing or zero-width characters, not endless."""
    line = " ".join(_UNSEEN.sub(" ", str(text)).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def month_zh(period: str) -> str:
    """Return `2026-09` as 2026年9月."""
    return f"{year_of(period)}年{month_of(period)}月"


def day_zh(instant: datetime) -> str:
    """Return an instant's day in the city as 2026年9月5日."""
    local = instant.astimezone(SHANGHAI)
    return f"{local.year}年{local.month}月{local.day}日"


def month_en(period: str) -> str:
    """Return `2026-09` as September 2026."""
    return f"{MONTHS_EN[month_of(period) - 1]} {year_of(period)}"


def number(value: float, *, signed: bool = False, places: int = 2) -> str:
    """Return a number with two decimals at most, or `places` (more where it would vanish), thousands separated, a true minus."""
    exact = Decimal(repr(float(value)))
    steps = (p for p in (places, 2, 4) if exact == 0 or abs(exact) >= Decimal(5).scaleb(-p - 1))
    rounded = exact.quantize(Decimal(1).scaleb(-next(steps, 4)), rounding=ROUND_HALF_UP)
    digits = f"{abs(rounded):,f}"
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return (MINUS if rounded < 0 else "+" if signed and rounded > 0 else "") + digits


def amount(value: float, unit: str) -> str:
    """Return a value with its unit: 12.3%, 19,080人, 3.2个百分点."""
    if unit in ("百分点", "pp"):
        return f"{number(value)}个百分点"
    return number(value) + ("%" if unit in PERCENT_UNITS else unit)


def difference(value: float, unit: str, kind: str) -> str:
    """Return a variance with its sign and unit; of percentages it is 个百分点, of ranks 位."""
    points = unit in PERCENT_UNITS
    return number(value, signed=True) + ("位" if kind == Kind.RANK else "个百分点" if points else unit)


def target_name(target: Target | None, target_id: str, area_name: str) -> str:
    """Return a target's name, before it the area where that is not the plan's own, after it a tier of its own."""
    name = one_line(target.name_zh if target else target_id, 120)
    tier = TIER_ZH[target.tier] if target else ""
    return (f"{one_line(area_name)}·" if area_name else "") + name + (f"（{tier}）" if tier else "")


def amended_text(target: Target, printed: Target) -> str:
    """Return since when, from what and by which document a target was amended; empty for one as printed."""
    if not target.amendments:
        return ""
    newest = target.amendments[-1]
    day = f"{newest.since.year}年{newest.since.month}月{newest.since.day}日"
    before = f"，原为：{one_line(printed.phrase, 120)}" if printed.phrase and printed.phrase != target.phrase else ""
    return f"自{day}起{'不再考核' if target.withdrawn_from else '调整'}{before}；依据：{one_line(newest.source, 120)}"


def status_zh(status: str) -> str:
    """Return a status's Chinese label."""
    return STATUS_ZH[Status(status)] if status in set(Status) else one_line(status)


def actual_text(row: Mapping[str, Any]) -> str:
    """Return what was reached: a value with its unit, a milestone's step, a rank, a count of breaches; empty if nothing."""
    value = row.get("actual")
    if value is None:
        return ""
    if is_state(row):
        return STEPS_ZH.get(float(value), number(value))
    match row.get("kind"):
        case Kind.RANK:
            return f"第{number(value)}位"
        case Kind.BOTTOM_LINE if not row.get("unit"):
            return f"突破{number(value)}起"
    return amount(value, str(row.get("unit") or ""))


def expected_text(row: Mapping[str, Any]) -> str:
    """Return what was expected of the reading's own month; empty where the kind has no number for it."""
    value, kind = row.get("expected"), row.get("kind")
    if value is None or kind == Kind.BOTTOM_LINE or is_state(row):
        return ""
    return f"前{number(value)}位" if kind == Kind.RANK else amount(value, str(row.get("unit") or ""))


def variance_text(row: Mapping[str, Any]) -> str:
    """Return by how much: the variance with its sign and unit."""
    value, kind = row.get("variance"), str(row.get("kind"))
    if value is None or kind == Kind.BOTTOM_LINE or is_state(row):
        return ""
    return difference(value, str(row.get("unit") or ""), kind)


def progress_text(row: Mapping[str, Any]) -> str:
    """Return progress beside schedule and the gap between them, for paced kinds, with the decimals of the sentence beside it."""
    done, planned, gap = row.get("progress_pct"), row.get("schedule_pct"), row.get("gap_pp")
    if done is None or planned is None:
        return ""
    points = "" if gap is None else f"，序时进度差{number(gap, signed=True, places=1)}个百分点"
    return f"完成全年任务的{number(done, places=1)}%，序时应达{number(planned, places=1)}%{points}"


def reading_text(row: Mapping[str, Any]) -> str:
    """Return the reading's month, with its age where it is carried and its caveat where it is not final."""
    period = row.get("reading_period")
    if not period:
        return "尚无数据"
    age = row.get("reading_age_months") or 0
    late = row.get("reading_state") == ReadingState.OVERDUE
    carried = f"，沿用{number(age)}个月前数据" if age else ""
    caveats = [
        w for w, is_so in (("新数据逾期未报", late), ("初步数，待最终核定", bool(row.get("provisional")))) if is_so
    ]
    return month_zh(str(period)) + carried + "".join(f"；{w}" for w in caveats)
