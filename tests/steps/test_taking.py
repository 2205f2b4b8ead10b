"""Taking from the drop folder: whole files only, and a process killed anywhere in between loses and doubles nothing."""

import errno
import hashlib
import os
import signal
import subprocess
import sys
import time

import pytest

from planwatch.model.vocabulary import ReleaseState
from planwatch.steps.arrivals import take_arrivals
from planwatch.steps.roster import is_being_written, never_taken, waiting_files
from planwatch.warehouse import set_release_state
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


@pytest.mark.postgres
def test_what_can_never_be_taken_stays_and_is_listed_once(house, tmp_path):
    folder, elsewhere = house.settings.drop_dir / "finance", tmp_path / "elsewhere"
    (folder / "finance_2026-06.html").mkdir(parents=True)
    elsewhere.mkdir()
    only_copy = old(elsewhere / NAME, PAGE)
    (folder / "link.html").symlink_to(only_copy)
    (house.settings.drop_dir / "commerce").symlink_to(elsewhere)
    os.mkfifo(folder / "pipe.html")
    for _look in range(2):
        assert take_arrivals(house.engine, house.settings) == []
    assert only_copy.read_bytes() == PAGE
    rows = house.query(
        "SELECT subject, note FROM ops.check_results WHERE expectation = 'file_is_taken' ORDER BY subject"
    )
    assert [r["subject"] for r in rows] == [
        "file commerce",
        "file finance_2026-06.html",
        "file link.html",
        "file pipe.html",
    ]
    assert all("mend: " in r["note"] for r in rows)


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    path = old(tmp_path / NAME, PAGE)
    assert list(never_taken(tmp_path)) == []
    monkeypatch.setattr(os, "access", lambda *_a: False)
    [(found, _stat, why)] = never_taken(tmp_path)
    assert found == path and "may not be read" in why


@pytest.mark.postgres
@pytest.mark.parametrize(
    "name", ["finance_2026-06" + "长" * 78 + ".html", os.fsdecode("finance_2026-06_财政.html".encode("gb18030"))]
)
def test_names_as_long_as_can_be_and_in_another_encoding(house, name):
    for n in range(2):
        house.drop("finance", PAGE + bytes([65 + n]), name)
        house.drop("nowhere", PAGE, name.replace("finance_2026-06", "q" * 15))
        assert len(take_arrivals(house.engine, house.settings)) == n + 1
    waiting = [
        p
        for p in house.settings.drop_dir.rglob("*")
        if p.is_file() and p.parent.name not in {"received", "unrecognised"}
    ]
    assert waiting == []
    assert len(list((house.settings.drop_dir / "received").iterdir())) == 2
    assert len(list((house.settings.drop_dir / "unrecognised").iterdir())) == 2


@pytest.mark.postgres
def test_a_feed_folder_on_another_disk(house, monkeypatch):
    def other_disk(self, target):
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr("pathlib.Path.rename", other_disk)
    monkeypatch.setattr(os, "rename", other_disk)
    house.drop("finance", PAGE, NAME)
    assert len(take_arrivals(house.engine, house.settings)) == 1
    assert [p.read_bytes() for p in (house.settings.drop_dir / "received").iterdir()] == [PAGE]


@pytest.mark.postgres
def test_the_same_bytes_as_another_month_or_after_their_correction_are_told_of(house):
    def said():
        rows = house.query(
            "SELECT severity, note FROM ops.check_results WHERE expectation = 'file_is_news' ORDER BY result_id"
        )
        return rows[-1]["severity"], rows[-1]["note"]

    def taken(name, data=PAGE, feed="finance"):
        house.drop(feed, data, name)
        return take_arrivals(house.engine, house.settings)

    taken(NAME)
    for name, feed in (("finance_2026-07.html", "finance"), (NAME, "commerce")):
        taken(name, feed=feed)
        severity, note = said()
        assert severity == "critical" and NAME in note and "mend: " in note
    taken(NAME)
    assert said()[0] == "info"
    [*_, correction] = taken("finance_2026-02_corrected.html", PAGE + b" ")
    with house.engine.begin() as conn:
        set_release_state(conn, correction.sha256, ReleaseState.LOADED)
    taken(NAME)
    severity, note = said()
    assert severity == "warning" and "finance_2026-02_corrected.html came since" in note
