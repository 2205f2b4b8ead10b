"""The shipped files are what the generator makes, and every irregularity of DOMAIN §3 stands in one of them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from lxml import html
from openpyxl import load_workbook
from samplecells import FOLDER, raw_rows

from planwatch.errors import InputError
from planwatch.sample import Sample, generate, release_name, samples

MARK = "模拟数据（simulated）"


def row_of(name: str, label: str) -> list[object]:
    """Return the first row whose first cell is the label."""
    return next(r for r in raw_rows(name) if r and r[0] == label)


def parts(name: str, data: bytes) -> dict[str, bytes]:
    """Return a file as its parts: a workbook's members uncompressed, since two zlibs may pack alike contents differently."""
    if not name.endswith("xlsx"):
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
    data = (FOLDER / sample.name).read_bytes()
    text = {
        "xlsx": lambda: "\n".join(str(c) for r in raw_rows(sample.name) for c in r),
        "csv": lambda: data.decode("gb18030"),
        "html": data.decode,
    }[Path(sample.name).suffix[1:]]()
    assert MARK in text
    year, month = sample.period.split("-")
    published = "发布日期：2026年"
    assert published in text
    assert f"{year}年{int(month)}月" in text or f"{year}年1—{int(month)}月" in text


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
    assert first["finance"] == first["human_resources"] == first["department_reports"] == "2026-01"
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
        ("department_reports_2026-05.xlsx", "重大项目完成投资", 1, "万元"),
        ("department_reports_2026-06.xlsx", "三北工程实施面积", 1, "亩"),
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
        ("department_reports_2026-03.xlsx", "优良天数比例", 3, r"\d+\.\d②"),
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
    def labels(month: str) -> set[str]:
        return {str(r[0]) for r in raw_rows(f"department_reports_2026-{month}.xlsx")}

    assert "新增高技能人才" in labels("08") and "新增高技能人才" not in labels("09") | labels("10")
    assert "特色文旅活动" not in labels("08") and "特色文旅活动" in labels("09")
    assert [row_of(f"department_reports_2026-{m}.xlsx", "国考断面水质达标")[2] for m in ("04", "05", "06")] == [0, 1, 0]


def test_finance_prints_ten_thousands_every_month_and_statistics_hundred_millions() -> None:
    captions = {
        m: html.fromstring((FOLDER / f"finance_2026-{m}.html").read_bytes().decode()).findtext(".//caption")
        for m in ("06", "07")
    }
    assert all(c.endswith("单位：万元") for c in captions.values())
    assert all(float(row_of(f"finance_2026-{m}.html", "一般公共预算收入")[2]) > 100_000 for m in captions)
    assert row_of("stats_bureau_2026-07.xlsx", "社会消费品零售总额")[1] == "亿元"
