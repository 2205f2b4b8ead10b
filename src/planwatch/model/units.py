"""Units (计量单位): the one registry with the Chinese units of plans and releases.

Pint does the algebra, in fractions: what is printed as 3.6 万人 is 36000 人 to the last digit, and a mu is a fifteenth of a
hectare. Its import takes a while, so it happens at the first conversion, never when this module loads.
A count of things (个, 家, 户 …) is one dimension whatever the classifier; people (人, 名) and visits (人次) are others, and
percent (%) is not percentage points (百分点).
"""

from __future__ import annotations

import math
import re
import unicodedata
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

from planwatch.errors import Fault, InputError

_DEFINITIONS = """
毫- = 1e-3
微- = 1e-6
百- = 1e2
千- = 1e3
万- = 1e4
_E5_- = 1e5
_E6_- = 1e6
_E7_- = 1e7
亿- = 1e8
_E9_- = 1e9
_E10_- = 1e10
_E11_- = 1e11
_E12_- = 1e12
元 = [renminbi] = _ = 元人民币 = 人民币
美元 = [dollar]
欧元 = [euro]
日元 = [yen]
港元 = [hongkong_dollar]
个 = [thing] = _ = 家 = 户 = 项 = 条 = 座 = 处 = 场 = 场次 = 栋 = 套 = 张 = 件 = 辆 = 次 = 台 = 只 = 头 = 口 = 所 = 份 = 起 = 批 = 组 = 期 = 类 = 种 = 部 = 间 = 宗 = 艘 = 架 = 部门 = 班 = 支 = 枚 = 株 = 盏 = 例 = 列 = 列次 = 趟 = 班次 = 架次 = 批次 = 标段 = 眼 = 块 = 片 = 根 = 幅 = 幢 = 对 = 羽 = 尾 = 匹 = 箱 = 瓶 = 本 = 册 = 篇 = 首 = 单 = 笔 = 款 = 门 = 堂 = 道 = 床 = 顶 = 棵 = 杆 = 把 = 桩 = 副 = 枪 = 孔 = 卷 = 航次 = 车次 = 人份 = 剂次 = 针次 = 户次 = 件次 = 届次
人 = [person] = _ = 名
人次 = [visit]
亩 = [area]
亩次 = [area_times]
公顷 = 15 亩
平方公里 = 1500 亩
平方米 = 0.0015 亩
克 = [mass]
公斤 = 1000 克
斤 = 500 克
担 = 50000 克
桶 = [barrel]
吨 = 1000000 克
吨标煤 = [coal_equivalent] = _ = 吨标准煤
公斤标煤 = 0.001 吨标煤 = _ = 千克标煤 = 公斤标准煤 = 千克标准煤
克标煤 = 0.000001 吨标煤 = _ = 克标准煤
小时 = [time] = _ = 个小时
天 = 24 小时 = _ = 日
分钟 = 小时 / 60
秒 = 分钟 / 60
周 = 7 天
瓦 = [power]
千瓦 = 1000 瓦
兆瓦 = 1000000 瓦
吉瓦 = 1000000000 瓦
瓦时 = 瓦 * 小时
千瓦时 = 千瓦 * 小时 = _ = 度
兆瓦时 = 兆瓦 * 小时
吉瓦时 = 吉瓦 * 小时
千伏安 = [apparent_power]
兆伏安 = 1000 千伏安
PFLOPS = [computing]
EFLOPS = 1000 PFLOPS
米 = [length]
公里 = 1000 米 = _ = 千米
延米 = [metre_run]
立方米 = [volume] = _ = 方
升 = 0.001 立方米
千升 = 立方米
标箱 = [container] = _ = 标准箱
年 = [year] = _ = 岁 = 周年
月 = 年 / 12 = _ = 个月
季度 = 年 / 4 = _ = 个季度
工作日 = [working_day] = _ = 个工作日
百分比 = [percent]
千分比 = 0.1 百分比
萬分比 = 0.01 百分比
拾万分比 = 0.001 百分比
指数 = [index_number]
百分点 = [percentage_point] = _ = 个百分点
分 = [score]
位 = [place] = _ = 名次
"""
"""Pint definitions. 亩 carries area because 15 亩 are a hectare exactly; 公斤 and 千瓦 stand alone so that 万千瓦 reads."""

NAMES = tuple(line.partition(" = ")[0] for line in _DEFINITIONS.strip().splitlines() if "- = " not in line)
"""The units without a prefix, by the name that others are the same as: 元, 个, 人, 千瓦."""

_PREFIXES = {
    "十万": "_E5_",
    "百万": "_E6_",
    "千万": "_E7_",
    "十亿": "_E9_",
    "百亿": "_E10_",
    "千亿": "_E11_",
    "万亿": "_E12_",
}
"""Prefixes of two characters, by a name of one piece: 万亿元 could else be read as 万 of 亿元 too. No printed unit has a `_`."""

_ALIASES = {
    "%": "百分比", "‰": "千分比", "‱": "萬分比", "/万人": "萬分比", "/10万": "拾万分比", "/10万人": "拾万分比", "pp": "百分点", "percent": "百分比", "m3": "立方米", "m2": "平方米", "km2": "平方公里",
    "μg/m3": "微克/立方米", "ug/m3": "微克/立方米", "kg": "公斤", "t": "吨", "kW": "千瓦", "MW": "兆瓦", "GW": "吉瓦",
    "kWh": "千瓦时", "MWh": "兆瓦时", "GWh": "吉瓦时", "TEU": "标箱", "千克": "公斤", "平方千米": "平方公里", "km": "公里", "人民币元": "元",
}  # fmt: skip
INDEX_UNIT = "指数"
"""The unit of numbers that print none: indices, coefficients, ratios such as 0.585."""
_COUNTS = ("个", "人", "人次")
_SHAPE = re.compile(r"[^\W\d_]+(?:/[^\W\d_]+)*")
_LONGEST = 24
_TWO_CHARACTERS = re.compile("|".join(_PREFIXES))


def convert(value: float, from_unit: str, to_unit: str) -> float:
    """Return a value given in `from_unit` in `to_unit`: the float nearest to the exact result, as if computed by hand.

    The value counts as the decimal number it is written as, to fifteen digits: noise of an earlier calculation is no figure.

    Raises:
        InputError: as `conversion_factor`.
    """
    return float(Fraction(f"{value:.15g}") * exact_factor(from_unit, to_unit))


def convert_all(values: Any, from_unit: str, to_unit: str) -> Any:
    """Return an array of values as `convert` returns each of them.

    A value is a whole number of some decimal place; where that number times the factor's numerator, and the denominator, are whole numbers
    that a float holds exactly, one division gives the nearest float. Whatever is not such goes through `convert`.

    Raises:
        InputError: as `conversion_factor`.
    """
    import numpy as np

    factor = exact_factor(from_unit, to_unit)
    found = np.empty(len(values), dtype=np.float64)
    left = np.arange(len(values))
    for places in range(_PLACES):
        scale, divisor = 10.0**places, 10**places * factor.denominator
        if not len(left) or divisor > _EXACT:
            break
        own = values[left]
        with np.errstate(over="ignore"):
            whole = np.rint(own * scale)
        fits = (np.abs(whole) < min(_FIFTEEN_DIGITS, _EXACT / factor.numerator)) & (whole / scale == own)
        found[left[fits]] = whole[fits] * float(factor.numerator) / float(divisor)
        left = left[~fits]
    found[left] = [convert(value, from_unit, to_unit) for value in values[left].tolist()]
    return found


_PLACES, _EXACT, _FIFTEEN_DIGITS = 13, 2**53, 10**15


def conversion_factor(from_unit: str, to_unit: str) -> float:
    """Return the number that turns a value in `from_unit` into one in `to_unit`; `convert` turns printed values exactly.

    Raises:
        InputError: a unit is unknown, or the two measure different things (元 and 美元, % and 百分点).
    """
    return float(exact_factor(from_unit, to_unit))


@lru_cache(maxsize=4096)
def exact_factor(from_unit: str, to_unit: str) -> Fraction:
    """Return the conversion factor as a fraction.

    Raises:
        InputError: as `conversion_factor`.
    """
    if from_unit == to_unit:
        return Fraction(1)
    source, target = _unit(from_unit), _unit(to_unit)
    if source.dimensionality != target.dimensionality:
        raise InputError.of(
            Fault(
                code="unit_incompatible",
                message=f"{from_unit} cannot be turned into {to_unit}: they measure different things",
                value=from_unit,
                expected=f"a unit that turns into {to_unit}",
                mend="correct the unit where it is declared, or where the file prints it",
            )
        )
    return Fraction(_registry().Quantity(Fraction(1), source).to(target).magnitude)


def is_known(unit: str) -> bool:
    """Return whether the registry has the unit."""
    try:
        _unit(unit)
    except InputError:
        return False
    return True


def is_count(unit: str) -> bool:
    """Return whether the unit counts whole things, people or visits, also by the ten thousand (万人)."""
    return whole_step(unit) is not None


@lru_cache(maxsize=1024)
def whole_step(unit: str) -> float | None:
    """Return how much one whole thing is in a count unit (1 for 人, 0.0001 for 万人), None where it is no count."""
    if not unit or not is_known(unit):
        return None
    kind = _unit(unit).dimensionality
    return next((conversion_factor(one, unit) for one in _COUNTS if _unit(one).dimensionality == kind), None)


@lru_cache(maxsize=4096)
def pieces(unit: str) -> tuple[tuple[int, str, int], ...]:
    """Return what a unit is made of, piece by piece: its power of ten, its name in the registry, its exponent.

    Example: 万元/亩 → (4, 元, 1), (0, 亩, −1). A unit with a definition of its own is one piece: 千瓦, not a thousand of 瓦.

    Raises:
        InputError: the unit is unknown.
    """
    quantity = _registry().Quantity(Fraction(1), _unit(unit))
    return tuple((*_without_prefix(name), int(exponent)) for name, exponent in quantity.unit_items())


def _without_prefix(name: str) -> tuple[int, str]:
    """Return the power of ten that a name of the registry begins with, and what it is a power of."""
    if name in NAMES:
        return 0, name
    base = str(_registry().parse_unit_name(name)[0][1])
    return round(math.log10(_registry().Quantity(Fraction(1), name).to(base).magnitude)), base


@lru_cache(maxsize=4096)
def is_percent(unit: str) -> bool:
    """Return whether values in the unit are percent or percentage points, so that differences are points."""
    return _tidy(unit) in {"百分比", "百分点", "个百分点"}


@lru_cache(maxsize=4096)
def _tidy(unit: str) -> str:
    text = "".join(unicodedata.normalize("NFKC", unit).split())
    return _ALIASES.get(text, text)


@cache
def _registry() -> Any:
    import pint

    return pint.UnitRegistry(_DEFINITIONS.strip().splitlines(), non_int_type=Fraction)


@lru_cache(maxsize=4096)
def _unit(unit: str) -> Any:
    import pint

    text = _tidy(unit)
    if len(text) <= _LONGEST and _SHAPE.fullmatch(text):
        try:
            return _registry().Unit(_TWO_CHARACTERS.sub(lambda found: _PREFIXES[found[0]], text))
        except (pint.PintError, ValueError, AttributeError):
            pass
    raise InputError.of(
        Fault(
            code="unit_unknown",
            message="the unit is not in the registry",
            value=unit[:40],
            expected="a unit such as 亿元, 万人, 家, %, 万吨, 亿千瓦时",
            mend="write a known unit, or add this one to planwatch.model.units",
        )
    )
