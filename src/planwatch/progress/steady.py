"""Hysteresis (缓变): a lamp that was worse the month before improves only once the figures are past its edge by the target's margin.

Only where a target asks for it (`hysteresis`). The lamps of the months before are worked out anew from the observations known now, never
read from what was published, so that the answer is a function of data alone.
"""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from planwatch.model.vocabulary import Status
from planwatch.progress.columns import Ints, Targets
from planwatch.progress.cube import Gathered
from planwatch.progress.pace import History, Seen
from planwatch.progress.ready import Ready
from planwatch.progress.select import Series
from planwatch.progress.status import CODE, Codes, Facts, lamp_codes


def lamps_before(ready: Ready, month: int) -> Codes:
    """Return the lamp of the month before the judged one, (n,): `on_track` for targets without hysteresis and without a reading.

    Each month from January on is judged with what its own lamp before was.
    """
    before = np.full(len(ready.targets.id), CODE[Status.ON_TRACK])
    rows = np.flatnonzero(ready.targets.hysteresis > 0)
    if not len(rows):
        return before
    few = _rows_of(ready, rows)
    lamps = before[rows]
    for earlier in range(1, month):
        measured = few.measured(earlier)
        facts = replace(Facts.of_figures(measured.picked.month), before=lamps)
        found = lamp_codes(few.targets, measured.task, measured.gap, facts, measured.limits)
        lamps = np.where(measured.picked.month > 0, found, lamps)
    before[rows] = lamps
    return before


def _rows_of(ready: Ready, rows: Ints) -> Ready:
    """Return the same for some rows alone."""
    return replace(
        ready,
        targets=Targets(**{f.name: getattr(ready.targets, f.name)[rows] for f in fields(Targets)}),
        series=_series_of(ready.series, rows),
        history=_history_of(ready.history, rows),
        december=ready.december[rows],
        amounts=ready.amounts[rows],
    )


def _series_of(series: Series, rows: Ints) -> Series:
    kept = np.isin(series.relative, rows)
    own, reference = _cells_of(series.own, rows), _cells_of(series.reference, np.flatnonzero(kept))
    relative = np.searchsorted(rows, series.relative[kept])
    return Series(own, series.order[rows], reference, relative, series.newest[rows], series.common[kept])


def _cells_of(gathered: Gathered, rows: Ints) -> Gathered:
    return Gathered(gathered.value[rows], gathered.row[rows], gathered.firm[rows])


def _history_of(history: History, rows: Ints) -> History:
    seen = (
        Seen(one.mean[rows], one.low[rows], one.high[rows], one.years[rows])
        for one in (history.share, history.change, history.season)
    )
    return History(history.shares[rows], history.changes[rows], history.level_changes[rows], *seen)
