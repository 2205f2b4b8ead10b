"""Gate 1: is this file what the source promised (DOMAIN §5)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from planwatch.model.check import CheckResult
from planwatch.model.vocabulary import Gate, Span
from planwatch.quality.engine import Told, run_suite
from planwatch.quality.frames import Places, is_flagged, keys, sources
from planwatch.quality.suites import Suite

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from planwatch.errors import Fault
    from planwatch.reconcile import Reconciliation

_SERIES = ("indicator", "area", "measure")


def check_release(
    suite: Suite, found: Reconciliation, previous: pd.DataFrame | None, *, received: date | None = None
) -> list[CheckResult]:
    """Return what the release's suite says of it.

    The suite looks at four frames: `observations` (`OBSERVATION_COLUMNS`, with `main_period`, `days_since_month_began` and
    `days_after_receipt`), `findings` (one row per reject, unmatched row and missing series: `code`) `series` (one row per series of
    the release before: `kept`, `same_nature`) and `due` (one row per indicator that was due: `arrived`).

    Args:
        suite: the feed's suite, such as `release_finance`.
        found: what the release yielded.
        previous: the observations of the feed's release before this one, None or empty where there was none.
        received: the day on which it came; None leaves `days_after_receipt` empty.

    Raises:
        CheckError: an expectation could not be evaluated.
    """
    frames: dict[str, pd.DataFrame | Told] = {
        "observations": _release_frame(found.observations, received),
        "findings": _findings_frame(found.findings),
        "series": _series_frame(found, previous),
        "due": _due_frame(found),
    }
    return run_suite(suite, frames, Gate.RELEASE)


def _release_frame(observations: pd.DataFrame, received: date | None) -> Told:
    """Return the release with `main_period`: whether a row is of the month most are of, or flagged as revision."""
    frame = observations.reset_index(drop=True)
    place = Places(frame, sources(frame))
    published = _days(frame, "published_at")
    frame = _with_days(frame, published, received)
    main = frame["period"].value_counts().index[0] if "period" in frame and len(frame) else None
    same = True if main is None else frame["period"].eq(main) | is_flagged(frame, "revised")
    return Told(frame.assign(main_period=same), place, _day_reasons(published, received))


def _with_days(frame: pd.DataFrame, published: Any, received: date | None) -> pd.DataFrame:
    """Add the days from the beginning of a row's month, and from the day of receipt, to the row's day of publication.

    NaN where a day is not known. A wrong year in the date would decide which vintage counts, for years.
    """
    import pandas as pd

    came = pd.Series(pd.Timestamp(received) if received else pd.NaT, index=frame.index, dtype="datetime64[ns]")
    return frame.assign(
        days_since_month_began=(published - _days(frame, "period", "-01")).dt.days.astype("float64"),
        days_after_receipt=(published - came).dt.days.astype("float64"),
    )


def _days(frame: pd.DataFrame, column: str, ending: str = "") -> Any:
    """Return the days that a column's words, with an ending, say; NaT where they say none. Each different word is read once."""
    import pandas as pd

    if column not in frame:
        return pd.Series(pd.NaT, index=frame.index, dtype="datetime64[ns]")
    codes, words = pd.factorize(frame[column])
    days = pd.to_datetime(
        pd.Series([f"{word}{ending}" for word in words] + [""], dtype="str"), errors="coerce", format="%Y-%m-%d"
    )
    return pd.Series(days.to_numpy("datetime64[ns]")[codes], index=frame.index)


def _day_reasons(published: Any, received: date | None) -> dict[str, Callable[[int], str]]:
    def said(n: int) -> str:
        return f"published on {published.iloc[n]:%Y-%m-%d}"

    return {
        "days_since_month_began": lambda n: f"{said(n)}, before its month began",
        "days_after_receipt": lambda n: f"{said(n)}, received on {received}",
    }


def _findings_frame(findings: tuple[Fault, ...]) -> pd.DataFrame:
    import pandas as pd

    rows = {"code": [f.code for f in findings], "place": [str(f) for f in findings]}
    return pd.DataFrame(rows, dtype="str")


def _due_frame(found: Reconciliation) -> pd.DataFrame:
    """Return one row per indicator that was due: `indicator`, `arrived`, and `place`, which says of a missing one what may be it."""
    import pandas as pd

    missing = {str(fault.key): str(fault) for fault in found.missing}
    rows = {
        "indicator": list(found.due),
        "arrived": [indicator not in missing for indicator in found.due],
        "place": [missing.get(indicator, indicator) for indicator in found.due],
    }
    return pd.DataFrame(rows).astype({"indicator": "str", "arrived": bool, "place": "str"})


def _series_frame(found: Reconciliation, previous: pd.DataFrame | None) -> Told:
    """Return one row per series of the release before: `series`, `kept`, `same_nature`.

    An indicator that is absent as a whole, and was not due this month, counts as kept: quarterly ones between quarters.
    Spans are not compared, for February's release has no month of its own; but what was a level at a point in time (期末) is still one.
    """
    import pandas as pd

    if previous is None or previous.empty:
        nothing = pd.DataFrame({"series": [], "kept": [], "same_nature": []})
        return Told(nothing.astype({"series": "str", "kept": bool, "same_nature": bool}))
    before = previous.reset_index(drop=True)
    was, now = _natures(before), _natures(found.observations)
    before = before.assign(series=keys(before, _SERIES))
    before = before.sort_values("period").drop_duplicates("series", keep="last")
    present = set(keys(found.observations.drop_duplicates(list(_SERIES)), _SERIES))
    due = set(found.observations["indicator"].unique()) | {f.key for f in found.missing}
    kept = [
        series in present or indicator not in due
        for series, indicator in zip(before["series"], before["indicator"], strict=True)
    ]
    place = Places(before)
    same = [series not in now or bool(was[series] & now[series]) for series in before["series"]]
    frame = pd.DataFrame({"series": before["series"], "kept": kept, "same_nature": same}).reset_index(drop=True)
    return Told(frame, lambda n: f"last seen as {place(n)}")


def _natures(observations: pd.DataFrame) -> dict[str, set[bool]]:
    """Return by series whether it is printed as of a point in time, over a span of time, or both."""
    each = observations.drop_duplicates([*_SERIES, "span"])
    found: dict[str, set[bool]] = {}
    for series, span in zip(keys(each, _SERIES), each["span"], strict=True):
        found.setdefault(series, set()).add(str(span) == Span.POINT)
    return found
