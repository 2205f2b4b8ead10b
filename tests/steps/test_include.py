"""Which feed reports an indicator of an area: never one that carries it for other areas only."""

from pathlib import Path

import pytest

from planwatch.steps.include import load_include

INCLUDE = Path(__file__).resolve().parents[2] / "include"


@pytest.fixture(scope="module")
def include():
    return load_include(INCLUDE)


def test_a_benchmark_of_higher_precedence_reports_nothing_of_the_city(include):
    nation = include.feeds["national_benchmark"]
    assert nation.precedence > include.feeds["stats_bureau"].precedence
    reported = include.feed_of("2026-06", "baotou")
    assert "national_benchmark" not in reported.values()
    assert reported["gdp"] == reported["retail_sales"] == "stats_bureau"


def test_it_reports_those_of_its_own_area(include):
    assert include.feed_of("2026-06", "nation")["gdp"] == "national_benchmark"


def test_a_table_whose_rows_name_their_areas_may_hold_any(include):
    assert "gdp" in include.feeds["regional_benchmark"].indicators("hohhot")
    assert include.feeds["stats_bureau"].indicators("hohhot") == frozenset()


def test_without_an_area_every_feed_reports(include):
    assert include.feed_of("2026-06").keys() >= include.feed_of("2026-06", "baotou").keys()
