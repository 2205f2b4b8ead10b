"""Gate 1: is this file what the source promised (DOMAIN §5)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from planwatch.model.check import CheckResult
from planwatch.model.vocabulary import Gate
from planwatch.quality.engine import run_suite
from planwatch.quality.frames import is_flagged, keys, sources, with_places
from planwatch.quality.suites import Suite

if TYPE_CHECKING:
    import pandas as pd

    from planwatch.errors import Fault
    from planwatch.reconcile import Reconciliation

_SERIES = ("indicator", "area", "measure")


def check_release(
    suite: Suite, found: Reconciliation, previous: pd.DataFrame | None, *, received: date | None = None
) -> list[CheckResult]:
    """Return what the release's suite says of it.

    The suite looks at three frames: `observations` (`OBSERVATION_COLUMNS`, with `main_period`, `days_since_month_began` and
    `days_after_receipt`), `findings` (one row per reject, unmatched row and missing series: `code`) and `series` (one row per series of
    the release before: `kept`).

    Args:
        suite: the feed's suite, such as `release_finance`.
        found: what the release yielded.
        previous: the observations of the feed's release before this one, None or empty where there was none.
        received: the day on which it came; None leaves `days_after_receipt` empty.

    Raises:
        CheckError: an expectation could not be evaluated.
    """
    frames = {
        "observations": _release_frame(found.observations, received),
        "findings": _findings_frame(found.findings),
        "series": _series_frame(found, previous),
    }
    return run_suite(suite, frames, Gate.RELEASE)


def _release_frame(observations: pd.DataFrame, received: date | None) -> pd.DataFrame:
    """Return the release with places and `main_period`: whether a row is of the month most are of, or flagged as revision."""
    frame = with_places(observations.reset_index(drop=True), sources(observations))
    frame = _with_days(frame, received)
    if "period" not in frame or frame.empty:
        return frame.assign(main_period=True)
    main = frame["period"].value_counts().index[0]
    return frame.assign(main_period=frame["period"].eq(main) | is_flagged(frame, "revised"))


def _with_days(frame: pd.DataFrame, received: date | None) -> pd.DataFrame:
    """Add the days from the beginning of a row's month, and from the day of receipt, to the row's day of publication.

    NaN where a day is not known. A wrong year in the date would decide which vintage counts, for years.
    """
    import pandas as pd

    def read(column: str, ending: str = "") -> pd.Series:
        texts = frame[column].astype("str") + ending if column in frame else pd.Series("", index=frame.index)
        return pd.to_datetime(texts, errors="coerce", format="%Y-%m-%d")

    def days(start: pd.Series) -> list[float]:
        return [float("nan") if pd.isna(gap) else float(gap.days) for gap in published - start]

    published = read("published_at")
    came = pd.Series(pd.Timestamp(received) if received else pd.NaT, index=frame.index, dtype="datetime64[ns]")
    said = [f"published on {day:%Y-%m-%d}" if not pd.isna(day) else "" for day in published]
    return frame.assign(
        days_since_month_began=pd.Series(days(read("period", "-01")), index=frame.index, dtype="float64"),
        days_after_receipt=pd.Series(days(came), index=frame.index, dtype="float64"),
        why_days_since_month_began=[f"{s}, before its month began" for s in said],
        why_days_after_receipt=[f"{s}, received on {received}" for s in said],
    )  # fmt: skip


def _findings_frame(findings: tuple[Fault, ...]) -> pd.DataFrame:
    import pandas as pd

    rows = {"code": [f.code for f in findings], "place": [str(f) for f in findings]}
    return pd.DataFrame(rows, dtype="str")


def _series_frame(found: Reconciliation, previous: pd.DataFrame | None) -> pd.DataFrame:
    """Return one row per series of the release before: `series`, `kept`, `place`.

    An indicator that is absent as a whole, and was not due this month, counts as kept: quarterly ones between quarters.
    Spans are not compared: February's release has no month of its own.
    """
    import pandas as pd

    if previous is None or previous.empty:
        empty = pd.DataFrame({"series": [], "kept": [], "place": []})
        return empty.astype({"series": "str", "kept": bool, "place": "str"})
    before = with_places(previous.reset_index(drop=True))
    before = before.assign(series=keys(before, _SERIES))
    before = before.sort_values("period").drop_duplicates("series", keep="last")
    present = set(keys(found.observations, _SERIES))
    due = set(found.observations["indicator"]) | {f.key for f in found.missing}
    kept = [
        series in present or indicator not in due
        for series, indicator in zip(before["series"], before["indicator"], strict=True)
    ]
    places = "last seen as " + before["place"].astype("str")
    return pd.DataFrame({"series": before["series"], "kept": kept, "place": places}).reset_index(drop=True)
