"""Read targets back: a plan file, or rows that `targets export` or another program wrote as JSON, JSON Lines or CSV.

Rows are taken as they come: keys that are missing get their defaults, columns nobody knows are left alone, and names are
not checked against the registers, for a file may speak of another city.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from planwatch.errors import ConfigError, Fault, InputError
from planwatch.model.base import YEARS
from planwatch.model.target import Plan, Target
from planwatch.model.vocabulary import Kind
from planwatch.plan.amendments import amendment_complaints
from planwatch.plan.breakdown import breakdown_complaints, with_parts
from planwatch.plan.checks import senseless
from planwatch.plan.loader import load_plan
from planwatch.plan.registers import load_areas, names_of
from planwatch.settings import settings
from planwatch.textfile import DuplicateKeyError, csv_records, empty_file, parsed_json, read_text
from planwatch.yamlfile import faults_of

MAX_BYTES = 200_000_000
_NEEDED = ("id", "indicator", "kind")
_YAML, _ROWS = (".yaml", ".yml"), (".json", ".jsonl", ".ndjson", ".csv")


def import_targets(path: Path, include: Path | None = None, year: int | None = None) -> Plan:
    """Return the plan that a file describes, by its suffix; thresholds of rows are the defaults.

    Args:
        path: `.yaml`/`.yml` as `load_plan` takes it, `.json`, `.jsonl`/`.ndjson` or `.csv` as `targets export` writes it.
        include: Folder of the registers; left out, the settings' one. For rows only area names are looked up in it.
        year: The year of rows that give no `plan_year`; left out, they are refused.

    Raises:
        InputError: one fault for every place that is wrong, with the row or line, the key and the value.
    """
    folder = include or settings().include
    suffix = path.suffix.lower()
    if path.is_dir():
        raise ConfigError.of(Fault(code="not_there", message="a folder, not a file", file=str(path)))
    if suffix in _YAML:
        return load_plan(path, folder)
    if suffix not in _ROWS:
        raise InputError.of(
            Fault(
                code="suffix",
                message="the name does not say what the file is",
                file=str(path),
                value=path.name,
                expected=f"a name ending in {', '.join((*_YAML, *_ROWS))}",
            )
        )
    return _plan_of(path, list(_rows(path, suffix)), _area_names(folder), year)


@dataclass(frozen=True, slots=True)
class _Row:
    """One row and where it stands: its number from 1 (JSON), its line (JSON Lines, CSV)."""

    data: Mapping[str, Any]
    row: int | None = None
    line: int | None = None


def _plan_of(path: Path, rows: list[_Row], areas: Mapping[str, str], default_year: int | None) -> Plan:
    if not rows:
        nothing = Fault(code="no_targets", message="the file has no targets", file=str(path), expected="a row a target")
        raise InputError.of(nothing)
    read = [(_target(path, row, areas), row) for row in rows]
    faults = [fault for (_, bad), _ in read for fault in bad]
    targets = [(target, row) for (target, _), row in read if target is not None]
    city = _home([t for t, _ in targets], areas)
    year, dated = _year(path, rows, default_year)
    faults += _across(path, targets, city, year)
    faults += dated
    if faults or year is None:
        raise InputError.of(*faults)
    filled = tuple(one for t, _ in targets for one in with_parts(t.model_copy(update={"area": t.area or city})))
    return Plan(id=f"imported-{year}", year=year, area=city, title=path.name, targets=filled)


def _target(path: Path, row: _Row, areas: Mapping[str, str]) -> tuple[Target | None, list[Fault]]:
    try:
        return Target.model_validate(_tidied(row.data, areas)), []
    except ValidationError as error:
        return None, [replace(f, row=row.row, line=row.line) for f in faults_of(path, error, Target, {})]


def _across(path: Path, targets: list[tuple[Target, _Row]], city: str, year: int | None) -> list[Fault]:
    faults, seen, look = [], set(), partial(senseless, area=city)
    for target, row in targets:
        here = partial(Fault, file=str(path), row=row.row, line=row.line)
        faults += [
            here(code=c.code, key=c.key, message=c.message, value=c.value, expected=c.expected, mend=c.mend)
            for c in [
                *look(target),
                *amendment_complaints(target, year, look),
                *breakdown_complaints(target, city, year, None, look),
            ]
        ]
        for area in (target.area or city, *(part.area for part in (target.parts.areas if target.parts else ()))):
            if (target.id, area) in seen:
                message = "the id is already taken for this area"
                faults.append(here(code="duplicate_id", key="id", message=message, value=target.id))
            seen.add((target.id, area))
    return faults


def _home(targets: list[Target], areas: Mapping[str, str]) -> str:
    """Return the area most rows speak of; the plan is taken to be its."""
    named = Counter(t.area for t in targets if t.area)
    return named.most_common(1)[0][0] if named else areas.get("全市", "")


def _year(path: Path, rows: list[_Row], default: int | None) -> tuple[int | None, list[Fault]]:
    given = [(row, _number(row.data.get("plan_year"))) for row in rows if not _missing(row.data.get("plan_year"))]
    first = given[0][1] if given else default
    fault = partial(
        Fault, code="plan_year", file=str(path), key="plan_year", expected="one year for all rows, such as 2026"
    )
    if isinstance(first, bool) or not isinstance(first, int) or not YEARS[0] <= first <= YEARS[1]:
        said = "not a year of a plan" if given else "no row says which year the plan is for"
        return None, [fault(message=said, value=_shown(first))]
    strange = [(row, year) for row, year in given if year != first]
    return first, [
        fault(message=f"rows before say {first}", value=_shown(year), row=row.row, line=row.line)
        for row, year in strange
    ]


def _shown(value: Any) -> str | None:
    return None if value is None else str(value)[:80]


def _number(value: Any) -> Any:
    """Return a whole number where the value is one (2026, "2026", 2026.0), else the value."""
    if isinstance(value, bool):
        return value
    try:
        return int(value) if float(value) == int(float(value)) else value
    except (TypeError, ValueError, OverflowError):
        return value


_REFERENCE = re.compile(r"(?P<indicator>[^@:]+)(?:@(?P<area>[^@:]+))?(?::(?P<measure>[^@:]+))?")
_DIRECTIONS = {"more": 1, "up": 1, "+1": 1, "+": 1, "less": -1, "down": -1, "-": -1, "neither": 0, "none": 0}


def _missing(value: Any) -> bool:
    return value is None or value in ("", []) or (isinstance(value, float) and math.isnan(value))


def _given(key: str, value: Any) -> bool:
    """Return whether a row gives the key; NaN stands for nothing, but not as the number a target is about."""
    return not _missing(value) or (key == "value" and isinstance(value, float))


def _tidied(data: Mapping[str, Any], areas: Mapping[str, str]) -> dict[str, Any]:
    """Return a row's known keys in the shape of the schema, missing ones left to their defaults."""
    row = {str(k).strip(): v.strip() if isinstance(v, str) else v for k, v in data.items()}
    kept = {key: _unpacked(value) for key, value in row.items() if key in Target.model_fields and _given(key, value)}
    kept.setdefault("name_zh", str(kept.get("name_en") or kept.get("id")))
    if kept.get("kind") == Kind.RANK:
        kept.setdefault("comparator", "rank_le")
    if "area" in kept:
        kept["area"] = areas.get(str(kept["area"]), kept["area"])
    if "direction" in kept:
        kept["direction"] = _DIRECTIONS.get(str(kept["direction"]).lower(), _number(kept["direction"]))
    if isinstance(kept.get("baseline"), int | float | str):
        kept["baseline"] = {"value": kept["baseline"]}
    if "reference" in kept:
        kept["reference"] = _reference(kept["reference"], areas)
    return kept


def _unpacked(value: Any) -> Any:
    """Return a list or mapping that a CSV cell holds as JSON."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return parsed_json(value)
        except ValueError:
            return value
    return value


def _reference(value: Any, areas: Mapping[str, str]) -> Any:
    """Return `indicator[@area][:measure]`, or a mapping with these keys, as a mapping; anything else unchanged."""
    if isinstance(value, str):
        found = _REFERENCE.fullmatch(value)
        value = found.groupdict() if found else value
    if not isinstance(value, Mapping):
        return value
    parts = {str(k): v for k, v in value.items() if not _missing(v)}
    return parts | {"area": areas.get(str(parts["area"]), parts["area"])} if "area" in parts else parts


def _area_names(include: Path) -> dict[str, str]:
    path = include / "areas.yaml"
    return names_of(load_areas(path)) if path.exists() else {}


def _rows(path: Path, suffix: str) -> Iterator[_Row]:
    text = read_text(path, MAX_BYTES, ConfigError)
    if not text.strip():
        raise InputError.of(empty_file(path))
    yield from _csv_rows(path, text) if suffix == ".csv" else _json_rows(path, text)


def _csv_rows(path: Path, text: str) -> Iterator[_Row]:
    header, records = csv_records(path, text, needed=_NEEDED)
    lacking = [name for name in _NEEDED if name not in header]
    if lacking:
        message = f"the header lacks {', '.join(lacking)}"
        raise InputError.of(
            Fault(code="missing_column", message=message, file=str(path), line=1, value=", ".join(header)[:200])
        )
    yield from (_Row(record.cells, line=record.line) for record in records)


def _json_rows(path: Path, text: str) -> Iterator[_Row]:
    """Yield the rows of a JSON list (or of a mapping with one under `targets`), or of JSON Lines."""
    try:
        data = parsed_json(text)
    except DuplicateKeyError as error:
        raise InputError.of(Fault(code="not_json", message=str(error), file=str(path))) from error
    except ValueError:
        yield from _json_lines(path, text)
        return
    listed = data.get("targets", data) if isinstance(data, dict) else data
    for n, entry in enumerate(listed if isinstance(listed, list) else [listed], start=1):
        yield _Row(_mapping(path, entry, row=n), row=n)


def _json_lines(path: Path, text: str) -> Iterator[_Row]:
    for n, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = parsed_json(line)
        except ValueError as error:
            message = f"not JSON: {getattr(error, 'msg', error)}"
            raise InputError.of(
                Fault(code="not_json", message=message, file=str(path), line=n, value=line[:80])
            ) from error
        yield _Row(_mapping(path, entry, line=n), line=n)


def _mapping(path: Path, entry: Any, row: int | None = None, line: int | None = None) -> Mapping[str, Any]:
    if isinstance(entry, Mapping):
        return entry
    message, expected = "not a target", "an object with the keys of a target"
    raise InputError.of(
        Fault(
            code="not_a_row",
            message=message,
            file=str(path),
            row=row,
            line=line,
            value=str(entry)[:80],
            expected=expected,
        )
    )
