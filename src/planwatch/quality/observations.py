"""Gate 2: do the reconciled values agree with each other and with what is known (DOMAIN §5)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planwatch.model.check import CheckResult
from planwatch.model.observation import KEY_COLUMNS
from planwatch.model.target import Indicator
from planwatch.model.vocabulary import Gate
from planwatch.quality.asking import columns_asked
from planwatch.quality.changes import reasons, with_changes
from planwatch.quality.engine import Told, run_suite
from planwatch.quality.frames import (
    SERIES_COLUMNS,
    Lookup,
    Places,
    among,
    coded,
    first_rows,
    half_unit,
    is_flagged,
    key_codes,
    members,
    repeated,
    shifted,
    sources,
    value_at,
)
from planwatch.quality.parts import parts_frame, sums_frame
from planwatch.quality.suites import Suite

if TYPE_CHECKING:
    import pandas as pd

Array = Any
"""Of NumPy, one value a row."""


_NEEDED = (*KEY_COLUMNS, "value", "unit", "decimals", "printed_unit", "half_unit", "revised", "is_new", "known_row")


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
        current: the current observations (one per key) at least of the release's areas and of `indicators_concerned`, the release's
            included; `OBSERVATION_COLUMNS`.
        new: the release's observations.
        indicators: the registry, which says what unit is canonical; without it a series keeps the unit it had before.

    Raises:
        CheckError: an expectation could not be evaluated.
    """
    scope = _scope(current, new, suite)
    known = _newest(scope)
    place = Places(known, sources(new))
    frames = {
        "current": Told(scope, Places(scope, sources(new))),
        "observations": _derived(known, place, suite, indicators or {}),
        "parts": parts_frame(known, place, suite.meta.parts),
        "sums": sums_frame(known, place, suite.meta.parts),
    }
    return run_suite(suite, frames, Gate.OBSERVATIONS)


def indicators_concerned(suite: Suite, new: pd.DataFrame) -> set[str]:
    """Return the indicators that `check_observations` looks at: the release's, and the wholes and parts of any of them."""
    concerned = {str(indicator) for indicator in new["indicator"].unique()}
    for declared in suite.meta.parts:
        family = {declared.whole, *declared.parts}
        concerned |= family if family & concerned else set()
    return concerned


def _scope(current: pd.DataFrame, new: pd.DataFrame, suite: Suite) -> pd.DataFrame:
    """Return the current observations of the places and indicators concerned, words as categories, with `is_new`."""
    import numpy as np

    frame = coded(current, [*KEY_COLUMNS, *(c for c in _WORDS if c in current)])
    own = frame if new is current else coded(new[list(KEY_COLUMNS)], KEY_COLUMNS)
    near = _one_of(frame["area"], own["area"].cat.categories) & _one_of(
        frame["indicator"], indicators_concerned(suite, own)
    )
    frame = (frame if near.all() else frame[near]).reset_index(drop=True)
    is_new = np.ones(len(frame), dtype=bool) if new is current else among(frame, own, KEY_COLUMNS)
    return frame.assign(revised=is_flagged(frame, "revised"), half_unit=half_unit(frame), is_new=is_new)


_WORDS = ("unit", "printed_unit", "flags")


def _one_of(column: pd.Series, words: Collection[str]) -> Array:
    """Return whether each row's word is one of some; a category is asked once."""
    import numpy as np

    return np.append(column.cat.categories.isin(list(words)), False)[column.array.codes]


def _newest(scope: pd.DataFrame) -> pd.DataFrame:
    """Return one row a key, the last, in the order of the rows."""
    older = repeated(key_codes(scope, KEY_COLUMNS))
    return scope[~older].reset_index(drop=True) if older.any() else scope


def _derived(known: pd.DataFrame, place: Places, suite: Suite, indicators: Mapping[str, Indicator]) -> Told:
    """Return the release's rows with every derived column the suite looks at."""
    import numpy as np

    is_new = known["is_new"].to_numpy(bool)
    every = known.assign(known_row=np.arange(len(known)), **_units(known, indicators))
    gaps = _month_gaps(known)
    every = every.assign(**gaps.columns)
    asked = columns_asked(suite, "observations")
    every = every[[c for c in every if asked is None or c in asked or c in _NEEDED]]
    touched = is_new if is_new.all() else _of_series(known, is_new)
    frame = with_changes(every if touched.all() else every[touched], suite.meta.parameters)
    frame = _with_steps(frame, suite.meta.may_fall)
    frame = (frame if is_new.all() else frame[frame["is_new"].to_numpy(bool)]).reset_index(drop=True)
    rows = frame["known_row"].to_numpy()
    return Told(
        frame,
        lambda n: place(rows[n]),
        {**reasons(frame), **_step_reasons(frame), "month_gap": lambda n: gaps.why(rows[n])},
    )


def _of_series(known: pd.DataFrame, marked: Array) -> Array:
    """Return which rows are of the series of any marked row."""
    series = key_codes(known, SERIES_COLUMNS)
    return members(series, series[marked])


def _with_steps(frame: pd.DataFrame, may_fall: tuple[str, ...]) -> pd.DataFrame:
    """Add `ytd_step` and `ytd_next_step`: the step of a year-to-date level from the reading before and to the one after.

    In base units, 0 within rounding; NaN where there is none in the same year, where either reading is flagged as a
    revision, and for indicators that may fall. The other reading stands in `ytd_before` and `ytd_after`.
    """
    import numpy as np

    value, half = frame["value"].to_numpy("float64"), frame["half_unit"].to_numpy("float64")
    applies = frame["span"].eq("ytd") & frame["measure"].eq("level") & ~frame["indicator"].isin(may_fall)
    year, series = frame["year"].to_numpy(), frame["series"].to_numpy()
    revised = frame["revised"].to_numpy(bool)
    found: dict[str, Array] = {}
    for column, other_column, shift in (("ytd_step", "ytd_before", 1), ("ytd_next_step", "ytd_after", -1)):
        same = shifted(year, series, shift) == year
        other = np.where(same, shifted(value, series, shift), np.nan)
        slack = half + np.where(same, shifted(half, series, shift), np.nan)
        either = revised | (same & (shifted(revised.astype("float64"), series, shift) == 1))
        step = _beyond(shift * (value - other), slack)
        found |= {column: np.where(applies.to_numpy(bool) & ~either, step, np.nan), other_column: other}
    return frame.assign(**found)


def _step_reasons(frame: pd.DataFrame) -> dict[str, Callable[[int], str]]:
    return {
        "ytd_step": lambda n: f"the reading before is {frame['ytd_before'].iloc[n]:.10g}",
        "ytd_next_step": lambda n: f"the reading after is {frame['ytd_after'].iloc[n]:.10g}",
    }


def _beyond(difference: Array, slack: Array) -> Array:
    """Return the difference, 0 where rounding explains it."""
    import numpy as np

    return np.where(np.abs(difference) > slack * (1 + 1e-9), difference, difference * 0.0)


@dataclass(frozen=True, slots=True)
class _Gaps:
    """How a month's value, its year to date and the one before it disagree, for every known row."""

    columns: dict[str, Array]
    to_date: Array
    start: Array
    month: Array

    def why(self, n: int) -> str:
        """Return the sum of a row in words."""
        t, s, m = self.to_date[n], self.start[n], self.month[n]
        return f"year to date {t:.10g} − before {s:.10g} = {t - s:.10g}, month {m:.10g}"


def _month_gaps(known: pd.DataFrame) -> _Gaps:
    """Return `month_gap`: year to date − year to date of the month before − the month's own value, 0 within rounding.

    Of January, and of a February that is flagged as combined, the year to date is the month itself. NaN where one of the
    three is not there. It stands at the month's row, or at the year-to-date's where the release has no month's.
    """
    import numpy as np

    level, span = known["measure"].eq("level").to_numpy(), known["span"]
    month, ytd = level & span.eq("month").to_numpy(), level & span.eq("ytd").to_numpy()
    own, last = _total_codes(known)
    value, half = known["value"].to_numpy("float64"), known["half_unit"].to_numpy("float64")
    months, to_dates = Lookup(own, month), Lookup(own, ytd)
    number = known["period"].cat.categories.str[5:7].astype(int).to_numpy()[known["period"].cat.codes]
    at_month = months.rows(own)
    combined = is_flagged(known, "combined").to_numpy() & (at_month >= 0)
    combined = np.where(at_month >= 0, combined[at_month], False)
    first = (number == 1) | ((number == 2) & combined)
    at_ytd, at_before = to_dates.rows(own), to_dates.rows(last)
    start = np.where(first, 0.0, value_at(value, at_before))
    slack = value_at(half, at_month) + value_at(half, at_ytd) + np.where(first, 0.0, value_at(half, at_before))
    the_month, to_date = value_at(value, at_month), value_at(value, at_ytd)
    gap = _beyond(to_date - start - the_month, slack)
    of_release = Lookup(own, month & known["is_new"].to_numpy(bool)).rows(own) >= 0
    bears = month | (ytd & ~of_release)
    return _Gaps({"month_gap": np.where(bears, gap, np.nan)}, to_date, start, the_month)


def _total_codes(known: pd.DataFrame) -> tuple[Array, Array]:
    """Return a number for indicator, area and month of each row, and that of the month before in its year, −1 in January."""
    import numpy as np

    periods = known["period"].cat.categories
    years, months = (periods.str[part].astype(int).to_numpy() for part in (slice(4), slice(5, 7)))
    at = years * 12 + months
    at = at - (at.min() if len(at) else 0) + 1  # before the first there is room for none
    own = key_codes(known, ["indicator", "area"]) * (int(at.max(initial=0)) + 1) + at[known["period"].array.codes]
    return own, np.where((months > 1)[known["period"].array.codes], own - 1, -1)


def _units(known: pd.DataFrame, indicators: Mapping[str, Indicator]) -> dict[str, pd.Categorical[Any]]:
    """Return `unit` and `canonical_unit`, which each row should have, as categories of the same words.

    That is % of growth and ratios, of levels the registry's, else the unit the series had before, else its own.
    """
    import numpy as np
    import pandas as pd

    measured = key_codes(known, ["indicator", "measure"])
    latest = np.flatnonzero(~known["is_new"].to_numpy(bool))[::-1]
    latest = latest[~pd.Series(measured[latest]).duplicated().to_numpy()]
    old: pd.DataFrame = known[["indicator", "measure", "unit"]].take(latest)
    before: dict[Any, Any] = dict(zip(zip(old["indicator"], old["measure"], strict=True), old["unit"], strict=True))

    def unit(indicator: str, measure: str, own: Any) -> Any:
        if measure in ("growth_yoy", "ratio"):
            return "%"
        if measure == "level" and indicator in indicators:
            return indicators[indicator].base_unit
        return before.get((indicator, measure), own)

    which, firsts = pd.factorize(key_codes(known, ["indicator", "measure", "unit"]))
    rows: pd.DataFrame = known[["indicator", "measure", "unit"]].take(first_rows(which, len(firsts)))
    due = pd.Categorical([unit(*row) for row in rows.itertuples(index=False)])
    words = known["unit"].cat.categories.union(due.categories)
    canonical = due.set_categories(words).codes.astype(np.int32)[which] if len(due) else which
    return {
        "unit": known["unit"].array.set_categories(words),
        "canonical_unit": pd.Categorical.from_codes(canonical, categories=words),
    }
