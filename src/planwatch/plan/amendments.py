"""What must be right of a target's amendments: their days, what they change, and the target they make."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

from planwatch.model.amendment import Amendment
from planwatch.model.target import Target, incoherences
from planwatch.plan.checks import Complaint

Look = Callable[[Target], list[Complaint]]
"""What is wrong with one version of a target."""

_NOT_ASKED_AGAIN = ("reach_met",)
"""A target may well be lowered to what is already there; it is judged as held then."""


def amendment_complaints(target: Target, year: int | None, look: Look) -> list[Complaint]:
    """Return what is wrong with a target's amendments, each at its own key.

    Args:
        target: as the plan has it.
        year: the plan's, None where that is not known.
        look: what is wrong with one version; only what an amendment brings about is complained of here.
    """
    if target.withdrawn_from and any(amendment.withdrawn for amendment in target.amendments):
        message, mend = "an amendment withdraws the target as well", "keep the amendment, which names its source"
        return [Complaint("withdrawn_twice", "withdrawn_from", message, str(target.withdrawn_from), mend=mend)]
    return [*day_complaints(target.amendments, year), *_withdrawals(target), *version_complaints(target, look)]


def day_complaints(amendments: Sequence[Amendment], year: int | None) -> list[Complaint]:
    """Return what is wrong with the days of a list of amendments: not of the plan's year, not in order, a day twice."""
    found = []
    for n, amendment in enumerate(amendments):
        if year is not None and amendment.since.year != year:
            message = "the day is not of the plan's year"
            found.append(_day("amendment_year", n, amendment, message, mend=f"write a day of {year}"))
    for n, (before, after) in enumerate(pairwise(amendments), start=1):
        if after.since == before.since:
            message = "the day has an amendment already"
            found.append(_day("amendment_twice", n, after, message, mend="write all that changes on a day as one"))
        elif after.since < before.since:
            message = f"it stands behind one that holds from {before.since}"
            found.append(_day("amendment_order", n, after, message, mend="sort them by day"))
    return found


def _day(code: str, n: int, amendment: Amendment, message: str, *, mend: str) -> Complaint:
    return Complaint(code, f"amendments.{n}.from", message, str(amendment.since), mend=mend)


def _withdrawals(target: Target) -> Iterator[Complaint]:
    """Yield the amendments that change something of a target that was dropped by then."""
    gone: date | None = target.withdrawn_from
    for n, amendment in enumerate(target.amendments):
        if gone and amendment.since > gone and "withdrawn" not in amendment.given:
            mend = "write withdrawn: false with it if the target was taken up again"
            yield _day("withdrawn", n, amendment, f"the target is withdrawn from {gone}", mend=mend)
        elif "withdrawn" in amendment.given:
            gone = amendment.since if amendment.withdrawn else None


def version_complaints(target: Target, look: Look) -> Iterator[Complaint]:
    """Yield amendments that change nothing, and what is wrong with a version that was not wrong with the one before."""
    before = target.model_copy(update={"amendments": (), "parts": None})
    for n, amendment in enumerate(target.amendments):
        after = before.model_copy(update=amendment.changes())
        if _same(before, amendment):
            yield Complaint(
                "amendment_empty", f"amendments.{n}", "it changes nothing", mend="say what changes, or take it out"
            )
        found = _brought_about(before, after, look)
        yield from (replace(c, key=f"amendments.{n}.{c.key}") for c in found)
        if incoherences(after):
            return
        before = after


def _same(before: Target, amendment: Amendment) -> bool:
    given, changes = amendment.given, amendment.changes()
    withdrawn = given.pop("withdrawn", None)
    held = withdrawn is None or withdrawn == (before.withdrawn_from is not None)
    return held and all(changes[key] == getattr(before, key) for key in given)


def _brought_about(before: Target, after: Target, look: Look) -> list[Complaint]:
    if torn := incoherence_complaints(after):
        return torn
    known = look(before)
    return [c for c in look(after) if c not in known and c.code not in _NOT_ASKED_AGAIN]


def incoherence_complaints(target: Target) -> list[Complaint]:
    """Return the combinations of keys that could never be measured, as complaints."""
    said = (line.partition(": ") for line in incoherences(target))
    return [Complaint("incoherent", key, message) for key, _, message in said]
