"""Suites: every shipped one loads and is accepted by the engine; a bad one is refused with its place."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from planwatch.errors import ConfigError
from planwatch.feeds import load_feeds
from planwatch.model.observation import OBSERVATION_COLUMNS
from planwatch.model.vocabulary import Measure, Origin, Quality, ReadingState, Severity, Span, Status
from planwatch.quality import Suite, build_suite, load_suite
from planwatch.settings import settings

INCLUDE = settings().include

GOOD: dict[str, Any] = {
    "type": "expect_column_values_to_be_between",
    "kwargs": {"column": "value", "min_value": 0},
    "severity": "critical",
    "meta": {"id": "positive", "zh": "不小于 {min_value}", "en": "At least {min_value}"},
}


def write(folder: Path, *expectations: dict[str, Any], name: str = "mine", **more: Any) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"name": name, "expectations": expectations} | more, ensure_ascii=False, indent=1))
    return path


def test_every_feed_layout_and_gate_has_a_suite(suites: dict[str, Suite]) -> None:
    feeds = load_feeds(INCLUDE / "feeds.yaml").values()
    assert {feed.suite for feed in feeds} | {"release", "observations", "publication"} == set(suites)


def test_the_engine_accepts_every_shipped_expectation(suites: dict[str, Suite]) -> None:
    for suite in suites.values():
        assert len(build_suite(suite).expectations) == len(suite.expectations)


def test_legal_words_are_those_of_the_vocabulary(suites: dict[str, Suite]) -> None:
    def legal(suite: str, name: str) -> set[str]:
        return set(next(e for e in suites[suite].expectations if e.meta.id == name).kwargs["value_set"])

    assert legal("publication", "status_legal") == {s.value for s in Status}
    assert legal("publication", "reading_state_legal") == {s.value for s in ReadingState}
    assert legal("release", "span_legal") == {s.value for s in Span}
    assert legal("release", "measure_legal") == {s.value for s in Measure}
    assert legal("release", "quality_legal") == {s.value for s in Quality}
    assert legal("release", "origin_legal") == {s.value for s in Origin}
    columns = next(e for e in suites["release"].expectations if e.meta.id == "columns_present").kwargs["column_set"]
    assert set(columns) == set(OBSERVATION_COLUMNS)


def test_words_carry_the_arguments_also_of_parameters(suites: dict[str, Suite]) -> None:
    suite = suites["observations"]
    warned = next(e for e in suite.expectations if e.meta.id == "change_on_last_reading")
    zh, en = suite.words(warned)
    assert "6" in zh
    assert "within 6 deviations" in en


def test_a_suite_takes_in_what_it_extends_and_replaces_by_id(tmp_path: Path) -> None:
    write(tmp_path, GOOD, GOOD | {"meta": GOOD["meta"] | {"id": "other"}}, name="base")
    write(tmp_path, GOOD | {"severity": "warning"}, meta={"extends": "base"})
    suite = load_suite("mine", tmp_path)
    assert [(e.meta.id, e.severity) for e in suite.expectations] == [
        ("positive", Severity.WARNING),
        ("other", Severity.CRITICAL),
    ]


@pytest.mark.parametrize(
    ("spoiled", "code", "key"),
    [
        (GOOD | {"type": "expect_wonders"}, "unknown_type", "expectations.0.type"),
        (GOOD | {"severity": "fatal"}, "enum", "expectations.0.severity"),
        (GOOD | {"kwargs": {"min_value": 0}}, "missing_argument", "expectations.0.kwargs"),
        (GOOD | {"kwargs": GOOD["kwargs"] | {"row_condition": "value > 0"}}, "missing_argument", "expectations.0.kwargs"),
        (GOOD | {"kwargs": GOOD["kwargs"] | {"min_value": {"$PARAMETER": "k"}}}, "unknown_parameter", "expectations.0.kwargs"),
        (GOOD | {"meta": GOOD["meta"] | {"zh": "至多 {max_value}"}}, "bad_wording", "expectations.0.meta"),
        (GOOD | {"meta": {"id": "positive", "zh": "不小于"}}, "missing", "expectations.0.meta.en"),
        (GOOD | {"colour": "red"}, "extra_forbidden", "expectations.0.colour"),
    ],
)  # fmt: skip
def test_a_bad_expectation_is_refused_with_its_place(
    tmp_path: Path, spoiled: dict[str, Any], code: str, key: str
) -> None:
    path = write(tmp_path, spoiled)
    with pytest.raises(ConfigError) as refused:
        load_suite("mine", tmp_path)
    (fault,) = refused.value.faults
    assert (fault.code, fault.key, fault.file) == (code, key, str(path))
    assert fault.line is not None


def test_an_id_given_twice_is_refused(tmp_path: Path) -> None:
    write(tmp_path, GOOD, GOOD)
    with pytest.raises(ConfigError) as refused:
        load_suite("mine", tmp_path)
    assert [f.code for f in refused.value.faults] == ["duplicate_id"]


def test_suites_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    write(tmp_path, GOOD, name="mine", meta={"extends": "yours"})
    write(tmp_path, GOOD, name="yours", meta={"extends": "mine"})
    with pytest.raises(ConfigError, match="mine → yours → mine"):
        load_suite("mine", tmp_path)


@pytest.mark.parametrize("text", ["{", '{"name": "mine", "expectations": []}', '{"name": "yours"}', "[]", ""])
def test_a_file_that_is_no_suite_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.json").write_text(text)
    with pytest.raises(ConfigError):
        load_suite("mine", tmp_path)


def test_a_suite_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"mine\.json"):
        load_suite("mine", tmp_path)


def test_arguments_the_engine_refuses_name_the_expectation(tmp_path: Path) -> None:
    write(tmp_path, GOOD | {"kwargs": GOOD["kwargs"] | {"maximum": 5}})
    with pytest.raises(ConfigError) as refused:
        build_suite(load_suite("mine", tmp_path))
    assert [(f.code, f.key) for f in refused.value.faults] == [("refused_argument", "positive")]


def test_importing_the_room_loads_no_heavy_library() -> None:
    program = "import sys, planwatch.quality; print([m for m in ('great_expectations', 'pandas', 'jinja2') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
