"""The other layouts: a page, a text file, several sheets, areas down the side, the long form."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date

import pytest
from feedcases import SAMPLE, observe, read, refusal, replaced, values, workbook

from planwatch.model.feed import CellState

PAGE = "finance_2026-03.html"
HEAD = """<thead><tr><th rowspan="2">项目</th><th>本月</th><th colspan="3">1—3月累计</th></tr>
<tr><th>金额</th><th>金额</th><th>同比±%</th><th>同口径±%</th></tr></thead>"""
ROWS = """<tr><td>一般公共预算收入</td><td>169,092</td><td>476562</td><td>-3.2</td><td>0.3</td></tr>
<tr><td>#税收收入</td><td>119197</td><td>347619</td><td>-5.1</td><td>-1.3</td></tr>"""


def page(
    table: str = HEAD + ROWS, caption: str = "单位：万元", head: str = '<meta charset="utf-8">', more: str = ""
) -> str:
    return f"""<!DOCTYPE html><html><head>{head}<title>2026年1—3月财政预算执行情况</title></head><body>
<div>首页 &gt; 2025年12月 <script>var x = "2025年1月";</script></div><h1>2026年1—3月财政预算执行情况</h1>
<p>发布日期：2026年4月13日</p>{more}<table><caption>{caption}</caption>{table}</table></body></html>"""


def test_a_page_with_merged_headers_and_the_unit_in_the_caption():
    found = observe("finance", page().encode(), PAGE)
    got = values(found)
    assert got[("budget_revenue", "baotou", "2026-03", "ytd", "level")] == 47.6562
    assert got[("budget_revenue", "baotou", "2026-03", "month", "level")] == 16.9092
    assert got[("tax_revenue", "baotou", "2026-03", "ytd", "growth_yoy")] == -5.1
    first = found.observations.iloc[0]
    assert (first.sheet, first.row, first.column, first.printed_unit, first.published_at) == (
        "table 1",
        3,
        "2",
        "万元",
        date(2026, 4, 13),
    )


def test_the_growth_on_a_comparable_basis_is_read_and_kept_apart():
    table = read("finance", page().encode(), PAGE)
    aside = table.cells[table.cells.state == CellState.OTHER_CALIBER]
    assert list(aside.number) == [0.3, -1.3]
    growth = [
        v for (i, _a, _p, _s, m), v in values(observe("finance", page().encode(), PAGE)).items() if m == "growth_yoy"
    ]
    assert growth == [-3.2, -5.1]


def test_a_unit_that_the_feed_does_not_declare_is_refused_with_its_factor():
    for unit, said in (("亿元、%", "a 亿元 is 10000 万元"), ("万人", "something else")):
        fault = refusal("finance", page(caption=f"单位：{unit}").encode(), PAGE)[0]
        assert (fault.code, fault.value, fault.expected, fault.sheet) == ("unit_changed", unit[:2], "万元", "table 1")
        assert said in fault.message


@pytest.mark.parametrize(
    ("encoding", "head"),
    [("utf-8", '<meta charset="utf-8">'), ("utf-8", ""), ("gb18030", '<meta http-equiv="Content-Type" content="text/html; charset=gb2312">'),
     ("gb18030", ""), ("utf-8-sig", '<meta charset="gb2312">')],
)  # fmt: skip
def test_a_page_in_any_of_the_usual_encodings(encoding, head):
    assert len(observe("finance", page(head=head).encode(encoding), PAGE).observations) == 6


def test_a_page_without_the_table():
    fault = refusal("finance", "<html><body>请登录</body></html>".encode(), PAGE)[0]
    assert (fault.code, fault.file, fault.value) == ("no_table", PAGE, "请登录") and fault.mend and fault.expected
    other = "<html><body><table><tr><td>导航</td><td>通知</td></tr></table></body></html>"
    assert refusal("finance", other.encode(), PAGE)[0].code == "no_table"


def test_tables_of_the_pages_layout_do_not_disturb():
    nested = f"<table><tr><td>导航</td></tr></table><table><tr><td>{page()[page().index('<table') :]}</td></tr></table>"
    found = observe("finance", f"<html><h1>2026年1—3月</h1><body>{nested}</body></html>".encode(), PAGE)
    assert len(found.observations) == 6 and set(found.observations.sheet) == {"table 3"}


def test_nothing_outside_the_page_is_opened(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("机密", encoding="utf-8")
    head = f'<!DOCTYPE html [<!ENTITY s SYSTEM "file://{secret}">]>'
    text = head + page(more=f'<p>&s;</p><img src="http://192.0.2.1/x"><iframe src="file://{secret}"></iframe>')
    table = read("finance", text.encode(), PAGE)
    assert "机密" not in str(table.notes) + table.title


def test_absurd_spans_are_cut_or_refused():
    wide = HEAD.replace('colspan="3"', 'colspan="99999"')
    assert refusal("finance", page(wide + ROWS).encode(), PAGE)[0].code == "too_many_cells"
    tall = ROWS.replace("<td>一般", '<td rowspan="0x10">一般')
    assert len(observe("finance", page(HEAD + tall).encode(), PAGE).observations) == 6


CSV = "human_resources_2026-03.csv"
TEXT = """2026年1—3月包头市城镇就业情况
发布单位：市人社局　发布日期：2026年4月10日
填报说明：失业率为期末数，填在“本月”栏
指标,单位,本月,累计,备注
城镇新增就业,人,4700,9800,
城镇登记失业率,%,3.31,-,初步核定
"""


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_text_file_in_any_encoding(encoding, newline):
    found = observe("human_resources", TEXT.replace("\n", newline).encode(encoding), CSV)
    assert values(found) == {
        ("new_jobs", "baotou", "2026-03", "month", "level"): 4700,
        ("new_jobs", "baotou", "2026-03", "ytd", "level"): 9800,
        ("registered_unemployment", "baotou", "2026-03", "point", "ratio"): 3.31,
    }
    last = found.observations.iloc[-1]
    assert (last.row, last.column, last.quality, last.unit) == (6, "本月", "preliminary", "%")


def test_rows_are_numbered_as_lines_also_after_a_cell_of_several_lines():
    text = TEXT.replace("填报说明：失业率为期末数，填在“本月”栏", '"填报说明：\n失业率为期末数"')
    assert list(observe("human_resources", text.encode(), CSV).observations.row) == [6, 6, 7]


def test_an_undecodable_byte_is_named():
    data = TEXT.encode("gb18030")
    cut = (
        data[: data.index("城镇登记".encode("gb18030"))]
        + b"\xff\xff"
        + data[data.index("城镇登记".encode("gb18030")) :]
    )
    fault = refusal("human_resources", cut, CSV)[0]
    assert (
        (fault.code, fault.row, fault.value) == ("undecodable", 6, "0xffffb3c7")
        and "GB18030" in (fault.expected or "")
        and fault.mend
    )


def test_a_text_file_that_is_none():
    assert refusal("human_resources", TEXT.encode() + b"\x00\x01", CSV)[0].code == "binary"
    unclosed = refusal("human_resources", TEXT.replace("城镇登记", '"城镇登记').encode(), CSV)[0]
    assert unclosed.code == "not_csv" and unclosed.row == 6


def test_a_missing_column_of_a_text_file():
    fault = refusal("human_resources", TEXT.replace("累计", "合计").encode(), CSV)[0]
    assert (fault.code, fault.row, fault.column) == ("missing_column", 4, "累计") and "合计" in (fault.value or "")


MILESTONES, ECOLOGY, WORKS = "milestones_2026-03.xlsx", "ecology_2026-03.xlsx", "ecological_works_2026-03.xlsx"
ABOUT = [["2026年3月部门报送表"], ["发布日期：2026年4月8日"]]


def milestones(*rows) -> bytes:
    return workbook(("里程碑", [*ABOUT, ["事项", "状态", "完成日期", "佐证", "责任单位"], *rows], []))


def ecology(lines=(), counts=()) -> bytes:
    return workbook(
        ("环境质量", [*ABOUT, ["指标", "单位", "口径", "数值", "备注"], *counts], []),
        ("底线", [*ABOUT, ["事项", "报告期", "突破数", "说明"], *lines], []),
    )


def works(*rows) -> bytes:
    return workbook(("生态工程", [*ABOUT, ["指标", "单位", "口径", "数值", "责任单位", "备注"], *rows], []))


def test_milestones_bottom_lines_and_counts():
    found = observe(
        "milestones",
        milestones(
            ["包头市优化营商环境条例", "进行中", None, "", "市司法局"],
            ["包头市城市更新条例", "已完成", date(2026, 3, 2), "号", "市司法局"],
        ),
        MILESTONES,
    )
    assert not found.rejects and not found.unmatched
    assert values(found) == {
        ("business_environment_rules", "baotou", "2026-03", "point", "done"): 0.5,
        ("urban_renewal_rules", "baotou", "2026-03", "point", "done"): 1,
    }
    found = observe(
        "ecology",
        ecology(
            [["国考断面水质达标", "2026年3月", 0, "零报告"], ["饮用水源地水质达标", "2026年2月", 1, ""]],
            [
                ["优良天数比例", "%", "累计", 79.2, "预计数"],
                ["重污染天数", "天", "累计", 2, ""],
                ["重点建设用地安全利用率（2025年末）", "%", "期末", 100, "上年末数"],
            ],
        ),
        ECOLOGY,
    )
    assert not found.rejects and not found.unmatched
    assert values(found) == {
        ("surface_water_compliance", "baotou", "2026-03", "month", "report"): 0,
        ("source_water_compliance", "baotou", "2026-02", "month", "report"): 1,
        ("good_air_days", "baotou", "2026-03", "ytd", "ratio"): 79.2,
        ("heavy_pollution_days", "baotou", "2026-03", "ytd", "level"): 2,
        ("safe_land_use", "baotou", "2025-12", "point", "ratio"): 100,
    }
    assert found.observations.set_index("indicator").quality["good_air_days"] == "estimate"


def test_an_amount_in_another_declared_unit():
    found = observe("ecological_works", works(["三北工程实施面积", "亩", "累计", 54000, "", ""]), WORKS)
    assert values(found) == {("three_north_area", "baotou", "2026-03", "ytd", "level"): 5.4}


@pytest.mark.parametrize("state", ["基本完成", "1", 0.5])
def test_a_state_that_is_none(state):
    found = observe("milestones", milestones(["包头市城市更新条例", state, None, "", ""]), MILESTONES)
    assert [(f.code, f.sheet, f.row, f.column, f.value) for f in found.rejects] == [
        ("not_a_number", "里程碑", 4, "B", str(state))
    ]


def test_a_caliber_word_nobody_knows():
    found = observe("ecological_works", works(["小流域治理面积", "平方公里", "旬末", 34.7, "", ""]), WORKS)
    assert [f.code for f in found.rejects] == ["unknown_word"] and found.observations.empty


def test_a_unit_of_another_kind():
    fault = refusal("ecological_works", works(["小流域治理面积", "亿元", "累计", 34.7, "", ""]), WORKS)[0]
    assert (fault.code, fault.sheet, fault.row, fault.column, fault.value) == (
        "unit_changed", "生态工程", 4, "B", "亿元",
    )  # fmt: skip


def test_a_missing_sheet():
    book = workbook(("说明", [*ABOUT, ["本表由各科室填报"]], []))
    assert {f.sheet for f in refusal("ecology", book, ECOLOGY)} == {"环境质量", "底线"}


def test_a_renamed_sheet_is_found_by_its_header():
    book = workbook(
        ("表一", [*ABOUT, ["指标", "单位", "口径", "数值"], ["重污染天数", "天", "累计", 2]], []),
        ("表二", [*ABOUT, ["事项", "报告期", "突破数"]], []),
    )
    assert list(observe("ecology", book, ECOLOGY).observations.sheet) == ["表一"]


REGIONAL = "regional_benchmark_2026-04.xlsx"


def regional(
    *rows,
    names=(
        "规模以上工业增加值",
        "固定资产投资",
        "社会消费品零售总额",
        "一般公共预算收入",
        "进出口总额",
        "实际利用外资",
    ),
) -> bytes:
    top = ["地区", "1—4月累计同比（%）", *[None] * (len(names) - 1), "位次"]
    under = [None, *names, "实际利用外资总量位次"]
    return workbook(("盟市对比", [["2026年1—4月主要指标对比"], top, under, *rows], ["A2:A3", "B2:G2"]))


def test_areas_down_the_side_and_indicators_across():
    found = observe(
        "regional_benchmark",
        regional(
            ["全国", 5.8, 1.5, 4.2, -0.2, 3.2, -3.8, "-"],
            ["全区", 6.9, "４.９", 4.4, -1.6, 5.0, 16.9, "-"],
            ["包头市", *["-"] * 4, -7.2, 64.2, 2],
        ),
        REGIONAL,
    )
    got = values(found)
    assert not found.rejects and not found.unmatched and len(got) == 15
    assert got[("industry_va", "nation", "2026-04", "ytd", "growth_yoy")] == 5.8
    assert got[("fixed_investment", "inner_mongolia", "2026-04", "ytd", "growth_yoy")] == 4.9
    assert got[("fdi_used", "baotou", "2026-04", "ytd", "rank")] == 2
    assert got[("fdi_used", "baotou", "2026-04", "ytd", "growth_yoy")] == 64.2


def test_an_area_nobody_knows_and_a_column_nobody_knows():
    names = (
        "规模以上工业增加值",
        "固定资产投资",
        "社会消费品零售总额",
        "一般公共预算收入",
        "进出口总额",
        "实际利用外资",
        "量子产业增加值",
    )
    top = ["地区", "1—4月累计同比（%）", *[None] * 6, "位次"]
    rows = [["2026年1—4月对比"], top, [None, *names, "实际利用外资总量位次"], ["呼包鄂", *range(1, 8), 2]]
    found = observe("regional_benchmark", workbook(("盟市对比", rows, ["A2:A3", "B2:H2"])), REGIONAL)
    assert {f.code for f in found.rejects} == {"unknown_area"} and len(found.rejects) == 7
    assert [(f.code, f.column) for f in found.unmatched] == [("unknown_indicator", "H")]


def test_a_renamed_indicator_column():
    names = ("规模以上工业增加值", "固定资产投资", "社会消费品零售总额", "一般公共预算收入", "外贸情况", "实际利用外资")
    fault = refusal("regional_benchmark", regional(["全国", *range(7)], names=names), REGIONAL)[0]
    assert (fault.code, fault.column, fault.sheet, fault.row) == ("missing_column", "进出口总额", "盟市对比", 2)
    assert "外贸情况" in (fault.value or "")


LONG = "published_figures_2025.tsv"
COLUMNS = ("indicator", "area", "period", "measure", "value", "unit", "confidence", "published_at", "source_title")


def long(*rows: tuple[str, ...]) -> bytes:
    return "\n".join("\t".join(row) for row in (COLUMNS, *rows)).encode()


def fact(  # noqa: PLR0917
    measure,
    value,
    unit="%",
    indicator="地区生产总值",
    area="包头市",
    period="2025-06 YTD",
    confidence="A",
    day="2025-08-28",
):
    return (indicator, area, period, measure, value, unit, confidence, day, "报告")


def test_the_long_form_of_published_figures():
    found = observe(
        "published_figures",
        long(
            fact("level", "2322.8", "亿元"),
            fact("growth_yoy_real", "7.0"),
            fact("growth_yoy_real_current_quarter", "4.7", area="全国", period="2024-Q2"),
            fact("level", "134.9", "万亿元", area="全国", period="2024-12 YTD", confidence="B-"),
            fact("level_estimate", "368.7", "亿元", area="九原区(包头)", period="2024-12 YTD"),
            fact("level_revised", "2770", "亿元", period="2020-12 YTD"),
            fact("index", "100.1", "指数(上年同期=100)", indicator="居民消费价格", period="2015-03 YTD"),
            fact("growth_yoy_current_month", "-0.1", indicator="居民消费价格", area="全国", period="2025-05"),
            fact("rate", "77.4", indicator="优良天数比例", period="2022-01"),
            fact("level", "4.6", "万人", indicator="城镇新增就业", period="2020-12 YTD"),
        ),
        LONG,
    )
    assert not found.rejects and not found.unmatched and not found.missing
    assert values(found) == {
        ("gdp", "baotou", "2025-06", "ytd", "level"): 2322.8,
        ("gdp", "baotou", "2025-06", "ytd", "growth_yoy"): 7.0,
        ("gdp", "nation", "2024-06", "quarter", "growth_yoy"): 4.7,
        ("gdp", "nation", "2024-12", "ytd", "level"): 1349000,
        ("gdp", "jiuyuan", "2024-12", "ytd", "level"): 368.7,
        ("gdp", "baotou", "2020-12", "ytd", "level"): 2770,
        ("cpi", "baotou", "2015-03", "ytd", "growth_yoy"): 0.1,
        ("cpi", "nation", "2025-05", "month", "growth_yoy"): -0.1,
        ("good_air_days", "baotou", "2022-01", "month", "ratio"): 77.4,
        ("new_jobs", "baotou", "2020-12", "ytd", "level"): 46000,
    }
    frame = found.observations.set_index(["indicator", "area"])
    assert frame.quality[("gdp", "jiuyuan")] == "estimate"
    assert list(frame.quality[("gdp", "nation")]) == ["final", "preliminary"]
    assert set(frame.published_at) == {date(2025, 8, 28)}
    assert read("published_figures", long(fact("level", "1", "亿元")), LONG).period == "2025-06"


def test_growth_on_another_basis_is_another_caliber():
    table = read("published_figures", long(fact("growth_yoy_real", "8.1"), fact("growth_yoy_nominal", "7.14")), LONG)
    assert list(table.cells.state) == ["number", "other_caliber"]


def test_two_days_are_two_vintages_and_one_day_is_a_conflict():
    day = observe(
        "published_figures",
        long(fact("level", "2787.4", "亿元"), fact("level", "2770", "亿元", day="2026-01-01")),
        LONG,
    )
    assert len(day.observations) == 2 and not day.rejects
    same = observe("published_figures", long(fact("level", "2787.4", "亿元"), fact("level", "2770", "亿元")), LONG)
    assert [f.code for f in same.rejects] == ["conflict"] and same.observations.empty
    revised = observe(
        "published_figures", long(fact("level", "2787.4", "亿元"), fact("level_revised", "2770", "亿元")), LONG
    )
    assert list(revised.observations.value) == [2770]


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (fact("growth_qualitative", "正增长", "text"), "qualitative", "value"),
        (fact("growth_qoq", "1.0"), "unknown_word", "measure"),
        (fact("level", "1.0", "亿元", period="去年"), "no_period", "period"),
        (fact("level", "1.0", "亿元", period=""), "no_period", "period"),
        (fact("level", "1.0", "亿元", area="鄂尔多斯市"), "unknown_area", "value"),
        (fact("level", "1.0", "摄氏度"), "unit_unknown", "value"),
        (fact("level", "1.0", "万人"), "unit_incompatible", "value"),
    ],
)
def test_facts_that_are_refused(row, code, column):
    found = observe("published_figures", long(fact("level", "1", "亿元", period="2025-03 YTD"), row), LONG)
    assert [(f.code, f.row, f.column) for f in found.rejects] == [(code, 3, column)]
    assert len(found.observations) == 1 and all(f.mend and f.expected for f in found.rejects)


@pytest.mark.parametrize("feed", ["energy", "national_benchmark"])
@pytest.mark.parametrize("other", ["2026-03", "2026-09"])
def test_rows_that_all_state_another_month_than_the_name(feed, other):
    [file] = SAMPLE.glob(f"{feed}_{other}.*")
    name = file.name.replace(other, "2026-06")
    [fault] = refusal(feed, file.read_bytes(), name)
    assert (fault.code, fault.expected) == ("other_period", "2026-06") and fault.row
    assert fault.value in {"2026-Q1", "2026-Q3", "202603MM", "202609MM"} and fault.column
    with_own = observe(feed, (SAMPLE / name).read_bytes(), name)
    assert set(with_own.observations.period) == {"2026-06"}


def test_a_value_of_a_spreadsheet_that_shows_no_text_is_read_by_its_value():
    """Programs that write OpenDocument by themselves leave the text out."""
    name = "industry_it_2026-06.ods"
    data = (SAMPLE / name).read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        content = parts.read("content.xml").decode()
    bare, n = re.subn(r'(<table:table-cell office:value-type="float"[^>]*>)<text:p>[^<]*</text:p>', r"\1", content)
    shown, unshown = (observe("industry_it", one, name) for one in (data, replaced(data, "content.xml", bare.encode())))
    assert n > 10 and not unshown.findings
    assert values(unshown) == values(shown)
