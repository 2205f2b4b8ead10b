"""Which years have a plan, and the plan of a year: `targets.yaml` for the current one, `plans/<year>.yaml` for the others."""

from __future__ import annotations

from planwatch.errors import Fault, InputError
from planwatch.model.target import Plan
from planwatch.plan.loader import load_plan
from planwatch.settings import Settings


def plan_of_year(year: int, chosen: Settings) -> Plan:
    """Return the plan of a year.

    Raises:
        ConfigError: its file does not keep its schema.
        InputError: there is no plan of that year; the fault names the years that have one.
    """
    plan = load_plan(chosen.plan_file(year), chosen.include)
    if plan.year == year:
        return plan
    folder = chosen.include / "plans"
    years = {plan.year, *(int(p.stem) for p in folder.glob("[12][0-9][0-9][0-9].yaml"))} - {year}
    raise InputError.of(
        Fault(
            code="no_such_year",
            message="there is no plan of that year",
            value=str(year),
            expected=", ".join(map(str, sorted(years))),
            mend=f"choose one of these, or write {folder / f'{year}.yaml'}",
        )
    )
