"""Running a suite: frames in, one `CheckResult` an expectation out, by Great Expectations on an ephemeral context."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from planwatch.errors import CheckError, ConfigError, Fault
from planwatch.model.check import CheckResult
from planwatch.model.vocabulary import Gate
from planwatch.quality.suites import NOTE_SEPARATOR, SHAPE, Expectation, Suite

if TYPE_CHECKING:
    import pandas as pd

MOST_PLACES = 20
"""How many offending places a result names."""


def run_suite(suite: Suite, frame: pd.DataFrame | Mapping[str, pd.DataFrame], gate: Gate) -> list[CheckResult]:
    """Return one result per expectation, in the suite's order.

    Args:
        suite: what is expected.
        frame: the frames by batch name; a bare frame stands for every batch. A column `place` names a row for people, a
            column `why_<column>` explains a value of `<column>`; both are optional.
        gate: the gate the results belong to.

    Raises:
        CheckError: an expectation could not be evaluated (a column that is not there, a condition that does not parse),
            or a batch was not handed in. That is an error of ours, never a finding about the data.
        ConfigError: Great Expectations refuses an expectation's arguments.
    """
    frames = frame if isinstance(frame, Mapping) else {name: frame for name in suite.batches}
    results: dict[str, CheckResult] = {}
    opener = _opener()
    for name in suite.batches:
        if name not in frames:
            raise CheckError(f"suite {suite.name}: no frame was handed in for the batch {name}")
        batch = _Batch(suite, frames[name], gate, opener)
        wanted = [e for e in suite.expectations if e.meta.batch == name]
        results |= {r.expectation: r for r in batch.check(wanted)}
    return [results[e.meta.id] for e in suite.expectations if e.meta.id in results]


def build_suite(suite: Suite) -> Any:
    """Return the suite as Great Expectations' own object, which checks every argument.

    Raises:
        ConfigError: it refuses one; the fault names the expectation.
    """
    return _gx_suite(suite, suite.expectations)


class _Batch:
    """One frame under Great Expectations."""

    def __init__(self, suite: Suite, frame: pd.DataFrame, gate: Gate, opener: Any) -> None:
        self.suite, self.gate = suite, gate
        self.frame = frame.reset_index(drop=True)
        self.batch = opener.get_batch({"dataframe": self.frame})

    def check(self, expectations: Sequence[Expectation]) -> list[CheckResult]:
        """Return one result per expectation; of a frame without its columns only that it has not got them.

        All are asked in one go, for most of the time goes into setting Great Expectations up.
        """
        by_id = {e.meta.id: e for e in expectations}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            done = self.batch.validate(
                _gx_suite(self.suite, expectations),
                # failed rows by their number, the plain index: looked up by a column, each would cost a third of a millisecond
                result_format={"result_format": "COMPLETE"},
                expectation_parameters=dict(self.suite.meta.parameters),
            )
        found = [(by_id[r.expectation_config.meta["id"]], r) for r in done.results]
        shape = [(asked, r) for asked, r in found if asked.type == SHAPE]
        whole = all(r.success for _, r in shape)
        return [self._result(asked, r) for asked, r in (found if whole else shape)]

    def _result(self, expectation: Expectation, found: Any) -> CheckResult:
        _refuse_errors(self.suite, expectation, found.exception_info)
        rows = [] if found.success else [int(i) for i in found.result.get("unexpected_index_list") or []]
        zh, en = self.suite.words(expectation)
        return CheckResult(
            gate=self.gate,
            suite=self.suite.name,
            expectation=expectation.meta.id,
            severity=expectation.severity,
            success=bool(found.success),
            column=expectation.column,
            observed=_observed(found.result, bool(found.success)),
            offending=tuple(self._place(n, expectation) for n in rows[:MOST_PLACES]),
            failed_rows=_failed(found.result, bool(found.success)),
            note=NOTE_SEPARATOR.join(part for part in (zh, en, expectation.meta.note) if part),
        )

    def _place(self, n: int, expectation: Expectation) -> str:
        row = self.frame.iloc[n]
        place = _clean(row["place"]) if "place" in row.index else f"row {n + 1}"
        column = str(expectation.kwargs.get("column", ""))
        if why := str(row.get(f"why_{column}", "") or ""):
            return f"{place}: {_clean(why)}"
        if not column or column == "value" or "place" not in row.index or str(row[column]) in ("True", "False"):
            return place
        return f"{place} [{column}: {_short(row[column])}]"


def _opener() -> Any:
    """Return what makes a batch of a frame, in an ephemeral context of its own: nothing is kept, nothing is written."""
    gx = _great_expectations()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = gx.data_context.types.base.ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("frames")
    return source.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")


@cache
def _great_expectations() -> Any:
    """Return the library, imported at the first use: it takes seconds and 230 MB."""
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations
        import great_expectations.data_context.types.base
    return great_expectations


def _gx_suite(suite: Suite, expectations: Iterable[Expectation]) -> Any:
    gx = _great_expectations()
    built = gx.ExpectationSuite(name=suite.name)
    faults: list[Fault] = []
    for e in expectations:
        try:
            built.expectations.append(getattr(gx.expectations, _class_name(e.type))(**_arguments(e)))
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


def _class_name(kind: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in kind.split("_"))


def _arguments(e: Expectation) -> dict[str, Any]:
    return {**e.kwargs, "severity": e.severity.value, "meta": {"id": e.meta.id}}


def _refuse_errors(suite: Suite, expectation: Expectation, info: Mapping[str, Any] | None) -> None:
    """Raise where an expectation errored: Great Expectations reports that as if the data had failed."""
    entries = [info] if info and "raised_exception" in info else list((info or {}).values())
    raised = [e for e in entries if isinstance(e, Mapping) and e.get("raised_exception")]
    if raised:
        message = str(raised[0].get("exception_message") or "").strip()
        raise CheckError(f"suite {suite.name}, expectation {expectation.meta.id} could not be evaluated: {message}")


def _observed(result: Mapping[str, Any], success: bool) -> str:
    """Return in a few words what was seen."""
    if missing := result.get("details", {}).get("mismatched", {}).get("missing"):
        return "missing " + ", ".join(str(m) for m in missing)
    if "element_count" not in result:
        seen = result.get("observed_value")
        return f"{len(seen)} columns" if isinstance(seen, list) else _short(seen)
    looked = int(result["element_count"]) - int(result.get("missing_count") or 0)
    if success:
        return f"all {looked}" if looked else "none to check"
    seen = [v for v in list(result.get("unexpected_list") or []) if not isinstance(v, bool)]
    first = "; ".join(dict.fromkeys(_short(v) for v in seen[:3]))
    return f"{result['unexpected_count']} of {looked} failed" + (f": {first}" if first else "")


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
