"""Breakdown by area: the parts of a target as targets of their own, and whether they make the whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from planwatch.model.amendment import Amendment
from planwatch.model.breakdown import Breakdown, Part, Relation
from planwatch.model.place import Area
from planwatch.model.target import PACED_KINDS, Target
from planwatch.model.units import is_percent, whole_step
from planwatch.model.vocabulary import Comparator, Measure
from planwatch.plan.amendments import Look, day_complaints, incoherence_complaints, version_complaints
from planwatch.plan.checks import Complaint

_PRINTED = {
    Comparator.GE: "{value}{unit}以上", Comparator.GT: "高于{value}{unit}", Comparator.LE: "{value}{unit}以内",
    Comparator.LT: "低于{value}{unit}", Comparator.ABOUT: "{value}{unit}左右", Comparator.EQ: "{value}{unit}",
    Comparator.RANGE: "{value}—{high}{unit}", Comparator.RANK_LE: "前{value}位",
}  # fmt: skip
_OWN = ("value", "value_high", "value_inferred", "phrase", "baseline", "owner")
"""What an amendment of the whole does not hand on to its parts."""
_WORDED = {"value", "value_high", "unit", "comparator"}
"""What a made-up phrase is made of."""


def with_parts(target: Target) -> tuple[Target, ...]:
    """Return the target, and behind it each of its parts as a target of the same id and another area."""
    return (target, *(part_target(target, part) for part in target.parts.areas)) if target.parts else (target,)


def part_target(whole: Target, part: Part) -> Target:
    """Return one part as a target: the whole's, with the part's own keys, and with the amendments of both by their days."""
    own: dict[str, Any] = {
        "area": part.area, "value": part.value, "value_high": part.value_high, "value_inferred": False,
        "baseline": part.baseline, "tolerance": part.tolerance, "band": part.band, "note": part.note,
        "deadline": part.deadline or whole.deadline, "owner": part.owner or whole.owner,
        "owner_inferred": part.owner_inferred if part.owner else whole.owner_inferred, "amendments": (), "parts": None,
    }  # fmt: skip
    if whole.read_measure is not Measure.LEVEL or whole.kind in PACED_KINDS:
        own["band"] = whole.band if part.band is None else part.band
    if is_percent(whole.unit) and part.tolerance is None:
        own["tolerance"] = whole.tolerance
    made = whole.model_copy(update=own)
    made = made.model_copy(update={"phrase": part.phrase or _phrase(made)})
    return made.model_copy(update={"amendments": _merged(whole, part, made)})


def _phrase(target: Target) -> str:
    if target.value is None:
        return target.phrase
    high = "" if target.value_high is None else f"{target.value_high:.12g}"
    return _PRINTED[target.comparator].format(value=f"{target.value:.12g}", high=high, unit=target.unit)


def _merged(whole: Target, part: Part, made: Target) -> tuple[Amendment, ...]:
    """Return the amendments of whole and part, one a day, those of a part without a phrase with the phrase their value makes."""
    orders: dict[date, dict[str, Any]] = {}
    for amendment in whole.amendments:
        handed_on = {key: value for key, value in amendment.given.items() if key not in _OWN and not _said(part, key)}
        if handed_on:
            orders[amendment.since] = _order(amendment) | handed_on
    for amendment in part.amendments:
        orders[amendment.since] = orders.get(amendment.since, {}) | _order(amendment) | amendment.given
    merged, before = [], made
    for _, said in sorted(orders.items()):
        after = before.model_copy(update=Amendment.model_validate(said).changes())
        if _WORDED & said.keys() and "phrase" not in said and not part.phrase:
            said["phrase"] = _phrase(after)
            after = after.model_copy(update={"phrase": said["phrase"]})
        merged.append(Amendment.model_validate(said))
        before = after
    return tuple(merged)


def _order(amendment: Amendment) -> dict[str, Any]:
    return {"from": amendment.since, "source": amendment.source, "reason": amendment.reason}


def _said(part: Part, key: str) -> bool:
    """Return whether the part has a tolerance, band or deadline of its own, which the whole's amendment leaves alone."""
    return key in ("tolerance", "band", "deadline") and getattr(part, key) is not None


def breakdown_complaints(
    target: Target, area: str, year: int | None, areas: Mapping[str, Area] | None, look: Look
) -> list[Complaint]:
    """Return what is wrong with a target's parts: each for itself, and all of them against the whole (DOMAIN §2).

    Args:
        target: the whole.
        area: the plan's area.
        year: the plan's, None where that is not known.
        areas: the register, None where there is none.
        look: what is wrong with one version of a target; what is wrong with the whole itself is not said again.
    """
    parts = target.parts
    if parts is None:
        return []
    found = []
    for n, part in enumerate(parts.areas):
        own = [*_place(target.area or area, part.area, areas), *_part(target, part, year, look)]
        found += [replace(c, key=f"parts.areas.{n}.{c.key}") for c in own]
    return found or [*_relation(target, parts), *_against_whole(target, parts)]


def _place(whole: str, area: str, areas: Mapping[str, Area] | None) -> Iterator[Complaint]:
    if areas is None or area not in areas:
        return
    above, seen = areas[area].parent, {area}
    while above and above != whole and above not in seen:
        seen.add(above)
        above = areas[above].parent if above in areas else None
    if above != whole:
        expected = ", ".join(a.id for a in areas.values() if a.parent == whole) or "an area that lies within it"
        yield Complaint("not_within", "area", f"the area is no part of {whole}", area, expected)


def _part(whole: Target, part: Part, year: int | None, look: Look) -> Iterator[Complaint]:
    made = part_target(whole, part)
    if torn := incoherence_complaints(made):
        yield from torn
        return
    known = look(whole)
    yield from (c for c in look(made) if c not in known)
    if days := day_complaints(part.amendments, year):
        yield from days
        return
    own = {amendment.since: n for n, amendment in enumerate(part.amendments)}
    for complaint in version_complaints(made, look):
        _, at, *rest = complaint.key.split(".")
        n = own.get(made.amendments[int(at)].since)
        yield replace(complaint, key="area" if n is None else ".".join(["amendments", str(n), *rest]))


def _relation(target: Target, parts: Breakdown) -> Iterator[Complaint]:
    relation = parts.relation
    if relation is Relation.SUM and target.read_measure is not Measure.LEVEL:
        message = f"a target read as {target.read_measure.value} is no sum of its parts"
        yield Complaint("relation", "parts.relation", message, relation.value, "weighted or none")
    if relation is not Relation.NONE and target.value is None:
        message = "the whole has no number that its parts could make"
        yield Complaint("relation", "parts.relation", message, relation.value, Relation.NONE.value)
    for n, part in enumerate(parts.areas):
        if (part.weight is None) is (relation is Relation.WEIGHTED):
            yield Complaint("weight", f"parts.areas.{n}.weight", "a weight with relation weighted, and only there")
        if part.value is None and relation is not Relation.NONE:
            yield Complaint("part_value", f"parts.areas.{n}.value", "without its number the parts cannot be checked")


@dataclass(frozen=True, slots=True)
class _Share:
    """A part as in force: its target and its weight."""

    target: Target
    weight: float


def _against_whole(target: Target, parts: Breakdown) -> Iterator[Complaint]:
    """Yield the first day from which the parts do not make the whole."""
    if parts.relation is Relation.NONE or any(_relation(target, parts)):
        return
    made = [(part_target(target, part), part.weight or 1.0) for part in parts.areas]
    days = {amendment.since for one in (target, *(m for m, _ in made)) for amendment in one.amendments}
    days |= {target.withdrawn_from} if target.withdrawn_from else set()
    for day in (date.min, *sorted(days)):
        whole = target.on(day)
        there = [_Share(t, w) for one, w in made if (t := one.on(day)).withdrawn_from is None and t.value is not None]
        counts = whole.withdrawn_from is None and whole.value is not None
        if counts and (complaint := _deviation(whole, there, parts, day)):
            yield complaint
            return


def _deviation(whole: Target, shares: Sequence[_Share], parts: Breakdown, day: date) -> Complaint | None:
    value = whole.value or 0.0
    weights = sum(s.weight for s in shares) if parts.relation is Relation.WEIGHTED else 1.0
    together = sum(s.weight * (s.target.value or 0.0) for s in shares) / (weights or 1.0)
    finest = min(
        (_rounding(s.target) for s in shares), default=0.0
    )  # a table is printed with one precision: 2.0 reads as 2
    slack = _rounding(whole) + finest * sum(s.weight for s in shares) / (weights or 1.0)
    off = together - value
    if abs(off) <= slack * (1 + 1e-9) + 1e-9 * max(1.0, abs(value)) or (parts.exceeds and off * whole.d > 0):
        return None
    verb = "average" if parts.relation is Relation.WEIGHTED else "add up to"
    since = "" if day == date.min else f"from {day} "
    message = f"{since}the parts {verb} {together:.10g} {whole.unit}, which is {abs(off):.10g} {'more' if off > 0 else 'less'} than the whole"
    beyond = "correct a part or the whole"
    mend = f"{beyond}; where more is asked of the parts on purpose, say why in exceeds" if off * whole.d > 0 else beyond
    expected = f"{value:.10g} {whole.unit}, within {slack:.4g} that rounding explains"
    return Complaint("parts", "parts", message, f"{together:.10g}", expected, mend)


def _rounding(target: Target) -> float:
    """Return by how much a printed value may be off: half its last printed place, nothing for whole things counted one by one."""
    value = Decimal(repr(target.value)).normalize()
    exponent = min(int(value.as_tuple().exponent), 0)
    if exponent == 0 and whole_step(target.unit) == 1:
        return 0.0
    return 0.5 * 10.0**exponent
