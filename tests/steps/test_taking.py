"""Taking from the drop folder: whole files only, and a process killed anywhere in between loses and doubles nothing."""

import hashlib
import os
import signal
import subprocess
import sys
import time

import pytest

from planwatch.steps.arrivals import take_arrivals
from planwatch.steps.roster import is_being_written, waiting_files
from tests.steps.conftest import SAMPLE

NAME = "finance_2026-02.html"
PAGE = (SAMPLE / NAME).read_bytes()
SHA = hashlib.sha256(PAGE).hexdigest()

TAKER = """
import os, signal, sys
from pathlib import Path
from planwatch.settings import Settings
from planwatch.steps.arrivals import take_arrivals
from planwatch.warehouse import make_engine
url, home, event, part = sys.argv[1:]
def stop(name, arguments):
    if name == event and part in " ".join(map(str, arguments)):
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(stop)
take_arrivals(make_engine(url), Settings(home=Path(home)))
"""
POINTS = {
    "while it is opened": ("open", f"drop/finance/{NAME}"),
    "before it stands in the archive": ("os.rename", f"archive/{SHA[:2]}/{SHA}"),
    "archived, not entered": ("open", f"archive/{SHA[:2]} "),
    "entered, not set aside": ("os.rename", "drop/received"),
}


@pytest.mark.postgres
@pytest.mark.parametrize("point", POINTS)
def test_a_kill_while_taking_loses_and_doubles_nothing(house, point):
    house.drop("finance", PAGE, NAME)
    taker = subprocess.run(
        [sys.executable, "-c", TAKER, house.warehouse.etl_url, str(house.settings.home), *POINTS[point]],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert taker.returncode == -signal.SIGKILL, taker.stderr
    waiting, archived = house.settings.drop_dir / "finance" / NAME, house.settings.archive_dir / SHA[:2] / SHA
    assert waiting.read_bytes() == PAGE
    assert not archived.exists() or archived.read_bytes() == PAGE

    [arrival] = take_arrivals(house.engine, house.settings)
    assert arrival.sha256 == SHA
    assert archived.read_bytes() == PAGE
    assert not waiting.exists()
    assert [p.read_bytes() for p in (house.settings.drop_dir / "received").iterdir()] == [PAGE]
    assert house.query("SELECT sha256, state FROM raw.release_events") == [{"sha256": SHA, "state": "arrived"}]


def old(path, data):
    path.write_bytes(data)
    os.utime(path, (time.time() - 60,) * 2)
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says who writes")
def test_a_file_that_somebody_is_writing_waits_however_long_he_pauses(tmp_path):
    path = old(tmp_path / "slow.csv", b"half")
    with path.open("ab") as writer:
        os.utime(path, (time.time() - 60,) * 2)
        assert is_being_written(path)
        assert list(waiting_files(tmp_path)) == []
        writer.write(b" and half")
    assert [p for p, _ in waiting_files(tmp_path)] == [path]


def test_readers_and_nobody_are_no_writers(tmp_path):
    path = old(tmp_path / "read.csv", b"whole")
    with path.open("rb"):
        assert not is_being_written(path)
    assert not is_being_written(path)


@pytest.mark.postgres
def test_a_file_that_changes_while_it_is_read_is_taken_at_the_next_look(house):
    path = house.drop("finance", PAGE, NAME)
    changed = False

    def change(event, arguments):
        nonlocal changed
        if event == "open" and str(arguments[0]) == str(path) and "r" in str(arguments[1] or "") and not changed:
            changed = True
            with path.open("ab") as file:
                file.write(b" ")
            os.utime(path, (time.time() - 30,) * 2)

    sys.addaudithook(change)
    assert take_arrivals(house.engine, house.settings) == []
    assert path.exists() and changed
    [arrival] = take_arrivals(house.engine, house.settings)
    assert arrival.sha256 == hashlib.sha256(PAGE + b" ").hexdigest()
