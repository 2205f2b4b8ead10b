"""The trigger that watches remote sources: silent until a look is due, once for each, whatever happens to the warehouse."""

import asyncio
import json
import shutil
import sys
from datetime import UTC, datetime, timedelta

import pytest

from planwatch.settings import ROOT, Settings
from planwatch.steps.fetching import find_due
from planwatch.steps.polling import LOOK
from planwatch.warehouse import record_run

pytestmark = [pytest.mark.airflow, pytest.mark.postgres]


@pytest.fixture
def include(tmp_path):
    folder = shutil.copytree(ROOT / "include", tmp_path / "include", ignore=shutil.ignore_patterns("sample", "history"))
    feeds = folder / "feeds.yaml"
    location = "    location: {url: 'https://f.example/{period}', poll: {until_days: 62}}\n"
    text = feeds.read_text(encoding="utf-8")
    feeds.write_text(text.replace("  - id: finance\n", f"  - id: finance\n{location}"), encoding="utf-8")
    return folder


@pytest.fixture
def connection(dagbag, warehouse, monkeypatch):
    url = warehouse.engine.url
    given = {
        "conn_type": "postgres", "host": url.host, "port": url.port, "login": url.username, "password": url.password,
        "schema": url.database,
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_PLANWATCH_WAREHOUSE", json.dumps(given))
    return "planwatch_warehouse"


def trigger(include, connection="planwatch_warehouse"):
    from source_watch import SourceTrigger

    return SourceTrigger(str(include), connection, poll_seconds=0.01)


def note(warehouse, period, at):
    detail = {"feed": "finance", "period": period, "sha256": ""}
    with warehouse.begin() as conn:
        record_run(
            conn, f"{LOOK}:finance:{period}", LOOK, started_at=at, ended_at=at, outcome="not_there", detail=detail
        )


async def _next(events):
    return (await asyncio.wait_for(anext(events), 20)).payload["due"]


async def _silent(events):
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(events), 0.3)


def test_tells_what_is_due_once_and_again_when_its_time_comes(warehouse, connection, include):
    now = datetime.now(UTC)
    due = find_due(warehouse.engine, Settings(include=include), now)
    assert due, "62 days hold at least one release day of a monthly feed"

    async def story():
        assert await _next(trigger(include).run()) == [f"{p.feed} {p.period}" for p in due]
        for poll in due:
            note(warehouse, poll.period, now)
        events = trigger(include).run()
        waiting = asyncio.ensure_future(_next(events))
        await asyncio.wait([waiting], timeout=0.3)
        assert not waiting.done()
        note(warehouse, due[0].period, now - timedelta(hours=2))
        assert await waiting == [f"finance {due[0].period}"]

    asyncio.run(story())


def test_is_silent_where_no_feed_has_a_location(warehouse, connection, tmp_path):
    shutil.copy(ROOT / "include" / "calendar.yaml", tmp_path)
    (tmp_path / "feeds.yaml").write_text("feeds: []\n")
    asyncio.run(_silent(trigger(tmp_path).run()))


@pytest.mark.parametrize("broken", ["feeds: [", "feeds:\n- {id: finance, location: 'gopher://x'}\n"])
def test_outlives_a_broken_file_and_a_warehouse_that_is_away(warehouse, connection, include, monkeypatch, broken):
    good = (include / "feeds.yaml").read_text(encoding="utf-8")

    async def story():
        (include / "feeds.yaml").write_text(broken, encoding="utf-8")
        events = trigger(include).run()
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.wait([waiting], timeout=0.3)
        assert not waiting.done()
        (include / "feeds.yaml").write_text(good, encoding="utf-8")
        assert (await asyncio.wait_for(waiting, 20)).payload["due"]
        away = trigger(include, "no_such_connection")
        await _silent(away.run())

    asyncio.run(story())


def test_can_be_rebuilt_from_what_it_serialises(dagbag, include):
    path, arguments = trigger(include).serialize()
    module, name = path.rsplit(".", 1)
    assert getattr(sys.modules[module], name)(**arguments).serialize() == (path, arguments)
