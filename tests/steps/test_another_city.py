"""Another city by data alone: the folder of docs/onboarding-a-city.md, from files to editions on real Postgres."""

import pytest

from planwatch.settings import ROOT

pytestmark = pytest.mark.postgres
CITY = ROOT / "docs" / "example-city" / "include"


@pytest.fixture
def city(make_house):
    house = make_house(as_of="2026-07-26T00:00:00+08:00", include=CITY)
    for path in sorted((CITY / "releases").iterdir()):
        house.drop("monthly_report" if path.name.startswith("monthly") else "tasks", path)
    return house


def test_an_invented_city_is_published_and_says_that_it_is_simulated(city):
    assert {done.state for done in city.read_all().values()} == {"loaded"}
    assert [p.period for p in city.publish("2026-06").published] == ["2026-03", "2026-06"]
    rows = city.query("SELECT target_id, area_zh, status, simulated FROM bi.dispatch_table")
    assert {r["area_zh"] for r in rows} == {"青石市"}
    statuses = {r["target_id"]: r["status"] for r in rows}
    behind = {id_ for id_, status in statuses.items() if status == "off_track"}
    assert behind == {"old_estates", "elderly_beds"}
    assert (statuses["reservoir_works"], statuses["jobs"], statuses["grain"]) == (
        "achieved",
        "on_track",
        "not_assessable",
    )
    assert sum(status == "at_risk" for status in statuses.values()) == 6
    assert all(r["simulated"] for r in rows if r["status"] != "not_assessable")
