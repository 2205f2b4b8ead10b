"""Ask an edition again: as it was published, from what it recorded, or with what had been published by a day.

Nothing of `include/` is read: plan, calendar, reporting duties and held releases are those that the edition recorded.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from planwatch import warehouse
from planwatch.errors import Fault, InputError
from planwatch.model.calendar import SHANGHAI
from planwatch.steps.inputs import followed, judged

DIFFERENCE_COLUMNS = ("target_id", "area", "column", "published", "recomputed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One edition as recorded: what `mart.editions` has of it, and its verdicts as `mart.verdicts` has them."""

    record: Mapping[str, Any]
    verdicts: pd.DataFrame

    def __str__(self) -> str:
        """Return which one it is, in a few words."""
        return f"{self.record['plan_id']} {self.record['period']} no. {self.record['number']}"


def find_edition(conn: Connection, period: str, *, year: int | None = None, number: int | None = None) -> Edition:
    """Return an edition of a month: the current one, or the one of the given number.

    Args:
        conn: a connection.
        period: the month.
        year: the plan's; left out, the month's own.
        number: which edition of the month; left out, the current one.

    Raises:
        InputError: there is no such edition.
    """
    year = year or int(period[:4])
    known = warehouse.editions_of(conn, year, period)
    wanted = known[known["number"] == number] if number else known[known["is_current"]]
    if wanted.empty:
        numbers = ", ".join(map(str, known["number"])) or "none"
        raise InputError.of(
            Fault(
                code="no_edition", message="no such edition", key=period, value=str(number or "current"),
                expected=f"an edition of the plan of {year}; this month has: {numbers}", mend="list them: planwatch edition list",
            )
        )  # fmt: skip
    record = {str(name): value for name, value in wanted.iloc[-1].to_dict().items()}
    return Edition(record=record, verdicts=warehouse.stored_verdicts(conn, int(record["edition_id"]), year))


def recompute(conn: Connection, edition: Edition) -> pd.DataFrame:
    """Return the edition's verdicts measured anew from the vintages, the plan and the conditions that it recorded.

    Raises:
        InputError: the edition is of a program that did not record its conditions.
    """
    record = edition.record
    observations = warehouse.edition_observations(conn, int(record["edition_id"]), int(record["plan_year"]))
    return _measured(conn, edition, observations, record["as_of"].to_pydatetime())


def as_known_on(conn: Connection, edition: Edition, day: date) -> pd.DataFrame:
    """Return what the edition would have said with what had been published by the end of a day in Shanghai.

    Its plan and conditions stay; only figures and lateness are the day's.

    Raises:
        InputError: as `recompute`.
    """
    instant = datetime.combine(day, time(23, 59, 59), SHANGHAI)
    observations = warehouse.judged_observations(conn, str(edition.record["period"]), as_of=instant)
    return _measured(conn, edition, observations, instant)


def differing_cells(published: pd.DataFrame, recomputed: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield every cell that is not the same bit for bit, columns as DIFFERENCE_COLUMNS, and every row only one side has."""
    sides = [{(r["target_id"], r["area"]): r for r in frame.to_dict("records")} for frame in (published, recomputed)]
    for key in sides[0] | sides[1]:
        before, after = (side.get(key) for side in sides)
        if before is None or after is None:
            yield _cell(key, "", "absent" if before is None else "present", "absent" if after is None else "present")
            continue
        for column in published.columns:
            whole = published[column].dtype.kind in "iu"
            if _bits(before[column], whole=whole) != _bits(after.get(column), whole=whole):
                yield _cell(key, str(column), before[column], after.get(column))


def _cell(key: tuple[str, str], column: str, published: Any, recomputed: Any) -> dict[str, Any]:
    return dict(zip(DIFFERENCE_COLUMNS, (*key, column, published, recomputed), strict=True))


def _bits(value: Any, *, whole: bool) -> Any:
    """Return a value so that equal means the same bits: doubles by their bytes, NaN and None as nothing."""
    if value is None or pd.isna(value):
        return None
    if isinstance(value, str | bool):
        return value
    if whole:
        return int(value)
    return struct.pack(">d", float(value))


def _measured(conn: Connection, edition: Edition, observations: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    record, period = edition.record, str(edition.record["period"])
    if pd.isna(record["plan_document"]):
        raise InputError.of(
            Fault(
                code="nothing_recorded", message="the edition recorded no plan and no conditions", key=str(edition),
                value=f"program {record['code_version']}", expected="an edition of a program that records them",
                mend="ask for a later number, or replay the month",
            )
        )  # fmt: skip
    plan = warehouse.plan_of(conn, record["plan_document"])
    conditions = warehouse.conditions_of(conn, record["conditions"])
    known = followed(plan, observations)
    return warehouse.edition_rows(plan, judged(plan, known, period, as_of, conditions), known, period)
