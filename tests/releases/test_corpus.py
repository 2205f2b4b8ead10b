"""Every odd or broken release of the corpus yields exactly its observations, or exactly its faults, each with its place and a mend."""

from __future__ import annotations

from typing import Any

import pytest
from corpus import cases, feeds, observations, outcome

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_release(case: dict[str, Any]) -> None:
    found, faults = outcome(case)
    expected = case["expect"]
    if "refused" in expected:
        assert found is None
        _same_faults(faults, expected["refused"])
        return
    assert found is not None, faults
    if "observations" in expected:
        assert observations(found) == expected["observations"]
    for key, wanted in expected.get("columns", {}).items():
        frame = found.observations.sort_values(["row", "column"], kind="stable")
        assert [str(v) for v in frame[key]] == [str(w) for w in wanted], key
    _same_faults(faults, expected.get("faults", []))


def _same_faults(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    assert len(found) == len(expected), [f["text"] for f in found]
    for fault, wanted in zip(found, expected, strict=True):
        says = wanted.get("says", "")
        assert says in fault["text"], fault["text"]
        given = {k: v for k, v in wanted.items() if k != "says"}
        assert {k: fault.get(k) for k in given} == given, fault["text"]
        assert fault.get("mend") or fault.get("expected"), fault["text"]


def test_the_corpus_is_large_and_its_names_are_its_own():
    assert len(CASES) >= 60
    assert len({case["name"] for case in CASES}) == len(CASES)
    assert {case["feed"] for case in CASES} == set(feeds())
