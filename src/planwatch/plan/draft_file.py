"""A draft as a file of targets: the schema of `targets.yaml`, every guess marked, what is still to do on top."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from planwatch.errors import InputError
from planwatch.model.place import Area
from planwatch.model.target import PERCENT_UNITS, Indicator
from planwatch.model.units import INDEX_UNIT, conversion_factor, is_known
from planwatch.model.vocabulary import Comparator, Kind, Tier
from planwatch.plan.draft import HIGH, DraftTarget
from planwatch.plan.grammar.clauses import name_of
from planwatch.plan.registers import names_of

_TODO = """\
# A draft, read by rules from {source}: a person finishes it.
# 1. Look at every entry marked medium or low; take out what nobody can check.
# 2. Give ids and indicators names that say something: an indicator that starts with s is new, see the end of this file.
# 3. Add name_en, owner and frequency; a reach target needs last year's level, its baseline.
# 4. planwatch targets check FILE; planwatch plan audit --plan DOCUMENT --targets FILE
"""
_PLAIN = re.compile("规上|规模工业")


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a plan's file: its year and area, the document's title and name, and what of year and area is not sure."""

    year: int
    area: str
    title: str
    source: str
    doubts: tuple[str, ...] = ()


def area_in(title: str, areas: Mapping[str, Area]) -> str:
    """Return the id of the area whose name the title holds, of several the longest, "" where it names none."""
    found = [(len(name), id_) for id_, area in areas.items() for name in (area.name_zh, area.name_en) if name in title]
    return max(found)[1] if found else ""


def draft_yaml(
    drafts: Sequence[DraftTarget], head: Head, indicators: Mapping[str, Indicator], areas: Mapping[str, Area]
) -> str:
    """Return the draft as YAML: it keeps the schema, and loads once the indicators it lists at its end are registered.

    Subjects that the register knows by name get its indicator's id; every other target gets one of its own, `s3_2_01`.
    """
    drafts = _said_once(drafts)
    register = _Register(names_of(indicators), indicators)
    rows = [_entry(one, register, areas, head.area) for one in drafts]
    lines = [_TODO.format(source=_plain(head.source)), *(f"# ! {_plain(doubt)}" for doubt in head.doubts)]
    lines += [
        "plan:",
        f"  id: {head.area.replace('_', '-')}-{head.year}",
        f"  year: {head.year}",
        f"  area: {head.area}",
    ]
    lines += [f"  title: {_quoted(head.title or head.source)}", "", "targets:" if rows else "targets: []"]
    for one, row in zip(drafts, rows, strict=True):
        mark = f"  # {one.confidence}" + (f": {'; '.join(one.doubts)}" if one.doubts else "")
        lines += [_plain(mark), *_block(row)]
    return "\n".join([*lines, *_stubs(register)]) + "\n"


def _said_once(drafts: Sequence[DraftTarget]) -> list[DraftTarget]:
    """Return the drafts with a commitment that is printed again, word for word, as one target of both sections."""
    once: dict[object, DraftTarget] = {}
    for one in drafts:
        said = (one.phrase, replace(one.reading, doubts=())) if one.reading.name else one.id
        first = once.setdefault(said, one)
        if one.section not in first.section.split("; "):
            once[said] = replace(first, section=f"{first.section}; {one.section}")
    return list(once.values())


def draft_rows(drafts: Sequence[DraftTarget]) -> list[dict[str, object]]:
    """Return one flat row a target, for machines."""
    return [
        {
            "id": one.id,
            "section": one.section,
            "phrase": one.phrase,
            "name_zh": one.reading.name,
            "kind": one.reading.kind.value,
            "comparator": one.reading.comparator.value,
            "value": one.reading.value,
            "value_high": one.reading.value_high,
            "unit": one.reading.unit,
            "direction": one.reading.direction,
            "net": one.reading.net,
            "tier": one.reading.tier.value,
            "margin": one.reading.margin,
            "reference": one.reading.against,
            "value_inferred": one.reading.inferred,
            "confidence": one.confidence,
            "doubts": list(one.doubts),
        }
        for one in drafts
    ]


Entry = dict[str, object]


def _entry(one: DraftTarget, register: _Register, areas: Mapping[str, Area], area: str) -> Entry:
    reading = one.reading
    indicator = register.indicator(one)
    note = "Draft, confidence " + one.confidence + (f": {'; '.join(one.doubts)}." if one.doubts else ".")
    if reading.against:
        note += f" Compared with {reading.against}."
    entry: Entry = {
        "id": one.id,
        "indicator": indicator,
        "section": one.section,
        "name_zh": reading.name or one.phrase,
        "phrase": one.phrase,
        "kind": reading.kind.value,
        "comparator": reading.comparator.value,
        "value": reading.value,
        "value_high": reading.value_high,
        "unit": reading.unit,
        "value_inferred": reading.inferred or None,
        "direction": reading.direction,
        "net": reading.net or None,
        "margin": reading.margin or None,
        "tier": reading.tier.value if reading.tier is not Tier.PLAN else None,
        "reference": _reference(one, indicator, register, areas, area) if reading.kind is Kind.RELATIVE else None,
        "note": note if one.confidence != HIGH or reading.against else None,
    }
    if reading.kind in (Kind.ASSIGNED, Kind.MILESTONE) and reading.comparator is Comparator.GE:
        entry["comparator"] = None
    return {key: value for key, value in entry.items() if value not in (None, "")}


@dataclass(slots=True)
class _Register:
    """The indicators of a draft: those registered already, by name, and new ones, one for each name.

    `new` holds name and base unit by id; the unit is "" while only growths and places of the indicator are known.
    """

    known: Mapping[str, str]
    indicators: Mapping[str, Indicator]
    new: dict[str, tuple[str, str]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def indicator(self, one: DraftTarget) -> str:
        """Return the indicator that a target's name is one of, where its unit fits, else a new one."""
        reading = one.reading
        name = re.sub("增速$|增长$|增幅$|涨幅$", "", reading.name)
        id_ = (
            self.known.get(name)
            or self.known.get(_PLAIN.sub("规模以上", name))
            or self.known.get(name.removeprefix("完成"))
        )
        level = reading.unit or INDEX_UNIT if reading.kind in (Kind.CUMULATIVE, Kind.REACH, Kind.HOLD) else ""
        counted = level if level not in PERCENT_UNITS else ""
        if id_ is not None and (not counted or _fits(counted, self.indicators[id_].base_unit)):
            return id_
        return self.named(reading.name or one.phrase, level, one.id)

    def named(self, name: str, unit: str, id_: str) -> str:
        """Return the new indicator of a name that is kept in `unit` ("" for any), `id_` where it is the first or keeps another unit."""
        first = self.ids.get(name)
        if first is not None and (not unit or not self.new[first][1] or _fits(unit, self.new[first][1])):
            self.new[first] = (self.new[first][0], self.new[first][1] or unit)
            return first
        taken = {shown for shown, _ in self.new.values()} | set(self.known)
        shown = next(n for n in (name, f"{name}（{unit}）", f"{name} {id_}") if n not in taken)
        self.ids.setdefault(name, id_)
        self.new[id_] = (shown, unit)
        return id_


def _fits(unit: str, base: str) -> bool:
    try:
        return conversion_factor(unit or base, base) > 0
    except InputError:
        return False


_WIDER = {"nation": "全国|国家", "region": "全[省区]|自治区|省", "city": "全[市州盟]|[市州盟]"}


def _reference(
    one: DraftTarget, indicator: str, register: _Register, areas: Mapping[str, Area], own: str
) -> dict[str, str]:
    """Return what the target is compared with: its own indicator of a wider area, or another indicator."""
    against = one.reading.against
    area = _area_of(against, areas, own)
    if area or re.match("全[国省区州盟]|自治区|国家", against):
        return {"indicator": indicator, "area": area or "elsewhere"}
    name = name_of(re.sub("增速$|增幅$|增长$|水平$|平均$", "", against)) or against
    known = register.known
    other = known.get(name) or ("gdp" if name in ("经济", "GDP", "经济增长") and "gdp" in known else "")
    other = other or register.named(against, "", f"{one.id}_reference")
    return {
        "indicator": other if other != indicator else register.named(f"{against} {one.id}", "", f"{one.id}_reference")
    }


def _area_of(against: str, areas: Mapping[str, Area], own: str) -> str:
    """Return the area that a comparison names, by its name or, around the plan's own area, by its rank (全省), "" for none."""
    named = [
        (len(name), id_) for name, id_ in names_of(areas).items() if name and against.startswith(name) and id_ != own
    ]
    around: list[Area] = []
    at = areas.get(own)
    while at is not None and at not in around:
        around.append(at)
        at = areas.get(at.parent or "")
    ranked = next((area.id for area in around[1:] if re.match(_WIDER.get(area.level, "$^"), against)), "")
    return max(named)[1] if named else ranked


def _block(entry: Entry) -> list[str]:
    lines = [f"{'  - ' if n == 0 else '    '}{key}: {_scalar(value)}" for n, (key, value) in enumerate(entry.items())]
    return lines


def _scalar(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_scalar(one)}" for key, one in value.items()) + "}"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, str) and re.fullmatch("[a-z][a-z_]*[a-z]", value) and value not in ("true", "false", "null"):
        return value
    return json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else _quoted(value)


def _quoted(text: str) -> str:
    return json.dumps(_plain(text), ensure_ascii=False)


def _plain(text: str) -> str:
    """Return the text without what YAML or a terminal would obey instead of print."""
    return "".join(c for c in text if c.isprintable())


def _stubs(register: _Register) -> list[str]:
    """Return the entries that indicators.yaml still needs, as comments."""
    lines = ["", "# New in indicators.yaml, under names of your own:"]
    for id_, (name, unit) in register.new.items():
        base = unit if is_known(unit) else "%"
        stub = f"{{id: {id_}, name_zh: {_quoted(name)}, name_en: TODO, base_unit: {_quoted(base)}}}"
        lines.append(f"#  - {stub}")
    return lines if len(lines) > 2 else []
