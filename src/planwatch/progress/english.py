"""The verdict in English."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date
from typing import ClassVar

import numpy as np

from planwatch.model.units import is_count, is_percent
from planwatch.model.vocabulary import Comparator, Kind, Pace, Status
from planwatch.progress.status import BASELINE_UNKNOWN, NEVER_ASSIGNED, NO_SOURCE, REFERENCE_MISSING
from planwatch.progress.wording import CAP, NO_WORD, YEAR_END, Wording

_GOALS = {
    Comparator.GE: "at least {}", Comparator.GT: "more than {}", Comparator.LE: "at most {}", Comparator.LT: "less than {}",
    Comparator.ABOUT: "about {}", Comparator.EQ: "{}", Comparator.RANGE: "at least {}", Comparator.RANK_LE: "the first {}",
}  # fmt: skip
_VERSUS = {
    Comparator.ABOUT: "in step with it", Comparator.GT: "above it", Comparator.LE: "not above it", Comparator.LT: "below it",
}  # fmt: skip
_PACES = {
    Pace.LINEAR: "the linear pace", Pace.SEASONAL: "the seasonal pace", Pace.CUSTOM: "the set pace", Pace.YEAR_END: "the year",
}  # fmt: skip
_UNITS = {
    "元": "yuan", "万元": "×10⁴ yuan", "亿元": "×10⁸ yuan", "万亿元": "×10¹² yuan", "人": "people", "万人": "×10⁴ people",
    "人次": "visits", "万人次": "×10⁴ visits", "吨": "tonnes", "万吨": "×10⁴ tonnes", "亩": "mu", "万亩": "×10⁴ mu", "公里": "km",
    "千瓦": "kW", "万千瓦": "×10⁴ kW", "亿千瓦时": "×10⁸ kWh", "万千瓦时": "×10⁴ kWh", "万美元": "×10⁴ US dollars",
    "亿美元": "×10⁸ US dollars", "微克/立方米": "µg/m³", "公顷": "ha", "平方公里": "km²",
}  # fmt: skip


class English(Wording):
    """English, for readers who do not read the plan."""

    comma, stop, grouped = "; ", ".", True
    facts: ClassVar[Mapping[str, str]] = {
        Kind.GROWTH.value: "{name} {moved} in {span} against a target of {goal}: {gap}",
        Kind.CUMULATIVE.value: "{name} came to {a} by the end of {month}, {p}% of the year's {t}, where {pace} expects {e}: {gap}",
        CAP: "{name} came to {a} by the end of {month}, {p}% of the year's limit of {t}, where {pace} allows {e}: {gap}",
        Kind.REACH.value: "{name} stood at {a} at the end of {month}, on the way from {b} to {t}, where {pace} expects {e}: {gap}",
        Kind.HOLD.value: "{name} stood at {a} at the end of {month} and must be {goal} all year: {gap}",
        Kind.CHANGE_PP.value: "{name} had changed by {a} at the end of {month}, of {t} in the year, where {pace} expects {e}: {gap}",
        Kind.RANK.value: "{name} ranked {rank} at the end of {month} with a target of the first {places}: {gap}",
        Kind.RELATIVE.value: "{name} stood at {a} in {span} against a reference of {r} and should be {goal}: {gap}",
        Kind.BOTTOM_LINE.value: "{name} reported {a} up to the end of {month}: {breach}",
        Kind.MILESTONE.value: "{name} {done} at the end of {month}, with {due} as its due date",
        YEAR_END: "{name} came to {a} by the end of {month}, {p}% of the year's {t}, and is judged once, at the year's end",
    }
    silent: ClassVar[Mapping[str, str]] = {
        Status.WITHDRAWN.value: "{name} is no longer assessed",
        Status.AWAITING_TARGET.value: "{name} still awaits its number from the superior government",
        NEVER_ASSIGNED: "{name} cannot be assessed: no number was assigned by the end of the year",
        NO_SOURCE: "{name} cannot be assessed: it has no source of figures",
        BASELINE_UNKNOWN: "{name} cannot be assessed: its level at the end of last year is unknown",
        REFERENCE_MISSING: "{name} cannot be assessed: the reference has no figure for the same period",
        Status.NOT_DUE.value: "{name} has no figure due yet this year",
        Status.OVERDUE.value: "{name} has no figure this year although one was due",
        NO_WORD: "{name} is past its due date without any report this year",
    }

    @property
    def name(self) -> str:
        """Return the English name, the indicator's id where there is none."""
        return self.tidy(self.row.target.name_en or self.row.target.indicator)

    def amount(self, value: float) -> str:
        """Return `36,000 people`."""
        return self._with_unit(self.number(value), points=self.row.kind == Kind.CHANGE_PP.value)

    def _with_unit(self, figure: str, *, points: bool) -> str:
        if is_percent(self.unit):
            return f"{figure} points" if points else f"{figure}%"
        unit = _UNITS.get(self.unit, "" if is_count(self.unit) and not self.unit.startswith("万") else self.unit)
        return f"{figure} {unit}".strip()

    def span(self, month: int) -> str:
        """Return `January–June`."""
        return f"January–{calendar.month_name[month]}" if month > 1 else "January"

    def month(self, month: int) -> str:
        """Return `June`."""
        return calendar.month_name[month]

    def day(self, day: date) -> str:
        """Return `31 December`, with the year where it is not the judged one."""
        year = "" if self.values["period"].startswith(f"{day.year}-") else f" {day.year}"
        return f"{day.day} {calendar.month_name[day.month]}{year}"

    def goal(self) -> str:
        """Return `at least 10%`."""
        target = self.row.target
        if self.row.kind == Kind.RELATIVE.value:
            more = f" by {self.number(target.margin)} points" if target.margin else ""
            return _VERSUS.get(target.comparator, "not below it") + more
        return _GOALS[target.comparator].format(self.amount(self.row.target_value))

    def pace(self) -> str:
        """Return the pace, and that the season is unknown where it is."""
        return "the linear pace (no complete past year)" if self.row.fell_back else _PACES[self.row.target.pace]

    def gap(self, variance: float) -> str:
        """Return `behind by 5 (gap -12.5 points)`."""
        if variance == 0:
            return "exactly as asked"
        figure = self.number(abs(variance))
        rank = self.row.kind == Kind.RANK.value
        words = f"{figure} place{'' if figure == '1' else 's'}" if rank else self._with_unit(figure, points=True)
        points = self.values["gap_pp"]
        gap = "" if np.isnan(points) else f" (gap {points:+.1f} points)"
        return f"{self._side(variance)} by {words}{gap}"

    def _side(self, variance: float) -> str:
        if self.row.kind == Kind.RANK.value:
            return "better" if variance > 0 else "short"
        if self.row.direction == 0:
            return "off"
        ahead, behind = ("ahead", "short") if self.row.direction > 0 else ("under", "over")
        return ahead if variance > 0 else behind

    def moved(self, growth: float) -> str:
        """Return `grew 12.3%`."""
        if growth == 0:
            return "stood still"
        return f"{'grew' if growth > 0 else 'fell'} {self.number(abs(growth))}%"

    def breach(self, breached: bool) -> str:
        """Return whether the bottom line held."""
        return "the bottom line is breached" if breached else "the bottom line holds"

    def done(self, state: float) -> str:
        """Return a milestone's state."""
        return "was done" if state >= 1 else "had started but was not done" if state > 0 else "had not started"

    def rest(self) -> list[str]:
        """Return `the 6 months left need 2,820 people a month`, the growth that takes, and where the year leads."""
        values, left, clauses = self.values, 12 - self.row.month, []
        amount, growth, projection = values["required_amount"], values["required_growth_pct"], values["projection"]
        months = "the month left" if left == 1 else f"the {left} months left"
        needs = []
        if amount > 0:
            verb = "may add" if self.row.direction == -1 else "must add"
            needs.append(f"{verb} {self.amount(amount)}{'' if left == 1 else ' each'}")
        if not np.isnan(growth):
            needs.append(
                f"must {'grow' if growth >= 0 else 'fall no more than'} {self.number(abs(growth), 1)}% on last year"
            )
        if needs:
            clauses.append(f"{months} {' and '.join(needs)}")
        if not np.isnan(projection) and self.row.month < 12:
            clauses.append(f"past years point to about {self.amount(projection)} for the year")
        return clauses

    def remarks(self) -> list[str]:
        """Return what is special about the reading."""
        clauses = ["a newer figure is overdue"] if self.overdue else []
        clauses += ["no newer figure is due yet"] if self.carried else []
        unadjusted = self.row.fell_back and not self.row.paced
        clauses += ["not adjusted for the season, no complete past year"] if unadjusted else []
        return clauses + (["the figure is provisional"] if self.values["provisional"] else [])
