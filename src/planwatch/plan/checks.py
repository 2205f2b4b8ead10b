"""What a schema cannot say of a target: names that must be known, units that must agree, numbers that must make sense."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from planwatch.errors import InputError
from planwatch.model.target import Target
from planwatch.model.units import conversion_factor, is_known, is_percent
from planwatch.model.vocabulary import Comparator, Kind, Measure
from planwatch.plan.figures import find_figures
from planwatch.plan.registers import N, Registers, names_of
from planwatch.yamlfile import KeyPath, nearest

FEW = 8
"""So many ids are listed where one of them is asked for; of more, only those that are near."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong with one key of a target, dotted where it stands deeper: `amendments.0.value`."""

    code: str
    key: str
    message: str
    value: str | None = None
    expected: str | None = None
    mend: str | None = None

    @property
    def path(self) -> KeyPath:
        """Return the key as the path of a file."""
        return tuple(int(part) if part.isdecimal() else part for part in self.key.split("."))


def complaints_of(target: Target, area: str, registers: Registers) -> list[Complaint]:
    """Return everything wrong with one target of a plan for `area`, checked against the registers (DOMAIN §2)."""
    own = (*_print(target), *_strays(target))
    return [*_unknown_words(target, registers), *_units(target, registers), *own, *senseless(target, area)]


def senseless(target: Target, area: str) -> list[Complaint]:
    """Return what is wrong with a target's own numbers and dates, without looking at any register."""
    checks: tuple[Callable[[Target], Iterator[Complaint]], ...] = (
        _range, _comparator, _direction, _sign, _reach, _shares, _dates,
    )  # fmt: skip
    return [*(complaint for check in checks for complaint in check(target)), *_mirror(target, area)]


def each_alone(target: Target, registers: Registers) -> Iterator[Complaint]:
    """Yield what is wrong with the names and the unit of a target whose keys do not go together, each looked at on its own."""
    yield from _unknown_words(target, registers)
    if target.unit and not is_known(target.unit):
        yield _strange_unit(target.unit)


def _strange_unit(unit: str) -> Complaint:
    return Complaint("unit", "unit", "the unit is not in the registry", unit, "a unit such as 亿元, 万人, 家, %")


def _unknown_words(target: Target, registers: Registers) -> Iterator[Complaint]:
    reference = target.reference
    yield from _word("indicator", "indicator", target.indicator, registers.indicators)
    yield from _word("area", "area", target.area, registers.areas)
    yield from _word("owner", "department", target.owner, registers.departments)
    if reference is not None:
        yield from _word("reference", "indicator", reference.indicator, registers.indicators)
        yield from _word("reference", "area", reference.area or "", registers.areas)


def _word(key: str, what: str, value: str, register: Mapping[str, N] | None) -> Iterator[Complaint]:
    if not value or register is None or value in register:
        return
    names = names_of(register)
    known = names.get(value)
    listed = f": {', '.join(register)}" if len(register) <= FEW else f" ({len(register)} are there)"
    yield Complaint(
        f"unknown_{what}",
        key,
        f"there is no such {what}",
        value,
        f"an id of {what}s.yaml{listed}",
        f"write {known}" if known else nearest(value, names) or f"add it to {what}s.yaml",
    )


def _units(target: Target, registers: Registers) -> Iterator[Complaint]:
    measure, unit = target.read_measure, target.unit
    indicator = (registers.indicators or {}).get(target.indicator)
    if measure is Measure.LEVEL and indicator is not None:
        yield from _level_units(target, indicator.base_unit)
    elif measure in (Measure.GROWTH_YOY, Measure.RATIO) and unit and not is_percent(unit):
        yield Complaint("unit", "unit", f"{measure.value} is read in percent", unit, "% or 百分点")
    elif unit and not is_known(unit):
        yield _strange_unit(unit)


def _level_units(target: Target, base_unit: str) -> Iterator[Complaint]:
    if target.base_unit and target.base_unit != base_unit:
        message = "readings of this indicator are kept in another unit"
        yield Complaint("unit", "base_unit", message, target.base_unit, base_unit, "leave it out")
    try:
        conversion_factor(target.unit or base_unit, base_unit)
    except InputError as error:
        fault = error.faults[0]
        yield Complaint("unit", "unit", fault.message, target.unit, f"a unit that turns into {base_unit}")


_NUMBER = re.compile(r"(\d[\d,]*(?:\.\d+)?)(倍?)")
_DIGITS = {word: float(n) for n, word in enumerate("零一二三四五六七八九十")} | {"两": 2.0}
_SPELT = re.compile(rf"[前第]([{''.join(_DIGITS)}])|([{''.join(_DIGITS)}])[个家项座条处所位名件场]")
_BARE_WORDS = {0.0: ("清零", "零", "不发生", "杜绝"), 100.0: ("全部", "全覆盖", "全面")}


def _print(target: Target) -> Iterator[Complaint]:
    if not target.section.strip():
        yield Complaint("section", "section", "the section of the plan is missing", expected="such as 0 or 3.2")
    if target.value is None or target.value_inferred:
        return
    printed = _numbers_in(target.phrase)
    for key, value in (("value", target.value), ("value_high", target.value_high)):
        if value is not None and abs(value) not in printed and not _in_words(target, value):
            yield Complaint(
                "phrase",
                key,
                f"the phrase {target.phrase!r} does not print it",
                f"{value:g}",
                "the number as printed, in the printed unit",
                "correct the phrase or the value; where the plan prints no number set value_inferred: true and say why in note",
            )


def _numbers_in(phrase: str) -> set[float]:
    """Return the numbers a phrase prints: digits, 1.1倍 as 110, 前三, 十五家, 四成 and 翻番 as words."""
    text = unicodedata.normalize("NFKC", phrase)
    found = [(float(number.replace(",", "")), times) for number, times in _NUMBER.findall(text)]
    read = {
        abs(value)
        for figure in find_figures(phrase)
        for value in (figure.value, figure.value_high)
        if value is not None
    }
    spelt = read | {_DIGITS[a or b] for a, b in _SPELT.findall(text)}
    return {n for n, _ in found} | {round(n * 100, 6) for n, times in found if times} | spelt


def _in_words(target: Target, value: float) -> bool:
    return target.comparator is Comparator.EQ and any(word in target.phrase for word in _BARE_WORDS.get(value, ()))


_ONE_SIDED = (Comparator.GE, Comparator.GT, Comparator.LE, Comparator.LT)
_AMOUNTS = (*_ONE_SIDED, Comparator.ABOUT, Comparator.EQ, Comparator.RANGE)
_BINDING: Mapping[Kind, tuple[Comparator, ...]] = {
    Kind.RANK: (Comparator.RANK_LE,), Kind.RELATIVE: (*_ONE_SIDED, Comparator.ABOUT, Comparator.EQ),
    Kind.BOTTOM_LINE: (Comparator.EQ, *_ONE_SIDED), Kind.MILESTONE: (Comparator.GE, Comparator.EQ),
}  # fmt: skip
"""Comparators of the kinds that take not every one of an amount's."""
_DIRECTIONS: Mapping[Comparator, tuple[int, ...]] = {
    Comparator.GT: (1, -1), Comparator.LE: (-1,), Comparator.LT: (-1,), Comparator.RANK_LE: (-1,),
}  # fmt: skip
"""Directions of the comparators that leave not every one open; ge of which less is better binds from above (下降1.6%以上)."""


def _comparator(target: Target) -> Iterator[Complaint]:
    """Yield a comparator that says nothing of the kind: a rank of a total, 左右 of a bottom line."""
    taken = _BINDING.get(target.kind, _AMOUNTS)
    if target.comparator not in taken:
        mend = (
            "make it a rank target" if target.comparator is Comparator.RANK_LE else "correct the comparator or the kind"
        )
        message, expected = f"a {target.kind.value} target cannot be held to that", f"one of {', '.join(taken)}"
        yield Complaint("pair", "comparator", message, target.comparator.value, expected, mend)


def _direction(target: Target) -> Iterator[Complaint]:
    """Yield a direction against the comparator: a cap of which more is better, a level to be passed of which neither side is."""
    wanted = _DIRECTIONS.get(target.comparator)
    if target.direction is None or wanted is None or target.kind is Kind.BOTTOM_LINE or target.direction in wanted:
        return
    message = f"{target.comparator.value} goes another way"
    expected = f"{' or '.join(map(str, wanted))} with comparator {target.comparator.value}"
    mend = "leave it out; a fall is ge with a value below zero and direction -1"
    yield Complaint("pair", "direction", message, str(target.direction), expected, mend)


def _strays(target: Target) -> Iterator[Complaint]:
    """Yield keys that mean something only beside another kind or comparator, and would be passed over in silence."""
    relative, counted = target.kind is Kind.RELATIVE, target.kind in (Kind.CUMULATIVE, Kind.ASSIGNED)
    strays = (
        ("tolerance", target.tolerance is not None and target.comparator is not Comparator.ABOUT, "comparator about"),
        ("reference", target.reference is not None and not relative, "kind relative"),
        ("margin", bool(target.margin) and not relative, "kind relative"),
        ("net", target.net and not counted, "kind cumulative"),
    )
    for key, strays_there, beside in strays:
        if strays_there:
            given = getattr(target, key)
            shown = given.indicator if key == "reference" else str(given).lower()
            yield Complaint("pair", key, f"it means nothing here ({target.kind.value}, {target.comparator.value})",
                            shown, f"only with {beside}", f"leave it out, or write {beside}")  # fmt: skip


def _range(target: Target) -> Iterator[Complaint]:
    low, high = target.value, target.value_high
    if low is not None and high is not None and not low < high:
        yield Complaint("range", "value_high", "the range is upside down", f"{high:g}", f"more than {low:g}")


def _sign(target: Target) -> Iterator[Complaint]:
    """Yield a count or an amount below zero, and a place before the first; growth, points and net counts may be negative."""
    counted = target.kind is Kind.CUMULATIVE and not target.net
    least = 1 if target.kind is Kind.RANK else 0
    if target.value is not None and (counted or least) and target.value < least:
        mend = "a net count says net: true" if counted else None
        yield Complaint(
            "sign", "value", f"a {target.kind.value} target is {least} or more", f"{target.value:g}", mend=mend
        )


def _reach(target: Target) -> Iterator[Complaint]:
    start = target.baseline.value if target.baseline else None
    if target.kind is not Kind.REACH or target.value is None or start is None:
        return
    if target.d * (target.value - start) <= 0:
        expected = f"a level {'above' if target.d < 0 else 'below'} {target.value:g} {target.unit}".rstrip()
        message = "the baseline already meets the target, so there is nothing to reach"
        yield Complaint("reach_met", "baseline", message, f"{start:g}", expected, "make it a hold")


def _shares(target: Target) -> Iterator[Complaint]:
    shares = target.shares
    if shares is None:
        return
    fine = all(a <= b for a, b in pairwise((0.0, *shares))) and abs(shares[-1] - 1) < 1e-9
    if not fine:
        shown = ", ".join(f"{share:g}" for share in shares)
        expected = "cumulative shares from 0 that never fall and end at 1"
        yield Complaint("shares", "shares", "these are not a year's cumulative shares", shown, expected)


def _dates(target: Target) -> Iterator[Complaint]:
    if target.start_by and target.deadline and target.start_by > target.deadline:
        expected = f"a day up to {target.deadline}"
        yield Complaint("dates", "start_by", "it would start after its deadline", str(target.start_by), expected)


def _mirror(target: Target, area: str) -> Iterator[Complaint]:
    reference = target.reference
    if reference is None or target.kind is not Kind.RELATIVE:
        return
    own = (target.indicator, target.area or area, target.read_measure)
    other = (reference.indicator, reference.area or target.area or area, reference.measure or target.read_measure)
    if own == other:
        shown = f"{reference.indicator}@{other[1]}"
        yield Complaint("mirror", "reference", "the target is compared with itself", shown, "another indicator or area")
