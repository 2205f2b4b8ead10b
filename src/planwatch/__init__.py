"""Planwatch watches a government's annual plan, month by month."""

__version__ = "0.2.0"
