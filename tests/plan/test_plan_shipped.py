"""The shipped plans are clean, cover every kind, and stand in the plan's text."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
from plancases import INCLUDE

from planwatch.cli.targets import schemas
from planwatch.model.target import Plan, Target
from planwatch.model.vocabulary import Comparator, Frequency, Kind, Pace, Tier
from planwatch.plan import load_plan, stale_schemas
from planwatch.plan.passages import sections_named
from planwatch.yamlfile import read_yaml

ROOT = INCLUDE.parent
TEXT = ROOT.parent / "shared" / "plan" / "2026-plan.md"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan(INCLUDE / "targets.yaml", INCLUDE)


@pytest.fixture(scope="module")
def last_plan() -> Plan:
    return load_plan(INCLUDE / "plans" / "2025.yaml", INCLUDE)


def test_references_are_called_by_the_registers_names(plan: Plan) -> None:
    named = {t.id: (t.reference.name_zh, t.reference.name_en) for t in plan.targets if t.reference}
    assert named["income_urban"] == ("地区生产总值", "Gross regional product")
    assert ("内蒙古进出口总额", "Imports and exports, Inner Mongolia") in named.values()


def by_id(plan: Plan, id_: str) -> Target:
    (found,) = [t for t in plan.targets if t.id == id_]
    return found


def test_every_kind_has_three_targets_and_the_headline_comes_first(plan: Plan) -> None:
    counts = Counter(t.kind for t in plan.targets)
    assert {kind: counts[kind] for kind in Kind if counts[kind] < 3} == {}
    headline = [(t.id, t.kind, t.comparator, t.value, t.unit) for t in plan.targets if t.section.startswith("0")]
    assert headline == [
        ("gdp", Kind.GROWTH, Comparator.ABOUT, 5.5, "%"),
        ("industry", Kind.GROWTH, Comparator.GE, 10, "%"),
        ("fixed_investment", Kind.GROWTH, Comparator.ABOUT, 8, "%"),
        ("retail", Kind.GROWTH, Comparator.GE, 5, "%"),
        ("revenue", Kind.GROWTH, Comparator.ABOUT, 3, "%"),
        ("income_urban", Kind.RELATIVE, Comparator.ABOUT, None, "百分点"),
        ("income_rural", Kind.RELATIVE, Comparator.ABOUT, None, "百分点"),
        ("jobs", Kind.CUMULATIVE, Comparator.GE, 3.6, "万人"),
        ("grain", Kind.ASSIGNED, Comparator.GE, None, "万吨"),
        ("carbon", Kind.ASSIGNED, Comparator.GE, None, "%"),
    ]


def test_every_target_is_named_owned_and_explained_where_it_departs_from_the_defaults(plan: Plan) -> None:
    for target in plan.targets:
        assert target.name_en
        assert target.owner
        assert target.phrase
        if target.pace is not Pace.LINEAR or target.band is not None or target.value_inferred:
            assert target.note, target.id
    assert {t.pace for t in plan.targets} == set(Pace)
    assert {t.frequency for t in plan.targets} == set(Frequency)
    assert {t.comparator for t in plan.targets} == set(Comparator)


def test_sections_follow_the_plan(plan: Plan) -> None:
    numbers = [tuple(map(int, re.findall(r"\d+", next(sections_named(t.section))))) for t in plan.targets]
    assert numbers == sorted(numbers)
    assert {n[0] for n in numbers} == set(range(9))


def test_readings_are_the_plans_own(plan: Plan) -> None:
    assert by_id(plan, "major_project_investment").indicator == "major_project_investment"
    assert by_id(plan, "private_investment").comparator is Comparator.GT
    assert by_id(plan, "grassland_balance").d == -1
    assert by_id(plan, "fluorine_output").comparator is Comparator.GT
    assert (by_id(plan, "transferred_techniques").value, by_id(plan, "transferred_techniques").value_high) == (2, 3)
    assert {t.tier for t in plan.targets if t.kind is Kind.ASSIGNED} == {Tier.ASSIGNED}
    assert by_id(plan, "jobs").base_unit == "人"


def test_the_plan_of_2025(last_plan: Plan) -> None:
    facts = {t.id: (t.comparator.value, t.value) for t in last_plan.targets if t.value is not None}
    assert facts == {
        "gdp": ("about", 8), "industry": ("ge", 14), "fixed_investment": ("ge", 18), "retail": ("ge", 5),
        "revenue": ("about", 5), "jobs": ("ge", 3.5), "registered_unemployment": ("le", 4), "grain": ("ge", 24),
    }  # fmt: skip
    assert last_plan.edition_months == (3, 6, 9, 12)
    cpi = by_id(last_plan, "cpi")
    assert cpi.d == 0
    assert cpi.reference is not None
    assert cpi.reference.area == "nation"


def test_phrases_stand_in_their_section(plan: Plan) -> None:
    if not TEXT.exists():
        pytest.skip(f"the plan's text is not beside the checkout ({TEXT})")
    sections = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", TEXT.read_text(encoding="utf-8"), re.M | re.S))
    strayed = [
        (t.id, section, t.phrase)
        for t in plan.targets
        for section in sections_named(t.section)
        if t.phrase not in sections.get(section, "")
    ]
    assert strayed == []


DATA = {
    "targets.yaml": "targets.schema.json",
    "plans/2025.yaml": "targets.schema.json",
    "indicators.yaml": "indicators.schema.json",
    "areas.yaml": "areas.schema.json",
    "departments.yaml": "departments.schema.json",
    "feeds.yaml": "feeds.schema.json",
    "calendar.yaml": "calendar.schema.json",
}


def test_the_schemas_are_not_stale() -> None:
    assert stale_schemas(INCLUDE / "schemas", schemas()) == []
    assert {path.name for path in (INCLUDE / "schemas").iterdir()} == set(schemas())


@pytest.mark.parametrize("name", DATA)
def test_a_file_names_its_schema_and_keeps_it(name: str) -> None:
    path = INCLUDE / name
    first = path.read_text(encoding="utf-8").splitlines()[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named
    schema_path: Path = (path.parent / named[1]).resolve()
    assert schema_path == (INCLUDE / "schemas" / DATA[name]).resolve()
    schema = json.loads(schema_path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(read_yaml(path)[0])


def test_the_schema_refuses_what_the_loader_refuses() -> None:
    schema = json.loads((INCLUDE / "schemas" / "targets.schema.json").read_text(encoding="utf-8"))
    data, _ = read_yaml(INCLUDE / "targets.yaml")
    data["targets"][0]["kind"] = "growht"
    data["targets"][1]["valeu"] = 3
    places = {tuple(e.absolute_path)[:2] for e in jsonschema.Draft202012Validator(schema).iter_errors(data)}
    assert places == {("targets", 0), ("targets", 1)}
