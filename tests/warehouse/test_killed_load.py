"""A process killed in the middle of a load leaves nothing behind, and the retry ends as an undisturbed run."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable

import pandas as pd
import pytest
from sqlalchemy import text

from planwatch.model.vocabulary import ReleaseState
from planwatch.warehouse import fetch_frame, load_observations, make_engine, record_release, release_state
from planwatch.warehouse import set_release_state as set_state

ROWS = 5_000
LOADER = """
import sys
import pandas as pd
from planwatch.warehouse import load_observations, make_engine, record_release, set_release_state
url, pickle, sha = sys.argv[1:]
with make_engine(url).begin() as conn:
    record_release(conn, sha256=sha, feed="stats_bureau", period="2026-03", filename="f.xlsx", size=1, published_at=None)
    load_observations(conn, pd.read_pickle(pickle), sha)
    set_release_state(conn, sha, "loaded")
    print("before the commit", flush=True)
    sys.stdin.read()
"""
ALL = (
    'SELECT indicator, area, period, span, measure, value, unit, text, decimals, quality, published_at, source, sheet, "row", '
    '"column", printed_unit, origin, flags, release_sha256 FROM mart.vintages ORDER BY indicator, area, period'
)
STATES = "SELECT sha256, state FROM raw.release_events ORDER BY event_id"


@pytest.fixture
def frame(build) -> pd.DataFrame:
    one = build.observations().iloc[0].to_dict()
    return pd.DataFrame(
        [one | {"area": f"area_{n // 100}", "indicator": f"i_{n % 100}", "value": n / 7} for n in range(ROWS)]
    )


def killed_in_the_copy_or_insert(warehouse, loader: subprocess.Popen) -> None:
    """Hold the table, so that the loader stops after its staging COPY, before its INSERT; kill it there."""
    owner = make_engine(warehouse.owner_url)
    with owner.connect() as conn:
        waiting = text("SELECT count(*) FROM pg_locks WHERE relation = 'core.observations'::regclass AND NOT granted")
        conn.execute(text("LOCK TABLE core.observations IN EXCLUSIVE MODE"))
        while not conn.execute(waiting).scalar_one():
            assert loader.poll() is None, loader.stderr.read()
        loader.send_signal(signal.SIGKILL)
        loader.wait()
    owner.dispose()


def killed_before_the_commit(warehouse, loader: subprocess.Popen) -> None:
    assert loader.stdout.readline().strip() == "before the commit", loader.stderr.read()
    loader.send_signal(signal.SIGKILL)
    loader.wait()


def load(warehouse, frame: pd.DataFrame, sha: str) -> list[str]:
    with warehouse.begin() as conn:
        record_release(
            conn, sha256=sha, feed="stats_bureau", period="2026-03", filename="f.xlsx", size=1, published_at=None
        )
        periods = load_observations(conn, frame, sha)
        set_state(conn, sha, ReleaseState.LOADED)
    return periods


@pytest.mark.parametrize("kill", [killed_in_the_copy_or_insert, killed_before_the_commit])
def test_killed_load_then_retry_equals_an_undisturbed_run(make_warehouse, build, frame, tmp_path, kill: Callable):
    disturbed, undisturbed, sha = make_warehouse(), make_warehouse(), build.sha("release")
    frame.to_pickle(tmp_path / "frame.pickle")
    command = [sys.executable, "-c", LOADER, disturbed.etl_url, str(tmp_path / "frame.pickle"), sha]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as loader:
        kill(disturbed, loader)
        assert loader.returncode == -signal.SIGKILL
    with disturbed.begin() as conn:
        assert release_state(conn, sha) is None
        assert fetch_frame(conn, ALL).empty
    assert load(disturbed, frame, sha) == load(undisturbed, frame, sha) == ["2026-03"]
    with disturbed.begin() as ours, undisturbed.begin() as theirs:
        assert len(fetch_frame(ours, ALL)) == ROWS
        for query in (ALL, STATES):
            pd.testing.assert_frame_equal(fetch_frame(ours, query), fetch_frame(theirs, query))
