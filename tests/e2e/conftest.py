"""The fixture of all end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from newcomer import System, fresh_system


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """Return a home in which nothing was ever started."""
    with fresh_system() as fresh:
        yield fresh
