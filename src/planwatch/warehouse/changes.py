"""How an edition differs from the one before of its month, and why (变化及原因): decided from what both recorded.

A verdict that changed is put down to what changed of its own foundations: its target's entry, the vintages of its own series and of the
one it is compared with, the rules that all were judged by, and what was due or held. Several may apply: all are named, and one of them
leads, the nearest to the verdict first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from planwatch.model.conditions import Conditions
from planwatch.model.verdict import VERDICT_COLUMNS
from planwatch.model.vocabulary import ChangeCause
from planwatch.warehouse.copy import copy_frame, fetch_frame
from planwatch.warehouse.documents import conditions_of
from planwatch.warehouse.plans import stored_targets

SAID = (*("target_id" if c == "id" else c for c in VERDICT_COLUMNS), "ordinal", "yoy_pct", "rank_in_region")
"""What `mart.verdicts` keeps of a verdict, besides edition and plan year."""
MOST_SHOWN = 20
"""Vintages listed for one verdict; the rest is counted."""

_COMPARED = tuple(c for c in SAID if c not in ("target_id", "area", "ordinal", "period"))
_JUDGED_BY = (
    "indicator", "kind", "comparator", "value", "value_high", "unit", "base_unit", "measure", "direction", "net", "baseline",
    "tolerance", "band", "margin", "tier", "pace", "shares", "frequency", "deadline", "start_by", "reference_indicator",
    "reference_area", "reference_measure", "withdrawn_from", "hysteresis",
)  # fmt: skip
"""What of a target's entry decides its verdict; its name, phrase, note and owner do not."""

_SAID_BY = f"""
SELECT {", ".join(SAID)} FROM mart.verdicts WHERE edition_id = %(edition)s AND plan_year = %(year)s ORDER BY ordinal
"""  # noqa: S608 - the columns are constants

# Vintages that only one of two editions was judged by.
_MOVED = """
WITH sides AS (
    SELECT coalesce(range_agg(int8range(first_id, last_id, '[]')) FILTER (WHERE edition_id = %(before)s), '{}') AS was,
           coalesce(range_agg(int8range(first_id, last_id, '[]')) FILTER (WHERE edition_id = %(after)s), '{}') AS is_now
    FROM mart.edition_inputs WHERE edition_id IN (%(before)s, %(after)s)
), runs AS (
    SELECT %(before)s::bigint AS edition_id, unnest(was - is_now) AS run FROM sides
    UNION ALL SELECT %(after)s::bigint, unnest(is_now - was) FROM sides
), moved AS (
    SELECT edition_id, generate_series(lower(run), upper(run) - 1) AS observation_id FROM runs
)
SELECT m.edition_id, o.indicator, o.area, concat_ws('|', o.indicator, o.area, o.period, o.span, o.measure) AS key,
       o.value, o.unit, o.quality, o.published_at::text AS published_at, o.feed
FROM moved m JOIN mart.vintages o USING (observation_id) WHERE o.plan_year <= %(year)s
ORDER BY o.period DESC, key
"""
_HEADS = text("""
SELECT e.edition_id, e.plan_id, e.plan_year, e.targets_version, e.code_version, e.as_of, e.conditions, p.thresholds
FROM mart.editions e JOIN core.plans p ON p.plan_id = e.plan_id AND p.version = e.targets_version
WHERE e.edition_id IN (:before, :after) ORDER BY e.edition_id = :after
""")

Key = tuple[str, str]
"""Target and area."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one of two editions rested on: its targets' entries, the rules, and what was due or held; flat, by dotted name."""

    targets: Mapping[Key, Mapping[str, Any]]
    rules: Mapping[str, Any]
    feed_of: Mapping[str, str] | None
    reporting: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One verdict that changed: both rows (empty where the target is only in one edition) and the columns that differ."""

    key: Key
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    columns: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Vintages that only one of two editions was judged by, by series (indicator, area) and key: before and after, None for none."""

    series: Mapping[Key, Mapping[str, list[Mapping[str, Any] | None]]] = field(default_factory=dict)

    def under(self, change: Change, sides: tuple[Side, Side]) -> dict[str, list[Mapping[str, Any] | None]]:
        """Return those of the verdict's own series and of the one it is compared with, by key."""
        found: dict[str, list[Mapping[str, Any] | None]] = {}
        for row, side in ((change.before, sides[0]), (change.after, sides[1])):
            target = side.targets.get(change.key, {})
            own = (row.get("indicator", ""), change.key[1])
            reference = (target.get("reference_indicator") or "", target.get("reference_area") or "")
            found |= self.series.get(own, {})
            found |= self.series.get(reference, {})
        return found


def save_changes(conn: Connection, before: int, after: int) -> int:
    """Keep the verdicts by which an edition differs from the one before it, and return how many they are.

    Args:
        conn: a connection in the transaction that publishes; both editions stand with their verdicts and inputs.
        before: the edition that was current.
        after: the new one, of the same plan and month.
    """
    heads = [dict(row._mapping) for row in conn.execute(_HEADS, {"before": before, "after": after})]
    year = int(heads[1]["plan_year"])
    said = [stored_verdicts(conn, edition, year) for edition in (before, after)]
    changes = list(changed(*said))
    if not changes:
        return 0
    keys = {change.key for change in changes}
    sides = (_side(conn, heads[0], keys), _side(conn, heads[1], keys))
    moved = _moved(fetch_frame(conn, _MOVED, {"before": before, "after": after, "year": year}), after)
    rows = [_row(change, sides, moved) for change in changes]
    return copy_frame(conn, "mart.edition_changes", pd.DataFrame(rows).assign(edition_id=after))


def stored_verdicts(conn: Connection, edition: int, plan_year: int) -> pd.DataFrame:
    """Return an edition's verdicts in the plan's order, columns `SAID`."""
    return fetch_frame(conn, _SAID_BY, {"edition": edition, "year": plan_year})


def changed(before: pd.DataFrame, after: pd.DataFrame) -> Iterator[Change]:
    """Yield the verdicts that differ in anything, in the order of `after`, then those that only `before` has.

    Both frames have the columns `SAID`, one row a target and area.
    """
    old, new = (f.set_index(["target_id", "area"]).astype(object) for f in (before, after))
    index = new.index.append(old.index.difference(new.index, sort=False))
    old_rows, new_rows = old.reindex(index), new.reindex(index)
    differs = np.column_stack([_differs(old_rows[c], new_rows[c]) for c in _COMPARED])
    found = np.flatnonzero(differs.any(axis=1))
    names, keys = np.array(_COMPARED), index.tolist()
    sides = (_said(old_rows, old.index, found), _said(new_rows, new.index, found))
    for place, was, now in zip(found, *sides, strict=True):
        yield Change(key=keys[place], before=was, after=now, columns=names[differs[place]].tolist())


def _differs(before: pd.Series[Any], after: pd.Series[Any]) -> NDArray[np.bool_]:
    same = (before == after) | (before.isna() & after.isna())
    return ~same.to_numpy(dtype=bool)


def _said(rows: pd.DataFrame, known: pd.Index[Any], at: NDArray[np.int64]) -> Iterator[dict[str, Any]]:
    """Yield the rows at some places as mappings, None for what is missing; empty where the frame had no such row."""
    wanted = rows.iloc[at]
    cells = wanted.to_numpy(dtype=object)
    cells[pd.isna(cells)] = None
    names = [str(c) for c in wanted.columns]
    for there, row in zip(wanted.index.isin(known).tolist(), cells.tolist(), strict=True):
        yield dict(zip(names, row, strict=True)) if there else {}


def causes(change: Change, sides: tuple[Side, Side], moved: Moved) -> dict[ChangeCause, Any]:
    """Return what accounts for a change, the leading cause first, each with its detail."""
    amended = _amended(change.key, sides)
    figures = moved.under(change, sides)
    came = {k: v for k, v in figures.items() if v[0] is None}
    revised = {k: v for k, v in figures.items() if v[0] is not None}
    rules = _changed_rules(change, sides)
    found = {ChangeCause.AMENDED_TARGET: amended}
    data = {ChangeCause.REVISION: _shown(revised), ChangeCause.NEW_DATA: _shown(came)}
    if came.keys() & {change.after.get("observation_key"), change.after.get("reference_key")}:
        data = dict(reversed(data.items()))
    found |= data | {ChangeCause.CHANGED_RULE: rules, ChangeCause.REPORTING: _reporting(change, sides)}
    found = {cause: detail for cause, detail in found.items() if detail}
    if not found and (passed := difference(sides[0].reporting, sides[1].reporting)):
        found = {ChangeCause.REPORTING: passed}
    return found or {ChangeCause.UNEXPLAINED: {"columns": change.columns}}


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return name → [before, after] of everything that differs between two flat mappings; None stands for what is missing."""
    names = [*before, *(n for n in after if n not in before)]
    return {n: [before.get(n), after.get(n)] for n in names if before.get(n) != after.get(n)}


def flat(tree: Any, name: str) -> dict[str, Any]:
    """Return the leaves of nested mappings by dotted name."""
    if not isinstance(tree, Mapping):
        return {name: tree}
    return {k: v for key, sub in tree.items() for k, v in flat(sub, f"{name}.{key}").items()}


def _amended(key: Key, sides: tuple[Side, Side]) -> dict[str, Any]:
    """Return what of the target's entry differs, or that it was added or dropped."""
    before, after = (side.targets.get(key) for side in sides)
    if before is None or after is None:
        return {"target": ["absent", "present"] if before is None else ["present", "absent"]}
    return difference(before, after)


def _changed_rules(change: Change, sides: tuple[Side, Side]) -> dict[str, Any]:
    """Return the rules that differ; of who reports what, only the verdict's own indicator; nothing that one side did not record."""
    found = difference(sides[0].rules, sides[1].rules)
    duties = [side.feed_of for side in sides if side.feed_of is not None]
    if len(duties) < len(sides):
        return {name: pair for name, pair in found.items() if not name.startswith("calendar.")}
    own = {row["indicator"] for row in (change.before, change.after) if row}
    before, after = ({f"feed_of.{i}": d[i] for i in sorted(own) if i in d} for d in duties)
    return found | difference(before, after)


def _reporting(change: Change, sides: tuple[Side, Side]) -> dict[str, Any]:
    """Return what changed of what was due or held, where the verdict's reporting state changed and its reading did not."""
    same_reading = change.before.get("observation_key") == change.after.get("observation_key")
    if "reading_state" not in change.columns or not same_reading:
        return {}
    return difference(sides[0].reporting, sides[1].reporting)


def _shown(figures: Mapping[str, list[Mapping[str, Any] | None]]) -> dict[str, Any]:
    shown: dict[str, Any] = {key: pair for key, pair in list(figures.items())[:MOST_SHOWN]}
    return shown | ({"more": len(figures) - MOST_SHOWN} if len(figures) > MOST_SHOWN else {})


def _row(change: Change, sides: tuple[Side, Side], moved: Moved) -> dict[str, Any]:
    found = causes(change, sides, moved)
    said = {
        f"{name}_{when}": row.get(name)
        for name in ("status", "actual", "variance")
        for when, row in (("before", change.before), ("after", change.after))
    }
    return said | {
        "target_id": change.key[0], "area": change.key[1], "unit": change.after.get("unit") or change.before.get("unit"),
        "columns": _json(change.columns), "cause": str(next(iter(found))), "causes": _json([str(c) for c in found]),
        "detail": _json({str(cause): detail for cause, detail in found.items()}),
    }  # fmt: skip


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _side(conn: Connection, head: Mapping[str, Any], wanted: Set[Key]) -> Side:
    targets = stored_targets(conn, head["plan_id"], head["targets_version"])
    asked = [key in wanted for key in zip(targets["target_id"], targets["area"], strict=True)]
    entries = {(t["target_id"], t["area"]): _entry(t) for t in targets[asked].to_dict("records")}
    conditions = conditions_of(conn, head["conditions"]) if head["conditions"] else None
    rules = {"code_version": head["code_version"], **flat(head["thresholds"], "thresholds")}
    if conditions is None:
        return Side(targets=entries, rules=rules, feed_of=None, reporting={"as_of": head["as_of"]})
    return Side(
        targets=entries, rules=rules | _calendar(conditions), feed_of=conditions.feed_of,
        reporting={"as_of": head["as_of"], "held": [list(pair) for pair in conditions.held]},
    )  # fmt: skip


def _calendar(conditions: Conditions) -> dict[str, Any]:
    return flat(conditions.calendar.model_dump(mode="json", exclude_unset=True), "calendar")


def _entry(target: Mapping[Any, Any]) -> dict[str, Any]:
    plain = {name: target[name] for name in _JUDGED_BY}
    return {name: None if not isinstance(v, list) and pd.isna(v) else v for name, v in plain.items()}


def _moved(vintages: pd.DataFrame, after: int) -> Moved:
    """Return the vintages by series and key."""
    series: dict[Key, dict[str, list[Mapping[str, Any] | None]]] = {}
    for row in _records(vintages):
        pair = series.setdefault((row["indicator"], row["area"]), {}).setdefault(row["key"], [None, None])
        pair[int(row["edition_id"] == after)] = {
            n: row[n] for n in ("value", "unit", "quality", "published_at", "feed")
        }
    return Moved(series=series)


def _records(frame: pd.DataFrame) -> Iterable[dict[str, Any]]:
    return ({str(k): v for k, v in row.items()} for row in frame.to_dict("records"))
