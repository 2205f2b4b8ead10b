from __future__ import annotations

import csv
import io
import json
import re

import pytest
from feedcases import RETAIL, SAMPLE, STATS, stats
from typer.testing import CliRunner

from planwatch.cli.read import REJECT_COLUMNS, app
from planwatch.errors import InputError, ReleaseError
from planwatch.model.observation import CONTRACT_COLUMNS


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture
def broken(tmp_path):
    path = tmp_path / STATS
    path.write_bytes(
        stats(RETAIL, ["规模以上工业增加值", "亿元", "-", "约十", "-", 11.3], ["量子产业", "亿元", 1, 2, 3, 4])
    )
    return path


def test_observations_have_exactly_the_columns_of_the_contract():
    result = run("stats_bureau", SAMPLE / STATS, "--format", "csv")
    assert result.exit_code == 0, result.stderr
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert tuple(rows[0]) == CONTRACT_COLUMNS
    level = next(r for r in rows if (r["indicator"], r["span"], r["measure"]) == ("retail_sales", "ytd", "level"))
    assert (level["unit"], level["published_at"], level["sheet"], level["column"]) == (
        "亿元",
        "2026-04-17",
        "主要经济指标",
        "E",
    )
    assert "read" in result.stderr and "simulated" in result.stderr
    assert re.search(r"(\d+) of \1 rows matched, 0 values converted", result.stderr)
    assert re.search(r"\d+ matched, \d+ taken as observations, 0 refused", result.stderr)
    assert result.stderr.count("converted") == 1, "of units alone"
    assert re.search(r"\d+ matched, \d+ taken as observations, 0 refused", result.stderr)
    assert result.stderr.count("converted") == 1, "of units alone"


def test_one_value_in_another_unit_is_one_value():
    said = run("assignments", SAMPLE / "assignments_2026-04.xlsx").stderr
    assert "1 of 1 rows matched, 1 value converted to another unit" in said


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_json(form):
    out = run("finance", SAMPLE / "finance_2026-03.html", "--format", form).stdout
    rows = json.loads(out) if form == "json" else [json.loads(line) for line in out.splitlines()]
    assert (
        tuple(rows[0]) == CONTRACT_COLUMNS and isinstance(rows[0]["value"], float) and isinstance(rows[0]["row"], int)
    )


def test_rejects_are_written_and_are_findings(broken, tmp_path):
    for target in (tmp_path / "rejects.csv", tmp_path / "rejects.jsonl"):
        result = run("stats_bureau", broken, "--rejects", target, "--format", "csv")
        assert result.exit_code == 1 and len(result.stdout.splitlines()) == 1 + 5
        text = target.read_text(encoding="utf-8")
        rows = (
            [json.loads(line) for line in text.splitlines()]
            if target.suffix == ".jsonl"
            else list(csv.DictReader(io.StringIO(text)))
        )
        assert tuple(rows[0]) == REJECT_COLUMNS
        assert [(r["reason_code"], str(r["row"]), r["column"], r["value"]) for r in rows] == [
            ("not_a_number", "6", "D", "约十"), ("unknown_indicator", "7", "C", "1"),
        ]  # fmt: skip
        assert all(r["sheet"] and r["message"] and r["expected"] and r["mend"] for r in rows)
    assert "约十" in result.stderr and "量子产业" in result.stderr


def test_the_day_given_counts_and_the_month_given_must_agree():
    result = run(
        "stats_bureau", SAMPLE / STATS, "--published-at", "2026-04-20", "--period", "2026-03", "--format", "csv"
    )
    assert result.exit_code == 0 and "2026-04-20" in result.stdout and "2026-04-17" not in result.stdout
    with pytest.raises(InputError, match="2026-03"):
        raise run("stats_bureau", SAMPLE / STATS, "--period", "2026-04").exception


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("stats", SAMPLE / STATS), "stats_bureau"),
        (("stats_bureau", SAMPLE / "gone.xlsx"), "gone.xlsx"),
        (("stats_bureau", SAMPLE / STATS, "--published-at", "gestern"), "YYYY-MM-DD"),
        (("stats_bureau", SAMPLE / STATS, "--period", "March"), "YYYY-MM"),
        (("finance", SAMPLE / STATS), "the file is not text"),
    ],
)
def test_what_cannot_be_read_at_all(arguments, says):
    error = run(*arguments).exception
    assert isinstance(error, InputError) and says in str(error)


def test_a_rejects_file_that_cannot_be_written(broken, tmp_path):
    error = run("stats_bureau", broken, "--rejects", tmp_path / "no" / "rejects.csv").exception
    assert isinstance(error, InputError) and error.faults[0].code == "not_writable"


def test_a_formula_in_a_file_is_no_formula_in_the_rejects(tmp_path):
    path, target = tmp_path / STATS, tmp_path / "rejects.csv"
    path.write_bytes(stats(["社会消费品零售总额", "亿元", "@SUM(1)", "-3", "+1+1", "-1+cmd"]))
    run("stats_bureau", path, "--rejects", target)
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))
    assert [r["value"] for r in rows] == ["'@SUM(1)", "'+1+1", "'-1+cmd"]


def test_the_faults_of_a_refused_file_are_written_too(tmp_path):
    path, rejects = tmp_path / STATS, tmp_path / "rejects.csv"
    path.write_bytes(stats(["社会消费品零售总额", "万元", *RETAIL[2:]]))
    result = run("stats_bureau", path, "--rejects", rejects)
    assert result.exit_code != 0 and not result.stdout
    [row] = csv.DictReader(io.StringIO(rejects.read_text(encoding="utf-8")))
    assert (row["reason_code"], row["row"], row["column"], row["value"]) == ("unit_changed", "5", "B", "万元")


@pytest.mark.parametrize("row", [["量子产业", "亿元", 1, 2, 3, 4], [*RETAIL[:2], "约", "约", "约", "约"]])
def test_a_file_without_one_observation_is_no_success(tmp_path, row):
    path, rejects = tmp_path / STATS, tmp_path / "rejects.csv"
    path.write_bytes(stats(row))
    result = run("stats_bureau", path, "--rejects", rejects)
    assert isinstance(result.exception, ReleaseError)
    assert result.exception.faults[-1].code == "no_values" and len(result.exception.faults) > 1
    assert len(rejects.read_text(encoding="utf-8").splitlines()) == len(result.exception.faults) + 1
