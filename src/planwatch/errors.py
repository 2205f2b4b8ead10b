"""Every error the project raises on purpose.

Two questions decide the type: can the same call succeed later without anybody mending anything (retriable), and what
does the reader have to do. Airflow retries the first kind and fails at once on the second.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

_ON_COMMAND_LINE = re.compile("key (--|argument [A-Z])").match


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong in one place of a file: where it is, what stands there, what was expected, how to mend it.

    A `key` that is a command's option (`--period`) or argument (`argument FEED`) stands by itself.
    `code` is a stable word a program can act on (`missing_column`, `unit_changed`, …). Places that do not apply stay None.
    """

    code: str
    message: str
    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    line: int | None = None
    key: str | None = None
    value: str | None = None
    expected: str | None = None
    mend: str | None = None

    def __str__(self) -> str:
        """Return one line: place, message, value, expected, mend."""
        named = (
            ("sheet", self.sheet),
            ("row", self.row),
            ("column", self.column),
            ("line", self.line),
            ("key", self.key),
        )
        places = [f"{name} {value}" for name, value in named if value is not None]
        place = ", ".join(
            [self.file or "", *(p.removeprefix("key ") if _ON_COMMAND_LINE(p) else p for p in places)]
        ).strip(", ")
        parts = [f"{place}: {self.message}" if place else self.message]
        parts += [f"found {self.value!r}"] if self.value is not None else []
        parts += [f"expected {self.expected}"] if self.expected else []
        parts += [f"mend: {self.mend}"] if self.mend else []
        return "; ".join(parts)

    def as_dict(self) -> dict[str, object]:
        """Return the fault as a plain mapping, without the places that do not apply."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}


class PlanwatchError(Exception):
    """Base of all errors of the project. `retriable` says whether trying again unchanged can help."""

    retriable = False

    def __init__(self, message: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults

    @classmethod
    def of(cls, *faults: Fault) -> PlanwatchError:
        """Build the error from its faults; the message is one line a fault."""
        return cls("\n".join(str(f) for f in faults), faults)


class InputError(PlanwatchError):
    """A file or an argument is not what it must be. Nothing of it was used; mend it and come again."""


class ConfigError(InputError):
    """A file of `include/` does not keep its schema."""


class ReleaseError(InputError):
    """A release cannot be read as its feed declares it."""


class QuarantinedError(PlanwatchError):
    """A critical check failed: the release waits for a person's decision."""


class CheckError(PlanwatchError):
    """A check could not be carried out: the suite or the program is at fault, not the data it looked at."""


class PublicationError(PlanwatchError):
    """An edition failed its gate and was rolled back; the last good edition stands."""


class RetriableError(PlanwatchError):
    """Something outside was not there this time (a server, a share, a lock): the same call may succeed later."""

    retriable = True


class EnvironmentFault(PlanwatchError):
    """This machine lacks something that the product needs; the message names the mend."""
