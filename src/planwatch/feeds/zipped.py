"""Zip files from outside (xlsx, ods): opened, counted and unzipped under limits before anything in them is understood."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from xml.parsers import expat

from planwatch.errors import Fault, ReleaseError
from planwatch.model.feed import Limits

_MEGABYTE = 1 << 20
_CHUNK = 1 << 16
_DOCTYPE = re.compile(rb"<\0?!\0?(?:D\0?O\0?C\0?T\0?Y\0?P\0?E|E\0?N\0?T\0?I\0?T\0?Y)", re.IGNORECASE)
_DOCTYPE_BYTES = 32
"""A document type or entity, also in UTF-16; it may lie across two chunks, within so many bytes."""

_DAMAGED = "its parts do not fit together"

Handler = Callable[[str, dict[str, str]], None]


def workbook_fault(code: str, message: str, filename: str, mend: str, **places: Any) -> ReleaseError:
    """Return the error of a workbook that cannot be read as a whole."""
    return ReleaseError.of(Fault(code=code, message=message, file=filename, mend=mend, **places))  # type: ignore[return-value]


class BrokenError(ValueError):
    """A workbook breaks the rules of its format; the text says to a person how."""


def broken_inside(filename: str, error: Exception) -> ReleaseError:
    """Return the error of a workbook whose container is whole and whose contents are not.

    How is said where `error` says it in words; what a library's arithmetic on damaged bytes ends in helps nobody.
    """
    in_words = isinstance(error, BrokenError | expat.ExpatError) or type(error) is LookupError  # an unknown encoding
    return workbook_fault(
        "not_a_workbook", f"the workbook is broken inside: {str(error)[:200] if in_words else _DAMAGED}", filename,
        "open the file in a spreadsheet, save it again as .xlsx and deliver that; where it does not open, ask for it again",
        expected="a workbook that a spreadsheet opens",
    )  # fmt: skip


def open_parts(data: bytes, filename: str, limits: Limits) -> zipfile.ZipFile:
    """Return a zip file whose every part was unzipped once and found to be within the limits.

    Raises:
        ReleaseError: cut short, damaged, encrypted, a zip bomb, or an XML part with a document type.
    """
    try:
        parts = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise workbook_fault(
            "not_a_workbook", f"the file is cut short or damaged: {error}", filename, "deliver the file again",
            expected="an xlsx, xls or ods workbook",
        ) from error  # fmt: skip
    _check_parts(parts, filename, limits)
    return parts


def _check_parts(parts: zipfile.ZipFile, filename: str, limits: Limits) -> None:
    """Unzip every part once, counting, and stop at the limit: the sizes a zip file states of itself may be lies."""
    infos = parts.infolist()
    if len(infos) > limits.max_parts:
        raise _bomb(filename, f"{len(infos)} parts", f"at most {limits.max_parts} parts")
    if twice := sorted(name for name, n in Counter(info.filename for info in infos).items() if n > 1):
        raise workbook_fault(
            "not_a_workbook", f"the part {twice[0]} stands in the workbook twice", filename,
            "open it, save it again and deliver that", expected="every part once",
        )  # fmt: skip
    total = 0
    for info in infos:
        if info.flag_bits & 1:
            raise workbook_fault(
                "password_protected", "a part of the workbook is encrypted", filename, "save it without a password"
            )
        size = _unzipped_size(parts, info, filename, limits.max_unzipped - total)
        total += size
        if total > limits.max_unzipped:
            raise _bomb(
                filename,
                f"{info.filename}: more than {limits.max_unzipped} bytes",
                f"at most {limits.max_unzipped} bytes unzipped",
            )
        if size > _MEGABYTE and size > limits.max_ratio * max(info.compress_size, 1):
            raise _bomb(
                filename,
                f"{info.filename}: {size} bytes from {info.compress_size}",
                f"at most {limits.max_ratio:g} to 1",
            )


def _unzipped_size(parts: zipfile.ZipFile, info: zipfile.ZipInfo, filename: str, room: int) -> int:
    size, tail, strange = 0, b"", ""
    is_xml = info.filename.endswith((".xml", ".rels")) and not info.filename.startswith("META-INF/")
    try:
        with parts.open(info) as part:
            while size <= room and (chunk := part.read(_MEGABYTE)):
                size += len(chunk)
                strange = strange or (_strange(tail, chunk) if is_xml else "")
                tail = chunk[-_DOCTYPE_BYTES:]
    except (
        Exception
    ) as error:  # BadZipFile, zlib.error, lzma.LZMAError, EOFError …: a damaged stream, whatever the method
        raise workbook_fault(
            "not_a_workbook", f"the part {info.filename} is damaged: {error}", filename, "deliver the file again"
        ) from error
    if strange:
        raise workbook_fault(
            "not_a_workbook", f"the part {info.filename} {strange}, as no workbook does", filename,
            "open it, save it again as .xlsx and deliver that",
        )  # fmt: skip
    return size


def _strange(tail: bytes, chunk: bytes) -> str:
    """Say what a piece of XML holds that no workbook does: entities, or a single name or text of a megabyte."""
    if _DOCTYPE.search(tail + chunk):
        return "declares a document type or entities"
    endless = len(chunk) == _MEGABYTE and b"<" not in chunk and chunk.strip()
    return "holds a text without an end" if endless else ""


def _bomb(filename: str, value: str, expected: str) -> ReleaseError:
    return workbook_fault(
        "zip_bomb", "the workbook unzips to more than a release may hold", filename,
        "save the table alone in a new workbook, or raise the feed's limits", value=value, expected=expected,
    )  # fmt: skip


def walk_xml(
    parts: zipfile.ZipFile, path: str, start: Handler, end: Callable[[str], None], text: Callable[[str], None]
) -> None:
    """Call the handlers for a part's elements (local names, attributes by local name) and texts. No tree is built.

    Raises:
        KeyError: there is no such part.
        expat.ExpatError: it is no XML.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    local: dict[str, str] = {}
    bare: dict[tuple[str, ...], bool] = {}

    def named(name: str) -> str:
        return local.get(name) or local.setdefault(name, name.rpartition(" ")[2])

    def started(name: str, given: dict[str, str]) -> None:
        keys = tuple(given)
        if keys not in bare:
            bare[keys] = not any(" " in key for key in keys)
        start(named(name), given if bare[keys] else {named(k): v for k, v in given.items()})

    parser.StartElementHandler = started
    parser.EndElementHandler = lambda name: end(named(name))
    parser.CharacterDataHandler = text
    parser.buffer_text = True
    with parts.open(path) as part:
        while chunk := part.read(_CHUNK):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)


def elements(parts: zipfile.ZipFile, path: str, most: int = 200_000) -> Iterator[tuple[str, dict[str, str]]]:
    """Return the elements of a small part (a list of sheets, of styles) as they open, `/name` as they close.

    Raises:
        BrokenError: there are more than `most`.
    """
    found: list[tuple[str, dict[str, str]]] = []

    def keep(name: str, given: dict[str, str]) -> None:
        if len(found) > most:
            raise BrokenError(f"{path} has more than {most} elements")
        found.append((name, given))

    walk_xml(parts, path, keep, lambda name: found.append((f"/{name}", {})), lambda _text: None)
    return iter(found)
