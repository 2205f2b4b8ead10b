"""Names, kinds and figures of sentences the grammar had not seen: one set it was then mended for, and one it never was."""

from __future__ import annotations

from pathlib import Path

import foreignsentences
import pytest
from plancases import INCLUDE
from unseenscore import score
from unseensentences import FIFTH, MENDED, SIXTH

from planwatch.model.units import is_known
from planwatch.plan import load_areas, load_indicators, load_plan
from planwatch.plan.audit import audit
from planwatch.plan.document import Document, Section
from planwatch.plan.draft import draft
from planwatch.plan.draft_file import Head, draft_yaml
from planwatch.plan.figures import find_figures
from planwatch.plan.grammar.lexicon import words


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


@pytest.fixture(scope="module")
def document() -> Document:
    """All sentences that commit to something, as the sections of one plan."""
    foreign = (*foreignsentences.FIRST, *foreignsentences.SECOND, *foreignsentences.THIRD, *foreignsentences.FOURTH)
    said = [sentence for sentence, truth in (*foreign, *FIFTH, *SIXTH) if truth]
    sections = tuple(Section(f"{n}.1", "", f"{sentence.rstrip('。')}。") for n, sentence in enumerate(said, 1))
    return Document("plan.txt", "2026年计划", sections)


@pytest.mark.slow
def test_the_draft_of_all_of_them_loads_and_the_audit_agrees_with_every_target(
    document: Document, tmp_path: Path
) -> None:
    drafts = draft(document, 2026)
    assert len(drafts) > 800
    areas = load_areas(INCLUDE / "areas.yaml")
    head = Head(2026, "baotou", document.title, document.name)
    text = draft_yaml(drafts, head, load_indicators(INCLUDE / "indicators.yaml"), areas)
    for name in ("areas.yaml", "departments.yaml"):
        (tmp_path / name).write_bytes((INCLUDE / name).read_bytes())
    stubs = "".join(line.removeprefix("#") + "\n" for line in text.splitlines() if line.startswith("#  - {"))
    registered = (INCLUDE / "indicators.yaml").read_text(encoding="utf-8").rstrip() + "\n" + stubs
    (tmp_path / "indicators.yaml").write_text(registered, encoding="utf-8")
    other = "  - {id: elsewhere, name_zh: 某地, name_en: Elsewhere, level: region, parent: nation}\n"
    (tmp_path / "areas.yaml").write_text((tmp_path / "areas.yaml").read_text(encoding="utf-8").rstrip() + "\n" + other)
    (tmp_path / "draft.yaml").write_text(text, encoding="utf-8")
    found = audit(document, load_plan(tmp_path / "draft.yaml", tmp_path))
    assert [f for f in found.findings if f.code != "uncovered"] == []
    assert all(standing.stands and standing.agrees for standing in found.standings)


def test_every_unit_that_a_figure_can_have_can_be_registered() -> None:
    units = [
        unit
        for group in ("percent", "points", "incidence", "money", "amount", "count", "people", "score", "time")
        for unit in words().units[group]
        if unit != "月"  # 5月 is a date
    ]
    assert [unit for unit in units if not is_known(find_figures(f"新增5{unit}")[0].unit)] == []


def test_what_is_printed_of_one_thing_twice_is_one_indicator_and_a_name_in_another_unit_is_another() -> None:
    text = "集装箱吞吐量达到500万标箱、增长15%。旅游收入80亿元。研发投入增长9%。旅游收入达到3000万人次。"
    document = Document("plan.txt", "2026年计划", (Section("1", "", text),))
    written = draft_yaml(draft(document), Head(2026, "x", "计划", "plan.txt"), {}, {})
    stubs = [line for line in written.splitlines() if line.startswith("#  - {")]
    assert [stub.split("name_zh: ")[1].split(",")[0] for stub in stubs] == [
        '"集装箱吞吐量"', '"旅游收入"', '"研发投入"', '"旅游收入（万人次）"',
    ]  # fmt: skip
    assert ["万标箱" in stub for stub in stubs] == [True, False, False, False]
