"""The work of a first start: load the plan, offer the releases, wait for the editions. A later start finds it done."""

from __future__ import annotations

import json
import time
from pathlib import Path

from planwatch.errors import PlanwatchError, RetriableError
from planwatch.local.airflow import Api
from planwatch.local.demonstration import Shipped, offer, shipped_releases
from planwatch.local.report import Steps
from planwatch.local.stack import Running
from planwatch.local.waiting import wait_until
from planwatch.local.watch import Standing, known_shas, plan_version, standing
from planwatch.plan import fingerprint, load_plan

DAGS_TIMEOUT_S = 180
PLAN_TIMEOUT_S = 180
QUIET_S = 4.0
"""Nothing runs for so long: nothing more comes of itself. A finished feed run needs a moment to start an edition."""
FINISHED = ("success", "failed")
HOUSEKEEPING = "housekeeping"
SHOWN_FAILURES = 3
LOG_LINES = 6


class NotPublishedError(PlanwatchError):
    """The editions that must be there are not; the message says what stands in the way."""


def load_the_plan(running: Running, steps: Steps) -> None:
    """Have the DAG `plan` load the year's plan, unless this very version is in force.

    Raises:
        NotPublishedError: the DAG files do not import, or the run failed.
    """
    settings, api = running.settings, running.airflow.api()
    with steps.step("DAGs", "Waiting for the DAGs") as note:
        wanted = ["plan", "arrivals", "edition"]
        wait_until(lambda: not _missing(api, wanted), DAGS_TIMEOUT_S, f"the DAGs {', '.join(wanted)}", 0.3)
        note.text = "parsed"
    with steps.step("Plan", "Loading the plan") as note:
        plan = load_plan(settings.plan_file(settings.plan), settings.include)
        note.text = f"{len(plan.targets)} targets · {plan.title}"
        if plan_version(running.engine, settings.plan) == fingerprint(plan):
            return
        run = api.trigger("plan", {"year": settings.plan})
        state = wait_until(lambda: _ended(running, api, "plan", run), PLAN_TIMEOUT_S, "the plan to be loaded", 0.3)
        if state == "failed":
            raise NotPublishedError(f"the plan was not loaded:\n{task_log(running.airflow.home.airflow, 'plan', run)}")


def offer_releases(running: Running, steps: Steps) -> list[Shipped]:
    """Copy the shipped releases that were never taken into the drop folder; return all that belong to this plan's year."""
    with steps.step("Releases", "Offering the shipped releases") as note:
        shipped = shipped_releases(running.settings.include, running.demonstration)
        new = offer(shipped, running.settings.drop_dir, known_shas(running.engine))
        note.text = f"{len(new)} of {len(shipped)} offered" if new else f"{len(shipped)}, all taken before"
    return shipped


def wait_for_editions(running: Running, shipped: list[Shipped], steps: Steps, timeout_s: float) -> Standing:
    """Wait until every release is dealt with, every wanted month has an edition and nothing runs any more.

    When the time is over, published editions are enough: what still runs can only add to them.

    Raises:
        NotPublishedError: all came to rest without them, a DAG file broke, or the time is over; with the reasons and logs.
    """
    api, end = running.airflow.api(), time.monotonic() + timeout_s
    idle_since: float | None = None
    with steps.bar("Editions", "Publishing") as bar:
        while True:
            running.require_alive()
            now = standing(
                running.engine, [s.sha256 for s in shipped], running.demonstration.editions, running.settings.plan
            )
            bar.show(now.done, now.total, now.words)
            idle_since = (idle_since or time.monotonic()) if _at_rest(running, api) else None
            rested = idle_since is not None and time.monotonic() - idle_since > QUIET_S
            late = time.monotonic() > end
            if now.complete and (rested or late):
                return now
            if rested and now.dealt_with == len(now.states):
                raise NotPublishedError(_why(running, api, now, "everything came to rest, but"))
            if late:
                raise NotPublishedError(_why(running, api, now, f"after {timeout_s / 60:.0f} minutes"))
            time.sleep(0.5)


def task_log(airflow_home: Path, dag_id: str, run_id: str) -> str:
    """Return the last telling lines of a run's newest task log: events and errors, without their JSON."""
    folder = airflow_home / "logs" / f"dag_id={dag_id}" / f"run_id={run_id}"
    logs = sorted(folder.rglob("*.log"), key=lambda p: p.stat().st_mtime)
    if not logs:
        return f"(no log under {folder})"
    lines = [_telling(line) for line in logs[-1].read_text(encoding="utf-8", errors="replace").splitlines()]
    return "\n".join([str(logs[-1]), *(f"  {line}" for line in lines if line)][-LOG_LINES - 1 :])


def _telling(line: str) -> str:
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    if not isinstance(entry, dict) or entry.get("level") not in ("error", "critical", "warning"):
        return ""
    causes = [f"{e.get('exc_type')}: {e.get('exc_value')}" for e in entry.get("error_detail") or []]
    return " ".join([str(entry.get("event", "")), *causes])


def _missing(api: Api, wanted: list[str]) -> list[str]:
    """Return the DAGs that Airflow does not know yet; a file that does not import ends the wait."""
    try:
        missing = api.missing_dags(wanted)
        errors = api.import_errors() if missing else []
    except RetriableError:
        return wanted
    if errors:
        raise NotPublishedError("DAG files do not import:\n" + "\n".join(errors))
    return missing


def _ended(running: Running, api: Api, dag_id: str, run_id: str) -> str:
    """Return a run's final state, empty while it has none."""
    running.require_alive()
    try:
        state = api.run_state(dag_id, run_id)
    except RetriableError:
        return ""
    return state if state in FINISHED else ""


def _at_rest(running: Running, api: Api) -> bool:
    """Return whether nothing more will come of what was offered: nothing runs or waits but runs that a person must decide.

    One `edition` run judges every month whose inputs changed. So when a run of this year began after the last feed run
    ended, and is done, the queued ones will find nothing to do and need not be waited for.
    """
    try:
        active = [run for state in ("running", "queued") for run in api.runs(state) if run.dag_id != HOUSEKEEPING]
        working = [run for run in active if run.dag_id != "edition" and not api.awaits_decision(run)]
        return not working and (not any(r.dag_id == "edition" for r in active) or _judged_since(running, api))
    except RetriableError:
        return False


def _judged_since(running: Running, api: Api) -> bool:
    ended = [r.ended for state in FINISHED for r in api.runs(state) if r.dag_id.startswith("feed_") and r.ended]
    year, last = str(running.settings.plan), max(ended, default=None)
    editions = [r for r in api.runs("success", "edition") if (r.partition_key or "").startswith(year)]
    return any(r.started and (last is None or r.started > last) for r in editions)


def _why(running: Running, api: Api, now: Standing, when: str) -> str:
    """Return the reasons: what is lacking, which releases are in trouble, which runs failed and what their logs say."""
    lines = [f"{when} {now.words}"]
    lines += [f"no edition: {', '.join(now.lacking)}"] if now.lacking else []
    lines += [f"release {t}" for t in now.troubles[:SHOWN_FAILURES]]
    try:
        lines += api.import_errors()[:SHOWN_FAILURES]
        failed = api.runs("failed")[:SHOWN_FAILURES]
    except PlanwatchError as error:
        return "\n".join([*lines, str(error)])
    home = running.airflow.home
    lines += [f"run {r.run_id} of {r.dag_id} failed:\n{task_log(home.airflow, r.dag_id, r.run_id)}" for r in failed]
    return "\n".join([*lines, f"logs: {home.logs} and {home.airflow / 'logs'}"])
