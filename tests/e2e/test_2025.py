"""The year 2025 from published figures alone: four editions, and what they say of the six targets the city is judged by."""

from __future__ import annotations

import pytest
from newcomer import System

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

STATUS = "SELECT period, indicator, status FROM bi.variance_monthly WHERE plan_year = 2025"


@pytest.fixture(scope="module")
def statuses(system: System) -> dict[tuple[str, str], str]:
    said = system.once("--plan", "2025")
    assert "Edition 2025-12" in said
    assert "模拟" not in said, "nothing of it is simulated"
    return {(r["period"], r["indicator"]): r["status"] for r in system.ask(STATUS)}


def test_the_four_editions_are_published(statuses: dict[tuple[str, str], str]) -> None:
    assert {period for period, _ in statuses} == {"2025-03", "2025-06", "2025-09", "2025-12"}


@pytest.mark.parametrize(
    ("period", "indicator", "status"),
    [
        ("2025-03", "fixed_investment", "on_track"),
        ("2025-06", "retail_sales", "on_track"),
        ("2025-06", "gdp", "at_risk"),
        ("2025-06", "industry_va", "off_track"),
        ("2025-06", "fixed_investment", "off_track"),
        ("2025-06", "budget_revenue", "off_track"),
        ("2025-12", "retail_sales", "achieved"),
        ("2025-12", "new_jobs", "achieved"),
        ("2025-12", "gdp", "missed"),
        ("2025-12", "industry_va", "missed"),
        ("2025-12", "fixed_investment", "missed"),
        ("2025-12", "budget_revenue", "missed"),
    ],
)
def test_what_they_say(statuses: dict[tuple[str, str], str], period: str, indicator: str, status: str) -> None:
    assert statuses[period, indicator] == status


def test_no_figure_is_simulated(system: System, statuses: dict[tuple[str, str], str]) -> None:
    assert system.ask("SELECT count(*) AS n FROM bi.releases WHERE simulated")[0]["n"] == 0
    assert not any(e["simulated"] for e in system.ask("SELECT simulated FROM bi.editions"))
