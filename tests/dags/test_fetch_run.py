"""The DAG `fetch`, run by Airflow itself: what is due is looked at, each look on its own, and what came is handed on."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from tests.sources import web_server

from planwatch.settings import ROOT

pytestmark = [pytest.mark.airflow, pytest.mark.postgres]
PAGE = (ROOT / "include" / "sample" / "2026" / "finance_2026-03.html").read_bytes()
RUN = """
import json, sys
sys.path[:0] = ["plugins", "dags"]
from fetch import fetch
run = fetch().test(mark_success_pattern="start_feeds")
tasks = [[ti.task_id, ti.state, ti.rendered_map_index] for ti in run.get_task_instances()]
print("RUN", json.dumps([run.state, tasks]))
"""


@pytest.fixture
def include(tmp_path):
    folder = shutil.copytree(ROOT / "include", tmp_path / "include", ignore=shutil.ignore_patterns("sample", "history"))
    return folder


@pytest.fixture
def airflow(warehouse, include, tmp_path):
    url, home = warehouse.engine.url, tmp_path / "airflow"
    connection = {
        "conn_type": "postgres", "host": url.host, "port": url.port, "login": url.username, "password": url.password,
        "schema": url.database,
    }  # fmt: skip
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "PLANWATCH"))} | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW_CONN_PLANWATCH_WAREHOUSE": json.dumps(connection),
        "AIRFLOW_CONN_FINANCE_BUREAU": '{"conn_type": "http", "login": "wang", "password": "open-sesame"}',
        "PLANWATCH_INCLUDE": str(include),
        "PLANWATCH_HOME": str(tmp_path / "home"),
    }

    def run(*command):
        return subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )

    assert run("-m", "airflow", "db", "migrate").returncode == 0
    return run


def test_what_is_due_is_looked_at_and_what_came_is_handed_on(airflow, include, warehouse):
    with web_server() as web:
        web.answer("*", body=PAGE)
        feeds = include / "feeds.yaml"
        location = f"    location: {{url: '{web.url()}', connection: finance_bureau, poll: {{until_days: 62}}}}\n"
        text = feeds.read_text(encoding="utf-8")
        feeds.write_text(text.replace("  - id: finance\n", f"  - id: finance\n{location}"), encoding="utf-8")
        said = airflow("-c", RUN)
    line = next((one for one in said.stdout.splitlines() if one.startswith("RUN ")), None)
    assert line is not None, said.stdout[-3000:] + said.stderr[-3000:]
    state, tasks = json.loads(line[4:])
    looks = [task for task in tasks if task[0] == "source.look"]
    assert state == "success", tasks
    assert len(looks) == len(web.asked) > 0
    assert {name for _, _, name in looks} == {f"finance {asked.path[1:8]}" for asked in web.asked}
    assert sorted(s for _, s, _ in looks) == ["skipped"] * (len(looks) - 1) + [
        "success"
    ]  # the same bytes for every month
    assert sorted(s for t, s, _ in tasks if t == "source.start_feeds") == ["skipped"] * (len(looks) - 1) + ["success"]
    assert "open-sesame" not in said.stdout + said.stderr
    with warehouse.engine.connect() as conn:
        rows = conn.exec_driver_sql("SELECT outcome FROM bi.fetches ORDER BY outcome").scalars().all()
    assert rows == ["fetched"] + ["known"] * (len(looks) - 1)
