"""The reconciliation report of a release: what was read, matched, converted, unmatched, missing, conflicting, revised."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import Connection, text

from planwatch.model.feed import CellState
from planwatch.model.observation import KEY_COLUMNS
from planwatch.warehouse.copy import copy_frame

if TYPE_CHECKING:
    from planwatch.errors import Fault
    from planwatch.reconcile import Reconciliation

_COUNTED = {
    "rows_read": "rows_read", "rows_matched": "rows_matched", "cells_read": "read", "values_converted": "converted",
    "units_converted": "unit_conversions", "values_refused": "rejected",
}  # fmt: skip
"""Column of `mart.reconciliations` → count of the reconciliation."""

_NEW = text(
    "SELECT count(*) FROM core.observations WHERE release_no = (SELECT release_no FROM raw.releases WHERE sha256 = :sha256) AND plan_year = ANY(:years)"
)

_REVISED = text("""
SELECT count(*)
FROM core.observations n JOIN raw.releases own ON own.release_no = n.release_no
WHERE own.sha256 = :sha256 AND n.plan_year = ANY(:years) AND EXISTS (
    SELECT FROM core.observations o JOIN raw.releases r ON r.release_no = o.release_no AND r.feed = own.feed
    WHERE (o.plan_year, o.indicator, o.area, o.period, o.span, o.measure)
        = (n.plan_year, n.indicator, n.area, n.period, n.span, n.measure)
      AND (o.published_at, o.release_no, o.observation_id) < (n.published_at, n.release_no, n.observation_id))
""")

_ASKED = text("""
DROP TABLE IF EXISTS pg_temp.asked_keys;
CREATE TEMPORARY TABLE asked_keys (indicator text, area text, period text, span text, measure text) ON COMMIT DROP
""")

# Only the release's own keys are looked at: the views compare everything. Kept and counted before they are compared, for a planner that
# does not know how many there are compares each with each.
_NEWEST = (
    text("DROP TABLE IF EXISTS pg_temp.newest_asked"),
    text("""
CREATE TEMPORARY TABLE newest_asked ON COMMIT DROP AS
SELECT DISTINCT ON (indicator, area, period, span, measure, feed)
       indicator, area, period, span, measure, feed, observation_id, value, unit, rounding
FROM mart.vintages v JOIN pg_temp.asked_keys USING (indicator, area, period, span, measure)
WHERE v.plan_year = ANY(:years)
ORDER BY indicator, area, period, span, measure, feed, (quality = 'final') DESC, published_at DESC, release_no DESC,
         observation_id DESC
"""),
    text("ANALYZE pg_temp.newest_asked"),
)

_CONFLICTS = text("""
SELECT count(DISTINCT own.observation_id)
FROM pg_temp.newest_asked own JOIN pg_temp.newest_asked other USING (indicator, area, period, span, measure)
WHERE own.feed = (SELECT feed FROM raw.releases WHERE sha256 = :sha256) AND other.feed <> own.feed
  AND (other.unit <> own.unit OR abs(other.value - own.value) > greatest(own.rounding, other.rounding) * (1 + 1e-9))
""")

_INSERT = """
INSERT INTO mart.reconciliations (release_sha256, loaded, rows_read, rows_matched, rows_unmatched, cells_read, values_converted,
    units_converted, values_refused, series_missing, values_new, values_revised, values_conflicting, cells)
VALUES (:release_sha256, :loaded, :rows_read, :rows_matched, :rows_unmatched, :cells_read, :values_converted,
    :units_converted, :values_refused, :series_missing, :values_new, :values_revised, :values_conflicting, CAST(:cells AS jsonb))
"""


def save_reconciliation(conn: Connection, sha256: str, found: Reconciliation, *, loaded: bool) -> dict[str, int | None]:
    """Write a release's report, in place of one written before, and return its counts by column of `bi.reconciliation`.

    Args:
        conn: a connection of the role `planwatch_etl`: the transaction that loads the observations, after it has.
        sha256: the recorded release.
        found: what the release yielded.
        loaded: whether its observations were let in; of a held release new, revised and conflicting values are not known.
    """
    unknown: dict[str, int | None] = dict.fromkeys(("values_new", "values_revised", "values_conflicting"))
    counts: dict[str, int | None] = {
        **{column: int(found.counts.get(name, 0)) for column, name in _COUNTED.items()},
        "rows_unmatched": len(found.unmatched),
        "series_missing": len(found.missing),
        **(_compared(conn, sha256, found.observations) if loaded else unknown),
    }
    cells = {str(state): found.counts[state] for state in CellState if found.counts.get(state)}
    conn.execute(text("DELETE FROM mart.reconciliations WHERE release_sha256 = :sha256"), {"sha256": sha256})
    row = {**counts, "release_sha256": sha256, "loaded": loaded, "cells": json.dumps(cells)}
    conn.execute(text(_INSERT), row)
    _save_findings(conn, sha256, found)
    return counts


def _compared(conn: Connection, sha256: str, frame: pd.DataFrame) -> dict[str, int | None]:
    """Count the vintages the release added, those that revise its feed's earlier ones, and the values another feed contradicts."""
    keys = frame[list(KEY_COLUMNS)].drop_duplicates()
    years = sorted({int(str(period)[:4]) for period in keys["period"].unique()})
    own = {"sha256": sha256, "years": years}
    new, revised = (conn.execute(query, own).scalar_one() for query in (_NEW, _REVISED))
    conn.execute(_ASKED)
    copy_frame(conn, "pg_temp.asked_keys", keys)
    conn.execute(text("ANALYZE pg_temp.asked_keys"))
    for statement in _NEWEST:
        conn.execute(statement, own)
    conflicting = conn.execute(_CONFLICTS, own).scalar_one() if len(keys) else 0
    return {"values_new": new, "values_revised": revised, "values_conflicting": conflicting}


def _save_findings(conn: Connection, sha256: str, found: Reconciliation) -> None:
    conn.execute(text("DELETE FROM mart.reconciliation_findings WHERE release_sha256 = :sha256"), {"sha256": sha256})
    unmatched = [
        _finding("unmatched", fault) | {"label": fault.label, "nearest": json.dumps(fault.nearest, ensure_ascii=False)}
        for fault in found.unmatched
    ]
    rows = [*unmatched, *(_finding("missing", fault) | {"indicator": fault.key or ""} for fault in found.missing)]
    if rows:
        empty = {"indicator": "", "label": "", "nearest": "[]", "release_sha256": sha256}
        frame = pd.DataFrame([empty | row | {"ordinal": n} for n, row in enumerate(rows, start=1)])
        copy_frame(conn, "mart.reconciliation_findings", frame.astype({"row": "Int64"}))


def _finding(kind: str, fault: Fault) -> dict[str, Any]:
    texts = {name: getattr(fault, name) or "" for name in ("sheet", "column", "value", "message", "mend")}
    return {"kind": kind, "row": fault.row, **texts}
