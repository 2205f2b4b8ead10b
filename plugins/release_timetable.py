"""The release calendar as a timetable: a run whenever a reading falls due and when its grace ends (发布日程)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

import pendulum
from airflow.plugins_manager import AirflowPlugin
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable

from planwatch.steps.duedates import DueDates, FeedDue

DESCRIBED = 1000
"""How many characters Airflow keeps of a description."""
NAMED = 3
"""How many feeds the short summary and a run's id name."""


class ReleaseTimetable(Timetable):
    """Runs at the end of every due day, and again when the grace ends, of the feeds that it watches.

    What a DAG shows as its next run is therefore when something falls due next; summary and description name the feeds, each with
    its next due date. It carries the rules with it: no component but the DAG processor reads a file. Of several dates that passed
    while nothing ran, the last one is made up for: it deals with the earlier ones too.
    """

    def __init__(self, due_dates: DueDates) -> None:
        self.due_dates = due_dates

    def serialize(self) -> dict[str, Any]:
        """Return feeds and rules as JSON."""
        return self.due_dates.to_json()

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> ReleaseTimetable:
        """Return the timetable that `serialize` wrote."""
        return cls(DueDates.from_json(data))

    @property
    def summary(self) -> str:
        """Return what falls due next, in a few words."""
        upcoming = self.due_dates.next_per_feed(datetime.now(UTC))
        return "; ".join(map(str, upcoming[:NAMED])) or "nothing falls due"

    @property
    def description(self) -> str:  # type: ignore[override]
        """Return the next due date of every feed."""
        upcoming = self.due_dates.next_per_feed(datetime.now(UTC))
        told = "应报日期 Next due: " + ("; ".join(map(str, upcoming)) or "nothing")
        return told if len(told) <= DESCRIBED else told[: DESCRIBED - 1] + "…"

    def infer_manual_data_interval(self, *, run_after: pendulum.DateTime) -> DataInterval:
        """Return the instant itself."""
        return DataInterval.exact(run_after)

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """Return the run of the next date after the last run's."""
        after: datetime | None = last_automated_data_interval.end if last_automated_data_interval else None
        if after is None and restriction.earliest is not None:
            after = restriction.earliest.subtract(seconds=1)
        if after is None:
            return None
        missed = None if restriction.catchup else self.due_dates.last_instant(datetime.now(UTC))
        at = missed if missed and missed > after else self.due_dates.next_instant(after)
        if at is None or (restriction.latest and at > restriction.latest):
            return None
        return DagRunInfo.exact(pendulum.instance(at).in_timezone("UTC"))

    def generate_run_id(
        self, *, run_type: Any, run_after: pendulum.DateTime, data_interval: DataInterval | None, **extra: Any
    ) -> str:
        """Return a name that says what falls due: `scheduled__2026-12-15T…__finance_2026-11`."""
        plain = super().generate_run_id(run_type=run_type, run_after=run_after, data_interval=data_interval, **extra)
        return "__".join([plain, *map(_short, self.due_dates.at(run_after)[:NAMED])])


def _short(one: FeedDue) -> str:
    return f"{one.feed}_{one.due.period}"


class ReleaseTimetablePlugin(AirflowPlugin):
    """Registers the timetable."""

    name = "release_timetable"
    timetables: ClassVar = [ReleaseTimetable]  # type: ignore[misc]  # the base class says instance
