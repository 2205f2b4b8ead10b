"""The shipped suites, loaded once. The engine's library is imported once a process, by the first test that checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from planwatch.quality import Suite, load_suites


@pytest.fixture(scope="session")
def suites() -> dict[str, Suite]:
    return load_suites(Path(__file__).parents[2] / "expectations")
