"""The audit of a plan: every figure of its text against its targets, and every target against the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from planwatch.model.target import Plan, Target
from planwatch.plan.agreement import disagreement, prints, said_of_each
from planwatch.plan.document import Document
from planwatch.plan.figures import Figure, Form
from planwatch.plan.nottargets import NotTarget
from planwatch.plan.passages import Passage, is_within, passages_of, sections_named


class State(StrEnum):
    """What is known of a figure."""

    COVERED = "covered"
    EXCLUDED = "excluded"
    UNCOVERED = "uncovered"
    DISAGREEING = "disagreeing"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person must mend. `code` is stable; `subject` a target's id, or "" for a figure or an excluded phrase."""

    code: str
    section: str
    subject: str
    phrase: str
    message: str
    mend: str


@dataclass(slots=True)
class Mark:
    """A figure of the text, with its state, the ids of the targets that cover it, and the reason where it is no target."""

    passage: Passage
    figure: Figure
    state: State = State.UNCOVERED
    targets: list[str] = field(default_factory=list)
    reason: str = ""

    @property
    def context(self) -> str:
        """Return the figure with a few words before and behind it."""
        start, end = max(0, self.figure.start - 12), min(len(self.passage.text), self.figure.end + 10)
        return self.passage.text[start:end].replace("\n", " ")


@dataclass(frozen=True, slots=True)
class Standing:
    """A target in the text: where its phrase stands, and whether value, unit and comparator agree with the print."""

    target: Target
    place: str
    stands: bool
    agrees: bool


@dataclass(frozen=True, slots=True)
class Audit:
    """The whole comparison. It is clean where `findings` is empty."""

    document: Document
    plan: Plan
    marks: tuple[Mark, ...]
    standings: tuple[Standing, ...]
    findings: tuple[Finding, ...]

    def count(self, state: State) -> int:
        """Return how many figures are in a state."""
        return sum(mark.state is state for mark in self.marks)


Place = tuple[Passage, int, int]


def audit(document: Document, plan: Plan, not_targets: Sequence[NotTarget] = ()) -> Audit:
    """Compare a plan's text with its targets, both ways (DOMAIN §2).

    A figure is covered where it stands in the phrase of a target that prints it: in the phrase but with another number is not
    enough, and a list `6%、6%、7%` needs a target for each. Dates and document numbers need nobody.
    """
    auditor = _Auditor(document, plan)
    standings = tuple(auditor.stand(target) for target in _most_bound_first(auditor, plan.commitments))
    auditor.said_again()
    for entry in not_targets:
        auditor.exclude(entry)
    auditor.dates()
    order = {target.id: n for n, target in enumerate(plan.commitments)}
    ordered = tuple(sorted(standings, key=lambda s: order[s.target.id]))
    return Audit(
        document,
        plan,
        tuple(auditor.marks),
        ordered,
        tuple([*auditor.findings, *auditor.partly(), *auditor.uncovered()]),
    )


def _most_bound_first(auditor: _Auditor, targets: Sequence[Target]) -> list[Target]:
    """Return the targets with the fewest figures to choose from first, so that none takes another's only one."""
    return sorted(targets, key=lambda target: len(auditor.candidates(target)))


class _Auditor:
    """Holds the marks while targets and exclusions claim them."""

    def __init__(self, document: Document, plan: Plan) -> None:
        self.plan = plan
        self.passages = passages_of(document)
        self.marks = [Mark(passage, figure) for passage in self.passages for figure in passage.figures]
        self.findings: list[Finding] = []

    def places(self, target: Target) -> list[Place]:
        """Return where the target's phrase stands in its sections."""
        wanted = list(sections_named(target.section))
        inside = self._find(target.phrase, lambda section: any(is_within(section, one) for one in wanted))
        if inside or any(p.section in wanted for p in self.passages):
            return inside
        wider = [one.partition("[")[0] for one in wanted]
        return self._find(target.phrase, lambda section: section in wider)

    def _find(self, phrase: str, takes: Callable[[str], bool]) -> list[Place]:
        return [(p, *span) for p in self.passages if takes(p.section) for span in p.find(phrase)]

    def within(self, places: Sequence[Place]) -> list[Mark]:
        """Return the figures that stand in a phrase, in part at least."""
        return [
            m
            for m in self.marks
            for p, start, end in places
            if m.passage is p and m.figure.core_start < end and m.figure.core_end > start
        ]

    def candidates(self, target: Target) -> list[Mark]:
        """Return the figures of the target's phrase that print its value."""
        return [mark for mark in self.within(self.places(target)) if prints(mark.figure, target)]

    def stand(self, target: Target) -> Standing:
        """Look a target up in the text and claim its figure."""
        places = self.places(target)
        if not places:
            self._not_there(target)
            return Standing(target, "", False, False)
        inside = self.within(places)
        said = disagreement(
            target,
            [m.figure for m in inside],
            places[0][0].text[places[0][1] - 40 if places[0][1] > 40 else 0 : places[0][2]],
        )
        claimed = self._claim(target, inside)
        if said:
            self._disagree(target, places[0][0].section, said, [claimed] if claimed else inside)
        return Standing(target, places[0][0].section, True, not said)

    def _claim(self, target: Target, inside: Sequence[Mark]) -> Mark | None:
        fitting = [mark for mark in inside if prints(mark.figure, target)]
        free = [mark for mark in fitting if not mark.targets] or fitting
        for mark in free[:1] if target.value is not None and not target.value_inferred else free:
            mark.targets.append(target.id)
            mark.state = mark.state if mark.state is State.DISAGREEING else State.COVERED
        return free[0] if free else None

    def _disagree(self, target: Target, section: str, said: tuple[str, str], marks: Sequence[Mark]) -> None:
        code, message = said
        mend = "correct the target, or its phrase, after the plan's text"
        self.findings.append(Finding(code, section, target.id, target.phrase, message, mend))
        for mark in marks:
            if target.id in mark.targets or not mark.targets:
                mark.state = State.DISAGREEING
                mark.targets = list(dict.fromkeys([*mark.targets, target.id]))
                mark.reason = message

    def _not_there(self, target: Target) -> None:
        elsewhere = (
            sorted({p.section for p, _, _ in self._find(target.phrase, lambda _: True)}) if target.phrase else []
        )
        known = any(p.section == one for p in self.passages for one in sections_named(target.section))
        message = (
            "the phrase does not stand in its section" if known else f"the document has no section {target.section!r}"
        )
        mend = f"it stands in {', '.join(elsewhere)}" if elsewhere else "copy the phrase as printed"
        self.findings.append(Finding("phrase_not_found", target.section, target.id, target.phrase, message, mend))

    def said_again(self) -> None:
        """Cover the figures of phrases that the plan prints a second time, word for word."""
        for target in self.plan.commitments:
            for mark in self.within(self._find(target.phrase, lambda _: True)) if target.phrase else []:
                if mark.state is State.UNCOVERED and prints(mark.figure, target) and self._elsewhere(mark, target):
                    mark.state, mark.targets, mark.reason = State.COVERED, [target.id], "said again"

    def _elsewhere(self, mark: Mark, target: Target) -> bool:
        """Return whether the mark stands in another occurrence of the phrase than the one that was claimed."""
        spans = [
            (p, s, e)
            for p, s, e in self._find(target.phrase, lambda _: True)
            if p is mark.passage and s <= mark.figure.core_start < e
        ]
        return all(target.id not in other.targets for other in self.within(spans))

    def exclude(self, entry: NotTarget) -> None:
        """Mark the figures of a phrase that is no target."""

        def takes(section: str) -> bool:
            return not entry.section or is_within(section, entry.section)

        if entry.phrase:
            places = self._find(entry.phrase, takes)
        else:
            places = [(p, 0, len(p.text)) for p in self.passages if takes(p.section)]
        marks = self.within(places)
        for mark in marks:
            if mark.state is State.UNCOVERED:
                mark.state, mark.reason = State.EXCLUDED, entry.reason
        self._idle(entry, places, marks)

    def _idle(self, entry: NotTarget, places: Sequence[Place], marks: Sequence[Mark]) -> None:
        if not places:
            code, message = "exclusion_not_found", "the phrase that is no target does not stand in its section"
            self.findings.append(
                Finding(code, entry.section, "", entry.phrase, message, "copy it as printed, or take it out")
            )
        elif marks and all(mark.targets for mark in marks):
            ids = ", ".join(dict.fromkeys(id_ for mark in marks for id_ in mark.targets))
            message = f"it is listed as no target, yet covered by {ids}"
            self.findings.append(
                Finding("excluded_target", entry.section, "", entry.phrase, message, "keep the one or the other")
            )

    def dates(self) -> None:
        """Excuse dates, and numbers of documents."""
        for mark in self.marks:
            if mark.state is State.UNCOVERED and mark.figure.form is Form.DATE:
                mark.state, mark.reason = State.EXCLUDED, "a date, or the number of a document"

    def partly(self) -> list[Finding]:
        """Return a finding for every figure that is said of several things (A和B均提高5个百分点) and has fewer targets."""
        found = []
        for mark in self.marks:
            items = said_of_each(mark.passage.text[: mark.figure.core_start]) if mark.targets else []
            if len(mark.targets) < len(items) and mark.state is State.COVERED and not mark.reason:
                message = f"it is said of {' and '.join(items)}, and only {', '.join(mark.targets)} covers it"
                mend = "add a target for each of them"
                found.append(Finding("partly_covered", mark.passage.section, "", mark.context, message, mend))
        return found

    def uncovered(self) -> list[Finding]:
        """Return a finding for every figure that nobody claims."""
        message, mend = "no target covers the figure", "add a target, or list it as no target with the reason"
        return [
            Finding("uncovered", mark.passage.section, "", mark.context, message, mend)
            for mark in self.marks
            if mark.state is State.UNCOVERED
        ]
