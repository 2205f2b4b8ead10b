"""The schema of targets teaches: every key is described, its examples are taken, its bad examples are refused for what is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from plancases import HEAD, INCLUDE, JOBS

from planwatch.errors import ConfigError, Fault
from planwatch.model.lessons import TARGET
from planwatch.model.target import Target
from planwatch.plan import load_plan

SCHEMA = json.loads((INCLUDE / "schemas" / "targets.schema.json").read_text(encoding="utf-8"))
KEYS = SCHEMA["$defs"]["Target"]["properties"]


def _faults(folder: Path, key: str, value: Any) -> tuple[Fault, ...]:
    """Return what is wrong with JOBS where one key has the value, and the keys beside it are as the lesson takes for granted."""
    said = {name: json.dumps(one, ensure_ascii=False) for name, one in TARGET[key].beside.items() if one is not None}
    left_out = {name for name, one in TARGET[key].beside.items() if one is None}
    keys = {name: one for name, one in JOBS.items() if name not in left_out} | said
    keys[key] = json.dumps(value, ensure_ascii=False)  # JSON is YAML
    text = HEAD + "".join(f"  {'- ' if n == 0 else '  '}{name}: {one}\n" for n, (name, one) in enumerate(keys.items()))
    path = folder / "targets.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        load_plan(path, INCLUDE)
    except ConfigError as error:
        return error.faults
    return ()


def _described(schema: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    for name, model in {"file": schema, **schema["$defs"]}.items():
        for key, said in model.get("properties", {}).items():
            yield f"{name}.{key}", bool(said.get("description"))


def test_every_key_is_described() -> None:
    bare = [key for key, described in _described(SCHEMA) if not described]
    assert bare == []


def test_every_key_of_a_target_has_examples_good_and_bad() -> None:
    assert list(KEYS) == list(Target.model_fields) == [key for key in KEYS if key in TARGET]
    lacking = [key for key, said in KEYS.items() if not (said.get("examples") and said.get("examples_bad"))]
    assert lacking == []
    assert all(set(bad) == {"example", "why"} and bad["why"] for said in KEYS.values() for bad in said["examples_bad"])


GOOD = [(key, n) for key, said in KEYS.items() for n in range(len(said["examples"]))]
BAD = [(key, n) for key, said in KEYS.items() for n in range(len(said["examples_bad"]))]


@pytest.mark.parametrize(
    ("changed", "taken"),
    [
        ({}, True),
        ({"section": None}, False),
        ({"section": " "}, False),
        ({"phrase": None}, False),
        ({"phrase": ""}, False),
        ({"phrase": None, "value_inferred": True, "note": "as last year"}, True),
        ({"phrase": None, "value": None, "unit": None, "kind": "milestone"}, True),
    ],
)
def test_schema_and_checker_ask_for_the_same_keys(tmp_path: Path, changed: dict[str, Any], taken: bool) -> None:
    given = {key: yaml.safe_load(value) for key, value in JOBS.items()} | changed
    entry = {key: value for key, value in given.items() if value is not None}
    path = tmp_path / "targets.yaml"
    path.write_text(HEAD + "  - " + json.dumps(entry, ensure_ascii=False) + "\n", encoding="utf-8")
    whole = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert jsonschema.Draft202012Validator(SCHEMA).is_valid(whole) is taken
    if taken:
        load_plan(path, INCLUDE)
    else:
        with pytest.raises(ConfigError):
            load_plan(path, INCLUDE)


@pytest.mark.parametrize(("key", "n"), GOOD)
def test_an_example_is_taken(tmp_path: Path, key: str, n: int) -> None:
    assert _faults(tmp_path, key, KEYS[key]["examples"][n]) == ()


@pytest.mark.parametrize(("key", "n"), BAD)
def test_a_bad_example_is_refused_for_its_own_key(tmp_path: Path, key: str, n: int) -> None:
    faults = _faults(tmp_path, key, KEYS[key]["examples_bad"][n]["example"])
    assert faults
    assert any(key in (f.key or "").split(".") or f.code == key for f in faults), faults
