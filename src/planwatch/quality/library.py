"""Great Expectations: imported late, set up once a thread, and spared what nobody asks of it."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@cache
def great_expectations() -> Any:
    """Return the library, imported at the first use: it takes seconds and 230 MB."""
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations
        import great_expectations.compatibility.pydantic
        import great_expectations.core.batch
        import great_expectations.data_context.types.base
        import great_expectations.datasource.fluent
        import great_expectations.execution_engine.pandas_batch_data
        import great_expectations.validator.v1_validator
    return great_expectations


class _Kept(threading.local):
    """What is set up once a thread: an ephemeral context, which keeps nothing on disk, and in it a place for one frame at a time."""

    source: Any = None
    definition: Any = None


_kept = _Kept()


@contextmanager
def validator_of(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield Great Expectations' validator of a frame, of which nothing is kept afterwards: it may be large."""
    source, definition = _place_for_frames()
    try:
        yield great_expectations().validator.v1_validator.Validator(definition, batch_parameters={"dataframe": frame})
    finally:
        batches = source.get_execution_engine().batch_manager
        batches.reset_batch_cache()
        batches.batch_data_cache.clear()


def _place_for_frames() -> tuple[Any, Any]:
    gx = great_expectations()
    if _kept.source is None:
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = gx.data_context.types.base.ProgressBarsConfig(globally=False)
        source = context.data_sources.add_pandas(_source_class()(name="frames"))
        _kept.definition = source.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")
        _kept.source = source
    return _kept.source, _kept.definition


@cache
def _source_class() -> Any:
    """Return Great Expectations' source of frames, with the engine of `_engine_class`; the name's underscore keeps it to ourselves."""
    base = great_expectations().datasource.fluent.PandasDatasource
    return type(base)(
        "_Frames",
        (base,),
        {"__module__": __name__, "__doc__": base.__doc__, "execution_engine_override": _engine_class()},
    )


@cache
def _engine_class() -> Any:
    """Return Great Expectations' engine for frames, which here takes no fingerprint of a frame.

    Left alone it hashes every value of every frame for a mark in the results that nobody reads: half the time of a long frame.
    """
    gx = great_expectations()

    class Engine(gx.execution_engine.PandasExecutionEngine):  # type: ignore[misc, name-defined]
        def get_batch_data_and_markers(self, batch_spec: Any) -> tuple[Any, Any]:
            frame, batch_spec.batch_data = batch_spec.batch_data, "PandasDataFrame"
            data = gx.execution_engine.pandas_batch_data.PandasBatchData(execution_engine=self, dataframe=frame)
            return data, gx.core.batch.BatchMarkers({"ge_load_time": ""})

    return Engine


@cache
def expectation_class(kind: str) -> Any:
    """Return Great Expectations' own class of a type, which here works its configuration out once an object.

    Left alone it does so about ninety times an expectation that it checks: a quarter of all the time that a small frame takes.
    """
    gx = great_expectations()
    base = getattr(gx.expectations, "".join(word[:1].upper() + word[1:] for word in kind.split("_")))
    kept = gx.compatibility.pydantic.PrivateAttr(default=None)

    def configuration(self: Any) -> Any:
        if self._configuration is None:
            self._configuration = base.configuration.fget(self)
        return self._configuration

    body = {
        "__module__": __name__,
        "__doc__": base.__doc__,
        "_configuration": kept,
        "configuration": property(configuration),
    }
    return type(base)(f"Kept{base.__name__}", (base,), body)
