"""Waiting on a condition, with an end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from planwatch.errors import RetriableError

T = TypeVar("T")


def wait_until(condition: Callable[[], T], timeout_s: float, what: str, every_s: float = 0.2) -> T:
    """Return the condition's first true result, asking every `every_s` seconds; what it raises ends the wait.

    Raises:
        RetriableError: `timeout_s` seconds have passed; the message says what was waited for.
    """
    end = time.monotonic() + timeout_s
    while not (result := condition()):
        if time.monotonic() > end:
            raise RetriableError(f"waited {timeout_s:.0f} s for {what}, in vain")
        time.sleep(every_s)
    return result
