"""Commitments without a number: relations, tasks handed down, bottom lines, and deliverables with a name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from planwatch.model.vocabulary import Comparator, Kind, Tier
from planwatch.plan.grammar.clauses import name_of, wording_of
from planwatch.plan.grammar.lexicon import phrases
from planwatch.plan.grammar.reading import Reading, ranked_name

Found = tuple[int, int, Reading]
"""Start and end in the clause, and what stands there."""


def relation_in(clause: str) -> Found | None:
    """Return what a clause says of two quantities (增速高于全区平均水平, 与经济增长同步), None where it says nothing."""
    rules = phrases().relations
    step = re.search(rules.in_step, clause)
    if step:
        against = step["what"] or "经济增长"
        subject = _subject(clause[: step.start()])
        doubts = () if step["what"] else ("the sentence does not say with what",)
        return (
            0,
            step.end(),
            Reading(
                Kind.RELATIVE,
                Comparator.ABOUT,
                subject,
                unit="百分点",
                against=against,
                doubts=doubts,
                direction=0 if step["alike"] else None,
            ),
        )
    found = re.search(rules.against, clause)
    if found is None:
        return None
    margin = re.match(r"(\d+(?:\.\d+)?)个?百分点", clause[found.end() :])
    start = _own_start(clause[: found.start()])
    compared = re.search("增速|增幅|增长|平均|均值|水平", clause[start : found.start()])
    if not (found["tail"] or margin or compared):
        return None
    against = found["what"] + (found["tail"] or "")
    end = found.end() + (margin.end() if margin else 0)
    reading = Reading(
        Kind.RELATIVE,
        rules.how[found["how"]],
        _subject(clause[start : found.start()]),
        unit="百分点",
        margin=float(margin[1]) if margin else 0.0,
        against=against,
    )
    return start, end, reading


def _own_start(head: str) -> int:
    """Return where the words of a relation start: behind the last list sign after a figure (增长7%左右、高于全省)."""
    return head.rfind("、") + 1 if re.search(r"\d[^、]*、[^、]*$", head) else 0


def _subject(text: str) -> str:
    return name_of(wording_of(text).subject) or name_of(text)


def wordless_in(clause: str) -> Iterator[Found]:
    """Yield the other commitments of a clause without a number, the firmest reading first."""
    for finder in (_assigned, _bottom_line, _standing, _milestone):
        found = finder(clause)
        if found is not None:
            yield found
            return


def _assigned(clause: str) -> Found | None:
    found = re.search(phrases().assigned, clause)
    if found is None:
        return None
    subject = name_of(found["task"] or "") or name_of(clause[: found.start()]) or name_of(found["what"] or "")
    doubts = () if found["who"] else ("whose task it is, the sentence does not say",)
    return 0, found.end(), Reading(Kind.ASSIGNED, Comparator.GE, subject, tier=Tier.ASSIGNED, doubts=doubts)


def _bottom_line(clause: str) -> Found | None:
    for pattern in phrases().bottom_lines:
        found = re.search(pattern, clause)
        if found:
            return found.start(), found.end(), Reading(Kind.BOTTOM_LINE, Comparator.EQ, name_of(found[0]))
    return None


def _standing(clause: str) -> Found | None:
    """Return a place without a number (保持全区领先), read as the first; 前列 as the third."""
    word = next((w for w in phrases().standing if w in clause), "")
    place = clause.find(word)
    if not word or not re.search("保持|居|位|列|进入|跻身|继续", clause[max(0, place - 8) : place]):
        return None
    value = 3.0 if "前列" in word or "第一" in word else 1.0
    doubts = (f"{word} prints no number: read as place {value:g}",)
    subject = ranked_name(clause[:place])
    return (
        0,
        place + len(word),
        Reading(Kind.RANK, Comparator.RANK_LE, subject, value, unit="位", inferred=True, doubts=doubts),
    )


def _milestone(clause: str) -> Found | None:
    for pattern in phrases().milestones:
        found = re.search(pattern, clause)
        if found:
            doubts = ("a deliverable without a number: is it checkable?",)
            return found.start(), found.end(), Reading(Kind.MILESTONE, Comparator.GE, name_of(found[0]), doubts=doubts)
    return None
