"""What was known: one vintage a key, as of a date, and nothing later than the judged month (DOMAIN §3, §4)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from planwatch.errors import Fault, InputError
from planwatch.model.calendar import SHANGHAI
from planwatch.model.codes import all_differ, coded, where
from planwatch.model.observation import KEY_COLUMNS
from planwatch.model.vocabulary import Measure, Quality, Span
from planwatch.progress.columns import Ints, factor_between
from planwatch.progress.numbering import numbered

_NEEDED = (*KEY_COLUMNS, "value", "unit")
_OPTIONAL = ("text", "decimals", "quality", "published_at", "printed_unit", "origin", "flags")
_WORDS = ("text", "printed_unit", "origin", "flags", "unit")
_FIRMNESS = {Quality.ESTIMATE.value: 0, Quality.PRELIMINARY.value: 1, Quality.FINAL.value: 2}
_ORDER = ["_final", "_published", "_recorded", "_number", "_firmness"]


def known_observations(
    observations: pd.DataFrame, indicators: Collection[str], period: str, as_of: datetime | None
) -> pd.DataFrame:
    """Return the observations of `indicators` up to `period` that were known at `as_of`, one row a key.

    A row is known if it was published on or before the day of `as_of` in Shanghai, or says nothing of its publication.
    Of several vintages the latest published counts, then the latest recorded, then the firmest; but what was final is replaced by
    another final figure alone, never by an estimate or a preliminary one that comes after it.

    Returns:
        The key columns, value, unit and every optional column (empty where absent), with a fresh index.

    Raises:
        InputError: a column is missing, or two different values of one key that nothing orders.
    """
    frame = _complete(observations)
    known = where(frame["indicator"], set(indicators).__contains__) & where(
        frame["period"], lambda month: month <= period
    )
    known &= frame["value"].notna().to_numpy()
    frame = frame if known.all() else frame[known]
    _check_words(frame)
    if as_of is not None:
        today = _day(as_of)
        published = where(frame["published_at"], lambda day: _day(day) <= today, missing=True)
        frame = frame if published.all() else frame[published]
    return _newest_vintages(frame)


def _complete(observations: pd.DataFrame) -> pd.DataFrame:
    missing = [c for c in _NEEDED if c not in observations.columns]
    if missing and not observations.empty:
        raise InputError.of(*(_missing(column) for column in missing))
    given = [c for c in (*_NEEDED, *_OPTIONAL, "recorded_at", "observation_id") if c in observations.columns]
    frame = observations[given].reindex(columns=list(dict.fromkeys([*given, *_NEEDED, *_OPTIONAL])))
    words = {c: _words(frame[c]) for c in _WORDS}
    quality = _words(frame["quality"], Quality.FINAL.value)
    return frame.assign(value=pd.to_numeric(frame["value"]), **words, quality=quality)


def _words(column: pd.Series[Any], nothing: str = "") -> pd.Series[Any]:
    """Return a column's words as categories, `nothing` where none is given."""
    codes, words = coded(column)
    if isinstance(column.dtype, pd.CategoricalDtype) and all(words) and (codes >= 0).all():
        return column
    word_of, texts = pd.factorize(np.array([*(str(word) or nothing for word in words), nothing], dtype=object))
    return pd.Series(
        pd.Categorical.from_codes(word_of[codes], categories=pd.Index(texts, dtype=object)), index=column.index
    )


def _check_words(frame: pd.DataFrame) -> None:
    known = {"span": list(map(str, Span)), "measure": list(map(str, Measure))}
    strange = [(column, word) for column, words in known.items() for word in set(frame[column].unique()) - set(words)]
    if strange:
        raise InputError.of(*(_strange(column, str(word), known[column]) for column, word in sorted(strange)))


def _strange(column: str, word: str, known: list[str]) -> Fault:
    return Fault(
        code="unknown_word",
        message=f"no such {column} of an observation",
        column=column,
        value=word,
        expected=", ".join(known),
    )


def _missing(column: str) -> Fault:
    return Fault(
        code="missing_column",
        message="the observations lack a column",
        column=column,
        expected=", ".join(_NEEDED),
        mend="add the column",
    )


def _day(value: Any) -> str:
    """Return a publication day as `YYYY-MM-DD` in Shanghai; empty, which sorts first, where there is none."""
    if value is None or value == "" or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, datetime):
        return (value.astimezone(SHANGHAI) if value.tzinfo else value).date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)[:10]


def _days(column: pd.Series[Any]) -> pd.Series[Any]:
    codes, values = pd.factorize(column, use_na_sentinel=False)
    days = np.array([_day(v) for v in values], dtype=object)
    return pd.Series(days[codes] if len(days) else "", index=column.index, dtype=object)


def _instants(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return instants as whole nanoseconds; the least of them, which sorts first, where there is none."""
    try:
        moments = pd.to_datetime(column, utc=True, format="ISO8601")
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError.of(
            Fault(code="bad_cell", message=str(error)[:200], column="recorded_at", expected="instants as ISO 8601")
        ) from error
    whole = moments.to_numpy(dtype="datetime64[ns]").astype("int64")
    return pd.Series(whole, index=column.index)


def _newest_vintages(frame: pd.DataFrame) -> pd.DataFrame:
    told = [coded(frame[column]) for column in KEY_COLUMNS]
    if all_differ(((codes, len(words)) for codes, words in told), len(frame)):
        return frame[[*_NEEDED, *_OPTIONAL]].reset_index(drop=True)
    frame = frame.astype(dict.fromkeys((*_WORDS, "quality"), "str")).assign(_published=_days(frame["published_at"]))
    nothing = pd.Series(0, index=frame.index)
    recorded = _instants(frame["recorded_at"]) if "recorded_at" in frame else nothing
    ordered = frame.assign(
        _key=_keys(frame),
        _recorded=recorded,
        _number=pd.to_numeric(frame["observation_id"]).fillna(-1) if "observation_id" in frame else nothing,
        _firmness=frame["quality"].map(_FIRMNESS).fillna(2).astype(int),
        _decimals=pd.to_numeric(frame["decimals"]).fillna(-1).astype(float),
    )
    ordered = ordered.assign(_final=ordered["_firmness"] == _FIRMNESS[Quality.FINAL.value]).sort_values(
        ["_key", *_ORDER, "_decimals", "printed_unit", "text", "origin", "flags", "unit", "value"]
    )
    newest = ordered.groupby("_key", sort=False).tail(1)
    if len(newest) < len(ordered):
        _refuse_contradictions(ordered, newest)
    return newest[[*_NEEDED, *_OPTIONAL]].reset_index(drop=True)


def _keys(frame: pd.DataFrame) -> Ints:
    """Return the number of each row's key, in the order in which the keys are first met."""
    told = (pd.factorize(frame[column]) for column in KEY_COLUMNS)
    return numbered(((codes, len(words)) for codes, words in told), len(frame))


def _refuse_contradictions(ordered: pd.DataFrame, newest: pd.DataFrame) -> None:
    winner = newest.set_index("_key").loc[ordered["_key"]].reset_index()
    rivals = (ordered[_ORDER].to_numpy() == winner[_ORDER].to_numpy()).all(axis=1)
    differ = (ordered["value"].to_numpy() != winner["value"].to_numpy()) | (
        ordered["unit"].to_numpy() != winner["unit"].to_numpy()
    )
    places = np.flatnonzero(rivals & differ)
    faults = [
        _contradiction(ordered.iloc[i], winner.iloc[i]) for i in places if _differs(ordered.iloc[i], winner.iloc[i])
    ]
    if faults:
        raise InputError.of(*faults)


def _differs(one: pd.Series[Any], other: pd.Series[Any]) -> bool:
    try:
        factor = factor_between(str(one["unit"]), str(other["unit"]))
    except InputError:
        return True
    return bool(abs(one["value"] * factor - other["value"]) > 1e-12 * abs(other["value"]))


def _contradiction(one: pd.Series[Any], other: pd.Series[Any]) -> Fault:
    key = "|".join(str(one[c]) for c in KEY_COLUMNS)
    return Fault(
        code="contradicting_values",
        message="two different values for one key, and nothing says which is newer",
        key=key,
        value=f"{one['value']} {one['unit']}".strip() + " and " + f"{other['value']} {other['unit']}".strip(),
        expected="one value a key, or vintages told apart by published_at, recorded_at or quality",
        mend="remove one, or state when each was published",
    )
