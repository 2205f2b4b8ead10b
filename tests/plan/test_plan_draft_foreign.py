"""Plans the grammar was not written from: sentences and whole documents of other places, with the truth written down first."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import foreignplans
import planprints
import pytest
from foreignplans import PAPERS, Paper
from foreignsentences import FIRST, FOURTH, SECOND, THIRD

from planwatch.plan.document import Document, Section, read_document
from planwatch.plan.draft import DraftTarget, draft

Truth = tuple[str, float, str]
"""Comparator, value and unit."""
AS_COUNTED = {"千人次": (1000.0, "人次")}


def truths(text: str) -> Counter[Truth]:
    """Return the numeric targets of a truth as written in the fixtures."""
    found: Counter[Truth] = Counter()
    for one in text.split(" | ") if text else []:
        _, comparator, value, unit = one.split()
        if value != "-":
            factor, plain = AS_COUNTED.get(unit, (1.0, unit))
            found[comparator, float(value) * factor, plain.strip("-")] += 1
    return found


def numeric(drafts: list[DraftTarget]) -> Counter[Truth]:
    return Counter(
        (d.reading.comparator.value, d.reading.value, d.reading.unit)
        for d in drafts
        if d.reading.value is not None and not d.reading.inferred
    )


def read(sentence: str) -> list[DraftTarget]:
    return draft(Document("plan.txt", "2026年计划", (Section("1", "", f"{sentence}。"),)))


@pytest.mark.parametrize("sentences", [FIRST, SECOND, THIRD, FOURTH], ids=["first", "second", "third", "fourth"])
def test_95_percent_of_foreign_targets_are_found_and_at_most_10_percent_are_false(
    sentences: list[tuple[str, str]],
) -> None:
    wanted = [(sentence, truths(truth)) for sentence, truth in sentences]
    drafted = [numeric(read(sentence)) for sentence, _ in sentences]
    missed = [(s, +(w - d)) for (s, w), d in zip(wanted, drafted, strict=True) if w - d]
    false = [(s, +(d - w)) for (s, w), d in zip(wanted, drafted, strict=True) if d - w]
    total = sum(w.total() for _, w in wanted)
    assert sum(m.total() for _, m in missed) <= 0.05 * total, missed
    assert sum(f.total() for _, f in false) <= 0.1 * sum(d.total() for d in drafted), false


def test_a_name_has_no_ordinal_and_a_crowd_of_signs_is_read_in_time() -> None:
    assert [d.reading.name for d in read("二是改造老旧小区26个")] == ["改造老旧小区"]
    assert len(read("（" * 50_000 + "5个")[0].reading.name) < 400


@pytest.mark.parametrize(
    ("sentence", "names", "directions"),
    [
        ("接待游客650万人次、实现旅游综合收入58亿元，均增长12%以上", ["接待游客", "旅游综合收入"] * 2, [None] * 4),
        ("——亩均税收提高到28万元/亩", ["亩均税收"], [None]),
        ("1.粮食产量稳定在21万吨以上", ["粮食产量"], [None]),
        ("单位地区生产总值能耗降低3%左右", ["单位地区生产总值能耗"], [-1]),
        ("办理时间再减半", ["办理时间"], [-1]),
        ("生产安全事故起数、死亡人数“双下降”10%", ["生产安全事故起数", "死亡人数"], [-1, -1]),
        ("70%以上的行政村建成“和美乡村”", ["行政村建成“和美乡村”比例"], [None]),
    ],
)
def test_names_and_directions(sentence: str, names: list[str], directions: list[int | None]) -> None:
    found = read(sentence)
    assert [d.reading.name for d in found] == names
    assert [d.reading.direction for d in found] == directions


def markdown(paper: Paper) -> str:
    """Return a paper with its headings marked and its dashes as a list."""
    shown = [
        f"## {text}" if text[1:2] == "、" or text.startswith("第") else text.replace("——", "- ") for text in paper.body
    ]
    return "\n\n".join([f"# {paper.title}", *shown]) + "\n"


PRINTS = {
    "plain": lambda p: planprints.plain(p.title, p.body).encode(),
    "markdown": lambda p: markdown(p).encode(),
    "narrow lines": lambda p: planprints.wrapped(17, 22, title=p.title, body=p.body, header=p.header).encode(),
    "form feeds": lambda p: planprints.wrapped(
        30, 25, form_feed=True, title=p.title, body=p.body, header=p.header
    ).encode(),
    "columns": lambda p: planprints.columns(22, p.title, p.body).encode(),
    "Word": lambda p: planprints.word(p.title, p.body),
    "PDF": lambda p: planprints.pdf(40, 30, title=p.title, body=p.body, header=p.header),
    "PDF in two columns": lambda p: planprints.pdf(
        24, 34, two_columns=True, title=p.title, body=p.body, header=p.header
    ),
}


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
@pytest.mark.parametrize("print_", PRINTS.values(), ids=PRINTS)
def test_a_foreign_plan_is_drafted_the_same_in_every_print(paper: Paper, print_, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "plan"
    path.write_bytes(print_(paper))
    assert numeric(draft(read_document(path))) == truths(paper.truth)


TABLE = [
    ["序号", "指标名称", "单位", "2025年完成", "2026年计划", "属性"],
    ["1", "地区生产总值增速", "%", "6.5", "6.5左右", "预期性"],
    ["2", "城镇新增就业", "万人", "1.2", "1.2", "预期性"],
    ["3", "城镇调查失业率（%）", "", "5.2", "≤5.5", "预期性"],
    ["4", "单位地区生产总值能耗降低", "%", "2.9", "完成市下达任务", "约束性"],
    ["5", "PM2.5平均浓度", "微克/立方米", "26", "25", "约束性"],
    ["6", "单位地区生产总值用水量", "%", "-3.5", "-4", "约束性"],
]


def word_table() -> bytes:
    import io

    from docx import Document as new_word

    document = new_word()
    document.add_paragraph("一、主要指标")
    table = document.add_table(rows=len(TABLE), cols=len(TABLE[0]))
    for n, row in enumerate(TABLE):
        for m, text in enumerate(row):
            table.cell(n, m).text = text
    document.add_paragraph("二、任务")
    document.add_paragraph("新增企业5家。")
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def text_table() -> str:
    wide = [24, 28, 14, 14, 18, 8]
    filled = [[text or "—" for text in row] for row in TABLE]
    rows = ["".join(t + " " * (w - planprints.shown_width(t)) for t, w in zip(r, wide, strict=True)) for r in filled]
    return "\n".join(["一、主要指标", *rows, "二、任务", "新增企业5家。"]) + "\n"


def markdown_table() -> str:
    rows = ["| " + " | ".join(row) + " |" for row in TABLE]
    return "\n".join(
        ["## 一、主要指标", "", rows[0], "|---" * 6 + "|", *rows[1:], "", "## 二、任务", "", "新增企业5家。"]
    )


@pytest.mark.parametrize("print_", [word_table(), text_table(), markdown_table()], ids=["Word", "text", "Markdown"])
def test_an_indicator_table_gives_the_targets_of_the_plans_year(print_: str | bytes, tmp_path: Path) -> None:
    path = tmp_path / "plan"
    path.write_bytes(print_.encode() if isinstance(print_, str) else print_)
    found = draft(read_document(path), 2026)
    shown = [
        (d.section, d.reading.kind.value, d.reading.comparator.value, d.reading.value, d.reading.unit) for d in found
    ]
    assert shown == [
        ("1", "growth", "about", 6.5, "%"),
        ("1", "cumulative", "ge", 1.2, "万人"),
        ("1", "hold", "le", 5.5, "%"),
        ("1", "assigned", "ge", None, ""),
        ("1", "reach", "le", 25.0, "微克/立方米"),
        ("1", "growth", "le", -4.0, "%"),
        ("2", "cumulative", "ge", 5.0, "家"),
    ]
    assert {d.confidence for d in found[:-1]} == {"medium"}


def test_the_fixtures_are_as_many_as_promised() -> None:
    assert len(FIRST) >= 120
    assert len(SECOND) + len(THIRD) >= 120
    assert all(len("".join(p.body)) >= 600 for p in (foreignplans.COUNTY, foreignplans.ZONE, foreignplans.REPORT))
