"""Read a plan's document, whatever it came as."""

from __future__ import annotations

import re
from pathlib import Path

from planwatch.errors import Fault, InputError
from planwatch.plan.document.model import Document, Line
from planwatch.plan.document.pdf import lines_of_pdf
from planwatch.plan.document.reflow import paragraphs_of
from planwatch.plan.document.sections import document_of
from planwatch.plan.document.signs import meant
from planwatch.plan.document.text import lines_of_text
from planwatch.plan.document.word import lines_of_word

MAX_BYTES = 50_000_000
MAX_CHARACTERS = 1_000_000
"""More than a plan of a thousand printed pages."""
MAX_RUN = 5_000
"""No text of a plan goes on so long without a stop, a comma or a space."""
_RUN = re.compile(rf"[^\s。！？；：，、,.;:｜|（）()]{{{MAX_RUN}}}")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MARKDOWN = re.compile(r"^#{1,6}\s+\S", re.MULTILINE)


def read_document(path: Path) -> Document:
    """Return a plan's text in sections of whole sentences.

    Markdown, plain text (UTF-8, UTF-16 or GB18030), DOCX and PDF; also as printed, with line breaks in mid-sentence, columns,
    and page headers between two halves of a sentence. Which it is, is told by the bytes, not by the name.

    Raises:
        InputError: not there, too large, damaged, encrypted, without text, or no prose.
    """
    data = _bytes(path)
    lines = _lines(data, path.name)
    _refuse_no_prose("\n".join(line.text for line in lines), path.name)
    paragraphs = paragraphs_of(lines)
    if not paragraphs:
        raise InputError.of(Fault(code="no_text", message="the document holds no text", file=path.name))
    return document_of(path.name, paragraphs)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        fault = Fault(code="not_there", message=f"cannot be read: {error.strerror}", file=str(path))
        raise InputError.of(fault) from error
    if len(data) > MAX_BYTES:
        fault = Fault(
            code="too_large", message="the file is too large", file=str(path), expected=f"at most {MAX_BYTES} bytes"
        )
        raise InputError.of(fault)
    return data


def _lines(data: bytes, name: str) -> list[Line]:
    if data.lstrip()[:5] == b"%PDF-":
        return lines_of_pdf(data, name)
    if data[:4] == b"PK\x03\x04":
        return lines_of_word(data, name)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise InputError.of(_old_word(data, name))
    text = meant(_decoded(data, name))
    _refuse_no_prose(text, name)
    return lines_of_text(text, marked=bool(_MARKDOWN.search(text)))


def _old_word(data: bytes, name: str) -> Fault:
    if _ENCRYPTED in data:
        return Fault(code="encrypted", message="the document has a password", file=name, mend="take its password off")
    message, mend = "this is a Word file of the old kind (.doc)", "save it as .docx"
    return Fault(code="old_word", message=message, file=name, expected="DOCX, PDF, text", mend=mend)


def _refuse_no_prose(text: str, name: str) -> None:
    if len(text) > MAX_CHARACTERS:
        message, mend = f"the text has {len(text)} characters", "hand over the plan alone"
        expected = f"at most {MAX_CHARACTERS}"
        raise InputError.of(Fault(code="too_large", message=message, file=name, expected=expected, mend=mend))
    if _RUN.search(text):
        message = f"{MAX_RUN} characters and more run on without a stop, a comma or a space"
        raise InputError.of(Fault(code="not_prose", message=message, file=name, expected="a plan's text"))


def _decoded(data: bytes, name: str) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _strict(data, "utf-16", name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _strict(data, _unmarked(data) or "gb18030", name)


def _unmarked(data: bytes) -> str:
    """Return which UTF-16 a text without its mark is in, "" where it is in none: its stops and line ends have a zero byte each."""
    for encoding in ("utf-16-le", "utf-16-be"):
        ends = data.count("\n".encode(encoding)) + data.count("。".encode(encoding)) + data.count("，".encode(encoding))
        if len(data) % 2 == 0 and b"\x00" in data and ends * 200 > len(data):
            return encoding
    return ""


def _strict(data: bytes, encoding: str, name: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        message, mend = "the text is neither UTF-8 nor GB18030", "save it as UTF-8"
        raise InputError.of(Fault(code="not_text", message=message, file=name, mend=mend)) from error
    if "\x00" in text:
        raise InputError.of(
            Fault(code="not_text", message="the file is not text", file=name, expected="DOCX, PDF, text")
        )
    return text
