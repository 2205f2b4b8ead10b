"""Names, kinds and figures of sentences the grammar had not seen: one set it was then mended for, and one it never was."""

from __future__ import annotations

import pytest
from unseenscore import score
from unseensentences import FIFTH, MENDED, SIXTH


@pytest.mark.parametrize(
    ("sentences", "found", "true", "kinds", "names"),
    [(FIFTH, 0.99, 0.98, 0.98, 0.98), (SIXTH, 0.97, 0.94, 0.94, 0.94)],
    ids=["mended for", "first sight"],
)
def test_the_draft_keeps_its_floor(
    sentences: list[tuple[str, str]], found: float, true: float, kinds: float, names: float
) -> None:
    result = score(sentences)
    report = "\n".join([str(result), *result.wrong])
    assert result.recall >= found, report
    assert result.precision >= true, report
    assert result.kinds >= kinds * result.found, report
    assert result.names >= names * result.found, report


@pytest.mark.parametrize(("sentence", "truth"), MENDED, ids=[sentence[:24] for sentence, _ in MENDED])
def test_what_was_once_read_wrongly_is_read_as_meant(sentence: str, truth: str) -> None:
    assert score([(sentence, truth)]).wrong == []


def test_the_sets_are_as_large_as_promised_and_each_has_its_share_of_what_is_no_target() -> None:
    assert len(FIFTH) >= 120
    assert len(SIXTH) >= 60
    assert sum(not truth for _, truth in FIFTH) >= 20
    assert sum(not truth for _, truth in SIXTH) >= 10


def test_the_score_counts_what_is_missed_false_and_misread() -> None:
    result = score(
        [
            ("新增企业5家、学校2所", "企业: cumulative ge 5 家 | 学校: cumulative ge 3 所"),
            ("产值增长8%", "收入: reach ge 8 %"),
        ]
    )
    assert (result.wanted, result.drafted, result.found, result.kinds, result.names) == (3, 3, 2, 1, 1)
    assert [line.split()[0] for line in result.wrong] == ["MISSED", "FALSE", "READ"]
