"""The sentences of many verdicts at once.

Verdicts that differ only in their names and in the size of their figures share a shape: it is worded once, with slots for those, and
the slots are filled column by column. What a sentence depends on besides is all in `_conditions`: a condition that a wording asks for has
to stand there (`tests/progress/test_shapes.py` compares with the sentences worded one by one).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planwatch.model.remembered import remembered
from planwatch.model.target import Target
from planwatch.model.unit_words import large_from, words
from planwatch.progress.chinese import Chinese, nested_quotes
from planwatch.progress.columns import Ints
from planwatch.progress.english import English
from planwatch.progress.numbering import numbered
from planwatch.progress.rounding import Floats, round_half_away
from planwatch.progress.wording import MOST_DECIMALS, Row, in_digits, moved_by, points_of, size_of, tidy

FACTS = (
    "kind", "month", "target_value", "baseline", "decimals", "direction", "paced", "held", "fell_back", "held_back",
    "reference_waits", "due",
)  # fmt: skip
"""Fields of `Row` that are columns of `Told.facts`."""
_WORDS = (
    "unit", "period", "status", "reason_code", "reading_state", "projection_method", "projection_years", "projection_lacking",
    "make_up_years", "make_up_n", "provisional",
)  # fmt: skip
"""What is spoken of that is no figure."""
_FIGURES = (
    "actual", "expected", "variance", "reference_actual", "required_amount", "required_growth_pct", "projection",
    "projection_low", "projection_high",
)  # fmt: skip
_NUMBERS = frozenset((*_FIGURES, "progress_pct", "target_value", "baseline"))
_TURNED: Mapping[str, Callable[[Floats], Floats]] = {
    "": np.positive,
    "abs": np.abs,
    "neg": lambda figures: 0.0 - figures,
}
"""What a sign is done to; zero has none."""
_SLOT = re.compile("\x01(.*?)\x02")
_NAMES = ("name_zh", "name_en", "reference_zh", "reference_en")
_NAN = 3


Objects = NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Verdicts and what stands behind them, (n,) each: `FACTS` as arrays, `SPOKEN` as lists of Python objects."""

    targets: Sequence[Target]
    facts: Mapping[str, NDArray[Any]]
    spoken: Mapping[str, list[Any]]
    breaches: Sequence[tuple[int, ...]]
    arrays: dict[str, Floats] = field(default_factory=dict, compare=False)
    """Columns of figures that were asked for before."""
    said: dict[tuple[str, int | None], tuple[Floats, Ints]] = field(default_factory=dict, compare=False)
    """The same as they are said."""

    def row(self, n: int) -> Row:
        """Return one verdict as a row that a language can word by itself."""
        target = self.targets[n]
        zh, en = _reference(target)
        facts = {name: column[n].item() for name, column in self.facts.items()}
        return Row(
            target=target, name_zh=tidy(target.name_zh), name_en=tidy(target.name_en or target.indicator),
            values={name: column[n] for name, column in self.spoken.items()}, breaches=self.breaches[n],
            reference_zh=zh, reference_en=en, **facts,
        )  # fmt: skip

    def figure(self, name: str) -> Floats:
        """Return a column of figures, NaN where there is none."""
        if name not in self.arrays:
            given: Any = self.facts[name] if name in self.facts else self.spoken[name]
            self.arrays[name] = np.asarray(given, dtype=float)
        return self.arrays[name]

    def rounded(self, name: str, decimals: int | None = None) -> tuple[Floats, Ints]:
        """Return a column's figures as they are said and their places, (n,) each, as `Wording.number` finds them."""
        if (name, decimals) not in self.said:
            places = self.facts["decimals"] + 1 if decimals is None else np.full(len(self.targets), decimals)
            self.said[name, decimals] = _rounded(self.figure(name), places)
        return self.said[name, decimals]


def _rounded(figures: Floats, places: Ints) -> tuple[Floats, Ints]:
    rounded = round_half_away(figures, places)
    nothing = rounded == 0
    places = np.where(nothing & (figures != 0), places + 1, places)
    again = nothing | (places > MOST_DECIMALS)
    places = np.where(again, np.minimum(places, MOST_DECIMALS), places).astype(np.int64)
    return np.where(again, round_half_away(figures, places), rounded), places


def _reference(target: Target) -> tuple[str, str]:
    """Return the names of what a relative target is compared with, empty where there are none."""
    return (tidy(target.reference.name_zh), tidy(target.reference.name_en)) if target.reference else ("", "")


class Figure(float):
    """A figure that knows its column and what was done to its sign, so that a slot can stand for it."""

    name: str
    turned: str

    @classmethod
    def of(cls, value: float, name: str, turned: str = "") -> Self:
        """Return a column's figure."""
        figure = cls(value)
        figure.name, figure.turned = name, turned
        return figure

    def __abs__(self) -> Figure:
        """Return the size, whose slot is of the column without signs."""
        return Figure.of(float.__abs__(self), self.name, "abs")

    def __neg__(self) -> Figure:
        """Return the figure with its sign turned."""
        if self.turned:
            raise NotImplementedError(f"{self.name} is turned twice")
        return Figure.of(float.__neg__(self), self.name, "neg")


class Slot(NamedTuple):
    """What is filled in: a figure's column, turned, with decimals of its own where it has some, moved; or a name, or G in points."""

    name: str
    turned: str = ""
    decimals: int | None = None
    moved: int = 0

    def __str__(self) -> str:
        """Return what stands in for it in a sentence."""
        return f"\x01{self.name}:{self.turned}:{'' if self.decimals is None else self.decimals}:{self.moved}\x02"

    @classmethod
    def parse(cls, said: str) -> Self:
        """Return the slot that a stretch between its marks stands for."""
        name, turned, decimals, moved = said.split(":")
        return cls(name, turned, int(decimals) if decimals else None, int(moved))


class _Shape(NamedTuple):
    """A sentence in one language for the rows `at`: a template, and the slots in the order of its places."""

    at: Ints
    template: str
    slots: list[Slot]


def sentences(told: Told) -> tuple[list[str], list[str]]:
    """Return every verdict's sentence in Chinese and in English, as the languages word one verdict."""
    alike = [(_slotted(told.row(int(at[0]))), at) for at in _alike(told)]
    chinese = [_shape(Chinese(row).sentence(), at) for row, at in alike]
    english = [_shape(English(row).sentence(), at) for row, at in alike]
    texts = _texts(told, [*chinese, *english])
    plain = {
        slot: _ungrouped(column) if slot.name in _NUMBERS else column
        for slot, column in texts.items()
        if not slot.moved
    }
    return [nested_quotes(said) for said in _filled(told, chinese, plain)], _filled(told, english, texts)


def _alike(told: Told) -> Iterator[Ints]:
    """Yield the places of the verdicts of each shape."""
    key = numbered(_conditions(told), len(told.targets))
    order = np.argsort(key, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(key[order])) + 1) if len(order) else ()


def _conditions(told: Told) -> Iterator[tuple[Ints, int]]:
    """Yield everything that decides how a sentence runs, as codes and how many there are of them."""
    facts = told.facts
    words: list[Any] = [told.spoken[name] for name in _WORDS]
    words += [facts[name] for name in FACTS if name not in ("target_value", "baseline", "decimals")]
    yield _entries(told.targets)
    for column in (*words, _objects(told.breaches)):
        codes, known = pd.factorize(np.asarray(column, dtype=object), use_na_sentinel=False)
        yield codes.astype(np.int64), len(known)
    actual, target, expected, gap = (told.figure(n) for n in ("actual", "target_value", "expected", "gap_pp"))
    said = {name: told.rounded(name)[0] for name in (*_FIGURES, "target_value", "baseline")}
    large_from, one = _english_units(told.spoken["unit"])
    yield (size_of(target, actual) >= large_from).astype(np.int64), 2
    for name, figures in said.items():
        yield _sign(told.figure(name)) + 4 * (np.abs(figures) == 1) + 8 * (np.abs(figures) == one), 16
    yield _sign(actual - target) + 4 * (actual >= 1), 8
    yield _sign(gap), 4
    yield _sign(expected - target) + 4 * (np.abs(expected - target) > 1e-9), 8
    way, whole = expected - told.figure("baseline"), target - told.figure("baseline")
    ratio = np.divide(way, whole, out=np.zeros_like(way), where=way * whole > 0)
    yield (round_half_away(ratio, 6) > 1).astype(np.int64), 2
    progress = told.figure("progress_pct")
    yield np.isnan(progress) + 2 * (told.rounded("progress_pct", 1)[0] == 100), 4
    low, high, projection = (told.figure(name) for name in ("projection_low", "projection_high", "projection"))
    alike = said["projection_low"] == said["projection_high"]
    yield ((low == high) & (high == projection)) + 2 * alike, 4


@remembered
def _entries(targets: Sequence[Target]) -> tuple[Ints, int]:
    """Return what of the targets' entries decides how a sentence runs, as one code, and how many there are."""
    entries = [
        [t.comparator for t in targets], [t.pace for t in targets], [t.margin for t in targets], [t.start_by for t in targets],
        [t.amendments[-1].since if t.amendments else None for t in targets],
        [bool(zh) + 2 * bool(en) for zh, en in map(_reference, targets)],
    ]  # fmt: skip
    told = (pd.factorize(np.asarray(column, dtype=object), use_na_sentinel=False) for column in entries)
    code = numbered(((codes.astype(np.int64), len(known)) for codes, known in told), len(targets))
    return code, int(code.max(initial=-1)) + 1


@remembered
def _names(targets: Sequence[Target]) -> dict[str, Objects]:
    """Return the names that sentences say, (n,) each."""
    pairs = [_reference(t) for t in targets]
    names: dict[str, list[str]] = {
        "name_zh": [tidy(t.name_zh) for t in targets],
        "name_en": [tidy(t.name_en or t.indicator) for t in targets],
        "reference_zh": [zh for zh, _ in pairs],
        "reference_en": [en for _, en in pairs],
    }
    return {name: np.array(said, dtype=object) for name, said in names.items()}


def _english_units(units: Sequence[Any]) -> tuple[Floats, Floats]:
    """Return from which size on an amount is said with the larger word, and what is one whole written out, (n,) each."""
    codes, known = pd.factorize(np.asarray(units, dtype=object), use_na_sentinel=False)
    names = [tidy(str(unit)) for unit in known]
    large, powers = [large_from(name) for name in names], [words(name).power for name in names]
    return np.array(large)[codes], np.array([1 / 10**power for power in powers])[codes]


def _sign(figures: Floats) -> Ints:
    """Return 0, 1 or 2 for below, at and above zero, 3 for no figure."""
    return np.where(np.isnan(figures), _NAN, np.sign(np.nan_to_num(figures)) + 1).astype(np.int64)


def _objects(tuples: Sequence[tuple[int, ...]]) -> Objects:
    column = np.empty(len(tuples), dtype=object)
    column[:] = tuples
    return column


def _slotted(row: Row) -> Row:
    """Return the row with slots where names and figures stand."""
    spoken = {name: Figure.of(row.values[name], name) for name in (*_FIGURES, "progress_pct", "gap_pp")}
    own = {name: Figure.of(getattr(row, name), name) for name in ("target_value", "baseline")}
    fields = {name: getattr(row, name) for name in row.__dataclass_fields__}
    return Row(**fields | own | {
        "values": {**row.values, **spoken}, "stand_in": _stand_in, "points": str(Slot("points")),
        "name_zh": str(Slot("name_zh")), "name_en": str(Slot("name_en")),
        "reference_zh": row.reference_zh and str(Slot("reference_zh")),
        "reference_en": row.reference_en and str(Slot("reference_en")),
    })  # fmt: skip


def _stand_in(value: float, decimals: int | None, moved: int) -> str:
    return str(Slot(value.name, value.turned, decimals, moved)) if isinstance(value, Figure) else ""


def _shape(sentence: str, at: Ints) -> _Shape:
    stretches = _SLOT.split(sentence.replace("%", "%%"))
    return _Shape(at, "%s".join(stretches[::2]), [Slot.parse(said) for said in stretches[1::2]])


def _filled(told: Told, shapes: Sequence[_Shape], texts: Mapping[Slot, Objects]) -> list[str]:
    """Return the sentences, their slots filled."""
    said = np.empty(len(told.targets), dtype=object)
    for at, template, slots in shapes:
        columns = [texts[slot][at].tolist() for slot in slots]
        said[at] = [template % row for row in zip(*columns, strict=True)] if columns else template % ()
    return said.tolist()


def _texts(told: Told, shapes: Sequence[_Shape]) -> dict[Slot, Objects]:
    """Return the texts of every slot, (n,), in the rows that have it."""
    asked: dict[Slot, NDArray[np.bool_]] = {}
    for shape in shapes:
        for slot in shape.slots:
            asked.setdefault(slot, np.zeros(len(told.targets), dtype=bool))[shape.at] = True
    texts: dict[Slot, Objects] = {}
    for slot, rows in asked.items():
        texts[slot] = np.empty(len(rows), dtype=object)
        texts[slot][rows] = _words_of(told, slot, np.flatnonzero(rows))
    return texts


def _words_of(told: Told, slot: Slot, at: Ints) -> list[str]:
    if slot.name in _NAMES:
        return list(_names(told.targets)[slot.name][at])
    if slot.name == "points":
        return points_of(told.figure("gap_pp")[at])
    figures, places_of_all = told.rounded(slot.name, slot.decimals)
    moved, places = moved_by(_TURNED[slot.turned](figures[at]), slot.moved), places_of_all[at]
    texts = np.empty(len(at), dtype=object)
    for count in np.unique(places).tolist():
        here = places == count
        texts[here] = in_digits(moved[here], count - slot.moved)
    return texts.tolist()


def _ungrouped(texts: Objects) -> Objects:
    column = np.empty(len(texts), dtype=object)
    column[:] = [text and text.replace(",", "") for text in texts.tolist()]
    return column
