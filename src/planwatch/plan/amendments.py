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
    return [*day_complaints(target.amendments, year), *_withdrawals(target), *version_complaints(target, look)]


def day_complaints(amendments: Sequence[Amendment], year: int | None) -> list[Complaint]:
    """Return what is wrong with the days of a list of amendments: not of the plan's year, not in order, a day twice."""
    found = []
    for n, amendment in enumerate(amendments):
        if year is not None and amendment.since.year != year:
            found.append(_day("amendment_year", n, "the day is not of the plan's year", amendment, f"a day of {year}"))
    for n, (before, after) in enumerate(pairwise(amendments), start=1):
        if after.since == before.since:
            mend = "write all that changes on one day as one amendment"
            found.append(_day("amendment_twice", n, "the day has an amendment already", after, "another day", mend))
        elif after.since < before.since:
            expected = f"a day after {before.since}"
            found.append(
                _day("amendment_order", n, "it stands behind a later one", after, expected, "sort them by day")
            )
    return found


def _day(code: str, n: int, message: str, amendment: Amendment, expected: str, mend: str | None = None) -> Complaint:
    return Complaint(code, f"amendments.{n}.from", message, str(amendment.since), expected, mend)


def _withdrawals(target: Target) -> Iterator[Complaint]:
    """Yield what is wrong with dropping a target: said twice over, or something changed of one that was dropped."""
    gone: date | None = target.withdrawn_from
    if gone and any(amendment.withdrawn for amendment in target.amendments):
        yield Complaint(
            "withdrawn_twice", "withdrawn_from", "an amendment withdraws the target as well", str(gone),
            mend="keep the amendment, which names its source",
        )  # fmt: skip
        return
    for n, amendment in enumerate(target.amendments):
        if gone and amendment.since > gone and "withdrawn" not in amendment.given:
            mend = "write withdrawn: false with it if the target was taken up again"
            yield _day("withdrawn", n, f"the target is withdrawn from {gone}", amendment, f"a day before {gone}", mend)
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
