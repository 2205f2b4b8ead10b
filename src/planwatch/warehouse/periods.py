"""Which months have figures, and which have editions."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text


def newest_period(conn: Connection, plan_year: int) -> str | None:
    """Return the newest month of a plan year that has an edition, None before the first."""
    query = text(
        "SELECT max(period) FROM mart.current_edition JOIN mart.editions USING (edition_id, plan_id, period) WHERE plan_year = :year"
    )
    found = conn.execute(query, {"year": plan_year}).scalar()
    return str(found) if found is not None else None


def reported_periods(conn: Connection, area: str, year: int) -> list[str]:
    """Return the months of a year for which any figure of the area has been loaded, oldest first."""
    query = text(
        "SELECT DISTINCT period FROM core.observations WHERE plan_year = :year AND area = :area ORDER BY period"
    )
    return [str(period) for period in conn.execute(query, {"year": year, "area": area}).scalars()]


def reported_series(conn: Connection, year: int, areas: Iterable[str]) -> set[tuple[str, str, str]]:
    """Return (indicator, area, month) of all figures of some areas in a year: which readings have come."""
    query = text(
        "SELECT DISTINCT indicator, area, period FROM core.observations WHERE plan_year = :year AND area = ANY(:areas)"
    )
    found = conn.execute(query, {"year": year, "areas": sorted(areas)})
    return {(str(i), str(a), str(p)) for i, a, p in found}


def reported_months(conn: Connection, plan_year: int) -> list[str]:
    """Return the months of a loaded plan's year that have figures of its own area, oldest first."""
    query = text(
        "SELECT DISTINCT o.period FROM core.observations o JOIN core.plan_loads l ON l.year = o.plan_year "
        "JOIN core.plans p USING (plan_id, version) WHERE o.plan_year = :year AND o.area = p.area ORDER BY o.period"
    )
    return [str(period) for period in conn.execute(query, {"year": plan_year}).scalars()]
