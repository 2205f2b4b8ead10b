"""What a row's values probably measure, and what cannot be told from one file and is left to a person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from planwatch.model.feed import Words
from planwatch.model.units import is_known
from planwatch.model.vocabulary import Measure, Span
from planwatch.reconcile.text import pattern, squash

_OF_THEIR_OWN = (Measure.DONE, Measure.REPORT, Measure.ASSIGNED)
"""Measures that a series has alone."""
_NO_SPAN = "neither header, word nor name says whether the value is the month's, the year to date's or the end's"
_RATE_TO_DATE = "a rate under the year to date: is it so far, or at the end of the month? Nothing in the file says it"
_RATE_OR_GROWTH = "per cent and no value in the sample: a share or a growth?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A row: its name, what stands behind it (`given`, keys of a series) and its unit (empty where none is printed).

    `rules` are the rules of the columns with a value in it, `every` of all; `worded` says whether a word of its own does, `zero_report`
    whether it says 零报告.
    """

    name: str
    given: Mapping[str, Any]
    unit: str
    rules: Sequence[Mapping[str, Any]]
    every: Sequence[Mapping[str, Any]]
    worded: bool
    zero_report: bool

    @property
    def measures(self) -> tuple[str, ...]:
        """Return what the values measure, each once; where there is none, what they would."""
        rules = self.rules or self.every
        return tuple(dict.fromkeys(str(rule.get("measure", Measure.LEVEL)) for rule in rules))

    @property
    def spans(self) -> set[str | None]:
        """Return the spans of the plain values; None stands for one that no header and no word says."""
        return {rule.get("span") for rule in self.rules if rule.get("measure", Measure.LEVEL) == Measure.LEVEL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """Keys of a series, what a person should look at, and why it is left to the person (empty if it is not)."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    left: str = ""


class Said:
    """What a file's notes and names say of its rows: which are ends of the period, what stands behind a name."""

    def __init__(self, texts: Iterable[str], words: Mapping[str, Any]) -> None:
        self.words = words
        clauses = (clause for text in texts for clause in re.split(r"[,，。;；:：]", squash(text)))
        found = (pattern(words["end_of_period"]).fullmatch(clause) for clause in clauses)
        self._ends = [(re.split(r"[、和及]", f["names"]), bool(f["kind"])) for f in found if f]

    def at_end(self, name: str, *, ratio: bool) -> bool:
        """Return whether a note says that a row's value is that of the end of the period."""
        for names, kind in self._ends:
            if any(n in name for n in names) or (kind and ratio and set(names) & set(self.words["ratios"])):
                return True
        return False

    def of_name(self, name: str) -> tuple[str, Mapping[str, Any]]:
        """Return a name without what is said behind it (_累计增长), and the keys that this gives."""
        bare, mark, behind = name.rpartition("_")
        given = self.words["names"].get(behind) if mark else None
        return (name, {}) if given is None else (bare, given)


def meaning_of(printed: Printed, said: Said, words: Words) -> Meaning:
    """Return what a row's values measure.

    Args:
        printed: the row, and what its columns say.
        said: what the notes say.
        words: how tables of this country write things.
    """
    unit, given = printed.unit, printed.given
    if given.get("value_is"):
        return Meaning(fields={**given, "measures": [given["value_is"]]})
    if special := _special(printed):
        return special
    if unit in {squash(u) for u in words.index_units}:
        return _spanned({"measures": [str(Measure.GROWTH_YOY)], **given}, printed)
    if printed.rules and set(printed.measures) == {Measure.GROWTH_YOY}:
        return Meaning(fields={"measures": [str(Measure.GROWTH_YOY)]} if unit in words.percent else _units(unit, words))
    if unit in words.percent:
        return _ratio(printed, said)
    return _level(printed, said, words)


def _special(printed: Printed) -> Meaning | None:
    """Return the meaning of a milestone, a zero report or an assigned task, None where it is none of them."""
    own = [m for m in printed.measures if m in _OF_THEIR_OWN]
    if len(own) == len(printed.measures) == 1:
        units = {"units": [printed.unit]} if printed.unit and own[0] == Measure.ASSIGNED else {}
        return Meaning(fields={**units, "value_is": own[0], "measures": own})
    if printed.zero_report and printed.spans:
        span = {"span": str(Span.MONTH)}
        return Meaning(fields={"value_is": str(Measure.REPORT), "measures": [str(Measure.REPORT)], **span})
    return None


def _units(unit: str, words: Words) -> dict[str, Any]:
    return {"units": [unit]} if unit and unit not in words.not_a_unit else {}


def _ratio(printed: Printed, said: Said) -> Meaning:
    """Return the meaning of a row in per cent that is no growth."""
    fields = {"units": ["%"], "value_is": str(Measure.RATIO), "measures": [str(Measure.RATIO)]}
    if not printed.rules:
        return Meaning(fields={"units": ["%"]}, left=_RATE_OR_GROWTH)
    if said.at_end(printed.name, ratio=True):
        return Meaning(
            fields={**fields, "span": str(Span.POINT)}, doubts=("span: a note says that it is the end of the period",)
        )
    if printed.spans == {str(Span.MONTH)}:
        doubt = "span: a rate under the month is taken for the end of the month"
        return Meaning(fields={**fields, "span": str(Span.POINT)}, doubts=(doubt,))
    if printed.spans == {str(Span.YTD)} and not printed.worded:
        return Meaning(fields=fields, left=_RATE_TO_DATE)
    return _spanned(fields, printed)


def _level(printed: Printed, said: Said, words: Words) -> Meaning:
    fields = {**_units(printed.unit, words), **printed.given}
    if said.at_end(printed.name, ratio=False) and printed.spans - {str(Span.POINT), None}:
        note = "span: a note says that it is the end of the period"
        return Meaning(fields={**fields, "span": str(Span.POINT)}, doubts=(note,))
    if "units" not in fields:
        return _spanned(fields, printed, "no unit is printed")
    return _spanned(fields, printed, *(() if is_known(printed.unit) else (f"the unit {printed.unit} is not known",)))


def _spanned(fields: Mapping[str, Any], printed: Printed, *doubts: str) -> Meaning:
    """Return the meaning, left to a person where nothing says what stretch of time a value speaks of."""
    left = _NO_SPAN if None in printed.spans and "span" not in fields else ""
    return Meaning(fields=fields, doubts=doubts, left=left)
