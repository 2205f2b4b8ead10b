"""One result type for every check, Great Expectations' and our own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from planwatch.model.vocabulary import Gate, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What one expectation said of one batch.

    `observed` is a short text of what was seen; `offending` at most twenty places (cells, keys) that failed;
    `failed_rows` how many there are in all.
    """

    gate: Gate
    suite: str
    expectation: str
    severity: Severity
    success: bool
    column: str = ""
    observed: str = ""
    offending: tuple[str, ...] = field(default=())
    failed_rows: int = 0
    note: str = ""


def worst_failure(results: Iterable[CheckResult]) -> Severity | None:
    """Return the severest severity among the failed results, None where all passed."""
    failed = {r.severity for r in results if not r.success}
    return next((s for s in (Severity.CRITICAL, Severity.WARNING, Severity.INFO) if s in failed), None)
