"""A draft of a plan's targets, from its text, for a person to finish: rules, no model and no network."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from planwatch.model.vocabulary import Kind
from planwatch.plan.document import Document, Section
from planwatch.plan.figures import Figure, find_figures
from planwatch.plan.grammar.clauses import Sentence, sentences_of
from planwatch.plan.grammar.contexts import is_review, past_until
from planwatch.plan.grammar.reading import Reading
from planwatch.plan.grammar.sentence import Drafted, drafted_in
from planwatch.plan.tables import table_spans, targets_in_tables, with_units

HIGH, MEDIUM, LOW = "high", "medium", "low"


@dataclass(frozen=True, slots=True)
class DraftTarget:
    """A target as drafted. `id` counts within its section; `confidence` is high, medium or low, `doubts` say why it is not high.

    `start` and `end` are the phrase's place, `figure` the figure it was made of, in the section's text (its heading first).
    """

    id: str
    section: str
    phrase: str
    reading: Reading
    confidence: str
    doubts: tuple[str, ...]
    start: int
    end: int
    figure: Figure | None


def draft(document: Document, year: int | None = None) -> list[DraftTarget]:
    """Return the targets that a plan's text commits to, in its order, at most one for each commitment (DOMAIN §2).

    Args:
        document: the plan.
        year: the plan's year; left out it is taken from the title or the text. Sections and sentences that look back are left out.
    """
    year = year or plan_year(document)
    titles: dict[str, str] = {section.id: section.title for section in document.sections}
    drafts: list[DraftTarget] = []
    used: Counter[str] = Counter()
    for section in document.sections:
        if not is_review([titles.get(part, "") for part in _ancestors(section.id)], year):
            drafts += _section_drafts(section, year, used)
    return drafts


def plan_year(document: Document) -> int | None:
    """Return the year a plan is for: the latest of its title, else the one its text speaks of most, of several the latest."""
    years = re.findall(r"(20\d\d)年", document.title)
    if not years:
        spoken = Counter(y for s in document.sections for y in re.findall(r"(20\d\d)年", s.text))
        years = [year for year, times in spoken.items() if times == max(spoken.values())]
    return int(max(years)) if years else None


def _ancestors(section: str) -> list[str]:
    bare = section.partition("[")[0].split(".")
    return [section, *(".".join(bare[:n]) for n in range(len(bare), 0, -1))]


def _section_drafts(section: Section, year: int | None, used: Counter[str]) -> Iterator[DraftTarget]:
    text = "\n".join(part for part in (section.title, section.text) if part)
    figures = with_units(find_figures(text), text)
    prefix = "s" + re.sub(r"[^0-9]+", "_", section.id.partition("[")[0]).strip("_")
    for found in _found(text, figures, year):
        used[prefix] += 1
        doubts = found.reading.doubts
        phrase = text[found.start : found.end].strip("、，和及与 \n")
        confidence = _confidence(found.reading, doubts)
        yield DraftTarget(
            f"{prefix}_{used[prefix]:02d}",
            section.id,
            phrase,
            found.reading,
            confidence,
            doubts,
            found.start,
            found.end,
            found.figure,
        )


def _found(text: str, figures: Sequence[Figure], year: int | None) -> Iterator[Drafted]:
    """Yield the targets of a section's text in its order: of its sentences, and of its indicator tables."""
    rows = table_spans(text, year)
    tabled = list(targets_in_tables(text, figures, year))
    found: list[Drafted] = []
    goes_on = False
    for sentence in sentences_of(text):
        past = past_until(sentence, year, goes_on=goes_on)
        goes_on = past == len(sentence.text) and sentence.text.rstrip().endswith(("；", ";"))
        if not (rows and _overlaps(rows, sentence)):
            found += drafted_in(sentence, _inside(figures, sentence), text, year, past)
    yield from sorted([*found, *tabled], key=lambda one: one.start) if tabled else found


def _overlaps(rows: Sequence[tuple[int, int]], sentence: Sentence) -> bool:
    return any(start < sentence.start + len(sentence.text) and sentence.start < end for start, end in rows)


def _inside(figures: Sequence[Figure], sentence: Sentence) -> list[Figure]:
    first = bisect_left(figures, sentence.start, key=lambda f: f.core_start)
    last = bisect_left(figures, sentence.start + len(sentence.text), key=lambda f: f.core_start)
    return list(figures[first:last])


def _confidence(reading: Reading, doubts: tuple[str, ...]) -> str:
    if reading.kind is Kind.MILESTONE or reading.inferred or not reading.name:
        return LOW
    return MEDIUM if doubts else HIGH
