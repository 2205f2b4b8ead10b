"""What docs/onboarding-a-city.md says of the invented city and of the headline targets of 2025 is so."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from plancases import INCLUDE

from planwatch.model.target import Plan
from planwatch.plan import load_plan
from planwatch.plan.audit import State, audit
from planwatch.plan.compare import compare
from planwatch.plan.document import Document, read_document
from planwatch.plan.draft import draft
from planwatch.plan.draft_file import area_in
from planwatch.plan.nottargets import NotTarget, load_not_targets
from planwatch.plan.registers import load_areas
from planwatch.yamlfile import read_yaml

CITY = INCLUDE.parent / "docs" / "example-city"
HEADLINE_2025 = (
    "地区生产总值增长8%左右；规模以上工业增加值增长14%以上；固定资产投资增长18%以上；社会消费品零售总额增长5%以上；"
    "一般公共预算收入增长5%左右；城乡居民收入增长与经济增长基本同步；城镇新增就业3.5万人以上；城镇登记失业率控制在4%以内；"
    "粮食产量达到24亿斤以上；居民消费价格与全国调控目标一致；单位GDP能耗完成自治区下达目标任务。"
)
"""Facts, as the city printed them (`include/plans/2025.yaml`)."""


def planwatch(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from planwatch.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def document() -> Document:
    return read_document(CITY / "plan.md")


@pytest.fixture(scope="module")
def finished() -> tuple[Plan, tuple[NotTarget, ...]]:
    include = CITY / "include"
    return load_plan(include / "targets.yaml", include), load_not_targets(include / "not_targets.yaml")


def test_the_city_is_drafted_whole(document: Document, finished: tuple[Plan, tuple[NotTarget, ...]]) -> None:
    drafts = draft(document)
    assert len(drafts) == len(finished[0].targets) == 18
    found = compare(document, drafts, *finished)
    assert (len(found.found), found.recall, found.precision, found.undecided) == (14, 1, 1, ())
    assert [d.reading.kind.value for d in drafts if d.confidence == "low"] == ["milestone", "milestone"]


def test_a_draft_knows_its_area_by_the_title() -> None:
    areas = load_areas(CITY / "include" / "areas.yaml")
    assert [area_in(title, areas) for title in ("青石市2026年计划", "Plan of Anlan", "某市计划")] == [
        "qingshi",
        "anlan",
        "",
    ]


def test_the_city_is_audited_clean(document: Document, finished: tuple[Plan, tuple[NotTarget, ...]]) -> None:
    found = audit(document, *finished)
    assert found.findings == ()
    assert (len(found.marks), found.count(State.COVERED), found.count(State.EXCLUDED)) == (24, 16, 8)
    bare = audit(document, finished[0])
    assert {f.code for f in bare.findings} == {"uncovered"}
    assert {f.section for f in bare.findings} == {"1", "3.2"}


@pytest.mark.parametrize("path", sorted((CITY / "include").glob("*.yaml")), ids=lambda p: p.name)
def test_its_files_keep_our_schemas(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    if "$schema=" not in first:
        assert path.name == "demonstration.yaml"
        return
    schema = (path.parent / first.split("$schema=")[1]).resolve()
    assert schema.parent == INCLUDE / "schemas"
    jsonschema.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8"))).validate(read_yaml(path)[0])


@pytest.mark.parametrize(
    ("text", "options", "code", "said", "head"),
    [
        (HEADLINE_2025, ["--year", "2025", "--area", "baotou"], 0, "", "year: 2025\n  area: baotou\n"),
        (HEADLINE_2025, ["--area", "baotou"], 0, "The year 2025 is the file name's", "year: 2025\n  area: baotou\n"),
        (HEADLINE_2025, ["--year", "2025"], 0, "The title names no area", "year: 2025\n  area: area\n"),
        (f"2025年主要预期目标是：{HEADLINE_2025}", ["--area", "baotou"], 0, "The year 2025 is the one that the text speaks of most", "year: 2025\n"),
        (f"# 包头市2025年国民经济和社会发展计划\n\n{HEADLINE_2025}", [], 0, "", "year: 2025\n  area: baotou\n"),
    ],
)  # fmt: skip
def test_no_year_and_no_area_are_written_in_silence(
    tmp_path: Path, *, text: str, options: list[str], code: int, said: str, head: str
) -> None:
    (tmp_path / "plan-2025.txt").write_text(text, encoding="utf-8")
    done = planwatch("plan", "draft", "--plan", str(tmp_path / "plan-2025.txt"), *options)
    assert (done.returncode, bool(done.stderr)) == (code, bool(said)), done.stderr
    assert said in done.stderr
    assert head in done.stdout
    assert bool(done.stdout) == (code == 0)
    if said and code == 0:
        assert f"# ! {said}" in done.stdout


def test_a_document_without_any_year_is_drafted_for_this_years_plan_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text(HEADLINE_2025, encoding="utf-8")
    done = planwatch("plan", "draft", "--plan", str(tmp_path / "plan.txt"), "--area", "baotou")
    assert (done.returncode, "2026 stands for it" in done.stderr) == (0, True), done.stderr
    assert "# ! Neither title nor text says of which year the plan is" in done.stdout


def test_the_headline_of_2025_is_drafted_as_it_was_finished(tmp_path: Path) -> None:
    (tmp_path / "plan-2025.txt").write_text(f"2025年主要预期目标是：{HEADLINE_2025}\n", encoding="utf-8")
    document = read_document(tmp_path / "plan-2025.txt")
    plan = load_plan(INCLUDE / "plans" / "2025.yaml", INCLUDE)
    found = compare(document, draft(document, 2025), plan, ())
    assert (len(found.found), found.recall, found.precision, len(found.kinds)) == (8, 1, 1, 8)
    assert audit(document, plan).findings == ()
