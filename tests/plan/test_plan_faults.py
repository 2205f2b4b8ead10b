"""A bad plan gets one message a fault, with line, key, value and what is allowed; nothing is loaded half."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from plancases import HEAD, INCLUDE, plan_text

from planwatch.errors import ConfigError, Fault
from planwatch.plan import load_areas, load_indicators, load_plan
from planwatch.plan.registers import load_departments

Faults = Callable[..., tuple[Fault, ...]]

RELATIVE = {"kind": "relative", "comparator": "gt", "value": None, "unit": "百分点", "phrase": "高于全区"}
REACH = {"kind": "reach", "indicator": "hightech_firms", "value": "380", "unit": "家", "phrase": "达到380家"}

# (what is spoilt, code, key, value, words the message must hold)
SPOILT: dict[str, tuple[dict[str, str | None], str, str, str | None, list[str]]] = {
    "unknown key": ({"valeu": "3.6"}, "extra_forbidden", "valeu", "3.6", ["no such key", "did you mean value", "value_high"]),
    "unknown kind": ({"kind": "growht"}, "enum", "kind", "growht", ["did you mean growth", "bottom_line"]),
    "unknown comparator": ({"comparator": '">="'}, "enum", "comparator", ">=", ["rank_le"]),
    "unknown indicator": ({"indicator": "new_job"}, "unknown_indicator", "indicator", "new_job", ["did you mean new_jobs"]),
    "unknown area": ({"area": "bautou"}, "unknown_area", "area", "bautou", ["did you mean baotou", "areas.yaml"]),
    "area by its Chinese name": ({"area": "九原区"}, "unknown_area", "area", "九原区", ["write jiuyuan"]),
    "unknown owner": ({"owner": "statistics"}, "unknown_department", "owner", "statistics", ["an id of departments.yaml ("]),
    "unknown reference indicator": (
        {**RELATIVE, "reference": "{indicator: gpd}"}, "unknown_indicator", "reference", "gpd", ["did you mean gdp"],
    ),
    "unknown reference area": (
        {**RELATIVE, "reference": "{indicator: gdp, area: mongolia}"}, "unknown_area", "reference", "mongolia", ["inner_mongolia"],
    ),
    "unknown key inside reference": (
        {**RELATIVE, "reference": "{indicator: gdp, aera: nation}"}, "extra_forbidden", "reference.aera", "nation", ["did you mean area"],
    ),
    "compared with itself": ({**RELATIVE, "reference": "{indicator: new_jobs}"}, "mirror", "reference", "new_jobs@baotou", ["itself"]),
    "unknown unit": ({"unit": "万仁"}, "unit", "unit", "万仁", ["turns into 人"]),
    "unit of another thing": ({"unit": "万元"}, "unit", "unit", "万元", ["different things", "turns into 人"]),
    "another base unit": ({"base_unit": "万人"}, "unit", "base_unit", "万人", ["expected 人", "leave it out"]),
    "growth in yuan": (
        {"kind": "growth", "unit": "亿元"}, "unit", "unit", "亿元", ["percent", "百分点"],
    ),
    "unknown unit of a rank": (
        {"kind": "rank", "comparator": "rank_le", "value": "3", "phrase": "前三", "unit": "名儿"}, "unit", "unit", "名儿", ["registry"],
    ),
    "amount below zero": ({"value": "-3.6"}, "sign", "value", "-3.6", ["0 or more", "net: true"]),
    "place before the first": (
        {"kind": "rank", "comparator": "rank_le", "value": "0", "phrase": "全区第0", "unit": "位"}, "sign", "value", "0", ["1 or more"],
    ),
    "name without end": ({"name_zh": "长" * 201}, "too_long", "name_zh", "长" * 80, ["200"]),
    "name that turns the line round": ({"name_zh": '"就业\\u202e"'}, "control_character", "name_zh", None, ["control characters"]),
    "list that is none": ({"amendments": "{from: 2026-07-01}"}, "tuple_type", "amendments", None, ["behind a dash"]),
    "a rank of a total": ({"comparator": "rank_le"}, "pair", "comparator", "rank_le", ["a cumulative target", "one of ge, gt", "make it a rank"]),
    "about a bottom line": (
        {"kind": "bottom_line", "comparator": "about", "value": None, "unit": None, "phrase": "左右"},
        "pair", "comparator", "about", ["a bottom_line target", "one of eq, ge", "correct the comparator or the kind"],
    ),
    "a milestone to stay under": (
        {"kind": "milestone", "comparator": "le", "value": None, "unit": None, "phrase": "以内"}, "pair", "comparator", "le", ["one of ge, eq"],
    ),
    "below it, and more is better": ({"comparator": "lt", "direction": "1"}, "pair", "direction", "1", ["-1 with comparator lt", "leave it out"]),
    "a cap neither way": ({"comparator": "le", "direction": "0"}, "pair", "direction", "0", ["-1 with comparator le"]),
    "to be passed neither way": ({"comparator": "gt", "direction": "0"}, "pair", "direction", "0", ["1 or -1 with comparator gt"]),
    "a rank of which more is better": (
        {"kind": "rank", "comparator": "rank_le", "value": "3", "phrase": "前三", "unit": "位", "direction": "1"},
        "pair", "direction", "1", ["-1 with comparator rank_le"],
    ),
    "a tolerance of what is not about": ({"tolerance": "0.2"}, "pair", "tolerance", "0.2", ["only with comparator about", "leave it out"]),
    "a reference of a total": ({"reference": "{indicator: gdp}"}, "pair", "reference", "gdp", ["only with kind relative"]),
    "a margin of a total": ({"margin": "0.5"}, "pair", "margin", "0.5", ["only with kind relative"]),
    "a net level": ({**REACH, "net": "true"}, "pair", "net", "true", ["only with kind cumulative"]),
    "range upside down": (
        {"comparator": "range", "value_high": "3", "phrase": "3.6—3万人"}, "range", "value_high", "3", ["upside down", "more than 3.6"],
    ),
    "reach already met": ({**REACH, "baseline": "{value: 390}"}, "reach_met", "baseline", "390", ["make it a hold", "below 380 家"]),
    "reach already met downwards": (
        {**REACH, "baseline": "{value: 370}", "direction": "-1"}, "reach_met", "baseline", "370", ["make it a hold", "above 380"],
    ),
    "shares that fall": (
        {"pace": "custom", "shares": "[0, 0.2, 0.1, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1]"}, "shares", "shares", None, ["never fall"],
    ),
    "shares that do not end at 1": (
        {"pace": "custom", "shares": "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.9]"}, "shares", "shares", None, ["end at 1"],
    ),
    "eleven shares": (
        {"pace": "custom", "shares": "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]"}, "incoherent", "shares", None, ["exactly twelve"],
    ),
    "shares without custom pace": ({"shares": "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]"}, "incoherent", "shares", None, ["pace custom"]),
    "no section": ({"section": None}, "section", "section", None, ["section of the plan is missing"]),
    "value not in the phrase": ({"value": "3.7"}, "phrase", "value", "3.7", ["does not print it", "value_inferred"]),
    "upper end not in the phrase": (
        {"comparator": "range", "value_high": "4"}, "phrase", "value_high", "4", ["does not print it"],
    ),
    "inferred value without a reason": ({"value_inferred": "true"}, "incoherent", "note", None, ["needs its reason"]),
    "id that YAML reads as a number": ({"id": "1.10"}, "string_type", "id", "1.1", ["quote it", "1.10 becomes 1.1"]),
    "section that YAML reads as a number": ({"section": "1.10"}, "string_type", "section", "1.1", ["quote it"]),
    "id with a space": ({"id": "new jobs"}, "string_pattern_mismatch", "id", "new jobs", ["pattern"]),
    "no value": ({"value": None}, "incoherent", "value", None, ["a cumulative target needs one"]),
    "relative without reference": ({**RELATIVE}, "incoherent", "reference", None, ["needs one"]),
    "rank without rank_le": (
        {"kind": "rank", "value": "3", "phrase": "前三", "unit": "位"}, "incoherent", "comparator", None, ["rank_le"],
    ),
    "value that is no number": ({"value": "3.6万"}, "float_parsing", "value", "3.6万", ["valid number"]),
    "value that is true": ({"value": "true"}, "not_a_number", "value", "True", ["must be a number, not true or false"]),
    "net that is yes": ({"net": "yes"}, "not_a_flag", "net", "yes", ["must be true or false"]),
    "a name a terminal obeys": (
        {"name_zh": '"a\\e[31mb"'}, "control_character", "name_zh", None, ["line breaks or control characters"],
    ),
    "value that is not finite": ({"value": ".nan"}, "finite_number", "value", "nan", ["finite"]),
    "deadline that is no day": ({"deadline": "2026-02-30"}, "date_from_datetime_parsing", "deadline", "2026-02-30", ["date"]),
    "start after the deadline": (
        {"deadline": "2026-06-30", "start_by": "2026-07-01"}, "dates", "start_by", "2026-07-01", ["up to 2026-06-30"],
    ),
    "no name": ({"name_zh": None}, "missing", "name_zh", None, ["the key is missing"]),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILT)
def test_a_fault_names_its_line_key_value_and_what_is_allowed(faults_in: Faults, case: str) -> None:
    changes, code, key, value, words = SPOILT[case]
    text = plan_text({}, {"id": "other", **changes})
    (fault,) = faults_in(text=text)
    assert (fault.code, fault.key) == (code, f"targets.1.{key}")
    if value is not None:
        assert fault.value == value
    lines, first = text.splitlines(), len(plan_text({}).splitlines()) + 1
    field = key.split(".", maxsplit=1)[0]
    there = [n for n, line in enumerate(lines, 1) if n >= first and line.strip(" -").startswith(f"{field}:")]
    assert fault.line == (there[0] if there else first)
    assert str(fault).startswith(f"{fault.file}, line {fault.line}, key {fault.key}: ") or fault.line is None
    assert [word for word in words if word not in str(fault)] == []


def test_all_faults_come_at_once_in_the_order_of_the_file(faults_in: Faults) -> None:
    faults = faults_in(
        {"id": "1.10", "indicator": "nothing_like_it", "colour": "red", "unit": "万元"},
        {"owner": "nobody", "value": "9"},
        {"kind": "reach", "value": None, "section": None},
        {"owner": "nobody"},
    )
    assert [(f.code, (f.key or "").removeprefix("targets.")) for f in faults] == [
        ("string_type", "0.id"),
        ("unknown_indicator", "0.indicator"),
        ("extra_forbidden", "0.colour"),
        ("phrase", "1.value"),
        ("unknown_department", "1.owner"),
        ("incoherent", "2.value"),
        ("duplicate_id", "3.id"),
        ("unknown_department", "3.owner"),
    ]
    assert [f.line for f in faults] == sorted(f.line or 0 for f in faults)


BROKEN = {
    "nested without end": ("[" * 100_000, "nested more than 50 deep"),
    "a tag its text does not fit": ("plan: !!timestamp x", "not valid YAML"),
    "an alias": ("a: &a 1\nb: *a", "aliases"),
    "a list": ("- a", "one `key: value` a line"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_no_yaml_can_be_made_of_is_refused(faults_in: Faults, case: str) -> None:
    text, words = BROKEN[case]
    (fault,) = faults_in(text=text)
    assert words in str(fault)


@pytest.mark.parametrize("value", ["x", None])
def test_a_target_that_cannot_be_read_still_has_its_names_checked(faults_in: Faults, value: str | None) -> None:
    faults = faults_in({"value": value, "indicator": "njobs", "owner": "hr", "area": "nowhere", "unit": "万仁"})
    assert [(f.key or "").rsplit(".", 1)[-1] for f in faults] == (
        ["indicator", "value", "unit", "owner", "area"] if value else ["value", "indicator", "unit", "owner", "area"]
    )


def test_an_entry_that_is_no_target_is_one_fault(faults_in: Faults) -> None:
    faults = faults_in(text=HEAD + "  - just a word\n  - 3\n")
    assert [(f.code, f.key) for f in faults] == [("model_type", "targets.0"), ("model_type", "targets.1")]


def test_an_id_is_taken_once_an_area(faults_in: Faults, write_plan: Callable[..., Path]) -> None:
    (fault,) = faults_in({}, {})
    assert (fault.code, fault.value) == ("duplicate_id", "jobs")
    assert "in line 7" in fault.message
    plan = load_plan(write_plan({}, {"area": "jiuyuan"}), INCLUDE)
    assert [t.area for t in plan.targets] == ["baotou", "jiuyuan"]


@pytest.mark.parametrize(
    ("text", "code", "key"),
    [
        (HEAD, "list_type", "targets"),
        (HEAD.replace("targets:", "targets: []"), "no_targets", "targets"),
        (plan_text({}, head=HEAD.replace("year: 2026", "year: 26")), "greater_than_equal", "plan.year"),
        (plan_text({}, head=HEAD.replace("  id: somewhere-2026\n", "")), "missing", "plan.id"),
        (plan_text({}, head=HEAD.replace("area: baotou", "area: boatou")), "unknown_area", "plan.area"),
        (plan_text({}, head=HEAD.replace("title:", "titel:")), "extra_forbidden", "plan.titel"),
        (plan_text({}, head=f"defaults: {{thresholds: {{band_points: -}}}}\n{HEAD}"), "float_parsing", "defaults.thresholds.band_points"),
        (plan_text({}, head=f"defaults: {{thresholds: {{bands: 1}}}}\n{HEAD}"), "extra_forbidden", "defaults.thresholds.bands"),
        (plan_text({}, head=f"defaults: {{thresholds: {{band_points: -3}}}}\n{HEAD}"), "greater_than_equal", "defaults.thresholds.band_points"),
        (HEAD + "  - just a word\n", "model_type", "targets.0"),
        ("just a word\n", "model_type", None),
        ("", "empty_file", None),
        (plan_text({"value": "3.6\n    value: 3.6"}), "duplicate_key", "targets.0.value"),
        ("plan: [\n", "not_yaml", None),
        ("plan: &a {id: x}\ntargets: *a\n", "not_yaml", None),
    ],
)  # fmt: skip
def test_faults_of_the_frame(faults_in: Faults, text: str, code: str, key: str | None) -> None:
    found = {(f.code, f.key) for f in faults_in(text=text)}
    assert (code, key) in found


def test_numbers_in_words_times_and_thousands_count_as_printed(write_plan: Callable[..., Path]) -> None:
    plan = load_plan(
        write_plan(
            {"id": "a", "kind": "rank", "comparator": "rank_le", "value": "3", "phrase": "保持全区前三", "unit": "位"},
            {"id": "b", "kind": "growth", "value": "110", "phrase": "增长1.1倍", "unit": '"%"'},
            {"id": "c", "kind": "growth", "value": "-1.6", "phrase": "下降1.6%以上", "unit": '"%"', "direction": "-1"},
            {"id": "d", "value": "36000", "phrase": "新增就业３６，０００人", "unit": "人"},
            {"id": "e", "comparator": "eq", "value": "0", "phrase": "动态清零", "unit": "人"},
            {"id": "f", "value": "2", "phrase": "建成两家", "indicator": "hightech_firms", "unit": "家"},
        ),
        INCLUDE,
    )
    assert [t.value for t in plan.targets] == [3, 110, -1.6, 36000, 0, 2]


def test_broken_registers_are_reported_together_with_the_plan(tmp_path: Path, write_plan: Callable[..., Path]) -> None:
    include = tmp_path / "include"
    include.mkdir()
    (include / "areas.yaml").write_text(
        "areas:\n  - {id: baotou, name_zh: 包头市, name_en: Baotou, level: city, parent: nowhere}\n"
    )
    (include / "departments.yaml").write_bytes((INCLUDE / "departments.yaml").read_bytes())
    with pytest.raises(ConfigError) as refused:
        load_plan(write_plan({"value": "4"}), include)
    files = [(f.code, Path(f.file or "").name, f.line) for f in refused.value.faults]
    assert files == [
        ("phrase", "targets.yaml", 14),
        ("register", "areas.yaml", 2),
        ("not_there", "indicators.yaml", None),
    ]


@pytest.mark.parametrize(
    ("load", "text", "key"),
    [
        (load_indicators, "indicators:\n  - {id: a, name_zh: 甲, name_en: A, base_unit: 亿圆}\n", "indicators.0.base_unit"),
        (load_indicators, "indicators:\n  - {id: a, name_zh: 甲, name_en: A, base_unit: 人}\n  - {id: b, name_zh: 乙, name_en: B, base_unit: 人, aliases: [甲]}\n", "indicators.1.aliases"),
        (load_areas, "areas:\n  - {id: a, name_zh: 甲, name_en: A, level: city}\n  - {id: a, name_zh: 乙, name_en: A, level: city}\n", "areas.1.id"),
        (load_departments, "departments:\n  - {id: a, name_zh: 甲, name_en: A, email: nobody}\n", "departments.0.email"),
    ],
)  # fmt: skip
def test_registers_refuse_what_would_be_ambiguous(
    tmp_path: Path, load: Callable[[Path], object], text: str, key: str
) -> None:
    path = tmp_path / "register.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load(path)
    assert [f.key for f in refused.value.faults] == [key]
    assert refused.value.faults[0].line == len(text.splitlines())


def test_what_a_terminal_would_obey_is_escaped(faults_in: Faults) -> None:
    faults = faults_in({'"a\\e[31mb"': "1", "owner": '"x\\e[2J"'})
    assert len(faults) == 2
    assert not any("\x1b" in str(f) for f in faults)
