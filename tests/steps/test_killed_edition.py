"""Editions by real processes: killed anywhere, the edition before stays current and the retry completes; of two at once one waits.

A publisher is stopped by a lock that the test holds (before its checks are kept, before verdicts, inputs, changes, the pointer, the
alerts) and killed there by SIGKILL.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import signal
from contextlib import contextmanager

import pandas as pd
import pytest
from sqlalchemy import text

from planwatch import warehouse
from planwatch.steps import plan as plan_step
from planwatch.steps.edition import publish_due
from planwatch.steps.plan import load_plan
from planwatch.warehouse import fetch_frame, make_engine
from tests.steps.test_amended_plan import PLAN, _figures

pytestmark = pytest.mark.postgres
PERIOD = "2026-06"
FORK = multiprocessing.get_context("fork")
STOPS = [
    "ops.check_results",
    "mart.verdicts",
    "mart.edition_inputs",
    "mart.edition_changes",
    "mart.current_edition",
    "mart.alert_events",
]
SAID = {
    "editions": "SELECT period, edition_number, is_current, counts, changed_verdicts, changes_by_cause, fingerprint FROM bi.editions ORDER BY 1, 2",
    "verdicts": "SELECT period, edition_number, target_id, status, actual, variance, reason_zh FROM bi.variance_editions ORDER BY 1, 2, 3",
    "inputs": "SELECT edition_period, edition_number, indicator, period, measure, value FROM bi.edition_inputs ORDER BY 1, 2, 3, 4, 5",
    "changes": "SELECT period, edition_number, target_id, cause, causes_detail - 'reporting' AS detail FROM bi.edition_changes ORDER BY 1, 2, 3",
    "alerts": "SELECT alert_key, event, period, detail FROM mart.alert_events ORDER BY event_id",
    "mails": "SELECT digest_key, to_address, subject FROM mart.outbox ORDER BY digest_key",
}  # fmt: skip


def load(house, name: str, figures: pd.DataFrame) -> None:
    sha = hashlib.sha256(name.encode()).hexdigest()
    with house.engine.begin() as conn:
        warehouse.record_release(
            conn, sha256=sha, feed="stats_bureau", period=PERIOD, filename=name, size=1, title=name, published_at=None
        )
        warehouse.load_observations(conn, figures, sha)
        warehouse.set_release_state(conn, sha, "loaded")


def corrected(jobs: float) -> pd.DataFrame:
    figures = _figures(PERIOD).iloc[:1]
    return figures.assign(value=jobs, published_at=pd.Timestamp("2026-07-28").date())


@pytest.fixture
def prepared(make_house, own_include):
    """Make houses whose June is published once, on track, and whose next edition will say off track."""
    (own_include / "targets.yaml").write_text(PLAN, encoding="utf-8")
    plan_step._plan.cache_clear()

    def make():
        house = make_house(include=own_include, as_of="2026-08-01T00:00:00+08:00")
        load_plan(house.engine, house.settings, 2026)
        load(house, "first", pd.concat([_figures("2026-05"), _figures(PERIOD)]))
        assert house.publish(PERIOD).published
        load(house, "correction", corrected(900.0))
        return house

    yield make
    plan_step._plan.cache_clear()


class Publisher:
    """A process of its own that publishes June; forked, so that it need not import everything again."""

    def __init__(self, house) -> None:
        self.answer, theirs = FORK.Pipe(duplex=False)
        self.process = FORK.Process(target=_publish, args=(house.warehouse.etl_url, house.settings, theirs))
        self.process.start()
        theirs.close()

    def numbers(self) -> list[int]:
        """Return the numbers that it published of June, when it is done."""
        return self.answer.recv()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()


def _publish(url: str, settings, answer) -> None:
    report = publish_due(make_engine(url), settings, PERIOD, trigger="test")
    answer.send([p.number for p in report.published if p.period == PERIOD])


@contextmanager
def publishing(house):
    publisher = Publisher(house)
    try:
        yield publisher
    finally:
        publisher.kill()


def until(conn, waiting: str, publisher: Publisher) -> None:
    """Return when somebody waits for a lock (the test's time-out ends a hang)."""
    while not conn.execute(text(f"SELECT count(*) FROM pg_locks WHERE NOT granted AND {waiting}")).scalar_one():
        assert publisher.process.is_alive(), publisher.numbers()


@contextmanager
def stopped_at(house, owner, table: str):
    """Run a publisher up to where it writes a table; yields it, and what lets it go on."""
    with owner.connect() as conn, publishing(house) as publisher:
        conn.execute(text(f"LOCK TABLE {table} IN EXCLUSIVE MODE"))
        until(conn, f"relation = '{table}'::regclass", publisher)
        yield publisher, conn.rollback


def said(house) -> dict[str, pd.DataFrame]:
    with house.engine.connect() as conn:
        return {name: fetch_frame(conn, query) for name, query in SAID.items()}


def assert_same(ours: dict[str, pd.DataFrame], theirs: dict[str, pd.DataFrame], when: str) -> None:
    for name, frame in theirs.items():
        pd.testing.assert_frame_equal(ours[name], frame, obj=f"{name}, {when}")


def test_killed_anywhere_the_edition_before_stays_and_the_retry_is_an_undisturbed_run(prepared):
    house = prepared()
    before, owner = said(house), make_engine(house.warehouse.owner_url)
    assert len(before["verdicts"]) > 0
    for table in STOPS:
        with stopped_at(house, owner, table) as (publisher, _):
            publisher.kill()
            assert publisher.process.exitcode == -signal.SIGKILL
        assert_same(said(house), before, f"killed at {table}")
    owner.dispose()
    with publishing(house) as publisher:
        assert publisher.numbers() == [2]
    undisturbed = prepared()
    assert [p.number for p in undisturbed.publish(PERIOD).published] == [2]
    assert_same(said(house), said(undisturbed), "after the retry")
    [change] = house.query(
        "SELECT target_id, status_before, status_after, cause FROM bi.edition_changes WHERE period = '2026-06'"
    )
    assert change == {
        "target_id": "jobs",
        "status_before": "at_risk",
        "status_after": "off_track",
        "cause": "revision",
    }


def test_of_two_processes_one_waits_and_then_sees_what_came_meanwhile(prepared):
    house = prepared()
    owner = make_engine(house.warehouse.owner_url)
    with stopped_at(house, owner, "mart.current_edition") as (first, go_on), publishing(house) as second:
        later = pd.Timestamp("2026-07-29").date()
        load(house, "second correction", corrected(20000.0).assign(published_at=later))
        with owner.connect() as conn:
            until(conn, "locktype = 'advisory'", second)
        go_on()
        assert (first.numbers(), second.numbers()) == ([2], [3])
    with publishing(house) as third:
        assert third.numbers() == []
    owner.dispose()
    said_of_jobs = house.query(
        "SELECT edition_number, actual FROM bi.variance_editions WHERE period = '2026-06' AND target_id = 'jobs' ORDER BY 1"
    )
    assert [tuple(r.values()) for r in said_of_jobs] == [(1, 17400.0), (2, 900.0), (3, 20000.0)]
