"""What `targets export` writes is read back to the same verdicts, and rows of other programs are read tolerantly."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from plancases import INCLUDE, Write

from planwatch.cli.output import to_csv
from planwatch.errors import InputError
from planwatch.model.calendar import ReleaseCalendar
from planwatch.model.target import Plan, Reference, Target
from planwatch.model.verdict import CONTRACT_COLUMNS as VERDICT_COLUMNS
from planwatch.model.vocabulary import Comparator, Kind, Measure, Pace, Tier
from planwatch.plan import (
    EXPORT_COLUMNS,
    export_rows,
    fingerprint,
    import_targets,
    load_areas,
    load_indicators,
    load_plan,
    with_references_named,
)
from planwatch.progress import judge
from planwatch.progress.columns import columns_of

FORMATS = ("json", "jsonl", "csv")


def write(rows: list[dict[str, Any]], path: Path) -> Path:
    text = {
        ".json": lambda: json.dumps(rows, ensure_ascii=False),
        ".jsonl": lambda: "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows),
        ".csv": lambda: to_csv(rows, EXPORT_COLUMNS),
    }[path.suffix]()
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(params=["targets.yaml", "plans/2025.yaml", "all the keys"])
def plan(request: pytest.FixtureRequest, write_plan: Write) -> Plan:
    """The shipped plans, and one that uses the keys they do not."""
    if request.param != "all the keys":
        return load_plan(INCLUDE / request.param, INCLUDE)
    reach = {"kind": "reach", "indicator": "hightech_firms", "value": "380", "unit": "家", "phrase": "达到380家"}
    path = write_plan(
        {"id": "b", **reach, "baseline": "{value: 340, source: bulletin}", "band": "5"},
        {"id": "t", "comparator": "about", "tolerance": "0.1", "tier": "stretch", "net": "true"},
        {"id": "h", "kind": "hold", "band": "0.2", "area": "jiuyuan", "withdrawn_from": "2026-08-01"},
        {"id": "m", "kind": "milestone", "value": None, "unit": None, "deadline": "2026-09-30", "start_by": "2026-03-31"},
        {"id": "r", "kind": "relative", "value": None, "unit": "百分点", "margin": "0.5",
         "reference": "{indicator: all_income, area: nation, measure: growth_yoy}"},
        {"id": "d", "kind": "assigned", "value": None, "unit": None, "measure": "done"},
    )  # fmt: skip
    return load_plan(path, INCLUDE)


@pytest.mark.parametrize("form", FORMATS)
def test_export_and_import_keep_everything_a_verdict_depends_on(plan: Plan, tmp_path: Path, form: str) -> None:
    back = import_targets(write(export_rows(plan), tmp_path / f"rows.{form}"))
    assert (back.year, back.area) == (plan.year, plan.area)
    assert export_rows(back) == export_rows(plan)
    before, after = columns_of(plan), columns_of(back)
    for name in (field.name for field in fields(before)):
        if name not in ("tolerance", "band"):  # those are as in force after the export
            np.testing.assert_array_equal(getattr(before, name), getattr(after, name), err_msg=name)


def readings(plan: Plan) -> pd.DataFrame:
    """Return a reading for each target and its reference, in June and the December before, none of them round."""
    rows = []
    for n, (target, row) in enumerate(zip(plan.targets, export_rows(plan), strict=True)):
        level = target.value if target.value is not None else 1.0
        value = {Measure.DONE: 0.5, Measure.REPORT: 0.0, Measure.RANK: 2.0}.get(
            target.read_measure, level * (0.3 + n % 7 / 10)
        )
        span = "point" if target.kind in (Kind.REACH, Kind.HOLD, Kind.CHANGE_PP) else "ytd"
        key = {"indicator": target.indicator, "area": target.area, "span": span, "measure": target.read_measure.value}
        unit = target.unit if target.value is not None else row["unit"]
        rows += [
            {**key, "period": f"{plan.year}-06", "value": value, "unit": unit},
            {**key, "period": f"{plan.year - 1}-12", "value": value * 0.7, "unit": unit},
        ]
        if target.reference:
            other = {"indicator": target.reference.indicator, "area": target.reference.area or target.area}
            rows.append({**key, **other, "period": f"{plan.year}-06", "value": 4.4, "unit": "%"})
    keys = ["indicator", "area", "period", "span", "measure"]
    return (
        pd.DataFrame(rows)
        .drop_duplicates(keys, keep="last")
        .assign(quality="final", published_at=date(plan.year, 7, 20), decimals=1)
    )


@pytest.mark.parametrize("form", FORMATS)
def test_an_exported_plan_is_judged_as_the_plan_is(plan: Plan, tmp_path: Path, form: str) -> None:
    back = import_targets(write(export_rows(plan), tmp_path / f"rows.{form}"))
    observations, period = readings(plan), f"{plan.year}-06"
    named = with_references_named(
        back, load_indicators(INCLUDE / "indicators.yaml"), load_areas(INCLUDE / "areas.yaml")
    )
    verdicts = [judge(p, observations, period, as_of=None, calendar=ReleaseCalendar()) for p in (plan, named)]
    columns = list(VERDICT_COLUMNS)
    pd.testing.assert_frame_equal(verdicts[0][columns], verdicts[1][columns])
    assert verdicts[0]["variance"].notna().sum() > len(plan.targets) / 3


def test_rows_are_in_base_units_with_the_defaults_written_out() -> None:
    plan = load_plan(INCLUDE / "targets.yaml", INCLUDE)
    rows = {row["id"]: row for row in export_rows(plan)}
    assert list(rows["jobs"]) == [
        "id", "indicator", "section", "name_zh", "name_en", "phrase", "kind", "comparator", "value", "value_high", "unit",
        "direction", "baseline", "tolerance", "band", "margin", "tier", "area", "pace", "shares", "frequency", "deadline",
        "start_by", "owner", "reference", "plan_year", "net", "measure", "withdrawn_from", "amended_from", "amended_source",
        "original_value", "part_of", "hysteresis",
    ]  # fmt: skip
    assert (rows["jobs"]["value"], rows["jobs"]["unit"], rows["jobs"]["area"]) == (36000, "人", "baotou")
    assert (rows["gdp"]["tolerance"], rows["gdp"]["band"], rows["industry"]["tolerance"]) == (0.2, 1.0, None)
    assert (rows["single_champions_new"]["tolerance"], rows["single_champions_new"]["band"]) == (None, 10.0)
    assert (rows["fluorite_capacity"]["band"], rows["good_air_days"]["band"], rows["safe_land_use"]["band"]) == (
        1.6,
        2.0,
        0.0,
    )
    assert (rows["fdi_rank"]["band"], rows["source_water"]["band"]) == (1.0, None)
    assert [rows[i]["direction"] for i in ("jobs", "grassland_balance", "fdi_rank", "source_water")] == [1, -1, -1, -1]
    assert rows["trade_growth"]["reference"] == "trade_total@inner_mongolia"
    assert rows["income_urban"]["reference"] == "gdp"
    assert rows["three_north_area"]["shares"][-1] == 1
    assert rows["jobs"]["plan_year"] == 2026


BARE = {"id": "x", "indicator": "some_thing", "kind": "cumulative", "value": 100, "unit": "个", "plan_year": 2026}


def imported(tmp_path: Path, *rows: dict[str, Any], form: str = "json") -> Plan:
    if form == "csv":
        text = io.StringIO()
        writer = csv.DictWriter(text, list(dict.fromkeys(k for row in rows for k in row)))
        writer.writeheader()
        writer.writerows(rows)
        path = tmp_path / "rows.csv"
        path.write_text(text.getvalue(), encoding="utf-8-sig")
        return import_targets(path)
    return import_targets(write(list(rows), tmp_path / f"rows.{form}"))


@pytest.mark.parametrize("form", ["json", "csv"])
def test_missing_keys_get_their_defaults_and_unknown_columns_are_left_alone(tmp_path: Path, form: str) -> None:
    rows = [BARE | {"colour": "red", "band": None if form == "json" else "", "area": "包头"}, BARE | {"id": "y"}]
    plan = imported(tmp_path, *rows, form=form)
    one, other = plan.targets
    assert (one.comparator, one.pace, one.tier, one.band, one.d) == (Comparator.GE, Pace.LINEAR, Tier.PLAN, None, 1)
    assert (one.area, other.area, plan.area, plan.year) == ("baotou", "baotou", "baotou", 2026)
    assert one.value == 100


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (1, 1),
        (-1, -1),
        (0, 0),
        ("1", 1),
        ("-1", -1),
        (1.0, 1),
        ("more", 1),
        ("less", -1),
        ("neither", 0),
        ("up", 1),
        ("down", -1),
    ],
)
def test_directions_are_read_in_all_their_spellings(tmp_path: Path, given: Any, expected: int) -> None:
    assert imported(tmp_path, BARE | {"direction": given}).targets[0].direction == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("gdp", ("gdp", None, None)),
        ("gdp@nation", ("gdp", "nation", None)),
        ("gdp@全区:ratio", ("gdp", "inner_mongolia", "ratio")),
        ("gdp:level", ("gdp", None, "level")),
        ("gdp@长春市", ("gdp", "长春市", None)),
        ({"indicator": "gdp", "area": "nation"}, ("gdp", "nation", None)),
        ('{"indicator": "gdp", "area": ""}', ("gdp", None, None)),
    ],
)
def test_references_are_read_in_all_their_shapes(tmp_path: Path, given: Any, expected: tuple[str, str, str]) -> None:
    row = BARE | {"kind": "relative", "comparator": "gt", "value": None, "unit": "", "reference": given}
    reference = imported(tmp_path, row).targets[0].reference
    assert reference is not None
    assert (reference.indicator, reference.area, reference.measure) == expected


def test_another_citys_rows_keep_their_names(tmp_path: Path) -> None:
    plan = imported(tmp_path, BARE | {"area": "长春市", "indicator": "rainfall", "owner": "weather"})
    assert (plan.area, plan.targets[0].area, plan.targets[0].owner) == ("长春市", "长春市", "weather")


def test_rows_without_a_year_take_the_one_that_is_handed_in(tmp_path: Path) -> None:
    path = write([{key: value for key, value in BARE.items() if key != "plan_year"}], tmp_path / "rows.json")
    assert import_targets(path, year=2027).year == 2027
    assert import_targets(write([BARE], path), year=2027).year == 2026


def test_true_and_false_are_read_as_words_of_a_csv(tmp_path: Path) -> None:
    rows = [BARE | {"net": "true"}, BARE | {"id": "y", "net": "False"}]
    assert [t.net for t in imported(tmp_path, *rows, form="csv").targets] == [True, False]


def test_blank_lines_of_a_csv_are_no_targets(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("id,kind,indicator,value,plan_year\nx,growth,y,5,2026\n,,,,\n\n", encoding="utf-8")
    assert len(import_targets(path).targets) == 1


def test_shares_come_as_a_list_or_as_its_text(tmp_path: Path) -> None:
    shares = [0, 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
    for given in (shares, json.dumps(shares)):
        assert imported(tmp_path, BARE | {"pace": "custom", "shares": given}).targets[0].shares == tuple(shares)


@pytest.mark.parametrize(
    ("rows", "code", "key", "row", "value"),
    [
        ([BARE, BARE | {"id": "y", "kind": "growht"}], "enum", "kind", 2, "growht"),
        ([BARE, BARE | {"id": 1.1}], "string_type", "id", 2, "1.1"),
        ([BARE, BARE], "duplicate_id", "id", 2, "x"),
        ([BARE, BARE | {"id": "y", "plan_year": 2025}], "plan_year", "plan_year", 2, "2025"),
        ([BARE | {"plan_year": None}], "plan_year", "plan_year", None, None),
        ([BARE | {"plan_year": "soon"}], "plan_year", "plan_year", None, "soon"),
        ([BARE | {"plan_year": 1990}], "plan_year", "plan_year", None, "1990"),
        ([BARE | {"value": True}], "not_a_number", "value", 1, "True"),
        ([BARE | {"value": float("nan")}], "finite_number", "value", 1, "nan"),
        ([BARE | {"net": "yes"}], "not_a_flag", "net", 1, "yes"),
        ([BARE | {"net": 1}], "not_a_flag", "net", 1, "1"),
        ([BARE | {"direction": True}], "not_a_number", "direction", 1, "True"),
        ([BARE | {"name_zh": "a\x1b[31mb"}], "control_character", "name_zh", 1, "a\x1b[31mb"),
        ([BARE | {"name_zh": "a", "name_en": "a\nb"}], "control_character", "name_en", 1, "a\nb"),
        ([BARE | {"value": None}], "incoherent", "value", 1, None),
        ([BARE | {"kind": "reach", "baseline": 100}], "reach_met", "baseline", 1, "100"),
        ([BARE | {"direction": "sideways"}], "int_parsing", "direction", 1, "sideways"),
        ([BARE | {"value": float("inf")}], "finite_number", "value", 1, "inf"),
        ([BARE | {"comparator": "range", "value_high": 90}], "range", "value_high", 1, "90"),
        ([{k: v for k, v in BARE.items() if k != "indicator"}], "missing", "indicator", 1, None),
    ],
)
def test_faults_of_rows_name_row_and_key(
    tmp_path: Path, *, rows: list[dict[str, Any]], code: str, key: str, row: int | None, value: str | None
) -> None:
    with pytest.raises(InputError) as refused:
        imported(tmp_path, *rows)
    assert [(f.code, f.key, f.row, f.value) for f in refused.value.faults] == [(code, key, row, value)]


@pytest.mark.parametrize(
    ("name", "text", "code", "line"),
    [
        ("a.jsonl", '{"id": "x"}\n{"id"\n', "not_json", 2),
        ("a.json", "[1]", "not_a_row", None),
        ("a.csv", "id,kind\nx,growth\n", "missing_column", 1),
        ("a.csv", "", "empty_file", None),
        ("a.csv", "id,kind,indicator,id\nx,growth,y,z\n", "duplicate_column", 1),
        ("a.csv", 'id,kind,indicator\nx,growth,"y\nz,growth,y\n', "not_csv", 2),
        ("a.csv", "id,kind,indicator\nx,growth,y,19\n", "too_many_cells", None),
        ("a.json", '[{"id": "x", "id": "y"}]', "not_json", None),
        ("a.jsonl", '{"id": "x"}\n{"id": "x", "id": "y"}\n', "not_json", 2),
        ("a.json", "[]", "no_targets", None),
        ("a.csv", "id,kind,indicator\n", "no_targets", None),
        ("a.txt", "id", "suffix", None),
        ("a.json", "[" * 100_000, "not_json", 1),
    ],
)
def test_files_that_are_no_targets_are_refused(
    tmp_path: Path, name: str, text: str, code: str, line: int | None
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        import_targets(path)
    assert [(f.code, f.line) for f in refused.value.faults] == [(code, line)]
    assert str(path) in str(refused.value)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "gbk.csv").write_bytes("id,kind,indicator,名称\n".encode("gb18030"))
    for name, code in (("gbk.csv", "not_utf8"), ("absent.json", "not_there")):
        with pytest.raises(InputError) as refused:
            import_targets(tmp_path / name)
        assert [f.code for f in refused.value.faults] == [code]


def test_the_fingerprint_follows_what_the_plan_says(write_plan: Write) -> None:
    first = fingerprint(load_plan(write_plan({}), INCLUDE))
    again = fingerprint(load_plan(write_plan({"area": "baotou"}), INCLUDE))
    other = fingerprint(load_plan(write_plan({"tier": "stretch"}), INCLUDE))
    assert first == again != other
    assert len(first) == 64


@pytest.mark.parametrize("names", [{}, {"name_zh": "地区生产总值", "name_en": "GDP"}])
def test_the_fingerprint_is_what_it_was_before_references_had_names(names: dict[str, str]) -> None:
    target = Target(
        id="t", indicator="i", name_zh="n", kind=Kind.RELATIVE, reference=Reference(indicator="gdp", **names)
    )
    plan = Plan(id="p-2026", year=2026, area="x", title="", targets=(target,))
    assert fingerprint(plan) == "702fd1bc17cc59c66e7edeb1487355f647ab385f8973b13b5871fcb312836daa"
