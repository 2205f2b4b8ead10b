"""A city's releases and verdicts, good unless a test spoils them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from planwatch.errors import Fault
from planwatch.model.check import CheckResult
from planwatch.model.observation import OBSERVATION_COLUMNS
from planwatch.model.target import Plan
from planwatch.model.verdict import VERDICT_COLUMNS
from planwatch.reconcile import Reconciliation

ROW = {
    "indicator": "retail_sales", "area": "baotou", "period": "2026-03", "span": "ytd", "measure": "level", "value": 250.0,
    "unit": "亿元", "text": "250.0", "decimals": 1, "quality": "final", "published_at": date(2026, 4, 18),
    "source": "stats_bureau_2026-03.xlsx", "sheet": "主要经济指标", "row": 9, "column": "F", "printed_unit": "亿元",
    "origin": "simulated", "flags": "",
}  # fmt: skip
GROWTH = {"measure": "growth_yoy", "value": 7.1, "unit": "%", "printed_unit": "%", "column": "G"}


def observations(*rows: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame([ROW | row for row in rows], columns=list(OBSERVATION_COLUMNS))
    return frame.astype({"value": "float64", "decimals": "int64"})


def good_release() -> list[dict[str, Any]]:
    return [
        {},
        GROWTH,
        {"indicator": "gdp", "value": 1300.5, "row": 6},
        {"indicator": "industry_va", "row": 7} | GROWTH,
        {"indicator": "cpi", "row": 15, **GROWTH, "value": -0.4},
    ]


def released(
    *rows: dict[str, Any],
    rejects: tuple[Fault, ...] = (),
    unmatched: tuple[Fault, ...] = (),
    missing: tuple[Fault, ...] = (),
) -> Reconciliation:
    return Reconciliation(observations=observations(*rows), rejects=rejects, unmatched=unmatched, missing=missing)


def failures(results: list[CheckResult]) -> dict[str, CheckResult]:
    return {r.expectation: r for r in results if not r.success}


def plan(*targets: dict[str, Any]) -> Plan:
    return Plan.model_validate(
        {"id": "baotou-2026", "year": 2026, "area": "baotou", "title": "2026年计划", "targets": targets}
    )


def verdicts(*rows: dict[str, Any]) -> pd.DataFrame:
    common = {
        "area": "baotou", "tier": "plan", "period": "2026-06", "reading_period": "2026-06", "reading_state": "fresh",
        "status": "on_track", "provisional": False, "reason_zh": "达序时", "reason_en": "on track",
    }  # fmt: skip
    frame = pd.DataFrame([common | row for row in rows], columns=list(VERDICT_COLUMNS))
    numbers = [
        c for c in frame if c.endswith(("_pp", "_pct")) or c in ("actual", "expected", "variance", "reference_actual")
    ]
    return frame.astype(dict.fromkeys(numbers, "float64"))
