"""`planwatch targets` on files: what it writes, and its exit codes."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from plancases import INCLUDE, Write

from planwatch import cli
from planwatch.plan import EXPORT_COLUMNS
from planwatch.settings import settings


class Ran:
    """What a command wrote and returned."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[object]:
    """Run the command line as `planwatch …` does, in this process."""
    settings.cache_clear()

    def call(*args: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["planwatch", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        code = ended.value.code
        captured = capsys.readouterr()
        return Ran(code if isinstance(code, int) else 0 if code is None else 1, captured.out, captured.err)

    yield call
    settings.cache_clear()


def test_a_clean_plan_is_summed_up_by_kind(run) -> None:
    ran = run("targets", "check")
    assert ran.code == 0
    assert all(word in ran.out for word in ("growth", "bottom_line", "total"))


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_data_formats_of_a_clean_check_hold_no_fault(run, form: str) -> None:
    ran = run("targets", "check", "2025", "--format", form)
    assert ran.code == 0
    assert ran.out.strip() in ("[]", "", "code,file,sheet,row,column,line,key,value,message,expected,mend")


def test_findings_are_one_line_a_fault_and_exit_code_1(run, write_plan: Write) -> None:
    path = write_plan({"owner": "nobody", "value": "9"}, {"id": "z", "colour": "'[red]x[/nothing]'"})
    ran = run("targets", "check", path)
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert len(lines) == 3
    assert all(line.startswith(f"{path}, line ") for line in lines)
    listed = json.loads(run("targets", "check", path, "--format", "json").out)
    assert [(f["code"], f["key"]) for f in listed] == [
        ("phrase", "targets.0.value"), ("unknown_department", "targets.0.owner"), ("extra_forbidden", "targets.1.colour"),
    ]  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(run("targets", "check", path, "--format", "csv").out)))
    assert [r["line"] for r in rows] == [str(f["line"]) for f in listed]


def test_what_many_faults_share_is_said_once(run, write_plan: Write) -> None:
    path = write_plan(
        *({"id": f"z{n}", "indicator": f"s1_0{n}"} for n in range(4)), {"id": "y", "indicator": "new_job"}
    )
    ran = run("targets", "check", path)
    assert ran.code == 1
    first, *others = ran.out.splitlines()
    assert first.startswith(f"{path}: 5 times there is no such indicator; expected an id of indicators.yaml (")
    assert first.endswith(" are there); mend: add it to indicators.yaml")
    assert [line.split(": ", 1)[1] for line in others] == [
        "s1_00", "s1_01", "s1_02", "s1_03", "new_job; mend: did you mean new_jobs?",
    ]  # fmt: skip
    assert max(map(len, ran.out.splitlines())) < 130 + len(str(path))
    listed = json.loads(run("targets", "check", path, "--format", "json").out)
    assert [f["value"] for f in listed] == ["s1_00", "s1_01", "s1_02", "s1_03", "new_job"]


@pytest.mark.parametrize(
    "args",
    [
        ("check", "absent.yaml"),
        ("check", "."),
        ("check", str(INCLUDE)),
        ("check", "2031"),
        ("export", "absent.yaml"),
        ("check", "a.yaml", "--form"),
    ],
)
def test_bad_usage_is_exit_code_2(run, args: tuple[str, ...]) -> None:
    ran = run("targets", *args)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err


def test_a_year_without_a_plan_is_told_the_years_that_have_one(run) -> None:
    for command in (("targets", "check", "1999"), ("plan", "audit", "--plan", "x.md", "--targets", "1999")):
        ran = run(*command)
        assert ran.code == 2
        assert "expected 2025, 2026" in ran.err


def test_a_broken_plan_exports_nothing(run, write_plan: Write) -> None:
    ran = run("targets", "export", write_plan({"value": "9"}))
    assert (ran.code, ran.out) == (2, "")
    assert "does not print it" in ran.err


def test_every_export_is_read_back(run, tmp_path: Path) -> None:
    first = run("targets", "export").out
    assert list(json.loads(first.splitlines()[0])) == list(EXPORT_COLUMNS)
    for form in ("json", "jsonl", "csv"):
        path = tmp_path / f"targets.{form}"
        path.write_text(run("targets", "export", "--format", form).out, encoding="utf-8")
        assert run("targets", "check", path).code == 0
        assert run("targets", "export", path).out == first


def test_no_name_is_a_formula_in_a_csv_and_none_is_changed_by_the_way(run, tmp_path: Path) -> None:
    names = {"a": "=cmd|' /C calc'!A0", "b": "@SUM(1)", "c": "+1+1", "d": "-2+3", "e": "'quoted", "f": "-", "g": "-1.6"}
    rows = [
        {"id": key, "indicator": "x", "kind": "growth", "value": -1.6, "unit": "%", "name_zh": name, "plan_year": 2026}
        for key, name in names.items()
    ]
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    text = run("targets", "export", path, "--format", "csv").out
    cells = {row["id"]: row for row in csv.DictReader(io.StringIO(text))}
    assert [cells[key]["name_zh"][:2] for key in "abcdefg"] == ["'=", "'@", "'+", "'-", "'q", "-", "-1"]
    assert {row["value"] for row in cells.values()} == {"-1.6"}
    back = tmp_path / "back.csv"
    back.write_text(text, encoding="utf-8")
    listed = json.loads(run("targets", "export", back, "--format", "json").out)
    assert {row["id"]: row["name_zh"] for row in listed} == names


def test_a_table_shows_brackets_as_they_stand(run) -> None:
    ran = run("targets", "export", "--format", "table")
    assert ran.code == 0
    assert "3.3[清洁能源]" in ran.out


def test_stale_schemas_are_told_and_written(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(INCLUDE / "schemas", tmp_path / "schemas")
    (tmp_path / "schemas" / "areas.schema.json").write_text("{}")
    monkeypatch.setenv("PLANWATCH_INCLUDE", str(tmp_path))
    settings.cache_clear()
    told = run("targets", "schema")
    assert told.code == 1
    assert "areas.schema.json" in told.out
    assert run("targets", "schema", "--write").code == 0
    assert (run("targets", "schema").code, run("targets", "schema").out) == (0, "")
    shipped = (INCLUDE / "schemas" / "areas.schema.json").read_text(encoding="utf-8")
    assert (tmp_path / "schemas" / "areas.schema.json").read_text(encoding="utf-8") == shipped
