"""Export targets as plain rows, in base units and with the defaults in force written out."""

from __future__ import annotations

from datetime import date
from typing import Any

from planwatch.model.target import PACED_KINDS, Plan, Reference, Target, Thresholds
from planwatch.model.units import conversion_factor, is_percent
from planwatch.model.vocabulary import Comparator, Kind

CONTRACT_COLUMNS = (
    "id", "indicator", "section", "name_zh", "name_en", "phrase", "kind", "comparator", "value", "value_high", "unit",
    "direction", "baseline", "tolerance", "band", "margin", "tier", "area", "pace", "shares", "frequency", "deadline",
    "start_by", "owner", "reference", "plan_year",
)  # fmt: skip
"""The keys of an exported target, in order: a public contract."""

_HISTORY_COLUMNS = ("amended_from", "amended_source", "original_value", "part_of")
EXPORT_COLUMNS = (*CONTRACT_COLUMNS, "net", "measure", "withdrawn_from", *_HISTORY_COLUMNS, "hysteresis")
"""With them, what else a verdict depends on, so that an exported file judges as the plan does in the version exported; then what
that version was amended from, and whose part it is."""


def export_rows(plan: Plan, day: date | None = None) -> list[dict[str, Any]]:
    """Return one mapping a target with exactly the keys of `EXPORT_COLUMNS`, in the plan's order; None is "none".

    `value`, `value_high`, `baseline` and `margin` are in `unit`, the base unit (36000 人 for 3.6万人). So are `tolerance`,
    `band` and `hysteresis`, but for the latter two of paced kinds, which are in points of gap. Both are as in force, with the plan's defaults;
    None where there is none, or where it grows with the months (左右 of a paced target). `direction` is 1, -1 or 0.
    `reference` is `indicator[@area][:measure]`. `amended_from`, `amended_source` and `original_value` (in `unit`) speak of the newest
    amendment in force, `part_of` is the area of the whole that the row is a part of.

    Args:
        plan: the plan as loaded.
        day: whose version is exported; left out, the last of the year.
    """
    in_force = plan.on(day or date(plan.year, 12, 31))
    whole = {(t.id, part.area): t.area or plan.area for t in plan.targets if t.parts for part in t.parts.areas}
    return [
        _row(target, plan) | _history(target, printed, whole.get((printed.id, printed.area)))
        for target, printed in zip(in_force.targets, plan.targets, strict=True)
    ]


def _history(target: Target, printed: Target, whole: str | None) -> dict[str, Any]:
    newest = target.amendments[-1] if target.amendments else None
    factor = _factor(printed.unit, target.base_unit or target.unit)
    return {
        "amended_from": newest.since.isoformat() if newest else None,
        "amended_source": newest.source if newest else None,
        "original_value": _scaled(printed.value, factor) if newest else None,
        "part_of": whole,
    }


def _row(target: Target, plan: Plan) -> dict[str, Any]:
    unit = target.base_unit or target.unit
    factor = _factor(target.unit, unit)
    row = target.model_dump(mode="json", exclude={"reference", "base_unit"})
    row |= {
        "unit": unit,
        "value": _scaled(target.value, factor),
        "value_high": _scaled(target.value_high, factor),
        "direction": target.d,
        "baseline": _scaled(target.baseline.value if target.baseline else None, factor),
        "tolerance": tolerance_in_force(target, plan.thresholds, factor),
        "band": band_in_force(target, plan.thresholds, factor),
        "hysteresis": hysteresis_in_force(target, factor),
        "margin": _scaled(target.margin, factor),
        "area": target.area or plan.area,
        "reference": reference_text(target.reference) if target.reference else None,
        "plan_year": plan.year,
        "measure": target.read_measure.value,
    }
    return {column: row.get(column) for column in EXPORT_COLUMNS}


def hysteresis_in_force(target: Target, factor: float = 1.0) -> float | None:
    """Return the hysteresis: points of gap for paced kinds, else in the base unit; None where lamps follow at once."""
    return target.hysteresis if _judged_kind(target) in PACED_KINDS else _scaled(target.hysteresis, factor)


def tolerance_in_force(target: Target, thresholds: Thresholds, factor: float = 1.0) -> float | None:
    """Return the tolerance of 左右 in the base unit; None without one, or where it is a share of what is expected by then."""
    if target.tolerance is not None:
        return _scaled(target.tolerance, factor)
    kind = _judged_kind(target)
    pointed = kind in (Kind.GROWTH, Kind.RELATIVE) or (kind is Kind.HOLD and is_percent(target.unit))
    return thresholds.tolerance_points if target.comparator is Comparator.ABOUT and pointed else None


def band_in_force(target: Target, thresholds: Thresholds, factor: float = 1.0) -> float | None:
    """Return the amber band: points of gap for paced kinds, else in the base unit; None where the kind has none (DOMAIN §4)."""
    kind = _judged_kind(target)
    if target.band is not None:
        return target.band if kind in PACED_KINDS else _scaled(target.band, factor)
    if kind in PACED_KINDS:
        return thresholds.band_gap_pp
    if kind is Kind.HOLD and target.value is not None:
        share = thresholds.band_hold_pct_of_target / 100
        return thresholds.band_hold_points if is_percent(target.unit) else _scaled(abs(target.value) * share, factor)
    points = {
        Kind.GROWTH: thresholds.band_points,
        Kind.RELATIVE: thresholds.band_points,
        Kind.RANK: thresholds.band_places,
    }
    return points.get(kind)


def reference_text(reference: Reference) -> str:
    """Return a reference as `indicator[@area][:measure]`, such as trade_total@inner_mongolia."""
    area = f"@{reference.area}" if reference.area else ""
    return f"{reference.indicator}{area}{f':{reference.measure.value}' if reference.measure else ''}"


def _judged_kind(target: Target) -> Kind:
    from planwatch.progress.columns import judged_kind  # brings NumPy: only who exports pays for it

    return judged_kind(target)


def _factor(unit: str, base_unit: str) -> float:
    if not unit or not base_unit or (is_percent(unit) and is_percent(base_unit)):
        return 1.0
    return conversion_factor(unit, base_unit)


def _scaled(value: float | None, factor: float) -> float | None:
    """Return the value in the base unit, without the dust of binary fractions."""
    return None if value is None else float(f"{value * factor:.12g}")
