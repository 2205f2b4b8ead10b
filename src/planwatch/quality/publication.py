"""Gate 3: may this edition be published (DOMAIN §5). The arithmetic of DOMAIN §4 is done again in `recomputed`, on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planwatch.model.check import CheckResult
from planwatch.model.target import Plan
from planwatch.model.vocabulary import Gate
from planwatch.quality.engine import Told, run_suite
from planwatch.quality.recomputed import Match, verdict_frame
from planwatch.quality.suites import Suite

if TYPE_CHECKING:
    import pandas as pd

_COVERED = ("fresh", "carried")


def check_publication(
    suite: Suite, verdicts: pd.DataFrame, plan: Plan, previous: pd.DataFrame | None
) -> list[CheckResult]:
    """Return what the suite says of an edition's verdicts.

    Args:
        suite: `publication`.
        verdicts: `VERDICT_COLUMNS`, one row per (target id, area).
        plan: the plan they judge.
        previous: `reading_state` at least of the verdicts of the last edition of the plan, None for its first.

    Raises:
        CheckError: an expectation could not be evaluated.
    """
    match = Match(verdicts, plan)
    frames: dict[str, pd.DataFrame | Told] = {
        "verdicts": verdict_frame(verdicts, match, suite.meta.parameters),
        "targets": match.target_frame(),
        "edition": _edition_frame(verdicts, previous),
    }
    return run_suite(suite, frames, Gate.PUBLICATION)


def _edition_frame(verdicts: pd.DataFrame, previous: pd.DataFrame | None) -> pd.DataFrame:
    """Return one row: targets `covered` by a reading, `covered_before`, and `coverage_ratio`, NaN without a last edition."""
    import pandas as pd

    covered = _covered(verdicts)
    before = float("nan") if previous is None else float(_covered(previous))
    ratio = covered / before if before > 0 else float("nan")
    place = f"{covered} targets have a reading, {before:g} had one in the last edition"
    return pd.DataFrame({"place": [place], "covered": [covered], "covered_before": [before], "coverage_ratio": [ratio]})


def _covered(verdicts: pd.DataFrame) -> int:
    return int(verdicts["reading_state"].isin(_COVERED).sum())
