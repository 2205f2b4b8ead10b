"""Data Docs: static pages of what the checks said, readable on a closed network and on paper.

Great Expectations' own pages fetch style sheets and scripts from public servers. These hold everything in themselves.
A folder holds `index.html`, one page a subject under `subjects/`, and beside each page the small JSON file the index is
made from. Every file is replaced whole, and the index under a lock, so that several tasks may write at once.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planwatch.model.calendar import SHANGHAI
from planwatch.model.check import CheckResult, worst_failure
from planwatch.model.vocabulary import Gate, Severity
from planwatch.quality.suites import NOTE_SEPARATOR

if TYPE_CHECKING:
    import pandas as pd
    from jinja2 import Template

PASSED = "passed"
_TEMPLATES = Path(__file__).parent / "templates"
_ORDER = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
GATE_WORDS = {
    Gate.RELEASE: ("来数核验", "Release"),
    Gate.OBSERVATIONS: ("观测核验", "Observations"),
    Gate.PUBLICATION: ("发布核验", "Publication"),
}
"""What the gates are called on the pages."""
_FAILED = ("未通过", "Not passed")
OUTCOME_WORDS = {
    Severity.CRITICAL.value: ("严重", "critical"),
    Severity.WARNING.value: ("警告", "warning"),
    Severity.INFO.value: ("提示", "info"),
    PASSED: ("通过", "passed"),
}
"""What the outcomes are called on the pages."""


def write_data_docs(folder: Path, subject: str, title: str, results: Sequence[CheckResult], at: datetime) -> Path:
    """Write one subject's page and bring the index up to date.

    Args:
        folder: the site, made where it is not there.
        subject: what was checked, such as `finance/2026-03/4f1a…`; written again, its page is replaced.
        title: what people call it.
        results: what the checks said.
        at: when they ran, with zone; the index lists the newest first.

    Returns:
        The subject's page.
    """
    pages = folder / "subjects"
    pages.mkdir(parents=True, exist_ok=True)
    name = _file_name(subject)
    entry = _entry(subject, title, results, at, f"subjects/{name}.html")
    page = pages / f"{name}.html"
    _replace(page, _template("subject.html.j2").render(entry=entry, sections=_sections(results), **_look()))
    _replace(pages / f"{name}.json", json.dumps(entry, ensure_ascii=False))
    _write_index(folder)
    return page


def build_data_docs(folder: Path, results: pd.DataFrame | Sequence[CheckResult], at: datetime | None = None) -> Path:
    """Write pages for all results and the index; return the index.

    Args:
        folder: the site.
        results: check results, a subject for each suite; or a frame with their columns and `subject`, `at` and perhaps
            `title`, as the warehouse keeps them. Of a subject that was checked several times the newest counts.
        at: when the checks ran; needed for a sequence, which does not say.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write_index(folder)
    for subject, title, rows, when in _subjects(results, at):
        write_data_docs(folder, subject, title, rows, when)
    return folder / "index.html"


def _subjects(
    results: pd.DataFrame | Sequence[CheckResult], at: datetime | None
) -> Iterator[tuple[str, str, list[CheckResult], datetime]]:
    if isinstance(results, Sequence):
        for suite in dict.fromkeys(r.suite for r in results):
            if at is None:
                raise ValueError("`at` is needed: check results do not say when they ran")
            yield suite, suite, [r for r in results if r.suite == suite], at
        return
    named = results.rename(columns={"column_name": "column"})
    named = named if "title" in named else named.assign(title=named["subject"])
    newest = named[named["at"] == named.groupby(["subject", "suite"])["at"].transform("max")]
    for (subject, title), rows in newest.groupby(["subject", "title"], sort=False):
        yield str(subject), str(title), [_result(r) for r in rows.to_dict("records")], rows["at"].max()


def _result(row: Mapping[Any, Any]) -> CheckResult:
    return CheckResult(
        gate=Gate(row["gate"]),
        suite=str(row["suite"]),
        expectation=str(row["expectation"]),
        severity=Severity(row["severity"]),
        success=bool(row["success"]),
        column=str(row["column"] or ""),
        observed=str(row["observed"] or ""),
        offending=tuple(str(o) for o in row["offending"]),
        failed_rows=int(row["failed_rows"]),
        note=str(row["note"] or ""),
    )


def _entry(subject: str, title: str, results: Sequence[CheckResult], at: datetime, page: str) -> dict[str, Any]:
    """Return what the index says of a subject."""
    counts = Counter(r.severity.value for r in results if not r.success)
    return {
        "subject": subject,
        "title": title,
        "page": page,
        "at": at.isoformat(),
        "when": at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M"),
        "worst": worst_failure(results) or PASSED,
        "gates": [g.value for g in Gate if any(r.gate is g for r in results)],
        "counts": {s.value: counts[s.value] for s in Severity} | {PASSED: sum(r.success for r in results)},
        "all": len(results),
    }


def _sections(results: Iterable[CheckResult]) -> list[dict[str, Any]]:
    """Return what failed, the severest first, whatever its gate; then what passed, gate by gate."""
    listed = list(results)
    failed = sorted((r for r in listed if not r.success), key=lambda r: _ORDER[r.severity])
    passed = [(GATE_WORDS[gate], [r for r in listed if r.success and r.gate is gate]) for gate in Gate]
    return [{"words": words, "rows": [_row(r) for r in rs]} for words, rs in [(_FAILED, failed), *passed] if rs]


def _row(result: CheckResult) -> dict[str, Any]:
    zh, en, note = (*result.note.split(NOTE_SEPARATOR, 2), "", "", "")[:3]
    return {
        "outcome": PASSED if result.success else result.severity.value,
        "severity": result.severity.value,
        "gate": GATE_WORDS[result.gate],
        "zh": zh or result.expectation,
        "en": en,
        "note": note,
        "name": f"{result.suite} · {result.expectation}",
        "column": result.column,
        "observed": result.observed,
        "offending": result.offending,
        "more": max(0, result.failed_rows - len(result.offending)) if result.offending else 0,
    }


def _file_name(subject: str) -> str:
    """Return a file name that is safe, readable, and another one for every other subject."""
    readable = re.sub(r"[^a-z0-9]+", "-", subject.lower()).strip("-")[:60].strip("-")
    return f"{readable or 'subject'}-{hashlib.sha256(subject.encode()).hexdigest()[:10]}"


def _write_index(folder: Path) -> None:
    with _locked(folder):
        entries = [json.loads(p.read_text("utf-8")) for p in (folder / "subjects").glob("*.json")]
        entries.sort(key=lambda e: (datetime.fromisoformat(e["at"]), e["subject"]), reverse=True)
        _replace(folder / "index.html", _template("index.html.j2").render(entries=entries, **_look()))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _replace(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one, whole."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _look() -> dict[str, Any]:
    from markupsafe import Markup

    style = Markup((_TEMPLATES / "pages.css").read_text("utf-8"))  # noqa: S704 - a file of this package
    return {"style": style, "gate_words": GATE_WORDS, "outcome_words": OUTCOME_WORDS}


@cache
def _template(name: str) -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(_TEMPLATES)
    return Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).get_template(name)
