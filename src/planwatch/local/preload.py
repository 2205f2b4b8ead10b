"""Heavy imports, done once in Airflow's scheduler: the workers it forks inherit them, and so does every task.

Without this each task spends three to five seconds of processor time on importing pandas and Great Expectations. What was imported is
frozen: the collector of cyclic garbage would otherwise look through all of it again in every task, a fifth of a second each, and copy
the pages that they share. Airflow imports `airflow_local_settings` from `<AIRFLOW_HOME>/config` in every component; the line written there calls `preload`.
"""

from __future__ import annotations

import gc
import importlib
import logging
import multiprocessing
import sys
from collections.abc import Sequence
from pathlib import Path

MODULES = (
    "planwatch.steps.arrivals", "planwatch.steps.ingest", "planwatch.steps.edition", "planwatch.steps.mail",
    "planwatch.steps.plan", "great_expectations.expectations", "great_expectations.data_context.types.base",
    "openpyxl", "xlrd", "lxml.html", "pint", "psycopg2.extras", "sqlalchemy.dialects.postgresql",
)  # fmt: skip
"""What tasks import. None of them starts a thread or opens a connection when imported, so forking after them is safe."""

LOCAL_SETTINGS = """# Written by Planwatch at every start: the scheduler imports what tasks need before it forks its workers.
from planwatch.local.preload import preload as _preload

_preload()
"""


def preload(argv: Sequence[str] = ()) -> list[str]:
    """Import `MODULES` and freeze them if this process is a scheduler that forks its workers; return what was imported.

    A module that cannot be imported is left to the task that needs it, whose error names it.
    """
    if "scheduler" not in (argv or sys.argv) or multiprocessing.get_start_method() != "fork":
        return []
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    done = []
    for name in MODULES:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
        done.append(name)
    gc.collect()
    gc.freeze()
    return done


def write_local_settings(airflow_home: Path) -> Path:
    """Write the file that Airflow imports, and return its path."""
    path = airflow_home / "config" / "airflow_local_settings.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(LOCAL_SETTINGS, encoding="utf-8")
    return path
