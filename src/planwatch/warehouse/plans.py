"""Plans in their versions, and the registries of areas, departments and indicators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

from planwatch.model.amendment import Amendment
from planwatch.model.place import Area, Department
from planwatch.model.target import Indicator, Plan, Target
from planwatch.warehouse.copy import fetch_frame

_HISTORY = ("amended_from", "amended_source", "amended_reason", "original_value", "original_unit", "original_phrase")
"""What is kept of the newest amendment in force; all empty for a target as printed."""
_TARGET_COLUMNS = (
    "plan_id", "version", "ordinal", "target_id", "area", "indicator", "section", "name_zh", "name_en", "phrase", "kind",
    "comparator", "value", "value_high", "unit", "base_unit", "measure", "direction", "net", "baseline", "baseline_source",
    "tolerance", "band", "margin", "tier", "pace", "shares", "frequency", "deadline", "start_by", "owner", "owner_inferred",
    "reference_indicator", "reference_area", "reference_measure", "withdrawn_from", "note",
    *_HISTORY, "part_of", "hysteresis",
)  # fmt: skip
_SAME_NAME = (
    "indicator", "section", "name_zh", "name_en", "phrase", "value", "value_high", "unit", "tolerance", "band", "margin",
    "deadline", "start_by", "owner", "owner_inferred", "withdrawn_from", "note", "net",
    "hysteresis",
)  # fmt: skip
"""Columns that hold a target's field as it is."""

_INSERT_TARGET = text(
    f"INSERT INTO core.targets ({', '.join(_TARGET_COLUMNS)}) VALUES ({', '.join(':' + c for c in _TARGET_COLUMNS)})"  # noqa: S608
)


_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('planwatch:plan', 0))")


def save_plan(conn: Connection, plan: Plan, *, version: str) -> None:
    """Keep a version of a plan, and put it in force for its year; the version already in force changes nothing.

    Args:
        conn: a connection; the caller owns the transaction.
        plan: the plan; a target's ordinal is its place in it, from 1.
        version: the plan's fingerprint. A version is written once; a plan that went back to it is in force again.
    """
    keep_version(conn, plan, version=version, original=plan)
    conn.execute(_LOCK)
    conn.execute(text("SELECT mart.ensure_verdict_year(:year)"), {"year": plan.year})
    if in_force(conn, plan.year) != (plan.id, version):
        conn.execute(
            text("INSERT INTO core.plan_loads (plan_id, version, year) VALUES (:plan_id, :version, :year)"),
            {"plan_id": plan.id, "version": version, "year": plan.year},
        )


def keep_version(conn: Connection, plan: Plan, *, version: str, original: Plan) -> None:
    """Keep a version of a plan that editions are judged by, such as the plan as in force in a month; once.

    Args:
        conn: a connection; the caller owns the transaction.
        plan: the plan in that version.
        version: its fingerprint.
        original: the plan as loaded, which says what an amended target was before, and which targets are parts.
    """
    if _known(conn, plan.id, version):
        return
    conn.execute(_LOCK)
    if _known(conn, plan.id, version):
        return
    conn.execute(
        text(
            "INSERT INTO core.plans (plan_id, version, year, area, title, issued, thresholds) "
            "VALUES (:plan_id, :version, :year, :area, :title, :issued, CAST(:thresholds AS jsonb))"
        ),
        {
            "plan_id": plan.id, "version": version, "year": plan.year, "area": plan.area, "title": plan.title,
            "issued": plan.issued, "thresholds": plan.thresholds.model_dump_json(),
        },
    )  # fmt: skip
    if plan.targets:
        rows = [_target_row(plan, version, n) for n in range(1, len(plan.targets) + 1)]
        histories = _histories(plan, original)
        conn.execute(_INSERT_TARGET, [row | history for row, history in zip(rows, histories, strict=True)])


def in_force(conn: Connection, year: int) -> tuple[str, str] | None:
    """Return (plan id, version) in force for a year, None where no plan was loaded."""
    row = conn.execute(
        text("SELECT plan_id, version FROM core.plan_loads WHERE year = :year ORDER BY load_id DESC LIMIT 1"),
        {"year": year},
    ).one_or_none()
    return (row.plan_id, row.version) if row else None


def loaded_plans(conn: Connection) -> dict[int, str]:
    """Return year → version in force."""
    rows = conn.execute(
        text("SELECT DISTINCT ON (year) year, version FROM core.plan_loads ORDER BY year, load_id DESC")
    )
    return {row.year: row.version for row in rows}


def stored_targets(conn: Connection, plan_id: str, version: str) -> pd.DataFrame:
    """Return the targets of a stored version in the plan's order, one row each, columns as `core.targets`."""
    columns = ", ".join(c for c in _TARGET_COLUMNS if c != "shares")
    query = f"SELECT {columns}, to_jsonb(shares) AS shares FROM core.targets WHERE plan_id = %(plan)s AND version = %(version)s ORDER BY ordinal"  # noqa: S608
    return fetch_frame(conn, query, {"plan": plan_id, "version": version})


def save_registries(
    conn: Connection,
    areas: Mapping[str, Area],
    departments: Mapping[str, Department],
    indicators: Mapping[str, Indicator],
) -> None:
    """Write areas, departments and indicators as their files have them; entries a file no longer has stay."""
    _upsert(
        conn,
        "INSERT INTO core.areas AS t (area_id, name_zh, name_en, level, parent, aliases) "
        "VALUES (:id, :name_zh, :name_en, :level, :parent, :aliases) ON CONFLICT (area_id) DO UPDATE SET "
        "name_zh = excluded.name_zh, name_en = excluded.name_en, level = excluded.level, parent = excluded.parent, "
        "aliases = excluded.aliases WHERE t IS DISTINCT FROM excluded",
        [a.model_dump() | {"aliases": list(a.aliases)} for a in areas.values()],
    )
    _upsert(
        conn,
        "INSERT INTO core.departments AS t (department_id, name_zh, name_en, email) VALUES (:id, :name_zh, :name_en, :email) "
        "ON CONFLICT (department_id) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en, "
        "email = excluded.email WHERE t IS DISTINCT FROM excluded",
        [d.model_dump() for d in departments.values()],
    )
    _upsert(
        conn,
        "INSERT INTO core.indicators AS t (indicator_id, name_zh, name_en, base_unit) "
        "VALUES (:id, :name_zh, :name_en, :base_unit) ON CONFLICT (indicator_id) DO UPDATE SET name_zh = excluded.name_zh, "
        "name_en = excluded.name_en, base_unit = excluded.base_unit WHERE t IS DISTINCT FROM excluded",
        [i.model_dump() for i in indicators.values()],
    )


def _upsert(conn: Connection, statement: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        conn.execute(text(statement), sorted(rows, key=lambda r: str(r["id"])))


def _known(conn: Connection, plan_id: str, version: str) -> bool:
    found = text("SELECT 1 FROM core.plans WHERE plan_id = :plan_id AND version = :version")
    return conn.execute(found, {"plan_id": plan_id, "version": version}).scalar() is not None


def _target_row(plan: Plan, version: str, ordinal: int) -> dict[str, Any]:
    target: Target = plan.targets[ordinal - 1]
    baseline, reference = target.baseline, target.reference
    return {name: getattr(target, name) for name in _SAME_NAME} | {
        "plan_id": plan.id, "version": version, "ordinal": ordinal, "target_id": target.id,
        "area": target.area or plan.area, "kind": str(target.kind), "comparator": str(target.comparator),
        "base_unit": target.base_unit or target.unit, "measure": str(target.read_measure), "direction": target.d,
        "baseline": baseline.value if baseline else None, "baseline_source": baseline.source if baseline else "",
        "tier": str(target.tier), "pace": str(target.pace), "shares": list(target.shares) if target.shares else None,
        "frequency": str(target.frequency), "reference_indicator": reference.indicator if reference else None,
        "reference_area": (reference.area or target.area or plan.area) if reference else None,
        "reference_measure": str(reference.measure or target.read_measure) if reference else None,
    }  # fmt: skip


def _histories(plan: Plan, original: Plan) -> list[dict[str, Any]]:
    """Return of every target its newest amendment in the version, what the plan printed, and the area of its whole.

    In the plan as loaded no amendment is in force: there all of them are still to come.
    """
    whole = {(t.id, part.area): t.area or plan.area for t in original.targets if t.parts for part in t.parts.areas}
    pairs = zip(plan.targets, original.targets, strict=True)
    return [
        _history(() if plan is original else target.amendments, printed)
        | {"part_of": whole.get((printed.id, printed.area or plan.area))}
        for target, printed in pairs
    ]


def _history(applied: Sequence[Amendment], printed: Target) -> dict[str, Any]:
    if not applied:
        return dict.fromkeys(_HISTORY)
    newest = applied[-1]
    return {
        "amended_from": newest.since, "amended_source": newest.source, "amended_reason": newest.reason,
        "original_value": printed.value, "original_unit": printed.unit, "original_phrase": printed.phrase,
    }  # fmt: skip
