"""YAML files of `include/`, read so that every fault names its line, key, value and what is allowed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from planwatch.errors import ConfigError, Fault
from planwatch.textfile import empty_file, read_text

M = TypeVar("M", bound=BaseModel)
MAX_BYTES = 5_000_000
MAX_DEPTH = 50
KeyPath = tuple[str | int, ...]


if TYPE_CHECKING:
    from yaml import SafeLoader as _SafeLoader
else:
    _SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C where it was built: ten times as fast


class _Loader(_SafeLoader):
    """Safe loader that reads only true/false as booleans (`no` and `on` stay words) and leaves dates to the schema."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag != "tag:yaml.org,2002:timestamp" and (tag != "tag:yaml.org,2002:bool" or first in "tTfF")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> tuple[Any, dict[KeyPath, int]]:
    """Return the file's data and the line (from 1) of every key path in it.

    Raises:
        ConfigError: not there, too large, not UTF-8, not YAML, a key given twice.
    """
    return read_yaml_text(path, text_of(path))


def text_of(path: Path) -> str:
    """Return the file's text.

    Raises:
        ConfigError: not there, too large, not UTF-8.
    """
    return read_text(path, MAX_BYTES, ConfigError)


def read_yaml_text(path: Path, text: str) -> tuple[Any, dict[KeyPath, int]]:
    """Return the same as `read_yaml` of a file whose text was read already.

    Raises:
        ConfigError: not YAML, a key given twice.
    """
    try:
        _check_bounded(text)
        loader = _Loader(text)
        node = loader.get_single_node()
        data = None if node is None else loader.construct_document(node)
    except (
        yaml.YAMLError,
        ValueError,
        AttributeError,
        TypeError,
    ) as error:  # the last three: a tag that its text does not fit
        raise ConfigError.of(_not_yaml(path, error)) from error
    if node is None:
        raise ConfigError.of(empty_file(path))
    lines: dict[KeyPath, int] = {}
    twice: list[Fault] = []
    _walk(node, (), lines, twice, str(path))
    if twice:
        raise ConfigError.of(*twice)
    return data, lines


def _check_bounded(text: str) -> None:
    """Raise where an alias could make a small text expand without end, or nesting could exhaust the stack of the composer in C."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        mark: Any = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "aliases (*name) are not read here", mark)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise yaml.composer.ComposerError(None, None, f"nested more than {MAX_DEPTH} deep", mark)


def _not_yaml(path: Path, error: Exception) -> Fault:
    mark = getattr(error, "problem_mark", None)
    return Fault(
        code="not_yaml",
        message=f"not valid YAML: {getattr(error, 'problem', None) or str(error).partition(chr(10))[0]}"[:300],
        file=str(path),
        line=mark.line + 1 if mark else None,
        mend="check indentation, quotes and colons there",
    )


def parse_yaml(path: Path) -> Any:
    """Return the file's data alone, without lines and checks: for callers that only need a few words of it, quickly."""
    return yaml.load(read_text(path, MAX_BYTES, ConfigError), Loader=_SafeLoader)  # noqa: S506 - a SafeLoader


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
        raise ConfigError.of(*faults_of(path, error, model, lines or {})) from error


def faults_of(
    path: Path, error: ValidationError, model: type[BaseModel], lines: dict[KeyPath, int], at: KeyPath = ()
) -> list[Fault]:
    """Return one fault for every complaint about `model`, whose data stand at the key path `at` of the file.

    A validator's own message may hold several lines and start each with `key: `, to point at a key inside its model.
    """
    faults = []
    details = error.errors()
    for detail in details:
        if detail["type"] == "too_short" and any(d["loc"][:-1][: len(detail["loc"])] == detail["loc"] for d in details):
            continue  # too short only because its entries are at fault
        if detail["type"] == "value_error":
            faults += _own_faults(path, str(detail["msg"]), lines, (*at, *detail["loc"]))
        else:
            faults.append(_fault(path, dict(detail), model, lines, at))
    return faults


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return a question naming the known words most like `name`, None where nothing is near."""
    found = difflib.get_close_matches(name[:80], list(known), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(found)}?" if found else None


def line_of(lines: dict[KeyPath, int], key: KeyPath) -> int | None:
    """Return the line of a key path, or of the nearest part of it that stands in the file."""
    return next((lines[key[:n]] for n in range(len(key), 0, -1) if key[:n] in lines), None)


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
                        mend="keep one of the two",
                    )
                )
            seen.add(name)
            lines[(*at, name)] = line
            _walk(value, (*at, name), lines, twice, file)
    elif isinstance(node, yaml.SequenceNode):
        for n, value in enumerate(node.value):
            _walk(value, (*at, n), lines, twice, file)


_SAID_BETTER = {
    "extra_forbidden": "there is no such key",
    "missing": "the key is missing",
    "string_type": "must be text",
    "too_long": "is too long",
    "too_short": "needs more",
    "model_type": "must hold keys, one `key: value` a line",
    "dict_type": "must hold keys, one `key: value` a line",
    "tuple_type": "must be a list, each entry behind a dash",
    "list_type": "must be a list, each entry behind a dash",
    "date_type": "must be a day, written as 2026-07-01",
    "date_from_datetime_inexact": "must be a day, written as 2026-07-01",
}


def _own_faults(path: Path, message: str, lines: dict[KeyPath, int], key: KeyPath) -> list[Fault]:
    """Split a validator's message into its lines, each at the key that it names."""
    faults = []
    for text in message.removeprefix("Value error, ").splitlines():
        named = re.match(r"([a-z_]+): ", text)
        at = (*key, named[1]) if named else key
        said = text[named.end() :] if named else text
        faults.append(
            Fault(code="incoherent", message=said, file=str(path), line=line_of(lines, at), key=_dotted(at) or None)
        )
    return faults


def _fault(path: Path, error: dict[str, Any], model: type[BaseModel], lines: dict[KeyPath, int], at: KeyPath) -> Fault:
    key, given, code = (*at, *error["loc"]), error.get("input"), str(error["type"])
    context = error.get("ctx") or {}
    allowed = str(context.get("expected") or context.get("pattern") or _length(code, context) or "") or None
    known: list[str] = re.findall(r"'([^']*)'", allowed or "") if "expected" in context else []
    mend = nearest(str(given), known) if known else None
    if code == "extra_forbidden":
        known = _keys_at(model, tuple(error["loc"]))
        allowed, mend = ", ".join(known), nearest(str(error["loc"][-1]), known)
    elif code == "string_type" and isinstance(given, int | float | bool):
        mend = 'quote it: write it between " and ", or YAML reads a number (1.10 becomes 1.1)'
    return Fault(
        code=code,
        message=_SAID_BETTER.get(code, str(error["msg"])),
        file=str(path),
        line=line_of(lines, key),
        key=_dotted(key) or None,
        value=None if isinstance(given, dict | list) or code == "missing" else str(given)[:80],
        expected=allowed,
        mend=mend,
    )


def _length(code: str, context: dict[str, Any]) -> str:
    """Return how long a text or a list may or must be, "" where that is not the fault."""
    if code == "too_long":
        return f"at most {context.get('max_length')}"
    return f"at least {context.get('min_length')}" if code == "too_short" else ""


def _keys_at(model: type[BaseModel], key: KeyPath) -> list[str]:
    """Return the keys that the schema knows beside the last part of a key path."""
    models = [model]
    for part in key[:-1]:
        inner = [m for one in models if part in one.model_fields for m in _models_in(one.model_fields[part].annotation)]
        models = inner or models
    return list(dict.fromkeys(field.alias or name for one in models for name, field in one.model_fields.items()))


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _dotted(key: KeyPath) -> str:
    """Return the key path as people write it; what a terminal would obey instead of print is escaped."""
    text = ".".join(str(part)[:80] for part in key)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
