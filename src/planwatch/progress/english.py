"""The verdict in English. `planwatch.model.unit_words` has the units, and with what words large amounts are said."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from math import isnan
from typing import ClassVar

from planwatch.model.unit_words import Spoken, large_from, spoken
from planwatch.model.units import is_percent
from planwatch.model.vocabulary import Comparator, Kind, NoProjection, Pace, ProjectionMethod, Status
from planwatch.progress.status import BASELINE_UNKNOWN, NEVER_ASSIGNED, NO_READING, NO_SOURCE, REFERENCE_MISSING
from planwatch.progress.wording import (
    ANY_CHANGE,
    CAP,
    NO_WORD,
    REPORT,
    YEAR_END,
    YEAR_END_CAP,
    YEAR_END_CHANGE,
    YEAR_END_LEVEL,
    Wording,
    size_of,
)

_GOALS = {
    Comparator.GE: "at least {}", Comparator.GT: "more than {}", Comparator.LE: "at most {}", Comparator.LT: "less than {}",
    Comparator.ABOUT: "about {}", Comparator.EQ: "{}", Comparator.RANGE: "at least {}", Comparator.RANK_LE: "the top {}",
}  # fmt: skip
_FALLS = {
    Comparator.GE: "at most ", Comparator.GT: "less than ", Comparator.LE: "at least ", Comparator.LT: "more than ",
    Comparator.ABOUT: "about ", Comparator.EQ: "", Comparator.RANGE: "at most ",
}  # fmt: skip
_VERSUS = {
    Comparator.ABOUT: "in step with it", Comparator.GT: "above it", Comparator.LE: "not above it", Comparator.LT: "below it",
}  # fmt: skip
_PACES = {
    Pace.LINEAR: "the linear pace", Pace.SEASONAL: "the seasonal pace", Pace.CUSTOM: "the set pace", Pace.YEAR_END: "the year",
}  # fmt: skip
_METHODS = {
    ProjectionMethod.SEASONAL_SHARE.value: "the share of {years} points", ProjectionMethod.CUSTOM_SHARE.value: "the set pace points",
    ProjectionMethod.LAST_READING.value: "the last figure, against {years}, points",
}  # fmt: skip
_BANDS = {
    ProjectionMethod.SEASONAL_SHARE.value: "",
    ProjectionMethod.LAST_READING.value: ", as later months changed it then",
}
_LACKING = {
    NoProjection.NO_HISTORY.value: "no complete past year",
    NoProjection.SHARE_TOO_SMALL.value: "past years had too little of theirs by now",
}


class English(Wording):
    """English, for readers who do not read the plan."""

    comma, stop, to, grouped = "; ", ".", " to ", True
    facts: ClassVar[Mapping[str, str]] = {
        Kind.GROWTH: "{name} {moved} in {span} against a target of {goal}: {gap}",
        Kind.CUMULATIVE: "{name} came to {a} by the end of {month}, {progress}, where {pace} expects {e}: {gap}",
        CAP: "{name} came to {a} by the end of {month}, {progress}{burst}, where {pace} allows {e}: {gap}",
        Kind.REACH: "{name} stood at {a} at the end of {month}, on the way from {b} to {t}, where {pace} expects {e}: {gap}",
        Kind.HOLD: "{name} stood at {a} at the end of {month} and must be {goal} all year{season}: {gap}",
        Kind.CHANGE_PP: "{name} had {ca} by the end of {month} and is to have {ct} by the year's end, where {pace} expects it to have {ce}: {gap}",
        ANY_CHANGE: "{name} had {ca} by the end of {month} and is {asked} by the year's end: {gap}",
        Kind.RANK: "{name} ranked no. {rank} at the end of {month} against a target of the top {places}: {gap}",
        Kind.RELATIVE: "{name} stood at {a} in {span} against a reference of {r} and should be {goal}: {gap}",
        Kind.BOTTOM_LINE: "{name} stood at {a} at the end of {month}: {breach}",
        REPORT: "{name}: {reported} up to the end of {month}, {breach}",
        Kind.MILESTONE: "{name}: {done} by the end of {month}, due {due}{late}",
        YEAR_END: "{name} came to {a} by the end of {month}, {progress}, to be judged once, at the year's end",
        YEAR_END_CAP: "{name} came to {a} by the end of {month}, {progress}{burst}, to be judged once, at the year's end",
        YEAR_END_CHANGE: "{name} had {ca} by the end of {month}, {progress}, to be judged once, at the year's end",
        YEAR_END_LEVEL: "{name} stood at {a} at the end of {month}, {progress}, to be judged once, at the year's end",
    }
    silent: ClassVar[Mapping[str, str]] = {
        Status.WITHDRAWN: "{name} is no longer assessed",
        Status.AWAITING_TARGET: "{name} still awaits its number from the superior government",
        NEVER_ASSIGNED: "{name} cannot be assessed: no number was assigned by the end of the year",
        NO_SOURCE: "{name} cannot be assessed: it has no source of figures",
        BASELINE_UNKNOWN: "{name} cannot be assessed: its level at the end of last year is unknown",
        REFERENCE_MISSING: "{name} cannot be assessed: the reference{reference} has no figure for the same period",
        NO_READING: "{name} cannot be assessed: no figure of the year came by the time it was to be published",
        Status.NOT_DUE: "{name} has no figure due yet this year",
        Status.OVERDUE: "{name} has no figure this year although one was due",
        NO_WORD: "{name}: past its due date without a report that it is done",
    }

    @property
    def name(self) -> str:
        """Return the English name, the indicator's id where there is none."""
        return self.row.name_en

    @property
    def reference(self) -> str:
        """Return ` (Gross regional product)`."""
        return f" ({self.row.reference_en})" if self.row.reference_en else ""

    def amount(self, value: float) -> str:
        """Return `36,000 people`."""
        return self._with_unit(value, points=self.row.kind == Kind.CHANGE_PP)

    def _with_unit(self, value: float, *, points: bool) -> str:
        if is_percent(self.unit) and not points:
            return f"{self.number(value)}%"
        moved, one, many = self._unit
        noun = one if one != many and self.reads(value, "1", moved=moved) else many
        return f"{self.number(value, moved=moved)} {noun}".strip()

    @cached_property
    def _unit(self) -> Spoken:
        """Return how the sentence says its amounts, all of them alike."""
        if is_percent(self.unit):
            return spoken("百分点", large=False)
        size = size_of(self.row.target_value, self.values["actual"])
        return spoken(self.unit, large=bool(size >= large_from(self.unit)))

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
        """Return `at least 10%`; of a fall `a fall of at least 1.6%`; of a relative target what it must be to its reference."""
        if self.row.kind == Kind.RELATIVE:
            return self._versus()
        if self.falls:
            return f"a fall of {_FALLS[self.comparator]}{self.number(-self.row.target_value)}%"
        return _GOALS[self.comparator].format(self.amount(self.row.target_value))

    def _versus(self) -> str:
        comparator, margin = self.comparator, self.row.target.margin
        if not margin:
            return _VERSUS.get(comparator, "not below it")
        side, other = ("below", "above") if self.row.direction == -1 else ("above", "below")
        points = self._with_unit(abs(margin), points=True)
        if margin < 0:
            return f"{other} it by at most {points}"
        how = {Comparator.ABOUT: "about", Comparator.GT: "more than", Comparator.LT: "more than"}
        return f"{side} it by {how.get(comparator, 'at least')} {points}"

    def pace(self) -> str:
        """Return the pace, and that the season is unknown where it is."""
        return "the linear pace (no complete past year)" if self.row.fell_back else _PACES[self.row.target.pace]

    def gap(self, variance: float) -> str:
        """Return `behind by 5 (gap −12.5 points)`."""
        if variance == 0:
            return self._level()
        words = self._with_unit(abs(variance), points=True)
        if self.row.kind == Kind.RANK:
            words = f"{self.number(abs(variance))} place{'' if self.reads(abs(variance), '1') else 's'}"
        known = not isnan(self.values["gap_pp"])
        gap = f" (gap {self.points() or 'below 0.01'} points)" if known else ""
        return f"{self._side(variance)} by {words}{gap}"

    def _level(self) -> str:
        if not self.only_level:
            return "exactly as asked"
        return f"only level with that, not {'above' if self.row.direction > 0 else 'below'} it"

    def _side(self, variance: float) -> str:
        if self.row.kind == Kind.RANK:
            return "better" if variance > 0 else "short"
        if self.row.direction == 0:
            return "off"
        up = self.row.direction > 0 or self.falls
        ahead, behind = ("ahead", "short") if up else ("under", "over")
        return ahead if variance > 0 else behind

    def moved(self, growth: float) -> str:
        """Return `grew 12.3%`."""
        if growth == 0:
            return "stood still"
        return f"{'grew' if growth > 0 else 'fell'} {self.number(abs(growth))}%"

    def breach(self, breached: bool) -> str:
        """Return whether the bottom line held."""
        return "the bottom line is breached" if breached else "the bottom line holds"

    def reported(self, breaches: float) -> str:
        """Return `2 breaches reported`."""
        if breaches == 0:
            return "no breach reported"
        return f"{self.number(breaches)} breach{'' if self.reads(breaches, '1') else 'es'} reported"

    def done(self, state: float) -> str:
        """Return a milestone's state, in words that any name can stand before."""
        return "done" if state >= 1 else "started but not done" if state > 0 else "not started"

    def late(self) -> str:
        """Return `, which has passed` or `; it should have started by 31 March`."""
        start = self.row.target.start_by
        if self.done_already:
            return ""
        if self.past_due:
            return ", which has passed"
        late = start is not None and self.values["status"] == Status.AT_RISK
        return f"; it should have started by {self.day(start)}" if late and start else ""

    def progress(self) -> str:
        """Return `53% of the year's 36,000 people`."""
        done, goal = self.values["progress_pct"], self.amount(self.row.target_value)
        cap = self.row.kind == Kind.CUMULATIVE and self.row.direction == -1
        if isnan(done):
            return f"with {goal} as the year's {'limit' if cap else 'target'}"
        near = {-1: "just under ", 0: "", 1: "just over "}[self.beside_100]
        return f"{near}{self.number(done, 1)}% of the year's {'limit of ' if cap else ''}{goal}"

    def change(self, value: float) -> str:
        """Return `risen by 2.5 points`."""
        return "not changed" if value == 0 else f"{'risen' if value > 0 else 'fallen'} by {self.amount(abs(value))}"

    def asked(self) -> str:
        """Return `to rise` of a ratio that is to rise at all."""
        words = {Comparator.GT: "to rise", Comparator.LT: "to fall", Comparator.LE: "not to rise"}
        return words.get(self.comparator, "not to fall")

    def seasonal(self) -> str:
        """Return `, where past years let one expect 65% by now`."""
        return f", where past years let one expect {self.amount(self.values['expected'])} by now" if self.season else ""

    def rest(self) -> list[str]:
        """Return `the 6 months left must add 2,820 people each`, the growth that takes, where the year leads, how often that was made up."""
        left, clauses = 12 - self.row.month, []
        needs = [need for need in (self._monthly(left), self._growth()) if need]
        if needs:
            clauses.append(f"{'the month left' if left == 1 else f'the {left} months left'} {' and '.join(needs)}")
        return [clause for clause in (*clauses, self._projected(), self._made_up()) if clause]

    def _projected(self) -> str:
        if not self.open_year:
            return ""
        method, lacking = self.word("projection_method"), self.word("projection_lacking")
        if not method:
            return f"no projection for the year: {_LACKING[lacking]}" if lacking in _LACKING else ""
        band = self.band()
        words = _METHODS[method].format(years=_years(self.values["projection_years"]))
        between = f" ({band}{_BANDS[method]})" if band else ""
        return f"{words} to about {self.amount(self.values['projection'])} for the year{between}"

    def _made_up(self) -> str:
        years, of = self.values["make_up_years"], self.values["make_up_n"]
        return (
            "" if not isinstance(years, int) else f"in {years} of {_years(of)} such a gap was made up by the year's end"
        )

    def _monthly(self, left: int) -> str:
        """Return what each month left must add, or may; a level is lowered where less is better."""
        amount, each = self.values["required_amount"], " each" if left > 1 else ""
        down, level = self.row.direction == -1, self.row.kind != Kind.CUMULATIVE
        if isnan(amount) or amount == 0 or (amount < 0 and not (down and level)):
            return ""
        verb = "must take off" if amount < 0 else "may add" if down else "must add"
        return f"{verb} {self._with_unit(abs(amount), points=True)}{each}"

    def _growth(self) -> str:
        growth = self.values["required_growth_pct"]
        if isnan(growth):
            return ""
        figure = f"{self.number(abs(growth), 1)}% on last year"
        if self.row.direction == -1:
            return f"may grow no more than {figure}" if growth >= 0 else f"must fall at least {figure}"
        return f"must grow {figure}" if growth >= 0 else f"must fall no more than {figure}"

    def remarks(self) -> list[str]:
        """Return what is special about the target and the reading."""
        amended = self.row.target.amendments
        clauses = [f"the target was amended from {self.day(amended[-1].since)}"] if amended else []
        clauses += ["less than one whole behind, which counts as on track"] if self.within_one else []
        months = " and ".join(calendar.month_name[m] for m in self.row.breaches)
        clauses += [f"it was breached in {months}"] if months else []
        clauses += ["a newer figure is overdue"] if self.overdue else []
        waits = "the reference has no newer figure yet" if self.row.reference_waits else "no newer figure is due yet"
        clauses += [waits] if self.carried else []
        unadjusted = self.row.fell_back and not self.row.paced
        clauses += ["not adjusted for the season, no complete past year"] if unadjusted else []
        beyond = "past years had gone further by now than to their year's end and came back, so more than the whole is expected"
        clauses += [beyond] if self.beyond else []
        behind = "it was rated lower before and must come further past the edge for a better verdict"
        clauses += [behind] if self.row.held_back else []
        return clauses + (["the figure is provisional"] if self.values["provisional"] else [])

    def over(self) -> str:
        """Return that a cap is burst, with its comma."""
        return ", which is beyond it" if self.burst_early else ""


def _years(n: int) -> str:
    return f"{n} past year{'' if n == 1 else 's'}"
