"""Plan years that nothing stands in yet: filled bare, packed, keyed once, then attached (a key in place makes a load several times slower)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, text

from planwatch.warehouse.blocks import pack_frame
from planwatch.warehouse.copy import copy_parts

_RESERVE = "SELECT core.reserve_observation_ids(:amount)"


class BareYears:
    """The years of one load that are new; what is filled into them is nobody's before `attach`, in the same transaction."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._known: dict[int, bool] = {}
        self._packed: dict[int, int] = {}

    def begin(self, year: int) -> bool:
        """Return whether the year is new; it then stands bare until `attach`. Otherwise it has, or gets, its partition."""
        if year not in self._known:
            begun = self._call("SELECT core.begin_observation_year(:year)", year)
            self._known[year] = bool(begun)
            if begun:
                self._packed[year] = 0
        return self._known[year]

    def fill(self, rows: pd.DataFrame, release: Mapping[str, Any], admitted_at: datetime | None) -> set[str]:
        """Put rows of new years in, ordered by year, with what all rows of their release get, and return their periods."""
        given: dict[str, Any] = {k: v for k, v in release.items() if k != "published_at"}
        if admitted_at is not None:
            given["admitted_at"] = admitted_at
        first = self._conn.execute(text(_RESERVE), {"amount": len(rows)}).scalar_one()
        rows = rows.assign(**given, observation_id=np.arange(first, first + len(rows)))
        years, starts = np.unique(rows["plan_year"].to_numpy(), return_index=True)
        stretches = zip(years.tolist(), starts.tolist(), [*starts[1:].tolist(), len(rows)], strict=True)
        own = {int(year): range(start, end) for year, start, end in stretches}
        copy_parts(self._conn, rows, {f"core.observations_y{year}": there for year, there in own.items()})
        self._packed = pack_frame(self._conn, rows, own, self._packed)
        return {str(period) for period in rows["period"].unique()}

    def attach(self) -> None:
        """Give every new year its keys and make it part of the observations."""
        for year in sorted(year for year, new in self._known.items() if new):
            self._call("SELECT core.attach_observation_year(:year)", year)

    def _call(self, statement: str, year: int) -> Any:
        return self._conn.execute(text(statement), {"year": year}).scalar()
