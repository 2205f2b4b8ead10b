"""The words of plans, typed: what `words.yaml` and `phrases.yaml` of this package hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from pydantic import Field

from planwatch.model.base import Frozen
from planwatch.model.vocabulary import Comparator
from planwatch.yamlfile import load_model

HERE = Path(__file__).parent


class Words(Frozen):
    """What the figure finder knows (`words.yaml`)."""

    units: dict[str, tuple[str, ...]] = Field(description="Unit words by what they measure.")
    per: tuple[str, ...] = Field(description="What may stand after a slash.")
    after: dict[Comparator, tuple[str, ...]] = Field(description="Words behind a unit that bind the value.")
    before: dict[Comparator, tuple[str, ...]] = Field(description="Words before a number that bind the value.")
    no_before: tuple[str, ...] = Field(description="Words that only end like one of `before`: 签约40个.")
    more: tuple[str, ...] = Field(description="Between number and unit: 100余场.")
    magnitude_alone: tuple[str, ...] = Field(description="Words after which 千亿元 is a number.")
    doubling: dict[str, float] = Field(description="Words for doubling, as growth in %.")
    halves: tuple[str, ...] = Field(description="Words for half of something.")
    all: tuple[str, ...] = Field(description="Words for everything or nothing left.")
    in_step: str = Field(description="Pattern of 与经济增长同步.")
    no_figures: tuple[str, ...] = Field(description="Words with Chinese numerals that count nothing.")
    names: str = Field(description="Pattern of names with digits in them.")
    dates: str = Field(description="Pattern of dates and periods.")
    ordinals: str = Field(description="Pattern of 第十六届.")
    ranks: str = Field(description="Pattern of 前三 and 居全区第一.")
    one_counts: tuple[str, ...] = Field(description="Measure words before which 一 is a number.")
    digits_only: tuple[str, ...] = Field(description="Measure words that count only with Arabic digits.")


@cache
def words() -> Words:
    """Return the words of the figure finder."""
    return load_model(HERE / "words.yaml", Words)


@cache
def unit_class(unit: str) -> str:
    """Return what a printed unit measures: percent, points, times, incidence, money, amount, count, people, score, time, or "" (none)."""
    bare = unit.partition("/")[0] or unit
    magnitude = len(bare) - len(bare.lstrip("十百千万亿"))
    for n in range(magnitude + 1):  # 万千瓦 is 万 and 千瓦, 万人 is 万 and 人
        for name, listed in words().units.items():
            if bare[n:] in listed:
                return name
    return ""


def one_of(listed: Iterable[str]) -> str:
    """Return a pattern that matches any of the words, the longest first."""
    return "(?:" + "|".join(re.escape(word) for word in sorted(set(listed), key=lambda w: (-len(w), w))) + ")"


def by_word(listed: Mapping[Comparator, Iterable[str]]) -> dict[str, Comparator]:
    """Return comparator by word."""
    return {word: comparator for comparator, group in listed.items() for word in group}


class NoTarget(Frozen):
    """Contexts in which a figure is no commitment, as patterns."""

    before: tuple[str, ...]
    before_size: tuple[str, ...]
    before_count: tuple[str, ...]
    modifier: tuple[str, ...]
    size: tuple[str, ...]
    part: tuple[str, ...]
    frame: tuple[str, ...]
    condition: str
    grades: tuple[str, ...]
    review: str
    past: str


class Relations(Frozen):
    """How a plan says 高于全区平均 and 与经济增长同步, as patterns with named groups."""

    against: str
    in_step: str
    how: dict[str, Comparator]


class Tables(Frozen):
    """Headers of indicator tables, as patterns."""

    serial: tuple[str, ...]
    name: str
    value: str
    not_value: str


class Phrases(Frozen):
    """How plans word a commitment (`phrases.yaml`)."""

    directions: dict[str, tuple[str, ...]]
    list_sign: str
    no_verbs: tuple[str, ...]
    stock_verbs: tuple[str, ...]
    achieved: str
    per_unit: str
    to_forms: tuple[str, ...]
    flows: tuple[str, ...]
    stock_heads: tuple[str, ...]
    ratios: tuple[str, ...]
    intensities: tuple[str, ...]
    prices: tuple[str, ...]
    less_is_better: tuple[str, ...]
    level_nouns: tuple[str, ...]
    spans: tuple[str, ...]
    indices: tuple[str, ...]
    sums: tuple[str, ...]
    growth_nouns: tuple[str, ...]
    fillers: tuple[str, ...]
    leads: tuple[str, ...]
    no_target: NoTarget
    relations: Relations
    assigned: str
    bottom_lines: tuple[str, ...]
    milestones: tuple[str, ...]
    heads: tuple[str, ...]
    standing: tuple[str, ...]
    tables: Tables


@cache
def phrases() -> Phrases:
    """Return how plans word a commitment."""
    return load_model(HERE / "phrases.yaml", Phrases)
