"""Load a year's plan into the warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine

from planwatch import warehouse
from planwatch.errors import ConfigError, Fault
from planwatch.model.period import make_period
from planwatch.model.target import Plan
from planwatch.plan import fingerprint
from planwatch.plan import load_plan as read_plan
from planwatch.settings import Settings
from planwatch.steps.include import load_include


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPlan:
    """A plan in force: how many targets, which version, and the published months to judge again because it changed."""

    plan_id: str
    targets: int
    version: str
    changed: bool
    periods: list[str]


def plan_in_force(conn: Connection, settings: Settings, year: int) -> tuple[Plan, str] | None:
    """Return the plan of a year that was loaded, and its version; None where none was.

    Raises:
        ConfigError: the plan's file is no longer what was loaded; load it first, so that people know what they are judged by.
    """
    version = warehouse.loaded_plans(conn).get(year)
    if version is None:
        return None
    plan = _plan(settings.plan_file(year), settings.include)
    if fingerprint(plan) != version:
        path = str(settings.plan_file(year))
        raise ConfigError.of(
            Fault(
                code="plan_not_loaded",
                message="the file was changed after it was loaded",
                file=path,
                mend="run the DAG `plan`",
            )
        )
    return plan, version


def plan_for(conn: Connection, settings: Settings, period: str) -> Plan | None:
    """Return the loaded plan that answers for a month: its year's, else the newest; None where none is loaded."""
    years = sorted(warehouse.loaded_plans(conn))
    if not years:
        return None
    year = int(period[:4]) if period[:4].isdigit() and int(period[:4]) in years else years[-1]
    return _plan(settings.plan_file(year), settings.include)


@cache
def _plan(path: Path, include: Path) -> Plan:
    return read_plan(path, include)


def load_plan(engine: Engine, settings: Settings, year: int) -> LoadedPlan:
    """Check the year's plan and the registries whole, then write them as one version.

    Raises:
        ConfigError: a file breaks its schema, or there is no plan of that year; nothing was written.
    """
    include = load_include(settings.include)
    path = settings.plan_file(year)
    plan = read_plan(path, settings.include)
    if plan.year != year:
        raise ConfigError.of(
            Fault(
                code="no_plan",
                message=f"no plan of {year}",
                file=str(path),
                key="plan.year",
                value=str(plan.year),
                mend=f"write include/plans/{year}.yaml",
            )
        )
    version = fingerprint(plan)
    with engine.begin() as conn:
        changed = warehouse.loaded_plans(conn).get(year) != version
        warehouse.save_registries(conn, include.areas, include.departments, include.indicators)
        warehouse.save_feeds(conn, include.feeds, include.without_source, include.growth_bases)
        warehouse.save_due_dates(conn, year, include.dues(year))
        warehouse.save_plan(conn, plan, version=version)
        months = _months_to_judge(conn, plan) if changed else []
    return LoadedPlan(plan_id=plan.id, targets=len(plan.targets), version=version, changed=changed, periods=months)


def _months_to_judge(conn: Connection, plan: Plan) -> list[str]:
    """Return the plan's newest month with figures or an edition: judging it judges the earlier ones with it."""
    reported = warehouse.reported_periods(conn, plan.area, plan.year)
    months = {make_period(plan.year, month) for month in plan.edition_months}
    known = months & {*reported, *warehouse.editions(conn, plan.id)["period"]}
    return [str(month) for month in sorted(known)[-1:]]
