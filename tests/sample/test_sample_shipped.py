"""The shipped files are what the generator makes, and every irregularity of DOMAIN §3 stands in one of them."""

from __future__ import annotations

import io
import zipfile

import pytest
from lxml import html
from openpyxl import load_workbook
from samplecells import FOLDER, raw_rows, text_of

from planwatch.errors import InputError
from planwatch.sample import Sample, generate, release_name, samples
from planwatch.sample.tables import QUARTERS

MARK = "模拟数据（simulated）"


def row_of(name: str, label: str) -> list[object]:
    """Return the first row whose first cell is the label."""
    return next(r for r in raw_rows(name) if r and r[0] == label)


def parts(name: str, data: bytes) -> dict[str, bytes]:
    """Return a file as its parts: a workbook's members uncompressed, since two zlibs may pack alike contents differently."""
    if not name.endswith(("xlsx", "ods")):
        return {"": data}
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return {n: book.read(n) for n in book.namelist()}


@pytest.mark.parametrize("sample", samples(), ids=lambda s: s.name)
def test_shipped_file_is_what_the_generator_makes(sample: Sample) -> None:
    shipped = (FOLDER / sample.name).read_bytes()
    made = generate(sample.feed, sample.period, revision=sample.revision)
    assert parts(sample.name, made) == parts(sample.name, shipped)
    assert made == generate(sample.feed, sample.period, revision=sample.revision)
    assert len(shipped) < 25_000


def test_nothing_else_is_shipped() -> None:
    assert {p.name for p in FOLDER.iterdir()} == {s.name for s in samples()}


@pytest.mark.parametrize("sample", samples(), ids=lambda s: s.name)
def test_every_file_says_that_it_is_simulated_and_when_it_came_out(sample: Sample) -> None:
    text, month = text_of(sample.name), int(sample.period[5:])
    assert MARK in text
    assert "发布日期：2026年" in text or "发布日期：2026-" in text
    named = (
        f"2026年{month}月",
        f"2026年1—{month}月",
        f"2026年{QUARTERS.get(month)}",
        f"2026{month:02}MM",
        f"2026-Q{month // 3}",
    )
    assert any(name in text for name in named)


def test_another_seed_gives_other_figures_and_the_same_layout() -> None:
    name = release_name("stats_bureau", "2026-08")
    ours, theirs = raw_rows(name), raw_rows(name, generate("stats_bureau", "2026-08", seed=7))
    assert ours != theirs
    assert [r[0] for r in ours[2:]] == [r[0] for r in theirs[2:]]
    assert parts(name, generate("stats_bureau", "2026-08", seed=7)) != parts(
        name, generate("stats_bureau", "2026-08", seed=8)
    )


def test_january_has_no_statistics_release() -> None:
    first = {feed: min(s.period for s in samples() if s.feed == feed) for feed in {s.feed for s in samples()}}
    assert first["stats_bureau"] == first["regional_benchmark"] == "2026-02"
    assert first["finance"] == first["human_resources"] == first["milestones"] == "2026-01"
    assert first["science_tech"] == first["survey_team"] == "2026-03"
    assert "1—2月" in str(raw_rows("stats_bureau_2026-02.xlsx")[0][0])
    with pytest.raises(InputError, match="2026-02 to 2026-12"):
        generate("stats_bureau", "2026-01")


def test_two_merged_header_rows_with_month_and_year_to_date() -> None:
    book = load_workbook(FOLDER / "stats_bureau_2026-03.xlsx")
    page = book["主要经济指标"]
    header = next(r for r in range(1, 9) if page.cell(r, 1).value == "指标名称")
    assert [page.cell(header, c).value for c in (3, 5)] == ["本月", "1—3月累计"]
    assert [page.cell(header + 1, c).value for c in (3, 4, 5, 6)] == ["绝对量", "同比±%"] * 2
    merged = {str(m) for m in page.merged_cells.ranges}
    assert {f"A{header}:A{header + 1}", f"C{header}:D{header}", f"E{header}:F{header}", "A1:F1"} <= merged


@pytest.mark.parametrize(
    ("name", "label", "column", "printed"),
    [
        ("stats_bureau_2026-03.xlsx", "规模以上工业增加值", 4, "-"),
        ("stats_bureau_2026-04.xlsx", "地区生产总值", 5, "……"),
        ("stats_bureau_2026-04.xlsx", "#房地产开发投资", 3, "持平"),
        ("stats_bureau_2026-09.xlsx", "#房地产开发投资", 3, "增长1.1倍"),
        ("regional_benchmark_2026-02.xlsx", "包头市", 9, "增长1.1倍"),
        ("regional_benchmark_2026-03.xlsx", "包头市", 1, "-"),
        ("finance_2026-05.html", "一般公共预算支出", 3, "持平"),
        ("human_resources_2026-04.csv", "城镇新增就业", 1, "人"),
        ("human_resources_2026-05.csv", "城镇新增就业", 1, "人"),
        ("ecological_works_2026-06.xlsx", "三北工程实施面积", 1, "亩"),
        ("stats_bureau_2026-03.xlsx", "居民消费价格指数", 1, "上年同期=100"),
    ],
)  # fmt: skip
def test_irregular_cell_is_printed_so(name: str, label: str, column: int, printed: str) -> None:
    assert row_of(name, label)[column] == printed


@pytest.mark.parametrize(
    ("name", "label", "column", "pattern"),
    [
        ("stats_bureau_2026-04.xlsx", "规模以上工业增加值", 5, r"[０-９]+．[０-９]"),
        ("stats_bureau_2026-05.xlsx", "社会消费品零售总额", 5, r"\d+\.\d％"),
        ("stats_bureau_2026-03.xlsx", "固定资产投资", 5, r"\d+\.\d①"),
        ("stats_bureau_2026-03.xlsx", "城镇居民人均可支配收入", 4, r"\d{2},\d{3}"),
        ("stats_bureau_2026-06.xlsx", "地区生产总值（预计）", 4, r"\d,\d{3}\.\d"),
        ("stats_bureau_2026-06_r1.xlsx", "地区生产总值", 4, r"\d,\d{3}\.\d"),
        ("finance_2026-08.html", "一般公共预算收入", 3, r"[０-９]．[０-９]"),
        ("human_resources_2026-06.csv", "新增城镇就业", 3, r"\d{2},\d{3}"),
        ("ecology_2026-03.xlsx", "优良天数比例", 3, r"\d+\.\d②"),
    ],
)  # fmt: skip
def test_number_comes_as_text(name: str, label: str, column: int, pattern: str) -> None:
    import re

    cell = row_of(name, label)[column]
    assert isinstance(cell, str) and re.fullmatch(pattern, cell), cell


def test_a_row_speaks_of_the_month_before() -> None:
    labels = [str(r[0]) for r in raw_rows("stats_bureau_2026-06.xlsx")]
    assert "规上工业企业营业收入（1—5月）" in labels


def test_a_row_is_renamed_in_july() -> None:
    before, after = ([str(r[0]) for r in raw_rows(f"stats_bureau_2026-{m}.xlsx")] for m in ("06", "07"))
    assert "#民间投资" in before and "#民间投资" not in after
    assert "#民间固定资产投资" in after and "#民间固定资产投资" not in before


def test_the_corrected_release_changes_only_what_it_says() -> None:
    first, corrected = raw_rows("stats_bureau_2026-06.xlsx"), raw_rows("stats_bureau_2026-06_r1.xlsx")
    assert str(corrected[0][0]).endswith("（更正版）")
    assert any(str(r[0]).startswith("更正说明") for r in corrected)
    changed = {str(r[0]).removesuffix("（预计）") for r in corrected if r not in first} - {
        str(r[0]) for r in corrected[:4]
    }
    assert changed == {"地区生产总值", "社会消费品零售总额"}


def test_year_to_date_minus_the_month_before_is_the_month() -> None:
    for label, names in {
        "社会消费品零售总额": ["stats_bureau_2026-02.xlsx", "stats_bureau_2026-03.xlsx"],
        "城镇新增就业": ["human_resources_2026-02.csv", "human_resources_2026-03.csv"],
    }.items():
        column, month = (4, 2) if "retail" in names[0] or "stats" in names[0] else (3, 2)
        before, after = (row_of(n, label) for n in names)
        assert float(str(after[column])) - float(str(before[column])) == pytest.approx(float(str(after[month])))


def test_departments_fall_silent_and_a_bottom_line_breaks_once() -> None:
    def labels(feed: str, month: str) -> set[str]:
        name = release_name(feed, f"2026-{month}")
        return {str(c) for r in raw_rows(name) for c in r[:2]}

    talent = {month: labels("human_resources", month) for month in ("08", "09", "10")}
    assert "新增高技能人才" in talent["08"] and "新增高技能人才" not in talent["09"] | talent["10"]
    assert "新建充电桩" not in labels("projects", "08") and "新建充电桩" in labels("projects", "09")
    assert [row_of(f"ecology_2026-{m}.xlsx", "国考断面水质达标")[2] for m in ("04", "05", "06")] == [0, 1, 0]


def test_finance_prints_ten_thousands_every_month_and_statistics_hundred_millions() -> None:
    captions = {
        m: html.fromstring((FOLDER / f"finance_2026-{m}.html").read_bytes().decode()).findtext(".//caption")
        for m in ("06", "07")
    }
    assert all(c.endswith("单位：万元") for c in captions.values())
    assert all(float(row_of(f"finance_2026-{m}.html", "一般公共预算收入")[2]) > 100_000 for m in captions)
    assert row_of("stats_bureau_2026-07.xlsx", "社会消费品零售总额")[1] == "亿元"


def cell(name: str, label: str, column: int) -> object:
    """Return a cell of the first row in which the label stands anywhere."""
    return next(r for r in raw_rows(name) if label in r)[column]


@pytest.mark.parametrize(
    ("name", "label", "column", "printed"),
    [
        ("projects_2026-05.xlsx", "重大项目完成投资", 2, "万元"),
        ("projects_2026-04.xlsx", "重大项目完成投资", 2, "亿元"),
        ("projects_2026-04.xlsx", "重大项目完成投资", 3, "1600"),
        ("customs_2026-03.html", "其中：出口总值", 0, "其中：出口总值"),
        ("agriculture_2026-09.xls", "规模性返贫致贫", 2, "零报告"),
        ("emergency_2026-06.csv", "重特大事故", 1, "-"),
        ("industry_it_2026-06.ods", "萤石精粉产能（万吨）", 1, "-"),
        ("survey_team_2026-06.html", "居民消费价格指数", 1, "上年同期=100"),
        ("survey_team_2026-06.html", "粮食播种面积", 3, "……"),
        ("housing_2026-03.csv", "城市更新", 0, "城市更新"),
        ("science_tech_2026-03.xlsx", "高新技术企业（2025年末）", 3, 340),
    ],
)  # fmt: skip
def test_each_house_has_its_habits(name: str, label: str, column: int, printed: object) -> None:
    assert cell(name, label, column) == printed


def test_headings_stand_between_the_rows_and_a_section_beside_them() -> None:
    labels = [r[0] for r in raw_rows("industry_it_2026-06.ods")]
    assert labels.index("二、重点产业") > labels.index("一、企业培育") > 0
    page = load_workbook(FOLDER / "projects_2026-06.xlsx")["项目建设"]
    body = [m for m in page.merged_cells.ranges if m.min_col == m.max_col == 1 and m.max_row > m.min_row]
    assert len(body) == 3


def test_text_files_come_in_three_encodings() -> None:
    marked, bare, chinese = (
        (FOLDER / name).read_bytes()
        for name in ("housing_2026-06.csv", "state_assets_2026-06.csv", "emergency_2026-06.csv")
    )
    assert marked.startswith(b"\xef\xbb\xbf") and not bare.startswith(b"\xef\xbb\xbf")
    assert bare.decode("utf-8") and "安全生产" in chinese.decode("gb18030")
    with pytest.raises(UnicodeDecodeError):
        chinese.decode("utf-8")


def test_the_interface_answers_with_strings_and_nothing_where_there_is_nothing() -> None:
    import json

    reply = json.loads((FOLDER / "national_benchmark_2026-04.json").read_bytes())
    [april] = reply["data"]
    values = {v["i_showname"]: v["value"] for v in april["values"]}
    assert april["code"] == "202604MM" and values["国内生产总值_累计增长"] == ""
    assert all(isinstance(v, str) for v in values.values()) and float(values["社会消费品零售总额_累计增长"]) > 0


def test_the_whole_set_is_small() -> None:
    assert len(samples()) <= 150
    assert sum(p.stat().st_size for p in FOLDER.iterdir()) < 3_000_000


def test_two_houses_print_the_same_incomes_but_for_one_figure() -> None:
    def printed(name: str, label: str) -> str:
        row = next(r for r in raw_rows(name) if str(r[0]) == label)
        return str(row[4] if name.startswith("stats") else row[2]).replace(",", "")

    pairs = {
        m: (printed(f"stats_bureau_2026-{m}.xlsx", label), printed(f"survey_team_2026-{m}.html", "#农村牧区常住居民"))
        for m, label in (("03", "农村居民人均可支配收入"), ("06", "农村牧区常住居民人均可支配收入"), ("09", "农村牧区常住居民人均可支配收入"))
    }  # fmt: skip
    assert pairs["03"][0] == pairs["03"][1] and pairs["06"][0] == pairs["06"][1]
    assert float(pairs["09"][1]) - float(pairs["09"][0]) == 11
