"""The trigger that watches the drop folder: whole files only, once each, again when they change."""

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.airflow


@pytest.fixture
def trigger(dagbag, tmp_path):
    from drop_folder import DropFolderTrigger

    return DropFolderTrigger(str(tmp_path), poll_seconds=0.01, settle_seconds=0.0)


async def _next(events):
    return (await asyncio.wait_for(anext(events), 20)).payload["files"]


def _old(path: Path, data: bytes, age_s: float = 60) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (time.time() - age_s,) * 2)
    return path


def test_tells_of_each_file_once_and_again_when_it_changes(trigger, tmp_path):
    async def story():
        events = trigger.run()
        first = _old(tmp_path / "finance" / "a.html", b"1")
        assert await _next(events) == [str(first)]
        second = _old(tmp_path / "b.csv", b"2")
        assert await _next(events) == [str(second)]
        _old(first, b"corrected", age_s=30)
        assert await _next(events) == [str(first)]

    asyncio.run(story())


def test_unfinished_hidden_and_set_aside_files_are_not_told(trigger, tmp_path):
    async def story():
        for name in ("x.xlsx.part", ".hidden.xlsx", "received/old.xlsx", "unrecognised/odd.xlsx"):
            _old(tmp_path / name, b"1")
        whole = _old(tmp_path / "whole.xlsx", b"1")
        assert await _next(trigger.run()) == [str(whole)]

    asyncio.run(story())


def test_a_file_still_being_written_waits(dagbag, tmp_path):
    from drop_folder import DropFolderTrigger

    async def story():
        _old(tmp_path / "young.csv", b"1", age_s=-3600)  # stamped in the future: never old enough
        done = _old(tmp_path / "done.csv", b"1")
        events = DropFolderTrigger(str(tmp_path), poll_seconds=0.01, settle_seconds=1.0).run()
        assert await _next(events) == [str(done)]

    asyncio.run(story())


def test_can_be_rebuilt_from_what_it_serialises(trigger):
    path, arguments = trigger.serialize()
    module, name = path.rsplit(".", 1)
    again = getattr(sys.modules[module], name)(**arguments)
    assert again.serialize() == trigger.serialize()


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take UTF-8 names only")
def test_a_name_in_another_encoding_is_told_in_escapes(trigger, tmp_path):
    """A GBK name from another system; what the trigger yields is sent as JSON, which has no lone surrogates."""

    async def story():
        folder = os.fsencode(tmp_path) + b"/finance_2026-06\xb2\xc6.html"
        Path(os.fsdecode(folder)).write_bytes(b"1")
        os.utime(folder, (time.time() - 60,) * 2)
        [told] = await _next(trigger.run())
        assert told.endswith(r"finance_2026-06\xb2\xc6.html")
        told.encode()

    asyncio.run(story())
