"""Planwatch watches a government's annual plan, month by month."""

__version__ = "0.1.0"
