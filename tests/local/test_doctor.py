"""The doctor: every finding it can make, on a machine that lacks the thing."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from planwatch.cli.doctor import COLUMNS, app
from planwatch.local import doctor
from planwatch.local.doctor import State, examine, pinned
from planwatch.local.ports import LOOPBACK
from planwatch.settings import ROOT, Settings


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def state(settings: Settings, check: str) -> doctor.Finding:
    return next(f for f in examine(settings) if f.check == check)


def test_this_machine_runs_the_product(here: Settings) -> None:
    findings = {f.check: f for f in examine(here)}
    assert findings["Python"].state is State.OK
    assert findings["packages"].state is State.OK, findings["packages"]
    assert findings["Postgres"].found.startswith("postgres (PostgreSQL) 18")
    assert all(f.mend for f in findings.values() if f.state is not State.OK)


def test_pins_of_other_platforms_do_not_count() -> None:
    text = (
        "a==1.0 \\\n    --hash=sha256:00\nb==2.0 ; sys_platform == 'win32' \\\nc==3 ; python_full_version >= '3.11'\n"
    )
    assert pinned(text) == {"a": "1.0", "c": "3"}
    assert len(pinned((ROOT / "requirements" / "run.txt").read_text())) > 150


def test_a_package_that_is_not_as_pinned_is_missing(here: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    real = doctor._has
    monkeypatch.setattr(
        doctor, "_has", lambda name: "0.1" if name == "pandas" else None if name == "pint" else real(name)
    )
    finding = state(here, "packages")
    assert finding.state is State.MISSING
    assert finding.found == "pandas 0.1, pint absent"
    assert finding.mend == "make setup"


@pytest.mark.parametrize(
    ("need", "check", "expected"),
    [(("PYTHON", (9, 9)), "Python", State.MISSING), (("DISK_GB", 1e9), "disk", State.MISSING), (("MEMORY_GB", 1e9), "memory", State.WARNING)],
)  # fmt: skip
def test_too_little_of_something(
    here: Settings, monkeypatch: pytest.MonkeyPatch, need: tuple[str, object], check: str, expected: State
) -> None:
    monkeypatch.setattr(doctor, *need)
    finding = state(here, check)
    assert finding.state is expected
    assert finding.mend


def test_a_home_below_a_file_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert state(Settings(home=tmp_path / "file" / "home"), "home").state is State.MISSING


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind((LOOPBACK, 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_a_taken_port_is_a_warning(here: Settings, taken: int) -> None:
    here.home.mkdir()
    (here.home / "ports.json").write_text(json.dumps({"airflow": taken, "postgres": 2, "desk": 3, "smtp": 4}))
    finding = state(here, "ports")
    assert finding.state is State.WARNING
    assert f"airflow {taken}" in finding.found


def test_without_make_and_with_another_encoding(here: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(doctor.locale, "getpreferredencoding", lambda _: "ANSI_X3.4-1968")
    assert state(here, "make").state is State.WARNING
    assert state(here, "locale").state is State.WARNING
    assert "no fontconfig" in state(here, "fonts").found


def test_the_command_writes_json_and_exits_1_where_something_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    said = CliRunner().invoke(app, ["--format", "json"])
    rows = json.loads(said.stdout)
    assert [set(row) for row in rows] == [set(COLUMNS)] * len(rows)
    assert said.exit_code == (1 if any(row["state"] == "missing" for row in rows) else 0)
    monkeypatch.setattr(doctor, "PYTHON", (9, 9))
    assert CliRunner().invoke(app, ["--format", "csv"]).exit_code == 1


def sources(settings: Settings) -> dict[str, doctor.Finding]:
    return {f.found.split(" ")[0].rstrip(":"): f for f in examine(settings) if f.check == "sources"}


def test_targets_without_a_source_are_listed_with_their_reason(here: Settings) -> None:
    found = sources(here)
    assert found["carbon"].found == "carbon 碳排放双控: 碳排放双控数据由自治区核算，不公开，也不按月报送"
    assert {f.state for f in found.values()} == {State.OK}, "every shipped target has a source or a reason"


def test_a_target_without_source_or_reason_and_a_void_reason_are_warnings(tmp_path: Path) -> None:
    include = Path(shutil.copytree(ROOT / "include", tmp_path / "include"))
    feeds = include / "feeds.yaml"
    text = feeds.read_text(encoding="utf-8")
    feeds.write_text(
        text.replace("{indicator: carbon_control, reason_zh", "{indicator: gdp, reason_zh"), encoding="utf-8"
    )
    found = sources(Settings(home=tmp_path / "home", include=include))
    assert [(found[i].state, bool(found[i].mend)) for i in ("carbon", "gdp")] == [(State.WARNING, True)] * 2


def test_data_that_breaks_its_schema_is_said_and_no_traceback(tmp_path: Path) -> None:
    include = Path(shutil.copytree(ROOT / "include", tmp_path / "include"))
    (include / "feeds.yaml").write_text("feeds: 3\n", encoding="utf-8")
    assert state(Settings(home=tmp_path / "home", include=include), "data").state is State.MISSING


@pytest.mark.parametrize(("year", "expected"), [(2024, State.OK), (2098, State.WARNING)])
def test_a_year_whose_holidays_are_not_announced_is_said(here: Settings, year: int, expected: State) -> None:
    finding = state(here.model_copy(update={"plan": year}), "holidays")
    assert finding.state is expected
    assert (str(year + 1) in finding.found) == (expected is State.WARNING)


def test_a_broken_calendar_is_said(here: Settings, tmp_path: Path) -> None:
    (tmp_path / "calendar.yaml").write_text("feeds: {finance: {due_day: 45}}\n", encoding="utf-8")
    assert state(here.model_copy(update={"include": tmp_path}), "holidays").state is State.MISSING
