"""Editions (期): publishing one, in one transaction, and reading what was published (DOMAIN §4)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from planwatch.errors import Fault, PublicationError
from planwatch.model.check import CheckResult
from planwatch.model.conditions import Conditions
from planwatch.model.remembered import remembered
from planwatch.model.target import Plan
from planwatch.model.verdict import VERDICT_COLUMNS
from planwatch.model.vocabulary import Origin
from planwatch.warehouse.changes import save_changes
from planwatch.warehouse.copy import copy_frame, fetch_frame
from planwatch.warehouse.documents import save_conditions, save_plan_document

_BESIDE = {"yoy_pct": "growth_yoy", "rank_in_region": "rank"}
"""What is kept beside a reading, and the measure it is printed in."""
_STORED = tuple("target_id" if c == "id" else c for c in VERDICT_COLUMNS)

_INSERT = text("""
INSERT INTO mart.editions (plan_id, plan_year, period, number, as_of, trigger, code_version, targets_version, fingerprint,
                           counts, simulated, provisional, previous_edition, plan_document, conditions, checks_run, checks)
SELECT :plan_id, :plan_year, :period, coalesce(max(number), 0) + 1, :as_of, :trigger, :code_version, :targets_version,
       :fingerprint, CAST(:counts AS jsonb), :simulated, :provisional, :previous_edition, :plan_document, :conditions,
       :checks_run, CAST(:checks AS jsonb)
FROM mart.editions WHERE plan_id = :plan_id AND period = :period
RETURNING edition_id
""")

_VERDICTS = f"""
SELECT {", ".join("v.target_id AS id" if c == "target_id" else f"v.{c}" for c in _STORED)},
       v.edition_id, v.ordinal, v.yoy_pct, v.rank_in_region
FROM mart.verdicts v JOIN mart.editions e USING (edition_id, plan_year)
WHERE v.edition_id = %(edition)s ORDER BY v.ordinal
"""  # noqa: S608 - the columns are constants
_TARGETS = """
SELECT t.ordinal, t.section, t.name_zh, t.name_en, t.phrase, t.owner,
       t.value AS target_value, t.unit AS target_unit, t.comparator, e.targets_version
FROM mart.editions e JOIN core.targets t ON t.plan_id = e.plan_id AND t.version = e.targets_version
WHERE e.edition_id = %(edition)s
"""
_READING_STATES = """
SELECT v.reading_state FROM mart.verdicts v JOIN mart.current_edition c USING (edition_id)
WHERE c.plan_id = %(plan_id)s AND c.period = %(period)s AND v.plan_year = %(year)s
"""

_CURRENT = text("""
SELECT e.edition_id, e.fingerprint, e.as_of FROM mart.current_edition c JOIN mart.editions e USING (edition_id)
WHERE c.plan_id = :plan_id AND c.period = :period
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRun:
    """What the checks of an edition said: the run under which `ops.check_results` has them, and how many by severity."""

    run_id: str
    counts: Mapping[str, Mapping[str, int]]

    @classmethod
    def of(cls, run_id: str, results: Iterable[CheckResult]) -> Self:
        """Count the results: severity → passed and failed."""
        counts: dict[str, dict[str, int]] = {}
        for result in results:
            counts.setdefault(str(result.severity), {"passed": 0, "failed": 0})[
                "passed" if result.success else "failed"
            ] += 1
        return cls(run_id=run_id, counts=counts)


def lock_edition(conn: Connection, plan_id: str, period: str) -> None:
    """Wait until nobody else makes an edition of (plan, period), and keep others waiting until the transaction ends.

    What is read after it is no older than what the last publisher saw: take it before the inputs are gathered.
    """
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
    conn.execute(lock, {"name": f"planwatch:edition:{plan_id}:{period}"})


def publish_edition(
    conn: Connection,
    *,
    plan: Plan,
    targets_version: str,
    period: str,
    as_of: datetime,
    fingerprint: str,
    verdicts: pd.DataFrame,
    observations: pd.DataFrame,
    conditions: Conditions,
    trigger: str,
    code_version: str,
    checks: GateRun | None = None,
    looks_back: bool = False,
) -> int | None:
    """Publish the next edition of (plan, period) and return its id; None where the current one has the same fingerprint.

    Edition, verdicts, inputs, the difference to the edition before and the pointer the views follow are written in the caller's
    transaction: until it commits nobody sees anything of it. A second publisher of the same plan and month waits for the first.

    Args:
        conn: a connection of the role `planwatch_etl`.
        plan: the plan as judged, already kept in `targets_version`.
        targets_version: the plan's fingerprint.
        period: the month that is judged.
        as_of: what was known, with zone.
        fingerprint: of all inputs.
        verdicts: VERDICT_COLUMNS, one row a target and area of the plan.
        observations: what was judged, with `observation_id`, the key columns and `value`.
        conditions: what was due and held.
        trigger: what asked for it (`feed`, `calendar`, `replay`, …).
        code_version: version of the program.
        checks: what gate 3 said of the verdicts.
        looks_back: it says what was known at an instant before the current edition's (a replay): it is kept with its number, the current
            edition goes on speaking, and there is no difference to an edition before; None also where any of the month has its
            fingerprint.

    Raises:
        PublicationError: a verdict is for no target of the plan, or a target has two or none.
    """
    lock_edition(conn, plan.id, period)
    current = conn.execute(_CURRENT, {"plan_id": plan.id, "period": period}).one_or_none()
    if current and (
        current.fingerprint == fingerprint or (looks_back and _was_said(conn, plan.id, period, fingerprint))
    ):
        return None
    before = None if looks_back else current
    rows = edition_rows(plan, verdicts, observations, period)
    conn.execute(text("SELECT mart.ensure_verdict_year(:year)"), {"year": plan.year})
    edition = conn.execute(
        _INSERT,
        {
            "plan_id": plan.id, "plan_year": plan.year, "period": period, "as_of": as_of, "trigger": trigger,
            "code_version": code_version, "targets_version": targets_version, "fingerprint": fingerprint,
            "previous_edition": before.edition_id if before else None,
            "plan_document": save_plan_document(conn, plan),
            "conditions": save_conditions(conn, conditions),
        } | _summary(rows, checks),
    ).scalar_one()  # fmt: skip
    in_order = rows.take(np.argsort(rows["ordinal"].to_numpy(), kind="stable")[_key_order(plan)])
    copy_frame(conn, "mart.verdicts", in_order.assign(edition_id=edition, plan_year=plan.year))
    copy_frame(conn, "mart.edition_inputs", runs_of(observations["observation_id"]).assign(edition_id=edition))
    if before:
        save_changes(conn, before.edition_id, edition)
    if before or not current:
        conn.execute(text("SELECT mart.set_current_edition(:edition)"), {"edition": edition})
    return int(edition)


def _was_said(conn: Connection, plan_id: str, period: str, fingerprint: str) -> bool:
    query = "SELECT EXISTS (SELECT FROM mart.editions WHERE (plan_id, period, fingerprint) = (:plan_id, :period, :fingerprint))"
    said = conn.execute(text(query), {"plan_id": plan_id, "period": period, "fingerprint": fingerprint}).scalar_one()
    return bool(said)


def runs_of(numbers: pd.Series[Any]) -> pd.DataFrame:
    """Return whole numbers as the runs they make, ascending: `first_id` and `last_id` of each, both in it."""
    ids = _ascending(numbers.to_numpy(dtype="int64"))
    breaks = np.flatnonzero(np.diff(ids) != 1)
    first, last = np.append(-1, breaks) + 1, np.append(breaks, len(ids) - 1)
    return pd.DataFrame({"first_id": ids[first], "last_id": ids[last]} if len(ids) else {"first_id": [], "last_id": []})


def _ascending(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return whole numbers in order, each once: ticked off one by one where they lie close together, else sorted."""
    if not len(ids):
        return ids
    least, most = int(ids.min()), int(ids.max())
    if most - least > 16 * len(ids):
        return np.unique(ids)
    met = np.zeros(most - least + 1, dtype=bool)
    met[ids - least] = True
    return np.flatnonzero(met) + least


def _summary(rows: pd.DataFrame, checks: GateRun | None) -> dict[str, Any]:
    counts = {str(k): int(n) for k, n in rows["status"].value_counts().sort_index().items()}
    return {
        "counts": json.dumps(counts),
        "simulated": bool((rows["reading_origin"] == str(Origin.SIMULATED)).any()),
        "provisional": bool(rows["provisional"].any()),
        "checks_run": checks.run_id if checks else None,
        "checks": json.dumps(checks.counts) if checks else None,
    }


def current_fingerprint(conn: Connection, plan_id: str, period: str) -> str | None:
    """Return the fingerprint of the current edition of a plan's month, None where there is none."""
    found = conn.execute(_CURRENT, {"plan_id": plan_id, "period": period}).one_or_none()
    return str(found.fingerprint) if found else None


def current_as_of(conn: Connection, plan_id: str, period: str) -> datetime | None:
    """Return the instant whose knowledge the current edition of a plan's month says, None where there is none."""
    found = conn.execute(_CURRENT, {"plan_id": plan_id, "period": period}).one_or_none()
    return found.as_of if found else None


def edition_number(conn: Connection, edition_id: int) -> int:
    """Return an edition's number (期) within its month."""
    query = text("SELECT number FROM mart.editions WHERE edition_id = :edition")
    return int(conn.execute(query, {"edition": edition_id}).scalar_one())


def newest_edition_month(conn: Connection, plan_id: str) -> str | None:
    """Return the newest month that a plan has an edition of, None where it has none."""
    query = text("SELECT max(period) FROM mart.editions WHERE plan_id = :plan_id")
    return conn.execute(query, {"plan_id": plan_id}).scalar()


def current_verdicts(conn: Connection, plan_id: str, period: str) -> pd.DataFrame:
    """Return the current edition's verdicts in the plan's order; empty where the month has none.

    VERDICT_COLUMNS, then `edition_id`, `ordinal`, `yoy_pct`, `rank_in_region` and what the target said at the time:
    `section`, `name_zh`, `name_en`, `phrase`, `owner`, `target_value`, `target_unit`, `comparator`, `targets_version`.
    """
    edition = conn.execute(
        text("SELECT edition_id FROM mart.current_edition WHERE plan_id = :plan_id AND period = :period"),
        {"plan_id": plan_id, "period": period},
    ).scalar()
    return edition_verdicts(conn, edition or 0)


def reading_states_before(conn: Connection, plan: Plan, period: str) -> pd.DataFrame:
    """Return `reading_state` of every verdict of the plan's newest published month before `period`; empty where there is none."""
    earlier = conn.execute(
        text("SELECT max(period) FROM mart.current_edition WHERE plan_id = :plan_id AND period < :period"),
        {"plan_id": plan.id, "period": period},
    ).scalar()
    return fetch_frame(conn, _READING_STATES, {"plan_id": plan.id, "period": earlier or "", "year": plan.year})


def edition_verdicts(conn: Connection, edition_id: int) -> pd.DataFrame:
    """Return what one edition said, current or not, as `current_verdicts`.

    Verdicts and targets are put together here: the server does not know yet how many targets a plan has that was just stored.
    """
    said = fetch_frame(conn, _VERDICTS, {"edition": edition_id})
    targets = fetch_frame(conn, _TARGETS, {"edition": edition_id})
    return said.merge(targets, on="ordinal", how="inner", validate="one_to_one")


def editions(conn: Connection, plan_id: str) -> pd.DataFrame:
    """Return all editions of a plan by period and number, with `is_current`; `counts` maps status → targets."""
    query = (
        "SELECT e.*, c.edition_id IS NOT NULL AS is_current FROM mart.editions e LEFT JOIN mart.current_edition c "
        "USING (plan_id, period, edition_id) WHERE e.plan_id = %(plan_id)s ORDER BY e.period, e.number"
    )
    return fetch_frame(conn, query, {"plan_id": plan_id})


def editions_of(conn: Connection, plan_year: int | None = None, period: str | None = None) -> pd.DataFrame:
    """Return the editions of a plan year, or of all, of one month or of all, as `editions`, with what differs from the one before.

    `observations` counts the vintages judged, `changed` the verdicts that differ, `causes` maps leading cause → verdicts.
    """
    query = """
        SELECT e.*, b.is_current, b.edition_number_before, b.observations, b.changed_verdicts AS changed,
               b.changed_statuses, b.changes_by_cause AS causes
        FROM mart.editions e JOIN bi.editions b USING (edition_id)
        WHERE (%(year)s::int IS NULL OR e.plan_year = %(year)s) AND (%(period)s::text IS NULL OR e.period = %(period)s)
        ORDER BY e.plan_id, e.period, e.number"""
    return fetch_frame(conn, query, {"year": plan_year, "period": period})


def dispatch_rows(conn: Connection, plan_year: int | None = None, period: str | None = None) -> pd.DataFrame:
    """Return the dispatch table (指标调度表), columns of `bi.dispatch_table`, of the current edition of one month.

    Left out, `plan_year` is the newest with an edition and `period` that year's newest.
    """
    query = """
        WITH wanted AS (
            SELECT plan_year, period FROM bi.editions
            WHERE is_current AND (%(year)s::int IS NULL OR plan_year = %(year)s)
              AND (%(period)s::text IS NULL OR period = %(period)s)
            ORDER BY plan_year DESC, period DESC LIMIT 1)
        SELECT v.* FROM bi.variance_monthly v JOIN wanted USING (plan_year, period) ORDER BY v.ordinal"""
    return fetch_frame(conn, query, {"year": plan_year, "period": period})


def edition_rows(plan: Plan, verdicts: pd.DataFrame, observations: pd.DataFrame, period: str) -> pd.DataFrame:
    """Return verdicts as `mart.verdicts` keeps them, without the edition: with place, growth and rank printed beside the reading.

    Raises:
        PublicationError: as `publish_edition`.
    """
    rows = verdicts.reindex(columns=list(VERDICT_COLUMNS)).rename(columns={"id": "target_id"}).reset_index(drop=True)
    rows["area"] = rows["area"].where(rows["area"].notna() & (rows["area"] != ""), plan.area)
    rows.insert(0, "ordinal", _ordinals(plan, rows))
    rows["period"] = rows["period"].where(rows["period"].notna(), period)
    for column in ("reading_age_months", "projection_years", "make_up_years", "make_up_n"):
        rows[column] = pd.to_numeric(rows[column]).astype("Int64")
    rows["on_schedule"] = rows["on_schedule"].astype("boolean")
    rows["provisional"] = rows["provisional"].astype("boolean").fillna(False)
    return rows.assign(**_companions(rows, observations, period))


@remembered
def _places(plan: Plan) -> dict[tuple[str, str], int]:
    """Return the place of every target of a plan, by target and area, in the plan's order."""
    return {(t.id, t.area or plan.area): n for n, t in enumerate(plan.targets, start=1)}


@remembered
def _key_order(plan: Plan) -> NDArray[np.int64]:
    """Return the order in which the key of `mart.verdicts` has a plan's targets: rows that come so are added to its end."""
    keys = list(_places(plan))
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)


def _ordinals(plan: Plan, rows: pd.DataFrame) -> NDArray[np.int64]:
    place = _places(plan)
    keys = list(zip(rows["target_id"].tolist(), rows["area"].tolist(), strict=True))
    if len(place) == len(plan.targets) and keys == list(place):
        return np.arange(1, len(keys) + 1)
    given = Counter(keys)
    faults = [_fault("unknown_target", "a verdict for no target of the plan", key) for key in given if key not in place]
    faults += [_fault("no_verdict", "a target without a verdict", key) for key in place if key not in given]
    faults += [_fault("two_verdicts", "a target with two verdicts", key) for key, n in given.items() if n > 1]
    if faults:
        raise PublicationError.of(*faults)
    return np.array([place[key] for key in keys], dtype=np.int64)


def _fault(code: str, message: str, key: tuple[Any, Any]) -> Fault:
    return Fault(code=code, message=message, key="|".join(map(str, key)), expected="one verdict a target and area")


def _companions(rows: pd.DataFrame, observations: pd.DataFrame, period: str) -> dict[str, pd.Series]:
    """Return `yoy_pct` and `rank_in_region` of every verdict, printed for its reading: same indicator, area and month."""
    beside = observations["measure"].isin(list(_BESIDE.values())) & observations["period"].isin(
        rows["reading_period"].unique()
    )
    found = observations.loc[beside, ["indicator", "area", "period", "measure", "span", "value"]]
    printed: dict[tuple[str, str, str], dict[tuple[str, str], float]] = {}
    for indicator, area, month, measure, span, value in zip(*(found[name].tolist() for name in found), strict=True):
        printed.setdefault((indicator, area, month), {})[measure, span] = value
    said = {column: np.full(len(rows), np.nan) for column in _BESIDE}
    columns = (rows[name].tolist() for name in ("indicator", "area", "reading_period", "reading_span"))
    for n, (indicator, area, month, span) in enumerate(zip(*columns, strict=True)) if printed else ():
        if values := printed.get((indicator, area, month)):
            for column, measure in _BESIDE.items():
                said[column][n] = _of_stretch(values, measure, span)
    return {
        "yoy_pct": pd.Series(said["yoy_pct"], index=rows.index),
        "rank_in_region": pd.Series(said["rank_in_region"], index=rows.index).astype("Int64"),
    }


def _of_stretch(values: Mapping[tuple[str, str], float], measure: str, span: Any) -> float:
    """Return what is printed in a measure for the reading's own stretch, else for the nearest to it; NaN for nothing."""
    spans = (span, "ytd", "year", "point", "quarter", "month")
    return next((values[measure, s] for s in spans if (measure, s) in values), np.nan)
