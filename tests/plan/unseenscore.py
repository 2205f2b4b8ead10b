"""How well a draft reads sentences whose truth is written down: figures, kinds and names, each counted by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from planwatch.model.vocabulary import Kind
from planwatch.plan.document import Document, Section
from planwatch.plan.draft import DraftTarget, draft

UNWORDED = (Kind.RELATIVE, Kind.ASSIGNED, Kind.BOTTOM_LINE)


@dataclass(frozen=True)
class Truth:
    """A target as a person reads it."""

    name: str
    kinds: tuple[str, ...]
    figure: tuple[str, float | None, float | None, str]

    @classmethod
    def of(cls, text: str) -> Truth:
        name, _, rest = text.rpartition(": ")
        kinds, comparator, value, unit = rest.split()
        low, _, high = value.partition("~")
        figure = (comparator, _number(low), _number(high), "" if unit == "-" else unit)
        return cls(name, tuple(kind for part in kinds.split("/") for kind in [part]), figure)


@dataclass
class Score:
    """What was found of a set, and what is wrong, sentence by sentence."""

    wanted: int = 0
    drafted: int = 0
    found: int = 0
    kinds: int = 0
    names: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.found / self.wanted

    @property
    def precision(self) -> float:
        return self.found / self.drafted

    def __str__(self) -> str:
        return (
            f"{self.found} of {self.wanted} found ({self.recall:.1%}), {self.drafted - self.found} of {self.drafted} false "
            f"({1 - self.precision:.1%}), kind right {self.kinds}, name right {self.names}"
        )


def score(sentences: Iterable[tuple[str, str]]) -> Score:
    """Return how well the draft reads the sentences, each by itself as a line of a 2026 plan."""
    total = Score()
    for sentence, truth in sentences:
        document = Document("plan.txt", "2026年计划", (Section("1", "", f"{sentence.rstrip('。')}。"),))
        _add(total, sentence, [Truth.of(one) for one in truth.split(" | ") if one], _checkable(draft(document)))
    return total


def _add(total: Score, sentence: str, wanted: list[Truth], drafts: list[DraftTarget]) -> None:
    left, missed = list(drafts), []
    total.wanted += len(wanted)
    total.drafted += len(drafts)
    for truth in wanted:
        same = [d for d in left if _figure(d) == truth.figure]
        best = max(
            same, key=lambda d: (truth.name in d.reading.name, d.reading.kind.value in truth.kinds), default=None
        )
        if best is None:
            missed.append(truth)
            continue
        left.remove(best)
        total.found += 1
        right = (best.reading.kind.value in truth.kinds, truth.name in best.reading.name)
        total.kinds += right[0]
        total.names += right[1]
        if not all(right):
            total.wrong.append(f"READ   {sentence}: {truth} as {best.reading.kind.value} of {best.reading.name}")
    total.wrong += [f"MISSED {sentence}: {one}" for one in missed]
    total.wrong += [f"FALSE  {sentence}: {one.reading.kind.value} {_figure(one)} {one.reading.name}" for one in left]


def _checkable(drafts: Iterable[DraftTarget]) -> list[DraftTarget]:
    return [d for d in drafts if d.reading.kind in UNWORDED or (d.reading.value is not None and not d.reading.inferred)]


def _figure(one: DraftTarget) -> tuple[str, float | None, float | None, str]:
    reading = one.reading
    return reading.comparator.value, reading.value, reading.value_high, reading.unit


def _number(text: str) -> float | None:
    return None if text in ("", "-") else float(text)
