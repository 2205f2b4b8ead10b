"""Airflow on this machine: its environment, its four components, and what can be asked over its REST API.

Airflow itself is never imported here: it runs as processes of the same Python environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from planwatch.errors import EnvironmentFault, RetriableError
from planwatch.local.address import AIRFLOW_USER, airflow_password
from planwatch.local.home import Home, Ports
from planwatch.local.ports import LOOPBACK
from planwatch.local.preload import write_local_settings
from planwatch.local.process import Command, Managed, stop_all, tail

COMPONENTS: dict[str, tuple[str, ...]] = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "triggerer": ("triggerer", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
}
"""Name → arguments of `airflow`. Logs are read from the shared folder, so nothing serves them on a port."""

MIGRATE_TIMEOUT_S = 180
API_TIMEOUT_S = 20
BUSY = {"running", "queued", "scheduled", "restarting", "up_for_retry", "up_for_reschedule"}
GRACE_S = 6.0
NOT_INHERITED = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "AIRFLOW_CONFIG")


class Airflow:
    """The local Airflow of one home.

    Args:
        home: where it writes; its passwords and keys are the home's secrets.
        ports: where its API server and its Postgres listen.
        root: the checkout with `dags/` and `plugins/`.
        extra: variables of the project for every component (`PLANWATCH_*`, `AIRFLOW_CONN_*`).
    """

    def __init__(self, home: Home, ports: Ports, root: Path, extra: Mapping[str, str]) -> None:
        self.home = home
        self.ports = ports
        self.root = root
        self.extra = dict(extra)
        self.components: dict[str, Managed] = {}

    @property
    def base_url(self) -> str:
        """Return the address of the UI and the API."""
        return f"http://{LOOPBACK}:{self.ports.airflow}"

    def environment(self) -> dict[str, str]:
        """Return the whole environment of every component: ours, minus what would slow or bend Airflow, plus its settings."""
        inherited = {
            k: v
            for k, v in os.environ.items()
            if k not in NOT_INHERITED and not k.startswith(("AIRFLOW_", "PLANWATCH_"))
        }
        settings = {f"AIRFLOW__{key}": value for key, value in self._settings().items()}
        quiet = {
            "AIRFLOW_HOME": str(self.home.airflow),
            "PYTHONUTF8": "1",
            "PYTHONUNBUFFERED": "1",
            "NO_PROXY": f"{LOOPBACK},localhost",
            "no_proxy": f"{LOOPBACK},localhost",
            "DO_NOT_TRACK": "1",
            "SCARF_ANALYTICS": "false",
            "GX_ANALYTICS_ENABLED": "false",
        }
        return {**inherited, **quiet, **settings, **self.extra}

    def prepare(self) -> None:
        """Migrate the metadata database where this version of Airflow has not done so.

        Raises:
            EnvironmentFault: the migration failed; the message has the log's last lines.
        """
        note, version = self.home.airflow / "migrated", _version()
        if note.exists() and note.read_text(encoding="utf-8") == version:
            return
        log = self.home.logs / "airflow-migrate.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        self.home.airflow.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "airflow", "db", "migrate"]
        with log.open("wb") as out:
            done = subprocess.run(  # noqa: S603 - our own program
                command, env=self.environment(), cwd=self.home.airflow, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                check=False, timeout=MIGRATE_TIMEOUT_S, start_new_session=True,
            )  # fmt: skip
        if done.returncode:
            raise EnvironmentFault(f"Airflow's database could not be migrated; {log} ends:\n{tail(log)}")
        note.write_text(version, encoding="utf-8")

    def start(self) -> None:
        """Start the four components, each in a session of its own with a log of its own."""
        self.home.write_airflow_password(AIRFLOW_USER, airflow_password(self.home))
        write_local_settings(self.home.airflow)
        env = self.environment()
        for name, arguments in COMPONENTS.items():
            argv = (sys.executable, "-m", "airflow", *arguments)
            log = self.home.logs / f"{name}.log"
            managed = Managed(Command(name=name, argv=argv, env=env, cwd=self.home.airflow, log=log), self.home.run)
            self.components[name] = managed
            managed.start()

    def stop(self) -> None:
        """Stop what was started, tasks in flight included; they are taken up again at the next start."""
        stop_all(self.components.values(), GRACE_S)
        self.components.clear()

    def require_alive(self) -> None:
        """Do nothing while all four run.

        Raises:
            EnvironmentFault: one ended; the message says which, and how its log ends.
        """
        for managed in self.components.values():
            managed.require_alive()

    def unhealthy(self) -> list[str]:
        """Return the parts that are not healthy yet, empty when all are.

        Raises:
            EnvironmentFault: a component ended.
        """
        self.require_alive()
        try:
            health = Api(self.base_url, AIRFLOW_USER, airflow_password(self.home)).request(
                "GET", "/api/v2/monitor/health", signed=False
            )
        except RetriableError:
            return ["api-server"]
        parts = ("metadatabase", "scheduler", "triggerer", "dag_processor")
        sick = [p for p in parts if (health.get(p) or {}).get("status") != "healthy"]
        return sick or ([] if self._is_ours() else ["api-server"])

    def _is_ours(self) -> bool:
        """Return whether what answers knows our password: another Airflow may have taken the port before ours could."""
        try:
            self.api().request("GET", "/api/v2/dags?limit=1")
        except EnvironmentFault:
            return False
        return True

    def api(self) -> Api:
        """Return a client of the REST API, signed in as `admin`."""
        return Api(self.base_url, AIRFLOW_USER, airflow_password(self.home))

    def _settings(self) -> dict[str, str]:
        secrets, ports = self.home.secrets, self.ports
        login = f"airflow:{secrets.get('role_airflow')}@{LOOPBACK}:{ports.postgres}/airflow"
        bundle = {
            "name": "planwatch",
            "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
            "kwargs": {"path": str(self.root / "dags"), "refresh_interval": 30},
        }
        return {
            "DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{login}",
            "DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+asyncpg://{login}",
            "DATABASE__LOAD_DEFAULT_CONNECTIONS": "False",
            "CORE__DAGS_FOLDER": str(self.root / "dags"),
            "CORE__PLUGINS_FOLDER": str(self.root / "plugins"),
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__PARALLELISM": "4",
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "CORE__FERNET_KEY": secrets.get("fernet", 32) + "=",
            "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{AIRFLOW_USER}:admin",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.home.airflow / "passwords.json"),
            "CORE__EXECUTION_API_SERVER_URL": f"{self.base_url}/execution/",
            "API__HOST": LOOPBACK,
            "API__PORT": str(ports.airflow),
            "API__BASE_URL": self.base_url,
            "API__SECRET_KEY": secrets.get("api_secret", 32),
            "API_AUTH__JWT_SECRET": secrets.get("jwt", 48),
            "API__INSTANCE_NAME": "Planwatch",
            "DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([bundle]),
            "DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(self.home.airflow / "bundles"),
            "DAG_PROCESSOR__REFRESH_INTERVAL": "30",
            "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
            "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
            "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
            "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
            "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
            "LOGGING__BASE_LOG_FOLDER": str(self.home.airflow / "logs"),
            "USAGE_DATA_COLLECTION__ENABLED": "False",
        }


@dataclass(frozen=True, slots=True)
class Run:
    """A DAG run; times are None until it has started, or ended."""

    dag_id: str
    run_id: str
    partition_key: str | None
    started: datetime | None
    ended: datetime | None


class Api:
    """Airflow's REST API, as far as the start needs it. No proxy is asked, the server stands on loopback."""

    def __init__(self, base_url: str, user: str, password: str) -> None:
        self.base_url = base_url
        self._login = {"username": user, "password": password}
        self._token = ""
        self._lock = threading.Lock()
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def request(self, method: str, path: str, body: Any = None, signed: bool = True) -> Any:
        """Return the JSON answer.

        Raises:
            RetriableError: no answer, or one of the server's own faults (5xx).
            EnvironmentFault: the request was refused (4xx); the message has Airflow's reason.
        """
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if signed:
            headers["Authorization"] = f"Bearer {self._signed_in()}"
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.base_url + path, data, headers, method=method)  # noqa: S310 - http, loopback
        try:
            with self._opener.open(asked, timeout=API_TIMEOUT_S) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            reason = error.read().decode("utf-8", "replace")[:500]
            kind = RetriableError if error.code >= 500 else EnvironmentFault
            raise kind(f"Airflow answered {error.code} to {method} {path}: {reason}") from error
        except (OSError, ValueError) as error:
            raise RetriableError(f"Airflow does not answer at {self.base_url}: {error}") from error

    def missing_dags(self, wanted: Iterable[str]) -> list[str]:
        """Return the ids among `wanted` that Airflow does not know yet."""
        known = {d["dag_id"] for d in self.request("GET", "/api/v2/dags?limit=200")["dags"]}
        return [w for w in wanted if w not in known]

    def import_errors(self) -> list[str]:
        """Return one text for every DAG file that does not import, its traceback's last lines included."""
        found = self.request("GET", "/api/v2/importErrors?limit=20")["import_errors"]
        return [f"{e['filename']}:\n{_last_lines(e['stack_trace'])}" for e in found]

    def trigger(self, dag_id: str, conf: Mapping[str, Any]) -> str:
        """Start a run of a DAG now and return its run id."""
        run = self.request("POST", f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": dict(conf)})
        return str(run["dag_run_id"])

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return the state of a run: queued, running, success or failed."""
        return str(self.request("GET", f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}")["state"])

    def runs(self, state: str, dag_id: str = "~", limit: int = 100) -> list[Run]:
        """Return the runs in this state, of one DAG or of all, the last started first."""
        path = f"/api/v2/dags/{dag_id}/dagRuns?state={state}&limit={limit}&order_by=-start_date"
        return [
            Run(r["dag_id"], r["dag_run_id"], r.get("partition_key"), _time(r["start_date"]), _time(r["end_date"]))
            for r in self.request("GET", path)["dag_runs"]
        ]

    def awaits_decision(self, run: Run) -> bool:
        """Return whether all that is unfinished in a run waits for a person."""
        path = f"/api/v2/dags/{run.dag_id}/dagRuns/{quote(run.run_id, safe='')}/taskInstances?limit=100"
        states = {t["state"] for t in self.request("GET", path)["task_instances"]}
        return bool(states & {"awaiting_input", "deferred"}) and not states & BUSY

    def _signed_in(self) -> str:
        with self._lock:
            if not self._token:
                self._token = self.request("POST", "/auth/token", self._login, signed=False)["access_token"]
            return self._token


def connections(home: Home, ports: Ports, database: str, drop: Path, mail_from: str) -> dict[str, str]:
    """Return the `AIRFLOW_CONN_*` variables: the warehouse as its loader, the mail catcher, the drop folder."""
    warehouse = {
        "conn_type": "postgres",
        "host": LOOPBACK,
        "port": ports.postgres,
        "login": "planwatch_etl",
        "password": home.secrets.get("role_planwatch_etl"),
        "schema": database,
    }
    plain = {"from_email": mail_from, "disable_ssl": True, "disable_tls": True}
    smtp = {"conn_type": "smtp", "host": LOOPBACK, "port": ports.smtp, "extra": plain}
    folder = {"conn_type": "fs", "extra": {"path": str(drop)}}
    named = {"PLANWATCH_WAREHOUSE": warehouse, "SMTP_DEFAULT": smtp, "PLANWATCH_DROP": folder}
    return {f"AIRFLOW_CONN_{name}": json.dumps(value) for name, value in named.items()}


def _version() -> str:
    from importlib.metadata import version

    return version("apache-airflow")


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _last_lines(text: str) -> str:
    return "\n".join(text.rstrip().splitlines()[-4:])
