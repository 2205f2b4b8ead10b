"""One plan, however it is printed: the same sections with the same whole sentences."""

from __future__ import annotations

import io
import zipfile
from itertools import pairwise
from pathlib import Path

import planprints
import pytest

from planwatch.errors import InputError
from planwatch.plan.document import Document, read_document
from planwatch.plan.grammar.clauses import sentences_of


def read(tmp_path: Path, data: str | bytes, name: str = "plan.txt") -> Document:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_document(path)


def texts(document: Document) -> dict[str, str]:
    return {section.id: section.text.replace("\n", "") for section in document.sections}


@pytest.fixture
def expected(tmp_path: Path) -> dict[str, str]:
    """The sections of the plan with one line a paragraph, their text checked against what was written."""
    found = texts(read(tmp_path, planprints.plain(), "expected.txt"))
    assert list(found) == planprints.SECTIONS
    assert found["0"] == planprints.BODY[0]
    assert found["1.1"] == planprints.BODY[2]
    assert found["2.2[清洁能源]"] == planprints.BODY[-1]
    return found


PRINTS = {
    "narrow lines": planprints.wrapped(14),
    "lines": planprints.wrapped(28),
    "pages with form feeds": planprints.wrapped(24, form_feed=True),
    "columns": planprints.columns(),
    "spaces around digits": planprints.plain().replace("60个", " 60 个").replace("3.6万", " 3.6 万"),
    "GB18030": planprints.plain().encode("gb18030"),
    "UTF-16": planprints.plain().encode("utf-16"),
    "UTF-16 without its mark": planprints.plain().encode("utf-16-le"),
    "UTF-16, high byte first, without its mark": planprints.plain().encode("utf-16-be"),
    "Windows line ends": planprints.plain().replace("\n", "\r\n"),
    "Word": planprints.word(),
    "PDF": planprints.pdf(),
    "PDF in two columns": planprints.pdf(width=24, two_columns=True),
}


@pytest.mark.parametrize("print_", PRINTS.values(), ids=PRINTS)
def test_every_print_reads_the_same(tmp_path: Path, expected: dict[str, str], print_: str | bytes) -> None:
    document = read(tmp_path, print_)
    assert texts(document) == expected
    assert document.title == planprints.TITLE


def test_a_header_between_two_halves_of_a_sentence_is_taken_out_though_it_comes_once(tmp_path: Path) -> None:
    text = "一、就业\n新增城镇\n\n— 3 —\n\n青石县人民政府公报\n\n就业3.6万人以上。\n"
    assert texts(read(tmp_path, text)) == {"1": "新增城镇就业3.6万人以上。"}


def test_markdown_keeps_its_own_section_ids_and_loses_its_remarks(tmp_path: Path) -> None:
    text = "# 计划\n\n> A remark of 99 words.\n\n### 0\n\n增长5%。\n\n## 一、投资\n\n### 1.1\n\n竣工300\n个。\n\n### 1.1[能源]\n\n新增1处。\n"
    document = read(tmp_path, text, "plan.md")
    assert [(s.id, s.title, s.text) for s in document.sections] == [
        ("0", "", "增长5%。"), ("1", "投资", ""), ("1.1", "", "竣工300个。"), ("1.1[能源]", "", "新增1处。"),
    ]  # fmt: skip


def test_markdown_with_printed_numbers_is_numbered_by_them(tmp_path: Path) -> None:
    text = "# 计划\n\n## 一、投资\n\n### （一）项目\n\n竣工3个。\n\n### （二）消费\n\n1.商圈\n建成2个。\n"
    assert texts(read(tmp_path, text)) == {"1": "", "1.1": "竣工3个。", "1.2": "", "1.2.1": "建成2个。"}


def test_spoken_numbers_in_one_paragraph_are_sections(tmp_path: Path) -> None:
    text = "一、安全\n一是抓生产。排查10处隐患。二是抓防汛。清淤3公里；三是抓消防。新增2支队伍。\n"
    assert list(texts(read(tmp_path, text))) == ["1", "1.1", "1.2", "1.3"]


def test_a_broken_enumeration_is_no_heading(tmp_path: Path) -> None:
    text = "一、产业\n推动第\n一、二、三产业增加值分别增长3%、7%和\n6%以上，城镇登记失业率控制在\n4.5%以内。\n"
    body = "推动第一、二、三产业增加值分别增长3%、7%和6%以上，城镇登记失业率控制在4.5%以内。"
    assert texts(read(tmp_path, text)) == {"1": body}


def test_radicals_that_a_pdf_gives_out_are_the_characters_they_stand_for(tmp_path: Path) -> None:
    text = "⼀、⺠⽣\n新增规上⼯业企业100⼾，建设⻛电装机5万千⽡\u200b以上。\n"
    document = read(tmp_path, text)
    assert [(s.id, s.title, s.text) for s in document.sections] == [
        ("1", "民生", "新增规上工业企业100户，建设风电装机5万千瓦以上。")
    ]


def test_a_table_of_a_word_document_is_read_row_by_row(tmp_path: Path) -> None:
    from docx import Document as new_word

    document = new_word()
    document.add_paragraph("一、指标")
    table = document.add_table(rows=2, cols=2)
    for n, text in enumerate(["指标", "目标", "地区生产总值", "增长6%"]):
        table.cell(n // 2, n % 2).text = text
    buffer = io.BytesIO()
    document.save(buffer)
    assert texts(read(tmp_path, buffer.getvalue())) == {"1": "指标｜目标。地区生产总值｜增长6%。"}


def _bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 210_000_000)
    return buffer.getvalue()


def _many_paragraphs() -> bytes:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = "<w:p/>" * 40_000
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(planprints.word())) as whole,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out,
    ):
        for part in whole.namelist():
            own = f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>'.encode()
            out.writestr(part, own if part == "word/document.xml" else whole.read(part))
    return buffer.getvalue()


def _locked() -> bytes:
    lock = f"/ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -1 /O <{'11' * 32}> /U <{'22' * 32}> >>"
    return planprints.pdf().replace(b"/Root 1 0 R", f"/Root 1 0 R {lock}".encode())


def _entities() -> bytes:
    kinds = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefgh"))
    head = f'<!DOCTYPE x [<!ENTITY a "新增企业"><!ENTITY f SYSTEM "file:///etc/hostname">{kinds}]>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(planprints.word())) as whole, zipfile.ZipFile(buffer, "w") as out:
        for part in whole.namelist():
            data = whole.read(part)
            if part == "word/document.xml":
                declaration, _, body = data.decode().partition("?>")
                data = f"{declaration}?>{head}{body}".replace("新增城镇", "&h;&f;新增城镇").encode()
            out.writestr(part, data)
    return buffer.getvalue()


HOSTILE = {
    "20 MB of text": ("too_large", ("新增企业5家。" * 60 + "\n").encode() * 18_000),
    "one run of digits": ("not_prose", b"1" * 900_000),
    "one run of numerals": ("not_prose", "十百千万".encode() * 50_000),
    "one run of words": ("not_prose", "增长".encode() * 100_000),
    "noise": ("not_text", bytes(range(128, 256)) * 4000),
    "a password": ("encrypted", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")),
    "half a Word file": ("not_word", planprints.word()[:-400]),
    "a PDF with a password": ("encrypted", _locked()),
    "a Word file with an entity from outside": ("not_word", _entities()),
    "half a PDF": ("not_pdf", planprints.pdf()[:1500]),
    "too many paragraphs": ("too_large", _many_paragraphs()),
}


@pytest.mark.slow  # the files are large
@pytest.mark.parametrize(("code", "data"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_are_refused_with_a_fault(tmp_path: Path, code: str, data: bytes) -> None:
    with pytest.raises(InputError) as refused:
        read(tmp_path, data)
    (fault,) = refused.value.faults
    assert (fault.code, fault.file) == (code, "plan.txt")


def test_a_sentence_that_never_ends_is_read_in_parts() -> None:
    text = "新增规上企业5家，" * 400
    parts = list(sentences_of(text))
    assert len(parts) > 2
    assert "".join(part.text for part in parts) == text


def test_a_table_ends_no_section_and_keeps_its_cells_apart(tmp_path: Path) -> None:
    rows = "指标        2025年    2026年\n失业率      5.2       5.5\n就业        1.1       1.2\n"
    found = texts(read(tmp_path, f"一、指标\n{rows}二、任务\n新增5家。\n"))
    assert found == {"1": "指标｜2025年｜2026年。失业率｜5.2｜5.5。就业｜1.1｜1.2。", "2": "新增5家。"}


def test_paragraphs_of_all_lengths_stay_apart_without_white_space(tmp_path: Path) -> None:
    items = ["规上工业总产值突破900亿元，同比增长15%以上；", "投资增长12%，其中工业投资占比不低于70%；"] * 3
    text = "\n".join(["主要目标是：", *(f"——{item}" for item in items), "第一节全力以赴抓招商", "围绕链条" * 30 + "。"])
    assert [s.id for s in read(tmp_path, text).sections] == ["0", "1"]


BAD = {
    "not_word": b"PK\x03\x04 broken",
    "not_pdf": b"%PDF-1.7 broken",
    "old_word": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old",
    "not_text": b"\xff\xfe\x00\xd8\x00\x00",
    "no_text": b"  \n \n",
}


@pytest.mark.parametrize(("code", "data"), BAD.items(), ids=BAD)
def test_a_file_that_cannot_be_read_says_what_it_is(tmp_path: Path, code: str, data: bytes) -> None:
    with pytest.raises(InputError) as refused:
        read(tmp_path, data)
    assert [fault.code for fault in refused.value.faults] in ([code], ["no_text"] if code == "not_pdf" else [code])


@pytest.mark.slow  # so is the bomb
def test_a_file_that_is_not_there_or_a_scan_or_a_bomb_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_document(tmp_path / "nowhere.pdf")
    with pytest.raises(InputError, match="Is a directory"):
        read_document(tmp_path)
    with pytest.raises(InputError, match="scan"):
        read(tmp_path, planprints._file([b""]))
    with pytest.raises(InputError, match="unpacks to"):
        read(tmp_path, _bomb())


def test_numbers_in_other_habits_are_sections(tmp_path: Path) -> None:
    text = (
        "第一章总体\n目标1个。\n第二章任务\n第一节项目\n建成1个。\n第二节创新\n1）平台\n新增2家。\n2）人才\n引进3名。\n"
    )
    assert list(texts(read(tmp_path, text))) == ["1", "2", "2.1", "2.2", "2.2.1", "2.2.2"]
