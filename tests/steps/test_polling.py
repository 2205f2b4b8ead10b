"""When a source is looked at: nothing before the release day, then until it is there, then for corrections."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from planwatch.model.calendar import SHANGHAI, ReleaseCalendar
from planwatch.model.location import Location
from planwatch.model.vocabulary import Frequency
from planwatch.steps.polling import Poll, RemoteFeed, Standing, due_polls, remote_feeds

CALENDAR = ReleaseCalendar.model_validate(
    {
        "feeds": {
            "finance": {"due_day": 15, "months_after": 1},
            "gdp": {"due_day": 20, "months_after": 1, "skip_months": [3]},
        }
    }
)
FINANCE = RemoteFeed(
    id="finance",
    location=Location.model_validate(
        {
            "url": "https://f.example/{period}",
            "poll": {"every_minutes": 30, "until_days": 20, "corrections_days": 40, "corrections_every_hours": 12},
        }
    ),
    frequency=Frequency.MONTHLY,
)
NOTHING = Standing({}, frozenset())
DUE = datetime(2026, 4, 15, tzinfo=SHANGHAI)
MARCH = ("finance", "2026-03")


def polls(now: datetime, standing: Standing = NOTHING, feed: RemoteFeed = FINANCE) -> list[str]:
    return [p.period for p in due_polls([feed], CALENDAR, standing, now)]


def test_nothing_before_the_release_day_then_from_its_first_minute():
    taken = Standing({}, frozenset({("finance", "2026-02"), ("finance", "2026-01")}))
    looked = Standing({(f, p): DUE - timedelta(hours=1) for f, p in taken.taken}, taken.taken)
    assert polls(DUE - timedelta(seconds=1), looked) == []
    assert polls(DUE, looked) == ["2026-03"]


def test_again_after_the_pause_until_it_is_there():
    seen = Standing({MARCH: DUE}, frozenset())
    assert "2026-03" not in polls(DUE + timedelta(minutes=29), seen)
    assert "2026-03" in polls(DUE + timedelta(minutes=30), seen)
    assert "2026-03" not in polls(DUE + timedelta(days=21), seen)


def test_what_is_there_is_looked_at_for_corrections_only_and_not_for_ever():
    taken = Standing({MARCH: DUE}, frozenset({MARCH}))
    assert "2026-03" not in polls(DUE + timedelta(hours=11), taken)
    assert "2026-03" in polls(DUE + timedelta(hours=12), taken)
    assert "2026-03" in polls(DUE + timedelta(days=40), taken)
    assert "2026-03" not in polls(DUE + timedelta(days=41), taken)


def test_what_came_by_the_drop_folder_is_taken():
    assert "2026-03" in polls(DUE + timedelta(days=30), Standing({}, frozenset({MARCH})))
    assert "2026-03" not in polls(DUE + timedelta(days=30), NOTHING)


def test_months_that_the_feed_does_not_have_are_not_looked_for():
    gdp = RemoteFeed(id="gdp", location=Location(url="https://g.example/{period}"), frequency=Frequency.QUARTERLY)
    assert polls(datetime(2026, 8, 1, tzinfo=UTC), feed=gdp) == ["2026-06"]
    since = RemoteFeed(id="finance", location=FINANCE.location, frequency=Frequency.MONTHLY, since=DUE.date())
    assert polls(DUE, feed=since) == []


@given(
    st.integers(0, 3 * 365 * 24).map(lambda hours: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hours)),
    st.dictionaries(st.sampled_from([f"2026-{m:02}" for m in range(1, 13)]), st.integers(0, 10_000), max_size=6),
    st.sets(st.sampled_from([f"2026-{m:02}" for m in range(1, 13)])),
)
@hypothesis(max_examples=200, deadline=None)
def test_a_look_that_was_just_made_is_never_due(now, minutes, taken):
    seen = {("finance", p): now - timedelta(minutes=m) for p, m in minutes.items()}
    standing = Standing(seen, frozenset(("finance", p) for p in taken))
    due = due_polls([FINANCE], CALENDAR, standing, now)
    assert due == sorted(set(due))
    looked = Standing({**seen, **{(p.feed, p.period): now for p in due}}, standing.taken)
    assert due_polls([FINANCE], CALENDAR, looked, now) == []
    assert all(
        CALENDAR.rule("finance", Frequency.MONTHLY).due(p.period) <= now.astimezone(SHANGHAI).date() for p in due
    )


def test_only_feeds_with_a_location_are_looked_at(tmp_path):
    (tmp_path / "feeds.yaml").write_text(
        "feeds:\n- {id: a, layout: csv}\n- {id: b, location: 'https://b.example/{period}', frequency: quarterly, valid_from: 2026-01-01}\n"
        "- {id: c, location: {url: 'https://c.example/{period}', poll: {every_minutes: 5}}}\n"
    )
    b, c = remote_feeds(tmp_path)
    assert (b.id, b.frequency, str(b.since)) == ("b", "quarterly", "2026-01-01")
    assert c.location.poll.every_minutes == 5
    (tmp_path / "feeds.yaml").write_text("feeds:\n- {id: b, location: 'gopher://b.example/'}\n")
    with pytest.raises(ValueError, match="gopher"):
        remote_feeds(tmp_path)


def test_a_poll_is_a_plain_pair():
    assert Poll(feed="a", period="2026-03") < Poll(feed="b", period="2026-01")
