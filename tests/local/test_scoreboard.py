"""The scoreboard: order, marks, numbers, and columns that stay aligned under Chinese text."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from planwatch.local.scoreboard import Score, actual, gap, number, show, signed
from planwatch.model.vocabulary import STATUS_ZH, Status


def row(ordinal: int, status: Status, name: str = "地区生产总值", **more: object) -> dict[str, object]:
    base = {"ordinal": ordinal, "kind": "growth", "name_zh": name, "name_en": "Output", "unit": "%", "actual": 5.2, "expected": 5.5, "variance": -0.3, "gap_pp": None, "status": str(status), "department_zh": "市统计局", "area_zh": "昆都仑区", "part_of": None}  # fmt: skip
    return base | more


def shown(
    rows: list[dict[str, object]], width: int = 120, *, most: int | None = None, more: str = "", **edition: object
) -> str:
    base = {"plan_id": "x", "period": "2026-10", "edition_number": 2, "as_of": datetime(2026, 11, 30, tzinfo=UTC), "simulated": False, "provisional": False}  # fmt: skip
    console = Console(file=io.StringIO(), width=width)
    show(console, Score(base | edition, rows), most=most, more=more)
    return console.file.getvalue()


def test_the_worst_status_comes_first_then_the_plans_order() -> None:
    text = shown(
        [
            row(1, Status.ON_TRACK, "甲"),
            row(2, Status.AT_RISK, "乙"),
            row(4, Status.OFF_TRACK, "丁"),
            row(3, Status.OFF_TRACK, "丙"),
        ]
    )
    assert [c for c in text if c in "甲乙丙丁"] == ["丙", "丁", "乙", "甲"]
    assert "4 targets: 2 滞后 off track, 1 预警 at risk, 1 达序时 on track" in text


def test_of_one_status_the_widest_gap_comes_first_and_one_without_a_gap_last() -> None:
    text = shown(
        [
            row(1, Status.OFF_TRACK, "甲", variance=None),
            row(2, Status.OFF_TRACK, "乙", gap_pp=-11.0),
            row(3, Status.OFF_TRACK, "丙", gap_pp=-60.0),
            row(4, Status.OFF_TRACK, "丁", variance=-9.0),
        ],
        most=15,
    )
    assert [c for c in text if c in "甲乙丙丁"] == ["丙", "乙", "丁", "甲"]


def test_only_what_is_behind_is_shown_so_many_rows_of_it_and_how_to_see_the_rest() -> None:
    rows = [row(n, Status.OFF_TRACK, f"甲{n}", variance=float(-n)) for n in range(1, 21)]
    text = shown([*rows, row(21, Status.ON_TRACK, "乙")], most=15, more="planwatch edition show 2026-10 --board")
    assert [word for word in text.split() if word.startswith("甲")] == [f"甲{n}" for n in range(20, 5, -1)]
    assert "乙" not in text
    assert "and 5 more behind, 1 that are not: planwatch edition show 2026-10 --board\n" in text


def test_nothing_behind_is_said() -> None:
    assert "Nothing is behind." in shown([row(1, Status.ON_TRACK)], most=15)


def test_every_status_has_its_place_and_its_words() -> None:
    text = shown([row(n, status) for n, status in enumerate(Status)])
    for status, chinese in STATUS_ZH.items():
        assert f"1 {chinese} {status.replace('_', ' ')}" in text
        assert f"\n{chinese} " in text


def test_simulated_figures_say_so() -> None:
    assert "simulated 模拟数据" in shown([row(1, Status.ON_TRACK)], simulated=True)
    assert "模拟" not in shown([row(1, Status.ON_TRACK)])


def test_no_status_of_the_counts_is_broken_in_two() -> None:
    lines = shown([row(n, status) for n, status in enumerate(Status)], 50).splitlines()
    for status, chinese in STATUS_ZH.items():
        assert any(f" 1 {chinese} {status.replace('_', ' ')}" in line for line in lines)
    assert max(map(cell_len, lines)) <= 50


@pytest.mark.parametrize("width", [80, 140])
def test_names_stand_in_both_languages_and_figures_stay_aligned(width: int) -> None:
    chinese, english = "城镇居民收入与经济增长同步", "Urban incomes in step with growth"
    more = {"actual": 1234567.8, "expected": 2345678.9, "variance": -1111111.1, "unit": "万元", "name_en": english}
    text = shown([row(1, Status.OFF_TRACK, chinese, **more), row(2, Status.AT_RISK, "GDP", **more)], width)
    lines = text.splitlines()
    figures = [line for line in lines if "2,345,678.9" in line]
    assert len({cell_len(line[: line.index("2,345,678.9")]) for line in figures}) == 1
    assert chinese in figures[0]
    assert " ".join(english.split()[:2]) in text
    table = lines[next(n for n, line in enumerate(lines) if "Indicator" in line) :][:6]
    assert max(map(cell_len, table)) <= width


def test_a_part_of_a_broken_down_target_names_its_area() -> None:
    assert "地区生产总值（昆都仑区）" in shown([row(1, Status.OFF_TRACK, part_of="baotou")])
    assert "昆都仑区" not in shown([row(1, Status.OFF_TRACK)])


def test_units_are_told_in_english_once_and_plain_counts_not_at_all() -> None:
    rows = [row(n, Status.OFF_TRACK, unit=unit) for n, unit in enumerate(("亿元", "%", "万人", "家", "亿元", None))]
    assert "\nUnits 单位: 亿元 100 million yuan, 万人 10,000 people.\n" in shown(rows)
    assert "单位" not in shown([row(1, Status.OFF_TRACK), row(2, Status.OFF_TRACK, unit="项")])


def test_names_are_not_markup() -> None:
    assert "[red]x[/]" in shown([row(1, Status.ON_TRACK, "[red]x[/]")])


def test_plain_output_has_no_escapes() -> None:
    assert "\x1b" not in shown([row(1, Status.OFF_TRACK)])


@pytest.mark.parametrize(
    ("value", "plain", "with_sign"),
    [(None, "", ""), (0.0, "0", "0"), (-0.0, "0", "0"), (1250.0, "1,250", "+1,250"), (-3.456, "−3.46", "−3.46"), (100.0, "100", "+100")],
)  # fmt: skip
def test_numbers(value: float | None, plain: str, with_sign: str) -> None:
    assert number(value) == plain
    assert signed(value) == with_sign


def test_the_gap_is_points_of_the_task_where_paced_else_the_variance() -> None:
    paced, rate = row(1, Status.OFF_TRACK, gap_pp=-12.5, unit="人"), row(1, Status.OFF_TRACK)
    assert [Text.from_markup(gap(r)).plain for r in (paced, rate)] == ["−12.5\npp", "−0.3\npp"]
    assert Text.from_markup(gap(row(1, Status.AT_RISK, unit="位", variance=-1.0))).plain == "−1\n位"
    assert gap(row(1, Status.NOT_DUE, variance=None)) == ""


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, []), (0.0, ["未启动", "not started"]), (0.5, ["进行中", "started"]), (1.0, ["已完成", "done"])],
)
def test_a_milestone_shows_its_state(value: float | None, words: list[str]) -> None:
    said = Text.from_markup(actual(row(1, Status.ON_TRACK, kind="milestone", actual=value))).plain
    assert said.splitlines() == words
    assert Text.from_markup(actual(row(1, Status.ON_TRACK, actual=1.0))).plain == "1\n%"
    attested = row(
        1, Status.ON_TRACK, kind="assigned", unit="", actual=value, observation_key="debt|baotou|2026-09|point|done"
    )
    assert Text.from_markup(actual(attested)).plain.splitlines() == words
