"""Plans, verdict frames and feeds that the alert tests share: small, written by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd

from planwatch.alerts.lifecycle import Occasion
from planwatch.model.calendar import SHANGHAI
from planwatch.model.feed import Feed
from planwatch.model.place import Department
from planwatch.model.target import Plan, Target
from planwatch.model.verdict import VERDICT_COLUMNS

PLAN_ID = "baotou-2026"


def at(period: str, day: int = 28) -> datetime:
    """Return an instant in the month after the period, when its figures are in."""
    year, month = int(period[:4]), int(period[5:])
    return datetime(year + month // 12, month % 12 + 1, day, 9, 30, tzinfo=SHANGHAI)


def occasion(period: str = "2026-06", edition_id: int | None = None) -> Occasion:
    return Occasion(plan_id=PLAN_ID, period=period, edition_id=edition_id, at=at(period))


def row(target: str = "retail", status: str = "off_track", period: str = "2026-06", **more: Any) -> dict[str, Any]:
    """Return a verdict row whose reading is the period's own unless told otherwise."""
    base = dict.fromkeys(VERDICT_COLUMNS) | {
        "id": target, "area": "baotou", "tier": "plan", "period": period, "reading_period": period,
        "reading_state": "fresh", "actual": 3.2, "expected": 5.0, "variance": -1.8, "status": status, "provisional": False,
        "reading_age_months": 0, "unit": "%", "kind": "growth", "owner": "commerce", "reading_origin": "published",
        "reason_zh": "1—6月增长3.2%，低于5%的目标1.8个百分点。", "reason_en": "Growth of 3.2% to June, 1.8 points below 5%.",
    }  # fmt: skip
    return base | more


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=[*VERDICT_COLUMNS, "owner"])


def department(key: str = "commerce", name: str = "市商务局") -> Department:
    return Department(id=key, name_zh=name, name_en=key, email=f"{key}@baotou.example")


DEPARTMENTS = {
    "commerce": department(),
    "human_resources": department("human_resources", "市人力资源和社会保障局"),
    "stats_bureau": department("stats_bureau", "市统计局"),
}


def target(key: str, name: str, phrase: str, owner: str, **more: Any) -> Target:
    given = {"indicator": key, "kind": "growth", "value": 5.0, "unit": "%", "area": "baotou"} | more
    return Target(id=key, name_zh=name, phrase=phrase, owner=owner, **given)


def plan(*targets: Target) -> Plan:
    given = targets or (
        target("retail", "社会消费品零售总额", "社会消费品零售总额增长5%以上", "commerce"),
        target("exports", "出口总额", "外贸出口增长6%以上", "commerce", value=6.0),
        target(
            "jobs",
            "城镇新增就业",
            "新增城镇就业3.6万人以上",
            "human_resources",
            kind="cumulative",
            value=3.6,
            unit="万人",
        ),
        target("gdp", "地区生产总值", "地区生产总值增长5.5%左右", "stats_bureau", frequency="quarterly"),
    )
    return Plan(id=PLAN_ID, year=2026, area="baotou", title="2026年包头市国民经济和社会发展计划", targets=given)


def feed() -> Feed:
    """Return a feed of which only name and owner matter here."""
    return Feed.model_construct(
        id="stats_bureau", name_zh="市统计局月度数据", name_en="Statistics", owner="stats_bureau"
    )
