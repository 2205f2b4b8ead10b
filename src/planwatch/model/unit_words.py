"""Units in English, and how large amounts are said: 225亿元 is 22.5 billion yuan, 3.6万人 are 36,000 people.

Chinese counts by ten thousands, English by thousands. So an amount in a unit with 万 or 亿 is said with million, billion or trillion, or
written out, by moving the decimal point alone: the figure is rounded in its own unit, as in Chinese, and keeps the digits it has there;
zeros at its end are dropped after the point, as everywhere. One sentence says all its amounts alike, so that they compare at a glance, and
says them alike in every month of the year: the size of the target chooses the word, not that of each figure (`spoken`); where a target has no
number, the size of its reading.

A column that keeps the plan's unit is labelled as the yearbooks do, with the unit itself: `100 million yuan` (亿元), `10,000 people` (万人).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from planwatch.model.units import is_known, pieces

_MILLION = 6
_WORDS = {_MILLION: "million", 9: "billion", 12: "trillion"}
_ONE_AND_MANY = {
    "人": ("person", "people"), "人次": ("visit", "visits"), "美元": ("US dollar", "US dollars"), "欧元": ("euro", "euros"),
    "港元": ("Hong Kong dollar", "Hong Kong dollars"), "吨": ("tonne", "tonnes"), "桶": ("barrel", "barrels"),
    "吨标煤": ("tonne of coal equivalent", "tonnes of coal equivalent"), "延米": ("linear metre", "linear metres"),
    "升": ("litre", "litres"), "千升": ("kilolitre", "kilolitres"), "亩次": ("mu-time", "mu-times"), "小时": ("hour", "hours"),
    "天": ("day", "days"), "分钟": ("minute", "minutes"), "秒": ("second", "seconds"), "周": ("week", "weeks"),
    "年": ("year", "years"), "月": ("month", "months"), "季度": ("quarter", "quarters"), "工作日": ("working day", "working days"),
    "百分点": ("point", "points"), "分": ("point", "points"), "位": ("place", "places"),
}  # fmt: skip
_ALIKE = {
    "个": "", "指数": "", "元": "yuan", "日元": "yen", "亩": "mu", "斤": "jin", "担": "dan", "标箱": "TEU", "公斤标煤": "kg of coal equivalent",
    "克标煤": "g of coal equivalent", "百分比": "%", "千分比": "‰", "萬分比": "per 10,000", "拾万分比": "per 100,000",
}  # fmt: skip
_SYMBOLS = {
    "克": "g", "公斤": "kg", "米": "m", "公里": "km", "平方米": "m²", "平方公里": "km²", "公顷": "ha", "立方米": "m³", "瓦": "W", "千瓦": "kW",
    "兆瓦": "MW", "吉瓦": "GW", "瓦时": "Wh", "千瓦时": "kWh", "兆瓦时": "MWh", "吉瓦时": "GWh", "千伏安": "kVA", "兆伏安": "MVA",
    "PFLOPS": "PFLOPS", "EFLOPS": "EFLOPS",
}  # fmt: skip
_SMALL = {-3: "m", -6: "µ"}
"""What stands before a symbol for 毫 and 微."""


class Words(NamedTuple):
    """A unit in English without its 万 or 亿: the words after one and after many, and the power of ten that was left out."""

    one: str
    many: str
    power: int


class Spoken(NamedTuple):
    """How amounts are said: by how many places the decimal point moves to the right, and the words after one and after many."""

    places: int
    one: str
    many: str


@lru_cache(maxsize=1024)
def words(unit: str) -> Words:
    """Return a unit in English: no word for a plain count (家), the printed one where the registry does not know it."""
    match sorted(pieces(unit), key=lambda piece: -piece[2]) if is_known(unit) else ():
        case [(power, name, 1)]:
            return _named(power, name)
        case [(power, name, 1), (per, other, -1)]:
            one, many, left_out = _named(power, name)
            if {name, other} <= _SYMBOLS.keys() and not per:
                return Words(f"{one}/{_SYMBOLS[other]}", f"{many}/{_SYMBOLS[other]}", left_out)
            below = _named(per, other)
            under = _times(per, below.many if per else below.one)
            return Words(f"{one} per {under}".strip(), f"{many} per {under}".strip(), left_out)
    return Words(unit, unit, 0)


@lru_cache(maxsize=1024)
def label(unit: str) -> str:
    """Return a unit as the head of a column has it: `100 million yuan`, `10,000 people`, `km²`; nothing for a plain count."""
    _, many, power = words(unit)
    return _times(power, many)


@lru_cache(maxsize=1024)
def large_from(unit: str) -> float:
    """Return the size, in the unit, from which on amounts are said with the larger of its two words: 10 (亿元) are a billion."""
    power = words(unit).power
    return float(10 ** (_larger(power) - power))


@lru_cache(maxsize=1024)
def spoken(unit: str, *, large: bool) -> Spoken:
    """Return how amounts in a unit are said: with 亿 in billions or millions, with 万 in millions or written out, else as printed.

    Args:
        unit: the unit as printed.
        large: whether what all the amounts are about has the size of the larger word (`large_from`).
    """
    one, many, power = words(unit)
    larger = _larger(power)
    said = larger if large else larger - 3 if larger > _MILLION else 0
    if not power or not said:
        return Spoken(power, one, many)
    return Spoken(power - said, *(f"{_WORDS[said]} {many}".strip(),) * 2)


def _larger(power: int) -> int:
    """Return the power of the word that a unit's amounts reach when they are large: million for 万, billion for 亿."""
    return max(-(-power // 3) * 3, _MILLION)


def _times(power: int, what: str) -> str:
    """Return a power of ten of something: `10,000 people`, `million yuan`, `100 million yuan`."""
    if power < _MILLION:
        return f"{10**power:,} {what}".strip() if power else what
    lead = 10 ** (power % 3)
    return f"{'' if lead == 1 else lead} {_WORDS[power - power % 3]} {what}".strip()


def _named(power: int, name: str) -> Words:
    """Return a piece of a unit; what 毫 and 微 make small stays a symbol of its own."""
    one, many = _ONE_AND_MANY.get(name) or (_ALIKE.get(name, name),) * 2
    if name in _SYMBOLS:
        one = many = _SMALL.get(power, "") + _SYMBOLS[name]
    return Words(one, many, max(power, 0))
