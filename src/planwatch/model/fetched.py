"""What a look at a source brought (取数结果)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """How a look at a source ended.

    `fetched` new bytes; `unchanged` the same as at the last look; `known` bytes that came before, another way or for another
    month; `not_there` not published yet, which is no error; `failed` one of the named errors of `docs/sources.md`.
    """

    FETCHED = "fetched"
    UNCHANGED = "unchanged"
    KNOWN = "known"
    NOT_THERE = "not_there"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What the source says of a file's version, as it writes it: given back to it, it need not send the file again."""

    etag: str = ""
    modified: str = ""
    size: int | None = None

    def __bool__(self) -> bool:
        """Return whether it says anything by which versions can be told apart."""
        return bool(self.etag or self.modified)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a source answered. `place` is its address as it may be shown; `data` is empty unless `outcome` is fetched."""

    outcome: Outcome
    place: str
    name: str = ""
    data: bytes = field(default=b"", repr=False)
    stamp: Stamp = Stamp()
