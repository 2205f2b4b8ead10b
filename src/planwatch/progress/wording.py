"""What both languages share when a verdict is put into a sentence: the facts, the figures, which template speaks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

import numpy as np

from planwatch.model.target import Target
from planwatch.model.vocabulary import Kind, ReadingState, Status
from planwatch.progress.rounding import round_half_away

CAP = "cap"
YEAR_END = "year_end"
NO_WORD = "no_word"
_MOST_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One verdict and what stands behind it; amounts in base units, NaN where there is none."""

    target: Target
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
    due: date


class Wording(ABC):
    """A language: its templates, and how it says a figure, a goal and a gap."""

    facts: ClassVar[Mapping[str, str]]
    silent: ClassVar[Mapping[str, str]]
    comma: ClassVar[str]
    stop: ClassVar[str]
    grouped: ClassVar[bool]

    def __init__(self, row: Row) -> None:
        self.row = row
        self.values = row.values
        self.unit = str(row.values["unit"])

    def sentence(self) -> str:
        """Return the verdict as one sentence. It holds no markup; names stand in it as the plan has them."""
        code = self._silent_code()
        if code:
            return self.silent[code].format(name=self.name) + self.stop
        fact = self.facts[self._template()].format(**self._fields())
        return self.comma.join([fact, *self.rest(), *self.remarks()]) + self.stop

    def number(self, value: float, decimals: int | None = None) -> str:
        """Return a figure at most two places finer than it was printed, without trailing zeros."""
        if np.isnan(value):
            return "—"
        places = min(self.row.decimals + 2 if decimals is None else decimals, _MOST_DECIMALS)
        text = f"{float(round_half_away(value, places)):,.{places}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return text if self.grouped else text.replace(",", "")

    @staticmethod
    def tidy(name: str) -> str:
        """Return a name on one line, without control characters."""
        return " ".join("".join(c if c.isprintable() else " " for c in name).split())

    @property
    def overdue(self) -> bool:
        """Return whether a newer reading should have come."""
        return bool(self.values["reading_state"] == ReadingState.OVERDUE.value)

    @property
    def carried(self) -> bool:
        """Return whether the reading is of an earlier month, without lateness."""
        return bool(self.values["reading_state"] == ReadingState.CARRIED.value)

    def _silent_code(self) -> str | None:
        """Return which fixed sentence speaks for a row that has no figure to speak of."""
        status = str(self.values["status"])
        if status == Status.NOT_ASSESSABLE.value:
            return str(self.values["reason_code"])
        if status in (Status.WITHDRAWN.value, Status.AWAITING_TARGET.value):
            return status
        if self.row.month:
            return None
        return status if status in self.silent else NO_WORD

    def _template(self) -> str:
        row = self.row
        if row.paced and np.isnan(self.values["expected"]):
            return YEAR_END
        if row.kind == Kind.CUMULATIVE.value and row.direction == -1:
            return CAP
        return Kind.HOLD.value if row.held else row.kind

    def _fields(self) -> dict[str, str]:
        values = self.values
        return {
            "name": self.name,
            "span": self.span(self.row.month),
            "month": self.month(self.row.month),
            "a": self.amount(values["actual"]),
            "t": self.amount(self.row.target_value),
            "b": self.amount(self.row.baseline),
            "e": self.amount(values["expected"]),
            "r": self.amount(values["reference_actual"]),
            "p": self.number(values["progress_pct"], 1),
            "rank": self.number(values["actual"], 0),
            "places": self.number(self.row.target_value, 0),
            "goal": self.goal(),
            "pace": self.pace(),
            "gap": self.gap(float(values["variance"])),
            "moved": self.moved(float(values["actual"])),
            "breach": self.breach(bool(values["variance"] < 0)),
            "done": self.done(float(values["actual"])),
            "due": self.day(self.row.due),
        }

    @property
    @abstractmethod
    def name(self) -> str:
        """Return the target's name."""

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
    def done(self, state: float) -> str:
        """Return a milestone's state."""

    @abstractmethod
    def rest(self) -> list[str]:
        """Return what the months left must bring and where the year leads, clause by clause."""

    @abstractmethod
    def remarks(self) -> list[str]:
        """Return what the reader must know of the reading: late, carried, provisional."""
