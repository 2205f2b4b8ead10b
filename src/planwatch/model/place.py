"""Areas (地区) and departments (责任单位)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from planwatch.model.base import Frozen, Name


class Area(Frozen):
    """A place figures are published for."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    name_zh: Name
    name_en: Name
    level: Literal["nation", "region", "city", "county"]
    parent: str | None = None
    aliases: tuple[str, ...] = ()


class Department(Frozen):
    """Who answers for a target and reads its mail."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    name_zh: Name
    name_en: Name
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
