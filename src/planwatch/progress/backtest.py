"""Back-test (回测): how often the verdict of a month foretold the year's end, linear against seasonal. Pure: frames in, frames out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from planwatch.model.calendar import ReleaseCalendar
from planwatch.model.period import make_period
from planwatch.model.target import Plan
from planwatch.model.vocabulary import ReadingState, Status
from planwatch.progress.judge import judge

FOLLOWED = "as_set"
"""The lamp of kinds without a share of the year (growth, holds, ranks, relative targets), which no pace changes."""
PACES = {"linear": "linear_status", "seasonal": "seasonal_status", FOLLOWED: "status"}
"""What is tested → the verdict's column."""
CASE_COLUMNS = ("plan", "target", "kind", "month", "pace", "status", "close", "foretold")
SUMMARY_COLUMNS = (
    "month", "linear_n", "linear_foretold", "seasonal_n", "seasonal_foretold", "both_n", "both_linear", "both_seasonal",
    "as_set_n", "as_set_foretold",
)  # fmt: skip
ENOUGH = 10
"""Cases from which a share of them begins to say something; below it the history is called too thin."""

_FORETELLS = {
    Status.ON_TRACK.value: Status.ACHIEVED.value,
    Status.AT_RISK.value: Status.MISSED.value,
    Status.OFF_TRACK.value: Status.MISSED.value,
}
_CLOSED = (Status.ACHIEVED.value, Status.MISSED.value)


def cases(plans: Iterable[Plan], observations: pd.DataFrame, calendar: ReleaseCalendar) -> pd.DataFrame:
    """Return one row a target, month and pace that foretold the year's end or did not, `CASE_COLUMNS`.

    A month counts where it has a reading of its own and the year's close is known (`achieved` or `missed` by December's reading):
    `on_track` foretells `achieved`, `at_risk` and `off_track` foretell `missed`. A total that is achieved already foretells
    nothing any more and is left out. Each month is judged with nothing later than itself, past years in their newest figures.

    Args:
        plans: plans of past years.
        observations: their readings and the years before them, as `judge` takes them.
        calendar: when readings are due; of no influence on what is tested.
    """
    rows = [row for plan in plans for row in _cases_of(plan, observations, calendar)]
    return pd.DataFrame(rows, columns=list(CASE_COLUMNS))


def _cases_of(plan: Plan, observations: pd.DataFrame, calendar: ReleaseCalendar) -> Iterator[dict[str, Any]]:
    def judged(month: int) -> pd.DataFrame:
        return judge(plan, observations, make_period(plan.year, month), calendar=calendar)

    close = judged(12).set_index(["id", "area"])["status"]
    for month in range(1, 12) if close.isin(_CLOSED).any() else ():
        for row in judged(month).to_dict("records"):
            end = close.loc[row["id"], row["area"]]
            if end not in _CLOSED or row["reading_state"] != ReadingState.FRESH.value:
                continue
            paced = isinstance(row["linear_status"], str)
            for pace, column in PACES.items():
                status = row[column]
                if status in _FORETELLS and paced == (pace != FOLLOWED):
                    yield {
                        "plan": plan.id, "target": row["id"], "kind": row["kind"], "month": month, "pace": pace,
                        "status": status, "close": end, "foretold": _FORETELLS[status] == end,
                    }  # fmt: skip


def summary(found: pd.DataFrame) -> pd.DataFrame:
    """Return how many cases each month has and how many it foretold, `SUMMARY_COLUMNS`, and a last row for the year (month 0).

    `both_*` counts only the cases that have a seasonal verdict beside the linear one: there alone the two can be compared.
    """
    months = sorted({int(m) for m in found["month"]})
    return pd.DataFrame(
        [_summed(m, found[found["month"] == m]) for m in months] + [_summed(0, found)], columns=list(SUMMARY_COLUMNS)
    )


def _summed(month: int, found: pd.DataFrame) -> dict[str, int]:
    sides = {pace: found[found["pace"] == pace] for pace in PACES}
    keys = ["plan", "target", "month"]
    both = sides["linear"].merge(sides["seasonal"], on=keys, suffixes=("_linear", "_seasonal"))
    row = {"month": month, "both_n": len(both)}
    for pace, side in sides.items():
        row[f"{pace}_n"], row[f"{pace}_foretold"] = len(side), int(side["foretold"].sum())
    for pace in ("linear", "seasonal"):
        row[f"both_{pace}"] = int(both[f"foretold_{pace}"].sum())
    return row


def thin(counted: pd.DataFrame) -> list[str]:
    """Return, a line each, where fewer than `ENOUGH` cases stand behind a share of the whole year."""
    year = counted[counted["month"] == 0].iloc[0]
    columns = {
        "linear_n": "the linear pace",
        "seasonal_n": "the seasonal pace",
        "both_n": "one against the other",
        "as_set_n": "targets without a pace",
    }
    return [
        f"{what}: n = {int(year[column])}, too thin to judge by (fewer than {ENOUGH})"
        for column, what in columns.items()
        if year[column] < ENOUGH
    ]
