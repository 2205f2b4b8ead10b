"""Gate 2: do the reconciled values agree with each other and with what is known (DOMAIN §5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from planwatch.model.check import CheckResult
from planwatch.model.observation import KEY_COLUMNS
from planwatch.model.target import Indicator
from planwatch.model.vocabulary import Gate
from planwatch.quality.changes import with_changes
from planwatch.quality.engine import run_suite
from planwatch.quality.frames import SERIES_COLUMNS, as_texts, half_unit, is_flagged, keys, sources, with_places
from planwatch.quality.parts import parts_frame, sums_frame
from planwatch.quality.suites import Suite

if TYPE_CHECKING:
    import pandas as pd

_TOTAL = ["indicator", "area", "period"]


def check_observations(
    suite: Suite,
    current: pd.DataFrame,
    new: pd.DataFrame,
    *,
    indicators: Mapping[str, Indicator] | None = None,
) -> list[CheckResult]:
    """Return what the suite says of a release's values among all current ones.

    Args:
        suite: `observations`.
        current: all current observations (one per key), the release's included; `OBSERVATION_COLUMNS`.
        new: the release's observations.
        indicators: the registry, which says what unit is canonical; without it a series keeps the unit it had before.

    Raises:
        CheckError: an expectation could not be evaluated.
    """
    scope = _scope(current, new, suite)
    known = scope.drop_duplicates(list(KEY_COLUMNS), keep="last")
    frames = {
        "current": scope,
        "observations": _derived(known, suite, indicators or {}),
        "parts": parts_frame(known, suite.meta.parts),
        "sums": sums_frame(known, suite.meta.parts),
    }
    return run_suite(suite, frames, Gate.OBSERVATIONS)


def _scope(current: pd.DataFrame, new: pd.DataFrame, suite: Suite) -> pd.DataFrame:
    """Return the current observations of the places and indicators concerned, with places, key and `is_new`."""
    concerned = set(new["indicator"])
    for declared in suite.meta.parts:
        family = {declared.whole, *declared.parts}
        concerned |= family if family & concerned else set()
    near = current["area"].isin(set(new["area"])) & current["indicator"].isin(concerned)
    frame = current[near].reset_index(drop=True)
    frame = frame.assign(key=keys(frame, KEY_COLUMNS), revised=is_flagged(frame, "revised"), half_unit=half_unit(frame))
    return with_places(frame.assign(is_new=frame["key"].isin(set(keys(new, KEY_COLUMNS)))), sources(new))


def _derived(known: pd.DataFrame, suite: Suite, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """Return the release's rows with every derived column the suite looks at."""
    touched = keys(known, SERIES_COLUMNS).isin(set(keys(known[known["is_new"]], SERIES_COLUMNS)))
    frame = with_changes(known[touched], suite.meta.parameters)
    frame = _with_steps(frame, suite.meta.may_fall)
    frame = frame[frame["is_new"]].reset_index(drop=True)
    frame = _with_month_gap(frame, known)
    return frame.assign(canonical_unit=_canonical_units(frame, known, indicators))


def _with_steps(frame: pd.DataFrame, may_fall: tuple[str, ...]) -> pd.DataFrame:
    """Add `ytd_step` and `ytd_next_step`: the step of a year-to-date level from the reading before and to the one after.

    In base units, 0 within rounding; NaN where there is none in the same year, where either reading is flagged as a
    revision, and for indicators that may fall.
    """
    year = frame["period"].str[:4]
    applies = frame["span"].eq("ytd") & frame["measure"].eq("level") & ~frame["indicator"].isin(may_fall)
    within = frame.groupby([*(frame[c] for c in SERIES_COLUMNS), year], sort=False)
    for column, shift, sign in (("ytd_step", 1, 1), ("ytd_next_step", -1, -1)):
        other, other_revised = within["value"].shift(shift), within["revised"].shift(shift)
        slack = frame["half_unit"] + within["half_unit"].shift(shift)
        step = _beyond(sign * (frame["value"] - other), slack)
        revised = frame["revised"] | other_revised.eq(True)
        frame[column] = step.where(applies & ~revised)
        where = "before" if shift > 0 else "after"
        frame[f"why_{column}"] = f"the reading {where} is " + as_texts(other)
    return frame


def _beyond(difference: pd.Series, slack: pd.Series) -> pd.Series:
    """Return the difference, 0 where rounding explains it."""
    return difference.where(difference.abs() > slack * (1 + 1e-9), difference * 0.0)


def _with_month_gap(frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Add `month_gap`: year to date − year to date of the month before − the month's own value, 0 within rounding.

    Of January, and of a February that is flagged as combined, the year to date is the month itself. NaN where one of the
    three is not there. It stands at the month's row, or at the year-to-date's where the release has no month's.
    """
    months = _totals(known, "month").merge(_totals(known, "ytd"), on=_TOTAL, suffixes=("", "_ytd"))
    before = _totals(known, "ytd")
    before["period"] = before["period"].map(_next_month)
    months = months.merge(before, on=_TOTAL, how="left", suffixes=("", "_before"))
    first = months["period"].str.endswith("-01") | (months["period"].str.endswith("-02") & months["combined"])
    start = months["value_before"].where(~first, 0.0)
    slack = months["half_unit"] + months["half_unit_ytd"] + months["half_unit_before"].where(~first, 0.0)
    months["month_gap"] = _beyond(months["value_ytd"] - start - months["value"], slack)
    months["why_month_gap"] = [
        f"year to date {t:.10g} − before {s:.10g} = {t - s:.10g}, month {m:.10g}"
        for t, s, m in zip(months["value_ytd"], start, months["value"], strict=True)
    ]
    out = frame.merge(months[[*_TOTAL, "month_gap", "why_month_gap"]], on=_TOTAL, how="left")
    has_month = set(keys(frame[frame["span"].eq("month") & frame["measure"].eq("level")], _TOTAL))
    bears = out["measure"].eq("level") & (
        out["span"].eq("month") | (out["span"].eq("ytd") & ~keys(out, _TOTAL).isin(has_month))
    )
    return out.assign(
        month_gap=out["month_gap"].where(bears).astype("float64"), why_month_gap=out["why_month_gap"].fillna("")
    )


def _totals(known: pd.DataFrame, span: str) -> pd.DataFrame:
    rows = known[known["span"].eq(span) & known["measure"].eq("level")]
    return rows.assign(combined=is_flagged(rows, "combined"))[[*_TOTAL, "value", "half_unit", "combined"]]


def _next_month(period: str) -> str:
    """Return the following month, nothing that exists after December: a year to date starts anew."""
    return f"{period[:5]}{int(period[5:7]) + 1:02d}"


def _canonical_units(frame: pd.DataFrame, known: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[str]:
    old = known[~known["is_new"]].drop_duplicates(["indicator", "measure"], keep="last")
    before = dict(zip(zip(old["indicator"], old["measure"], strict=True), old["unit"], strict=True))
    units = []
    for indicator, measure, unit in zip(frame["indicator"], frame["measure"], frame["unit"], strict=True):
        if measure in ("growth_yoy", "ratio"):
            units.append("%")
        elif measure == "level" and indicator in indicators:
            units.append(indicators[indicator].base_unit)
        else:
            units.append(before.get((indicator, measure), unit))
    return units
