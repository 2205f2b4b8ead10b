"""Which months have to be judged again because time has passed."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine

from planwatch import warehouse
from planwatch.model.period import make_period
from planwatch.model.target import Plan
from planwatch.settings import Settings
from planwatch.steps.include import load_include
from planwatch.steps.plan import plan_in_force


def months_to_judge(engine: Engine, settings: Settings, now: datetime | None = None) -> list[str]:
    """Return, per loaded plan, its newest published month and the ones after it whose close has passed.

    Judging a month whose lateness did not change publishes nothing: the edition's fingerprint knows. `now` is the run's time;
    where the settings give a stand-in for now, that counts.
    """
    now = settings.as_of or now or datetime.now(UTC)
    months: list[str] = []
    with engine.connect() as conn:
        for year in sorted(warehouse.loaded_plans(conn)):
            found = plan_in_force(conn, settings, year)
            newest = warehouse.newest_period(conn, year)
            if found is not None and newest is not None:
                months += [newest, *_closed_after(settings, found[0], newest, now)]
    return months


def _closed_after(settings: Settings, plan: Plan, newest: str, now: datetime) -> list[str]:
    include = load_include(settings.include)
    later = [p for m in plan.edition_months if (p := make_period(plan.year, m)) > newest]
    return [p for p in later if include.close(p) <= now]
