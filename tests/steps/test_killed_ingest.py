"""A feed's run killed anywhere leaves nothing half, and its retry ends with the rows of an undisturbed run.

The run is a process of its own and is killed by SIGKILL while it waits for a lock that the test holds: before the rows as printed
are kept, before the checks are, before the books are closed, in the load between COPY and INSERT, and after the commit.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager

import pandas as pd
import pytest
from sqlalchemy import text

from planwatch.sample import generate
from planwatch.steps.arrivals import take_arrivals
from planwatch.steps.ingest import ingest_release
from planwatch.warehouse import fetch_frame, make_engine
from tests.steps.conftest import SAMPLE

pytestmark = pytest.mark.postgres
RUN = """
import sys
from planwatch.settings import Settings
from planwatch.steps.ingest import ingest_release
from planwatch.warehouse import make_engine
url, settings, sha256 = sys.argv[1:]
print(ingest_release(make_engine(url), Settings.model_validate_json(settings), sha256).state, flush=True)
sys.stdin.read()
"""
TURN = "hashtextextended('planwatch:release-end', 0)"
TABLES = {
    "observations": 'SELECT indicator, area, period, span, measure, value, unit, text, decimals, quality, published_at, source, sheet, "row", '
    '"column", printed_unit, origin, flags, release_sha256 FROM mart.vintages ORDER BY indicator, area, period, span, measure, value',
    "rows": 'SELECT release_sha256, ordinal, sheet, row, "column", label, text, content FROM raw.rows ORDER BY release_sha256, ordinal',
    "rejects": 'SELECT release_sha256, ordinal, code, message, sheet, "row", "column", value FROM raw.rejects ORDER BY release_sha256, ordinal',
    "checks": "SELECT run_id, subject, gate, suite, expectation, severity, success, column_name, observed, offending, failed_rows "
    "FROM ops.check_results ORDER BY run_id, suite, expectation, column_name",
    "states": "SELECT sha256, state, detail FROM raw.release_events ORDER BY event_id",
    "releases": "SELECT sha256, feed, period, filename, published_at, origin, title FROM raw.releases ORDER BY release_no",
    "alerts": "SELECT alert_key, kind, event, department, period, detail FROM mart.alert_events ORDER BY event_id",
    "mails": "SELECT digest_key, to_address, subject FROM mart.outbox ORDER BY digest_key",
}
RELEASES = {
    "loaded": ("finance", SAMPLE / "finance_2026-02.html"),
    "quarantined": ("finance", "text-in-number"),
    "failed": ("finance", "renamed-column"),
}


@contextmanager
def holding(owner, statement: str, waits: str):
    """Hold a lock; yields a wait for somebody to want it."""
    with owner.connect() as conn:
        conn.execute(text(statement))

        def until_wanted(process: subprocess.Popen) -> None:
            while not conn.execute(text(f"SELECT count(*) FROM pg_locks WHERE NOT granted AND {waits}")).scalar_one():
                assert process.poll() is None, process.communicate()

        yield until_wanted


def table_lock(name: str) -> tuple[str, str]:
    return f"LOCK TABLE {name} IN EXCLUSIVE MODE", f"relation = '{name}'::regclass"


POINTS = {
    "before the rows are kept": table_lock("raw.rows"),
    "before the checks are kept": table_lock("ops.check_results"),
    "before the books are closed": (f"SELECT pg_advisory_xact_lock({TURN})", "locktype = 'advisory'"),
    "between COPY and INSERT": table_lock("core.observations"),
    "before the state is noted": table_lock("raw.release_events"),
}
KILLED_AT = {
    "loaded": [
        "before the rows are kept", "before the checks are kept", "before the books are closed", "between COPY and INSERT",
    ],
    "quarantined": ["before the books are closed"],
    "failed": ["before the state is noted"],
}  # fmt: skip


def prepared(make_house, what: str):
    """Return a house in which a release of the kind has arrived, and its sha256."""
    house = make_house()
    house.drop("finance", SAMPLE / "finance_2026-01.html")
    house.read_all()
    feed, source = RELEASES[what]
    data = source if not isinstance(source, str) else generate("finance", "2026-02", corrupt=source)
    house.drop(feed, data, "finance_2026-02.html")
    [arrival] = take_arrivals(house.engine, house.settings)
    return house, arrival.sha256


@contextmanager
def running(house, sha256: str):
    command = [sys.executable, "-c", RUN, house.warehouse.etl_url, house.settings.model_dump_json(), sha256]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        yield process
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.returncode == -signal.SIGKILL


def assert_same(ours, theirs) -> None:
    for name, query in TABLES.items():
        with ours.engine.connect() as one, theirs.engine.connect() as other:
            found, expected = fetch_frame(one, query), fetch_frame(other, query)
        pd.testing.assert_frame_equal(found, expected, obj=name)


@pytest.fixture(params=list(RELEASES))
def undisturbed(request, make_house):
    house, sha256 = prepared(make_house, request.param)
    done = ingest_release(house.engine, house.settings, sha256)
    assert done.state == request.param
    return request.param, house, done


def test_killed_anywhere_and_retried_is_an_undisturbed_run(undisturbed, make_house):
    what, expected, done = undisturbed
    for point in KILLED_AT[what]:
        house, sha256 = prepared(make_house, what)
        owner = make_engine(house.warehouse.owner_url)
        with running(house, sha256) as process, holding(owner, *POINTS[point]) as until_wanted:
            until_wanted(process)
            process.send_signal(signal.SIGKILL)
            process.wait()
        owner.dispose()
        assert house.query("SELECT state FROM bi.releases WHERE sha256 = :sha", sha=sha256) == [{"state": "arrived"}], (
            point
        )
        again = ingest_release(house.engine, house.settings, sha256)
        assert (again.state, again.periods, again.body) == (done.state, done.periods, done.body), point
        assert_same(house, expected)


def test_killed_after_the_commit_and_retried_tells_the_same(undisturbed, make_house):
    what, expected, done = undisturbed
    house, sha256 = prepared(make_house, what)
    with running(house, sha256) as process:
        assert process.stdout.readline().strip() == what, process.stderr.read()
    again = ingest_release(house.engine, house.settings, sha256)
    assert (again.state, again.periods, again.body) == (done.state, done.periods, done.body)
    assert_same(house, expected)
