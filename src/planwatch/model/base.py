"""What the typed files share: immutable models, numbers and flags as people write them, and names that stay on one line."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError


class Frozen(BaseModel):
    """A noun: immutable, and closed to keys nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False)


YEARS = (2000, 2100)
"""First and last year a plan can be of."""


def no_flag(given: Any) -> Any:
    """Refuse true and false where a number is meant, which would count as 1 and 0."""
    if isinstance(given, bool):
        raise PydanticCustomError("not_a_number", "must be a number, not true or false")
    return given


def _flag(given: Any) -> Any:
    """Take true and false, also as the words that a CSV cell holds; nothing else."""
    words = {"true": True, "false": False}
    if isinstance(given, bool):
        return given
    if isinstance(given, str) and given.lower() in words:
        return words[given.lower()]
    raise PydanticCustomError("not_a_flag", "must be true or false")


_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def _printable(name: str) -> str:
    """Refuse names that would break a line, command a terminal or turn round what stands beside them."""
    if any(unicodedata.category(c) in {"Cc", "Zl", "Zp"} or unicodedata.bidirectional(c) in _TURNING for c in name):
        raise PydanticCustomError("control_character", "must not hold line breaks or control characters")
    return name


Number = Annotated[float, BeforeValidator(no_flag)]
"""A number, never true or false."""
Flag = Annotated[bool, BeforeValidator(_flag)]
"""true or false, never 1, yes or on."""
Name = Annotated[str, AfterValidator(_printable), Field(max_length=200)]
"""A name on one line."""
Line = Annotated[str, AfterValidator(_printable), Field(max_length=500)]
"""A phrase: it stands in one line of a table or a mail."""
Remark = Annotated[str, Field(max_length=500)]
"""A source or a reason; YAML's folded text ends with a line break."""


class Baseline(Frozen):
    """Where a `reach` target starts from (基期值): last December's level, in the target's printed unit."""

    value: Number | None = Field(None, description="The level at the end of last year; leave out where it is unknown.")
    source: Remark = Field("", description="Where the baseline was published, or why it is unknown.")
