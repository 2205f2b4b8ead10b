"""Making up (追赶): in how many past years a gap of the present size was gone by the year's end, as a plain frequency.

No forecast and no probability: the reader is told what happened, and in how many years.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from planwatch.model.vocabulary import Kind
from planwatch.progress.columns import Bools, Ints, Targets
from planwatch.progress.measure import Gap, Limits, Task
from planwatch.progress.pace import yearly_changes, yearly_shares
from planwatch.progress.rounding import Floats, significant
from planwatch.progress.select import Picked, Series
from planwatch.progress.status import closing_tolerance, meets_goal, on_pace


@dataclass(frozen=True, slots=True)
class MadeUp:
    """In how many (`years`) of how many complete past years (`of`) the gap was made up, (n,); 0 of 0 where nothing is said."""

    years: Ints
    of: Ints

    @property
    def there(self) -> Bools:
        """Return where a frequency is given."""
        return self.of > 0


def made_up(targets: Targets, series: Series, picked: Picked, *, task: Task, gap: Gap, limits: Limits) -> MadeUp:
    """Return the frequency for every row that is behind its pace before December and has enough complete years.

    A year counts if its readings of month m and December are there (`rest_of_year`). It made the gap up if this year, given that
    year's rest, would meet its target at the close: A + rest_y meets T (or the reference plus margin), with the tolerance
    that 左右 has at the close. For paced kinds that is the same as P ≥ that year's own share at m: the year had no more of its
    way behind it by then, and came to its end.
    """
    behind = ~on_pace(targets, task, gap, picked.month) & np.isfinite(gap.variance)
    behind &= (picked.month > 0) & (picked.month < 12)
    rest = rest_of_year(targets, series, picked, task)
    years = np.isfinite(rest)
    enough = behind & (years.sum(axis=1) >= limits.thresholds.make_up_years)
    tolerance = closing_tolerance(targets, task, gap, limits.thresholds)
    met = np.zeros_like(years)
    for y in range(rest.shape[1]):
        close = replace(task, actual=significant(task.actual + rest[:, y]))
        met[:, y] = years[:, y] & meets_goal(targets, close, limits.places, tolerance)
    return MadeUp(np.where(enough, met.sum(axis=1), 0), np.where(enough, years.sum(axis=1), 0))


def rest_of_year(targets: Targets, series: Series, picked: Picked, task: Task) -> Floats:
    """Return what each past year's months after m would bring to this year's reading, (n, Y − 1), oldest year first.

    Paced kinds: (T − b)·(1 − share_y), that year's rest at this year's size. Growth, holds and ranks: A_y(12) − A_y(m), a hold in
    the caliber of its reading. Relative: the change of own − reference. NaN for other kinds and incomplete years.
    """
    shares = yearly_shares(targets, series, picked.month, task.size)
    values, related = series.preferred, series.relative
    if len(related):
        values = values.copy()
        values[related] -= series.reference.value
    alike = ~task.held[:, None] | (series.order == picked.caliber[:, None])
    changes = yearly_changes(np.where(alike[:, :, None, None], values, np.nan), picked.month)
    changed = task.held | targets.is_kind(Kind.GROWTH, Kind.RELATIVE, Kind.RANK)
    rest = np.where(task.paced[:, None], task.size[:, None] * (1.0 - shares), np.nan)
    return np.where(changed[:, None], changes, rest)
