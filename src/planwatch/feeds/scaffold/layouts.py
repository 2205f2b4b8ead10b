"""Which layout a file's bytes are in, and its tables as grids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from planwatch.feeds.grid import Grid
from planwatch.feeds.page import read_page
from planwatch.feeds.plaintext import decode, read_text_table
from planwatch.feeds.records import read_records
from planwatch.feeds.sdmx import read_sdmx_csv
from planwatch.feeds.workbook import read_workbook
from planwatch.model.feed import Layout, Limits, RecordsRule, SdmxRule
from planwatch.reconcile.text import pattern
from planwatch.textfile import parsed_json

WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How workbooks begin: zip archives (xlsx, ods) and the older compound files (xls)."""
_SDMX = (b"DATAFLOW", b"STRUCTURE")
_DEEPEST = 6
"""Lists and objects that the records of a reply stand in at most."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A file's layout, its tables, and the keys (`records`, `sdmx`) that a feed of that layout needs to find them."""

    layout: Layout
    grids: list[Grid]
    rules: Mapping[str, Any] = field(default_factory=dict)


def read_sample(data: bytes, name: str, limits: Limits, words: Mapping[str, Any]) -> Sample:
    """Return what a file holds.

    Args:
        data: the file.
        name: its name.
        limits: how much a release may hold.
        words: `guesses.yaml`: how records call their fields, what codes of units mean.

    Raises:
        ReleaseError: it cannot be read.
    """
    if data.startswith(WORKBOOKS):
        return Sample(Layout.SHEET, read_workbook(data, name, limits))
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] == b"<":
        return Sample(Layout.HTML, read_page(data, name, limits))
    if start[:1] in (b"{", b"[") and (rule := _records(data, name, words)):
        return Sample(Layout.JSON, read_records(data, name, limits, RecordsRule(**rule)), {"records": rule})
    if start.startswith(_SDMX):
        return _sdmx(data, name, limits, words)
    tabs, commas = data.count(b"\t"), data.count(b",")
    if tabs > commas:
        return Sample(Layout.TIDY, read_text_table(data, name, limits, "\t"))
    return Sample(Layout.CSV, read_text_table(data, name, limits, ","))


def _sdmx(data: bytes, name: str, limits: Limits, words: Mapping[str, Any]) -> Sample:
    """Return an SDMX-CSV file, its codes of units as the units they usually are; codes that are not known stay."""
    text = decode(data, name)
    units = {code: unit for code, unit in words["sdmx_units"].items() if pattern(rf"(?<![\w-]){code}(?![\w-])").search(text)}  # fmt: skip
    grids = read_sdmx_csv(data, name, limits, SdmxRule(units=units))
    return Sample(Layout.SDMX_CSV, grids, {"sdmx": {"units": units}} if units else {})


def _records(data: bytes, name: str, words: Mapping[str, Any]) -> dict[str, Any]:
    """Return where a JSON reply holds its values, by the usual keys; empty where no list of records has a name and a value."""
    try:
        reply = parsed_json(decode(data, name), numbers_as_printed=True)
    except ValueError:
        return {}
    found = [rule for place in _lists((("", reply),)) if (rule := _rule(place, words))]
    if not found:
        return {}
    rule = max(found, key=lambda r: len(r["fields"]))
    if isinstance(reply.get("success"), bool):
        rule["success"] = {"success": True}
    if isinstance(reply.get("message"), str):
        rule["message"] = "message"
    return rule


def _lists(place: tuple[tuple[str, Any], ...]) -> Iterator[tuple[tuple[str, Any], ...]]:
    """Yield the first record of every list of records with what it stands in, outermost first, each with the list's key."""
    holder = place[-1][1]
    if not isinstance(holder, dict) or len(place) > _DEEPEST:
        return
    for key, value in holder.items():
        first = next((v for v in value if isinstance(v, dict)), None) if isinstance(value, list) else None
        if first is not None:
            yield (*place, (str(key), first))
            yield from _lists((*place, (str(key), first)))


def _rule(place: tuple[tuple[str, Any], ...], words: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the rule that reads a list of records: a key for each usual column, the nearest one to the record."""
    fields: dict[str, str] = {}
    for column, regex in words["records"].items():
        for up, (_key, holder) in enumerate(reversed(place)):
            key = next((k for k, v in holder.items() if not isinstance(v, dict | list) and pattern(regex).search(k)), None)  # fmt: skip
            if key is not None and not (up and column in ("name", "value", "series")):
                fields[column] = "^" * up + key
                break
    if not {"name", "value"} <= set(fields):
        return None
    return {"path": ".".join(f"{key}[]" for key, _ in place[1:]), "fields": fields}
