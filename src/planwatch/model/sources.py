"""What a feeds file says besides its feeds: indicators without a source, and why growth is not the ratio of levels."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field

from planwatch.model.base import Frozen
from planwatch.model.feed import Id
from planwatch.model.target import Target


class NoSource(Frozen):
    """An indicator that no feed can carry, and why (无数据来源)."""

    indicator: Id
    reason_zh: str = Field(min_length=2, description="Why no reading is possible, as the dispatch table would say it.")
    reason_en: str = Field(min_length=2, description="The same in English.")


class GrowthCause(StrEnum):
    """Why published growth is not the ratio of published levels.

    `prices` growth at comparable prices, levels at current ones (可比价); `scope` the survey's units changed, growth is of the same
    units in both years (同口径); `base_revised` last year's level was revised since it was printed (基数修订).
    """

    PRICES = "prices"
    SCOPE = "scope"
    BASE_REVISED = "base_revised"


class GrowthBasis(Frozen):
    """What is known of how an indicator's growth is computed: information for whoever compares it with the levels."""

    indicator: Id
    cause: GrowthCause
    note_zh: str = ""
    note_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourceless:
    """A target that nobody reports on: `reason` is the stated one, else None, and then nothing explains it."""

    target: Target
    reason: NoSource | None


def sourceless(
    targets: Iterable[Target], carried: Collection[str], stated: Iterable[NoSource] = ()
) -> tuple[Sourceless, ...]:
    """Return the targets in force whose indicator, or whose reference's, no feed carries, in the given order.

    Args:
        targets: of a plan.
        carried: ids of the indicators that the feeds carry.
        stated: the reasons given.
    """
    reasons = {reason.indicator: reason for reason in stated}
    lacking = ((t, i) for t in targets if t.withdrawn_from is None for i in _read_by(t) if i not in carried)
    found = {t.id + (t.area or ""): Sourceless(target=t, reason=reasons.get(i)) for t, i in lacking}
    return tuple(found.values())


def _read_by(target: Target) -> tuple[str, ...]:
    return (target.indicator, *((target.reference.indicator,) if target.reference else ()))
