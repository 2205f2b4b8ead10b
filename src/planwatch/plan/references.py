"""What relative targets are compared with, by the names that sentences call it."""

from __future__ import annotations

from collections.abc import Mapping

from planwatch.model.place import Area
from planwatch.model.target import Indicator, Plan, Target


def with_references_named(plan: Plan, indicators: Mapping[str, Indicator], areas: Mapping[str, Area]) -> Plan:
    """Return the plan with its references named, as far as the registers know them."""
    return plan.with_targets(with_reference_named(target, indicators, areas) for target in plan.targets)


def with_reference_named(target: Target, indicators: Mapping[str, Indicator], areas: Mapping[str, Area]) -> Target:
    """Return the target with its reference's names: its indicator's, and its area's where that is another than the target's own."""
    reference = target.reference
    indicator = indicators.get(reference.indicator) if reference else None
    if reference is None or indicator is None:
        return target
    area = areas.get(reference.area) if reference.area and reference.area != target.area else None
    names = {
        "name_zh": f"{area.name_zh if area else ''}{indicator.name_zh}",
        "name_en": f"{indicator.name_en}{f', {area.name_en}' if area else ''}",
    }
    return target.model_copy(update={"reference": reference.model_copy(update=names)})
