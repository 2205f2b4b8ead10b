"""The back-test on years built by hand, the command, and the page that shows it."""

import csv
import importlib.util
import io
import json

import pytest
from judgecases import CALENDAR, frame, growth, obs, plan, target
from typer.testing import CliRunner

from planwatch.cli import app
from planwatch.progress.backtest import CASE_COLUMNS, SUMMARY_COLUMNS, cases, summary, thin
from planwatch.settings import ROOT

TOTAL = target("cumulative", 100, unit="亿元", id="total")
RATE = target("growth", 5, id="rate")


def year(year, june, december):
    return [obs(f"{year}-{m}", v, unit="亿元", indicator="total") for m, v in (("06", june), ("12", december))]


# 2024: half done by June, missed; past years had 60 % behind them by then
ROWS = [
    *year(2022, 60, 100), *year(2023, 66, 110), *year(2024, 51, 90), *year(2025, 55, 101),
    growth("2024-06", 4.5, indicator="rate"), growth("2024-12", 5.2, indicator="rate"),
]  # fmt: skip


def cases_of(*plans, rows=ROWS):
    return cases(plans, frame(*rows), CALENDAR)


def test_each_pace_is_held_against_the_close():
    found = cases_of(plan(TOTAL, RATE, year=2024)).set_index("pace")
    assert found["close"].to_dict() == {"linear": "missed", "seasonal": "missed", "as_set": "achieved"}
    assert found["status"].to_dict() == {"linear": "on_track", "seasonal": "at_risk", "as_set": "at_risk"}
    assert found["foretold"].to_dict() == {"linear": False, "seasonal": True, "as_set": False}


def test_a_year_without_past_years_has_no_seasonal_case_and_without_a_close_none_at_all():
    assert cases_of(plan(TOTAL, year=2022))["pace"].tolist() == ["linear"]
    assert cases_of(plan(TOTAL, year=2024), rows=ROWS[:5]).empty


def test_a_carried_reading_and_an_achieved_total_foretell_nothing():
    months = cases_of(plan(TOTAL, year=2025))["month"]
    assert set(months) == {6}
    early = [*year(2025, 120, 130)]
    assert cases_of(plan(TOTAL, year=2025), rows=early).empty


@pytest.mark.slow
def test_the_summary_compares_only_where_both_stand():
    counted = summary(
        cases_of(plan(TOTAL, RATE, year=2022), plan(TOTAL, RATE, year=2024), plan(TOTAL, RATE, year=2025))
    )
    assert tuple(counted.columns) == SUMMARY_COLUMNS
    june, whole = counted.iloc[0], counted.iloc[-1]
    assert (june.month, whole.month) == (6, 0)
    assert (june.linear_n, june.linear_foretold) == (3, 2)
    assert (june.seasonal_n, june.both_n, june.both_linear, june.both_seasonal) == (2, 2, 1, 1)
    assert (june.as_set_n, june.as_set_foretold) == (1, 0)
    assert "n = 2, too thin" in thin(counted)[1]


def test_nothing_to_test_is_said_to_be_thin():
    counted = summary(cases_of(plan(TOTAL, year=2020)))
    assert counted["linear_n"].tolist() == [0]
    assert len(thin(counted)) == 4


@pytest.fixture(scope="module")
def shipped():
    return CliRunner().invoke(app, ["backtest", "--format", "json"])


@pytest.mark.slow
def test_the_command_counts_the_shipped_years(shipped):
    assert shipped.exit_code == 0, shipped.exception
    whole = json.loads(shipped.stdout)[-1]
    assert whole["linear_n"] >= 13
    assert whole["as_set_n"] >= 12
    assert whole["both_seasonal"] <= whole["both_n"] == whole["seasonal_n"]


def test_the_command_lists_its_cases_of_given_files():
    include = ROOT / "include"
    options = ["--plan", str(include / "plans" / "2025.yaml"), "--figures"]
    options += [str(include / "history" / f"published_figures_2025-{m}.tsv") for m in ("06",)]
    options += ["--figures", str(include / "history" / "published_figures_2025-12.tsv"), "--cases", "--format", "csv"]
    printed = CliRunner().invoke(app, ["backtest", *options])
    assert printed.exit_code == 0, printed.exception
    rows = list(csv.DictReader(io.StringIO(printed.stdout)))
    assert tuple(rows[0]) == CASE_COLUMNS
    assert {(row["target"], row["month"], row["foretold"]) for row in rows} >= {
        ("gdp", "6", "True"),
        ("retail", "6", "True"),
    }


@pytest.mark.slow
def test_the_page_shows_what_the_command_and_the_cases_say():
    path = ROOT / "scripts" / "verdict_page.py"
    spec = importlib.util.spec_from_file_location("verdict_page", path)
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    assert page.rendered() == page.PAGE.read_text("utf-8"), "stale; mend: python scripts/verdict_page.py"
