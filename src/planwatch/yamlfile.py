"""YAML files of `include/`, read so that every fault names its line, key, value and what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from planwatch.errors import ConfigError, Fault

M = TypeVar("M", bound=BaseModel)
MAX_BYTES = 5_000_000
KeyPath = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """Safe loader that reads only true/false as booleans, so that `no` and `on` stay words."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> tuple[Any, dict[KeyPath, int]]:
    """Return the file's data and the line (from 1) of every key path in it.

    Raises:
        ConfigError: not there, too large, not UTF-8, not YAML, a key given twice.
    """
    text = _text(path)
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise ConfigError.of(
            Fault(
                code="not_yaml",
                message=f"not valid YAML: {error.problem}",
                file=str(path),
                line=mark.line + 1 if mark else None,
                mend="check indentation, quotes and colons there",
            )
        ) from error
    if node is None:
        raise ConfigError.of(Fault(code="empty_file", message="the file is empty", file=str(path)))
    lines: dict[KeyPath, int] = {}
    twice: list[Fault] = []
    _walk(node, (), lines, twice, str(path))
    if twice:
        raise ConfigError.of(*twice)
    return yaml.load(text, Loader=_Loader), lines  # noqa: S506 - _Loader is a SafeLoader


def load_model(path: Path, model: type[M], data: Any = None, lines: dict[KeyPath, int] | None = None) -> M:
    """Return the file as `model`, whole or not at all.

    Raises:
        ConfigError: one fault for every place that breaks the schema.
    """
    if data is None:
        data, lines = read_yaml(path)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError.of(*(_fault(path, dict(e), lines or {}) for e in error.errors())) from error


def line_of(lines: dict[KeyPath, int], key: KeyPath) -> int | None:
    """Return the line of a key path, or of the nearest part of it that stands in the file."""
    return next((lines[key[:n]] for n in range(len(key), 0, -1) if key[:n] in lines), None)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError.of(
            Fault(code="not_there", message=f"cannot be read: {error.strerror}", file=str(path))
        ) from error
    if len(raw) > MAX_BYTES:
        raise ConfigError.of(
            Fault(code="too_large", message=f"{len(raw)} bytes", file=str(path), expected=f"at most {MAX_BYTES}")
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError.of(
            Fault(
                code="not_utf8",
                message=f"byte {error.start} is not UTF-8",
                file=str(path),
                mend="save the file as UTF-8",
            )
        ) from error


def _walk(node: yaml.Node, at: KeyPath, lines: dict[KeyPath, int], twice: list[Fault], file: str) -> None:
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen:
                twice.append(
                    Fault(
                        code="duplicate_key",
                        message="the key is given twice",
                        file=file,
                        line=line,
                        key=_dotted((*at, name)),
                    )
                )
            seen.add(name)
            lines[(*at, name)] = line
            _walk(value, (*at, name), lines, twice, file)
    elif isinstance(node, yaml.SequenceNode):
        for n, value in enumerate(node.value):
            _walk(value, (*at, n), lines, twice, file)


def _fault(path: Path, error: dict[str, Any], lines: dict[KeyPath, int]) -> Fault:
    key: KeyPath = tuple(error["loc"])
    given = error.get("input")
    allowed = str((error.get("ctx") or {}).get("expected") or "") or None
    mend = (
        'quote it: write it between " and "'
        if error["type"] == "string_type" and isinstance(given, int | float | bool)
        else None
    )
    shown = None if isinstance(given, dict | list) else repr(given)
    return Fault(
        code=error["type"],
        message=str(error["msg"]),
        file=str(path),
        line=line_of(lines, key),
        key=_dotted(key),
        value=shown,
        expected=allowed,
        mend=mend,
    )


def _dotted(key: KeyPath) -> str:
    return ".".join(str(part) for part in key)
