"""Verdicts with what each must agree with: the arithmetic of DOMAIN §4 done again from the plan, apart from the one that judges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planwatch.model.target import Plan
from planwatch.quality.engine import Told
from planwatch.quality.frames import keys

if TYPE_CHECKING:
    import pandas as pd

Array = Any
"""Of NumPy, one value a row."""

_KEY = ("id", "area")
_NUMBERS = (
    "actual", "expected", "variance", "progress_pct", "schedule_pct", "gap_pp", "seasonal_expected", "seasonal_gap_pp",
    "required_amount", "required_growth_pct", "projection", "projection_low", "projection_high", "reference_actual",
)  # fmt: skip
_VARIED = ("growth", "cumulative", "reach", "hold", "change_pp")
_PACED = ("cumulative", "reach", "change_pp")


class Match:
    """Which target of the plan each verdict is of, by target id and area."""

    def __init__(self, verdicts: pd.DataFrame, plan: Plan) -> None:
        import numpy as np
        import pandas as pd

        from planwatch.progress.columns import columns_of

        self.targets_of_plan = columns_of(plan)
        wanted = keys(pd.DataFrame({c: getattr(self.targets_of_plan, c) for c in _KEY}, dtype="str"), _KEY)
        self.keys = keys(verdicts, _KEY).array
        self._wanted = wanted.array
        codes, known = pd.factorize(pd.concat([wanted, pd.Series(self.keys)], ignore_index=True))
        targets, self._verdicts = codes[: len(wanted)], codes[len(wanted) :]
        target_of = np.full(len(known), -1)
        target_of[targets] = np.arange(len(wanted))
        self.row = target_of[self._verdicts]
        self._count = np.bincount(self._verdicts, minlength=len(known))[targets]

    def target_frame(self) -> Told:
        """Return one row per target of the plan: `rows`, how many verdicts it has."""
        import pandas as pd

        return Told(pd.DataFrame({"rows": self._count}), lambda n: str(self._wanted[n]))

    def of_target(self, values: Array, missing: Any) -> Array:
        """Return of each verdict its target's value, `missing` where it has none."""
        import numpy as np

        return np.append(values, missing)[self.row]


def verdict_frame(verdicts: pd.DataFrame, match: Match, parameters: dict[str, float]) -> Told:
    """Return the verdicts with what each must agree with.

    Derived: `in_plan`; `infinite`, the names of columns with an infinite value; `lacks`, the numbers that should be there;
    `variance_error`, `gap_error`, `gap_path_error`: how far V, G and G against P − S are off beyond rounding, NaN where
    they do not apply.
    """
    import numpy as np

    frame = verdicts.reset_index(drop=True)
    numbers = {c: frame[c].astype("float64").to_numpy() for c in _NUMBERS if c in frame}
    targets = _targets_of(frame, match)
    with np.errstate(invalid="ignore"):  # what is infinite is said so
        variance = _variance(numbers, frame["status"], targets, parameters)
        gap = _gap(numbers, targets, variance.due, parameters["rounding_pct"])
    derived = {"in_plan": match.row >= 0, "infinite": _infinite(numbers, len(frame))}
    period, status = frame["period"].array, frame["status"].array
    return Told(
        frame.assign(**numbers, **derived, **variance.columns, **gap.columns),
        lambda n: f"{match.keys[n]}|{period[n]} ({status[n]})",
        {**variance.why, **gap.why},
    )


def _infinite(numbers: Mapping[str, Array], rows: int) -> Array:
    """Return of each row the names of the columns with an infinite value, joined."""
    import numpy as np

    said = np.full(rows, "", dtype=object)
    beyond = {name: np.isinf(values) for name, values in numbers.items()}
    for n in np.flatnonzero(np.logical_or.reduce([*beyond.values(), np.zeros(rows, dtype=bool)])):
        said[n] = ", ".join(name for name, is_so in beyond.items() if is_so[n])
    return said


@dataclass(frozen=True, slots=True)
class _Targets:
    """What a verdict's target says, a row each, values in the verdict's own unit; NaN, an empty kind and 0 where there is no target."""

    kind: pd.Series
    direction: Array
    value: Array
    base: Array
    margin: Array


def _targets_of(frame: pd.DataFrame, match: Match) -> _Targets:
    import numpy as np
    import pandas as pd

    columns = match.targets_of_plan
    units = frame["unit"] if "unit" in frame else pd.Series("", index=frame.index)
    factors = _factors(pd.Categorical(columns.base_unit), match.row, units)
    value, base, margin = (
        match.of_target(values, np.nan) * factors for values in (columns.target, columns.baseline, columns.margin)
    )
    kinds = pd.Categorical(columns.kind)
    kind = pd.Series(pd.Categorical.from_codes(match.of_target(kinds.codes, -1), dtype=kinds.dtype))
    return _Targets(kind, match.of_target(columns.direction, 0), value, base, margin)


def _factors(bases: pd.Categorical[Any], row: Array, units: pd.Series) -> Array:
    """Return the factor from the base unit of each row's target into the row's own unit, each pair asked once; 1 without a target."""
    import numpy as np
    import pandas as pd

    from planwatch.progress.columns import factor_between

    own, words = pd.factorize(units)
    goals = [word if isinstance(word, str) else "" for word in words] + [""]
    pair, pairs = pd.factorize(np.append(bases.codes, -1)[row].astype(np.int64) * len(goals) + own % len(goals))
    sources = [*map(str, bases.categories), ""]
    asked = [divmod(int(p), len(goals)) for p in pairs]
    factors = [factor_between(sources[a], goals[b]) if sources[a] else 1.0 for a, b in asked]
    return np.array(factors, dtype=float)[pair]


@dataclass(frozen=True, slots=True)
class _Recomputed:
    """Columns that a recomputation adds, what explains their values, and what is due itself."""

    columns: dict[str, Array]
    why: dict[str, Callable[[int], str]]
    due: Array


def _variance(
    numbers: Mapping[str, Array], status: pd.Series, targets: _Targets, parameters: dict[str, float]
) -> _Recomputed:
    """Return `variance_error`, V against that of DOMAIN §4 from A and E beyond rounding, and `lacks`."""
    import numpy as np

    actual, d, kind = numbers["actual"], targets.direction, targets.kind
    apart = actual - numbers["expected"]
    plain = np.where(d != 0, d * apart, -np.abs(apart))
    margin = np.where(np.isnan(targets.margin), 0.0, targets.margin)
    ahead = actual - numbers["reference_actual"]
    relative = np.where(d != 0, d * ahead - margin, -np.abs(ahead - margin))
    due = np.select(
        [kind.isin(_VARIED), kind.eq("relative"), kind.eq("rank")], [plain, relative, targets.value - actual], np.nan
    )
    off = numbers["variance"] - due
    lacks = np.isfinite(due) & np.isnan(numbers["variance"]) & status.isin(_JUDGED).to_numpy()
    error = _beyond(off, _slack(off, actual, kind.eq("change_pp").to_numpy(), parameters))
    return _Recomputed(
        {"variance_error": error, "lacks": np.where(lacks, "variance", "").astype(object)},
        {"variance_error": lambda n: _said("variance", numbers["variance"][n], "from actual and expected", due[n])},
        due,
    )


_JUDGED = ("on_track", "at_risk", "off_track")


def _slack(off: Array, actual: Array, changes: Array, parameters: dict[str, float]) -> Array:
    """Return how far rounding may have moved each V; the last digit is looked at only where it decides.

    (A change of a ratio is the difference of two readings, and says nothing of their last digits.)
    """
    import numpy as np

    slack = parameters["rounding_relative"] * np.abs(actual)
    digit = np.where(changes, 1.0, 0.0)
    for n in np.flatnonzero((np.abs(off) > slack) & ~changes):
        digit[n] = _last_digit(float(actual[n]))
    return parameters["rounding"] * digit + slack


def _last_digit(value: float) -> float:
    """Return the place value of the last digit of a figure that is not 0: 10 of 19080, 0.1 of 5.4, 1 of 0.

    V is rounded two places behind the reading's last printed digit, which is at least this fine.
    """
    if value != value or value in (0.0, float("inf"), float("-inf")):  # noqa: PLR0124 - NaN differs from itself
        return 1.0
    digits, exponent = f"{abs(value):.11e}".split("e")
    return float(10.0 ** (int(exponent) - len(digits.replace(".", "").rstrip("0")) + 1))


def _gap(numbers: Mapping[str, Array], targets: _Targets, variance: Array, rounding: float) -> _Recomputed:
    """Return `gap_error`: G against 100·V/|T − b|, and `gap_path_error`: G against P − S where more is better.

    Where the plan states no baseline for `reach`, b is a reading that is not known here, and the first is NaN.
    """
    import numpy as np

    base = np.where(targets.kind.eq("reach"), targets.base, 0.0)
    task = np.abs(targets.value - base)
    due = 100.0 * variance / np.where(task > 0, task, np.nan)
    path, gap = numbers["progress_pct"] - numbers["schedule_pct"], numbers["gap_pp"]
    paced = targets.kind.isin(_PACED).to_numpy()
    rising = paced & (targets.direction == 1)
    return _Recomputed(
        {
            "gap_error": np.where(paced, _beyond(gap - due, rounding), np.nan),
            "gap_path_error": np.where(rising, _beyond(gap - path, 3 * rounding), np.nan),
        },
        {
            "gap_error": lambda n: _said("gap", gap[n], "from the variance", due[n]),
            "gap_path_error": lambda n: _said("gap", gap[n], "progress − schedule", path[n]),
        },
        due,
    )


def _beyond(difference: Array, slack: float | Array) -> Array:
    """Return the size of a difference, 0 where rounding explains it, NaN where there is none."""
    import numpy as np

    return np.where(np.abs(difference) > slack, np.abs(difference), difference * 0.0)


def _said(name: str, value: float, other: str, due: float) -> str:
    return f"{name} {value:.10g}, {other} {due:.10g}"
