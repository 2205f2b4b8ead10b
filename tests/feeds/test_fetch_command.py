from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest
from tests.sources import web_server
from typer.testing import CliRunner

from planwatch.cli.fetch import app
from planwatch.errors import InputError, PlanwatchError, ReleaseError
from planwatch.settings import ROOT, Settings

PAGE = (ROOT / "include" / "sample" / "2026" / "finance_2026-03.html").read_bytes()
ACCOUNT = '{"conn_type": "http", "login": "wang", "password": "open-sesame"}'


@pytest.fixture
def web():
    with web_server() as server:
        yield server


@pytest.fixture
def include(tmp_path, web):
    text = (ROOT / "include" / "feeds.yaml").read_text(encoding="utf-8")
    location = f"    location: {{url: '{web.url()}', connection: finance_bureau}}\n"
    (tmp_path / "feeds.yaml").write_text(
        text.replace("  - id: finance\n", f"  - id: finance\n{location}"), encoding="utf-8"
    )
    return tmp_path


def run(*arguments, include, account=ACCOUNT):
    environment = {"AIRFLOW_CONN_FINANCE_BUREAU": account}
    return CliRunner().invoke(app, [*map(str, arguments), "--include", str(include)], env=environment)


def test_a_release_is_fetched_and_written(web, include, tmp_path):
    web.answer("/2026-03.html", body=PAGE, etag='"1"')
    out = tmp_path / "finance_2026-03.html"
    result = run("finance", "--period", "2026-03", "--out", out, "--format", "json", include=include)
    assert result.exit_code == 0, result.exception
    [row] = json.loads(result.stdout)
    assert (row["outcome"], row["bytes"], row["etag"], row["file"]) == ("fetched", len(PAGE), '"1"', str(out))
    assert out.read_bytes() == PAGE
    assert f"planwatch read finance {out}" in result.stderr
    assert web.asked[0].headers["authorization"].startswith("Basic ")
    assert isinstance(run("finance", "--period", "2026-03", "--out", out, include=include).exception, InputError)


def test_not_published_yet_is_exit_code_1(include):
    result = run("finance", "--period", "2026-03", include=include)
    assert (result.exit_code, "not published yet" in result.stderr) == (1, True)


def test_a_named_error_ends_the_program_with_code_2_and_without_the_password(web, include):
    web.answer("/2026-03.html", 401)
    done = subprocess.run(
        [sys.executable, "-c", "from planwatch.cli import main; main()", "fetch", "finance", "--period", "2026-03", "--include", str(include)],
        env={"AIRFLOW_CONN_FINANCE_BUREAU": ACCOUNT, "PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "refuses the account" in done.stderr and "mend:" in done.stderr
    assert "open-sesame" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("stats_bureau", "--period", "2026-03"), "no_location"),
        (("nobody", "--period", "2026-03"), "no_location"),
        (("finance", "--period", "2026-13"), "bad_period"),
    ],
)
def test_what_cannot_be_asked(include, arguments, code):
    error = run(*arguments, include=include).exception
    assert isinstance(error, InputError) and error.faults[0].code == code


@pytest.mark.parametrize("account", ["nonsense", "{", '{"port": "x"}', '{"extra": 3}'])
def test_a_connection_that_cannot_be_read_shows_nothing_of_it(include, account):
    error = run("finance", "--period", "2026-03", include=include, account=account).exception
    assert isinstance(error, PlanwatchError) and error.faults[0].code == "bad_connection"
    assert account not in str(error).replace('{"conn_type"', "")


def test_a_missing_connection_is_named(include):
    error = run("finance", "--period", "2026-03", include=include, account=None).exception
    assert isinstance(error, ReleaseError) and error.faults[0].code == "unknown_connection"


def test_the_doctor_asks_sources_on_request_only(web, include, monkeypatch):
    from planwatch.cli.doctor import _sources

    shutil.copy(ROOT / "include" / "calendar.yaml", include)
    monkeypatch.setenv("AIRFLOW_CONN_FINANCE_BUREAU", ACCOUNT)
    chosen = Settings(include=include)
    [finding] = _sources(chosen)
    assert (finding.check, finding.state) == ("source finance", "ok") and "not_there" in finding.found
    for status, state in ((503, "warning"), (401, "missing")):
        web.answer("*", status)
        [finding] = _sources(chosen)
        assert (finding.state, bool(finding.mend)) == (state, True)
    assert "open-sesame" not in str(finding)


def test_help_has_examples(include):
    assert "planwatch fetch finance --period 2026-03" in CliRunner().invoke(app, ["--help"]).stdout
