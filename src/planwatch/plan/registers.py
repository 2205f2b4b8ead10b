"""The registers beside a plan: indicators, areas and departments, each by id."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol, TypeVar

from planwatch.errors import ConfigError, Fault
from planwatch.model.place import Area, Department
from planwatch.model.target import Indicator
from planwatch.model.units import is_known
from planwatch.plan.files import AreaFile, DepartmentFile, IndicatorFile
from planwatch.yamlfile import KeyPath, line_of, load_model, nearest, read_yaml_text, text_of


class _Named(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name_zh(self) -> str: ...


N = TypeVar("N", bound=_Named)
Check = Callable[[Sequence[N]], list[tuple[int, str, str, str]]]
"""Finds (position, key, value, message) of what is wrong across the entries."""


def load_indicators(path: Path) -> dict[str, Indicator]:
    """Return the indicators of `indicators.yaml` by id.

    Raises:
        ConfigError: every fault of the file, with its line: schema, an id or a name given twice, an unknown base unit.
    """
    return dict(_indicators(path, text_of(path)))


@lru_cache(maxsize=4)  # once for all plans beside it, as long as its text is the same; the entries are immutable
def _indicators(path: Path, text: str) -> dict[str, Indicator]:
    data, lines = read_yaml_text(path, text)
    entries = load_model(path, IndicatorFile, data, lines).indicators
    return _register(path, "indicators", entries, lines, [_twice, _shared_names, _unknown_units])


def load_areas(path: Path) -> dict[str, Area]:
    """Return the areas of `areas.yaml` by id.

    Raises:
        ConfigError: every fault of the file, with its line: schema, an id or a name given twice, an unknown parent.
    """
    return dict(_areas(path, text_of(path)))


@lru_cache(maxsize=4)  # once for all plans beside it, as long as its text is the same; the entries are immutable
def _areas(path: Path, text: str) -> dict[str, Area]:
    data, lines = read_yaml_text(path, text)
    entries = load_model(path, AreaFile, data, lines).areas
    return _register(path, "areas", entries, lines, [_twice, _shared_names, _unknown_parents])


def load_departments(path: Path) -> dict[str, Department]:
    """Return the departments of `departments.yaml` by id.

    Raises:
        ConfigError: every fault of the file, with its line: schema, an id or a name given twice.
    """
    return dict(_departments(path, text_of(path)))


@lru_cache(maxsize=4)  # once for all plans beside it, as long as its text is the same; the entries are immutable
def _departments(path: Path, text: str) -> dict[str, Department]:
    data, lines = read_yaml_text(path, text)
    entries = load_model(path, DepartmentFile, data, lines).departments
    return _register(path, "departments", entries, lines, [_twice, _shared_names])


@dataclass(frozen=True, slots=True)
class Registers:
    """What a plan's words are checked against; None where the register itself is broken."""

    indicators: Mapping[str, Indicator] | None
    areas: Mapping[str, Area] | None
    departments: Mapping[str, Department] | None


def load_registers(include: Path) -> tuple[Registers, list[Fault]]:
    """Return the registers of an include folder and the faults of those that cannot be used."""
    faults: list[Fault] = []

    def attempt(load: Callable[[Path], dict[str, N]], name: str) -> dict[str, N] | None:
        try:
            return load(include / name)
        except ConfigError as error:
            faults.extend(error.faults)
            return None

    registers = Registers(
        attempt(load_indicators, "indicators.yaml"),
        attempt(load_areas, "areas.yaml"),
        attempt(load_departments, "departments.yaml"),
    )
    return registers, faults


def names_of(register: Mapping[str, N]) -> dict[str, str]:
    """Return id by every name a register's entries go by: the id itself, the Chinese name, the aliases."""
    return {name: id_ for id_, entry in register.items() for name in (id_, *_names(entry))}


def _names(entry: _Named) -> tuple[str, ...]:
    return (entry.name_zh, *getattr(entry, "aliases", ()))


def _register(
    path: Path, key: str, entries: Sequence[N], lines: Mapping[KeyPath, int], checks: Sequence[Check[N]]
) -> dict[str, N]:
    faults = [
        Fault(
            code="register",
            message=message,
            file=str(path),
            line=line_of(dict(lines), (key, n, field)),
            key=f"{key}.{n}.{field}",
            value=value,
        )
        for check in checks
        for n, field, value, message in check(entries)
    ]
    if faults:
        raise ConfigError.of(*sorted(faults, key=lambda f: f.line or 0))
    return {entry.id: entry for entry in entries}


def _twice(entries: Sequence[_Named]) -> list[tuple[int, str, str, str]]:
    first: dict[str, int] = {}
    return [(n, "id", e.id, "the id is given twice") for n, e in enumerate(entries) if first.setdefault(e.id, n) != n]


def _shared_names(entries: Sequence[_Named]) -> list[tuple[int, str, str, str]]:
    owner: dict[str, int] = {}
    return [
        (
            n,
            "aliases" if name != e.name_zh else "name_zh",
            name,
            f"the name already stands for {entries[owner[name]].id}",
        )
        for n, e in enumerate(entries)
        for name in _names(e)
        if owner.setdefault(name, n) != n
    ]


def _unknown_units(entries: Sequence[Indicator]) -> list[tuple[int, str, str, str]]:
    return [
        (n, "base_unit", e.base_unit, "the unit is not in planwatch.model.units")
        for n, e in enumerate(entries)
        if not is_known(e.base_unit)
    ]


def _unknown_parents(entries: Sequence[Area]) -> list[tuple[int, str, str, str]]:
    known = {e.id for e in entries}
    return [
        (n, "parent", e.parent, f"there is no such area; {nearest(e.parent, known) or 'add it'}")
        for n, e in enumerate(entries)
        if e.parent is not None and e.parent not in known
    ]
