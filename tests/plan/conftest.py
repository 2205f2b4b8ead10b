"""Fixtures that write plans and collect what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from plancases import INCLUDE, Write, plan_text

from planwatch.errors import ConfigError, Fault
from planwatch.plan import load_plan


@pytest.fixture
def write_plan(tmp_path: Path) -> Write:
    """Return a function that writes a plan file and returns its path."""

    def write(*targets: dict[str, str | None], text: str | None = None) -> Path:
        path = tmp_path / "targets.yaml"
        path.write_text(plan_text(*targets) if text is None else text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def faults_in(write_plan: Write) -> Callable[..., tuple[Fault, ...]]:
    """Return a function that writes a plan, asserts that it is refused, and returns the faults."""

    def faults(*targets: dict[str, str | None], text: str | None = None) -> tuple[Fault, ...]:
        with pytest.raises(ConfigError) as refused:
            load_plan(write_plan(*targets, text=text), INCLUDE)
        return refused.value.faults

    return faults
