"""The shipped published figures are the collected facts, unchanged, each with a day from which it could be known."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from planwatch.settings import ROOT, settings

FOLDER = settings().include / "history"
SOURCE = ROOT.parent / "shared" / "data" / "baotou-observed.tsv"
FACTS = ("indicator", "area", "period", "measure", "value", "unit", "confidence", "source_title", "note")
CLOSES = {"2025-03": "2025-05-31", "2025-06": "2025-08-31", "2025-09": "2025-11-30", "2025-12": "2026-03-31"}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def shipped() -> list[dict[str, str]]:
    return [row for path in sorted(FOLDER.glob("published_figures_*.tsv")) for row in read(path)]


@pytest.mark.skipif(
    not SOURCE.exists(), reason="the collection that the files were made from is not beside the checkout"
)
def test_every_collected_fact_is_shipped_unchanged() -> None:
    assert Counter(tuple(r[c] for c in FACTS) for r in shipped()) == Counter(
        tuple(r[c] for c in FACTS) for r in read(SOURCE)
    )


def test_headline_figures_stand_there() -> None:
    facts = {(r["indicator"], r["area"], r["period"], r["measure"]): r["value"] for r in shipped()}
    assert facts["地区生产总值", "包头市", "2025-12 YTD", "level"] == "4711.9"
    assert facts["社会消费品零售总额", "包头市", "2025-12 YTD", "level"] == "939.5"
    assert facts["一般公共预算收入", "包头市", "2025-06 YTD", "growth_yoy_nominal"] == "1.0"


@pytest.mark.parametrize("row", shipped(), ids=lambda r: f"{r['indicator']}-{r['area']}-{r['period']}-{r['measure']}")
def test_the_day_is_stated_in_the_title_or_said_to_be_inferred(row: dict[str, str]) -> None:
    assert row["published_at_basis"] in ("stated", "inferred")
    assert (row["published_at"] in row["source_title"]) is (row["published_at_basis"] == "stated")
    year, month = int(row["period"][:4]), (6 if row["period"].endswith("Q2") else int(row["period"][5:7]))
    assert date.fromisoformat(row["published_at"]) > date(year, month, 1)


@pytest.mark.parametrize(("edition", "close"), CLOSES.items())
def test_each_editions_facts_are_known_at_its_close_and_speak_of_its_months(edition: str, close: str) -> None:
    rows = read(FOLDER / f"published_figures_{edition}.tsv")
    assert rows
    assert all(r["published_at"] <= close for r in rows)
    first = f"2025-{int(edition[5:]) - 2:02d}"
    assert all(first <= r["period"][:7] <= edition for r in rows)
