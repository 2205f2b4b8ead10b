"""`planwatch judge`: the public contract, on files."""

import csv
import io
import json
import subprocess
import sys

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from planwatch.cli import app
from planwatch.errors import InputError
from planwatch.model.verdict import CONTRACT_COLUMNS

TARGETS = [
    {"id": "jobs", "indicator": "new_jobs", "name_zh": "城镇新增就业", "kind": "cumulative", "comparator": "ge", "value": 3.6,
     "unit": "万人", "plan_year": 2026},
    {"id": "rules", "indicator": "some_rules", "name_zh": "出台条例", "kind": "milestone", "comparator": "ge", "plan_year": 2026},
    {"id": "nothing", "indicator": "nobody_counts_this", "name_zh": "无源", "kind": "growth", "value": 5, "unit": "%", "plan_year": 2026},
]  # fmt: skip
HEADER = "indicator,area,period,span,measure,value,unit"
GOOD = [
    "new_jobs,somewhere,2026-06,ytd,level,17000.5,人",
    "new_jobs,somewhere,2026-07,ytd,level,99999,人",
    "some_rules,somewhere,2026-06,point,done,已完成,",
]


@pytest.fixture
def run(tmp_path):
    """Return a function that judges given lines with given options, and what it printed."""
    targets = tmp_path / "targets.json"
    targets.write_text(json.dumps(TARGETS, ensure_ascii=False), "utf-8")

    def call(lines, *options, header=HEADER, name="obs.csv", period="2026-06"):
        path = tmp_path / name
        path.write_text("\n".join([header, *lines]) if header else "\n".join(lines), "utf-8")
        arguments = ["judge", "--targets", str(targets), "--observations", str(path), "--period", period, *options]
        return CliRunner().invoke(app, arguments)

    return call


def faults(result):
    assert isinstance(result.exception, InputError), result.output
    return result.exception.faults


def test_jsonl_keeps_the_contract(run):
    result = run(GOOD, "--format", "jsonl")
    assert result.exit_code == 0, result.exception
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [tuple(row) for row in rows] == [CONTRACT_COLUMNS] * 3
    jobs, rules, nothing = rows
    assert (jobs["area"], jobs["actual"], jobs["expected"], jobs["status"]) == ("somewhere", 1.70005, 1.8, "at_risk")
    assert jobs["on_schedule"] is False
    assert jobs["projection"] is None
    assert rules["status"] == "achieved"
    assert (nothing["status"], nothing["reading_period"]) == ("not_assessable", None)


def test_csv_has_plain_numbers_and_empty_cells(run):
    rows = list(csv.DictReader(io.StringIO(run(GOOD, "--format", "csv").stdout)))
    assert tuple(rows[0]) == CONTRACT_COLUMNS
    assert (rows[0]["variance"], rows[0]["on_schedule"], rows[0]["projection"]) == ("-0.09995", "false", "")
    assert rows[2]["on_schedule"] == ""


@pytest.mark.parametrize("width", [80, 100, 120])
def test_the_table_fits_the_terminal_and_the_reason_stands_below_its_target(run, monkeypatch, width):
    if width < 120:  # else where no terminal says it
        monkeypatch.setenv("COLUMNS", str(width))
    result = run(GOOD)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert max(map(cell_len, lines)) <= width
    [jobs] = [n for n, line in enumerate(lines) if line.startswith("jobs ")]
    assert "at_risk" in lines[jobs]
    verdict = json.loads(run(GOOD, "--format", "json").stdout)[0]
    said = "".join(line.strip() for line in lines[jobs + 1 :])
    assert said.startswith(verdict["reason_zh"])
    assert verdict["reason_en"].replace(" ", "") in said.replace(" ", "")


def test_off_track_is_still_exit_0(run):
    result = run(["new_jobs,somewhere,2026-06,ytd,level,1,人"], "--format", "json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)[0]["status"] == "off_track"


def test_json_observations_are_the_same(run):
    rows = [dict(zip(HEADER.split(","), line.split(","), strict=True)) for line in GOOD]
    as_lines = run([json.dumps(r, ensure_ascii=False) for r in rows], "--format", "json", header="", name="o.jsonl")
    as_list = run([json.dumps(rows, ensure_ascii=False)], "--format", "json", header="", name="o.json")
    assert as_lines.stdout == as_list.stdout == run(GOOD, "--format", "json").stdout


def test_as_of_hides_what_was_published_later(run):
    header = HEADER + ",published_at,quality,text,decimals,comment"
    lines = [
        "new_jobs,somewhere,2026-06,ytd,level,17000,人,2026-07-10,estimate,1.70万人,2,x",
        "new_jobs,somewhere,2026-06,ytd,level,19000,人,2026-08-10,final,1.90万人,2,x",
    ]
    first = json.loads(run(lines, "--as-of", "2026-07-31", "--format", "json", header=header).stdout)[0]
    assert (first["actual"], first["provisional"]) == (1.7, True)
    now = json.loads(run(lines, "--format", "json", header=header).stdout)[0]
    assert (now["actual"], now["provisional"]) == (1.9, False)


def test_every_bad_cell_is_a_fault_of_its_own(run):
    bad = run(
        [
            "new_jobs,somewhere,2026-6,ytd,level,1,人",
            "new_jobs,somewhere,2026-06,year_to_date,level,many,人",
            "new_jobs,somewhere,2026-06,ytd,level,nan,人",
            "new_jobs,somewhere,2026-06,ytd,levels,,人",
            ',somewhere,2026-06,ytd,level,"1,000",人',
            "some_rules,somewhere,2026-06,point,done,perhaps,",
        ]
    )
    assert bad.exit_code != 0
    assert [(f.row, f.column) for f in faults(bad)] == [
        (2, "period"), (3, "span"), (3, "value"), (4, "value"), (5, "measure"), (5, "value"), (6, "indicator"), (6, "value"), (7, "value"),
    ]  # fmt: skip
    assert all(f.file and f.expected for f in faults(bad))


@pytest.mark.parametrize(
    ("header", "lines", "code"),
    [
        ("indicator,area,period,span,measure,value", GOOD, "missing_column"),
        (HEADER, ["new_jobs,somewhere,2026-06,ytd,level,1,亿元"], "unit_incompatible"),
        (HEADER, [GOOD[0], "new_jobs,somewhere,2026-06,ytd,level,3,人"], "contradicting_values"),
        (HEADER, [GOOD[0], "new_jobs,elsewhere,2026-06,ytd,level,3,人"], "no_area"),
    ],
)
def test_bad_files(run, header, lines, code):
    assert [f.code for f in faults(run(lines, header=header))] == [code]


@pytest.mark.parametrize(
    ("options", "period", "code"),
    [
        ([], "2025-06", "wrong_year"),
        ([], "June", "bad_period"),
        ([], "9999-12", "bad_period"),
        ([], "0000-01", "bad_period"),
        ([], "２０２６-06", "bad_period"),
        (["--as-of", "soon"], "2026-06", "bad_date"),
    ],
)
def test_bad_arguments(run, options, period, code):
    assert [f.code for f in faults(run(GOOD, *options, period=period))] == [code]


def test_targets_without_a_year_are_of_the_judged_one(run, tmp_path):
    path = tmp_path / "targets.json"
    path.write_text(json.dumps([{k: v for k, v in t.items() if k != "plan_year"} for t in TARGETS]), "utf-8")
    rows = json.loads(run(GOOD, "--format", "json").stdout)
    assert [row["status"] for row in rows] == ["at_risk", "achieved", "not_assessable"]
    assert rows[0]["actual"] == 1.70005


def test_a_calendar_of_its_own(run, tmp_path):
    rules = tmp_path / "calendar.yaml"
    rules.write_text("defaults:\n  monthly: {due_day: 28, months_after: 2, grace_days: 30}\n", "utf-8")
    lines = ["new_jobs,somewhere,2026-05,ytd,level,16000,人"]
    options = ["--as-of", "2026-08-15", "--format", "json"]
    assert json.loads(run(lines, *options).stdout)[0]["status"] == "overdue"
    own = json.loads(run(lines, *options, "--calendar", str(rules)).stdout)[0]
    assert (own["status"], own["reading_state"]) == ("on_track", "carried")


def test_not_there_and_exit_code_2(tmp_path):
    arguments = ["--targets", str(tmp_path / "no.json"), "--observations", "no.csv", "--period", "2026-06"]
    code = "from planwatch.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "judge", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "no.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_is_light():
    code = "import sys, planwatch.cli.judge; sys.exit(any(m in sys.modules for m in ('pandas', 'numpy', 'pint', 'sqlalchemy')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("lines", "actual", "variance"),
    [
        (["2026-06,ytd,level,1234567890123.45,元"], "1234567890123.45", "0"),
        (["2026-06,ytd,level,1234567890123.44,元"], "1234567890123.44", "-0.01"),
        (["2026-06,ytd,level,123456789.012344,万元"], "1234567890123.44", "-0.01"),
        ([f"2026-{m:02d},month,level,205761315020.57,元" for m in range(1, 7)], "1234567890123.42", "-0.03"),
    ],
)
def test_figures_of_fifteen_digits_come_out_as_they_went_in(run, tmp_path, lines, actual, variance):
    task = {
        "id": "sum",
        "indicator": "sum",
        "name_zh": "总额",
        "kind": "cumulative",
        "value": 2469135780246.9,
        "unit": "元",
    }
    (tmp_path / "targets.json").write_text(json.dumps([{**task, "plan_year": 2026}]), "utf-8")
    lines = [f"sum,somewhere,{line}" for line in lines]
    row = next(csv.DictReader(io.StringIO(run(lines, "--format", "csv").stdout)))
    assert (row["actual"], row["expected"], row["variance"]) == (actual, "1234567890123.45", variance)
    assert f"累计{actual}元" in row["reason_zh"]
    assert json.loads(run(lines, "--format", "jsonl").stdout)["actual"] == float(actual)
    assert f"{float(actual):,.2f}" in run(lines).stdout


def test_whole_numbers_of_sixteen_digits_come_out_as_they_went_in(run, tmp_path):
    task = {"id": "sum", "indicator": "sum", "name_zh": "总额", "kind": "hold", "value": 1234567890123457, "unit": "元"}
    (tmp_path / "targets.json").write_text(json.dumps([{**task, "plan_year": 2026}]), "utf-8")
    row = json.loads(run(["sum,somewhere,2026-06,point,level,1234567890123456,元"], "--format", "jsonl").stdout)
    assert (row["actual"], row["expected"], row["variance"]) == (1234567890123456, 1234567890123457, -1)


QUARTERS = [f"sum,somewhere,{y}-{m:02d},ytd,level,{m * y // 20},亿元" for y in (2025, 2026) for m in (3, 6, 9, 12)]
ANNUAL = [f"sum,somewhere,{y}-12,ytd,level,1200,亿元" for y in (2022, 2023, 2024, 2025)]
MONTHLY = ["sum,somewhere,2025-04,ytd,level,400,亿元", *QUARTERS]
GROWS = [f"sum,somewhere,2026-{m:02d},ytd,growth_yoy,5,%" for m in (4, 5)]


@pytest.mark.parametrize(
    ("lines", "stated", "period", "state", "reading"),
    [
        (QUARTERS[:5], {}, "2026-05", "carried", "2026-03"),
        ([*QUARTERS[:5], *GROWS], {}, "2026-05", "carried", "2026-03"),
        (QUARTERS[:5], {}, "2026-06", "overdue", "2026-03"),
        (QUARTERS[:5], {"frequency": "monthly"}, "2026-05", "overdue", "2026-03"),
        (QUARTERS[4:5], {}, "2026-05", "overdue", "2026-03"),
        (MONTHLY[:6], {}, "2026-05", "overdue", "2026-03"),
        (ANNUAL, {}, "2026-05", "overdue", None),
    ],
    ids=[
        "amounts of quarters",
        "beside monthly growth",
        "the next quarter",
        "a stated duty",
        "one reading",
        "monthly once",
        "years",
    ],
)
def test_what_is_published_for_quarters_alone_is_not_overdue_between_them(
    run, tmp_path, *, lines, stated, period, state, reading
):
    task = {"id": "sum", "indicator": "sum", "name_zh": "总额", "kind": "cumulative", "value": 1200, "unit": "亿元"}
    (tmp_path / "targets.json").write_text(json.dumps([{**task, **stated, "plan_year": 2026}]), "utf-8")
    row = json.loads(run(lines, "--format", "jsonl", period=period).stdout)
    assert (row["reading_state"], row["reading_period"]) == (state, reading)


def test_a_reference_is_named_by_the_registers(tmp_path):
    task = {"id": "in_step", "indicator": "urban_income", "name_zh": "收入", "kind": "relative", "comparator": "about", "reference": "gdp", "unit": "百分点", "plan_year": 2026}  # fmt: skip
    targets, readings = tmp_path / "targets.json", tmp_path / "obs.csv"
    targets.write_text(json.dumps([task], ensure_ascii=False), "utf-8")
    lines = [
        HEADER,
        *(f"{name},baotou,2026-06,ytd,growth_yoy,{value},%" for name, value in (("urban_income", 4.1), ("gdp", 7))),
    ]
    readings.write_text("\n".join(lines), "utf-8")
    files = ["--targets", str(targets), "--observations", str(readings), "--period", "2026-06", "--format", "json"]
    [row] = json.loads(CliRunner().invoke(app, ["judge", *files]).stdout)
    assert "参照值7%（地区生产总值）" in row["reason_zh"] and "(Gross regional product)" in row["reason_en"]
