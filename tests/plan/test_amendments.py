"""Amendments: which version holds on a day, what is refused, and what does not change although the file does."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from plancases import INCLUDE, Write
from typer.testing import CliRunner

from planwatch.cli import app
from planwatch.errors import Fault, InputError
from planwatch.model.target import Plan
from planwatch.model.vocabulary import Comparator
from planwatch.plan import export_rows, fingerprint, import_targets, load_plan

Faults = Callable[..., tuple[Fault, ...]]
JUNE, JULY, YEAR_END = date(2026, 6, 30), date(2026, 7, 31), date(2026, 12, 31)
ORDER = "source: 市人大常委会决议〔2026〕5号, reason: 宏观形势变化"
LOWER = "{from: 2026-07-01, value: 3.2, phrase: 新增城镇就业3.2万人以上, " + ORDER + "}"
DROP = "{from: 2026-09-15, withdrawn: true, " + ORDER + "}"


def amended(*amendments: str) -> dict[str, str | None]:
    return {"amendments": f"[{', '.join(amendments)}]"}


def test_an_amendment_holds_from_its_day_on_and_the_entry_stays_as_printed(write_plan: Write) -> None:
    target = load_plan(write_plan(amended(LOWER, DROP)), INCLUDE).targets[0]
    assert (target.value, target.phrase) == (3.6, "新增城镇就业3.6万人以上")
    versions = {day: target.on(day) for day in (JUNE, date(2026, 7, 1), JULY, YEAR_END)}
    assert [v.value for v in versions.values()] == [3.6, 3.2, 3.2, 3.2]
    assert [v.phrase[-6:] for v in versions.values()] == ["3.6万人以上"[-6:], *["3.2万人以上"[-6:]] * 3]
    assert [v.withdrawn_from for v in versions.values()] == [None, None, None, date(2026, 9, 15)]
    assert [len(v.amendments) for v in versions.values()] == [0, 1, 1, 2]


def test_a_key_can_be_taken_away_and_a_target_taken_up_again(write_plan: Write) -> None:
    ranged = {"comparator": "range", "value_high": "4", "phrase": "新增城镇就业3.6—4万人"}
    bare = "{from: 2026-05-20, comparator: ge, value_high: null, " + ORDER + "}"
    again = "{from: 2026-10-01, withdrawn: false, " + ORDER + "}"
    target = load_plan(write_plan(ranged | amended(bare, DROP, again)), INCLUDE).targets[0]
    assert (target.on(date(2026, 5, 19)).comparator, target.on(date(2026, 5, 19)).value_high) == (Comparator.RANGE, 4)
    assert (target.on(JUNE).comparator, target.on(JUNE).value_high) == (Comparator.GE, None)
    assert target.on(date(2026, 9, 30)).withdrawn_from == date(2026, 9, 15)
    assert target.on(YEAR_END).withdrawn_from is None


def test_a_task_that_is_handed_down_in_the_year_is_an_amendment(write_plan: Write) -> None:
    waits = {"kind": "assigned", "value": None, "phrase": "完成自治区下达任务", "unit": None}
    task = "{from: 2026-05-08, value: 3.5, unit: 万人, phrase: 新增城镇就业3.5万人以上, " + ORDER + "}"
    target = load_plan(write_plan(waits | amended(task)), INCLUDE).targets[0]
    assert (target.on(date(2026, 4, 30)).value, target.on(date(2026, 5, 31)).value) == (None, 3.5)
    assert target.on(JUNE).base_unit == "人"


def test_withdrawn_from_is_an_amendment_too(write_plan: Write) -> None:
    target = load_plan(write_plan({"withdrawn_from": "2026-08-31"}), INCLUDE).targets[0]
    assert target.on(JULY).withdrawn_from is None
    assert target.on(date(2026, 8, 31)).withdrawn_from == date(2026, 8, 31)


SHARES = "[0, 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]"
# what is written, code, key below amendments, words of the message
REFUSED: dict[str, tuple[dict[str, str | None], str, str, str]] = {
    "out of order": (amended(DROP.replace("withdrawn: true", "tolerance: 1"), LOWER), "amendment_order", "1.from", "sort them"),
    "twice a day": (amended(LOWER, "{from: 2026-07-01, band: 3, " + ORDER + "}"), "amendment_twice", "1.from", "as one"),
    "last year": (amended(LOWER.replace("2026-07-01", "2025-07-01")), "amendment_year", "0.from", "a day of 2026"),
    "next year": (amended(LOWER.replace("2026-07-01", "2027-01-01")), "amendment_year", "0.from", "a day of 2026"),
    "nothing said": (amended("{from: 2026-07-01, " + ORDER + "}"), "amendment_empty", "0", "changes nothing"),
    "nothing new": (amended("{from: 2026-07-01, value: 3.6, " + ORDER + "}"), "amendment_empty", "0", "changes nothing"),
    "not withdrawn at all": (amended("{from: 2026-07-01, withdrawn: false, " + ORDER + "}"), "amendment_empty", "0", "nothing"),
    "withdrawn already": (amended(DROP, DROP.replace("09-15", "10-15")), "amendment_empty", "1", "nothing"),
    "the old phrase": (amended(LOWER.replace("phrase: 新增城镇就业3.2万人以上, ", "")), "phrase", "0.value", "does not print it"),
    "another phrase": (amended(LOWER.replace("业3.2", "业3.3")), "phrase", "0.value", "does not print it"),
    "no value left": (amended("{from: 2026-07-01, value: null, " + ORDER + "}"), "incoherent", "0.value", "needs one"),
    "shares without custom": (amended("{from: 2026-07-01, shares: " + SHARES + ", " + ORDER + "}"), "incoherent", "0.shares", "custom"),
    "custom without shares": (amended("{from: 2026-07-01, pace: custom, " + ORDER + "}"), "incoherent", "0.shares", "custom"),
    "shares that fall": (
        amended("{from: 2026-07-01, pace: custom, shares: " + SHARES.replace("0.5", "0.1") + ", " + ORDER + "}"),
        "shares", "0.shares", "never fall",
    ),
    "another thing's unit": (amended("{from: 2026-07-01, unit: 亿元, " + ORDER + "}"), "unit", "0.unit", "turns into 人"),
    "unknown owner": (amended("{from: 2026-07-01, owner: nobody, " + ORDER + "}"), "unknown_department", "0.owner", "departments.yaml"),
    "after it was dropped": (amended(DROP, LOWER.replace("07-01", "11-01")), "withdrawn", "1.from", "withdrawn: false"),
    "no source": (amended("{from: 2026-07-01, band: 3, reason: r}"), "missing", "0.source", "missing"),
    "no reason": (amended("{from: 2026-07-01, band: 3, source: s, reason: ''}"), "string_too_short", "0.reason", "1 character"),
    "unknown key": (amended("{from: 2026-07-01, valeu: 3, " + ORDER + "}"), "extra_forbidden", "0.valeu", "did you mean value"),
    "a unit taken away": (amended("{from: 2026-07-01, unit: null, " + ORDER + "}"), "incoherent", "0.unit", "only changed"),
    "since instead of from": (amended("{since: 2026-07-01, band: 3, " + ORDER + "}"), "missing", "0.from", "missing"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_an_amendment_is_refused(faults_in: Faults, name: str) -> None:
    spoilt, code, key, words = REFUSED[name]
    found = {(f.code, f.key): f for f in faults_in(spoilt)}
    fault = found.get((code, f"targets.0.amendments.{key}"))
    assert fault, sorted(found)
    assert words in str(fault)
    assert fault.line


def test_only_what_an_amendment_brings_about_is_laid_at_its_door(faults_in: Faults) -> None:
    faults = faults_in({"unit": "亿元", **amended(LOWER)})
    assert [(f.code, f.key) for f in faults] == [("unit", "targets.0.unit")]


def test_withdrawing_twice_over_is_refused(faults_in: Faults) -> None:
    faults = faults_in({"withdrawn_from": "2026-10-01", **amended(DROP)})
    assert [(f.code, f.key) for f in faults] == [("withdrawn_twice", "targets.0.withdrawn_from")]


def test_a_target_may_be_lowered_to_what_is_there(write_plan: Write) -> None:
    reach = {"kind": "reach", "indicator": "hightech_firms", "value": "380", "unit": "家", "phrase": "达到380家",
             "baseline": "{value: 350}"}  # fmt: skip
    lower = "{from: 2026-07-01, value: 340, phrase: 达到340家, " + ORDER + "}"
    assert load_plan(write_plan(reach | amended(lower)), INCLUDE).on(JULY).targets[0].value == 340


def _versions(plan: Plan) -> list[str]:
    return [fingerprint(plan.on(date(2026, month, 28)), plan) for month in range(1, 13)]


def test_an_amendment_of_july_is_another_plan_from_july_on_only(write_plan: Write) -> None:
    before = load_plan(write_plan({}), INCLUDE)
    after = load_plan(write_plan(amended(LOWER)), INCLUDE)
    assert fingerprint(before) != fingerprint(after)
    pairs = list(zip(_versions(before), _versions(after), strict=True))
    assert [a == b for a, b in pairs] == [month < 7 for month in range(1, 13)]
    assert len(set(_versions(after))) == 2


def test_a_plan_without_amendments_keeps_its_fingerprint(write_plan: Write) -> None:
    plan = load_plan(write_plan({}), INCLUDE)
    assert _versions(plan) == [fingerprint(plan)] * 12
    assert "amendments" not in _said(plan)


def test_what_was_printed_belongs_to_the_version(write_plan: Write) -> None:
    """Else a corrected entry would show an edition's readers what it no longer says."""
    one = load_plan(write_plan(amended(LOWER)), INCLUDE)
    other = load_plan(write_plan({"value": "3.7", "phrase": "3.7万人"} | amended(LOWER)), INCLUDE)
    assert one.on(JULY).targets == other.on(JULY).targets
    assert fingerprint(one.on(JULY), one) != fingerprint(other.on(JULY), other)


def _said(plan: Plan) -> str:
    told = json.loads(plan.model_dump_json())
    return json.dumps([{k: v for k, v in t.items() if v} for t in told["targets"]])


def test_export_gives_the_version_of_a_day(write_plan: Write, tmp_path: Path) -> None:
    plan = load_plan(write_plan(amended(LOWER, DROP)), INCLUDE)
    june, july, end = (export_rows(plan, day)[0] for day in (JUNE, JULY, None))
    assert [row["value"] for row in (june, july, end)] == [36000, 32000, 32000]
    assert [row["withdrawn_from"] for row in (june, july, end)] == [None, None, "2026-09-15"]
    assert [row["amended_from"] for row in (june, july, end)] == [None, "2026-07-01", "2026-09-15"]
    assert (july["original_value"], july["amended_source"]) == (36000, "市人大常委会决议〔2026〕5号")
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([end]), encoding="utf-8")
    assert import_targets(path).targets[0].value == 32000


@pytest.mark.parametrize(("at", "value"), [("2026-06", 36000), ("2026-06-30", 36000), ("2026-07", 32000), ("", 32000)])
def test_the_command_exports_the_version_of_a_day_or_month(write_plan: Write, at: str, value: int) -> None:
    said = ["targets", "export", str(write_plan(amended(LOWER))), *(["--at", at] if at else [])]
    done = CliRunner().invoke(app, said)
    assert json.loads(done.output)["value"] == value


@pytest.mark.parametrize("at", ["2025-06", "June", "2026-13", "2026-02-30"])
def test_the_command_refuses_what_is_no_day_of_the_year(write_plan: Write, at: str) -> None:
    with pytest.raises(InputError) as refused:
        CliRunner().invoke(app, ["targets", "export", str(write_plan({})), "--at", at], catch_exceptions=False)
    assert at in str(refused.value)


def test_rows_may_carry_amendments_and_are_held_to_the_same_rules(tmp_path: Path) -> None:
    row = {"id": "x", "indicator": "y", "kind": "growth", "value": 5, "unit": "%", "plan_year": 2026}
    good = {"from": "2026-07-01", "value": 4, "source": "s", "reason": "r"}
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([row | {"amendments": [good]}]), encoding="utf-8")
    assert import_targets(path).on(JULY).targets[0].value == 4
    path.write_text(json.dumps([row | {"amendments": [good | {"from": "2025-07-01"}]}]), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        import_targets(path)
    assert [(f.code, f.key, f.row) for f in refused.value.faults] == [("amendment_year", "amendments.0.from", 1)]


def test_an_amended_plan_is_read_back_as_an_edition_stores_it(write_plan: Write) -> None:
    plan = load_plan(write_plan(amended(LOWER, DROP)), INCLUDE)
    again = Plan.model_validate_json(plan.model_dump_json(by_alias=True))
    assert again == plan
    assert again.targets[0].amendments[0].since == date(2026, 7, 1)
    assert again.targets[0].amendments[0].given == plan.targets[0].amendments[0].given
