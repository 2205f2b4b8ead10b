"""Observation files that could be misread are refused, each fault in its place."""

import json

import pytest

from planwatch.cli.observations import read_observations
from planwatch.errors import InputError

HEADER = "indicator,area,period,span,measure,value,unit"
ROW = "jobs,baotou,2026-06,ytd,level,50,人"


@pytest.fixture
def read(tmp_path):
    """Return a function that reads a text as an observation file."""

    def call(text, name="obs.csv"):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return read_observations(path, {})

    return call


@pytest.fixture
def faults(read):
    """Return a function that says code, row and column of what is wrong with a text."""

    def call(text, name="obs.csv"):
        with pytest.raises(InputError) as refused:
            read(text, name)
        return [(f.code, f.row, f.column) for f in refused.value.faults]

    return call


def test_more_cells_than_the_header_are_refused_row_by_row(read, tmp_path):
    text = "indicator,area,period,span,measure,unit,value\na,b,2026-06,ytd,level,人,19,080\na,b,2026-05,ytd,level,人,9,080\n"
    with pytest.raises(InputError) as refused:
        read(text)
    assert [(f.code, f.row) for f in refused.value.faults] == [("too_many_cells", 2), ("too_many_cells", 3)]
    assert '"19,080"' in (refused.value.faults[0].mend or "")


def test_a_quote_that_does_not_close_is_named_by_its_line(read):
    text = (
        f'{HEADER},text\n{ROW},50\njobs,baotou,2026-05,ytd,level,40,人,"abc\njobs,baotou,2026-04,ytd,level,30,人,30\n'
    )
    with pytest.raises(InputError) as refused:
        read(text)
    assert [(f.code, f.line) for f in refused.value.faults] == [("not_csv", 3)]


def test_a_column_named_twice_is_refused(faults):
    assert faults(f"{HEADER},value\n{ROW},60\n") == [("duplicate_column", None, "value")]


def test_blank_lines_are_no_rows(read):
    assert len(read(f"{HEADER}\n{ROW}\n,,,,,,\n\n  , ,,,,,\n")) == 1


@pytest.mark.parametrize("name", ["obs.csv", "obs.json", "obs.jsonl"])
def test_an_empty_file_is_one_fault(faults, name):
    assert faults(" \n", name) == [("empty_file", None, None)]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("published_at", "2026-07-20zzz"),
        ("published_at", "20260720"),
        ("published_at", "2026-02-30"),
        ("recorded_at", "garbage"),
        ("recorded_at", "2026-07-20T25:00"),
        ("decimals", "400"),
        ("decimals", "16"),
        ("decimals", "-1"),
        ("decimals", "1.5"),
        ("period", "2026-13"),
        ("period", "0000-01"),
        ("period", "9999-12"),
        ("period", "２０２６-06"),
    ],
)
def test_a_bad_cell_is_a_fault(faults, column, value):
    header = HEADER if column in HEADER else f"{HEADER},{column}"
    row = ROW.replace("2026-06", value) if column in HEADER else f"{ROW},{value}"
    assert faults(f"{header}\n{row}\n") == [("bad_cell", 2, column)]


def test_instants_of_any_precision_are_ordered_and_none_comes_first(read):
    from judgecases import target, verdicts

    header = f"{HEADER},recorded_at,observation_id"
    stamps = ("", "2026-07-02", "2026-07-01T23:00:00+08:00", "2026-07-02T08:00:00.5Z")
    rows = [f"it,baotou,2026-06,ytd,level,{n},,{stamp},{n or ''}" for n, stamp in enumerate(stamps)]
    for order in (rows, rows[::-1]):
        known = read("\n".join([header, *order]))
        row = verdicts(target("cumulative", 100), known.to_dict("records"), "2026-06").iloc[0]
        assert row.actual == 3


def test_a_row_without_a_number_of_its_own_gives_way(read):
    from judgecases import target, verdicts

    known = read(f"{HEADER},observation_id\nit,baotou,2026-06,ytd,level,50,,\nit,baotou,2026-06,ytd,level,51,,7\n")
    assert verdicts(target("cumulative", 100), known.to_dict("records"), "2026-06").iloc[0].actual == 51


@pytest.mark.parametrize("text", ['{"value": 1, "value": 2}', '[{"value": 1, "value": 2}]'])
def test_a_json_key_given_twice_is_refused(faults, text):
    assert faults(text, "obs.json" if text[0] == "[" else "obs.jsonl")[0][0] == "not_json"


@pytest.mark.parametrize(("column", "value"), [("value", True), ("value", float("nan")), ("decimals", True)])
def test_json_holds_no_truth_values_or_nan_where_numbers_are_meant(faults, column, value):
    row = dict(zip(HEADER.split(","), ROW.split(","), strict=True)) | {column: value}
    assert faults(json.dumps([row]), "obs.json") == [("bad_cell", 1, column)]
