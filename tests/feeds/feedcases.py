"""Small releases built cell by cell, and the shipped feeds and registries to read them with."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from planwatch.errors import Fault, ReleaseError
from planwatch.feeds import load_feeds, read_release
from planwatch.model.feed import Feed, Limits
from planwatch.model.place import Area
from planwatch.model.release import ReleaseTable
from planwatch.model.target import Indicator
from planwatch.plan import load_areas, load_indicators
from planwatch.reconcile import Reconciliation, reconcile

INCLUDE = Path(__file__).resolve().parents[2] / "include"
SAMPLE = INCLUDE / "sample" / "2026"
STATS = "stats_bureau_2026-03.xlsx"
TITLE = ["2026年1—3月包头市主要经济指标", "发布单位：包头市统计局　发布日期：2026年4月17日"]
HEADER = [
    ["指标名称", "计量单位", "本月", None, "1—3月累计", None],
    [None, None, "绝对量", "同比±%", "绝对量", "同比±%"],
]
MERGES = ["A{0}:A{1}", "B{0}:B{1}", "C{0}:D{0}", "E{0}:F{0}"]
GDP = ["地区生产总值", "亿元", "-", "-", 1141.6, 5.7]
INDUSTRY = ["规模以上工业增加值", "亿元", "-", 10.3, "-", 11.3]
RETAIL = ["社会消费品零售总额", "亿元", 73.3, 5.4, 221.1, 6.0]


@cache
def feeds() -> dict[str, Feed]:
    return load_feeds(INCLUDE / "feeds.yaml")


@cache
def indicators() -> dict[str, Indicator]:
    return dict(load_indicators(INCLUDE / "indicators.yaml"))


@cache
def areas() -> dict[str, Area]:
    return dict(load_areas(INCLUDE / "areas.yaml"))


def workbook(*sheets: tuple[str, list[list[Any]], list[str]]) -> bytes:
    """Return a workbook of sheets given as (name, rows, merged ranges)."""
    book = Workbook()
    book.remove(book.active)
    for name, rows, merges in sheets:
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
        for merge in merges:
            page.merge_cells(merge)
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


def stats(
    *rows: list[Any], title: list[str] | None = None, header: list[list[Any]] | None = None, notes: tuple[str, ...] = ()
) -> bytes:
    """Return a statistics bureau workbook: title lines, a two-row header, the rows, note rows."""
    above = [[line] for line in (TITLE if title is None else title)]
    head = HEADER if header is None else header
    first = len(above) + 1
    merges = [m.format(first, first + 1) for m in MERGES] if header is None else []
    return workbook(("主要经济指标", [*above, *head, *rows, *([n] for n in notes)], merges))


def replaced(data: bytes, part: str, text: bytes) -> bytes:
    """Return a workbook with one part replaced."""
    raw = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, text if name == part else old.read(name))
    return raw.getvalue()


def read(feed: str, data: bytes, name: str, **options: Any) -> ReleaseTable:
    return read_release(feeds()[feed], data, name, **options)


def observe(feed: str, data: bytes, name: str, **options: Any) -> Reconciliation:
    return reconcile(feeds()[feed], read(feed, data, name, **options), indicators(), areas())


def values(found: Reconciliation) -> dict[tuple[str, str, str, str, str], float]:
    """Return the values by (indicator, area, period, span, measure)."""
    frame = found.observations
    keys = zip(frame.indicator, frame.area, frame.period, frame.span, frame.measure, strict=True)
    return dict(zip(keys, frame.value, strict=True))


def refusal(feed: str, data: bytes, name: str, *, limits: Limits | None = None, **options: Any) -> tuple[Fault, ...]:
    """Return the faults for which a file is refused; it must be."""
    try:
        read(feed, data, name, limits=limits, **options)
    except ReleaseError as error:
        assert error.faults and not error.retriable
        assert all(str(f) in str(error) for f in error.faults)
        return error.faults
    raise AssertionError("the file was read")
