"""Observations on their way in: as they are kept, in the order of their key, as codes and words; what cannot be kept is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd

from planwatch.errors import Fault, InputError
from planwatch.model.codes import all_differ, coded, key_order
from planwatch.model.observation import KEY_COLUMNS, OBSERVATION_COLUMNS

_AT_ONCE = 4
"""How many columns are looked through at a time; Arrow does it outside Python's lock."""
_FEW = 8
"""How many rows a word stands in at least, on average, where a column is kept as codes and words."""
SAID = ("value", "quality", "unit", "origin")
"""What makes one vintage differ from another."""


@dataclass(frozen=True, slots=True)
class Staged:
    """Rows as they are kept, by year and key: then their keys are built in one go, and what is asked for together lies together.

    `once` says whether every key stands in them once.
    """

    rows: pd.DataFrame
    areas: frozenset[str]
    once: bool


def staged_rows(frame: pd.DataFrame, published_at: date) -> Staged:
    """Return an observation frame as its rows are kept.

    Args:
        frame: `OBSERVATION_COLUMNS`.
        published_at: the day of rows without one.

    Raises:
        InputError: a row without its key or value, a publication date that is none, or two values of one key and date.
    """
    staged = frame.reindex(columns=list(OBSERVATION_COLUMNS)).reset_index(drop=True)
    if any(staged[name].hasnans for name in (*KEY_COLUMNS, "value")):
        missing = staged[[*KEY_COLUMNS, "value"]].isna().any(axis=1)
        raise InputError.of(*(_fault("missing_value", staged.loc[n]) for n in staged.index[missing]))
    for name in staged.columns.difference(["value", "decimals", "published_at", "row"]):
        staged[name] = _texts(staged[name])
    if staged["published_at"].hasnans:
        dated = staged["published_at"].astype(object)
        staged["published_at"] = dated.where(dated.notna(), published_at)
    staged["published_at"] = _dates(staged["published_at"])
    staged["value"] = staged["value"].astype("float64")
    staged["decimals"] = pd.to_numeric(staged["decimals"], errors="coerce").fillna(0).astype("int64")
    staged["row"] = pd.to_numeric(staged["row"], errors="coerce").astype("Int64")
    worded = [str(name) for name in staged.columns.difference(["value", "decimals", "row"])]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        staged = staged.assign(
            **dict(zip(worded, pool.map(_few_words, (staged[name] for name in worded)), strict=True))
        )
    told = {name: coded(staged[name]) for name in KEY_COLUMNS}
    month, months = told["period"]
    staged["plan_year"] = np.array([int(m[:4]) for m in months], dtype="int64")[month]
    order = key_order([(month, [m[:4] for m in months]), *told.values()], len(staged))
    staged = staged.take(order).reset_index(drop=True)
    once = all_differ(((codes, len(words)) for codes, words in told.values()), len(staged))
    if not once:
        staged = _without_repeats(staged.astype({name: "str" for name in (*KEY_COLUMNS, *SAID) if name != "value"}))
    return Staged(staged, frozenset(told["area"][1]), once)


def _dates(column: pd.Series) -> pd.Series:
    """Return days and instants as days, each word of the column turned once; whatever else stands there is refused.

    Raises:
        InputError: a cell is no date, as text that looks like one.
    """
    codes, words = coded(column)
    if strange := [word for word in words if not isinstance(word, date) or pd.isna(word)]:
        raise InputError.of(
            Fault(
                code="not_a_date", message="a publication date that is no date", column="published_at", value=str(strange[0]),
                expected="a date", mend="turn the column into dates before it is loaded",
            )
        )  # fmt: skip
    days = np.array([word.date() if isinstance(word, datetime) else word for word in words], dtype=object)
    return pd.Series(days[codes], index=column.index, dtype=object)


def _few_words(column: pd.Series) -> pd.Series:
    """Return a column in which few words stand in many rows as categories, in order; another as it is."""
    codes, words = pd.factorize(column, sort=True)
    if _FEW * len(words) > len(column):
        return column
    return pd.Series(pd.Categorical.from_codes(codes, categories=words), index=column.index)


def _texts(column: pd.Series) -> pd.Series:
    """Return a column as text, empty where nothing is given."""
    if isinstance(column.dtype, pd.StringDtype):
        return column.fillna("") if column.hasnans else column
    if column.isna().all():
        return pd.Series("", index=column.index, dtype="str")
    return column.astype(object).where(column.notna(), "").astype("str")


def _without_repeats(staged: pd.DataFrame) -> pd.DataFrame:
    """Keep one of several equal statements of a key and date; two different ones are refused."""
    dated = [*KEY_COLUMNS, "published_at"]
    distinct = staged.drop_duplicates([*dated, *SAID])
    twice = distinct.duplicated(dated, keep=False)
    if twice.any():
        raise InputError.of(*(_fault("duplicate_key", distinct.loc[n]) for n in distinct.index[twice]))
    return distinct


def _fault(code: str, row: pd.Series) -> Fault:
    messages = {
        "missing_value": ("an observation without its key or value", "a value for every key"),
        "duplicate_key": ("one release says two things of one key", "one value per key and publication date"),
    }
    message, expected = messages[code]
    return Fault(
        code=code,
        message=message,
        file=str(row["source"] or "") or None,
        sheet=str(row["sheet"] or "") or None,
        row=None if pd.isna(row["row"]) else int(row["row"]),
        column=str(row["column"] or "") or None,
        key="|".join(str(row[c]) for c in KEY_COLUMNS),
        value=str(row["value"]),
        expected=expected,
        mend="mend the file or its feed's layout",
    )
