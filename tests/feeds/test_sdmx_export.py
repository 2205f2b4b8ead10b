"""Observations written as SDMX-CSV are read back by a feed of that layout, value for value."""

from __future__ import annotations

import pandas as pd
import pytest
from feedcases import SAMPLE, areas, feeds, indicators
from typer.testing import CliRunner

from planwatch.cli import app
from planwatch.feeds import read_release
from planwatch.feeds.sdmxout import COLUMNS, STATUS_CODES, UNIT_CODES, write_sdmx_csv
from planwatch.model.feed import Feed
from planwatch.model.observation import KEY_COLUMNS
from planwatch.model.units import conversion_factor
from planwatch.reconcile import reconcile

SAMPLES = (
    "stats_bureau_2026-06.xlsx", "finance_2026-05.html", "agriculture_2026-06.xls", "regional_benchmark_2026-05.xlsx",
    "milestones_2026-05.xlsx", "housing_2026-06.csv", "energy_2026-06.csv", "science_tech_2026-06.xlsx",
)  # fmt: skip


def read(feed: Feed, data: bytes, name: str, period: str | None = None):
    return reconcile(feed, read_release(feed, data, name, period=period), indicators(), areas())


def back(frame: pd.DataFrame) -> Feed:
    """Return the feed that reads an export: one series an indicator, its words those of TRANSFORMATION."""
    combinations = frame[["measure", "span"]].drop_duplicates().to_dict("records")
    words = {f"{c['measure']}.{c['span']}": {"measure": c["measure"], "span": c["span"]} for c in combinations}
    series = [
        {
            "indicator": i,
            "labels": [i],
            "units": sorted({u for u in own["unit"] if u}),
            "measures": sorted(set(own["measure"])),
        }
        for i, own in frame.groupby("indicator")
    ]
    table = {
        "name": "observations", "label": ["INDICATOR"], "words": words,
        "roles": {
            "area": ["REF_AREA"], "period": ["TIME_PERIOD"], "unit": ["UNIT_MEASURE"], "quality": ["OBS_STATUS"],
            "word": ["TRANSFORMATION"], "published": ["PUBLISHED"], "note": ["COMMENT_OBS"],
        },
        "needs": ["area", "period", "word"], "columns": [{"name": "value", "header": ["OBS_VALUE"], "measure": "level"}],
        "ignore_columns": ["STRUCTURE.*", "ACTION", "FREQ", "UNIT_MULT", "DECIMALS"],
        "qualities": {code: quality for quality, code in STATUS_CODES.items()},
    }  # fmt: skip
    own = {
        "id": "export", "layout": "sdmx_csv", "filename": "export_*.csv", "many_periods": True, "tables": [table], "series": series,
        "sdmx": {"units": {code: unit for unit, code in UNIT_CODES.items()}}, "location": None, "records": None,
    }  # fmt: skip
    return Feed.model_validate(feeds()["energy"].model_dump() | own)


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_exported_comes_back(name):
    frame = read(feeds()[name.rsplit("_", 1)[0]], (SAMPLE / name).read_bytes(), name).observations
    found = read(back(frame), write_sdmx_csv(frame).encode(), "export_2026-06.csv", period="2026-06")
    assert not found.rejects and not found.unmatched, [str(f) for f in found.findings][:3]
    keys = [*KEY_COLUMNS, "published_at"]
    ours, theirs = (f.set_index([f[k].astype(str) for k in keys]).sort_index() for f in (frame, found.observations))
    assert list(ours.index) == list(theirs.index) and len(ours)
    assert theirs["value"].tolist() == pytest.approx(ours["value"].tolist(), rel=1e-12)
    assert theirs["unit"].tolist() == ours["unit"].tolist()
    assert theirs["quality"].tolist() == ours["quality"].tolist()


def test_the_command_writes_the_file_of_the_standard(tmp_path):
    given = tmp_path / "observations.csv"
    given.write_text(
        "indicator,area,period,span,measure,value,unit\ngdp,baotou,2026-06,ytd,level,2341.5,亿元\n", "utf-8"
    )
    said = CliRunner().invoke(app, ["observations", str(given), "--format", "sdmx-csv"])
    assert said.exit_code == 0
    header, line = said.stdout.splitlines()
    assert tuple(header.split(",")) == COLUMNS
    assert line == "dataflow,PLANWATCH:OBSERVATIONS(1.0),I,M,baotou,gdp,level.ytd,2026-06,2341.5,CNY,8,,A,,"


@pytest.fixture(scope="module")
def everything() -> dict[str, list[dict[str, object]]]:
    """One value of every indicator, written and read back once; by indicator."""
    fact = {"area": "baotou", "period": "2026-06", "span": "ytd", "measure": "level", "value": 7.25}
    frame = pd.DataFrame([fact | {"indicator": one.id, "unit": one.base_unit} for one in indicators().values()])
    found = read(back(frame), write_sdmx_csv(frame).encode(), "export_2026-06.csv", period="2026-06").observations
    return {str(one): own.to_dict("records") for one, own in found.groupby("indicator")}


@pytest.mark.parametrize("indicator", indicators().values(), ids=lambda one: one.id)
def test_every_base_unit_comes_back(indicator, everything):
    [row] = everything[indicator.id]
    assert (row["value"], row["unit"]) == (7.25, indicator.base_unit)
    assert not indicator.base_unit or conversion_factor(row["printed_unit"] or row["unit"], indicator.base_unit) == 1
