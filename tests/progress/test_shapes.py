"""Sentences worded by shape are the sentences worded one by one, whatever meets in a verdict."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from planwatch.model.target import Reference, Target
from planwatch.model.vocabulary import Comparator, Kind, NoProjection, Pace, ProjectionMethod, ReadingState, Status
from planwatch.progress.chinese import Chinese
from planwatch.progress.english import English
from planwatch.progress.shapes import Figure, Slot, Told, sentences
from planwatch.progress.status import BASELINE_UNKNOWN, NEVER_ASSIGNED, NO_READING, NO_SOURCE, REFERENCE_MISSING

ROWS = 1500
FIGURES = [
    np.nan,
    0.0,
    1.0,
    -1.0,
    0.04,
    0.004,
    0.0001,
    -0.0001,
    -0.96,
    2.5,
    50.0,
    99.96,
    100.0,
    -3.25,
    1234.5,
    36_000.0,
    19_080.25,
    2e9,
]
KINDS = [k for k in Kind if k is not Kind.ASSIGNED]
COMPARATORS = [c for c in Comparator if c is not Comparator.RANK_LE]
CODES = [BASELINE_UNKNOWN, NEVER_ASSIGNED, NO_SOURCE, REFERENCE_MISSING, NO_READING]
SPEAKS = {"status": "on_track", "reason_code": None, "month": 6}
CAPPED = SPEAKS | {"kind": "cumulative", "direction": -1, "paced": True, "expected": 50.0}
CASES = [
    (("actual", "target_value"), CAPPED), (("expected", "target_value"), CAPPED | {"actual": 2e9}),
    (("expected", "target_value"), SPEAKS | {"kind": "hold"}), (("projection_low", "projection_high"), SPEAKS),
    (("projection", "projection_high"), SPEAKS), (("progress_pct", "actual"), SPEAKS | {"kind": "cumulative"}),
    (("variance", "gap_pp"), SPEAKS), (("required_amount", "required_growth_pct"), SPEAKS), (("targets", "direction"), SPEAKS),
    (("targets", "due", "actual"), {"kind": "milestone", "status": "at_risk", "reason_code": None, "month": 6}),
    (("projection_years", "make_up_n"), SPEAKS), (("status",), {}),
    (("target_value",), SPEAKS | {"kind": "cumulative", "unit": "亿元"}),
    (("variance",), SPEAKS | {"kind": "rank", "unit": "万人"}),
    (("actual", "variance"), SPEAKS | {"kind": "bottom_line", "unit": "万人", "target_value": np.nan, "decimals": 3}),
    (("actual", "variance"), SPEAKS | {"kind": "cumulative", "unit": "万人", "target_value": 3.6, "decimals": 3}),
]  # fmt: skip
"""Columns that are looked at together, and verdicts that speak of them."""
TOGETHER = [
    {"status", "reason_code"}, {"kind", "targets"}, {"make_up_years", "make_up_n"},
    {"projection_method", "projection_years", "projection_lacking", "projection_low", "projection_high"},
]  # fmt: skip
"""Columns of which one says what the others may be."""
NAMES = ["指标", "100%达标率", "{0}", "坏\n名", "%s"]


def a_target(dice: np.random.Generator, kind: Kind) -> Target:
    named = {"name_zh": str(dice.choice(["", *NAMES])), "name_en": str(dice.choice(["", "50% of it"]))}
    reference = Reference.model_construct(indicator="other", **named) if dice.random() < 0.7 else None
    amended = (SimpleNamespace(since=date(2026, 5, 1)),) if dice.random() < 0.1 else ()
    return Target.model_construct(
        id="t", indicator="indicator", name_zh=str(dice.choice(NAMES)), name_en=[None, "Name", "50% of it"][dice.integers(3)],
        kind=kind, comparator=Comparator.RANK_LE if kind is Kind.RANK else dice.choice(COMPARATORS), pace=dice.choice(list(Pace)),
        margin=[None, 0.0, 1.0, -0.5][dice.integers(4)], start_by=[None, date(2026, 3, 31)][dice.integers(2)], amendments=amended,
        reference=reference,
    )  # fmt: skip


def told(seed: int, rows: int = ROWS) -> Told:
    """Return verdicts in which anything may meet anything, of few kinds, so that many share a shape."""
    dice = np.random.default_rng(seed)

    def some(*given: object) -> list[object]:
        return [given[n] for n in dice.integers(len(given), size=rows)]

    def figures() -> list[object]:
        return [
            float(f) for f in np.where(dice.random(rows) < 0.5, dice.choice(FIGURES, rows), dice.normal(0, 300, rows))
        ]

    kinds = some(*dice.choice(np.array(KINDS, dtype=object), 3))
    statuses = some(*dice.choice(np.array(list(Status), dtype=object), 4), Status.ON_TRACK, Status.OFF_TRACK)
    names = (
        "actual", "expected", "variance", "progress_pct", "gap_pp", "reference_actual", "required_amount",
        "required_growth_pct", "projection", "projection_low", "projection_high",
    )  # fmt: skip
    methods = some(None, *(m.value for m in ProjectionMethod if m is not ProjectionMethod.CLOSED))
    lacking = some(*(n.value for n in NoProjection))
    made_up = some(None, 0, 1, 3)
    spoken = {name: figures() for name in names} | {
        "unit": some("%", "人", "万人", "亿元", "万美元", "个百分点", ""), "period": ["2026-06"] * rows, "status": [s.value for s in statuses],
        "reason_code": [CODES[n] if s is Status.NOT_ASSESSABLE else None for s, n in zip(statuses, dice.integers(len(CODES), size=rows), strict=True)],
        "projection_method": methods, "projection_years": [n if m else None for n, m in zip(some(1, 2, 3), methods, strict=True)],
        "projection_lacking": [None if m else n for n, m in zip(lacking, methods, strict=True)],
        "make_up_years": made_up, "make_up_n": [None if m is None else n for n, m in zip(some(3, 4), made_up, strict=True)],
        "reading_state": some(*(s.value for s in ReadingState)), "provisional": some(True, False),
    }  # fmt: skip
    same = dice.random(rows) < 0.2
    spoken["projection_high"] = np.where(same, spoken["projection_low"], spoken["projection_high"]).tolist()
    without_band = [m == ProjectionMethod.CUSTOM_SHARE for m in methods]
    spoken["projection_low"] = np.where(without_band, np.nan, spoken["projection_low"]).tolist()
    facts = {
        "kind": np.array([k.value for k in kinds]), "month": np.array(some(0, 1, 6, 12)), "target_value": np.array(figures()),
        "baseline": np.array(figures()), "decimals": np.array(some(0, 1, 6)), "direction": np.array(some(-1, 0, 1)),
        "due": np.array(some(date(2026, 6, 30), date(2026, 12, 31), date(2027, 3, 1)), dtype="datetime64[D]"),
    } | {
        name: np.array(some(False, False, False, True)) for name in ("paced", "held", "fell_back", "held_back", "reference_waits")
    }  # fmt: skip
    facts["target_value"] = np.where(dice.random(rows) < 0.2, spoken["expected"], facts["target_value"])
    return Told(
        targets=[a_target(dice, k) for k in kinds], facts=facts, spoken=spoken, breaches=some((), (), (), (2, 5))
    )  # type: ignore[arg-type]


def alike_but_for(verdicts: Told, seed: int) -> Told:
    """Return verdicts that are all the first one but for a few columns, so that they share their shapes if they may."""
    dice = np.random.default_rng(seed)
    names = [*verdicts.facts, *verdicts.spoken, "targets", "breaches"]
    together, given = CASES[seed % len(CASES)]
    varied = {*dice.choice(names, seed % 3, replace=False).tolist(), *together}
    varied |= {name for group in TOGETHER if varied & group for name in group}

    def kept(name: str, column: list[object]) -> list[object]:
        return column if name in varied - given.keys() else [given.get(name, column[0])] * len(column)

    return Told(
        targets=kept("targets", verdicts.targets), breaches=kept("breaches", verdicts.breaches),
        facts={n: np.array(kept(n, list(c)), dtype=None if c.dtype.kind == "U" else c.dtype) for n, c in verdicts.facts.items()},
        spoken={n: kept(n, c) for n, c in verdicts.spoken.items()},
    )  # type: ignore[arg-type]  # fmt: skip


def one_by_one(verdicts: Told) -> list[tuple[str, str]]:
    rows = [verdicts.row(n) for n in range(len(verdicts.targets))]
    return [(Chinese(row).sentence(), English(row).sentence()) for row in rows]


@pytest.mark.parametrize("seed", range(4))
def test_they_are_the_sentences_worded_one_by_one(seed):
    verdicts = told(seed)
    expected = one_by_one(verdicts)
    assert list(zip(*sentences(verdicts), strict=True)) == expected
    assert len(set(expected)) > ROWS / 3


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_shared_shapes_are_filled_with_each_verdicts_own(seed):
    for n in range(seed * 18, seed * 18 + 18):
        verdicts = alike_but_for(told(n, 120), n)
        assert list(zip(*sentences(verdicts), strict=True)) == one_by_one(verdicts), n


def test_no_verdicts_have_no_sentences():
    whole = told(0)
    nothing = Told(
        targets=[], facts={name: column[:0] for name, column in whole.facts.items()},
        spoken={name: [] for name in whole.spoken}, breaches=[],
    )  # fmt: skip
    assert sentences(nothing) == ([], [])


def test_a_slot_is_found_again_from_what_stands_in_for_it():
    for slot in (Slot("actual", "abs", 1), Slot("name_zh"), Slot("target_value", "neg", moved=-1)):
        assert Slot.parse(str(slot)[1:-1]) == slot


def test_a_figure_keeps_its_column_through_its_sign_and_refuses_to_lose_it():
    size = abs(-Figure.of(2.5, "variance"))
    assert (size, size.name, size.turned) == (2.5, "variance", "abs")
    with pytest.raises(NotImplementedError):
        _ = -size
