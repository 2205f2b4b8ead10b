"""Rules that hold for every DAG."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from planwatch.steps.roster import feed_roster

pytestmark = pytest.mark.airflow
ROOT = Path(__file__).resolve().parents[2]
FEEDS = {f"feed_{feed.id}" for feed in feed_roster(ROOT / "include" / "feeds.yaml")}
EXPECTED = {"plan", "arrivals", "calendar", "edition", "replay", "housekeeping", "fetch"} | FEEDS


def test_every_file_imports(dagbag):
    assert dagbag.import_errors == {}


def test_the_dags_are_those_of_the_architecture(dagbag):
    assert set(dagbag.dags) == EXPECTED


@pytest.mark.parametrize("dag_id", sorted(EXPECTED))
class TestEveryDag:
    def test_has_docs_tags_and_no_catchup(self, dagbag, dag_id):
        dag = dagbag.dags[dag_id]
        assert dag.doc_md and len(dag.doc_md) > 80
        assert "planwatch" in dag.tags
        assert not dag.catchup

    def test_every_task_has_an_owner_retries_and_a_timeout(self, dagbag, dag_id):
        for task in dagbag.dags[dag_id].tasks:
            assert task.owner == "planwatch", task.task_id
            assert task.retries == (10 if task.task_id == "decide" else 3), task.task_id
            assert task.retry_exponential_backoff, task.task_id
            assert (task.execution_timeout is None) == (task.task_id == "decide"), task.task_id


def test_a_person_may_take_any_time_to_decide(dagbag):
    for feed in FEEDS:
        assert dagbag.dags[feed].get_task("decide").response_timeout is None


def test_one_edition_at_a_time(dagbag):
    assert dagbag.dags["edition"].max_active_runs == 1


def test_an_edition_fires_on_any_feed_never_on_all(dagbag):
    condition = dagbag.dags["edition"].timetable.asset_condition
    assert type(condition).__name__ == "AssetAny"
    names = {asset.name for asset in condition.objects}
    assert {f"observations_{feed.removeprefix('feed_')}" for feed in FEEDS} < names


def test_several_releases_of_a_feed_may_be_read_at_once(dagbag):
    assert all(dagbag.dags[feed].max_active_runs > 1 for feed in FEEDS)


@pytest.mark.parametrize("month", ["2026-13", "2026", "26-01", "2026-1", "x"])
def test_the_replay_form_refuses_what_is_no_month(dagbag, month):
    param = dagbag.dags["replay"].params.get_param("first")
    assert re.match(param.schema["pattern"], month) is None
    assert re.match(param.schema["pattern"], "2026-09")


def test_parsing_imports_nothing_heavy():
    code = (
        "import sys; sys.path[:0] = ['plugins', 'dags']\n"
        "import arrivals, edition, feeds, fetch, housekeeping, plan, release_calendar, replay\n"
        "heavy = {'pandas', 'great_expectations', 'sqlalchemy.orm.decl_api', 'openpyxl', 'lxml', 'pyarrow', 'pint', 'paramiko', 's3fs'}\n"
        "import airflow.sdk\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    bare = subprocess.run(
        [sys.executable, "-c", "import sys, airflow.sdk; print(sorted(sys.modules))"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    ours = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()[-1]
    loaded_anyway = {
        m
        for m in (
            "pandas",
            "great_expectations",
            "sqlalchemy.orm.decl_api",
            "openpyxl",
            "lxml",
            "pyarrow",
            "pint",
            "paramiko",
            "s3fs",
        )
        if f"'{m}'" in bare
    }
    assert set(re.findall(r"'([\w.]+)'", ours)) <= loaded_anyway


def test_sources_are_watched_only_where_a_feed_declares_one(dagbag, tmp_path):
    """Nothing needs the network as long as no feed says so."""
    assert not dagbag.dags["fetch"].timetable.asset_condition or _declares_a_location(ROOT / "include")
    include = shutil.copytree(
        ROOT / "include", tmp_path / "include", ignore=shutil.ignore_patterns("sample", "history")
    )
    feeds = include / "feeds.yaml"
    text = feeds.read_text(encoding="utf-8")
    feeds.write_text(
        text.replace("  - id: finance\n", "  - id: finance\n    location: https://f.example/{period}\n"), "utf-8"
    )
    code = (
        "import sys; sys.path[:0] = ['plugins', 'dags']\n"
        "import fetch; [asset] = fetch.fetch().timetable.asset_condition.objects\n"
        "print([type(w.trigger).__name__ for w in asset.watchers])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PLANWATCH_INCLUDE": str(include)}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert said.stdout.splitlines()[-1:] == ["['SourceTrigger']"], said.stderr


def _declares_a_location(include):
    from planwatch.steps.polling import remote_feeds

    return bool(remote_feeds(include))


SHARED = {"wiring.py", "quarantine.py"}


@pytest.mark.parametrize("path", sorted((ROOT / "dags").glob("*.py")), ids=lambda p: p.name)
def test_dag_files_stay_thin(path):
    assert path.name in SHARED or len(path.read_text(encoding="utf-8").splitlines()) <= 90
