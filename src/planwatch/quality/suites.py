"""Expectation suites: JSON in `expectations/`, in Great Expectations' own form, read and refused with a place.

What is ours stands in `meta`. Of the suite: `extends` (another suite whose expectations come first; one with the same id
replaces it), `parameters` (numbers that expectations and derived columns share), `parts` and `may_fall`. Of an
expectation: `id`, `batch` (the frame it looks at), `zh` and `en` (what it says, with `{min_value}` for its arguments) and
`note` (why this bound).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from planwatch.errors import ConfigError, Fault
from planwatch.model.base import Frozen
from planwatch.model.vocabulary import Severity
from planwatch.settings import settings
from planwatch.yamlfile import KeyPath, line_of, load_model, read_yaml_text, text_of

KNOWN_TYPES: dict[str, tuple[str, ...]] = {
    "expect_table_columns_to_match_set": ("column_set",),
    "expect_table_row_count_to_be_between": (),
    "expect_column_values_to_be_between": ("column",),
    "expect_column_values_to_be_in_set": ("column", "value_set"),
    "expect_column_values_to_not_be_in_set": ("column", "value_set"),
    "expect_column_values_to_match_regex": ("column", "regex"),
    "expect_column_values_to_not_be_null": ("column",),
    "expect_column_values_to_be_of_type": ("column", "type_"),
    "expect_column_values_to_be_unique": ("column",),
    "expect_column_unique_value_count_to_be_between": ("column",),
    "expect_compound_columns_to_be_unique": ("column_list",),
    "expect_column_pair_values_to_be_equal": ("column_A", "column_B"),
    "expect_column_min_to_be_between": ("column",),
    "expect_column_max_to_be_between": ("column",),
    "expect_column_sum_to_be_between": ("column",),
}
"""The expectation types a suite may use, with the arguments each must have."""

SHAPE = "expect_table_columns_to_match_set"
"""Where this one fails, the other expectations on the batch have nothing to look at and are not run."""


NOTE_SEPARATOR = " ｜ "
"""Between what a result's note says in Chinese, in English, and why."""


class Wording(Frozen):
    """What an expectation is called and says."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    batch: str = "observations"
    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]
    note: str = ""


class Expectation(Frozen):
    """One expectation of a suite."""

    type: str
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Severity
    meta: Wording

    @property
    def column(self) -> str:
        """Return the column it looks at, several joined by a comma, empty for the whole table."""
        many = self.kwargs.get("column_list") or [self.kwargs.get(k) for k in ("column", "column_A", "column_B")]
        return ", ".join(str(c) for c in many if c)


class Parts(Frozen):
    """A whole and the parts of it that stand in the same table; `adds_up` where they are all of it."""

    whole: str
    parts: Annotated[tuple[str, ...], Field(min_length=1)]
    adds_up: bool = False


class SuiteMeta(Frozen):
    """What a suite says besides its expectations."""

    extends: str | None = None
    note: str = ""
    parameters: dict[str, float] = Field(default_factory=dict)
    parts: tuple[Parts, ...] = ()
    may_fall: tuple[str, ...] = Field((), description="Indicators whose year to date may fall: net counts, balances.")


class Suite(Frozen):
    """A suite, whole: with what it extends already taken in by `load_suite`."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    expectations: Annotated[tuple[Expectation, ...], Field(min_length=1)]
    meta: SuiteMeta = SuiteMeta()

    @property
    def batches(self) -> list[str]:
        """Return the names of the frames its expectations look at, in order of first use."""
        return list(dict.fromkeys(e.meta.batch for e in self.expectations))

    def words(self, expectation: Expectation) -> tuple[str, str]:
        """Return what an expectation says in Chinese and in English, its arguments filled in."""
        given = {k: self._shown(v) for k, v in expectation.kwargs.items()}
        return expectation.meta.zh.format_map(given), expectation.meta.en.format_map(given)

    def _shown(self, value: Any) -> str:
        if isinstance(value, Mapping) and "$PARAMETER" in value:
            value = self.meta.parameters[value["$PARAMETER"]]
        if isinstance(value, list):
            return ", ".join(str(v) for v in value)
        return f"{value:.12g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def load_suite(name: str, folder: Path | None = None) -> Suite:
    """Return the suite `<folder>/<name>.json`, with the one it extends.

    Args:
        name: the suite's name, which is its file's.
        folder: where suites stand; the settings' folder where left out.

    Raises:
        ConfigError: not there, not JSON, an unknown type, severity or argument, a name or an id given twice; one fault
            for each, with its line.
    """
    return _load(name, folder or settings().expectations, ())


def load_suites(folder: Path | None = None) -> dict[str, Suite]:
    """Return every suite of the folder by name.

    Raises:
        ConfigError: any of them breaks its schema.
    """
    place = folder or settings().expectations
    return {path.stem: load_suite(path.stem, place) for path in sorted(place.glob("*.json"))}


def _load(name: str, folder: Path, above: tuple[str, ...]) -> Suite:
    path = folder / f"{name}.json"
    if name in above:
        raise ConfigError.of(
            Fault(code="circle", message=f"suites extend each other: {' → '.join((*above, name))}", file=str(path))
        )
    suite, lines = _read(path, text_of(path))
    base = _load(suite.meta.extends, folder, (*above, name)) if suite.meta.extends else None
    whole = _merged(base, suite) if base else suite
    if faults := _suite_faults(path, suite, whole, lines):
        raise ConfigError.of(*faults)
    return whole


@lru_cache(maxsize=64)  # once for all suites that extend it, as long as its text is the same
def _read(path: Path, text: str) -> tuple[Suite, dict[KeyPath, int]]:
    _, lines = read_yaml_text(path, text)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError.of(
            Fault(code="not_json", message=f"not valid JSON: {error.msg}", file=str(path), line=error.lineno)
        ) from error
    suite = load_model(path, Suite, data, lines)
    if suite.name != path.stem:
        raise ConfigError.of(
            Fault(
                code="name_differs",
                message="a suite bears its file's name",
                file=str(path),
                line=line_of(lines, ("name",)),
                key="name",
                value=suite.name,
                expected=path.stem,
            )
        )
    return suite, lines


def _merged(base: Suite, suite: Suite) -> Suite:
    own = {e.meta.id: e for e in suite.expectations}
    inherited = [own.pop(e.meta.id, e) for e in base.expectations]
    meta = suite.meta.model_copy(
        update={
            "parameters": {**base.meta.parameters, **suite.meta.parameters},
            "parts": (*base.meta.parts, *suite.meta.parts),
            "may_fall": (*base.meta.may_fall, *suite.meta.may_fall),
        }
    )
    return suite.model_copy(update={"expectations": (*inherited, *own.values()), "meta": meta})


def _suite_faults(path: Path, suite: Suite, whole: Suite, lines: dict[KeyPath, int]) -> list[Fault]:
    seen: set[str] = set()
    faults: list[Fault] = []
    for n, expectation in enumerate(suite.expectations):
        complaints = _complaints(expectation, whole)
        if expectation.meta.id in seen:
            complaints.append(
                ("duplicate_id", "meta.id", expectation.meta.id, "an id that stands once in the suite", "rename one")
            )
        seen.add(expectation.meta.id)
        for code, key, value, expected, mend in complaints:
            at: KeyPath = ("expectations", n, *key.split("."))
            faults.append(
                Fault(
                    code=code,
                    message="the expectation cannot be used",
                    file=str(path),
                    line=line_of(lines, at),
                    key=f"expectations.{n}.{key}",
                    value=value,
                    expected=expected,
                    mend=mend,
                )
            )
    return faults


Complaint = tuple[str, str, str, str, str]


def _complaints(expectation: Expectation, suite: Suite) -> list[Complaint]:
    """Return (code, key, value, expected, mend) for everything wrong with an expectation that its schema allows."""
    required = KNOWN_TYPES.get(expectation.type)
    if required is None:
        known = ", ".join(sorted(KNOWN_TYPES))
        return [("unknown_type", "type", expectation.type, f"one of {known}", "use one of these types")]
    found: list[Complaint] = [
        ("missing_argument", "kwargs", expectation.type, f"the argument {name}", f"add {name} to kwargs")
        for name in required
        if name not in expectation.kwargs
    ]
    if "row_condition" in expectation.kwargs and expectation.kwargs.get("condition_parser") != "pandas":
        parser = str(expectation.kwargs.get("condition_parser"))
        found.append(
            ("missing_argument", "kwargs", parser, "condition_parser pandas", 'add "condition_parser": "pandas"')
        )
    found += [
        ("unknown_parameter", "kwargs", str(v["$PARAMETER"]), "a name of meta.parameters", "declare the parameter")
        for v in expectation.kwargs.values()
        if isinstance(v, dict) and v.get("$PARAMETER") not in suite.meta.parameters
    ]
    return found or _wording_complaints(expectation, suite)


def _wording_complaints(expectation: Expectation, suite: Suite) -> list[Complaint]:
    try:
        suite.words(expectation)
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        expected = "placeholders that are among kwargs"
        return [("bad_wording", "meta", str(error), expected, "name an argument between { and }")]
    return []
