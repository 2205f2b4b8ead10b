"""Whatever the notation, the number is read back; whatever the order of columns and the strangers among the rows, the table reads the same."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import pytest
from corpus import feeds, observe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from makers import make

from planwatch.model.feed import CellState, Words
from planwatch.reconcile.numbers import Printed, read_number

FULL = str.maketrans("0123456789.-,%()", "０１２３４５６７８９．－，％（）")
NOTES = st.sampled_from(["", "①", "*", "**", "[注]", "（注1）", " ⑫", "³", "†"])
ANY = settings(deadline=None)
SPACES = st.sampled_from(["", " ", "\u3000", "\u00a0", "\n"])
DIGITS = st.integers(0, 10**12)
PLACES = st.integers(0, 4)


@cache
def words() -> Words:
    return feeds()["stats_bureau"].words


@cache
def accountants() -> Words:
    return words().model_copy(update={"negative_parentheses": True})


def shown(digits: int, places: int, thousands: str) -> tuple[str, float]:
    """Return a number as printed, and as it is."""
    value = Decimal(digits).scaleb(-places)
    text = f"{value:,.{places}f}" if thousands else f"{value:.{places}f}"
    return text.replace(",", thousands or ","), float(value)


def is_number(said: Printed, value: float, places: int) -> bool:
    return (said.state, said.number, said.decimals) == (CellState.NUMBER, value, places)


@ANY
@given(digits=DIGITS, places=PLACES, thousands=st.sampled_from(["", ",", "，", " ", "\u00a0", "\u2009"]), full=st.booleans(),
       sign=st.sampled_from(["", "-", "−", "–", "－", "—", "+"]), note=NOTES, space=SPACES)  # fmt: skip
def test_levels_in_any_width_grouping_sign_and_footnote(digits, places, thousands, full, sign, note, space):  # noqa: PLR0917
    text, value = shown(digits, places, thousands)
    text = (text.translate(FULL) if full else text) + note
    value = -value if sign and sign != "+" else value
    assert is_number(read_number(f"{space}{sign}{text}{space}", words()), value, places)


@ANY
@given(digits=DIGITS, places=PLACES, full=st.booleans(), note=NOTES)
def test_negatives_in_parentheses_where_the_feed_says_so(digits, places, full, note):
    text, value = shown(digits, places, ",")
    text = f"({text})".translate(FULL) if full else f"({text})"
    assert is_number(read_number(text + note, accountants()), -value, places)
    assert read_number(text, words()).state is CellState.TEXT


@ANY
@given(digits=st.integers(0, 10**9), places=PLACES, magnitude=st.sampled_from(["万", "亿", "万亿"]), unit=st.sampled_from(["人", "元", "吨"]),
       glued=st.booleans(), note=NOTES)  # fmt: skip
def test_ten_thousands_and_hundred_millions_behind_the_number(digits, places, magnitude, unit, glued, note):  # noqa: PLR0917
    text, value = shown(digits, places, ",")
    said = read_number(f"{text}{magnitude}{unit if glued else ''}{note}", words(), unit=unit)
    assert is_number(said, value, places) and said.magnitude == magnitude
    assert read_number(f"{text}{magnitude}", words()).state is CellState.TEXT


@ANY
@given(digits=st.integers(0, 10**6), places=PLACES, sign=st.sampled_from(["增长", "同比增长", "上升", "↑", "", "下降", "同比下降", "减少", "▼", "-"]),
       percent=st.sampled_from(["", "%", "％", "个百分点", " %"]), full=st.booleans(), note=NOTES)  # fmt: skip
def test_growths_in_words_and_signs(digits, places, sign, percent, full, note):  # noqa: PLR0917
    text, value = shown(digits, places, "")
    falls = sign in ("下降", "同比下降", "减少", "▼", "-")
    said = read_number(f"{sign}{text.translate(FULL) if full else text}{percent}{note}", words(), growth=True)
    assert is_number(said, -value if falls else value, places)


@ANY
@given(digits=st.integers(0, 10**5), places=st.integers(0, 4), sign=st.sampled_from(["增长", ""]))
def test_growth_by_times(digits, places, sign):
    text, value = shown(digits, places, "")
    said = read_number(f"{sign}{text}倍", words(), growth=True)
    assert said.state is CellState.NUMBER and said.decimals == max(0, places - 2)
    assert said.number == pytest.approx(100 * value, rel=1e-12)


@ANY
@given(word=st.sampled_from(["持平", "与上年持平", "同比持平", "零增长"]), note=NOTES, space=SPACES)
def test_no_change_is_nought(word, note, space):
    assert is_number(read_number(f"{space}{word}{note}{space}", words(), growth=True), 0.0, 0)


COLUMNS = {
    "指标": ["新增城镇就业", "地区生产总值", "萤石精粉产能", "优良天数比例"],
    "单位": ["人", "亿元", "万吨", "%"],
    "口径": ["累计", "累计", "期末", "累计"],
    "数值": [9800, 1141.6, 82.6, 78.9],
    "备注": ["", "", "快报数", ""],
    "责任单位": ["人社局", "统计局", "工信局", "生态环境局"],
}
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
KEY = ["indicator", "area", "period", "span", "measure", "value", "unit", "text", "decimals", "quality"]


@SLOW
@given(
    order=st.permutations(list(COLUMNS)), rows=st.permutations(range(4)), kind=st.sampled_from(["xlsx", "xls", "ods"]),
    strangers=st.lists(st.tuples(st.integers(0, 4), st.text("甲乙丙丁戊己abc", min_size=1, max_size=6), st.floats(0, 1e6)), max_size=4),
    blank=st.integers(0, 3),
)  # fmt: skip
def test_any_order_of_columns_and_any_strange_rows_read_the_same(order, rows, kind, strangers, blank):
    lines = [[COLUMNS[name][n] for name in order] for n in rows]
    for at, name, value in strangers:
        stranger = {
            "指标": f"无名{name}",
            "单位": "个",
            "口径": "累计",
            "数值": round(value, 2),
            "备注": "",
            "责任单位": "",
        }
        lines.insert(at, [stranger[column] for column in order])
    for n in range(blank):
        lines.insert(n * 2, [])
    data = make({"kind": kind, "name": "计数", "rows": [["2026年3月部门计数"], order, *lines]})
    found = observe({"feed": "counts", "file": f"counts_2026-03.{kind}"}, data)
    got = found.observations[KEY].sort_values("indicator").to_dict("records")
    plain = make(
        {
            "kind": "xlsx",
            "name": "计数",
            "rows": [["2026年3月部门计数"], list(COLUMNS), *(list(r) for r in zip(*COLUMNS.values(), strict=True))],
        }
    )
    wanted = (
        observe({"feed": "counts", "file": "counts_2026-03.xlsx"}, plain)
        .observations[KEY]
        .sort_values("indicator")
        .to_dict("records")
    )
    assert got == wanted and not found.rejects
    assert len(found.unmatched) == len(strangers)


@SLOW
@given(
    values=st.lists(st.decimals(-(10**9), 10**9, places=2, allow_nan=False), min_size=1, max_size=6),
    code=st.sampled_from(["0.00", "#,##0.00", "0.00_ ", "0.00;[Red]-0.00"]),
)
def test_a_stored_number_is_read_as_printed_from_every_kind_of_workbook(values, code):
    rows = [["2026年3月部门计数"], ["指标", "单位", "口径", "数值"]]
    rows += [[f"无名{n}", "个", "累计", {"v": float(v), "f": code}] for n, v in enumerate(values)]
    rows += [["新增城镇就业", "人", "累计", 1]]
    from planwatch.feeds import read_release

    for kind in ("xlsx", "xls", "ods"):
        table = read_release(feeds()["counts"], make({"kind": kind, "rows": rows}), f"counts_2026-03.{kind}")
        cells = table.cells[table.cells.label.str.startswith("无名")]
        assert [Decimal(str(n)).quantize(Decimal("0.01")) for n in cells.number] == [
            v if v else abs(v) for v in values
        ], kind
        assert set(cells.decimals) == {2} and all(
            "," in t for t, v in zip(cells.text, values, strict=True) if "," in code and abs(v) >= 1000
        )
