"""Which feed reports an indicator of an area: never one that carries it for other areas only."""

import shutil
from pathlib import Path

import pytest

from planwatch.errors import ConfigError
from planwatch.steps import roster
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


@pytest.mark.parametrize(
    ("change", "said", "nearest"),
    [
        (("indicator: retail_sales,", "indicator: retail_sale,"), ("unknown_indicator", "stats_bureau.indicator"), "retail_sales"),
        (("area: nation,", "area: nations,"), ("unknown_area", "national_benchmark.area"), "nation"),
        (("owner: finance\n", "owner: finances\n"), ("unknown_owner", "finance.owner"), "finance"),
        (("suite: release_finance\n", "suite: release_finances\n"), ("unknown_suite", "finance.suite"), "release_finance"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("load", [load_include, lambda folder: roster.feed_roster(folder / "feeds.yaml")])
def test_what_no_registry_has_is_refused_when_loaded_and_when_the_dags_are_parsed(
    tmp_path, load, change, said, nearest
):
    folder = tmp_path / "include"
    shutil.copytree(INCLUDE, folder, ignore=shutil.ignore_patterns("sample", "history"))
    feeds = folder / "feeds.yaml"
    text = feeds.read_text(encoding="utf-8")
    assert change[0] in text
    feeds.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(folder)
    fault = caught.value.faults[0]
    assert (fault.code, fault.key, fault.file) == (*said, str(feeds))
    assert fault.value in change[1] and nearest in fault.expected.split(", ") and fault.mend


def test_an_id_that_only_a_comment_has_is_none(tmp_path):
    (tmp_path / "areas.yaml").write_text("areas:\n  - {id: one}\n  # - {id: two}\n  - id: 'three'\n")
    assert roster._ids_in(tmp_path / "areas.yaml") == {"one", "three"}


def test_the_quick_look_asks_for_no_whole_load_of_what_is_shipped(monkeypatch):
    def whole(_):
        raise AssertionError("the whole data were loaded")

    monkeypatch.setattr("planwatch.steps.include.load_include", whole)
    assert len(roster.feed_roster()) == 26
