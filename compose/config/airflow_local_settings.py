"""Imported by every component of Airflow: the scheduler imports what tasks need before it forks its workers."""

from planwatch.local.preload import preload as _preload

_preload()
