"""Whether a figure of the text prints a target's value, and whether unit and comparator agree."""

from __future__ import annotations

import re
from collections.abc import Sequence

from planwatch.errors import InputError
from planwatch.model.target import Target
from planwatch.model.units import INDEX_UNIT, conversion_factor, is_percent
from planwatch.model.vocabulary import Comparator, Kind
from planwatch.plan.figures import Figure, Form
from planwatch.plan.grammar.clauses import list_sign, wording_of
from planwatch.plan.grammar.lexicon import phrases
from planwatch.plan.grammar.lists import items_of

_MIRROR = {
    Comparator.GE: Comparator.LE,
    Comparator.GT: Comparator.LT,
    Comparator.LE: Comparator.GE,
    Comparator.LT: Comparator.GT,
}
_FRACTION_SLACK = 0.5
"""三分之二 is 66.67 %, which a target may round."""
_PLACES = ("", "位", "名", "名次")
_WORDLESS = (Kind.BOTTOM_LINE, Kind.MILESTONE, Kind.ASSIGNED, Kind.RELATIVE)


def prints(figure: Figure, target: Target) -> bool:
    """Return whether the figure is the target's: its number (magnitudes, so 降低1.6% prints −1.6), or a word of its kind.

    A target without a number owns the words 同步, 全部, 清零 of its phrase, and 100% where it is a bottom line.
    """
    if target.value is None or target.value_inferred:
        return _prints_wordless(figure, target)
    if figure.value is None:
        return figure.form is Form.ALL and target.value in (0, 100)
    return _same_value(figure, target)


def _prints_wordless(figure: Figure, target: Target) -> bool:
    if figure.form in (Form.ALL, Form.IN_STEP):
        return True
    if target.kind is Kind.RELATIVE:
        return figure.value is not None and abs(target.margin) == figure.value
    return target.kind in _WORDLESS and figure.form is Form.NUMBER and figure.unit == "%" and figure.value == 100


def _same_value(figure: Figure, target: Target) -> bool:
    value = abs(target.value or 0.0)
    if figure.value is None:
        return False
    if figure.form is Form.FRACTION:
        return abs(figure.value - value) < _FRACTION_SLACK
    shown = abs(figure.value)
    same = _close(shown, value) or _close(shown * _factor(figure.unit, target.unit), value)
    if figure.form is Form.RANGE and target.comparator is Comparator.RANGE and target.value_high is not None:
        return same or _close(figure.value_high or 0.0, abs(target.value_high))
    return same or (figure.measures == "times" and _close(shown * 100, value))


def _factor(unit: str, wanted: str) -> float:
    if not unit or not wanted or unit == wanted:
        return 1.0
    try:
        return conversion_factor(unit, wanted)
    except InputError:
        return 1.0


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-9 * max(1.0, abs(a), abs(b))


def disagreement(target: Target, figures: Sequence[Figure], print_: str) -> tuple[str, str] | None:
    """Return code and message of what disagrees between a target and the figures of its phrase, None where all agrees.

    Args:
        target: the target.
        figures: the figures in its phrase.
        print_: the phrase with a few words before it, for lists with 分别.
    """
    if target.value is None or target.value_inferred:
        return None
    shown = "、".join(f.text for f in figures) or "no figure"
    own = [f for f in figures if prints(f, target)]
    if not own:
        return "value", f"the target says {target.value:g} {target.unit}, the text prints {shown}"
    checks = [_unit(target, f) or _ends(target, f) or _comparator(target, f, print_) for f in own]
    worst = None if None in checks else checks[0]
    return worst or _swapped(target, figures, print_)


def _unit(target: Target, figure: Figure) -> tuple[str, str] | None:
    if figure.form in (Form.ALL, Form.DOUBLE, Form.FRACTION) or (
        figure.measures == "times" and is_percent(target.unit)
    ):
        return None
    if figure.form is Form.RANK and target.kind is Kind.RANK and target.unit in _PLACES:
        return None
    if figure.unit == target.unit or (not figure.unit and target.unit == INDEX_UNIT):
        return None
    try:
        factor = conversion_factor(figure.unit, target.unit)
    except InputError:
        factor = 0.0
    if factor and figure.value is not None and _close(figure.value * factor, abs(target.value or 0.0)):
        return None
    return "unit", f"the target's unit is {target.unit or 'none'}, the text prints {figure.text}"


def _ends(target: Target, figure: Figure) -> tuple[str, str] | None:
    ranged = figure.form is Form.RANGE
    if not ranged and target.value_high is None:
        return None
    factor = _factor(figure.unit, target.unit)
    high = None if figure.value_high is None else figure.value_high * factor
    low = None if figure.value is None else figure.value * factor
    ends = (low, high)
    wanted = (abs(target.value or 0.0), None if target.value_high is None else abs(target.value_high))
    if ranged and all(
        a is not None and b is not None and _close(a, b)
        for a, b in zip(sorted_ends(ends), sorted_ends(wanted), strict=True)
    ):
        return None
    return "range", f"the target runs from {target.value:g} to {target.value_high}, the text prints {figure.text}"


def sorted_ends(ends: tuple[float | None, float | None]) -> list[float | None]:
    """Return the ends of a range, the smaller magnitude first."""
    return sorted(ends, key=lambda end: float("inf") if end is None else end)


def _comparator(target: Target, figure: Figure, print_: str) -> tuple[str, str] | None:
    if target.comparator in _allowed(target, figure, print_):
        return None
    message = f"the target's comparator is {target.comparator.value}, the text prints {figure.prefix}{figure.text}: {figure.comparator.value}"
    return "comparator", message


def _allowed(target: Target, figure: Figure, print_: str) -> set[Comparator]:
    """Return the comparators that say what the print says."""
    printed = figure.comparator
    allowed = {printed}
    if (target.value or 0) < 0 or (not figure.bound and _less_is_better(target, print_)):
        allowed.add(_MIRROR.get(printed, printed)) if printed in (Comparator.GE, Comparator.GT) else None
    if not figure.bound and (target.value in (0, 100) or figure.form is Form.ALL):
        allowed |= {Comparator.EQ, Comparator.GE}
    if figure.form is Form.RANGE and target.value_high is not None:
        allowed.add(Comparator.RANGE)
    return allowed


def _less_is_better(target: Target, print_: str) -> bool:
    """Return whether target, name or print say so (降至0.1次): the comparator alone, which is being checked, is no witness."""
    verbs = phrases().directions
    falls = any(word in print_ for word in (*verbs["fall"], *verbs["reach_down"], *verbs["cap"]))
    named = any(word in target.name_zh for word in phrases().less_is_better)
    return target.kind is not Kind.RANK and (target.direction == -1 or named or falls)


def _swapped(target: Target, figures: Sequence[Figure], print_: str) -> tuple[str, str] | None:
    """Return the fault where a list with 分别 gives the target's item another value than the target has."""
    listed = listed_items(print_)
    if listed is None or len(listed) != len(figures):
        return None
    scores = [_likeness(item, target.name_zh, listed) for item in listed]
    best = max(scores)
    if best <= 0 or scores.count(best) > 1:
        return None
    figure = figures[scores.index(best)]
    if prints(figure, target):
        return None
    return (
        "value",
        f"the text gives {listed[scores.index(best)]} {figure.text}, the target says {target.value:g} {target.unit}",
    )


def said_of_each(before: str) -> list[str]:
    """Return the things that 均 or 都 gives the figure behind `before`, none where it is said of one."""
    clause = re.split("[，,。；;：:\n]", before[-120:])[-1]
    wording = wording_of(clause)
    items = items_of(wording.subject) if wording.each and not wording.parallel else []
    return items if len(items) > 1 else []


def listed_items(text: str) -> list[str] | None:
    """Return the items before 分别 (垃圾…覆盖率、畜禽…利用率), None where the text has no such list."""
    head, found, _ = text.rpartition("分别")
    if not found:
        return None
    clause = re.split("[，。；：]", head)[-1]
    return [item for item in list_sign().split(clause) if item]


def _likeness(item: str, name: str, listed: Sequence[str]) -> int:
    """Return how many signs of an item that no other item has, and that are not the list's common head (产量), stand in the name."""
    head = next((h for h in sorted(phrases().heads, key=len, reverse=True) if listed[-1].endswith(h)), "")
    others = "".join(other for other in listed if other is not item) + head
    return sum(c in name for c in set(item) if c not in others)
