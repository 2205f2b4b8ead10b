"""A draft as a file of targets: the schema of `targets.yaml`, every guess marked, what is still to do on top."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from planwatch.errors import InputError
from planwatch.model.place import Area
from planwatch.model.target import PERCENT_UNITS, Indicator
from planwatch.model.units import conversion_factor, is_known
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
    """The head of a plan's file: its year and area, and the document's title and name."""

    year: int
    area: str
    title: str
    source: str


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
    known, places = names_of(indicators), names_of(areas)
    rows = [_entry(one, known, indicators, places) for one in drafts]
    lines = [_TODO.format(source=_plain(head.source))]
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
    return "\n".join([*lines, *_stubs(drafts, rows, indicators)]) + "\n"


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


def _entry(
    one: DraftTarget, known: Mapping[str, str], indicators: Mapping[str, Indicator], places: Mapping[str, str]
) -> Entry:
    reading = one.reading
    indicator = _indicator(one, known, indicators)
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
        "reference": _reference(one, indicator, known, places) if reading.kind is Kind.RELATIVE else None,
        "note": note if one.confidence != HIGH or reading.against else None,
    }
    if reading.kind in (Kind.ASSIGNED, Kind.MILESTONE) and reading.comparator is Comparator.GE:
        entry["comparator"] = None
    return {key: value for key, value in entry.items() if value not in (None, "")}


def _indicator(one: DraftTarget, known: Mapping[str, str], indicators: Mapping[str, Indicator]) -> str:
    """Return the registered indicator that the name is one of, where its unit fits, else an id of the target's own."""
    name = re.sub("增速$|增长$|增幅$|涨幅$", "", one.reading.name)
    id_ = known.get(name) or known.get(_PLAIN.sub("规模以上", name)) or known.get(name.removeprefix("完成"))
    reading = one.reading
    level = reading.kind in (Kind.CUMULATIVE, Kind.REACH, Kind.HOLD) and reading.unit not in PERCENT_UNITS
    if id_ is None or (level and not _fits(reading.unit, indicators[id_].base_unit)):
        return one.id
    return id_


def _fits(unit: str, base: str) -> bool:
    try:
        return conversion_factor(unit or base, base) > 0
    except InputError:
        return False


def _reference(one: DraftTarget, indicator: str, known: Mapping[str, str], places: Mapping[str, str]) -> dict[str, str]:
    """Return what the target is compared with: its own indicator of a wider area, or another indicator."""
    against = one.reading.against
    area = next(
        (id_ for name, id_ in sorted(places.items(), key=lambda p: -len(p[0])) if name and against.startswith(name)), ""
    )
    if area or re.match("全[国省区州盟]|自治区|国家", against):
        return {"indicator": indicator, "area": area or "elsewhere"}
    name = name_of(re.sub("增速$|增长$|增幅$|水平$|平均$", "", against)) or against
    other = known.get(name) or ("gdp" if name in ("经济", "GDP", "经济增长") and "gdp" in known else "")
    return {"indicator": other or f"{one.id}_reference"}


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


def _stubs(drafts: Sequence[DraftTarget], rows: Sequence[Entry], indicators: Mapping[str, Indicator]) -> list[str]:
    """Return the entries that indicators.yaml still needs, as comments."""
    lines = ["", "# New in indicators.yaml, under names of your own:"]
    for one, row in zip(drafts, rows, strict=True):
        needed = {str(row["indicator"]): one.reading.name or one.phrase}
        reference = row.get("reference")
        if isinstance(reference, dict):
            needed.setdefault(str(reference["indicator"]), one.reading.against)
        unit = one.reading.unit if is_known(one.reading.unit) else "%"
        for id_, name in needed.items():
            if id_ not in indicators:
                stub = f"{{id: {id_}, name_zh: {_quoted(name)}, name_en: TODO, base_unit: {_quoted(unit)}}}"
                lines.append(f"#  - {stub}")
    return lines if len(lines) > 2 else []
