from __future__ import annotations

from datetime import date

import pytest
from feedcases import GDP, HEADER, INDUSTRY, RETAIL, STATS, TITLE, observe, read, stats, values, workbook

from planwatch.model.feed import CellState


def key(indicator, measure, span="ytd", period="2026-03"):
    return (indicator, "baotou", period, span, measure)


def test_two_header_rows_month_and_cumulative_columns():
    found = observe("stats_bureau", stats(GDP, INDUSTRY, RETAIL), STATS)
    assert values(found) == {
        key("gdp", "level"): 1141.6, key("gdp", "growth_yoy"): 5.7,
        key("industry_va", "growth_yoy", "month"): 10.3, key("industry_va", "growth_yoy"): 11.3,
        key("retail_sales", "level", "month"): 73.3, key("retail_sales", "growth_yoy", "month"): 5.4,
        key("retail_sales", "level"): 221.1, key("retail_sales", "growth_yoy"): 6.0,
    }  # fmt: skip
    assert not found.rejects and not found.unmatched


def test_every_value_points_to_its_cell():
    frame = observe("stats_bureau", stats(GDP, RETAIL), STATS).observations
    retail = frame[(frame.indicator == "retail_sales") & (frame.span == "ytd") & (frame.measure == "level")].iloc[0]
    assert (retail.source, retail.sheet, retail.row, retail.column) == (STATS, "主要经济指标", 6, "E")
    assert (retail.text, retail.decimals, retail.unit, retail.printed_unit) == ("221.1", 1, "亿元", "亿元")
    assert retail.published_at == date(2026, 4, 17)


def test_what_the_release_says_of_itself():
    table = read("stats_bureau", stats(GDP, title=[*TITLE, "说明：模拟数据"], notes=("注：按可比价格计算。",)), STATS)
    assert (table.period, table.published_at, table.origin) == ("2026-03", date(2026, 4, 17), "simulated")
    assert table.title == "2026年1—3月包头市主要经济指标"
    assert "注：按可比价格计算。" in table.notes
    assert read("stats_bureau", stats(GDP), STATS).origin == "published"


@pytest.mark.parametrize(
    ("order", "extra"),
    [([0, 1, 2, 3, 4, 5], 0), ([0, 1, 4, 5, 2, 3], 0), ([0, 1, 3, 2, 5, 4], 3), ([1, 0, 5, 4, 3, 2], 5)],
)
def test_columns_in_another_order_and_more_title_rows_read_the_same(order, extra):
    flat = [["指标名称", "计量单位", "本月", "本月", "1—3月累计", "1—3月累计"], HEADER[1]]
    header = [[row[n] for n in order] for row in flat]
    rows = [[row[n] for n in order] for row in (GDP, INDUSTRY, RETAIL)]
    moved = stats(*rows, title=[*TITLE, *(f"第{n}行说明文字" for n in range(extra))], header=header)
    assert values(observe("stats_bureau", moved, STATS)) == values(
        observe("stats_bureau", stats(GDP, INDUSTRY, RETAIL), STATS)
    )


def test_a_header_without_merged_cells_and_one_in_a_single_row():
    single = [["指标名称", "计量单位", "本月绝对量", "本月同比±%", "1-3月累计绝对量", "1-3月累计同比±%"]]
    expected = values(observe("stats_bureau", stats(GDP, RETAIL), STATS))
    assert values(observe("stats_bureau", stats(GDP, RETAIL, header=HEADER), STATS)) == expected
    assert values(observe("stats_bureau", stats(GDP, RETAIL, header=single), STATS)) == expected


def test_a_group_row_above_the_row_that_names_the_columns():
    header = [[None, None, "本月", None, "累计", None], ["指标", "单位", "绝对量", "增长", "绝对量", "增长"]]
    found = observe("stats_bureau", stats(RETAIL, header=header), STATS)
    assert values(found)[key("retail_sales", "growth_yoy")] == 6.0


def test_a_header_repeated_on_the_next_page_is_no_row():
    found = observe("stats_bureau", stats(GDP, *HEADER, RETAIL), STATS)
    assert not found.unmatched and not found.rejects
    assert key("retail_sales", "level") in values(found)


def test_a_table_beside_empty_columns_and_on_a_second_sheet():
    rows = [[None, None, *row] for row in ([TITLE[0]], *HEADER, GDP)]
    book = workbook(("目录", [["2026年3月目录"]], []), ("表1", rows, []))
    frame = observe("stats_bureau", book, STATS).observations
    assert set(frame.sheet) == {"表1"} and set(frame.column) == {"G", "H"} and set(frame.row) == {4}


def test_irregular_numbers_are_read_as_printed():
    rows = [
        ["地区生产总值", "亿元", "-", "-", "1，141.6", "５．７％"],
        ["规模以上工业增加值①", "亿元", "-", "持平", "-", "增长1.1倍"],
        ["固定资产投资（不含农户）", "亿元", "-", "……", "-", "8.5①"],
        ["  #民间投资", "亿元", "-", "-", "-", "下降3.2%"],
        ["其中：房地产开发投资", "亿元", "-", "-", "-", "－54.1*"],
        ["二、社会消费品零售总额", "亿元", " 73.3 ", "5.4[注]", "1 221.1", "6.0r"],
    ]
    found = observe("stats_bureau", stats(*rows), STATS)
    assert not found.rejects and not found.unmatched
    got = values(found)
    assert got[key("gdp", "level")] == 1141.6 and got[key("gdp", "growth_yoy")] == 5.7
    assert got[key("industry_va", "growth_yoy", "month")] == 0.0 and got[key("industry_va", "growth_yoy")] == 110.0
    assert got[key("fixed_investment", "growth_yoy")] == 8.5 and got[key("private_investment", "growth_yoy")] == -3.2
    assert got[key("real_estate_investment", "growth_yoy")] == -54.1
    assert got[key("retail_sales", "level")] == 1221.1 and got[key("retail_sales", "growth_yoy", "month")] == 5.4
    frame = found.observations
    assert list(frame[frame["flags"] == "revised"].text) == ["6.0r"]


def test_parts_are_marked_and_stay_apart_from_their_whole():
    cells = read(
        "stats_bureau",
        stats(["固定资产投资", "亿元", "-", 1, "-", 8.5], ["#民间投资", "亿元", "-", 1, "-", 9.0]),
        STATS,
    ).cells
    assert list(cells[cells.is_part].label.unique()) == ["民间投资"]
    assert list(cells[cells.is_part].parent.unique()) == ["固定资产投资"]


def test_an_index_becomes_growth():
    found = observe("stats_bureau", stats(["居民消费价格指数", "上年同期=100", 99.9, "-", "100.1", "-"]), STATS)
    assert values(found) == {key("cpi", "growth_yoy", "month"): -0.1, key("cpi", "growth_yoy"): 0.1}


def test_a_mark_means_what_its_column_says():
    cells = read("stats_bureau", stats(["地区生产总值", "亿元", "-", "", "……", None], RETAIL), STATS).cells
    assert list(cells.state)[:4] == [
        CellState.NOT_PUBLISHED,
        CellState.NO_RELEASE,
        CellState.NO_RELEASE,
        CellState.MISSING,
    ]


def test_a_figure_of_an_earlier_month_lands_in_its_own():
    rows = [["规上工业企业营业收入（1—2月）", "亿元", "-", "-", "-", 4.6], RETAIL]
    got = values(observe("stats_bureau", stats(*rows), STATS))
    assert got[key("industrial_revenue", "growth_yoy", period="2026-02")] == 4.6
    assert got[key("retail_sales", "growth_yoy")] == 6.0


def test_january_and_february_together():
    title = ["2026年1—2月主要经济指标"]
    header = [["指标名称", "计量单位", "本月", None, "1—2月累计", None], HEADER[1]]
    name = "stats_bureau_2026-02.xlsx"
    frame = observe("stats_bureau", stats(RETAIL, title=title, header=header), name).observations
    assert dict(zip(frame.span, frame["flags"], strict=False)) == {"month": "combined", "ytd": ""}
    without = [["指标名称", "计量单位", "1—2月", None], [None, None, "绝对量", "同比±%"]]
    only = values(
        observe("stats_bureau", stats(["社会消费品零售总额", "亿元", 147.8, 6.3], title=title, header=without), name)
    )
    assert only == {
        key("retail_sales", "level", period="2026-02"): 147.8,
        key("retail_sales", "growth_yoy", period="2026-02"): 6.3,
    }


def test_estimates_and_preliminary_figures_say_so():
    frame = observe(
        "stats_bureau",
        stats(["地区生产总值（预计）", "亿元", "-", "-", 1141.6, 5.7], ["社会消费品零售总额(初步)", *RETAIL[1:]]),
        STATS,
    ).observations
    assert set(zip(frame.indicator, frame.quality, strict=True)) == {
        ("gdp", "estimate"),
        ("retail_sales", "preliminary"),
    }


def test_a_percent_format_is_what_the_cell_shows():
    from io import BytesIO

    from openpyxl import load_workbook

    book = load_workbook(BytesIO(stats(RETAIL)))
    cell = book.active["F5"]
    cell.value, cell.number_format = 0.0649, "0.0%"
    raw = BytesIO()
    book.save(raw)
    frame = observe("stats_bureau", raw.getvalue(), STATS).observations
    last = frame[(frame.measure == "growth_yoy") & (frame.span == "ytd")].iloc[0]
    assert (last.value, last.text, last.decimals) == (6.5, "6.5%", 1)


def test_a_heading_without_values_is_no_unknown_row():
    found = read("stats_bureau", stats(["一、综合", None, None, None, None, None], GDP), STATS)
    assert found.headings == ("综合",)


def test_a_series_that_is_due_and_absent_is_listed():
    march = observe("stats_bureau", stats(RETAIL), STATS).missing
    assert {f.key for f in march} >= {"gdp", "industry_va", "urban_income"} and "retail_sales" not in {
        f.key for f in march
    }
    name, title = "stats_bureau_2026-04.xlsx", ["2026年1—4月主要经济指标"]
    header = [["指标名称", "计量单位", "本月", None, "1—4月累计", None], HEADER[1]]
    april = observe("stats_bureau", stats(RETAIL, title=title, header=header), name).missing
    assert "gdp" not in {f.key for f in april} and "industry_va" in {f.key for f in april}


def test_last_years_columns_stay_out():
    header = [
        ["指标名称", "计量单位", "3月", None, None, "1—3月", None, None],
        [None, None, "绝对量", "上年同期绝对量", "比上年同期增长", "绝对量", "上年同期绝对量", "比上年同期增长"],
    ]
    row = ["社会消费品零售总额", "亿元", 73.3, 69.5, 5.4, 221.1, 208.6, 6.0]
    assert values(observe("stats_bureau", stats(row, header=header), STATS)) == values(
        observe("stats_bureau", stats(RETAIL), STATS)
    )


def test_months_in_the_second_header_row():
    header = [["指标名称", "计量单位", "绝对量", None, "同比增长", None], [None, None, "3月", "1—3月", "3月", "1—3月"]]
    row = ["社会消费品零售总额", "亿元", 73.3, 221.1, 5.4, 6.0]
    assert values(observe("stats_bureau", stats(row, header=header), STATS)) == values(
        observe("stats_bureau", stats(RETAIL), STATS)
    )


def test_decembers_table_comes_out_in_january():
    header = [["指标名称", "计量单位", "本月", None, "1—12月累计", None], HEADER[1]]
    table = read(
        "stats_bureau", stats(RETAIL, title=["主要经济指标", "发布日期：2027年1月20日"], header=header), "stats.xlsx"
    )
    assert table.period == "2026-12"
