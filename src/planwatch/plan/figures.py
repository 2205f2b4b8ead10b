"""Finds every figure of a text: digits, Chinese numerals, %, 百分点, ranges, 前三, 全部, 翻番, 倍, 同步; and how each binds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

from planwatch.errors import InputError
from planwatch.model.units import conversion_factor
from planwatch.model.vocabulary import Comparator
from planwatch.plan.grammar.lexicon import by_word, one_of, unit_class, words
from planwatch.plan.grammar.numerals import ARABIC, CHINESE, MAGNITUDE, chinese_number, pair_of, split_number


class Form(StrEnum):
    """What sort of figure it is."""

    NUMBER = "number"
    RANGE = "range"
    RANK = "rank"
    ALL = "all"
    DOUBLE = "double"
    FRACTION = "fraction"
    IN_STEP = "in_step"
    NAME = "name"
    ORDINAL = "ordinal"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in a text.

    `start` and `end` bound what is marked: number, unit and the words behind that bind it. `core_start` and `core_end` bound
    number and unit alone. `value` and `value_high` stand in `unit` as printed (3.6 万人); `comparator` is as printed, `ge`
    where nothing binds; `bound` tells whether anything did.
    """

    start: int
    end: int
    core_start: int
    core_end: int
    text: str
    form: Form
    value: float | None = None
    value_high: float | None = None
    unit: str = ""
    comparator: Comparator = Comparator.GE
    bound: bool = False
    prefix: str = ""

    @property
    def measures(self) -> str:
        """Return what the unit measures: percent, points, times, money, amount, count, people, time, or ""."""
        return unit_class(self.unit)


def find_figures(text: str) -> list[Figure]:
    """Return the figures of a text in their order, none overlapping another."""
    plain = half_width(text)
    taken = [False] * (len(plain) + 1)
    found: list[Figure] = []
    for scan in _SCANNERS:
        for figure in scan(plain):
            if not any(taken[figure.core_start : figure.core_end]):
                taken[figure.core_start : figure.core_end] = [True] * (figure.core_end - figure.core_start)
                found.append(replace(figure, text=text[figure.start : figure.end]))
    left = "".join(" " if gone else c for c, gone in zip(plain, taken, strict=False))
    for match in re.finditer(ARABIC, left):  # no digit goes missing
        found.append(replace(_plain(match, Form.NAME), text=text[match.start() : match.end()]))
    found.sort(key=lambda figure: figure.start)
    return [f for f in _shared_bounds(found, plain) if f.form is not Form.NAME or f.text not in words().no_figures]


def half_width(text: str) -> str:
    """Return the text with full-width digits, letters, ％ and ． as ASCII, every place as before."""
    return text.translate(_HALF)


_HALF: dict[int, int] = {
    n: n - 0xFEE0 for n in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
_HALF |= {ord(wide): ord(half) for wide, half in zip("％．－〜", "%.-~", strict=True)}


# --- scanners, in the order of who takes first ------------------------------------------------------------------------------


def _pattern_scanner(name: str, form: Form) -> Callable[[str], Iterator[Figure]]:
    def scan(text: str) -> Iterator[Figure]:
        for match in _compiled(getattr(words(), name)).finditer(text):
            yield _plain(match, form)

    return scan


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _plain(match: re.Match[str], form: Form, value: float | None = None, unit: str = "") -> Figure:
    start, end = match.span()
    return Figure(start, end, start, end, match[0], form, value, unit=unit)


_NUMERALS = r"\d.零〇一二两三四五六七八九十百千万亿"


def _idioms(text: str) -> Iterator[Figure]:
    """Take the words that only look like numbers, so that nobody else does; `find_figures` drops them."""
    for match in _compiled(f"(?<![{_NUMERALS}]){one_of(words().no_figures)}").finditer(text):
        yield _plain(match, Form.NAME)


def _doubled(text: str) -> Iterator[Figure]:
    for match in _compiled(one_of(words().doubling)).finditer(text):
        yield _plain(match, Form.DOUBLE, words().doubling[match[0]], "%")


def _everything(text: str) -> Iterator[Figure]:
    for match in _compiled(one_of(words().all) + "(?!门)").finditer(text):
        yield replace(_plain(match, Form.ALL), comparator=Comparator.EQ)


def _ranks(text: str) -> Iterator[Figure]:
    for match in _compiled(words().ranks).finditer(text):
        number = re.search(rf"[前第]({ARABIC}|{CHINESE})|(?P<best>[十百千])强$", match[0])
        if number:
            yield from _ranked(text, match.start() + number.start(), match.end(), number[1] or number["best"])
        end = match.end()
        while more := re.compile(rf"[、和](第({ARABIC}|{CHINESE})[位名]?)").match(text, end):  # 排第2、第1、第3位
            yield from _ranked(text, more.start(1), more.end(), more[2])
            end = more.end()


def _ranked(text: str, start: int, end: int, number: str) -> Iterator[Figure]:
    value, comparator = _value(number), Comparator.RANK_LE
    if value is not None:
        yield Figure(start, end, start, end, text[start:end], Form.RANK, value, None, "位", comparator, True)


def _value(text: str) -> float | None:
    return float(text) if text[0].isdigit() else chinese_number(text)


def _fractions(text: str) -> Iterator[Figure]:
    """Yield 百分之五 as 5 %, 五成 as 50 %, half of something as 50 %, and 三分之一 as a fraction of which no target is made."""
    for match in re.finditer(rf"([百千万])分之({CHINESE}|{ARABIC})", text):
        value = _value(match[2])
        if value is not None:
            yield _bound(text, match, Form.NUMBER, value=value, unit={"百": "%", "千": "‰", "万": "‱"}[match[1]])
    for match in re.finditer(rf"({CHINESE}|{ARABIC})分之({CHINESE}|{ARABIC})", text):
        yield _fraction(match, _value(match[2]), _value(match[1]))
    for match in re.finditer(r"(?<![\d./])(\d)/(\d{1,2})(?![\d./万亿])", text):
        yield _fraction(match, float(match[1]), float(match[2]))
    for match in _compiled(f"(?<!不){one_of(words().halves)}(?![个天年月日])").finditer(text):
        yield _bound(text, match, Form.NUMBER, value=50, unit="%")
    for match in re.finditer(rf"({CHINESE}|{ARABIC})成(?=以上|以下|左右|以内|的|[，。；、）)\n]|$)", text):
        value = _value(match[1])
        if value is not None and value <= 10:
            yield _bound(text, match, Form.NUMBER, value=value * 10, unit="%")


def _fraction(match: re.Match[str], part: float | None, whole: float | None) -> Figure:
    value = None if part is None or not whole or part >= whole else round(part / whole * 100, 2)
    return _plain(match, Form.FRACTION, value, "%" if value is not None else "")


@cache
def _units() -> str:
    plain = one_of(unit for group in words().units.values() for unit in group)
    return f"(?:{plain}(?:/{one_of(words().per)})?)"


@cache
def _number_pattern() -> re.Pattern[str]:
    def part(n: int) -> str:
        unit = f"(?:(?P<x{n}>{MAGNITUDE}?)(?P<u{n}>{_units()})|(?P<y{n}>{MAGNITUDE})?)"
        return f"(?P<n{n}>{ARABIC}|{CHINESE})(?P<m{n}>{one_of(words().more)}?){unit}"

    return re.compile(rf"{part(1)}(?:(?:[—–\-~～]{{1,2}}|至|到){part(2)})?")


def _numbers(text: str) -> Iterator[Figure]:
    at = 0
    while match := _number_pattern().search(text, at):
        figure = _number(text, match)
        at = max(match.start() + 1, figure.core_end if figure else match.start() + len(match["n1"]))
        if figure:
            yield figure


def _number(text: str, match: re.Match[str]) -> Figure | None:
    if match["n2"] is not None and not text[: match.start()].endswith(("从", "由")):
        ranged = _ranged(text, match)
        if ranged is not None:
            return ranged
    return _arabic(text, match) if match["n1"][0].isdigit() else _chinese(text, match)


def _ranged(text: str, match: re.Match[str]) -> Figure | None:
    low, high = split_number(match["n1"]), split_number(match["n2"])
    if low is None or high is None or not match["u2"] or match["m1"]:
        return None
    unit = high[1] + match["x2"] + match["u2"]
    first = low[1] + (match["x1"] or match["y1"] or "")
    value = _in_unit(low[0], first + (match["u1"] or match["u2"]) if first or match["u1"] else unit, unit)
    if value is None or not value < high[0]:
        return None
    return _bound(text, match, Form.RANGE, value=value, high=high[0], unit=unit, end=match.end("u2"))


def _in_unit(value: float, unit: str, wanted: str) -> float | None:
    if unit == wanted:
        return value
    try:
        return round(value * conversion_factor(unit, wanted), 9)
    except InputError:
        return None


def _arabic(text: str, match: re.Match[str]) -> Figure | None:
    read = split_number(match["n1"])
    if read is None:
        return None
    end = next(match.end(group) for group in ("u1", "y1", "m1", "n1") if match[group])
    unit = (match["x1"] or "") + match["u1"] if match["u1"] else match["y1"] or ""
    figure = _bound(text, match, Form.NUMBER, value=read[0], unit=unit, end=end)
    return replace(figure, form=Form.NAME) if text[end : end + 1] == "级" else figure


def _chinese(text: str, match: re.Match[str]) -> Figure | None:
    numeral, unit = match["n1"], match["u1"] or ""
    if text[max(0, match.start() - 1) : match.start()] in ("每", "第", "数", "几") or not _counts(text, match):
        return None
    end = match.end("u1") if unit else match.end("n1")
    pair = pair_of(numeral)
    if pair and unit:
        return _bound(text, match, Form.RANGE, value=pair[0], high=pair[1], unit=unit, end=end)
    read = split_number(numeral)
    if read is None or not unit:
        return Figure(match.start(), end, match.start(), end, text[match.start() : end], Form.NAME)
    return _bound(text, match, Form.NUMBER, value=read[0], unit=read[1] + (match["x1"] or "") + unit, end=end)


def _counts(text: str, match: re.Match[str]) -> bool:
    """Return whether a Chinese numeral is a figure: one with a measure word behind, or of several signs."""
    numeral, unit = match["n1"], match["u1"] or ""
    if not re.search("[零〇一二两三四五六七八九]", numeral) and "十" not in numeral:
        alone = text[: match.start()].endswith(words().magnitude_alone)
        return bool(unit) and (alone or bool(match["m1"]))
    if len(numeral) > 1:
        return bool(unit) or (numeral[0] in "二两三四五六七八九十" and "十" in numeral)
    return bool(unit) and (unit in words().one_counts if numeral == "一" else unit not in words().digits_only)


_SCANNERS: tuple[Callable[[str], Iterator[Figure]], ...] = (
    _pattern_scanner("dates", Form.DATE),
    _pattern_scanner("names", Form.NAME),
    _doubled,
    _pattern_scanner("in_step", Form.IN_STEP),
    _ranks,
    _fractions,
    _pattern_scanner("ordinals", Form.ORDINAL),
    _idioms,
    _numbers,
    _everything,
)


# --- what binds -----------------------------------------------------------------------------------------------------------------


def _bound(
    text: str,
    match: re.Match[str],
    form: Form,
    *,
    value: float,
    unit: str,
    high: float | None = None,
    end: int | None = None,
) -> Figure:
    """Return the figure with what stands before and behind it read as its comparator."""
    start, core_end = match.start(), match.end() if end is None else end
    behind = _behind().match(text, core_end)
    before = _prefix(text, start)
    more = form is Form.NUMBER and bool(re.search(f"{_more()}[万亿]?{re.escape(unit[-1:])}$", text[start:core_end]))
    comparator = Comparator.RANGE if form is Form.RANGE else Comparator.GE
    if behind and form is not Form.RANGE:
        comparator = by_word(words().after)[behind[0]]
    elif before and form is not Form.RANGE:
        comparator = by_word(words().before)[before]
    shown_end = behind.end() if behind else core_end
    clean = _ALIASES.get(unit, unit)
    bound = bool(behind or before or more)
    return Figure(
        start, shown_end, start, core_end, text[start:shown_end], form, value, high, clean, comparator, bound, before
    )


_ALIASES = {
    "个百分点": "百分点",
    "个点": "百分点",
    "pct": "百分点",
    "㎡": "平方米",
    "m²": "平方米",
    "平米": "平方米",
    "m³": "立方米",
    "微克每立方米": "微克/立方米",
    "μg/m3": "微克/立方米",
    "μg/m³": "微克/立方米",
    "ug/m3": "微克/立方米",
}


@cache
def _behind() -> re.Pattern[str]:
    return re.compile(one_of(by_word(words().after)))


@cache
def _more() -> str:
    return one_of(words().more)


@cache
def _prefixes() -> re.Pattern[str]:
    return re.compile(f"({one_of(by_word(words().before))})[到至了在]?$")


def _prefix(text: str, start: int) -> str:
    before = text[max(0, start - 8) : start]
    found = _prefixes().search(before)
    return found[1] if found and not before.endswith(words().no_before) else ""


_BETWEEN = re.compile("[、，,和及与]|以及")


def _shared_bounds(figures: list[Figure], text: str) -> list[Figure]:
    """Give what binds the end (30%、35%以上) or the start (突破3000亿元和5000亿元) of a bare row to all of it."""
    shared = list(figures)
    for n in range(len(shared) - 2, -1, -1):
        left, right = shared[n], shared[n + 1]
        if _in_row(left, right, text) and not left.bound and right.bound and not right.prefix:
            shared[n] = replace(left, comparator=right.comparator, bound=True)
    for n in range(1, len(shared)):
        left, right = shared[n - 1], shared[n]
        if _in_row(left, right, text) and left.prefix and not right.bound:
            shared[n] = replace(right, comparator=left.comparator, bound=True, prefix=left.prefix)
    return shared


def _in_row(left: Figure, right: Figure, text: str) -> bool:
    numbers = left.form is Form.NUMBER and right.form is Form.NUMBER and left.measures == right.measures
    return numbers and bool(_BETWEEN.fullmatch(text[left.end : right.core_start]))
