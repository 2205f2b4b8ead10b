"""Long tables are read by kinds of rows, short ones row by row: the two say the same."""

from __future__ import annotations

import random
from typing import Any

import pandas as pd
import pytest
from corpus import cases, feeds, observe, registries, released

from planwatch.feeds import bulk as reading
from planwatch.feeds import read_release
from planwatch.feeds.bulk import MANY
from planwatch.feeds.rows import Reader
from planwatch.reconcile import observe as observing
from planwatch.reconcile import reconcile

READ = [case for case in cases() if "refused" not in case["expect"]]


def by_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MANY", -1)
    monkeypatch.setattr(observing, "MANY", -1)


@pytest.mark.parametrize("case", READ, ids=lambda case: case["name"])
def test_a_release_of_the_corpus_reads_the_same_either_way(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = released(case)
    slow = observe(case, data)
    by_kinds(monkeypatch)
    fast = observe(case, data)
    assert plain(fast.observations) == plain(slow.observations)
    assert sorted(map(str, fast.findings)) == sorted(map(str, slow.findings))
    assert fast.counts == slow.counts


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    order = frame.sort_values(["row", "column", "indicator", "measure"], kind="stable")
    return [{str(k): None if pd.isna(v) else v for k, v in row.items()} for row in order.to_dict("records")]


CELLS = [
    "12.5",
    "-3.2",
    "1,234.5",
    "",
    "-",
    "……",
    "12.3①",
    "4270.1r",
    "1.2万",
    "约5",
    "7",
    "正增长",
    "０．５",
    "100.00",
]
LABELS = [
    "新增城镇就业",
    "地区生产总值（亿元）",
    "优良天数比例",
    "无名指标",
    "三北工程实施面积（预计）",
    "#地区生产总值",
    "按产业分",
    "工业用电量（1—2月）",
    "",
]


@pytest.mark.parametrize("seed", range(12))
def test_any_long_table_reads_the_same_either_way(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(seed)
    rows = [["2026年3月部门计数"], ["指标", "地区", "单位", "口径", "报告期", "数值", "备注"]]
    for _ in range(150):
        value = dice.choice(CELLS) if dice.random() < 0.5 else round(dice.uniform(-50, 5000), dice.choice((0, 1, 2)))
        unit = dice.choice(["", "-"])
        note = dice.choice(["", "", "快报数", "修订", f"说明{dice.randrange(99)}"])
        rows.append([dice.choice(LABELS), dice.choice(["", "昆区", "青山区", "某区"]), unit, dice.choice(["累计", "期末", "当月", "旬末"]),
                     dice.choice(["", "2026年2月", "2026年1—3月", "2026年5月", "上旬"]), value, note])  # fmt: skip
    case = {
        "feed": "counts",
        "file": "counts_2026-03.xlsx",
        "make": {"kind": dice.choice(["xlsx", "xls", "ods"]), "rows": rows},
    }
    data = released(case)
    slow = read_release(feeds()["counts"], data, "counts_2026-03.xlsx")
    by_kinds(monkeypatch)
    fast = read_release(feeds()["counts"], data, "counts_2026-03.xlsx")
    assert plain(fast.cells) == plain(slow.cells)
    assert (fast.headings, fast.notes, fast.ignored) == (slow.headings, slow.notes, slow.ignored)
    together, apart = (reconcile(feeds()["counts"], table, *registries()) for table in (fast, slow))
    assert sorted(map(str, together.findings)) == sorted(map(str, apart.findings))


def test_long_tables_go_this_way(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "2026年3月\n指标,单位,本月,累计,备注\n" + "城镇新增就业,人,4700,9800,\n" * (MANY + 5)
    monkeypatch.setattr(Reader, "read", lambda _self: pytest.fail("read row by row"))
    table = read_release(feeds()["human_resources"], text.encode(), "human_resources_2026-03.csv")
    assert len(table.cells) == 2 * (MANY + 5)
    found = reconcile(feeds()["human_resources"], table, *registries())
    assert len(found.observations) == 2 and not found.rejects
