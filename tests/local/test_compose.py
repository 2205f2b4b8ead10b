"""docker-compose.yaml by the real Compose (which needs no engine to validate), and its `init` and `api-server` run for real."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from planwatch.errors import ConfigError, EnvironmentFault, PlanwatchError
from planwatch.local.airflow import Api
from planwatch.local.ports import free_port
from planwatch.local.postgres import EmbeddedPostgres
from planwatch.local.process import Command, Managed, stop_all
from planwatch.local.provision import read_server
from planwatch.local.waiting import wait_until
from planwatch.settings import ROOT

COMPOSE = Path(sys.executable).with_name("docker-compose")
EMPTY = re.findall(r"^([A-Z_]+)=$", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)


def compose(env_file: Path, *arguments: str) -> tuple[str, str]:
    """Return stdout and stderr; the packaged program always exits 0, so its stderr says whether it refused."""
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    done = subprocess.run(
        [COMPOSE, "-f", ROOT / "docker-compose.yaml", "--env-file", env_file, "--profile", "trial", "config", *arguments],
        capture_output=True, text=True, check=False, env=env, cwd=env_file.parent,
    )  # fmt: skip
    return done.stdout, done.stderr


@pytest.fixture(scope="module")
def env_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("compose") / "env"
    subprocess.run([sys.executable, ROOT / "scripts" / "new_env.py", path], check=True, capture_output=True)
    return path


@pytest.fixture(scope="module")
def project(env_file: Path) -> dict[str, Any]:
    return json.loads(compose(env_file, "--format", "json")[0])


def test_is_valid(env_file: Path) -> None:
    assert compose(env_file, "-q") == ("", "")


@pytest.mark.parametrize("name", EMPTY)
def test_refuses_every_missing_secret(env_file: Path, tmp_path: Path, name: str) -> None:
    text = re.sub(rf"^{name}=.*$", f"{name}=", env_file.read_text(), flags=re.MULTILINE)
    (tmp_path / "env").write_text(text)
    _, err = compose(tmp_path / "env", "-q")
    assert f"required variable {name} is missing a value: make env" in err


def test_the_example_holds_no_secret_and_nothing_else_does() -> None:
    assert len(EMPTY) >= 9
    text = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
    assert not re.findall(r"\$\{[A-Z_]*(?:PASSWORD|SECRET|KEY)[A-Z_]*(?!:\?|[A-Z_])[^}]*:-", text), (
        "no default passwords"
    )
    assert not re.findall(r"(?i)(?:password|secret|fernet_key)\"?: *\"?[a-z0-9]{3,}", text), "no passwords written out"


def test_fresh_secrets_are_private_different_and_kept(env_file: Path) -> None:
    assert env_file.stat().st_mode & 0o077 == 0
    values = [re.search(rf"^{name}=(.+)$", env_file.read_text(), re.MULTILINE)[1] for name in EMPTY]
    assert len(set(values)) == len(EMPTY)
    assert min(map(len, values)) >= 24
    again = subprocess.run(
        [sys.executable, ROOT / "scripts" / "new_env.py", env_file], capture_output=True, text=True, check=False
    )
    assert again.returncode == 1
    assert "is kept" in again.stderr


def test_images_are_pinned(project: dict[str, Any]) -> None:
    for name, service in project["services"].items():
        tag = service["image"].rpartition(":")[2]
        assert re.match(r"\d", tag), f"{name}: {service['image']}"
    assert re.search(r"^FROM python:3\.\d+-slim$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_server_has_a_health_check_and_restarts(project: dict[str, Any]) -> None:
    servers = set(project["services"]) - {"init"}
    assert servers == {"postgres", "api-server", "scheduler", "triggerer", "dag-processor", "mail"}
    for name in servers:
        assert project["services"][name]["healthcheck"]["test"], name
        assert project["services"][name]["restart"] == "unless-stopped", name


def test_nothing_starts_before_the_database_is_ready(project: dict[str, Any]) -> None:
    for name in ("api-server", "scheduler", "triggerer", "dag-processor"):
        waits = project["services"][name]["depends_on"]
        assert waits["init"]["condition"] == "service_completed_successfully"
        assert waits["postgres"]["condition"] == "service_healthy"


def test_data_stand_in_named_volumes_and_ports_on_loopback(project: dict[str, Any]) -> None:
    assert set(project["volumes"]) == {"postgres", "home", "logs"}
    for service in project["services"].values():
        assert all(volume["type"] == "volume" for volume in service.get("volumes", []))
        assert all(port["host_ip"] == "127.0.0.1" for port in service.get("ports", []))


def test_the_mail_catcher_is_for_trials_only(project: dict[str, Any]) -> None:
    profiles = {name: service.get("profiles") for name, service in project["services"].items()}
    assert [name for name, profile in profiles.items() if profile] == ["mail"]


def test_the_image_installs_hashed_pins_and_runs_as_nobody_special() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes -r requirements/run.txt" in text
    assert text.index("\nUSER planwatch") < text.index("\nCMD ")
    for folder in re.findall(r"^COPY (?!--)(.+) \S+$", text, re.MULTILINE):
        assert all((ROOT / name).exists() or name in ("README.md", "LICENSE") for name in folder.split())


@pytest.mark.parametrize("value", ["", "CHANGE_ME_PLEASE", "tiny123", "with a space in it", "p@ss/word:1234567"])
def test_provisioning_refuses_weak_passwords_without_showing_them(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    for name in ("ADMIN", "OWNER", "ETL", "BI", "AIRFLOW"):
        monkeypatch.setenv(f"PLANWATCH_DB_{name}_PASSWORD", "long-enough-for-this")
    read_server()
    monkeypatch.setenv("PLANWATCH_DB_BI_PASSWORD", value)
    with pytest.raises(ConfigError, match="PLANWATCH_DB_BI_PASSWORD") as raised:
        read_server()
    assert not value or value not in str(raised.value)


@pytest.fixture
def server(project: dict[str, Any]) -> Iterator[EmbeddedPostgres]:
    """Return a Postgres with the compose file's superuser password."""
    home = Path(tempfile.mkdtemp(prefix="planwatch-compose-"))
    home.chmod(0o755)
    password = project["services"]["postgres"]["environment"]["POSTGRES_PASSWORD"]
    with EmbeddedPostgres(home, fsync=False, password=password) as running:
        yield running
    running.remove()
    shutil.rmtree(home, ignore_errors=True)


def here(environment: dict[str, str], server: EmbeddedPostgres, folder: Path, port: int) -> dict[str, str]:
    """Return a container's environment with its addresses and folders turned to this machine's."""
    text = json.dumps(environment)
    text = text.replace("postgres:5432", f"127.0.0.1:{server.port}").replace(
        "http://api-server:8080", f"http://127.0.0.1:{port}"
    )
    text = text.replace("/opt/planwatch", str(ROOT)).replace("/var/lib/planwatch", str(folder / "home"))
    inherited = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "AIRFLOW_HOME": str(folder),
        "PYTHONUTF8": "1",
    }
    database = {"PLANWATCH_DB_HOST": "127.0.0.1", "PLANWATCH_DB_PORT": str(server.port)}
    return {**inherited, **json.loads(text), **database}


@pytest.mark.postgres
@pytest.mark.airflow
def test_init_makes_what_the_components_need_and_the_administrator_can_sign_in(
    project: dict[str, Any], server: EmbeddedPostgres, tmp_path: Path
) -> None:
    port, init = free_port(), project["services"]["init"]
    env = here(init["environment"], server, tmp_path, port)
    script = init["command"][0].replace("$$", "$")
    for _ in range(2):  # a second start changes nothing and fails at nothing
        done = subprocess.run([*init["entrypoint"], script], env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    env = here(project["services"]["api-server"]["environment"], server, tmp_path, port)
    argv = (sys.executable, "-m", "airflow", "api-server", "--host", "127.0.0.1", "--port", str(port))
    process = Managed(
        Command(name="api-server", argv=argv, env=env, cwd=tmp_path, log=tmp_path / "log"), tmp_path / "run"
    )
    process.start()
    try:
        api = Api(f"http://127.0.0.1:{port}", init["environment"]["ADMIN_USER"], init["environment"]["ADMIN_PASSWORD"])

        def signed_in() -> bool:
            process.require_alive()
            try:
                return api.request("GET", "/api/v2/dags")["total_entries"] == 0
            except PlanwatchError as error:
                if not error.retriable:
                    raise
                return False

        assert wait_until(signed_in, 120, "the API server")
        stranger = Api(api.base_url, "admin", "a guess")
        with pytest.raises(EnvironmentFault, match="401"):
            stranger.request("GET", "/api/v2/dags")
    finally:
        stop_all([process])
