"""What an edition is made from: the figures known, what is due or held, and the fingerprint of it all."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from planwatch import __version__, progress, warehouse
from planwatch.model.calendar import SHANGHAI
from planwatch.model.codes import where
from planwatch.model.conditions import Conditions
from planwatch.model.period import last_day, month_of
from planwatch.model.target import Plan
from planwatch.model.vocabulary import Frequency, Origin, ReleaseState
from planwatch.plan import fingerprint
from planwatch.settings import Settings
from planwatch.steps.include import Include


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the editions of one plan stand on. `plan` is as loaded, with amendments of all the year."""

    settings: Settings
    include: Include
    plan: Plan
    _versions: list[tuple[Plan, str]] = field(default_factory=list, repr=False, compare=False)

    def in_force(self, period: str) -> tuple[Plan, str]:
        """Return the plan as in force on the last day of a month, and its version: an amendment changes no month before it."""
        plan = self.plan.on(last_day(period))
        for known, version in self._versions:
            if _are_same(plan, known):
                return known, version
        self._versions.append((plan, fingerprint(plan, self.plan)))
        return self._versions[-1]

    def now(self) -> datetime:
        """Return the present, or its stand-in."""
        return self.settings.as_of or datetime.now(UTC)


def _are_same(one: Plan, other: Plan) -> bool:
    """Return whether two versions of one plan have the same targets: most have the very same objects."""
    pairs = zip(one.targets, other.targets, strict=True)
    return one is other or all(a is b or (a.id == b.id and a.area == b.area and a == b) for a, b in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What one edition is made from.

    `conditions` are what was due, by whom, and held; `ready` says that all releases due for the month are in, or their grace ended.
    """

    period: str
    as_of: datetime
    observations: pd.DataFrame
    conditions: Conditions
    ready: bool
    fingerprint: str

    @property
    def simulated(self) -> bool:
        """Return whether any figure is simulated."""
        return bool((self.observations["origin"] == str(Origin.SIMULATED)).any())


def gather(conn: Connection, ground: Ground, period: str, as_of: datetime | None) -> Inputs:
    """Return what is known of the month at `as_of`, or now.

    Now is the month's close, or the present where that comes first, but never before the newest publication among the inputs:
    a function of data and calendar, so that the same inputs give the same edition on any day.
    """
    observations = followed(
        ground.plan,
        warehouse.judged_observations(conn, period, as_of=as_of),
    )
    if as_of is None:
        newest = datetime.combine(
            max(observations["published_at"].unique(), default=date.min), time(23, 59, 59), SHANGHAI
        )
        as_of = max(min(ground.include.close(period), ground.now()), newest)
    include = ground.include
    conditions = Conditions.of(
        include.calendar, include.feed_of(period, ground.plan.area), warehouse.held_releases(conn)
    )
    return Inputs(
        period=period, as_of=as_of, observations=observations, conditions=conditions,
        ready=_ready(conn, ground, period, as_of), fingerprint=_fingerprint(ground, period, observations, conditions, as_of),
    )  # fmt: skip


def followed(plan: Plan, observations: pd.DataFrame) -> pd.DataFrame:
    """Return the observations of the indicators that a plan follows, its references among them."""
    asked = where(observations["indicator"], plan.followed.__contains__)
    return observations if asked.all() else observations[asked].reset_index(drop=True)


def judged(
    plan: Plan, observations: pd.DataFrame, period: str, as_of: datetime, conditions: Conditions
) -> pd.DataFrame:
    """Return the verdicts, VERDICT_COLUMNS: a function of what an edition records, and of nothing else."""
    return progress.judge(
        plan, observations, period, as_of=as_of, calendar=conditions.calendar, feed_of=conditions.feed_of,
        held=frozenset(conditions.held),
    )  # fmt: skip


def _fingerprint(
    ground: Ground, period: str, observations: pd.DataFrame, conditions: Conditions, as_of: datetime
) -> str:
    """Return the sha256 of everything a verdict rests on; of `as_of` only what it makes late."""
    calendar = ground.include.calendar
    feeds = ["", *sorted(ground.include.feeds_of(period))]
    due = {feed: [calendar.last_overdue(feed, frequency, period, as_of) for frequency in Frequency] for feed in feeds}
    own = [(feed, name) for feed in feeds if feed in calendar.feeds for name in sorted(calendar.feeds[feed].indicators)]
    late = [[*one, f, calendar.overdue_months(one[0], f, period, as_of, one[1])[-1:]] for one in own for f in Frequency]
    gone = [
        [*one, f]
        for one in [*((feed, None) for feed in feeds), *own]
        for f in Frequency
        if month_of(period) == 12 and calendar.given_up(one[0], f, period, as_of, one[1])
    ]
    vintages = warehouse.runs_of(observations["observation_id"]).to_numpy(dtype="<i8").tobytes()
    named = {t.indicator for t in ground.plan.targets}
    reported_by = sorted(pair for pair in conditions.feed_of.items() if pair[0] in named)
    parts: list[Any] = [
        ground.in_force(period)[1],
        __version__,
        period,
        hashlib.sha256(vintages).hexdigest(),
        due,
        list(conditions.held),
        reported_by,
        *([late] if late else []),
        *([gone] if gone else []),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _ready(conn: Connection, ground: Ground, period: str, as_of: datetime) -> bool:
    """Return whether all releases due for the month are in, or their grace has ended."""
    known = warehouse.known_releases(conn)
    in_or_held = known["state"].isin([str(ReleaseState.LOADED), str(ReleaseState.QUARANTINED)])
    came = set(known[(known["period"] == period) & in_or_held]["feed"])
    calendar = ground.include.calendar
    return all(
        name in came
        or not calendar.expects(name, feed.frequency, period)
        or as_of >= calendar.due(name, feed.frequency, period).overdue_from
        for name, feed in ground.include.feeds_of(period).items()
    )
