"""How well a draft was read: its numeric targets against those of a finished file, figure by figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from planwatch.errors import InputError
from planwatch.model.target import Plan, Target
from planwatch.model.units import conversion_factor
from planwatch.plan.audit import Audit, Mark, State, audit
from planwatch.plan.document import Document
from planwatch.plan.draft import DraftTarget
from planwatch.plan.nottargets import NotTarget


@dataclass(frozen=True, slots=True)
class Comparison:
    """The count of numeric targets, those with a printed number.

    `found`: ids whose figure was drafted with the same value, unit and comparator; `missed`: ids whose figure was not, with what was
    drafted instead. `false`: drafted figures that are no target, or read wrongly. `undecided`: drafted figures that neither the targets
    nor the list of what is no target speak of: they count as right, and there are none where the audit is clean. `kinds`: ids whose
    kind was drafted too.
    """

    found: tuple[str, ...]
    missed: tuple[tuple[str, str], ...]
    false: tuple[DraftTarget, ...]
    undecided: tuple[DraftTarget, ...]
    kinds: tuple[str, ...]
    drafted: int

    @property
    def recall(self) -> float:
        """Return the share of the finished file's numeric targets that were drafted rightly, 0 to 1."""
        return _share(len(self.found), len(self.found) + len(self.missed))

    @property
    def precision(self) -> float:
        """Return the share of the drafted numeric targets that are not false, 0 to 1."""
        return _share(self.drafted - len(self.false), self.drafted)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def compare(
    document: Document, drafts: Sequence[DraftTarget], plan: Plan, not_targets: Sequence[NotTarget] = ()
) -> Comparison:
    """Compare a draft with the finished targets of the same document."""
    audited = audit(document, plan, not_targets)
    numeric = [d for d in drafts if d.reading.value is not None and not d.reading.inferred and d.figure]
    by_place: dict[tuple[str, int], list[DraftTarget]] = {}
    for one in numeric:
        by_place.setdefault(_place(one), []).append(one)
    marks = {(m.passage.section, m.figure.core_start): m for m in audited.marks}
    found, missed, kinds, used = [], [], [], set()
    for target in plan.commitments:
        if target.value is None or target.value_inferred:
            continue
        here = _drafted_for(target, audited, by_place)
        right = next((d for d in here if d.id not in used and _agree(d, target)), None)
        if right is None:
            missed.append((target.id, "; ".join(_said(d) for d in here) or "nothing drafted there"))
            continue
        used.add(right.id)
        found.append(target.id)
        kinds += [target.id] if right.reading.kind is target.kind else []
    rest = [d for d in numeric if d.id not in used]
    undecided = tuple(d for d in rest if _undecided(marks.get(_place(d))))
    false = tuple(d for d in rest if d not in undecided)
    return Comparison(tuple(found), tuple(missed), false, undecided, tuple(kinds), len(numeric))


def _place(one: DraftTarget) -> tuple[str, int]:
    return one.section, one.figure.core_start if one.figure else -1


def _drafted_for(
    target: Target, audited: Audit, by_place: dict[tuple[str, int], list[DraftTarget]]
) -> list[DraftTarget]:
    marks = [m for m in audited.marks if target.id in m.targets]
    return [d for m in marks for d in by_place.get((m.passage.section, m.figure.core_start), [])]


def _undecided(mark: Mark | None) -> bool:
    return mark is None or mark.state is State.UNCOVERED


def _agree(one: DraftTarget, target: Target) -> bool:
    reading = one.reading
    if reading.comparator is not target.comparator or reading.value is None or target.value is None:
        return False
    try:
        factor = conversion_factor(reading.unit, target.unit)
    except InputError:
        return False
    ends = ((reading.value, target.value), (reading.value_high or 0.0, target.value_high or 0.0))
    return all(abs(a * factor - b) <= 1e-9 * max(1.0, abs(b)) for a, b in ends)


def _said(one: DraftTarget) -> str:
    reading = one.reading
    return _printed(reading.comparator.value, reading.value, reading.value_high, reading.unit)


def _printed(comparator: str, value: float | None, high: float | None, unit: str) -> str:
    ends = f"{value or 0:g}" if high is None else f"{value or 0:g} to {high:g}"
    return f"{comparator} {ends} {unit}".strip()


def comparison_json(found: Comparison, plan: Plan) -> dict[str, Any]:
    """Return the measure with everything that was missed, false or undecided, for JSON and for the screen."""
    targets = {target.id: target for target in plan.targets}
    missed = [(targets[id_], said) for id_, said in found.missed]
    return {
        "numeric_targets": len(found.found) + len(found.missed),
        "found": len(found.found),
        "drafted": found.drafted,
        "recall": round(found.recall, 4),
        "precision": round(found.precision, 4),
        "kind_right": len(found.kinds),
        "missed": [
            {
                "id": one.id,
                "section": one.section,
                "phrase": one.phrase,
                "expected": _printed(one.comparator.value, one.value, one.value_high, one.unit),
                "drafted": said,
            }
            for one, said in missed
        ],
        "false": [_row(one) for one in found.false],
        "undecided": [_row(one) for one in found.undecided],
    }


def _row(one: DraftTarget) -> dict[str, str]:
    return {"section": one.section, "phrase": one.phrase, "drafted": _said(one), "kind": one.reading.kind.value}
