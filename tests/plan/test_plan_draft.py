"""A whole document drafted: what looks back is left out, the file keeps the schema, and the measure measures."""

from __future__ import annotations

import json
from pathlib import Path

import planprints
import pytest
import yaml
from plancases import INCLUDE
from typer.testing import CliRunner

from planwatch.cli.plan import app
from planwatch.model.target import Indicator
from planwatch.plan import load_areas, load_indicators, load_plan
from planwatch.plan.compare import compare
from planwatch.plan.document import Document, Section, read_document
from planwatch.plan.draft import draft, plan_year
from planwatch.plan.draft_file import Head, draft_yaml
from planwatch.plan.files import PlanFile
from planwatch.plan.nottargets import load_not_targets
from planwatch.yamlfile import load_model, parse_yaml

REAL = INCLUDE.parent.parent / "shared" / "plan" / "2026-plan.md"
needs_the_plan = pytest.mark.skipif(not REAL.exists(), reason=f"the plan's text is not here: {REAL}")

REPORT = """\
关于青石县2025年国民经济和社会发展计划执行情况与2026年国民经济和社会发展计划（草案）的报告
一、2025年计划执行情况
（一）经济平稳增长。地区生产总值增长5.8%，规上工业增加值增长9%，新增规上企业12家。
二、2026年经济社会发展主要目标
地区生产总值增长6%左右，单位地区生产总值能耗完成市下达任务。
三、2026年重点任务
（一）扩大投资。实施重点项目120个，完成投资85亿元，增长10%。2025年，全县完成投资77亿元。
"""


@pytest.fixture
def report(tmp_path: Path) -> Document:
    path = tmp_path / "report.txt"
    path.write_text(REPORT, encoding="utf-8")
    return read_document(path)


def test_a_report_that_looks_back_first_is_drafted_from_where_it_looks_ahead(report: Document) -> None:
    assert plan_year(report) == 2026
    drafted = [(d.section, d.reading.kind.value, d.reading.value) for d in draft(report)]
    assert drafted == [
        ("2", "growth", 6.0),
        ("2", "assigned", None),
        ("3.1", "cumulative", 120.0),
        ("3.1", "cumulative", 85.0),
        ("3.1", "growth", 10.0),
    ]


def load_draft(text: str, folder: Path) -> PlanFile:
    path = folder / "draft.yaml"
    path.write_text(text, encoding="utf-8")
    return load_model(path, PlanFile)


def test_the_file_keeps_the_schema_and_loads_once_its_indicators_are_registered(tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text(planprints.plain(), encoding="utf-8")
    document = read_document(tmp_path / "plan.txt")
    drafts = draft(document)
    head = Head(2026, "baotou", document.title, document.name)
    text = draft_yaml(drafts, head, load_indicators(INCLUDE / "indicators.yaml"), load_areas(INCLUDE / "areas.yaml"))
    file = load_draft(text, tmp_path)
    assert [t.id for t in file.targets] == [d.id for d in drafts]
    assert {t.id: t.indicator for t in file.targets}["s0_01"] == "gdp"
    include = tmp_path / "include"
    include.mkdir()
    for name in ("areas.yaml", "departments.yaml"):
        (include / name).write_bytes((INCLUDE / name).read_bytes())
    stubs = "".join(line.removeprefix("#") + "\n" for line in text.splitlines() if line.startswith("#  - {"))
    registered = (INCLUDE / "indicators.yaml").read_text(encoding="utf-8").rstrip() + "\n" + stubs
    (include / "indicators.yaml").write_text(registered, encoding="utf-8")
    plan = load_plan(tmp_path / "draft.yaml", include)
    assert len(plan.targets) == len(drafts)


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    phrase = 'x: "y"\u2028- {a: b} #'
    document = Document(f"{phrase}.txt", phrase, (Section("1", "", f"新增{phrase}企业5家。"),))
    known: dict[str, Indicator] = {}
    file = load_draft(draft_yaml(draft(document, 2026), Head(2026, "x", phrase, phrase), known, {}), tmp_path)
    assert [(t.value, t.unit) for t in file.targets] == [(5, "家")]


def test_the_command_writes_yaml_and_rows(tmp_path: Path) -> None:
    path = tmp_path / "plan.txt"
    path.write_text(planprints.plain(), encoding="utf-8")
    written = CliRunner().invoke(app, ["draft", "--plan", str(path), "--area", "baotou"])
    assert written.exit_code == 0
    (tmp_path / "out.yaml").write_text(written.stdout, encoding="utf-8")
    assert parse_yaml(tmp_path / "out.yaml")["plan"]["year"] == 2026
    rows = CliRunner().invoke(app, ["draft", "--plan", str(path), "--format", "jsonl"])
    first = json.loads(rows.stdout.splitlines()[0])
    assert (first["kind"], first["value"], first["confidence"], first["doubts"]) == ("growth", 6.0, "high", [])


TARGETS = """\
plan: {id: qingshi-2026, year: 2026, area: baotou, title: A plan}
targets:
  - {id: gdp, indicator: gdp, section: "2", name_zh: 生产总值, phrase: 地区生产总值增长6%左右, kind: growth, comparator: about, value: 6, unit: "%"}
  - {id: projects, indicator: projects_completed, section: "3.1", name_zh: 项目, phrase: 实施重点项目120个, kind: cumulative, comparator: about, value: 120, unit: 个}
"""


def test_the_measure_counts_what_is_missed_false_and_undecided(report: Document, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(TARGETS, encoding="utf-8")
    found = compare(report, draft(report), load_plan(tmp_path / "mine.yaml", INCLUDE))
    assert (found.found, [id_ for id_, _ in found.missed]) == (("gdp",), ["projects"])
    assert [d.reading.value for d in found.false] == [120.0]
    assert [d.reading.value for d in found.undecided] == [85.0, 10.0]
    assert (found.recall, found.precision) == (0.5, 0.75)


def test_the_command_prints_the_measure(tmp_path: Path) -> None:
    (tmp_path / "report.txt").write_text(REPORT, encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(TARGETS, encoding="utf-8")
    arguments = ["draft", "--plan", str(tmp_path / "report.txt"), "--compare", str(tmp_path / "mine.yaml")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0
    assert "recall: 50.0%" in result.stdout
    assert "precision: 75.0% (1 of 4 drafted are false)" in result.stdout
    assert "实施重点项目120个" in result.stdout
    report = json.loads(CliRunner().invoke(app, [*arguments, "--format", "json"]).stdout)
    assert (report["recall"], report["precision"], report["found"], report["numeric_targets"]) == (0.5, 0.75, 1, 2)
    assert report["missed"] == [
        {
            "id": "projects",
            "section": "3.1",
            "phrase": "实施重点项目120个",
            "expected": "about 120 个",
            "drafted": "ge 120 个",
        }
    ]
    assert [one["drafted"] for one in report["false"]] == ["ge 120 个"]
    assert [one["drafted"] for one in report["undecided"]] == ["ge 85 亿元", "ge 10 %"]


@needs_the_plan
def test_on_the_2026_plan_recall_is_95_percent_and_at_most_10_percent_are_false() -> None:
    document = read_document(REAL)
    plan = load_plan(INCLUDE / "targets.yaml", INCLUDE)
    found = compare(document, draft(document), plan, load_not_targets(INCLUDE / "not_targets.yaml"))
    assert found.recall >= 0.95, found.missed
    assert found.precision >= 0.90, found.false
    assert len(found.kinds) >= 0.95 * len(found.found)


def test_what_is_printed_twice_is_one_target_of_both_sections() -> None:
    said = "新增城镇就业3.6万人以上"
    text = Document(
        "plan.txt", "2026年计划", (Section("1.1", "", f"{said}，{said}。"), Section("2.1", "", f"{said}。"))
    )
    written = yaml.safe_load(draft_yaml(draft(text, 2026), Head(2026, "area", "计划", "plan.txt"), {}, {}))
    assert [(t["id"], t["section"]) for t in written["targets"]] == [("s1_1_01", "1.1; 2.1")]
