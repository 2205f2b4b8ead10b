"""The scoreboard: order, marks, numbers, and columns that stay aligned under Chinese text."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from rich.cells import cell_len
from rich.console import Console

from planwatch.local.scoreboard import Score, actual, gap, number, show, signed
from planwatch.model.vocabulary import STATUS_ZH, Status


def row(ordinal: int, status: Status, name: str = "地区生产总值", **more: object) -> dict[str, object]:
    base = {"ordinal": ordinal, "kind": "growth", "name_zh": name, "unit": "%", "actual": 5.2, "expected": 5.5, "variance": -0.3, "gap_pp": None, "status": str(status), "reading_period": "2026-09", "provisional": False, "department_zh": "市统计局"}  # fmt: skip
    return base | more


def shown(rows: list[dict[str, object]], width: int = 120, **edition: object) -> str:
    base = {"plan_id": "x", "period": "2026-10", "edition_number": 2, "as_of": datetime(2026, 11, 30, tzinfo=UTC), "simulated": False, "provisional": False}  # fmt: skip
    console = Console(file=io.StringIO(), width=width)
    show(console, Score(base | edition, rows))
    return console.file.getvalue()


def test_the_worst_comes_first_then_the_plans_order() -> None:
    text = shown(
        [
            row(1, Status.ON_TRACK, "甲"),
            row(2, Status.AT_RISK, "乙"),
            row(4, Status.OFF_TRACK, "丁"),
            row(3, Status.OFF_TRACK, "丙"),
        ]
    )
    assert [c for c in text if c in "甲乙丙丁"] == ["丙", "丁", "乙", "甲"]
    assert "4 targets: 2 off track, 1 at risk, 1 on track" in text


def test_every_status_has_its_place_and_its_words() -> None:
    text = shown([row(n, status) for n, status in enumerate(Status)])
    for status, chinese in STATUS_ZH.items():
        assert f"{chinese} {status.replace('_', ' ')}" in text


def test_simulated_figures_say_so() -> None:
    assert "simulated 模拟数据" in shown([row(1, Status.ON_TRACK)], simulated=True)
    assert "模拟" not in shown([row(1, Status.ON_TRACK)])


def test_columns_stay_aligned_under_chinese_text() -> None:
    text = shown([row(1, Status.OFF_TRACK, "城镇居民收入与经济增长同步"), row(2, Status.ON_TRACK, "GDP")])
    lines = [line for line in text.splitlines() if "市统计局" in line]
    assert len({cell_len(line[: line.index("市统计局")]) for line in lines}) == 1


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
    assert gap(row(1, Status.OFF_TRACK, gap_pp=-12.5)) == "−12.5 pp"
    assert gap(row(1, Status.OFF_TRACK)) == "−0.3 pts"
    assert gap(row(1, Status.AT_RISK, unit="位", variance=-1.0)) == "−1"
    assert gap(row(1, Status.NOT_DUE, variance=None)) == ""


@pytest.mark.parametrize(("value", "words"), [(None, ""), (0.0, "未启动"), (0.5, "进行中"), (1.0, "已完成")])
def test_a_milestone_shows_its_state(value: float | None, words: str) -> None:
    assert actual(row(1, Status.ON_TRACK, kind="milestone", actual=value)) == words
    assert actual(row(1, Status.ON_TRACK, actual=1.0)) == "1"
