"""Data Docs: whole in themselves, deaf to hostile text, written whole, also by several at once."""

from __future__ import annotations

import multiprocessing
import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from lxml import html

from planwatch.model.check import CheckResult
from planwatch.model.vocabulary import Gate, Severity
from planwatch.quality import build_data_docs, write_data_docs
from planwatch.quality.suites import NOTE_SEPARATOR

NOW = datetime(2026, 4, 18, 9, 30, tzinfo=UTC)
HOSTILE = "</style><script src=//evil.example/x.js></script><img src=x onerror=alert(1)>\"'&{{ 7*7 }}"


def result(*, success: bool = True, severity: Severity = Severity.CRITICAL, **more: object) -> CheckResult:
    given: dict[str, object] = {
        "gate": Gate.RELEASE, "suite": "release_finance", "expectation": "keys_unique", "severity": severity, "success": success,
        "column": "value", "observed": "all 3", "note": NOTE_SEPARATOR.join(("只应有一个数", "One value", "because")),
    }  # fmt: skip
    return CheckResult(**(given | more))  # type: ignore[arg-type]


def rows(folder: Path) -> list[tuple[str, str]]:
    """Return (subject, outcome) of the index, as listed."""
    page = html.parse(folder / "index.html")
    found = page.xpath("//tbody/tr")
    return [(r.xpath("string(.//span[@class='id'])"), r.xpath("string(.//i/../@class)").split()[-1]) for r in found]


def test_a_subject_has_its_page_and_the_index_lists_the_newest_first(tmp_path: Path) -> None:
    bad = result(
        success=False,
        severity=Severity.WARNING,
        offending=("cell A", "cell B"),
        failed_rows=9,
        observed="9 of 9 failed",
    )
    page = write_data_docs(tmp_path, "finance/2026-03", "财政局 2026年3月", [result(), bad], NOW)
    write_data_docs(tmp_path, "finance/2026-04", "财政局 2026年4月", [result()], NOW + timedelta(days=30))
    write_data_docs(
        tmp_path, "jobs/2026-03", "人社局 2026年3月", [result(success=False), bad], NOW - timedelta(hours=1)
    )
    assert rows(tmp_path) == [
        ("finance/2026-04", "passed"),
        ("finance/2026-03", "warning"),
        ("jobs/2026-03", "critical"),
    ]
    (link,) = html.parse(tmp_path / "index.html").xpath("//a[text()='财政局 2026年3月']/@href")
    assert (tmp_path / link) == page
    text = " ".join(html.parse(page).xpath("//body//text()[normalize-space()]"))
    for words in (
        "只应有一个数",
        "One value",
        "because",
        "cell A",
        "cell B",
        "另有 7 处",
        "9 of 9 failed",
        "2026-04-18 17:30",
    ):
        assert words in text


def test_a_subject_checked_again_replaces_its_page(tmp_path: Path) -> None:
    first = write_data_docs(tmp_path, "finance/2026-03", "财政局", [result(success=False)], NOW)
    second = write_data_docs(tmp_path, "finance/2026-03", "财政局", [result()], NOW + timedelta(hours=1))
    assert first == second
    assert rows(tmp_path) == [("finance/2026-03", "passed")]
    assert sorted(p.suffix for p in (tmp_path / "subjects").iterdir()) == [".html", ".json"]


def test_pages_are_whole_in_themselves_and_hostile_text_stays_text(tmp_path: Path) -> None:
    hostile = result(
        success=False, suite=HOSTILE, expectation=HOSTILE, column=HOSTILE, observed=HOSTILE, offending=(HOSTILE,), failed_rows=1,
        note=NOTE_SEPARATOR.join([HOSTILE] * 3),
    )  # fmt: skip
    page = write_data_docs(tmp_path, HOSTILE, HOSTILE, [hostile], NOW)
    assert page.parent == tmp_path / "subjects"
    for path in (page, tmp_path / "index.html"):
        text = path.read_text("utf-8")
        assert not re.search(r"https?://|@import|url\(", text)
        tree = html.fromstring(text)
        assert tree.xpath("//script | //img | //link | //iframe | //@onerror | //@src") == []
        assert not [h for h in tree.xpath("//@href") if "/" in h.removeprefix("../").removeprefix("subjects/")]
        assert HOSTILE in tree.xpath("string(//body)")
        assert "49" not in tree.xpath("string(//h1)")


@pytest.mark.parametrize(
    "subject", ["../../etc/passwd", "/etc/passwd", "..", "", "包头市/2026-03", "a" * 500, "A b", "a b"]
)
def test_no_subject_leaves_the_folder_or_hides_another(tmp_path: Path, subject: str) -> None:
    write_data_docs(tmp_path / "site", "a-b", "other", [result()], NOW)
    page = write_data_docs(tmp_path / "site", subject, "title", [result()], NOW)
    assert page.resolve().parent == (tmp_path / "site" / "subjects").resolve()
    assert len(rows(tmp_path / "site")) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["site"]


def _write_some(folder: Path, writer: int) -> None:
    for n in range(5):
        write_data_docs(folder, f"feed {writer}/{n}", "title", [result()], NOW)


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("fork")
    writers = [spawn.Process(target=_write_some, args=(tmp_path, w)) for w in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [w.exitcode for w in writers] == [0] * 4
    assert {subject for subject, _ in rows(tmp_path)} == {f"feed {w}/{n}" for w in range(4) for n in range(5)}
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_site_without_results_says_so(tmp_path: Path) -> None:
    index = build_data_docs(tmp_path / "site", [])
    assert "尚无核验记录" in index.read_text("utf-8")


def test_the_site_is_built_from_results_or_from_the_warehouses_frame(tmp_path: Path) -> None:
    build_data_docs(tmp_path / "list", [result(), result(suite="publication", gate=Gate.PUBLICATION)], NOW)
    assert [subject for subject, _ in rows(tmp_path / "list")] == ["release_finance", "publication"]
    older, newer = asdict(result(success=False)), asdict(result())
    frame = pd.DataFrame([older | {"at": NOW}, newer | {"at": NOW + timedelta(hours=2)}]).assign(
        subject="abc", run_id="r"
    )
    build_data_docs(tmp_path / "frame", frame.rename(columns={"column": "column_name"}))
    assert rows(tmp_path / "frame") == [("abc", "passed")]


def test_results_do_not_say_when_they_ran(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`at` is needed"):
        build_data_docs(tmp_path, [result()])
