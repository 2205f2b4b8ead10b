"""Targets (指标任务): the checkable commitments of a plan, typed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from operator import is_
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from planwatch.model.amendment import Amendment
from planwatch.model.base import YEARS, Baseline, Flag, Frozen, Line, Name, Number, no_flag
from planwatch.model.breakdown import Breakdown
from planwatch.model.lessons import TARGET, teach
from planwatch.model.remembered import remembered
from planwatch.model.vocabulary import Comparator, Frequency, Kind, Measure, Pace, Tier


class Reference(Frozen):
    """What a `relative` target is compared with: another indicator, another area, or both."""

    indicator: str = Field(description="Id in indicators.yaml.")
    area: str | None = Field(None, description="Area id; left out it is the target's own area.")
    measure: Measure | None = Field(None, description="Left out it is the target's own measure.")
    name_zh: SkipJsonSchema[Name] = ""
    """What sentences call it: filled from the registers when a plan is loaded, and no part of what the plan says."""
    name_en: SkipJsonSchema[Name] = ""


def _as_in_a_plans_file(schema: dict[str, Any]) -> None:
    """Ask of the schema what a plan's file must say and exchanged targets need not: where a target stands, and its number as printed."""
    teach(TARGET)(schema)
    schema["required"].append("section")
    schema["properties"]["section"] |= {"pattern": r"\S"}
    del schema["properties"]["section"]["default"]
    printed = {"value": {"type": "number"}, "value_inferred": {"const": False}}
    schema["if"] = {"required": ["value"], "properties": printed}
    schema["then"] = {"required": ["phrase"], "properties": {"phrase": {"pattern": r"\S"}}}


class Target(Frozen):
    """One commitment. Values stand in `unit` as printed; `base_unit` is what readings are kept and judged in."""

    model_config = ConfigDict(json_schema_extra=_as_in_a_plans_file)

    id: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_.-]*$",
        description="Id of the target, one of its own in every area; kept over the years.",
    )
    indicator: str = Field(pattern=r"^[a-z0-9_]+$", description="Id in indicators.yaml.")
    section: str = Field("", description="Section of the plan, such as 0, 3.2 or 3.3[清洁能源].")
    name_zh: Name = Field(description="Name as the dispatch table prints it.")
    name_en: Name = Field("", description="The same in English.")
    phrase: Line = Field("", description="The figure phrase as printed, not the sentence.")
    kind: Kind = Field(description="What sort of commitment it is; decides how it is measured.")
    comparator: Comparator = Field(Comparator.GE, description="How the value binds; a bare figure (项目4个) is ge.")
    value: Number | None = Field(
        None, description="T, as printed; left out for milestones, bottom lines and unassigned targets."
    )
    value_high: Number | None = Field(None, description="Upper end of a range 2—3项.")
    value_inferred: Flag = Field(
        False,
        description="The plan prints no number (保持全区领先): `value` is our reading of it, and `note` says why.",
    )
    unit: str = Field("", description="Unit as printed: 万人, %, 百分点, 家.")
    base_unit: str = Field("", description="Unit that readings are kept in; left out it is `unit`.")
    measure: Measure | None = Field(
        None, description="What is read; left out it follows from the kind, the unit and what is published."
    )
    direction: Annotated[int, BeforeValidator(no_flag)] | None = Field(
        None,
        ge=-1,
        le=1,
        description="d: 1 more is better, -1 less is better, 0 neither. Left out it follows from the comparator.",
    )
    net: Flag = Field(False, description="A net count (净增), which can fall again and is never achieved early.")
    baseline: Baseline | None = Field(
        None, description="Where a reach target starts; left out, last December's reading supplies it."
    )
    tolerance: Number | None = Field(
        None, ge=0, description="Of 左右, in the target's unit; left out the defaults apply."
    )
    band: Number | None = Field(
        None, ge=0, description="Amber band; points of gap for paced kinds, else the target's unit."
    )
    hysteresis: Number | None = Field(
        None,
        ge=0,
        description="How far past its edge a lamp that was worse the month before must come to improve, in the band's unit; "
        "left out, every lamp follows its figures at once.",
    )
    margin: Number = Field(0.0, description="By how much a relative target must exceed its reference, points.")
    tier: Tier = Field(Tier.PLAN, description="Whose number it is.")
    area: str = Field("", description="Area id; left out it is the plan's area.")
    pace: Pace = Field(
        Pace.LINEAR, description="How the task of cumulative, reach and change_pp spreads over the year."
    )
    shares: tuple[Number, ...] | None = Field(None, description="Twelve cumulative shares, 0–1, of a custom pace.")
    frequency: Frequency = Field(Frequency.MONTHLY, description="How often a figure can really be had.")
    deadline: date | None = Field(None, description="A milestone's last day; left out it is 31 December.")
    start_by: date | None = Field(None, description="From the day after, a milestone not yet started is at risk.")
    owner: str = Field("", description="Department id; the plan names none, so it is inferred.")
    owner_inferred: Flag = Field(True, description="False where the plan or an order names the department.")
    reference: Reference | None = Field(None, description="What a relative target is compared with.")
    withdrawn_from: date | None = Field(
        None,
        description="From this day the target is no longer assessed: an amendment that withdraws it, without its source.",
    )
    note: Annotated[str, Field(max_length=2000)] = Field("", description="Why the target is read this way; for people.")
    amendments: tuple[Amendment, ...] = Field(
        (), description="Dated changes (调整), in order: the entry itself stays as the plan prints it."
    )
    parts: Breakdown | None = Field(None, description="Breakdown by area (分解): each part is judged on its own.")

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        """Refuse combinations that could never be measured."""
        if complaints := incoherences(self):
            raise ValueError("\n".join(complaints))
        return self

    def on(self, day: date) -> Target:
        """Return the target as in force on a day: with the amendments up to it, which it keeps, and without any parts.

        A plan's target is asked, not a version of it: what came after a version's day is gone from it.
        """
        if not (self.amendments or self.parts or self.withdrawn_from):
            return self
        applied = tuple(a for a in self.amendments if a.since <= day)
        withdrawn = self.withdrawn_from if self.withdrawn_from and self.withdrawn_from <= day else None
        changed: dict[str, Any] = {"withdrawn_from": withdrawn, "amendments": applied, "parts": None}
        for amendment in applied:
            changed |= amendment.changes()
        return self.model_copy(update=changed)

    @property
    def d(self) -> int:
        """Return the direction: given, else -1 for caps, ranks, breaches of a bottom line and 清零 (eq 0), else +1."""
        if self.direction is not None:
            return self.direction
        if self.kind is Kind.BOTTOM_LINE:
            return -1
        less = {Comparator.LE, Comparator.LT, Comparator.RANK_LE}
        return -1 if self.comparator in less or (self.comparator is Comparator.EQ and self.value == 0) else 1

    @property
    def read_measure(self) -> Measure:
        """Return the measure the target is read in."""
        return self.measure or default_measure(self.kind, self.unit, self.value)


PERCENT_UNITS = ("%", "％", "百分点", "pp")
"""Units under which a value is a ratio or points, not an amount."""

PACED_KINDS = (Kind.CUMULATIVE, Kind.REACH, Kind.CHANGE_PP)
"""Kinds with a share of the year, hence with P, S and G."""


_FIXED_MEASURES = {
    Kind.GROWTH: Measure.GROWTH_YOY, Kind.RELATIVE: Measure.GROWTH_YOY, Kind.CHANGE_PP: Measure.RATIO,
    Kind.RANK: Measure.RANK, Kind.BOTTOM_LINE: Measure.REPORT, Kind.MILESTONE: Measure.DONE,
}  # fmt: skip


def default_measure(kind: Kind, unit: str, value: float | None = None) -> Measure:
    """Return the measure a kind is read in unless the target says otherwise.

    A bottom line is a report of breaches, but one with a number in percent (100%达标) is that ratio.
    """
    if kind is Kind.BOTTOM_LINE and value is not None and unit in PERCENT_UNITS:
        return Measure.RATIO
    return _FIXED_MEASURES.get(kind, Measure.RATIO if unit in PERCENT_UNITS else Measure.LEVEL)


def incoherences(target: Target) -> list[str]:
    """Return what could never be measured, a line each, as `key: what is wrong`."""
    valued = {Kind.GROWTH, Kind.CUMULATIVE, Kind.REACH, Kind.HOLD, Kind.CHANGE_PP, Kind.RANK}
    rules = [
        (target.kind in valued and target.value is None, f"value: a {target.kind} target needs one"),
        (target.value_inferred and not target.note, "note: an inferred value needs its reason"),
        (target.kind is Kind.RELATIVE and target.reference is None, "reference: a relative target needs one"),
        (
            (target.pace is Pace.CUSTOM) != (target.shares is not None),
            "shares: twelve numbers with pace custom, and only there",
        ),
        (target.shares is not None and len(target.shares) != 12, "shares: exactly twelve numbers, January to December"),
        (
            (target.comparator is Comparator.RANGE) != (target.value_high is not None),
            "value_high: with comparator range, and only there",
        ),
        (
            target.kind is Kind.RANK and target.comparator is not Comparator.RANK_LE,
            "comparator: a rank target takes rank_le",
        ),
        (
            target.hysteresis is not None and target.kind in {Kind.BOTTOM_LINE, Kind.MILESTONE},
            f"hysteresis: a {target.kind} has no band",
        ),
    ]
    return [message for broken, message in rules if broken]


class Thresholds(Frozen):
    """Bands and tolerances in force unless a target sets its own (`defaults.thresholds`, DOMAIN §4)."""

    band_gap_pp: Number = Field(10.0, ge=0, description="Amber band of paced kinds, points of gap.")
    band_points: Number = Field(1.0, ge=0, description="Amber band of growth and relative targets, points.")
    band_hold_points: Number = Field(2.0, ge=0, description="Amber band of a held percentage, points.")
    band_hold_pct_of_target: Number = Field(2.0, ge=0, description="Amber band of a held level, % of T.")
    band_places: Number = Field(1.0, ge=0, description="Amber band of a rank, places.")
    tolerance_points: Number = Field(0.2, ge=0, description="左右 for growth, relative and held percentages, points.")
    tolerance_pct_of_task: Number = Field(10.0, ge=0, description="左右 for paced kinds, % of E − b.")
    history_years: Annotated[int, BeforeValidator(no_flag)] = Field(
        3, ge=1, description="k: complete years the seasonal share is averaged over."
    )
    projection_min_share: Number = Field(0.05, ge=0, description="No projection below this share of the year.")
    make_up_years: Annotated[int, BeforeValidator(no_flag)] = Field(
        3, ge=1, description="Complete past years needed to say in how many of them such a gap was made up."
    )


class Indicator(Frozen):
    """A statistical indicator (统计指标) and the unit its levels are kept in."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    name_zh: Name
    name_en: Name
    base_unit: str = Field(description="Unit of its levels (亿元, 人, 家); ratios are kept in %.")
    aliases: tuple[str, ...] = Field((), description="Other names under which it is printed.")


class PlanHead(Frozen):
    """Which plan it is (the `plan:` of its file)."""

    id: str = Field(pattern=r"^[a-z0-9-]+$", description="Id of the plan.", examples=["baotou-2026"])
    year: Annotated[int, BeforeValidator(no_flag)] = Field(ge=YEARS[0], le=YEARS[1], description="Year of the plan.")
    area: str = Field(description="Area id that targets speak of unless they name another.")
    title: str = Field(description="Title and number of the document.")
    issued: date | None = Field(None, description="Day of issue.")
    edition_months: tuple[Annotated[int, Field(ge=1, le=12)], ...] = Field(
        tuple(range(2, 13)),
        description="Months that get an edition: without January, whose figures come with February's.",
    )


class Plan(PlanHead):
    """A year's plan: its targets in the plan's order, parts right behind their whole, and the thresholds they are judged by."""

    thresholds: Thresholds = Thresholds()
    targets: tuple[Target, ...]

    def on(self, day: date) -> Plan:
        """Return the plan as in force on a day: the same targets in the same order, each in its version of then."""
        dated = _dated(self)
        targets = list(self.targets) if dated else []
        for n in dated:
            targets[n] = targets[n].on(day)
        return self.with_targets(targets) if dated else self

    def with_targets(self, targets: Iterable[Target]) -> Plan:
        """Return the plan with other targets; this very plan where they are the very same ones."""
        given = tuple(targets)
        same = len(given) == len(self.targets) and all(map(is_, given, self.targets))
        return self if same else self.model_copy(update={"targets": given})

    @property
    def followed(self) -> frozenset[str]:
        """Return the indicators that the plan's targets are read in or compared with."""
        return _followed(self)

    @property
    def part_keys(self) -> frozenset[tuple[str, str]]:
        """Return (id, area) of the targets that are parts of another one."""
        return frozenset((t.id, part.area) for t in self.targets if t.parts for part in t.parts.areas)

    @property
    def commitments(self) -> tuple[Target, ...]:
        """Return the targets that stand in the plan itself, without the parts they were broken down into."""
        parts = self.part_keys
        return tuple(t for t in self.targets if t.parts or (t.id, t.area or self.area) not in parts)


@remembered
def _dated(plan: Plan) -> tuple[int, ...]:
    """Return the places of the targets that are not the same on every day."""
    return tuple(n for n, t in enumerate(plan.targets) if t.amendments or t.parts or t.withdrawn_from)


@remembered
def _followed(plan: Plan) -> frozenset[str]:
    return frozenset(t.indicator for t in plan.targets) | {t.reference.indicator for t in plan.targets if t.reference}
