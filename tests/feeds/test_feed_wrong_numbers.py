"""What must never come out as a number: another month's, another series', a footnote's, a shifted column's."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from feedcases import (
    GDP,
    HEADER,
    MERGES,
    RETAIL,
    SAMPLE,
    STATS,
    TITLE,
    observe,
    refusal,
    replaced,
    stats,
    values,
    workbook,
)
from openpyxl import Workbook, load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from planwatch.errors import Fault
from planwatch.reconcile import Reconciliation

STATS_6, FINANCE, JOBS, REPORTS = (
    "stats_bureau_2026-06.xlsx",
    "finance_2026-06.html",
    "human_resources_2026-06.csv",
    "ecology_2026-06.xlsx",
)
PAGE = (SAMPLE / FINANCE).read_text(encoding="utf-8")
TEXT = (SAMPLE / JOBS).read_bytes().decode("gb18030")
REVENUE = ("budget_revenue", "baotou", "2026-06", "ytd", "level")
UNEMPLOYMENT = ("registered_unemployment", "baotou", "2026-06", "point", "ratio")


def page(text: str) -> Reconciliation:
    return observe("finance", text.encode(), FINANCE)


def jobs(text: str) -> Reconciliation:
    return observe("human_resources", text.encode(), JOBS)


def edited(name: str, change: Callable[[Workbook], Any]) -> bytes:
    """Return a shipped workbook after a change."""
    book = load_workbook(SAMPLE / name)
    change(book)
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


def part(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        return parts.read(name)


def codes(faults: tuple[Fault, ...]) -> list[str]:
    return [f.code for f in faults]


@pytest.mark.parametrize("aside", ["期末", "6月末", "月末数", "2026年6月末", "截至6月底", "%", "快报数", "1—6月"])
def test_an_aside_leaves_a_row_its_name_and_month(aside):
    found = jobs(TEXT.replace("城镇登记失业率", f"城镇登记失业率（{aside}）"))
    assert values(found)[UNEMPLOYMENT] == values(jobs(TEXT))[UNEMPLOYMENT]
    assert not found.findings


@pytest.mark.parametrize(
    "inside", ["限额以上", "昆都仑区", "全国", "上年同期", "上年末", "2025年", "1—5月昆都仑区", "户籍"]
)
def test_other_parentheses_make_another_series(inside):
    found = observe("stats_bureau", stats([f"社会消费品零售总额（{inside}）", *RETAIL[1:]], GDP), STATS)
    assert set(found.observations.indicator) == {"gdp"}
    assert codes(found.unmatched) == ["unknown_indicator"]
    assert inside.replace("—", "-") in found.unmatched[0].message
    assert "社会消费品零售总额" in (found.unmatched[0].expected or "")


def test_other_parentheses_in_the_header_of_an_area_table():
    def change(book):
        for cell in [
            c for row in book.worksheets[0].iter_rows(max_row=8) for c in row if c.value == "社会消费品零售总额"
        ]:
            cell.value = "社会消费品零售总额（限额以上）"

    name = "regional_benchmark_2026-06.xlsx"
    assert "missing_column" in codes(refusal("regional_benchmark", edited(name, change), name))


@pytest.mark.parametrize(
    "title", ["2026年6月末主要指标", "截至2026年6月底主要指标", "主要经济指标（周末版）", "“三保”底线情况"]
)
def test_titles_of_the_month_or_of_none(title):
    def change(book):
        book.worksheets[0]["A1"] = title

    found = observe("stats_bureau", edited(STATS_6, change), STATS_6)
    assert set(found.observations.period) <= {"2026-05", "2026-06"}


def test_prose_and_notes_state_no_month():
    said = "<p>项目2025年12月开工，2027年底前完成</p><table"
    assert values(page(PAGE.replace("<table", said, 1))) == values(page(PAGE))
    noted = stats(RETAIL, title=[TITLE[0], "说明：2025年12月数据另行公布"])
    assert len(observe("stats_bureau", noted, STATS).observations) == 4


UNSEEN = [
    "{}<sup>1</sup>", "{}<sup><a href='#n'>2</a></sup>", "{}<sub>3</sub>", "<del>900000</del>{}", "<s>9</s>{}", "<strike>9</strike>{}",
    "<span hidden>9</span>{}", "<span style='DISPLAY : none'>9</span>{}", "<i style='visibility:hidden'>9</i>{}", "<template>9</template>{}",
    "{}<script>9</script>", "{}<style>9</style>", "<!-- 9 -->{}",
]  # fmt: skip


@pytest.mark.parametrize("markup", UNSEEN)
def test_what_nobody_sees_on_a_page_is_no_digit(markup):
    number = str(int(values(page(PAGE))[REVENUE] * 10_000))
    assert PAGE.count(f">{number}<") == 1
    assert values(page(PAGE.replace(f">{number}<", f">{markup.format(number)}<"))) == values(page(PAGE))


@pytest.mark.parametrize("markup", ["<br>", "</p><p>", "<div>"])
def test_two_numbers_in_a_cell_are_not_one(markup):
    number = str(int(values(page(PAGE))[REVENUE] * 10_000))
    found = page(PAGE.replace(f">{number}<", f"><p>{number[:3]}{markup}{number[3:]}</p><"))
    assert codes(found.rejects) == ["not_a_number"] and REVENUE not in values(found)


@pytest.mark.parametrize("style", [{"vertAlign": "superscript"}, {"strike": True}])
def test_raised_and_struck_out_digits_of_a_workbook_are_left_out(style):
    def change(book):
        book.worksheets[0]["F6"] = CellRichText("5.6", TextBlock(InlineFont(**style), "1"))

    found = observe("stats_bureau", edited(STATS_6, change), STATS_6)
    assert values(found)[("gdp", "baotou", "2026-06", "ytd", "growth_yoy")] == 5.6


def test_raised_digits_of_shared_text_are_left_out():
    data = stats([*RETAIL[:2], "73.31", *RETAIL[3:]])
    sheet = part(data, "xl/worksheets/sheet1.xml").decode()
    shared = re.sub(r't="inlineStr"><is><t>73\.31</t></is>', 't="s"><v>1</v>', sheet)
    assert shared != sheet
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    link = f'<Relationship Id="rIdShared" Type="{kind}" Target="sharedStrings.xml"/></Relationships>'
    rels = part(data, "xl/_rels/workbook.xml.rels").decode().replace("</Relationships>", link)
    texts = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>x</t></si><si><r><t>73.3</t></r>'
        '<r><rPr><vertAlign val="superscript"/></rPr><t>1</t></r></si></sst>'
    )
    data = replaced(
        replaced(data, "xl/worksheets/sheet1.xml", shared.encode()), "xl/_rels/workbook.xml.rels", rels.encode()
    )
    raw = io.BytesIO(data)
    with zipfile.ZipFile(raw, "a") as parts:
        parts.writestr("xl/sharedStrings.xml", texts)
    found = observe("stats_bureau", raw.getvalue(), STATS)
    assert values(found)[("retail_sales", "baotou", "2026-03", "month", "level")] == 73.3


@pytest.mark.parametrize(
    "row", ["新增城镇就业,人,3251,19,582,", "新增城镇就业,人,3251,19,582", "新增城镇就业,人,3,251,19582"]
)
def test_an_unquoted_thousands_separator_shifts_nothing(row):
    line = next(n for n, text in enumerate(TEXT.splitlines(), 1) if text.startswith("新增城镇就业"))
    lines = TEXT.splitlines()
    lines[line - 1] = row
    [fault] = refusal("human_resources", "\n".join(lines).encode(), JOBS)
    assert (fault.code, fault.row) == ("row_too_long", line)
    assert "quote" in (fault.mend or "")


def test_blank_rows_of_a_text_file_are_skipped():
    assert values(jobs(TEXT.replace("新增城镇就业", ",,,,\n,,,,,,\n新增城镇就业"))) == values(jobs(TEXT))


@pytest.mark.parametrize("change", [{"A1": "2026年1—5月主要经济指标", "E4": "1—5月累计"}, {"F6": 1.1}])
def test_two_sheets_that_may_be_the_table(change):
    def twin(book):
        sheet = book.copy_worksheet(book.worksheets[0])
        book.move_sheet(sheet, -1)
        for place, value in change.items():
            sheet[place] = value

    [fault] = [f for f in refusal("stats_bureau", edited(STATS_6, twin), STATS_6) if f.code == "ambiguous_table"]
    assert "主要经济指标" in (fault.value or "")


def test_another_table_under_the_same_header_is_not_this_one():
    table = re.search(r"<table.*?</table>", PAGE, re.DOTALL)
    assert table is not None
    funds = table[0].replace("一般公共预算", "政府性基金预算").replace("税收收入", "土地出让收入")
    assert values(page(PAGE.replace(table[0], funds + table[0]))).keys() == values(page(PAGE)).keys()
    assert codes(refusal("finance", PAGE.replace(table[0], table[0] * 2).encode(), FINANCE)) == ["ambiguous_table"]


SECOND = [
    ([["2025年1—3月包头市主要经济指标"], *HEADER], "other_period"),
    ([["2026年1—3月呼和浩特市主要经济指标"], *HEADER], "second_table"),
    ([["指标名称", "计量单位", "本月", None, "2025年1—3月累计", None], HEADER[1]], "second_table"),
]


@pytest.mark.parametrize(("rows", "code"), SECOND)
def test_a_second_table_below_the_first(rows, code):
    body = [RETAIL, [], *rows, ["地区生产总值", "亿元", "-", "-", 1.0, 1.0]]
    first = len(TITLE) + len(HEADER) + 3 + len(rows) - len(HEADER)
    merges = [m.format(n, n + 1) for n in (len(TITLE) + 1, first) for m in MERGES]
    data = workbook(("主要经济指标", [*([t] for t in TITLE), *HEADER, *body], merges))
    assert code in codes(refusal("stats_bureau", data, STATS))


@pytest.mark.parametrize("above", [[], [[TITLE[0]]], [["续表"]]])
def test_the_same_header_on_the_next_printed_page(above):
    first = len(TITLE) + len(HEADER) + 2 + len(above)
    merges = [m.format(n, n + 1) for n in (len(TITLE) + 1, first) for m in MERGES]
    rows = [*([t] for t in TITLE), *HEADER, RETAIL, *above, *HEADER, GDP]
    found = observe("stats_bureau", workbook(("主要经济指标", rows, merges)), STATS)
    assert set(found.observations.indicator) == {"retail_sales", "gdp"}


@pytest.mark.parametrize("error", ["#DIV/0!", "#REF!", "#N/A"])
def test_an_error_in_a_cell_is_refused(error):
    found = observe("stats_bureau", stats([*RETAIL[:4], error, RETAIL[5]]), STATS)
    assert [(f.code, f.row, f.column, f.value) for f in found.rejects] == [("not_a_number", 5, "E", error)]


@pytest.mark.parametrize("text", ["NaN", "1e999", "INF"])
def test_a_number_that_is_none_is_refused(text):
    data = stats(RETAIL)
    sheet = part(data, "xl/worksheets/sheet1.xml")
    broken = sheet.replace(b"<v>221.1</v>", f"<v>{text}</v>".encode())
    assert broken != sheet
    found = observe("stats_bureau", replaced(data, "xl/worksheets/sheet1.xml", broken), STATS)
    assert [(f.code, f.column, f.value) for f in found.rejects] == [("not_a_number", "E", text)]


@pytest.mark.parametrize("share", [0.5, 0.7, 0.85])
def test_a_page_that_ends_within_its_table(share):
    start, end = PAGE.index("<table"), PAGE.index("</table>")
    assert codes(refusal("finance", PAGE[: start + int((end - start) * share)].encode(), FINANCE)) == ["cut_short"]


@pytest.mark.parametrize(
    ("left", "code"),
    [
        ("新增城镇就业,人,3251,19", "cut_short"),
        ("新增城镇就业,人,3251\n", "row_too_short"),
        ("新增城镇就业,人,3251,", "cut_short"),
    ],
)
def test_a_text_file_that_ends_within_a_row(left, code):
    torn = TEXT.replace("\r\n", "\n")[: TEXT.replace("\r\n", "\n").index("新增城镇就业")] + left
    assert codes(refusal("human_resources", torn.encode(), JOBS)) == [code]


def test_a_file_without_a_last_line_end_is_whole():
    assert values(jobs(TEXT.rstrip())) == values(jobs(TEXT))


def test_a_header_alone_is_no_release():
    head = TEXT[: TEXT.index("新增城镇就业")]
    assert codes(refusal("human_resources", head.encode(), JOBS)) == ["no_values"]


@pytest.mark.parametrize(("feed", "name"), [("human_resources", JOBS), ("finance", FINANCE), ("ecology", REPORTS)])
def test_an_empty_file_is_one_fault(feed, name):
    assert codes(refusal(feed, b" \n", name)) == ["empty"]


@pytest.mark.parametrize(("mark", "called"), [(";", "semicolons"), ("\t", "tabs"), ("，", "full-width commas")])
def test_another_delimiter_is_named(mark, called):
    [fault] = refusal("human_resources", TEXT.replace(",", mark).encode(), JOBS)
    assert fault.code == "wrong_delimiter" and called in fault.message and fault.expected == "commas"


def test_the_office_is_not_the_unit():
    title = [TITLE[0], "填报单位:包头市统计局 单位：亿元"]
    for lines in (title, title[::-1]):
        found = observe("stats_bureau", stats([RETAIL[0], None, *RETAIL[2:]], title=lines), STATS)
        assert set(found.observations.printed_unit) == {"亿元", "%"}
    reports = observe("ecology", (SAMPLE / REPORTS).read_bytes(), REPORTS).observations
    assert not [u for u in reports.printed_unit if "包头" in u]


def test_the_unit_nearest_to_the_numbers_counts():
    bare = PAGE.replace("　　单位：万元", "")
    for text in (
        bare.replace("<table", "<p>单位：亿元</p><p>（单位：万元）</p><table", 1),
        bare.replace("<th>金额</th>", "<th>金额（万元）</th>"),
        bare.replace("收支情况表", "收支情况表单位：万元"),
    ):
        assert values(page(text)) == values(page(PAGE))
    for text in (
        bare.replace("<th>金额</th>", "<th>金额（亿元）</th>"),
        bare.replace("<table", "<p>单位：亿元</p><table", 1),
    ):
        assert set(codes(refusal("finance", text.encode(), FINANCE))) == {"unit_changed"}


REPORT_CELLS = [
    ("ecology", "底线", "2026年6月", "2026年9月", "later_period"), ("ecology", "底线", "2026年6月", "上月", "no_period"),
    ("ecology", "环境质量", "累计", "累积", "unknown_word"), ("milestones", "里程碑", "进行中", "推进中", "not_a_number"),
]  # fmt: skip


@pytest.mark.parametrize(("feed", "sheet", "old", "new", "code"), REPORT_CELLS)
def test_the_cell_at_fault_is_named_with_what_is_allowed(feed, sheet, old, new, code):
    places = []

    def change(book):
        cell = next(c for row in book[sheet].iter_rows(min_row=5) for c in row if c.value == old)
        cell.value = new
        places.append((cell.row, cell.column_letter))

    name = f"{feed}_2026-06.xlsx"
    [fault] = observe(feed, edited(name, change), name).rejects
    assert [(fault.code, fault.value), (fault.row, fault.column)] == [(code, new), places[0]]
    assert {"unknown_word": "期末", "not_a_number": "已完成"}.get(code, "2026-06") in (fault.expected or "")


@pytest.mark.parametrize("code", ["0.0,", "#,##0,,", "0.0‰"])
def test_a_format_that_scales_is_not_guessed(code):
    def change(book):
        book.worksheets[0]["F6"].number_format = code

    found = observe("stats_bureau", edited(STATS_6, change), STATS_6)
    assert [(f.code, f.row, f.column) for f in found.rejects] == [("not_a_number", 6, "F")]
