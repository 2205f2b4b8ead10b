"""Answers remembered by which object was asked: for what never changes and is too large to be compared or hashed, as a plan."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


def remembered(work: Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
    """Return the function with its last two answers kept, each for the very object that it was asked of.

    An equal object is another one. The answers are shared: nobody may write to them.
    """
    known: deque[tuple[Asked, Answer]] = deque(maxlen=2)

    @wraps(work)
    def asked_once(thing: Asked) -> Answer:
        for before, answer in tuple(known):
            if before is thing:
                return answer
        answer = work(thing)
        known.append((thing, answer))
        return answer

    return asked_once
