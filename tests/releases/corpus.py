"""The corpus: odd and broken releases described in `cases/*.yaml`, each with what must come of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from makers import make

from planwatch.errors import Fault, ReleaseError
from planwatch.feeds import load_feeds, read_release
from planwatch.model.feed import Feed, Limits
from planwatch.model.place import Area
from planwatch.model.target import Indicator
from planwatch.plan import load_areas, load_indicators
from planwatch.reconcile import Reconciliation, reconcile

HERE = Path(__file__).resolve().parent
INCLUDE = HERE.parents[1] / "include"


@cache
def feeds() -> dict[str, Feed]:
    return load_feeds(HERE / "feeds.yaml")


@cache
def registries() -> tuple[dict[str, Indicator], dict[str, Area]]:
    return dict(load_indicators(INCLUDE / "indicators.yaml")), dict(load_areas(INCLUDE / "areas.yaml"))


def cases() -> list[dict[str, Any]]:
    """Return every case; `name` says what is odd, and which file it stands in."""
    found = []
    for path in sorted((HERE / "cases").glob("*.yaml")):
        file = yaml.safe_load(path.read_text(encoding="utf-8"))
        found += [{**case, "name": f"{path.stem}: {case['name']}"} for case in file["cases"]]
    return found


def released(case: dict[str, Any]) -> bytes:
    return make(case["make"])


def observe(case: dict[str, Any], data: bytes) -> Reconciliation:
    """Return what a case's file yields.

    Raises:
        ReleaseError: it is refused.
    """
    feed = feeds()[case["feed"]]
    limits = feed.limits.model_copy(update=case["limits"]) if "limits" in case else None
    table = read_release(
        feed, data, case["file"], period=case.get("period"), limits=limits and Limits(**limits.model_dump())
    )
    return reconcile(feed, table, *registries())


def observations(found: Reconciliation) -> list[list[Any]]:
    """Return indicator, area, period, span, measure, value, printed text, decimals and place (sheet!columnrow), sorted."""
    rows = found.observations.sort_values(["row", "column"], kind="stable").to_dict("records")
    return [
        [
            r["indicator"],
            r["area"],
            r["period"],
            r["span"],
            r["measure"],
            r["value"],
            r["text"],
            r["decimals"],
            place(r),
        ]
        for r in rows
    ]


def place(row: dict[str, Any]) -> str:
    return f"{row['sheet']}!{row['column']}{row['row']}" if row["sheet"] else f"{row['row']}:{row['column']}"


def told(fault: Fault) -> dict[str, Any]:
    return {**fault.as_dict(), "text": str(fault)}


def outcome(case: dict[str, Any]) -> tuple[Reconciliation | None, list[dict[str, Any]]]:
    """Return what was read and what was refused of it; nothing and the faults of the whole file where it is refused."""
    try:
        found = observe(case, released(case))
    except ReleaseError as error:
        assert not error.retriable and error.faults and all(str(f) in str(error) for f in error.faults)
        return None, [told(f) for f in error.faults]
    return found, [told(f) for f in (*found.rejects, *found.unmatched)]
