"""Releases at scale are read by the product like any other, and say that they are simulated."""

from __future__ import annotations

import yaml

from planwatch.feeds import load_feeds, read_release
from planwatch.model.place import Area
from planwatch.plan import load_areas, load_indicators
from planwatch.reconcile import reconcile
from planwatch.sample import scaled
from planwatch.sample.scale import GROWTHS, LEVELS
from planwatch.settings import settings

INCLUDE = settings().include


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others() -> None:
    assert list(scaled(5, 2)) == list(scaled(5, 2)) != list(scaled(5, 2, seed=1))


def test_every_line_of_every_area_is_read_and_totals_begin_again_in_january() -> None:
    declared, *files = scaled(20, 14)
    more = {a["id"]: Area(**a) for a in yaml.safe_load(declared.data)}
    areas = {**load_areas(INCLUDE / "areas.yaml"), **more}
    feed, indicators = (
        load_feeds(INCLUDE / "feeds.yaml")["published_figures"],
        load_indicators(INCLUDE / "indicators.yaml"),
    )
    first = {}
    for file in (files[0], files[1], files[2]):  # November, December, January
        table = read_release(feed, file.data, file.name)
        found = reconcile(feed, table, indicators, areas)
        assert not found.rejects and not found.unmatched and str(table.origin) == "simulated"
        assert len(found.observations) == 20 * (len(LEVELS) + len(GROWTHS))
        assert set(found.observations["area"]) == set(more)
        own = found.observations.query("indicator == 'retail_sales' and area == 'simulated_0001'")
        first[table.period] = float(own["value"].iloc[0])
    assert first["2024-11"] < first["2024-12"] and first["2025-01"] < first["2024-12"]
