"""The release calendar for BI: what each feed owes of a month, when, and whether it came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from planwatch.feeds import load_feeds
from planwatch.model.calendar import Due, end_of
from planwatch.model.vocabulary import Frequency, ReleaseState
from planwatch.steps.include import load_include
from planwatch.warehouse import fetch_frame, load_observations, save_due_dates, save_feeds, set_release_state

pytestmark = pytest.mark.postgres
INCLUDE = Path(__file__).resolve().parents[2] / "include"
ASK = "SELECT * FROM bi.release_calendar WHERE feed = %(feed)s AND period = %(period)s AND frequency = %(frequency)s"


def due(period: str, days: int, grace: int = 5) -> Due:
    """A due date so many days from today in Shanghai, tomorrow being 1."""
    day = datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=days)
    return Due(period=period, stated=day, day=day, overdue_from=end_of(day + timedelta(days=grace)), tentative=False)


@pytest.fixture
def ask(warehouse):
    with warehouse.begin() as conn:
        save_feeds(conn, load_feeds(INCLUDE / "feeds.yaml"))

    def _ask(feed="stats_bureau", period="2026-03", frequency="monthly"):
        with warehouse.begin() as conn:
            frame = fetch_frame(conn, ASK, {"feed": feed, "period": period, "frequency": frequency})
        return frame.to_dict("records")[0]

    return _ask


def owe(warehouse, *dues, feed="stats_bureau", frequency=Frequency.MONTHLY):
    with warehouse.begin() as conn:
        save_due_dates(conn, 2026, [(feed, frequency, one) for one in dues])


@pytest.mark.parametrize(
    ("days", "grace", "state"),
    [(3, 5, "awaiting"), (0, 5, "due"), (-1, 5, "late"), (-5, 3, "overdue")],
)
def test_what_has_not_come_is_awaited_due_late_or_overdue(warehouse, ask, days, grace, state):
    owe(warehouse, due("2026-03", days, grace))
    row = ask()
    assert (row["state"], row["came_late"], row["department"]) == (state, False, "stats_bureau")
    assert row["state_zh"] and row["feed_zh"] and row["due_on"] and row["overdue_from"]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (ReleaseState.LOADED, "in"), (ReleaseState.QUARANTINED, "held"), (ReleaseState.FAILED, "overdue"),
        (ReleaseState.REJECTED, "overdue"), (ReleaseState.ARRIVED, "overdue"),
    ],
)  # fmt: skip
def test_what_came_is_in_or_held_and_what_cannot_be_read_has_not_come(warehouse, ask, build, state, said):
    owe(warehouse, due("2026-03", -9, 3))
    with warehouse.begin() as conn:
        sha = build.release(conn, "march")
        load_observations(conn, build.observations(), sha)
        if state is not ReleaseState.ARRIVED:
            set_release_state(conn, sha, state)
    row = ask()
    assert (row["state"], bool(row["came_late"])) == (said, said in ("in", "held"))


def test_a_release_in_time_did_not_come_late_also_once_its_day_has_passed(warehouse, ask, build):
    owe(warehouse, due("2026-03", -9, 3))
    with warehouse.begin() as conn:
        sha = build.release(conn, "march", recorded_at=datetime.now(UTC) - timedelta(days=20))
        set_release_state(conn, sha, ReleaseState.LOADED)
    row = ask()
    assert (row["state"], bool(row["came_late"]), str(row["published_at"])) == ("in", False, "2026-04-18")


def test_a_correction_that_is_held_leaves_the_month_in(warehouse, ask, build):
    owe(warehouse, due("2026-03", -9, 3))
    with warehouse.begin() as conn:
        for name, state in (("march", ReleaseState.LOADED), ("again", ReleaseState.QUARANTINED)):
            set_release_state(conn, build.release(conn, name), state)
    assert ask()["state"] == "in"


def test_quarterly_figures_are_in_when_they_are_and_not_with_the_file_alone(warehouse, ask, build):
    owe(warehouse, due("2026-03", -9, 3), frequency=Frequency.QUARTERLY)
    with warehouse.begin() as conn:
        sha = build.release(conn, "march")
        load_observations(conn, build.observations(), sha)
        set_release_state(conn, sha, ReleaseState.LOADED)
    assert ask(frequency="quarterly")["state"] == "overdue"
    with warehouse.begin() as conn:
        again = build.release(conn, "with gdp")
        load_observations(conn, build.observations(indicator="gdp"), again)
        set_release_state(conn, again, ReleaseState.LOADED)
    assert ask(frequency="quarterly")["state"] == "in"


def test_the_shipped_calendar_is_written_whole_and_again_without_doubles(warehouse, ask):
    dues = list(load_include(INCLUDE).dues(2026))
    for _ in range(2):
        with warehouse.begin() as conn:
            save_due_dates(conn, 2026, dues)
            rows = fetch_frame(conn, "SELECT feed, period, frequency, due_on FROM bi.release_calendar")
    assert len(rows) == len(dues) > 200
    asked = {(r["feed"], r["period"], r["frequency"]): str(r["due_on"]) for r in rows.to_dict("records")}
    assert asked["finance", "2026-03", "monthly"] == "2026-04-15"
    assert not {f for f, *_ in asked} & {"assignments", "published_figures"}, "nobody is obliged to report those"
    assert ("stats_bureau", "2026-01", "monthly") not in asked, "January comes with February"
    with warehouse.begin() as conn:
        save_due_dates(conn, 2025, load_include(INCLUDE).dues(2025))
        assert len(fetch_frame(conn, "SELECT 1 FROM bi.release_calendar")) == len(dues), "no feed is older than 2026"


def test_bi_reader_may_read_it_and_not_what_is_behind(connect):
    reader = connect("bi_reader")
    with reader.begin():
        assert fetch_frame(reader, "SELECT * FROM bi.release_calendar").empty
    with pytest.raises(DBAPIError, match="permission denied"):
        reader.execute(text("SELECT * FROM core.due_dates"))
