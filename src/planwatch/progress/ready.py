"""A plan and its observations made ready as dense arrays, from which every month of the year is measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from planwatch.model.target import Plan, Thresholds
from planwatch.model.vocabulary import Kind, Pace
from planwatch.progress import pace
from planwatch.progress.assembly import Measured
from planwatch.progress.columns import Targets, columns_of
from planwatch.progress.cube import Cube
from planwatch.progress.makeup import made_up
from planwatch.progress.measure import Gap, Limits, breached_months, gap_against, task_of, year_task
from planwatch.progress.outlook import Past, outlook
from planwatch.progress.pace import YTD, History
from planwatch.progress.places import places_of
from planwatch.progress.rounding import Floats
from planwatch.progress.select import Series, all_series, last_december, pick


@dataclass(frozen=True, slots=True)
class Ready:
    """The targets as columns, the observations as a cube, the rows' series, what past years say, and last year's amounts (n, K, 12)."""

    targets: Targets
    cube: Cube
    series: Series
    history: History
    december: Floats
    amounts: Floats
    thresholds: Thresholds

    @classmethod
    def of(cls, plan: Plan, known: pd.DataFrame) -> Ready:
        """Make a plan ready, whose targets name their measure, with its known observations (`known_observations`).

        Raises:
            InputError: a unit that does not turn into the target's.
        """
        targets, cube = columns_of(plan), Cube.of(known, plan.year)
        series = all_series(targets, cube)
        december = last_december(series)
        history = pace.history_of(targets, series, year_task(targets, december), plan.thresholds.history_years)
        return cls(targets, cube, series, history, december, pace.base_levels(targets, series, cube), plan.thresholds)

    def measured(self, month: int) -> Measured:
        """Return every row of the judged month measured against its own pace, the calendar's and past years'.

        Readings of later months of the plan year change nothing.
        """
        targets, series, history = self.targets, self.series, self.history
        picked = pick(targets, series, month)
        task = task_of(targets, picked, self.december)
        limits = Limits(places_of(targets, self.cube, picked), self.thresholds)
        at = picked.month
        seen = history.share.at(at).where(task.paced)
        held = history.season.at(at).where(picked.caliber == YTD)
        share = np.where(task.paced, pace.set_share(targets, at, seen), np.nan)
        without_history = np.where(task.paced, ~seen.there, targets.is_kind(Kind.HOLD) & ~held.there)

        def against(a_share: Floats) -> Gap:
            return gap_against(targets, task, a_share, np.where(held.there, held.mean, 0.0), limits)

        past = Past(*pace.base_of(self.amounts, at), seen, history.change.at(at))
        gap = against(share)
        return Measured(
            picked=picked,
            task=task,
            limits=limits,
            share=share,
            seasonal_there=task.paced & seen.there,
            fell_back=targets.paced_by(Pace.SEASONAL) & without_history,
            gap=gap,
            linear=against(pace.linear_share(at)),
            seasonal=against(seen.mean),
            outlook=outlook(targets, task, at, past, self.thresholds),
            made_up=made_up(targets, series, history, picked, task=task, gap=gap, limits=limits),
            breached=breached_months(targets, series, task.goal),
        )
