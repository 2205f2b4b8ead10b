"""A small plan that is right in everything, to be spoilt one key at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

INCLUDE = Path(__file__).resolve().parents[2] / "include"

HEAD = """\
plan:
  id: somewhere-2026
  year: 2026
  area: baotou
  title: A plan
targets:
"""
JOBS = {
    "id": "jobs", "indicator": "new_jobs", "section": '"0"', "name_zh": "新增城镇就业", "phrase": "新增城镇就业3.6万人以上",
    "kind": "cumulative", "comparator": "ge", "value": "3.6", "unit": "万人", "owner": "human_resources",
}  # fmt: skip

Write = Callable[..., Path]


def plan_text(*targets: dict[str, str | None], head: str = HEAD) -> str:
    """Return a plan file of the given targets, each JOBS with some keys replaced, added or (None) left out."""
    text = head
    for changes in targets:
        keys = {key: value for key, value in {**JOBS, **changes}.items() if value is not None}
        text += "".join(f"  {'- ' if n == 0 else '  '}{key}: {value}\n" for n, (key, value) in enumerate(keys.items()))
    return text
