"""What Great Expectations is handed of a frame: the columns asked about, and conditions worked out once.

Left alone it looks up an expectation's `row_condition` anew for each of six figures, and copies every column of the frame each time.
Here a condition is worked out once, and the column asked about is blank where it does not hold: a blank is no value to check, so counts and
failed rows are the same. A long frame goes in column by column, so that only what is looked at is ever copied.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planwatch.quality.suites import Expectation, Suite

if TYPE_CHECKING:
    import pandas as pd

LONG = 20_000
"""Rows from which a frame goes in column by column: below, setting up a batch takes longer than the copies."""
_BLANK_PASSES = (
    "expect_column_values_to_be_between",
    "expect_column_values_to_be_in_set",
    "expect_column_values_to_not_be_in_set",
    "expect_column_values_to_match_regex",
)
"""Types that look at each value of one column by itself, and at no blank."""
_ROW_BY_ROW = (*_BLANK_PASSES, "expect_column_values_to_not_be_null", "expect_column_pair_values_to_be_equal")
"""Types whose answer on a row hangs on that row alone."""
_HEAD, _STEP = 2_000, 16
"""How many rows of a long frame are looked through for failed ones at first, and how many times as many each time they do not do."""


@dataclass(frozen=True, slots=True)
class Question:
    """An expectation with the arguments it is put with, and the columns it looks at; no columns are the whole table."""

    expectation: Expectation
    kwargs: dict[str, Any]
    columns: tuple[str, ...]


def questions(frame: pd.DataFrame, expectations: Sequence[Expectation]) -> tuple[pd.DataFrame, list[Question]]:
    """Return the frame with a blanked column for each column and condition asked about, and what is asked of it.

    A condition that cannot be worked out stays with its expectation: Great Expectations says what is wrong with it.
    """
    met: dict[str, pd.Series | None] = {}
    blanked: dict[str, pd.Series] = {}
    asked = []
    for e in expectations:
        condition, column = str(e.kwargs.get("row_condition") or ""), str(e.kwargs.get("column", ""))
        if condition and e.type in _BLANK_PASSES and column in frame.columns:
            if condition not in met:
                met[condition] = _rows(frame, condition)
            if (rows := met[condition]) is not None:
                name = f"{column} where {condition}"
                if name not in blanked:
                    blanked[name] = frame[column].where(rows)
                left = {k: v for k, v in e.kwargs.items() if k not in ("row_condition", "condition_parser")}
                asked.append(Question(e, left | {"column": name}, (name,)))
                continue
        asked.append(Question(e, dict(e.kwargs), _columns(e)))
    return frame.assign(**blanked), asked


def columns_asked(suite: Suite, batch: str) -> set[str] | None:
    """Return the columns of a batch that a suite looks at; None where it may look at any."""
    found = [_columns(e) for e in suite.expectations if e.meta.batch == batch]
    return None if not all(found) else {name for names in found for name in names}


def batches(frame: pd.DataFrame, asked: Sequence[Question]) -> Iterator[tuple[pd.DataFrame, list[Question]]]:
    """Yield the frames to hand in, each with what is asked of it: all at once, or of a long frame the same columns at once."""
    if len(frame) <= LONG:
        whole = any(not question.columns or not set(question.columns) <= set(frame.columns) for question in asked)
        yield frame if whole else frame[list(dict.fromkeys(c for q in asked for c in q.columns))], list(asked)
        return
    groups: dict[tuple[str, ...], list[Question]] = {}
    for question in asked:
        known = all(c in frame.columns for c in question.columns)
        groups.setdefault(question.columns if known else (), []).append(question)
    for columns, group in groups.items():
        yield (frame[list(columns)] if columns else frame), group


def looked_through(frame: pd.DataFrame, failed: Sequence[Question]) -> Iterator[int]:
    """Yield how many rows from the first on to list failed ones of, ever more until all: of a long frame a few are as good as all.

    Where an answer on a row may hang on other rows, all at once.
    """
    alone = all(q.expectation.type in _ROW_BY_ROW and "row_condition" not in q.kwargs for q in failed)
    rows = _HEAD if alone and len(frame) > LONG else len(frame)
    while rows < len(frame):
        yield rows
        rows *= _STEP
    yield len(frame)


def _columns(e: Expectation) -> tuple[str, ...]:
    """Return the columns an expectation looks at; none where a condition may look at any other."""
    if "row_condition" in e.kwargs:
        return ()
    one = [e.kwargs[name] for name in ("column", "column_A", "column_B") if name in e.kwargs]
    return tuple(dict.fromkeys(map(str, e.kwargs.get("column_list") or one)))


def _rows(frame: pd.DataFrame, condition: str) -> pd.Series | None:
    """Return which rows meet a condition, as `DataFrame.query` selects them; None where that is no plain yes or no a row."""
    try:
        found: Any = frame.eval(condition)
    except Exception:
        return None
    plain = str(getattr(found, "dtype", "")) == "bool" and len(found) == len(frame)
    return found if plain else None
