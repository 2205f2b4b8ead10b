"""What both languages share when a verdict is put into a sentence: the facts, the figures, which template speaks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from math import isnan
from string import Formatter
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from planwatch.model.period import last_day
from planwatch.model.target import Target
from planwatch.model.vocabulary import MINUS, Comparator, Kind, ReadingState, Status
from planwatch.progress.rounding import Floats, round_half_away, round_one

CAP = "cap"
ANY_CHANGE = "any_change"
"""A ratio that is to rise or fall at all: no size to be paced, T = 0."""
YEAR_END = "year_end"
YEAR_END_CAP = "year_end_cap"
YEAR_END_LEVEL = "year_end_level"
YEAR_END_CHANGE = "year_end_change"
REPORT = "report"
"""A bottom line of which breaches are reported, none by a zero report (零报告)."""
NO_WORD = "no_word"
MOST_DECIMALS = 6
_UNGROUPED = 999
"""The largest whole figure that has no thousands to set apart."""
SPOKEN = (
    "unit", "period", "status", "reason_code", "actual", "expected", "variance", "progress_pct", "gap_pp", "reference_actual",
    "required_amount", "required_growth_pct", "projection", "projection_low", "projection_high", "projection_method",
    "projection_years", "projection_lacking", "make_up_years", "make_up_n", "reading_state", "provisional",
)  # fmt: skip
"""The verdict's columns that the sentences speak of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One verdict and what stands behind it; amounts in base units, NaN where there is none."""

    target: Target
    name_zh: str
    name_en: str
    kind: str
    values: Mapping[str, Any]
    month: int
    target_value: float
    baseline: float
    decimals: int
    direction: int
    paced: bool
    held: bool
    fell_back: bool
    held_back: bool
    reference_waits: bool
    """Judged at an older month than its own newest, because the reference has none newer."""
    due: date
    reference_zh: str = ""
    """What a relative target is compared with; empty where no register names it."""
    reference_en: str = ""
    points: str = ""
    """G in words already, or what stands in for it; empty where it is still to be put into words."""
    breaches: tuple[int, ...] = ()
    """Months before the reading in which a bottom line was reported breached."""
    stand_in: Callable[[float, int | None, int], str] | None = None
    """Returns what stands in for a figure, which is put into words later (`shapes`); empty where nothing does."""


class Wording(ABC):
    """A language: its templates, and how it says a figure, a goal and a gap."""

    facts: ClassVar[Mapping[str, str]]
    silent: ClassVar[Mapping[str, str]]
    comma: ClassVar[str]
    stop: ClassVar[str]
    to: ClassVar[str]
    grouped: ClassVar[bool]

    def __init__(self, row: Row) -> None:
        self.row = row
        self.values = row.values
        self.unit = tidy(str(row.values["unit"]))

    def sentence(self) -> str:
        """Return the verdict as one sentence. It holds no markup; names stand in it as the plan has them."""
        code = self._silent_code()
        if code:
            return self.silent[code].format(name=self.name, reference=self.reference) + self.stop
        fact = "".join(
            [
                said if given is None else said + _FIELDS[given](self)
                for said, given in _parts(self.facts[self._template()])
            ]
        )
        return self.comma.join([fact, *self.rest(), *self.remarks()]) + self.stop

    def number(self, value: float, decimals: int | None = None, moved: int = 0) -> str:
        """Return a figure one place finer than it was printed, two where one would show nothing; no trailing zeros.

        Args:
            value: in the unit of the row.
            decimals: of its own, instead of one more than were printed.
            moved: by how many places its decimal point stands further right; it is rounded before.
        """
        if value != value:  # noqa: PLR0124 - NaN differs from itself
            return "—"
        if self.row.stand_in and (slot := self.row.stand_in(value, decimals, moved)):
            return slot
        return self._figure(float(value), decimals, moved)

    def reads(self, value: float, word: str, decimals: int | None = None, moved: int = 0) -> bool:
        """Return whether a figure is said in these very digits, as "1" or "100"."""
        return not isnan(value) and self._figure(float(value), decimals, moved) == word

    def _figure(self, value: float, decimals: int | None, moved: int = 0) -> str:
        places = self.row.decimals + 1 if decimals is None else decimals
        rounded = round_one(value, places)
        if value and not rounded:
            places += 1
        if places > MOST_DECIMALS or not rounded:
            places = min(places, MOST_DECIMALS)
            rounded = round_one(value, places)
        text = in_digits(np.array([moved_by(rounded, moved)]), places - moved)[0]
        return text if self.grouped else text.replace(",", "")

    def points(self) -> str | None:
        """Return G with its sign, two decimals where one would show nothing; None where even they do."""
        gap = self.values["gap_pp"]
        return None if gap == 0 else self.row.points or points_of(np.array([gap]))[0]

    @property
    def comparator(self) -> Comparator:
        """Return how the value binds; of a target of which less is better ge means le (下降1.6%以上), and gt means lt."""
        given = self.row.target.comparator
        less = {Comparator.GE: Comparator.LE, Comparator.GT: Comparator.LT}
        return less.get(given, given) if self.row.direction == -1 and self.row.kind != Kind.RANK else given

    @property
    def falls(self) -> bool:
        """Return whether the target is a fall: growth below zero, or a ratio that is to go down."""
        return self.row.kind in (Kind.GROWTH, Kind.CHANGE_PP) and self.row.target_value < 0

    @property
    def only_level(self) -> bool:
        """Return whether T was to be passed and is only reached (突破, 低于)."""
        strict = self.row.target.comparator in (Comparator.GT, Comparator.LT)
        return strict and (not self.row.paced or self.row.month == 12)

    @property
    def burst(self) -> bool:
        """Return whether the reading is beyond a cap."""
        over = float(self.values["actual"]) - self.row.target_value
        return over > 0 or (over == 0 and self.comparator is Comparator.LT)

    @property
    def burst_early(self) -> bool:
        """Return whether the year's cap is burst while its pace allows less by now: two things to say."""
        return self.burst and self.values["expected"] != self.row.target_value

    @property
    def beside_100(self) -> int:
        """Return −1 where P reads 100% and T is not reached, 1 where it reads so and a total is past T, else 0."""
        if self.row.kind != Kind.CUMULATIVE or not self.reads(self.values["progress_pct"], "100", 1):
            return 0
        over = float(self.values["actual"]) - self.row.target_value
        return int(over > 0) - int(over < 0)

    @property
    def season(self) -> bool:
        """Return whether a held figure is expected elsewhere than at T by now, as past years were."""
        expected = float(self.values["expected"])
        return self.row.kind == Kind.HOLD and bool(abs(expected - self.row.target_value) > 1e-9)

    @property
    def beyond(self) -> bool:
        """Return whether more is expected by now than at the year's end, as past years fell back from there."""
        way, whole = (float(x) - self.row.baseline for x in (self.values["expected"], self.row.target_value))
        return self.row.paced and way * whole > 0 and round_one(way / whole, 6) > 1

    @property
    def within_one(self) -> bool:
        """Return whether a shortfall of less than one whole thing is why the row is on track."""
        behind = self.row.paced and bool(self.values["variance"] < 0)
        return behind and self.values["status"] == Status.ON_TRACK and self.comparator is not Comparator.ABOUT

    @property
    def done_already(self) -> bool:
        """Return whether a milestone is done."""
        return self.row.kind == Kind.MILESTONE and bool(self.values["actual"] >= 1)

    @property
    def past_due(self) -> bool:
        """Return whether the judged month ends on the due date or after it."""
        return last_day(str(self.values["period"])) >= self.row.due

    @property
    def overdue(self) -> bool:
        """Return whether a newer reading should have come."""
        return bool(self.values["reading_state"] == ReadingState.OVERDUE)

    @property
    def carried(self) -> bool:
        """Return whether the reading is of an earlier month, without lateness, and a newer one would tell more."""
        return bool(self.values["reading_state"] == ReadingState.CARRIED) and not self.done_already

    @property
    def open_year(self) -> bool:
        """Return whether months are left after the reading."""
        return 0 < self.row.month < 12

    def word(self, column: str) -> str:
        """Return a column's word, empty where it has none."""
        value = self.values[column]
        return value if isinstance(value, str) else ""

    def band(self) -> str:
        """Return the projection's band, one figure where its ends are one; empty where it is no wider than the projection."""
        low, high = (self.values[name] for name in ("projection_low", "projection_high"))
        if isnan(low) or isnan(high) or (low == high == self.values["projection"]):
            return ""
        alike = self._figure(float(low), None) == self._figure(float(high), None)
        return self.amount(low) if alike else self.to.join((self.amount(low), self.amount(high)))

    def _silent_code(self) -> str | None:
        """Return which fixed sentence speaks for a row that has no figure to speak of."""
        status = str(self.values["status"])
        if status == Status.NOT_ASSESSABLE:
            return str(self.values["reason_code"])
        if status in (Status.WITHDRAWN, Status.AWAITING_TARGET):
            return status
        if self.row.month:
            return None
        return status if status in self.silent else NO_WORD

    def _template(self) -> str:
        row = self.row
        if row.paced and isnan(self.values["expected"]):
            if row.kind != Kind.CUMULATIVE:
                return YEAR_END_CHANGE if row.kind == Kind.CHANGE_PP else YEAR_END_LEVEL
            return YEAR_END_CAP if row.direction == -1 else YEAR_END
        if row.kind == Kind.CUMULATIVE and row.direction == -1:
            return CAP
        if row.kind == Kind.CHANGE_PP and row.target_value == 0:
            return ANY_CHANGE
        if row.kind == Kind.BOTTOM_LINE and row.direction == -1 and not self.unit:
            return REPORT
        return Kind.HOLD if row.held else row.kind

    @property
    @abstractmethod
    def name(self) -> str:
        """Return the target's name."""

    @property
    @abstractmethod
    def reference(self) -> str:
        """Return the name of what it is compared with, in brackets; empty where it has none."""

    @abstractmethod
    def amount(self, value: float) -> str:
        """Return a figure with the row's unit."""

    @abstractmethod
    def span(self, month: int) -> str:
        """Return the stretch from January to the month."""

    @abstractmethod
    def month(self, month: int) -> str:
        """Return the month's end."""

    @abstractmethod
    def day(self, day: date) -> str:
        """Return a date."""

    @abstractmethod
    def goal(self) -> str:
        """Return T with its comparator, or what is asked of a relative target."""

    @abstractmethod
    def pace(self) -> str:
        """Return the name of the pace that decided."""

    @abstractmethod
    def gap(self, variance: float) -> str:
        """Return V in words, and G where there is one."""

    @abstractmethod
    def moved(self, growth: float) -> str:
        """Return growth in words."""

    @abstractmethod
    def breach(self, breached: bool) -> str:
        """Return whether the bottom line held."""

    @abstractmethod
    def reported(self, breaches: float) -> str:
        """Return how many breaches of a bottom line were reported."""

    @abstractmethod
    def done(self, state: float) -> str:
        """Return a milestone's state."""

    @abstractmethod
    def late(self) -> str:
        """Return that a milestone is past due or started late, with its comma; empty where neither is."""

    @abstractmethod
    def over(self) -> str:
        """Return that a cap is burst, with its comma; empty where it is not."""

    @abstractmethod
    def progress(self) -> str:
        """Return P of T, or T alone where there is no P."""

    @abstractmethod
    def change(self, value: float) -> str:
        """Return a rise or a fall with its unit."""

    @abstractmethod
    def asked(self) -> str:
        """Return which way a ratio without a printed size is to go."""

    @abstractmethod
    def seasonal(self) -> str:
        """Return what past years let one expect of a held figure by now, with its comma; empty where that is T."""

    @abstractmethod
    def rest(self) -> list[str]:
        """Return what the months left must bring and where the year leads, clause by clause."""

    @abstractmethod
    def remarks(self) -> list[str]:
        """Return what the reader must know of the reading: late, carried, provisional."""


def size_of(target_value: Any, actual: Any) -> Any:
    """Return how large what a sentence is about is, a number or an array: the target, where that has no size the reading."""
    return np.abs(np.where(np.isnan(target_value) | (target_value == 0), actual, target_value))


def moved_by(figures: Any, places: int) -> Any:
    """Return rounded figures, a number or an array, with their decimal point further right: the very digits, where they are at most fifteen."""
    return figures * 10.0**places if places >= 0 else figures / 10.0**-places


def in_digits(figures: Floats, places: int) -> list[str]:
    """Return rounded figures, (n,), in words: grouped by thousands, without trailing zeros; equal ones are put into words once."""
    place, known = pd.factorize(figures, use_na_sentinel=False)
    if 2 * len(known) < len(figures) and not np.signbit(known[known == 0]).any():
        return list(np.array(in_digits(known, places), dtype=object)[place])
    form = f"{',' if (np.abs(figures) > _UNGROUPED).any() else ''}.{max(places, 0)}f"
    said = [format(figure, form) for figure in figures.tolist()]
    said = [text.rstrip("0").rstrip(".") for text in said] if places > 0 else said
    return [text.replace("-", MINUS) for text in said] if np.signbit(figures).any() else said


def points_of(gaps: Floats) -> list[str]:
    """Return points of gap, (n,), with their sign, two decimals where one would show nothing."""
    in_tenths = round_half_away(gaps, 1)
    said = [f"{gap:+.1f}" for gap in in_tenths.tolist()]
    for n in np.flatnonzero(in_tenths == 0).tolist():
        said[n] = f"{round_one(float(gaps[n]), 2):+.2f}"
    return [text.replace("-", MINUS) for text in said]


@lru_cache(maxsize=1 << 14)
def tidy(name: str) -> str:
    """Return a name on one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())


@cache
def _parts(template: str) -> list[tuple[str, str | None]]:
    """Return what a template says, each stretch with the field after it: taken apart once, said many thousand times."""
    return [(said, given) for said, given, _, _ in Formatter().parse(template)]


_FIELDS: dict[str, Callable[[Wording], str]] = {
    "name": lambda w: w.name,
    "span": lambda w: w.span(w.row.month),
    "month": lambda w: w.month(w.row.month),
    "a": lambda w: w.amount(w.values["actual"]),
    "t": lambda w: w.amount(w.row.target_value),
    "b": lambda w: w.amount(w.row.baseline),
    "e": lambda w: w.amount(w.values["expected"]),
    "r": lambda w: w.amount(w.values["reference_actual"]) + w.reference,
    "progress": lambda w: w.progress(),
    "ca": lambda w: w.change(w.values["actual"]),
    "ct": lambda w: w.change(w.row.target_value),
    "ce": lambda w: w.change(w.values["expected"]),
    "asked": lambda w: w.asked(),
    "season": lambda w: w.seasonal(),
    "burst": lambda w: w.over(),
    "late": lambda w: w.late(),
    "rank": lambda w: w.number(w.values["actual"], 0),
    "places": lambda w: w.number(w.row.target_value, 0),
    "goal": lambda w: w.goal(),
    "pace": lambda w: w.pace(),
    "gap": lambda w: w.gap(w.values["variance"]),
    "moved": lambda w: w.moved(w.values["actual"]),
    "breach": lambda w: w.breach(bool(w.values["variance"] < 0)),
    "reported": lambda w: w.reported(w.values["actual"]),
    "done": lambda w: w.done(w.values["actual"]),
    "due": lambda w: w.day(w.row.due),
}
"""Every field of the templates."""
