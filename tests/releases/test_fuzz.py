"""A short fuzz run, the same every time: mutants of every layout end in observations or in a clear refusal."""

from __future__ import annotations

from collections import Counter

import pytest
from fuzz import judge, mutants, seeds

BLOCKS, SIZE = 8, 50


@pytest.mark.parametrize("block", range(BLOCKS))
def test_mutants_are_read_or_refused(block: int) -> None:
    ends: Counter[str] = Counter()
    for number, feed, name, data in mutants(block * SIZE, SIZE):
        try:
            ends[judge(feed, name, data)] += 1
        except BaseException as error:
            raise AssertionError(f"mutant {number} ({feed}, {name}, {len(data)} bytes): {error!r}") from error
    assert ends["refused"] > 0 and ends["read"] + ends["refused"] == SIZE


def test_every_layout_is_among_the_seeds():
    assert {name.rpartition(".")[2] for _feed, name, _data in seeds()} >= {"xlsx", "xls", "ods", "html", "csv", "json"}
