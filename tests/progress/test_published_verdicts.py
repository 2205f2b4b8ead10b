"""Published progress of other places, which the engine has never seen: P, S, G and the official rule, or why they differ."""

import csv
import io
import json
from collections import defaultdict

import pytest
from casefiles import judged, load, row
from typer.testing import CliRunner

from planwatch.cli import app

FACTS = load("published")
NUMBERS = ("progress_pct", "gap_pp", "variance")


def agrees(column, found, printed):
    """Return whether a figure is what was printed, rounded; a gap may have been taken from rounded figures."""
    unit = 10.0 ** -len(printed.partition(".")[2])
    return bool(abs(float(found) - float(printed)) <= unit * (1.0 if column == "gap_pp" else 0.5) * 1.0000001)


def test_enough_places_and_facts_are_there():
    assert len(FACTS) >= 50
    assert len({fact["place"] for fact in FACTS}) >= 12
    assert all(fact[key] for fact in FACTS for key in ("place", "date", "source", "says"))


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact["id"])
def test_what_was_published(fact):
    verdict, differs = judged(fact), fact.get("differs", {})
    for column, printed in fact["published"].items():
        found = verdict[column]
        same = agrees(column, found, printed) if column in NUMBERS else bool(found == printed)
        assert same is (column not in differs), (column, found, printed)
    assert set(differs) <= set(fact["published"])


@pytest.mark.slow
def test_the_command_says_the_same_on_files(tmp_path):
    """One file of targets and one of observations a month, as a city would bring them, all its facts side by side."""
    by_month = defaultdict(list)
    for fact in FACTS:
        by_month[str(fact["period"])].append(fact)
    for period, facts in by_month.items():
        targets = [
            {"id": f["id"], "indicator": f["id"].replace("-", "_"), "name_zh": f["id"], **f["target"]} for f in facts
        ]
        units = {"growth": "%"}
        targets = [{"unit": units.get(t["kind"], ""), "comparator": "ge", **t} for t in targets]
        readings = [{**row(text), "indicator": f["id"].replace("-", "_")} for f in facts for text in f["rows"]]
        written = {}
        for suffix, columns, rows in (("t.json", None, targets), ("o.csv", list(readings[0]), readings)):
            path = written[suffix] = tmp_path / f"{period}-{suffix}"
            with path.open("w", encoding="utf-8", newline="") as file:
                if columns:
                    writer = csv.DictWriter(file, columns)
                    writer.writeheader()
                    writer.writerows(rows)
                else:
                    json.dump(rows, file, ensure_ascii=False)
        options = ["--targets", str(written["t.json"]), "--observations", str(written["o.csv"]), "--period", period]
        printed = CliRunner().invoke(app, ["judge", *options, "--format", "csv"])
        assert printed.exit_code == 0, printed.exception
        said = {line["id"]: line for line in csv.DictReader(io.StringIO(printed.stdout))}
        for fact in facts:
            alone = judged(fact)
            line = said[fact["id"]]
            assert (line["status"], line["on_schedule"]) == (alone["status"], str(bool(alone["on_schedule"])).lower())
            for column in NUMBERS:
                assert line[column] == "" or float(line[column]) == pytest.approx(alone[column])
