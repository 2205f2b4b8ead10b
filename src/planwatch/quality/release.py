"""Gate 1: is this file what the source promised (DOMAIN §5)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from planwatch.errors import Fault
from planwatch.model.check import CheckResult
from planwatch.model.vocabulary import Gate
from planwatch.quality.engine import run_suite
from planwatch.quality.frames import is_flagged, keys, with_places
from planwatch.quality.suites import load_suite

if TYPE_CHECKING:
    import pandas as pd

_KEPT = ("indicator", "area", "measure")


def check_release(
    suite: str,
    observations: pd.DataFrame,
    rejects: Sequence[Fault],
    expected: Sequence[str],
    missing: Sequence[str],
    previous: pd.DataFrame | None,
    *,
    folder: Path | None = None,
) -> list[CheckResult]:
    """Return what the release's suite says of it.

    Args:
        suite: name of the suite, such as `release_finance`.
        observations: what the release yielded, `OBSERVATION_COLUMNS`.
        rejects: the cells and rows that yielded nothing, each with its reason code.
        expected: `indicator|measure` (or `indicator|area|measure`) of the readings due this period; empty where the feed declares none.
        missing: those of `expected` that are not in the release.
        previous: the observations of the feed's release before this one, None where there was none.
        folder: where suites stand; the settings' folder where left out.

    Raises:
        ConfigError: the suite cannot be used.
        CheckError: an expectation could not be evaluated.
    """
    loaded = load_suite(suite, folder)
    frames = {
        "observations": _release_frame(observations),
        "rejects": _rejects_frame(rejects),
        "expected": _expected_frame(expected, missing),
        "series": _series_frame(observations, expected, previous),
    }
    return run_suite(loaded, frames, Gate.RELEASE)


def _release_frame(observations: pd.DataFrame) -> pd.DataFrame:
    """Return the release with places, whether a row is flagged as revision, and its value's fraction."""
    frame = with_places(observations.reset_index(drop=True))
    return frame.assign(revised=is_flagged(frame, "revised"))


def _rejects_frame(rejects: Sequence[Fault]) -> pd.DataFrame:
    """Return one row per reject: `code`, `place`."""
    import pandas as pd

    rows = {"code": [f.code for f in rejects], "place": [str(f) for f in rejects]}
    return pd.DataFrame(rows, dtype="str")


def _expected_frame(expected: Sequence[str], missing: Sequence[str]) -> pd.DataFrame:
    """Return one row per reading due: `reading`, `arrived`, `place`."""
    import pandas as pd

    absent = set(missing)
    due = list(dict.fromkeys([*expected, *missing]))
    rows = {"reading": due, "arrived": [r not in absent for r in due], "place": due}
    return pd.DataFrame(rows).astype({"reading": "str", "arrived": bool, "place": "str"})


def _series_frame(observations: pd.DataFrame, expected: Sequence[str], previous: pd.DataFrame | None) -> pd.DataFrame:
    """Return one row per series of the previous release: `series`, `kept`, `place`.

    A series whose reading is not due this period (quarterly ones between quarters) counts as kept. Spans are not compared:
    February's release has no month of its own.
    """
    import pandas as pd

    if previous is None or previous.empty:
        return pd.DataFrame({"series": [], "kept": [], "place": []}).astype(
            {"series": "str", "kept": bool, "place": "str"}
        )
    before = with_places(previous.reset_index(drop=True)).assign(series=lambda f: keys(f, _KEPT))
    before = before.sort_values("period").drop_duplicates("series", keep="last")
    present, due = set(keys(observations, _KEPT)), set(expected)
    kept = [series in present or not _is_due(series, due) for series in before["series"]]
    places = "last seen as " + before["place"].astype("str")
    return pd.DataFrame({"series": before["series"], "kept": kept, "place": places}).reset_index(drop=True)


def _is_due(series: str, due: set[str]) -> bool:
    indicator, _, measure = series.split("|")
    return not due or series in due or f"{indicator}|{measure}" in due
