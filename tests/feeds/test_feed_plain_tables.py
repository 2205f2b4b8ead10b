"""A large plain text table reads the same by Arrow as by the standard library's reader; whatever is not plain is left to the latter."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planwatch.feeds import plaintable, plaintext
from planwatch.feeds.coded import CodedRows
from planwatch.model.feed import Limits

LIMITS = Limits(max_text=12)
TEXT = st.text(alphabet="ab1.-万 \u3000\u202e\x85é", max_size=14)


def as_read(data: bytes, encoding: str = "utf-8") -> list[list[str]]:
    [grid] = plaintext.read_text_table(data, "x.csv", LIMITS, ",")
    return [[str(number), *(cell.text for cell in row)] for number, row in zip(grid.numbers, grid.rows, strict=True)]


@pytest.fixture(autouse=True)
def small_files_count_as_large(monkeypatch):
    monkeypatch.setattr(plaintable, "LARGE", 0)


@settings(deadline=None)
@given(
    st.integers(1, 4).flatmap(
        lambda n: st.lists(st.just([]) | st.lists(TEXT, min_size=n, max_size=n), min_size=1, max_size=6)
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
    st.booleans(),
)
def test_both_readers_read_the_same(rows, end, encoding, ended):
    rows = [["x", *row] if row else row for row in rows]  # an empty line here and there
    data = (end.join(map(",".join, rows)) + (end if ended else "")).encode(encoding)
    fast = as_read(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plaintext, "read_plain_table", lambda *_given: None)
        assert as_read(data) == fast


@pytest.mark.parametrize(
    "text",
    ['a,b\n"c",d\n', "a,b\nc\n", "a,b\nc,d,e\n", "a,b\rc,d\n", "a,b\nc," + "x" * 140_000 + "\n"],
)
def test_what_is_not_plain_is_left_to_the_other(text):
    assert plaintable.read_plain_table(text.encode(), "utf-8", Limits(), ",") is None


def test_a_plain_table_is_coded_and_its_blank_rows_keep_their_numbers():
    grid = plaintable.read_plain_table(b"a,b\n , \nc,\n", "utf-8", Limits(), ",")
    assert isinstance(grid.rows, CodedRows)
    assert list(grid.numbers) == [1, 3]
    assert [[cell.text for cell in row] for row in grid.rows] == [["a", "b"], ["c", ""]]


def test_limits_are_left_to_the_other_to_refuse():
    assert plaintable.read_plain_table(b"a,b\n" * 4, "utf-8", Limits(max_rows=3), ",") is None
    assert plaintable.read_plain_table(b"a,b\n" * 4, "utf-8", Limits(max_cells=7), ",") is None
