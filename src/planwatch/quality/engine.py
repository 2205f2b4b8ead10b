"""Running a suite: frames in, one `CheckResult` an expectation out, by Great Expectations on an ephemeral context."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from planwatch.errors import CheckError, ConfigError, Fault
from planwatch.model.check import CheckResult
from planwatch.model.vocabulary import Gate
from planwatch.quality.asking import Question, batches, looked_through, questions
from planwatch.quality.library import expectation_class, great_expectations, validator_of
from planwatch.quality.suites import NOTE_SEPARATOR, SHAPE, Expectation, Suite

if TYPE_CHECKING:
    import pandas as pd

MOST_PLACES = 20
"""How many offending places a result names."""
MOST_LISTED = 200
"""As many failed values as Great Expectations lists, where it is asked for all."""


@dataclass(frozen=True, slots=True)
class Told:
    """A frame with what says, of its n-th row, where it stands, and by column why its value is what it is: asked of failed rows alone."""

    frame: pd.DataFrame
    place: Callable[[int], str] | None = None
    why: Mapping[str, Callable[[int], str]] = field(default_factory=dict)


def run_suite(suite: Suite, frame: pd.DataFrame | Mapping[str, pd.DataFrame | Told], gate: Gate) -> list[CheckResult]:
    """Return one result per expectation, in the suite's order.

    Args:
        suite: what is expected.
        frame: the frames by batch name; a bare frame stands for every batch. Of a frame without more, a column `place` names a row
            for people, a column `why_<column>` explains a value of `<column>`; both are optional.
        gate: the gate the results belong to.

    Raises:
        CheckError: an expectation could not be evaluated (a column that is not there, a condition that does not parse),
            or a batch was not handed in. That is an error of ours, never a finding about the data.
        ConfigError: Great Expectations refuses an expectation's arguments.
    """
    frames = frame if isinstance(frame, Mapping) else {name: frame for name in suite.batches}
    results: dict[str, CheckResult] = {}
    for name in suite.batches:
        if name not in frames:
            raise CheckError(f"suite {suite.name}: no frame was handed in for the batch {name}")
        wanted = [e for e in suite.expectations if e.meta.batch == name]
        results |= {r.expectation: r for r in _Batch(suite, frames[name], gate).check(wanted)}
    return [results[e.meta.id] for e in suite.expectations if e.meta.id in results]


def build_suite(suite: Suite) -> Any:
    """Return the suite as Great Expectations' own object, which checks every argument.

    Raises:
        ConfigError: it refuses one; the fault names the expectation.
    """
    return _gx_suite(suite, [Question(e, e.kwargs, ()) for e in suite.expectations])


class _Batch:
    """One frame under Great Expectations."""

    def __init__(self, suite: Suite, frame: pd.DataFrame | Told, gate: Gate) -> None:
        self.suite, self.gate = suite, gate
        told = frame if isinstance(frame, Told) else _from_columns(frame)
        self.frame, self.place, self.why = told.frame.reset_index(drop=True), told.place, told.why

    def check(self, expectations: Sequence[Expectation]) -> list[CheckResult]:
        """Return one result per expectation; of a frame without its columns only that it has not got them.

        As many as may be are asked in one go, for most of the time goes into setting Great Expectations up.
        """
        frame, asked = questions(self.frame, expectations)
        found: list[tuple[Expectation, Any]] = []
        for part, group in batches(frame, asked):
            found += self._asked(part, group)
        shape = [(asked, r) for asked, r in found if asked.type == SHAPE]
        whole = all(r.success for _, r in shape)
        return [self._result(asked, r) for asked, r in (found if whole else shape)]

    def _asked(self, frame: pd.DataFrame, asked: Sequence[Question]) -> list[tuple[Expectation, Any]]:
        """Return what Great Expectations says, with failed rows only where some failed: to list them takes as long as to check."""
        answers = self._validated(frame, asked, "BASIC")
        failed = [q for q in asked if not answers[q.expectation.meta.id].success]
        for rows in looked_through(frame, failed):
            told = self._validated(frame.head(rows), failed, "COMPLETE") if failed else {}
            enough = {n for n, answer in told.items() if rows == len(frame) or _listed(answer) >= MOST_LISTED}
            for name in enough:  # the counts are the whole frame's
                answers[name].result = {**told[name].result, **answers[name].result}
            failed = [q for q in failed if q.expectation.meta.id not in enough]
        return [(q.expectation, answers[q.expectation.meta.id]) for q in asked]

    def _validated(self, frame: pd.DataFrame, asked: Sequence[Question], shown: str) -> dict[str, Any]:
        expectations, parameters = _gx_suite(self.suite, asked), dict(self.suite.meta.parameters)
        with validator_of(frame) as validator, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # failed rows by their number, the plain index: looked up by a column, each would cost a third of a millisecond
            validator.result_format = {"result_format": shown, "return_unexpected_index_query": False}
            done = validator.validate_expectation_suite(expectations, parameters)
        return {r.expectation_config.meta["id"]: r for r in done.results}

    def _result(self, expectation: Expectation, found: Any) -> CheckResult:
        _refuse_errors(self.suite, expectation, found.exception_info)
        rows = (
            [] if found.success else [int(i) for i in (found.result.get("unexpected_index_list") or [])[:MOST_PLACES]]
        )
        zh, en = self.suite.words(expectation)
        return CheckResult(
            gate=self.gate,
            suite=self.suite.name,
            expectation=expectation.meta.id,
            severity=expectation.severity,
            success=bool(found.success),
            column=expectation.column,
            observed=_observed(found.result, bool(found.success), set(self.frame.columns)),
            offending=tuple(self._place(n, expectation) for n in rows),
            failed_rows=_failed(found.result, bool(found.success)),
            note=NOTE_SEPARATOR.join(part for part in (zh, en, expectation.meta.note) if part),
        )

    def _place(self, n: int, expectation: Expectation) -> str:
        place = _clean(self.place(n)) if self.place else f"row {n + 1}"
        column = str(expectation.kwargs.get("column", ""))
        if column in self.why and (why := self.why[column](n)):
            return f"{place}: {_clean(why)}"
        value = self.frame[column].iloc[n] if column in self.frame.columns else ""
        if not column or column == "value" or not self.place or str(value) in ("True", "False"):
            return place
        return f"{place} [{column}: {_short(value)}]"


def _from_columns(frame: pd.DataFrame) -> Told:
    """Return a frame with what its own columns say of its rows."""

    def says(column: str) -> Callable[[int], str]:
        return lambda n: str(frame[column].iloc[n] or "")

    why = {c.removeprefix("why_"): says(c) for c in map(str, frame.columns) if c.startswith("why_")}
    return Told(frame, says("place") if "place" in frame.columns else None, why)


def _gx_suite(suite: Suite, asked: Iterable[Question]) -> Any:
    gx = great_expectations()
    built = gx.ExpectationSuite(name=suite.name)
    faults: list[Fault] = []
    for question in asked:
        e = question.expectation
        try:
            built.expectations.append(expectation_class(e.type)(**_arguments(question)))
        except (TypeError, ValueError) as error:
            faults.append(
                Fault(
                    code="refused_argument",
                    message=f"Great Expectations refuses the arguments of {e.meta.id}: {error}",
                    file=f"{suite.name}.json",
                    key=e.meta.id,
                    value=str(e.kwargs),
                    mend="correct its kwargs",
                )
            )
    if faults:
        raise ConfigError.of(*faults)
    return built


def _arguments(asked: Question) -> dict[str, Any]:
    e = asked.expectation
    return {**asked.kwargs, "severity": e.severity.value, "meta": {"id": e.meta.id}}


def _refuse_errors(suite: Suite, expectation: Expectation, info: Mapping[str, Any] | None) -> None:
    """Raise where an expectation errored: Great Expectations reports that as if the data had failed."""
    entries = [info] if info and "raised_exception" in info else list((info or {}).values())
    raised = [e for e in entries if isinstance(e, Mapping) and e.get("raised_exception")]
    if raised:
        message = str(raised[0].get("exception_message") or "").strip()
        raise CheckError(f"suite {suite.name}, expectation {expectation.meta.id} could not be evaluated: {message}")


def _observed(result: Mapping[str, Any], success: bool, columns: set[str]) -> str:
    """Return in a few words what was seen; of the columns only those that the frame has by itself."""
    if missing := result.get("details", {}).get("mismatched", {}).get("missing"):
        return "missing " + ", ".join(str(m) for m in missing)
    if "element_count" not in result:
        seen = result.get("observed_value")
        return f"{len(columns.intersection(seen))} columns" if isinstance(seen, list) else _short(seen)
    looked = int(result["element_count"]) - int(result.get("missing_count") or 0)
    if success:
        return f"all {looked}" if looked else "none to check"
    seen = [v for v in list(result.get("unexpected_list") or []) if not isinstance(v, bool)]
    first = "; ".join(dict.fromkeys(_short(v) for v in seen[:3]))
    return f"{result['unexpected_count']} of {looked} failed" + (f": {first}" if first else "")


def _listed(answer: Any) -> int:
    """Return how many failed rows an answer lists."""
    return len(answer.result.get("unexpected_index_list") or [])


def _failed(result: Mapping[str, Any], success: bool) -> int:
    if success:
        return 0
    missing = result.get("details", {}).get("mismatched", {}).get("missing") or [None]
    return int(result.get("unexpected_count", len(missing)))


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return "|".join(_short(v) for v in value.values())
    if isinstance(value, tuple | list):
        return " ≠ ".join(_short(v) for v in value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return _clean(value)[:120]


def _clean(value: Any) -> str:
    """Return text on one line without control characters, which neither Postgres nor a page takes."""
    return "".join(c if c.isprintable() else "\ufffd" for c in str(value))
