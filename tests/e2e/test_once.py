"""The main job, end to end: `once`, a second start, a release dropped into the folder, and Ctrl-C. The tests run in order."""

from __future__ import annotations

import re
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from newcomer import System

from planwatch.local.ports import answers
from planwatch.local.waiting import wait_until
from planwatch.settings import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]

MONTHS = [f"2026-{m:02d}" for m in range(2, 11)]
EDITIONS = (
    "SELECT period, edition_number, edition_id, as_of, simulated FROM bi.editions WHERE is_current ORDER BY period"
)


@pytest.fixture(scope="module")
def said(system: System) -> str:
    """What the first `once` printed."""
    return system.once()


def test_the_editions_are_published_and_shown(system: System, said: str) -> None:
    editions = [e for e in system.ask(EDITIONS) if e["period"] in MONTHS]
    assert [e["period"] for e in editions] == MONTHS
    assert all(e["simulated"] for e in editions)
    assert "Edition 2026-10" in said
    assert "simulated 模拟数据" in said
    assert re.search(r"\d+ 达序时 on track", said)
    assert "planwatch once --all" in said, "only what is behind, and how to see the rest"
    assert "\x1b" not in said, "no colours where it is not a terminal"


def test_the_dispatch_table_has_every_target_once(system: System, said: str) -> None:
    rows = system.ask("SELECT target_id, area, period, status, department_zh, simulated FROM bi.dispatch_table")
    assert {r["period"] for r in rows} == {"2026-10"}
    assert max(Counter((r["target_id"], r["area"]) for r in rows).values()) == 1
    assert f"{len(rows)} targets:" in said
    assert len(rows) >= 9 + 3 * 9
    assert all(r["department_zh"] for r in rows)
    assert any(r["simulated"] for r in rows)


def test_what_is_off_track_was_mailed_once_to_each_department(system: System, said: str) -> None:
    off = system.ask("SELECT DISTINCT department FROM bi.off_track WHERE period = '2026-10'")
    expected = {r["department"] for r in off}
    assert expected
    told = Counter(
        str(m["To"]).split("@")[0] for m in system.mails() if "2026" in str(m["Subject"]) and "10" in str(m["Subject"])
    )
    assert expected <= set(told)
    ids = [m["Message-ID"] for m in system.mails()]
    assert len(ids) == len(set(ids))
    assert all("模拟" in m.get_body(("plain",)).get_content() for m in system.mails())


def test_every_release_was_dealt_with_and_kept(system: System, said: str) -> None:
    releases = system.ask("SELECT sha256, state FROM bi.releases")
    shipped = [
        p
        for folder in ("history", "sample/2026")
        for p in (ROOT / "include" / folder).iterdir()
        if p.name != "README.md"
    ]
    assert len(releases) == len(shipped)
    assert {r["state"] for r in releases} <= {"loaded", "quarantined", "superseded"}
    for release in releases:
        assert list(system.home.root.glob(f"archive/**/{release['sha256']}*")), "the bytes stand in the archive"


def test_nothing_answers_once_it_is_over(system: System, said: str) -> None:
    after = said[said.index("everything stopped") :]
    assert "127.0.0.1" not in after
    assert "@127.0.0.1" not in said, "no address with a password"
    assert str(system.home.mails) in after
    assert "planwatch up --plan 2026" in after
    refused = system.run("url", "bi")
    assert refused.returncode == 2
    assert "nothing runs in" in refused.stderr
    ports = system.home.remembered_ports()
    assert not any(map(answers, (ports.airflow, ports.postgres, ports.desk, ports.smtp)))


@pytest.fixture
def corrected(tmp_path: Path) -> bytes:
    """Return October's budget table, corrected by 0.6 points of revenue growth."""
    text = (ROOT / "include/sample/2026/finance_2026-10.html").read_text(encoding="utf-8")
    changed = re.sub(
        r"(<tr><td>一般公共预算收入</td><td>\d+</td><td>\d+</td><td>)([\d.]+)",
        lambda m: f"{m[1]}{float(m[2]) - 0.6:.1f}",
        text,
    )
    changed = re.sub(r"发布日期：2026年11月(\d+)日", "发布日期：2026年11月25日", changed)
    assert changed != text
    return changed.encode()


def test_a_second_start_resumes_takes_a_correction_and_stops_at_ctrl_c(
    system: System, said: str, corrected: bytes
) -> None:
    before, mails = system.ask(EDITIONS), len(system.mails())
    with system.up() as process:
        assert system.ask(EDITIONS) == before, "a second start does not do the work twice"
        assert len(system.mails()) == mails
        assert "all taken before" in (system.root / "up.txt").read_text()
        second = system.run("up")
        assert second.returncode == 1
        assert f"in use by process {process.pid}" in second.stdout
        _urls_answer(system)
        _correction_becomes_visible(system, corrected)
        _quarantine_waits_for_a_reason(system)
        process.send_signal(signal.SIGINT)
        assert process.wait(90) == 0
    assert system.left_over() == []
    assert list(system.home.run.glob("*.json")) == []


def _urls_answer(system: System) -> None:
    urls = {what: system.run("url", what).stdout.strip() for what in ("bi", "etl", "airflow", "mail", "docs")}
    assert system.ask("SELECT count(*) AS n FROM bi.dispatch_table", url=urls["bi"])[0]["n"] > 0
    with pytest.raises(Exception, match="permission denied"):
        system.ask("SELECT * FROM core.observations", url=urls["bi"])
    assert system.ask("SELECT count(*) AS n FROM core.observations", url=urls["etl"])[0]["n"] > 0
    import base64
    import urllib.request
    from urllib.parse import urlsplit

    for what in ("mail", "docs"):
        parts = urlsplit(urls[what])
        word = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
        asked = urllib.request.Request(
            f"http://{parts.hostname}:{parts.port}{parts.path}", headers={"Authorization": f"Basic {word}"}
        )
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert answer.status == 200
            assert len(answer.read()) > 500
    from planwatch.local.airflow import Api

    parts = urlsplit(urls["airflow"])
    api = Api(f"http://{parts.hostname}:{parts.port}", parts.username, parts.password)
    assert api.missing_dags(["plan", "arrivals", "edition", "calendar", "replay", "housekeeping", "feed_finance"]) == []
    assert api.import_errors() == []


def _correction_becomes_visible(system: System, corrected: bytes) -> None:
    query = "SELECT actual, edition_number FROM bi.dispatch_table WHERE indicator = 'budget_revenue' AND kind = 'growth' ORDER BY ordinal LIMIT 1"
    (before,) = system.ask(query)
    folder = system.home.root / "drop" / "finance"
    part = folder / ".finance_2026-10_r1.html.part"
    part.write_bytes(corrected)
    part.replace(folder / "finance_2026-10_r1.html")

    def visible() -> bool:
        (now,) = system.ask(query)
        return bool(
            now["edition_number"] > before["edition_number"] and abs(now["actual"] - (before["actual"] - 0.6)) < 1e-6
        )

    wait_until(visible, 180, "the correction in bi.dispatch_table", 0.5)
    old = system.ask(
        "SELECT actual FROM bi.variance_editions WHERE period = '2026-10' AND edition_number = %s AND indicator = 'budget_revenue' AND kind = 'growth' ORDER BY ordinal LIMIT 1",
        before["edition_number"],
    )
    assert old[0]["actual"] == before["actual"], "the old edition stays readable"


def _quarantine_waits_for_a_reason(system: System) -> None:
    from urllib.parse import urlsplit

    from planwatch.local.airflow import Api
    from planwatch.sample import generate

    folder = system.home.root / "drop" / "finance"
    part = folder / ".held.html.part"
    part.write_bytes(generate("finance", "2026-11", corrupt="text-in-number"))
    part.replace(folder / "finance_2026-11.html")
    parts = urlsplit(system.run("url", "airflow").stdout.strip())
    api = Api(f"http://{parts.hostname}:{parts.port}", parts.username, parts.password)
    waiting = "/api/v2/dags/feed_finance/dagRuns/~/hitlDetails?response_received=false&state=deferred"

    def asked() -> list[dict[str, object]]:
        return [d for d in api.request("GET", waiting)["hitl_details"] if not d["response_received"]]

    wait_until(lambda: bool(asked()), 120, "the question in Airflow", 0.5)
    [question] = asked()
    assert "finance_2026-11.html" in str(question["subject"])
    assert "一般公共预算收入" in str(question["body"])
    task = question["task_instance"]
    answer = f"/api/v2/dags/feed_finance/dagRuns/{task['dag_run_id']}/taskInstances/decide/-1/hitlDetails"
    api.request("PATCH", answer, {"chosen_options": ["Approve 放行"], "params_input": {"reason": " "}})
    wait_until(lambda: bool(asked()), 120, "the same question again: a blank reason is no decision", 0.5)
    assert system.ask("SELECT state FROM bi.releases WHERE filename = 'finance_2026-11.html'") == [
        {"state": "quarantined"}
    ]
    api.request("PATCH", answer, {"chosen_options": ["Reject 退回"], "params_input": {"reason": "send the number"}})
    state = "SELECT state, reason FROM bi.releases WHERE filename = 'finance_2026-11.html'"
    wait_until(lambda: system.ask(state)[0]["state"] == "rejected", 120, "the decision in Postgres", 0.5)
    assert system.ask(state) == [{"state": "rejected", "reason": "send the number"}]
    assert any("数据待处置" in str(m["subject"]) for m in system.mails()), "the owner was told"
    _a_superseded_question_leaves_by_itself(system, api, asked)


def _a_superseded_question_leaves_by_itself(system: System, api: Any, asked: Any) -> None:
    from planwatch.sample import generate

    folder = system.home.root / "drop" / "finance"
    for name, data in (
        ("finance_2026-09_r1.html", generate("finance", "2026-09", corrupt="text-in-number")),
        ("finance_2026-09_r2.html", generate("finance", "2026-09") + b"<!-- sent again -->"),
    ):
        part = folder / f".{name}.part"
        part.write_bytes(data)
        part.replace(folder / name)
        wait_until(lambda: bool(asked()) == (name == "finance_2026-09_r1.html"), 120, f"the question after {name}", 0.5)  # noqa: B023
    state = "SELECT state FROM bi.releases WHERE filename = 'finance_2026-09_r1.html'"
    assert system.ask(state) == [{"state": "superseded"}]

    def ended() -> bool:
        runs = api.request("GET", "/api/v2/dags/feed_finance/dagRuns?order_by=-start_date&limit=2")["dag_runs"]
        tasks = [
            t["state"]
            for run in runs
            for t in api.request("GET", f"/api/v2/dags/feed_finance/dagRuns/{run['dag_run_id']}/taskInstances")[
                "task_instances"
            ]
            if t["task_id"] == "decide"
        ]
        return tasks == ["skipped", "skipped"] and {run["state"] for run in runs} == {"success"}

    wait_until(ended, 60, "the run of the superseded release to end", 0.5)
