"""Load a plan file: the schema first, then everything a schema cannot say, all faults at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from planwatch.errors import ConfigError, Fault
from planwatch.model.base import Frozen
from planwatch.model.remembered import remembered
from planwatch.model.target import Plan, PlanHead, Target, Thresholds
from planwatch.model.vocabulary import Kind, Measure
from planwatch.plan.amendments import Look, amendment_complaints
from planwatch.plan.breakdown import breakdown_complaints, with_parts
from planwatch.plan.checks import Complaint, complaints_of, each_alone
from planwatch.plan.files import Defaults, PlanFile
from planwatch.plan.references import with_reference_named
from planwatch.plan.registers import Registers, load_registers
from planwatch.yamlfile import KeyPath, faults_of, line_of, nearest, read_yaml


def load_plan(path: Path, include: Path) -> Plan:
    """Return the plan of a YAML file, checked against the registers of the include folder.

    Targets come with `area` filled in and with `base_unit`: the indicator's for levels, else the printed unit. Behind a target
    that is broken down stand its parts, as targets of the same id.

    Raises:
        ConfigError: one fault for every place that is wrong, with file, line, key, value and what is allowed.
    """
    data, lines = read_yaml(path)
    registers, faults = load_registers(include)
    file = _File(path, data if isinstance(data, Mapping) else {}, lines)
    frame, framed = _frame(file, data)
    read = [_read_target(file, n, raw) for n, raw in enumerate(_entries(file.data))]
    faults += [*framed, *(fault for entry in read for fault in entry.faults)]
    area = str((file.data.get("plan") or {}).get("area") or "") if isinstance(file.data.get("plan"), Mapping) else ""
    faults += _unknown_area(file, area, registers)
    faults += _cross_faults(file, read, area, registers)
    if faults or frame is None:
        raise ConfigError.of(*sorted(faults, key=lambda f: (f.file != str(path), f.file or "", f.line or 0)))
    targets = (_resolved(entry.target, area, registers) for entry in read if entry.target is not None)
    expanded = tuple(one for target in targets for one in with_parts(target))
    return Plan(**dict(frame.plan), thresholds=frame.defaults.thresholds, targets=expanded)


def fingerprint(plan: Plan, printed: Plan | None = None) -> str:
    """Return the sha256 of everything the plan says, as canonical JSON (sorted keys, no spaces, UTF-8).

    Amendments, parts and what else came later count where there are some, so a plan without them keeps the fingerprint it had before
    there were any. What the registers call a reference is not the plan's.

    Args:
        plan: the plan as loaded, or as in force on a day (`Plan.on`).
        printed: the plan as loaded, of which `plan` is a version: what amended targets were, and which are parts, belongs to it.
    """
    history = _history(plan, printed) if printed else []
    return _sha256(plan, history) if history else _without_history(plan)


@remembered
def _without_history(plan: Plan) -> str:
    return _sha256(plan, [])


def _sha256(plan: Plan, history: list[list[Any]]) -> str:
    told = plan.model_dump(mode="json")
    if history:
        told["history"] = history
    for target in told["targets"]:
        for key in ("amendments", "parts", "hysteresis"):
            if not target[key]:
                del target[key]
        if target["reference"]:
            del target["reference"]["name_zh"], target["reference"]["name_en"]
    if plan.thresholds.make_up_years == Thresholds().make_up_years:
        del told["thresholds"]["make_up_years"]
    said = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(said.encode()).hexdigest()


def _history(plan: Plan, printed: Plan) -> list[list[Any]]:
    pairs = zip(plan.targets, printed.targets, strict=True)
    amended = [[was.id, was.area, was.value, was.unit, was.phrase] for now, was in pairs if now.amendments]
    return [*amended, *map(list, sorted(printed.part_keys))]


class _Frame(Frozen):
    """A plan file whose targets are looked at one by one."""

    plan: PlanHead
    defaults: Defaults = Defaults()
    targets: list[Any]


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    data: Mapping[str, Any]
    lines: dict[KeyPath, int]

    def faults(self, error: ValidationError, model: type[BaseModel], at: KeyPath = ()) -> list[Fault]:
        return faults_of(self.path, error, model, self.lines, at)

    @property
    def year(self) -> int | None:
        """The plan's year, None where the file does not say it rightly."""
        head = self.data.get("plan")
        year = head.get("year") if isinstance(head, Mapping) else None
        return year if isinstance(year, int) else None

    def fault(self, n: int, complaint: Complaint) -> Fault:
        at = ("targets", n, *complaint.path)
        return Fault(
            code=complaint.code,
            message=complaint.message,
            file=str(self.path),
            line=line_of(self.lines, at),
            key=".".join(str(part) for part in at),
            value=complaint.value,
            expected=complaint.expected,
            mend=complaint.mend,
        )


@dataclass(frozen=True, slots=True)
class _Entry:
    """One target as far as it could be read: `blind` are the keys whose values break the schema.

    `torn` ones could only be read without the keys that do not go together: of them only the names and the unit are looked at.
    """

    n: int
    target: Target | None
    blind: frozenset[str]
    faults: list[Fault]
    torn: bool = False


def _frame(file: _File, data: Any) -> tuple[_Frame | None, list[Fault]]:
    try:
        frame = _Frame.model_validate(data)
    except ValidationError as error:
        return None, file.faults(error, PlanFile)
    if frame.targets:
        return frame, []
    nothing = Fault(
        code="no_targets",
        message="the plan has no targets",
        file=str(file.path),
        line=line_of(file.lines, ("targets",)),
        key="targets",
        expected="a list of targets",
    )
    return None, [nothing]


def _entries(data: Mapping[str, Any]) -> list[Any]:
    targets = data.get("targets")
    return targets if isinstance(targets, list) else []


_STAND_INS = {"id": "unnamed", "indicator": "unknown", "name_zh": "unnamed"}
_NAMES = ("id", "indicator", "area", "owner", "reference", "unit")


def _read_target(file: _File, n: int, raw: Any) -> _Entry:
    """Read one target; where keys break the schema, read it without them so that the rest is still checked."""
    at: KeyPath = ("targets", n)
    try:
        return _Entry(n, Target.model_validate(raw), frozenset(), [])
    except ValidationError as error:
        faults = file.faults(error, Target, at)
        blind = frozenset(str(e["loc"][0]) for e in error.errors() if e["loc"])
    if not blind:
        return _torn(n, raw, blind, faults)
    kept = {key: value for key, value in raw.items() if str(key) not in blind}
    try:
        return _Entry(n, Target.model_validate(_STAND_INS | kept), blind, faults)
    except ValidationError as error:
        more = [f for f in file.faults(error, Target, at) if f.key and f.key.rsplit(".", 1)[-1] not in blind]
        return _torn(n, kept, blind, faults + more)


def _torn(n: int, raw: Any, blind: frozenset[str], faults: list[Fault]) -> _Entry:
    """Return the names and the unit of a target that is incoherent, so that they are still checked."""
    if not isinstance(raw, Mapping):
        return _Entry(n, None, blind, faults)
    names = {key: value for key, value in raw.items() if key in _NAMES}
    try:
        return _Entry(
            n, Target.model_validate({**_STAND_INS, "kind": Kind.ASSIGNED, **names}), blind, faults, torn=True
        )
    except ValidationError:
        return _Entry(n, None, blind, faults)


def _cross_faults(file: _File, entries: list[_Entry], area: str, registers: Registers) -> list[Fault]:
    seen: dict[tuple[str, str], int] = {}
    look = partial(complaints_of, area=area, registers=registers)
    faults = []
    for entry in entries:
        if entry.target is None:
            continue
        complaints = _complaints(entry.target, area, file.year, registers, look)
        if entry.torn:
            complaints = list(each_alone(entry.target, registers))
        elif "id" not in entry.blind:
            complaints += _said_before(file, entry, entry.target, area, seen)
        faults += [file.fault(entry.n, c) for c in complaints if c.path[0] not in entry.blind]
    return faults


def _complaints(target: Target, area: str, year: int | None, registers: Registers, look: Look) -> list[Complaint]:
    found = [*look(target), *amendment_complaints(target, year, look)]
    return found + breakdown_complaints(target, area, year, registers.areas, look)


def _said_before(
    file: _File, entry: _Entry, target: Target, area: str, seen: dict[tuple[str, str], int]
) -> list[Complaint]:
    parts = target.parts.areas if target.parts else ()
    found = []
    for place, key in [(target.area or area, "id"), *((p.area, f"parts.areas.{n}.area") for n, p in enumerate(parts))]:
        if (target.id, place) not in seen:
            seen[target.id, place] = entry.n
            continue
        line = line_of(file.lines, ("targets", seen[target.id, place], "id"))
        message = f"the id is already taken for this area, in line {line}"
        mend = "give each target of an area an id of its own"
        found.append(Complaint("duplicate_id", key, message, target.id if key == "id" else place, mend=mend))
    return found


def _unknown_area(file: _File, area: str, registers: Registers) -> list[Fault]:
    if not area or registers.areas is None or area in registers.areas:
        return []
    return [
        Fault(
            code="unknown_area",
            message="there is no such area",
            file=str(file.path),
            line=line_of(file.lines, ("plan", "area")),
            key="plan.area",
            value=area,
            expected=f"an id of areas.yaml: {', '.join(registers.areas)}",
            mend=nearest(area, registers.areas),
        )
    ]


def _resolved(target: Target, area: str, registers: Registers) -> Target:
    """Return the target with its area, its units and its reference's names filled in."""
    indicator = (registers.indicators or {})[target.indicator]
    level = target.read_measure is Measure.LEVEL
    unit = target.unit or (indicator.base_unit if level else "")
    base = target.base_unit or (indicator.base_unit if level else unit)
    own = target.area or area
    resolved = target.model_copy(update={"area": own, "unit": unit, "base_unit": base})
    return with_reference_named(resolved, registers.indicators or {}, registers.areas or {})
