"""Making up (追赶): in how many past years a gap of the present size was gone by the year's end, as a plain frequency.

No forecast and no probability: the reader is told what happened, and in how many years.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planwatch.progress.columns import Bools, Ints, Targets
from planwatch.progress.measure import Gap, Limits, Task, signed
from planwatch.progress.pace import History, at_month
from planwatch.progress.rounding import Floats, difference
from planwatch.progress.select import Picked, Series, first_finite
from planwatch.progress.status import at_least, closing_tolerance, on_pace


@dataclass(frozen=True, slots=True)
class MadeUp:
    """In how many (`years`) of how many complete past years (`of`) the gap was made up, (n,); 0 of 0 where nothing is said."""

    years: Ints
    of: Ints

    @property
    def there(self) -> Bools:
        """Return where a frequency is given."""
        return self.of > 0


def made_up(
    targets: Targets, series: Series, history: History, picked: Picked, *, task: Task, gap: Gap, limits: Limits
) -> MadeUp:
    """Return the frequency for every row that is behind its pace before December and has enough complete years.

    A year counts if its readings of month m and December are there (`rest_of_year`). It made the gap up if this year, given that
    year's rest, would meet its target at the close: A + rest_y meets T (or the reference plus margin), with the tolerance
    that 左右 has at the close. For paced kinds that is the same as P ≥ that year's own share at m: the year had no more of its
    way behind it by then, and came to its end.
    """
    behind = ~on_pace(targets, task, gap, picked.month) & np.isfinite(gap.variance)
    behind &= (picked.month > 0) & (picked.month < 12)
    rest = rest_of_year(targets, series, history, picked, task)
    years = np.isfinite(rest).sum(axis=1)
    rows = np.flatnonzero(behind & (years >= limits.thresholds.make_up_years))
    tolerance = closing_tolerance(targets, task, gap, limits.thresholds)[rows, None]
    close = difference(task.actual[rows, None], -rest[rows])
    over = limits.places.of(rows).round(signed(targets.direction[rows, None], difference(close, task.goal[rows, None])))
    met = np.where(targets.strict[rows, None], over > 0, at_least(over, -tolerance))
    found = np.zeros(len(years), dtype=np.int64)
    found[rows] = met.sum(axis=1)
    of = np.zeros(len(years), dtype=np.int64)
    of[rows] = years[rows]
    return MadeUp(found, of)


def rest_of_year(targets: Targets, series: Series, history: History, picked: Picked, task: Task) -> Floats:
    """Return what each past year's months after m would bring to this year's reading, (n, Y − 1), oldest year first.

    Paced kinds: (T − b)·(1 − share_y), that year's rest at this year's size; of a year that tells no pace (it went the other way, or
    next to nowhere) what it brought, A_y(12) − A_y(m). Growth, holds and ranks: A_y(12) − A_y(m), a hold in the caliber of its reading.
    Relative: the change of own − reference. NaN for other kinds and incomplete years.
    """
    changes = at_month(history.level_changes, picked.month)
    rest = np.where(
        task.paced[:, None], task.size[:, None] * (1.0 - at_month(history.shares, picked.month)),
        at_month(history.changes, picked.month),
    )  # fmt: skip
    held = np.flatnonzero(task.held)
    alike = series.order[held] == picked.caliber[held, None]
    rest[held] = first_finite(np.where(alike[:, :, None], changes[held], np.nan))
    paceless = task.paced[:, None] & np.isnan(rest)
    rest[paceless] = first_finite(changes)[paceless]
    return rest
