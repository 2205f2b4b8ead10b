"""What printed digits leave open: the units values were printed in, kept so that the views can bound rounding."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

from planwatch.errors import InputError
from planwatch.model.codes import combinations
from planwatch.model.units import conversion_factor, whole_step

_INSERT = text(
    "INSERT INTO core.printed_units (printed_unit, unit, factor, whole) VALUES (:printed_unit, :unit, :factor, :whole) "
    "ON CONFLICT DO NOTHING"
)


def printed_unit_rows(pairs: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return a row of `core.printed_units` for every pair of printed unit and unit kept that the registry relates.

    Growth printed in points and kept in % counts one for one, as does what was printed without a unit.
    """
    return [
        {"printed_unit": printed, "unit": unit, "factor": _factor(printed, unit), "whole": whole_step(printed) == 1}
        for printed, unit in sorted(pairs)
    ]


def save_printed_units(conn: Connection, frame: pd.DataFrame) -> None:
    """Keep how the units of an observation frame relate, where that is new."""
    kinds = combinations(frame, ["printed_unit", "unit"])
    pairs = {(str(p), str(u)) for p, u in zip(kinds["printed_unit"], kinds["unit"], strict=True)}
    if pairs:
        conn.execute(_INSERT, printed_unit_rows(pairs))


def _factor(printed: str, unit: str) -> float:
    try:
        return conversion_factor(printed, unit) if printed and unit else 1.0
    except InputError:
        return 1.0
