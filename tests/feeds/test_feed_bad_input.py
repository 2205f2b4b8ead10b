"""Bad input: each message names file, sheet, row, column, value, what was expected and the mend (where there is such a place)."""

from __future__ import annotations

import io
import zipfile

import pandas as pd
import pytest
from feedcases import (
    GDP,
    HEADER,
    INDUSTRY,
    RETAIL,
    SAMPLE,
    STATS,
    TITLE,
    observe,
    read,
    refusal,
    replaced,
    stats,
    workbook,
)

from planwatch.errors import ReleaseError
from planwatch.model.feed import Limits
from planwatch.sample.container import encrypted_container


def one(faults, code):
    found = [f for f in faults if f.code == code]
    assert len(found) == 1, [str(f) for f in faults]
    assert found[0].file and found[0].mend and found[0].message
    return found[0]


def faults_of(feed, data, name):
    """Return why a file is refused, nothing where it is read."""
    try:
        read(feed, data, name)
    except ReleaseError as error:
        return error.faults
    return ()


@pytest.mark.parametrize(
    "data",
    [
        b"<html><body><h1>403 Forbidden</h1></body></html>",
        "指标,单位\n地区生产总值,亿元\n".encode(),
        b"PK\x03\x04 cut short",
        b"PK\x05\x06" + bytes(18),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    ],
)
def test_not_a_workbook(data):
    fault = one(refusal("stats_bureau", data, STATS), "not_a_workbook")
    assert fault.file == STATS and "xlsx" in (fault.expected or "")


def test_a_zip_file_that_is_no_workbook():
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as box:
        box.writestr("word/document.xml", "<x/>")
    assert one(refusal("stats_bureau", raw.getvalue(), STATS), "not_a_workbook").value == "word/document.xml"


def test_a_workbook_broken_inside():
    broken = replaced(stats(GDP), "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row>")
    assert one(refusal("stats_bureau", broken, STATS), "not_a_workbook").file == STATS
    flipped = bytearray(stats(GDP))
    flipped[len(flipped) // 3] ^= 0xFF
    assert {f.code for f in refusal("stats_bureau", bytes(flipped), STATS)} == {"not_a_workbook"}


def test_a_binary_workbook_broken_inside_is_told_in_words():
    name = "agriculture_2026-06.xls"
    whole = (SAMPLE / name).read_bytes()
    maimed = [whole[:at] + b"\xff" * 4 + whole[at + 4 :] for at in range(512, len(whole), 251)]
    maimed += [whole[:at] + whole[at + 3 :] for at in range(512, len(whole), 251)]
    told = [fault for data in maimed for fault in faults_of("agriculture", data, name)]
    broken = [fault for fault in told if "broken inside" in fault.message]
    assert len(broken) > 10
    for fault in broken:
        assert fault.message == "the workbook is broken inside: its parts do not fit together"
        assert fault.file == name and fault.expected and "save it again" in (fault.mend or "")


def test_a_part_that_stands_in_the_workbook_twice():
    """Readers differ in which of the two they take."""
    raw = io.BytesIO(stats(GDP))
    with zipfile.ZipFile(raw, "a") as parts, pytest.warns(UserWarning, match="Duplicate name"):
        parts.writestr("xl/worksheets/sheet1.xml", parts.read("xl/worksheets/sheet1.xml").replace(b"1141.6", b"9141.6"))
    fault = one(refusal("stats_bureau", raw.getvalue(), STATS), "not_a_workbook")
    assert fault.message == "the part xl/worksheets/sheet1.xml stands in the workbook twice" and fault.expected


def test_password_protected():
    assert "password" in one(refusal("stats_bureau", encrypted_container(), STATS), "password_protected").message


def test_a_zip_bomb_is_refused_before_it_is_parsed():
    bomb = replaced(stats(GDP), "xl/worksheets/sheet1.xml", b" " * 40_000_000)
    fault = one(refusal("stats_bureau", bomb, STATS), "zip_bomb")
    assert "sheet1.xml" in (fault.value or "") and "to 1" in (fault.expected or "")
    small = Limits(max_unzipped=1_000_000)
    assert "unzipped" in (one(refusal("stats_bureau", bomb, STATS, limits=small), "zip_bomb").expected or "")


def test_one_cell_in_the_last_corner_does_not_fill_the_memory():
    book = workbook(("主要经济指标", [[TITLE[0]], *HEADER, GDP], []))
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml")
    far = sheet.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
    fault = one(refusal("stats_bureau", replaced(book, "xl/worksheets/sheet1.xml", far), STATS), "too_many_cells")
    assert fault.sheet == "主要经济指标" and fault.value == "1048576 rows"


def test_a_formatted_empty_cell_far_away_is_no_cell():
    book = workbook(("主要经济指标", [[TITLE[0]], *HEADER, RETAIL], []))
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml")
    far = sheet.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>')
    assert len(observe("stats_bureau", replaced(book, "xl/worksheets/sheet1.xml", far), STATS).observations) == 4


def test_a_document_type_in_a_workbook_is_refused():
    head = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    styles = head + b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">&b;</styleSheet>'
    for text in (styles, styles.decode().encode("utf-16")):
        fault = one(refusal("stats_bureau", replaced(stats(RETAIL), "xl/styles.xml", text), STATS), "not_a_workbook")
        assert "xl/styles.xml" in fault.message


def test_missing_column():
    header = [HEADER[0][:5], HEADER[1][:5]]
    fault = one(refusal("stats_bureau", stats(RETAIL[:5], header=header), STATS), "missing_column")
    assert (fault.sheet, fault.row) == ("主要经济指标", 3)
    assert "同比" in (fault.column or "") and "同比" in (fault.expected or "")


def test_renamed_column_names_the_likely_one():
    header = [HEADER[0], [*HEADER[1][:5], "增减幅度"]]
    fault = one(refusal("stats_bureau", stats(RETAIL, header=header), STATS), "missing_column")
    assert "1-3月累计/增减幅度" in (fault.value or "") and fault.row == 3


def test_renamed_label_column_and_several_faults_at_once():
    header = [["科目", "计算单位", "本月", None, "1—3月累计", None], HEADER[1]]
    fault = one(refusal("stats_bureau", stats(RETAIL, header=header), STATS), "missing_column")
    assert "指标名称" in fault.message
    header = [["指标名称", "计算单位", "本月", None, "1—3月累计", None], [*HEADER[1][:5], "增减幅度"]]
    assert [f.code for f in refusal("stats_bureau", stats(RETAIL, header=header), STATS)] == ["missing_column"] * 2


def test_no_header_at_all():
    fault = one(refusal("stats_bureau", workbook(("目录", [["目录"], ["见附件"]], [])), STATS), "no_header")
    assert fault.value == "目录" and "指标名称" in (fault.expected or "")


def test_two_columns_with_one_header():
    header = [HEADER[0], [*HEADER[1][:4], "同比±%", "同比±%"]]
    codes = {f.code for f in refusal("stats_bureau", stats(RETAIL, header=header), STATS)}
    assert codes == {"missing_column", "ambiguous_column"}


def test_another_months_file_under_this_months_name():
    february = (SAMPLE / "stats_bureau_2026-02.xlsx").read_bytes()
    for options in ({}, {"period": "2026-03"}):
        title, *headers = refusal("stats_bureau", february, STATS, **options)
        assert (title.code, title.file, title.sheet, title.row, title.column) == (
            "other_period",
            STATS,
            "主要经济指标",
            1,
            "A",
        )
        assert title.value == "2026年1—2月包头市主要经济指标" and title.expected == "2026-03" and title.mend
        assert {(f.row, f.value) for f in headers} == {(4, "1-2月累计/绝对量"), (4, "1-2月累计/同比±%")}
    named = refusal("stats_bureau", february, "stats_bureau_2026-02.xlsx", period="2026-03")
    assert named[-1].value == "stats_bureau_2026-02.xlsx"


def test_a_header_left_over_from_last_month():
    header = [["指标名称", "计量单位", "本月", None, "1—2月累计", None], HEADER[1]]
    for fault in refusal("stats_bureau", stats(RETAIL, header=header), STATS):
        assert (fault.code, fault.row, fault.expected) == ("other_period", 3, "2026-03") and fault.column in ("E", "F")


def test_no_month_anywhere_and_a_month_that_is_none():
    header = [["指标名称", "计量单位", "本月", None, "累计", None], HEADER[1]]
    data = stats(RETAIL, title=["主要经济指标"], header=header)
    assert one(refusal("stats_bureau", data, "stats.xlsx"), "no_period").expected
    assert observe("stats_bureau", data, "stats.xlsx", period="2026-03").observations.period.unique().tolist() == [
        "2026-03"
    ]
    assert refusal("stats_bureau", data, "stats.xlsx", period="2026-13")[0].code == "bad_period"


def test_text_in_a_number_cell_is_refused_and_the_rest_is_read():
    found = observe("stats_bureau", stats(GDP, ["社会消费品零售总额", "亿元", 73.3, 5.4, "约四百亿", 6.0]), STATS)
    fault = one(found.rejects, "not_a_number")
    assert (fault.file, fault.sheet, fault.row, fault.column, fault.value) == (
        STATS,
        "主要经济指标",
        6,
        "E",
        "约四百亿",
    )
    assert fault.expected == "a number"
    assert len(found.observations) == 5 and found.counts["rejected"] == 1


def test_every_unreadable_cell_is_told_not_only_the_first():
    rows = [["社会消费品零售总额", "亿元", "七十三", "5.4.1", "12,34", "1.2e3"]]
    assert [f.column for f in observe("stats_bureau", stats(*rows), STATS).rejects] == ["C", "D", "E", "F"]


def test_a_formula_that_was_never_computed_is_text():
    fault = one(
        observe("stats_bureau", stats(["社会消费品零售总额", "亿元", "=1+1", 5.4, 221.1, 6.0]), STATS).rejects,
        "not_a_number",
    )
    assert (fault.row, fault.column) == (5, "C")
    assert fault.message == "社会消费品零售总额: a formula whose result is not stored in the file"
    assert fault.mend == "open the file in a spreadsheet and save it again"
    typed = one(
        observe("stats_bureau", stats(["社会消费品零售总额", "亿元", "约七十", 5.4, 1, 6.0]), STATS).rejects,
        "not_a_number",
    )
    assert "spreadsheet" not in (typed.mend or "")


def test_a_direction_without_a_number():
    found = observe("stats_bureau", stats(["规模以上工业增加值", "亿元", "-", 10.3, "-", "正增长"]), STATS)
    assert one(found.rejects, "qualitative").value == "正增长"


def test_the_unit_changed():
    fault = one(refusal("stats_bureau", stats(GDP, ["社会消费品零售总额", "万元", *RETAIL[2:]]), STATS), "unit_changed")
    assert (fault.file, fault.sheet, fault.row, fault.column) == (STATS, "主要经济指标", 6, "B")
    assert (fault.value, fault.expected) == ("万元", "亿元") and "0.0001" in fault.message
    fault = one(refusal("stats_bureau", stats(["地区生产总值（万元）", None, *GDP[2:]]), STATS), "unit_changed")
    assert fault.value == "万元"


def test_an_unknown_row_is_listed_with_the_nearest_names():
    found = observe("stats_bureau", stats(GDP, ["社会消费品零售额", "亿元", 1, 2, 3, 4]), STATS)
    fault = one(found.unmatched, "unknown_indicator")
    assert (fault.row, fault.sheet) == (6, "主要经济指标") and "社会消费品零售总额" in (fault.expected or "")
    assert len(found.observations) == 2 and found.counts["read"] == 8 and found.counts["matched"] == 4


def test_two_values_for_one_series():
    found = observe("stats_bureau", stats(INDUSTRY, [*INDUSTRY[:5], 11.8]), STATS)
    fault = one(found.rejects, "conflict")
    assert (fault.row, fault.column, fault.value) == (6, "F", "11.8") and "row 5" in (fault.expected or "")
    assert list(found.observations.span) == ["month"]


def test_the_same_value_twice_is_one_value_as_printed_with_more_digits():
    found = observe("stats_bureau", stats(GDP, [*GDP[:4], 1141.56, 5.7]), STATS)
    assert not found.rejects
    assert sorted(found.observations.text) == ["1141.56", "5.7"]


def test_hostile_text_stays_text():
    found = observe(
        "stats_bureau",
        stats(["=cmd|' /C calc'!A0", "亿元", 1, 2, 3, 4], ["<script>alert(1)</script>", "亿元", 1, 2, 3, 4]),
        STATS,
    )
    assert len(found.unmatched) == 2 and found.observations.empty


def test_a_file_over_the_limit_of_bytes():
    assert (
        one(refusal("stats_bureau", stats(GDP), STATS, limits=Limits(max_bytes=100)), "too_large").expected
        == "at most 100 bytes"
    )


@pytest.mark.parametrize("half", ["\\ud800", "\\udfff"])
def test_half_a_character_in_json_is_shown_and_stops_nothing(half):
    name = "national_benchmark_2026-06.json"
    text = (SAMPLE / name).read_text(encoding="utf-8").replace('"_id": "369bada3', f'"_id": "{half}')
    found = observe("national_benchmark", text.encode(), name)
    [row] = found.unmatched
    assert row.label.startswith("\ufffd") and len(found.observations) > 5
    assert pd.Series([row.label], dtype="str").iloc[0] == row.label
