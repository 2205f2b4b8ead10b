"""The verdict in one sentence, Chinese and English, from a template per kind with its numbers."""

from __future__ import annotations

from planwatch.progress.chinese import Chinese
from planwatch.progress.english import English
from planwatch.progress.wording import Row

__all__ = ["Row", "reasons"]


def reasons(row: Row) -> tuple[str, str]:
    """Return the sentence in Chinese and in English."""
    return Chinese(row).sentence(), English(row).sentence()
