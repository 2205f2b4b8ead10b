"""Gate 3: may this edition be published (DOMAIN §5). The arithmetic of DOMAIN §4 is done again here, on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planwatch.model.check import CheckResult
from planwatch.model.target import Plan
from planwatch.model.vocabulary import Gate
from planwatch.quality.engine import run_suite
from planwatch.quality.suites import Suite

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_NUMBERS = (
    "actual", "expected", "variance", "progress_pct", "schedule_pct", "gap_pp", "seasonal_expected", "seasonal_gap_pp",
    "required_amount", "required_growth_pct", "projection", "projection_low", "projection_high", "reference_actual",
)  # fmt: skip
_VARIED = ("growth", "cumulative", "reach", "hold", "change_pp")
_PACED = ("cumulative", "reach", "change_pp")
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
    frames = {
        "verdicts": _verdict_frame(verdicts, plan, suite.meta.parameters),
        "targets": _target_frame(verdicts, plan),
        "edition": _edition_frame(verdicts, previous),
    }
    return run_suite(suite, frames, Gate.PUBLICATION)


def _target_frame(verdicts: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Return one row per target of the plan: `rows`, how many verdicts it has, and `place`."""
    import pandas as pd

    counts: dict[str, int] = {}
    for key in _keys(verdicts):
        counts[key] = counts.get(key, 0) + 1
    wanted = [f"{t.id}|{t.area or plan.area}" for t in plan.targets]
    return pd.DataFrame({"place": wanted, "rows": [counts.get(k, 0) for k in wanted]}).astype({"place": "str"})


def _keys(verdicts: pd.DataFrame) -> list[str]:
    return [f"{i}|{a}" for i, a in zip(verdicts["id"].tolist(), verdicts["area"].tolist(), strict=True)]


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


def _verdict_frame(verdicts: pd.DataFrame, plan: Plan, parameters: dict[str, float]) -> pd.DataFrame:
    """Return the verdicts with what each must agree with.

    Derived: `in_plan`; `infinite`, the names of columns with an infinite value; `lacks`, the numbers that should be there;
    `variance_error`, `gap_error`, `gap_path_error`: how far V, G and G against P − S are off beyond rounding, NaN where
    they do not apply.
    """
    import numpy as np

    frame = verdicts.reset_index(drop=True).assign(key=_keys(verdicts))
    numbers = {c: frame[c].astype("float64") for c in _NUMBERS if c in frame}
    frame = frame.assign(**numbers)
    beyond = np.isinf(frame[list(numbers)].to_numpy())
    infinite = np.full(len(frame), "", dtype=object)
    for n in np.flatnonzero(beyond.any(axis=1)):
        infinite[n] = ", ".join(np.array(list(numbers))[beyond[n]])
    frame = _with_targets(frame, plan).assign(infinite=infinite, place=_places(frame))
    frame = _with_variance(frame, parameters)
    return _with_gap(frame, parameters["rounding_pct"])


def _places(frame: pd.DataFrame) -> list[str]:
    columns = (frame[name].tolist() for name in ("key", "period", "status"))
    return [f"{k}|{p} ({s})" for k, p, s in zip(*columns, strict=True)]


def _with_targets(frame: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Add `in_plan` and, in each row's own unit, `t_value`, `t_base`, `t_margin`, with `t_kind` and `t_direction`."""
    import numpy as np

    from planwatch.progress.columns import columns_of

    columns = columns_of(plan)
    at = {f"{i}|{a}": n for n, (i, a) in enumerate(zip(columns.id.tolist(), columns.area.tolist(), strict=True))}
    row = np.array([at.get(k, -1) for k in frame["key"].tolist()], dtype=np.int64)
    units = [u if isinstance(u, str) else "" for u in frame["unit"].tolist()] if "unit" in frame else [""] * len(frame)
    factors = _factors(np.append(columns.base_unit, "")[row], np.array(units, dtype=str))
    scaled = {
        name: np.append(values, np.nan)[row] * factors
        for name, values in (("t_value", columns.target), ("t_base", columns.baseline), ("t_margin", columns.margin))
    }
    return frame.assign(
        in_plan=row >= 0,
        t_kind=np.append(columns.kind, "")[row].astype(object),
        t_direction=np.append(columns.direction, 0)[row],
        **scaled,
    )


def _factors(sources: np.ndarray[Any, Any], goals: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the conversion factor of each pair of units, each pair asked once."""
    import numpy as np

    from planwatch.progress.columns import factor_between

    pairs, pair = np.unique(
        np.stack([sources.astype(object), goals.astype(object)]).astype(str), axis=1, return_inverse=True
    )
    return np.array([factor_between(str(a), str(b)) if a else 1.0 for a, b in pairs.T], dtype=float)[pair.reshape(-1)]


def _with_variance(frame: pd.DataFrame, parameters: dict[str, float]) -> pd.DataFrame:
    """Add `variance_due`, the V of DOMAIN §4 from A and E, `variance_error` beyond rounding, and `lacks`."""
    import numpy as np
    import pandas as pd

    d, actual = frame["t_direction"], frame["actual"]
    plain = (d * (actual - frame["expected"])).where(d.ne(0), -(actual - frame["expected"]).abs())
    margin = frame["t_margin"].fillna(0.0)
    ahead = actual - frame["reference_actual"]
    relative = (d * ahead - margin).where(d.ne(0), -(ahead - margin).abs())
    rank = frame["t_value"] - actual
    kind = frame["t_kind"]
    due = plain.where(kind.isin(_VARIED)).where(~kind.eq("relative"), relative).where(~kind.eq("rank"), rank)
    digit = pd.Series([_last_digit(v) for v in actual.tolist()]).where(kind.ne("change_pp"), 1.0)
    slack = parameters["rounding"] * digit + parameters["rounding_relative"] * actual.abs()
    lacks = due.notna() & np.isfinite(due) & frame["variance"].isna() & frame["status"].isin(_JUDGED)
    return frame.assign(
        variance_due=due,
        variance_error=_beyond(frame["variance"] - due, slack),
        why_variance_error=_said("variance", frame["variance"], "from actual and expected", due),
        lacks=np.where(lacks, "variance", "").astype(object),
    )


_JUDGED = ("on_track", "at_risk", "off_track")


def _last_digit(value: float) -> float:
    """Return the place value of the last digit of a figure that is not 0: 10 of 19080, 0.1 of 5.4, 1 of 0.

    V is rounded two places behind the reading's last printed digit, which is at least this fine. (A change of a ratio is
    the difference of two readings, and says nothing of it.)
    """
    if value != value or value in (0.0, float("inf"), float("-inf")):  # noqa: PLR0124 - NaN differs from itself
        return 1.0
    digits, exponent = f"{abs(value):.11e}".split("e")
    return float(10.0 ** (int(exponent) - len(digits.replace(".", "").rstrip("0")) + 1))


def _with_gap(frame: pd.DataFrame, rounding: float) -> pd.DataFrame:
    """Add `gap_error`: G against 100·V/|T − b|, and `gap_path_error`: G against P − S where more is better.

    Where the plan states no baseline for `reach`, b is a reading that is not known here, and the first is NaN.
    """
    base = frame["t_base"].where(frame["t_kind"].eq("reach"), 0.0)
    task = (frame["t_value"] - base).abs()
    task = task.where(task > 0)
    paced = frame["t_kind"].isin(_PACED)
    gap_due = 100.0 * frame["variance_due"] / task
    path_due = frame["progress_pct"] - frame["schedule_pct"]
    return frame.assign(
        gap_error=_beyond(frame["gap_pp"] - gap_due, rounding).where(paced),
        why_gap_error=_said("gap", frame["gap_pp"], "from the variance", gap_due),
        gap_path_error=_beyond(frame["gap_pp"] - path_due, 3 * rounding).where(paced & frame["t_direction"].eq(1)),
        why_gap_path_error=_said("gap", frame["gap_pp"], "progress − schedule", path_due),
    )


def _beyond(difference: pd.Series, slack: float | pd.Series) -> pd.Series:
    """Return the size of a difference, 0 where rounding explains it, NaN where there is none."""
    return difference.abs().where(difference.abs() > slack, difference * 0.0)


def _said(name: str, values: pd.Series, other: str, due: pd.Series) -> list[str]:
    return [f"{name} {v:.10g}, {other} {w:.10g}" for v, w in zip(values.tolist(), due.tolist(), strict=True)]
