"""Amendments (指标调整): dated changes of a target. What was printed stays; each month is judged by what held on its last day."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from pydantic import ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from planwatch.model.base import Baseline, Flag, Frozen, Line, Number, Remark
from planwatch.model.vocabulary import Comparator, Pace

_ORDER = frozenset({"since", "source", "reason"})
"""Keys that say of an amendment when, by what and why, not what it changes."""
_NEVER_NULL = ("comparator", "unit", "phrase", "margin", "pace", "owner")


class Amendment(Frozen):
    """One dated change of a target. Keys left out stay as they were; a key written as null is taken away."""

    model_config = ConfigDict(populate_by_name=False)

    since: date = Field(
        alias="from", description="First day it holds: the month that ends on or after it is judged by it."
    )
    source: Remark = Field(min_length=1, description="The document that ordered it, with its number.")
    reason: Remark = Field(min_length=1, description="Why, in a few words; for people.")
    withdrawn: Flag = Field(
        False, description="true: dropped (不再考核) from that day; false, after an earlier true: taken up again."
    )
    value: Number | None = Field(None, description="The new T, in the unit in force; with it a phrase that prints it.")
    value_high: Number | None = Field(
        None, description="The new upper end of a range; null where it is no range any more."
    )
    value_inferred: Flag = Field(False, description="The order prints no number: the value is our reading of it.")
    comparator: Comparator | None = Field(None, description="How the value binds from then on.")
    unit: str | None = Field(None, description="The unit of the value from then on, as the order prints it.")
    phrase: Line | None = Field(None, description="The figure phrase as the order prints it.")
    baseline: Baseline | None = Field(None, description="The corrected start of a reach target.")
    tolerance: Number | None = Field(None, ge=0, description="The new tolerance of 左右.")
    band: Number | None = Field(None, ge=0, description="The new amber band.")
    margin: Number | None = Field(None, description="The new margin of a relative target, points.")
    pace: Pace | None = Field(None, description="The new pace; custom together with its shares.")
    shares: tuple[Number, ...] | None = Field(
        None, description="The twelve shares of a custom pace; null with any other."
    )
    deadline: date | None = Field(None, description="The new last day of a milestone.")
    start_by: date | None = Field(None, description="The new day by which a milestone is to be started.")
    owner: str | None = Field(None, description="The department that answers from then on.")

    @model_validator(mode="after")
    def _takes_away_what_can_go(self) -> Self:
        """Refuse null for what every target has."""
        gone = [name for name in _NEVER_NULL if name in self.model_fields_set and getattr(self, name) is None]
        if gone:
            raise ValueError("\n".join(f"{name}: it cannot be taken away, only changed" for name in gone))
        return self

    @property
    def given(self) -> dict[str, Any]:
        """Return what it changes, as written: key of the target → new value; `withdrawn` as it is."""
        return {name: getattr(self, name) for name in sorted(self.model_fields_set - _ORDER)}

    def changes(self) -> dict[str, Any]:
        """Return the fields of a target that it sets. A new value is printed, and a new owner named, unless it says otherwise."""
        given = self.given
        if "withdrawn" in given:
            given["withdrawn_from"] = self.since if given.pop("withdrawn") else None
        if "value" in given:
            given.setdefault("value_inferred", False)
        if given.get("value_inferred"):
            given["note"] = self.reason
        if "owner" in given:
            given["owner_inferred"] = False
        return given

    @model_serializer(mode="wrap")
    def _as_written(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Keep null apart from not said at all, under the names of fields or as in the file (`from`)."""
        fields = {field.alias or name: name for name, field in type(self).model_fields.items()}
        return {key: value for key, value in write(self).items() if fields.get(key, key) in self.model_fields_set}
