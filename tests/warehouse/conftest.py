"""Builders of small releases, plans and verdicts, and connections of every role."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Connection

from planwatch.model.calendar import ReleaseCalendar
from planwatch.model.conditions import Conditions
from planwatch.model.observation import OBSERVATION_COLUMNS
from planwatch.model.target import Plan, Target
from planwatch.model.verdict import VERDICT_COLUMNS
from planwatch.warehouse import make_engine, record_release, save_plan

VERSION = "a" * 64
CONDITIONS = Conditions.of(ReleaseCalendar(), {}, [])
AS_OF = datetime(2026, 4, 25, 16, tzinfo=UTC)


def sha(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def observations(*rows: dict[str, Any], **common: Any) -> pd.DataFrame:
    """An observation frame; what a row leaves out is retail's level of January to March, published on 18 April."""
    standard = {
        "indicator": "retail_sales", "area": "baotou", "period": "2026-03", "span": "ytd", "measure": "level", "value": 100.0,
        "unit": "亿元", "text": "100.0", "decimals": 1, "quality": "final", "published_at": date(2026, 4, 18),
        "source": "stats.xlsx", "sheet": "主要经济指标", "row": 7, "column": "D", "printed_unit": "亿元", "origin": "published",
        "flags": "",
    }  # fmt: skip
    return pd.DataFrame([standard | common | row for row in rows or ({},)], columns=list(OBSERVATION_COLUMNS))


def release(conn: Connection, name: str, *, published: date | None = date(2026, 4, 18), **given: Any) -> str:
    """Record a release whose bytes are its name; return its sha256."""
    standard = {"feed": "stats_bureau", "period": "2026-03", "filename": f"{name}.xlsx", "size": 10, "title": name}
    record_release(conn, sha256=sha(name), published_at=published, **(standard | given))
    return sha(name)


def plan(year: int = 2026, targets: tuple[str, ...] = ("retail_sales", "gdp", "jobs")) -> Plan:
    made = tuple(
        Target(id=t, indicator=t, name_zh=f"{t}中", name_en=t, kind="growth", value=5.0, unit="%", owner="stats_bureau",
               section="0", phrase="增长5%以上") for t in targets
    )  # fmt: skip
    return Plan(id=f"baotou-{year}", year=year, area="baotou", title="计划", targets=made)


def verdicts(of: Plan, period: str = "2026-03", **by_target: dict[str, Any]) -> pd.DataFrame:
    """A verdict frame: on track everywhere but where `by_target` says something else."""
    standard = {
        "area": of.area, "tier": "plan", "period": period, "reading_period": period, "reading_state": "fresh", "actual": 5.5,
        "expected": 5.0, "variance": 0.5, "on_schedule": True, "status": "on_track", "provisional": False, "reason_zh": "",
        "reason_en": "", "reading_age_months": 0, "reading_span": "ytd", "reading_quality": "final",
        "reading_origin": "published", "unit": "%", "kind": "growth",
    }  # fmt: skip
    rows = [standard | {"id": t.id, "indicator": t.indicator} | by_target.get(t.id, {}) for t in of.targets]
    return pd.DataFrame(rows).reindex(columns=list(VERDICT_COLUMNS))


@pytest.fixture
def publish(warehouse) -> Callable[..., int | None]:
    """Publish an edition in a transaction of its own."""
    from planwatch.warehouse import publish_edition

    def _publish(
        of: Plan, period: str = "2026-03", fingerprint: str = "f1", conn: Connection | None = None, **given: Any
    ):
        call = {
            "plan": of, "targets_version": VERSION, "period": period, "as_of": AS_OF, "fingerprint": fingerprint,
            "verdicts": verdicts(of, period), "trigger": "test", "code_version": "0", "conditions": CONDITIONS,
        } | given  # fmt: skip
        if ids := call.pop("observation_ids", []):
            call["observations"] = observations(*({} for _ in ids)).assign(observation_id=ids)
        call.setdefault("observations", observations().iloc[:0].assign(observation_id=[]))
        if conn is not None:
            return publish_edition(conn, **call)
        with warehouse.begin() as own:
            save_plan(own, of, version=call["targets_version"])
            return publish_edition(own, **call)

    return _publish


@pytest.fixture
def connect(warehouse) -> Iterator[Callable[[str], Connection]]:
    """Open a connection of a role; it is closed at the end."""
    opened = []

    def _connect(role: str) -> Connection:
        engine = make_engine(warehouse.url(role), statement_timeout_s=60)
        opened.append((engine, engine.connect()))
        return opened[-1][1]

    yield _connect
    for engine, conn in opened:
        conn.close()
        engine.dispose()


@pytest.fixture
def build():
    """The builders, as attributes."""

    class Build:
        sha, observations, release, plan, verdicts = (
            staticmethod(f) for f in (sha, observations, release, plan, verdicts)
        )
        version, as_of = VERSION, AS_OF

    return Build
