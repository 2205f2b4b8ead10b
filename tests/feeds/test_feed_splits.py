"""Parts of one total: by their marks, and by the lines that name a split."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "releases"))

from corpus import cases, feeds, released

from planwatch.feeds import read_release


def test_every_part_says_which_split_of_which_whole_it_is():
    case = next(c for c in cases() if c["name"] == "sheets: two splits of one total, under lines that name them")
    cells = read_release(feeds()["splits"], released(case), case["file"]).cells
    said = cells.drop_duplicates("label")[["label", "is_part", "parent", "split"]].to_numpy().tolist()
    assert said == [
        ["固定资产投资", False, "", ""],
        ["第一产业", True, "固定资产投资", "产业"],
        ["第二产业", True, "固定资产投资", "产业"],
        ["第三产业", True, "固定资产投资", "产业"],
        ["民间投资", True, "固定资产投资", "所有制"],
        ["社会消费品零售总额", False, "", ""],
    ]
