"""The back-test over what is shipped, or over files: past plans and their figures in, cases and their summary out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from planwatch.feeds import read_release
from planwatch.plan import load_plan
from planwatch.progress import backtest
from planwatch.reconcile import reconcile
from planwatch.steps.include import load_include

FEED = "published_figures"
"""The feed whose layout collected figures have."""


def run(include: Path, plans: Sequence[Path] = (), figures: Sequence[Path] = ()) -> pd.DataFrame:
    """Return the cases (`planwatch.progress.backtest.CASE_COLUMNS`) of past plans, the shipped ones unless files are given.

    Raises:
        InputError, ConfigError, ReleaseError: a file is not what it must be.
    """
    loaded = [load_plan(path, include) for path in plans or shipped_plans(include)]
    known = read_figures(include, figures or shipped_figures(include))
    return backtest.cases(loaded, known, load_include(include).calendar)


def shipped_plans(include: Path) -> list[Path]:
    """Return the files of plans whose year is over: the city's, then those kept for the back-test."""
    return sorted((include / "plans").glob("*.yaml")) + sorted((include / "backtest").glob("*.yaml"))


def shipped_figures(include: Path) -> list[Path]:
    """Return the files of published figures."""
    return sorted((include / "history").glob("*.tsv")) + sorted((include / "backtest").glob("*.tsv"))


def read_figures(include: Path, files: Sequence[Path]) -> pd.DataFrame:
    """Return the observations of collected figures, a later line before an earlier one of the same key.

    Raises:
        ReleaseError: a file cannot be read.
    """
    data = load_include(include)
    feed = data.feeds[FEED]
    found = [
        reconcile(feed, read_release(feed, path.read_bytes(), path.name), data.indicators, data.areas).observations
        for path in files
    ]
    known = pd.concat(found, ignore_index=True)
    return known.assign(observation_id=range(len(known)))
