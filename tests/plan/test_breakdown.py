"""Breakdown by area: parts are targets of their own, and are held against the whole as rounding allows."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from plancases import INCLUDE, Write

from planwatch.errors import Fault
from planwatch.plan import export_rows, fingerprint, import_targets, load_plan
from planwatch.plan.audit import audit
from planwatch.plan.document import read_document

Faults = Callable[..., tuple[Fault, ...]]
JULY, YEAR_END = date(2026, 7, 31), date(2026, 12, 31)
ORDER = "source: 包府办发〔2026〕9号, reason: 年中调整"
FIRMS = {"indicator": "hightech_firms", "kind": "cumulative", "value": "100", "unit": "家", "phrase": "新增100家"}
RATE = {"kind": "hold", "indicator": "good_air_days", "value": "80", "unit": '"%"', "phrase": "保持在80%以上"}


def parts(*areas: str, relation: str = "sum", **more: str) -> dict[str, str | None]:
    said = "".join(f", {key}: {value}" for key, value in more.items())
    return {"parts": f"{{relation: {relation}{said}, areas: [{', '.join('{' + a + '}' for a in areas)}]}}"}


def test_a_part_is_a_target_of_the_same_id_right_behind_the_whole(write_plan: Write) -> None:
    three = parts(
        "area: kundulun, value: 1.6",
        "area: qingshan, value: 1.2, owner: commerce",
        "area: guyang, value: 0.8, phrase: 0.8万人",
    )
    plan = load_plan(write_plan(three, {"id": "other"}), INCLUDE)
    assert [(t.id, t.area, t.value) for t in plan.targets] == [
        ("jobs", "baotou", 3.6), ("jobs", "kundulun", 1.6), ("jobs", "qingshan", 1.2), ("jobs", "guyang", 0.8), ("other", "baotou", 3.6),
    ]  # fmt: skip
    assert [t.owner for t in plan.targets[1:4]] == ["human_resources", "commerce", "human_resources"]
    assert [t.owner_inferred for t in plan.targets[1:4]] == [True, False, True]
    assert [t.phrase for t in plan.targets[1:4]] == ["1.6万人以上", "1.2万人以上", "0.8万人"]
    assert {t.base_unit for t in plan.targets} == {"人"}
    assert [(t.id, t.area) for t in plan.commitments] == [("jobs", "baotou"), ("other", "baotou")]
    assert plan.part_keys == {("jobs", "kundulun"), ("jobs", "qingshan"), ("jobs", "guyang")}


# what is written beside JOBS (3.6 万人), code, key, words of the message
REFUSED: dict[str, tuple[dict[str, str | None], str, str, str]] = {
    "too little": (parts("area: kundulun, value: 2", "area: guyang, value: 1.4"), "parts", "parts", "add up to 3.4 万人, which is 0.2 less"),
    "too much": (parts("area: kundulun, value: 2", "area: guyang, value: 1.9"), "parts", "parts", "say why in exceeds"),
    "one person": (
        FIRMS | parts("area: kundulun, value: 60", "area: guyang, value: 39"), "parts", "parts", "99 家, which is 1 less",
    ),
    "too little in spite of exceeds": (
        parts("area: kundulun, value: 2", "area: guyang, value: 1.4", exceeds="加码"), "parts", "parts", "less",
    ),
    "weighted mean": (
        RATE | parts("area: kundulun, value: 80, weight: 3", "area: guyang, value: 70, weight: 1", relation="weighted"),
        "parts", "parts", "average 77.5 %, which is 2.5 less",
    ),
    "a sum of rates": (RATE | parts("area: kundulun, value: 40", "area: guyang, value: 40"), "relation", "parts.relation", "no sum"),
    "no weight": (
        RATE | parts("area: kundulun, value: 80", "area: guyang, value: 80, weight: 1", relation="weighted"),
        "weight", "parts.areas.0.weight", "relation weighted",
    ),
    "a weight of a sum": (parts("area: kundulun, value: 3.6, weight: 1"), "weight", "parts.areas.0.weight", "only there"),
    "a part without a number": (parts("area: kundulun"), "incoherent", "parts.areas.0.value", "needs one"),
    "an unknown area": (parts("area: kundlun, value: 3.6"), "unknown_area", "parts.areas.0.area", "did you mean kundulun"),
    "the whole's own area": (parts("area: baotou, value: 3.6"), "not_within", "parts.areas.0.area", "no part of baotou"),
    "a place elsewhere": (parts("area: nation, value: 3.6"), "not_within", "parts.areas.0.area", "no part of baotou"),
    "an area twice": (
        parts("area: guyang, value: 1.8", "area: guyang, value: 1.8"), "duplicate_id", "parts.areas.1.area", "already taken",
    ),
    "an unknown owner": (parts("area: guyang, value: 3.6, owner: nobody"), "unknown_department", "parts.areas.0.owner", "departments.yaml"),
    "a phrase that prints another number": (
        parts("area: guyang, value: 3.6, phrase: 3.7万人"), "phrase", "parts.areas.0.value", "does not print",
    ),
    "an unknown relation": (parts("area: guyang, value: 3.6", relation="mean"), "enum", "parts.relation", "weighted"),
    "an unknown key": (parts("area: guyang, valeu: 3.6"), "extra_forbidden", "parts.areas.0.valeu", "did you mean value"),
    "an amendment of a part alone": (
        parts("area: kundulun, value: 2", "area: guyang, value: 1.6, amendments: [{from: 2026-07-01, value: 1.2, " + ORDER + "}]"),
        "parts", "parts", "from 2026-07-01 the parts add up to 3.2",
    ),
    "an amendment of a part that changes nothing": (
        parts("area: guyang, value: 3.6, amendments: [{from: 2026-07-01, value: 3.6, " + ORDER + "}]"),
        "amendment_empty", "parts.areas.0.amendments.0", "nothing",
    ),
    "an amendment of a part out of the year": (
        parts("area: guyang, value: 3.6, amendments: [{from: 2025-07-01, owner: commerce, " + ORDER + "}]"),
        "amendment_year", "parts.areas.0.amendments.0.from", "2026",
    ),
    "a part dropped and nobody takes it over": (
        parts("area: kundulun, value: 2", "area: guyang, value: 1.6, amendments: [{from: 2026-07-01, withdrawn: true, " + ORDER + "}]"),
        "parts", "parts", "from 2026-07-01 the parts add up to 2 ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_breakdown_is_refused(faults_in: Faults, name: str) -> None:
    spoilt, code, key, words = REFUSED[name]
    found = {(f.code, f.key): f for f in faults_in(spoilt)}
    fault = found.get((code, f"targets.0.{key}"))
    assert fault, sorted(found)
    assert words in str(fault)


def test_an_own_entry_for_the_area_of_a_part_is_refused(faults_in: Faults) -> None:
    found = faults_in(parts("area: guyang, value: 3.6"), {"area": "guyang"})
    assert [(f.code, f.key) for f in found] == [("duplicate_id", "targets.1.id")]


ACCEPTED: dict[str, dict[str, str | None]] = {
    "rounding of two parts and the whole": parts("area: kundulun, value: 2", "area: guyang, value: 1.5"),
    "more than the whole, with the reason": parts(
        "area: kundulun, value: 2", "area: guyang, value: 2", exceeds="层层加码，留有余地"
    ),
    "a weighted mean within rounding": RATE
    | parts("area: kundulun, value: 82, weight: 3", "area: guyang, value: 75, weight: 1", relation="weighted"),
    "the same rate for all": RATE | parts("area: kundulun, value: 85", "area: guyang, value: 70", relation="none"),
    "whole things": FIRMS | parts("area: kundulun, value: 60", "area: guyang, value: 40"),
    "a task without a number": {"kind": "assigned", "value": None, "phrase": "完成下达任务"}
    | parts("area: guyang", relation="none"),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_breakdown_is_accepted(write_plan: Write, name: str) -> None:
    assert len(load_plan(write_plan(ACCEPTED[name]), INCLUDE).targets) > 1


def amended_plan(write_plan: Write, whole: str, part: str):
    return load_plan(
        write_plan(
            parts("area: kundulun, value: 2", f"area: guyang, value: 1.6, amendments: [{part}]")
            | {"amendments": f"[{whole}]"}
        ),
        INCLUDE,
    )


def test_whole_and_part_are_amended_together_each_by_its_own_order(write_plan: Write) -> None:
    plan = amended_plan(
        write_plan,
        "{from: 2026-07-01, value: 3.2, phrase: 3.2万人, pace: seasonal, source: 决议, reason: r}",
        "{from: 2026-07-01, value: 1.2, source: 分解表, reason: r}",
    )
    _, kundulun, guyang = plan.on(JULY).targets
    assert [(t.value, t.phrase, t.pace.value) for t in (kundulun, guyang)] == [
        (2, "2万人以上", "seasonal"), (1.2, "1.2万人以上", "seasonal"),
    ]  # fmt: skip
    assert [t.amendments[-1].source for t in (kundulun, guyang)] == ["决议", "分解表"]
    assert fingerprint(plan.on(date(2026, 6, 30))) == fingerprint(plan.on(date(2026, 2, 28)))


def test_a_whole_that_is_dropped_takes_its_parts_along(write_plan: Write) -> None:
    plan = load_plan(
        write_plan(
            parts("area: guyang, value: 3.6") | {"amendments": "[{from: 2026-08-01, withdrawn: true, " + ORDER + "}]"}
        ),
        INCLUDE,
    )
    assert {t.withdrawn_from for t in plan.on(YEAR_END).targets} == {date(2026, 8, 1)}
    assert {t.withdrawn_from for t in plan.on(JULY).targets} == {None}


def test_export_and_import_keep_every_part(write_plan: Write, tmp_path: Path) -> None:
    plan = load_plan(
        write_plan(parts("area: kundulun, value: 2", "area: guyang, value: 1.6, baseline: {value: 0}")), INCLUDE
    )
    rows = export_rows(plan)
    assert [(r["id"], r["area"], r["value"], r["part_of"]) for r in rows] == [
        ("jobs", "baotou", 36000, None), ("jobs", "kundulun", 20000, "baotou"), ("jobs", "guyang", 16000, "baotou"),
    ]  # fmt: skip
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    back = import_targets(path)
    assert back.area == "baotou"
    assert [r | {"part_of": None} for r in rows] == export_rows(back)


def test_the_audit_asks_the_plan_only_for_what_the_plan_says(write_plan: Write, tmp_path: Path) -> None:
    document = tmp_path / "plan.md"
    document.write_text("# 计划\n\n全年新增城镇就业3.6万人以上。\n", encoding="utf-8")
    lower = "[{from: 2026-07-01, value: 3.2, phrase: 新增城镇就业3.2万人以上, " + ORDER + "}]"
    cut = "amendments: [{from: 2026-07-01, value: 3.2, " + ORDER + "}]"
    plan = load_plan(write_plan(parts(f"area: guyang, value: 3.6, {cut}") | {"amendments": lower}), INCLUDE)
    result = audit(read_document(document), plan)
    assert result.findings == ()
    assert [(s.target.area, s.target.value, s.agrees) for s in result.standings] == [("baotou", 3.6, True)]
