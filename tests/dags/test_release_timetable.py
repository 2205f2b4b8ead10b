"""The release calendar as a timetable: what Airflow shows as the next run is what falls due next."""

from datetime import UTC, datetime

import pendulum
import pytest

from planwatch.model.calendar import SHANGHAI, FeedRule, OnDayOff, ReleaseCalendar, RuleChange
from planwatch.model.vocabulary import Frequency
from planwatch.steps.duedates import DueDates, Watched
from planwatch.steps.roster import feed_due_dates

pytestmark = pytest.mark.airflow
RULES = ReleaseCalendar(
    feeds={
        "finance": FeedRule(due_day=15, grace_days=5),
        "stats": FeedRule(due_day=20, grace_days=5, skip_months=(1,), quarterly=RuleChange(due_day=25)),
        "yearbook": FeedRule(due_day=31, months_after=3, grace_days=15),
        "collected": FeedRule(expected=False),
    },
    on_day_off=OnDayOff.NEXT_WORKING_DAY,
)
FEEDS = {
    "finance": Watched((Frequency.MONTHLY,)),
    "stats": Watched((Frequency.MONTHLY, Frequency.QUARTERLY)),
    "yearbook": Watched((Frequency.ANNUAL,)),
    "collected": Watched((Frequency.MONTHLY,)),
}
FINANCE = DueDates(RULES, {"finance": FEEDS["finance"]})


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def as_airflow(instant: datetime) -> pendulum.DateTime:
    return pendulum.instance(instant).in_timezone("UTC")


@pytest.fixture
def make(dagbag):
    from release_timetable import ReleaseTimetable

    return ReleaseTimetable


def restriction(earliest: str | None = "2026-01-01", catchup: bool = True, latest: str | None = None):
    from airflow.timetables.base import TimeRestriction

    ends = [as_airflow(shanghai(day)) if day else None for day in (earliest, latest)]
    return TimeRestriction(earliest=ends[0], latest=ends[1], catchup=catchup)


def runs(timetable, count: int, **given):
    """Return the local instants of the first runs, one after the other."""
    last, found = None, []
    for _ in range(count):
        info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction(**given))
        last = info.data_interval
        found.append(f"{info.run_after.in_timezone('Asia/Shanghai'):YYYY-MM-DD HH:mm:ss}")
    return found


def test_runs_when_something_falls_due_and_when_its_grace_ends(make):
    assert runs(make(FINANCE), 6, earliest="2026-02-01") == [
        "2026-02-24 23:59:59",  # 15 February falls into the holidays of Spring Festival
        "2026-03-02 23:59:59",  # its grace would end on a Sunday
        "2026-03-16 23:59:59",
        "2026-03-23 23:59:59",
        "2026-04-15 23:59:59",
        "2026-04-20 23:59:59",
    ]


def test_over_all_feeds_quarterly_series_and_annual_ones_have_dates_of_their_own(make):
    found = [day[:10] for day in runs(make(DueDates(RULES, FEEDS)), 9, earliest="2026-03-31")]
    assert found == [
        "2026-03-31", "2026-04-15", "2026-04-20", "2026-04-27", "2026-05-06", "2026-05-15", "2026-05-20", "2026-05-25", "2026-06-15",
    ]  # fmt: skip


def test_never_runs_twice_for_one_instant_nor_backwards(make):
    found = runs(make(DueDates(RULES, FEEDS)), 60)
    assert found == sorted(set(found))


def test_what_passed_while_nothing_ran_is_made_up_for_once(make):
    first, second = runs(make(FINANCE), 2, catchup=False)
    last = FINANCE.last_instant(datetime.now(UTC))
    assert first == f"{last.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
    assert second > f"{datetime.now(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def test_ends_where_the_dag_ends_and_does_not_begin_without_a_start(make):
    assert make(FINANCE).next_dagrun_info(
        last_automated_data_interval=None, restriction=restriction(latest="2026-01-02")
    ) is None  # fmt: skip
    given = restriction(earliest=None)
    assert make(FINANCE).next_dagrun_info(last_automated_data_interval=None, restriction=given) is None
    nothing = make(DueDates(RULES, {"collected": FEEDS["collected"]}))
    assert nothing.next_dagrun_info(last_automated_data_interval=None, restriction=restriction()) is None
    assert nothing.summary == "nothing falls due"


def test_says_what_falls_due_next_of_every_feed(make):
    told = make(DueDates(RULES, FEEDS)).description
    for feed in ("finance", "stats", "yearbook"):
        assert f"{feed} 20" in told
    assert "collected" not in told
    assert (
        len(make(DueDates(RULES, {f"feed_of_a_long_name_{n}": FEEDS["finance"] for n in range(99)})).description)
        <= 1000
    )


def test_a_run_is_named_after_what_falls_due(make):
    from airflow.utils.types import DagRunType

    at = as_airflow(FINANCE.next_instant(shanghai("2026-04-01")))
    name = make(FINANCE).generate_run_id(run_type=DagRunType.SCHEDULED, run_after=at, data_interval=None)
    assert name.startswith("scheduled__2026-04-15")
    assert name.endswith("__finance_2026-03")


def test_a_feed_counts_from_the_day_that_it_is_valid(make):
    since = DueDates(RULES, {"finance": Watched((Frequency.MONTHLY,), shanghai("2026-05-01").date())})
    assert runs(make(since), 1) == ["2026-06-15 23:59:59"]


def test_the_calendar_dag_carries_the_shipped_rules_through_airflows_serialisation(dagbag):
    from airflow.plugins_manager import get_timetables_plugins
    from airflow.serialization.serialized_objects import DagSerialization

    assert "release_timetable.ReleaseTimetable" in get_timetables_plugins()
    kept = DagSerialization.from_dict(DagSerialization.to_dict(dagbag.dags["calendar"])).timetable
    shipped = feed_due_dates()
    assert kept.due_dates == shipped
    now = datetime.now(UTC)
    told = {one.feed: one.due for one in shipped.next_per_feed(now)}
    last = kept.next_dagrun_info(
        last_automated_data_interval=None, restriction=restriction(catchup=False)
    ).data_interval
    following = kept.next_dagrun_info(last_automated_data_interval=last, restriction=restriction(catchup=False))
    assert now < following.run_after <= min(due.instant for due in told.values())
