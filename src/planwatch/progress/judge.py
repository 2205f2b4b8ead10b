"""Judging: from a plan and the observations known at an instant to one verdict a target (DOMAIN §4)."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pandas as pd

from planwatch.errors import Fault, InputError
from planwatch.model.calendar import SHANGHAI, ReleaseCalendar
from planwatch.model.period import MONTH_FORM, last_day, month_of, parse_period, year_of
from planwatch.model.target import Plan
from planwatch.model.vocabulary import Frequency, Kind, Status
from planwatch.progress.assembly import Measured, verdict_frame
from planwatch.progress.columns import Bools, Ints, Targets
from planwatch.progress.known import known_observations
from planwatch.progress.measures import as_assigned, read_as_published
from planwatch.progress.ready import Ready
from planwatch.progress.status import (
    BASELINE_UNKNOWN,
    CODE,
    NEVER_ASSIGNED,
    NO_READING,
    NO_SOURCE,
    REFERENCE_MISSING,
    Facts,
)
from planwatch.progress.steady import lamps_before


def judge(
    plan: Plan,
    observations: pd.DataFrame,
    period: str,
    *,
    as_of: datetime | None = None,
    calendar: ReleaseCalendar,
    feed_of: Mapping[str, str] | None = None,
    held: Set[tuple[str, str]] = frozenset(),
    sources: Set[str] | None = None,
) -> pd.DataFrame:
    """Return the verdict on every target of the plan in one month.

    Args:
        plan: the targets and the thresholds they are judged by, each in the version in force on the last day of `period`
            (`Target.on`), so that later amendments change nothing. A target without a measure is read in its kind's, or in the
            only other one that its indicator is published in and that fits (`read_as_published`).
        observations: key columns, `value` and `unit` at least (`planwatch.model.observation`); past years are the history.
            Rows later than `period`, or published after `as_of`, change nothing but that their indicator is known to have a source;
            neither does the order of rows.
        period: the judged month, of the plan's year.
        as_of: the instant whose knowledge counts; a naive one is Shanghai time. None: everything given is known, and
            every month up to `period` is past its grace.
        calendar: when readings are due.
        feed_of: indicator id → feed id, for the calendar.
        held: (feed id, period) of releases in quarantine, which are not their department's lateness.
        sources: indicators known to have a source; None takes those that have a feed or any observation at all, also one that
            was not yet published.

    Returns:
        A frame with `planwatch.model.verdict.VERDICT_COLUMNS`, one row a target in the plan's order; figures in the
        target's base unit, missing ones NaN or None.

    Raises:
        InputError: the period is not of the plan's year, a unit does not convert, or two values contradict each other.
    """
    _check_period(plan, period)
    as_of = as_of.replace(tzinfo=SHANGHAI) if as_of is not None and as_of.tzinfo is None else as_of
    feeds, plan = feed_of or {}, plan.on(last_day(period))
    known = known_observations(observations, plan.followed, period, as_of)
    plan = read_as_published(as_assigned(plan, known), known)
    ready = Ready.of(plan, known)
    targets, measured = ready.targets, ready.measured(month_of(period))
    late = _late(targets, measured.picked.newest, period, as_of, _Duties(calendar, feeds, held))
    given = set(observations["indicator"].unique()) if "indicator" in observations else set()
    facts = _facts(targets, measured, period, late, {*feeds, *given} if sources is None else sources)
    facts = replace(facts, before=lamps_before(ready, month_of(period)))
    return verdict_frame(plan, targets, ready.cube, measured, facts, period)


@dataclass(frozen=True, slots=True)
class _Duties:
    """Who has to report when."""

    calendar: ReleaseCalendar
    feeds: Mapping[str, str]
    held: Set[tuple[str, str]]

    def with_own_rule(self, indicator: str) -> str | None:
        """Return the indicator where its feed has a due date of its own for it."""
        rule = self.calendar.feeds.get(self.feeds.get(indicator, ""))
        return indicator if rule and indicator in rule.indicators else None


def _check_period(plan: Plan, period: str) -> None:
    try:
        year = year_of(parse_period(period))
    except ValueError as error:
        raise InputError.of(
            Fault(code="bad_period", message="not a month", value=period, expected=MONTH_FORM)
        ) from error
    if year != plan.year:
        raise InputError.of(
            Fault(
                code="wrong_year",
                message=f"the plan {plan.id} is of {plan.year}",
                value=period,
                expected=f"a month of {plan.year}",
                mend="judge another month, or give the plan of that year",
            )
        )


@dataclass(frozen=True, slots=True)
class _Late:
    """Who is late, (n,), unless the release is in quarantine.

    `overdue` whose newest own reading is older than the newest one past due and grace; `given_up` whose year went by without one, which
    nobody was obliged to report.
    """

    overdue: Bools
    given_up: Bools


def _late(targets: Targets, newest: Ints, period: str, as_of: datetime | None, duties: _Duties) -> _Late:
    read, read_of = targets.read
    series = [(duties.feeds.get(i), often, duties.with_own_rule(i)) for i, often in read]
    last = {one: _last_due(duties, one, period, as_of) for one in set(series)}
    gone = {one: month_of(period) == 12 and _given_up(duties, one, period, as_of) for one in last}
    return _Late(
        np.asarray(newest < np.array([last[one] for one in series], dtype=np.int64)[read_of], dtype=bool),
        np.array([gone[one] for one in series], dtype=bool)[read_of] & (newest == 0),
    )


def _given_up(duties: _Duties, series: tuple[str | None, str, str | None], period: str, as_of: datetime | None) -> bool:
    feed, frequency, indicator = series
    return (feed, period) not in duties.held and duties.calendar.given_up(
        feed, Frequency(frequency), period, as_of, indicator
    )


def _last_due(duties: _Duties, series: tuple[str | None, str, str | None], period: str, as_of: datetime | None) -> int:
    """Return the newest month that is past due and grace and not in quarantine, 0 where there is none."""
    feed, frequency, indicator = series
    late = duties.calendar.overdue_months(feed, Frequency(frequency), period, as_of, indicator)
    return max((month_of(p) for p in late if (feed, p) not in duties.held), default=0)


def _facts(targets: Targets, measured: Measured, period: str, late: _Late, sources: Set[str]) -> Facts:
    end = np.datetime64(last_day(period), "D")
    december = month_of(period) == 12
    picked, past_due = measured.picked, targets.due <= end
    causes = [
        (targets.awaiting & december, NEVER_ASSIGNED),
        (~np.isin(targets.indicator, sorted(sources)) & ~(targets.is_kind(Kind.MILESTONE) & past_due), NO_SOURCE),
        (measured.task.baseline_unknown, BASELINE_UNKNOWN),
        (targets.is_kind(Kind.RELATIVE) & (picked.newest > 0) & (picked.month == 0), REFERENCE_MISSING),
        (late.given_up & ~targets.is_kind(Kind.MILESTONE), NO_READING),
    ]
    reason_code = np.select([c[0] for c in causes], [c[1] for c in causes], default="")
    withdrawn = targets.withdrawn_from <= end
    done = targets.is_kind(Kind.MILESTONE) & (picked.value >= 1)
    nothing_to_report = withdrawn | targets.awaiting | (reason_code == NO_SOURCE) | done
    return Facts(
        month=picked.month,
        withdrawn=withdrawn,
        awaiting=targets.awaiting & (not december),
        reason_code=reason_code,
        overdue=late.overdue & ~nothing_to_report,
        past_due=past_due,
        start_due=targets.start_by <= end,
        before=np.full(len(past_due), CODE[Status.ON_TRACK]),
    )
