"""docker-compose.yaml as the real Compose resolves it: complete, closed, and without a secret of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from composecases import EXAMPLE, FILE, NEW_ENV, SECRETS, compose, variables, with_value

from planwatch import __version__
from planwatch.settings import ROOT

ONE_SHOT = {"check", "init", "demonstration"}
TRIAL = {"mail", "demonstration"}
NEEDED = [*(s for s in SECRETS if s != "PLANWATCH_DESK_PASSWORD"), "PLANWATCH_SMTP", "PLANWATCH_MAIL_FROM", "PLANWATCH_ADMIN_EMAIL"]  # fmt: skip
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
Services = dict[str, Any]


def test_it_is_valid_with_what_make_env_writes(env_file: Path) -> None:
    assert compose(env_file, "-q") == ("", "")


@pytest.mark.parametrize("name", NEEDED)
def test_it_names_the_variable_that_is_missing(env_file: Path, tmp_path: Path, name: str) -> None:
    _, err = compose(with_value(env_file, tmp_path / "env", name, ""), "-q")
    assert f"required variable {name} is missing a value: set it in .env, " in err


def test_an_empty_env_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("")
    out, err = compose(tmp_path / "env", "--format", "json")
    assert not out
    assert "required variable" in err


def test_the_example_lists_the_variables_that_are_used_and_no_others() -> None:
    used = re.findall(r"\$\{([A-Z_]+)", FILE.read_text(encoding="utf-8"))
    listed = re.findall(r"^([A-Z_]+)=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(set(used)) == sorted(listed)


def test_every_variable_of_the_example_is_explained() -> None:
    blocks = EXAMPLE.read_text(encoding="utf-8").split("\n\n")
    before = [block.split("PLANWATCH_")[0] for block in blocks if re.search(r"^PLANWATCH_", block, re.MULTILINE)]
    assert all("# " in comment for comment in before)


def test_no_secret_stands_in_the_repository_and_none_has_a_default() -> None:
    assert all(variables(EXAMPLE)[name] == "" for name in SECRETS)
    text = FILE.read_text(encoding="utf-8")
    assert {name for name in SECRETS if re.search(rf"\$\{{{name}:?-[^}}]", text)} == set()
    assert re.findall(r"(?i)(?:password|secret|fernet_key)\"?:\s*\"?(?!\$\{|\"?$)\w{3,}", text) == []


def test_secrets_reach_only_the_services_that_need_them(env_file: Path, services: Services) -> None:
    holders = {
        name: {s for s, service in services.items() if value in json.dumps(service)}
        for name, value in variables(env_file).items()
        if name in SECRETS
    }
    components = {"api-server", "scheduler", "triggerer", "dag-processor"}
    assert holders["PLANWATCH_POSTGRES_PASSWORD"] == {"check", "init", "postgres"}
    assert holders["PLANWATCH_OWNER_PASSWORD"] == holders["PLANWATCH_BI_PASSWORD"] == {"check", "init"}
    assert holders["PLANWATCH_ETL_PASSWORD"] == {"check", "init", "scheduler", "triggerer"}
    assert holders["PLANWATCH_ADMIN_PASSWORD"] == {"check", "init", "demonstration"}
    assert holders["PLANWATCH_DESK_PASSWORD"] == {"check", "init", "mail"}
    assert holders["PLANWATCH_AIRFLOW_PASSWORD"] == {"check", "init", *components}


def test_fresh_secrets_are_private_different_and_never_overwritten(env_file: Path) -> None:
    assert env_file.stat().st_mode & 0o077 == 0
    assert len({variables(env_file)[name] for name in SECRETS}) == len(SECRETS) >= 10
    before = env_file.read_bytes()
    again = subprocess.run([sys.executable, NEW_ENV, env_file], capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "is kept" in again.stderr
    assert env_file.read_bytes() == before


def test_images_are_pinned_to_the_minor_version(services: Services) -> None:
    assert services["postgres"]["image"] == "postgres:18.6-trixie"
    for name in set(services) - {"postgres"}:
        assert services[name]["image"] == f"planwatch:{__version__}", name
        assert services[name]["build"]["context"] == str(ROOT), name
    assert re.findall(r"^ARG PYTHON_IMAGE=(.+)$", DOCKERFILE, re.MULTILINE) == ["python:3.12.13-slim-trixie"]
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"${PYTHON_IMAGE}"}


def test_servers_restart_and_say_how_they_are_and_the_rest_runs_once(services: Services) -> None:
    assert set(services) >= ONE_SHOT
    for name, service in services.items():
        if name in ONE_SHOT:
            assert service["restart"] == "no", name
        else:
            assert service["restart"] == "unless-stopped", name
            assert service["healthcheck"]["test"][0] == "CMD", name
            assert service["healthcheck"]["retries"] >= 3, name


def test_every_container_is_closed(services: Services) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not service.get("privileged"), name
        assert "docker.sock" not in json.dumps(service), name
        assert service.get("network_mode", "none") == "none", name
        assert service.get("user", "50000") not in ("0", "root"), name
        assert service["logging"]["options"]["max-size"], name


def test_only_the_ui_can_be_opened_to_others(env_file: Path, services: Services, tmp_path: Path) -> None:
    published = {name: service["ports"] for name, service in services.items() if service.get("ports")}
    assert set(published) == {"postgres", "api-server", "mail"}
    assert all(port["host_ip"] == "127.0.0.1" for ports in published.values() for port in ports)
    out, _ = compose(with_value(env_file, tmp_path / "env", "PLANWATCH_BIND", "0.0.0.0"), "--format", "json")
    opened = {
        n for n, s in json.loads(out)["services"].items() for p in s.get("ports", []) if p["host_ip"] == "0.0.0.0"
    }
    assert opened == {"api-server"}


def test_data_stand_in_named_volumes(project: dict[str, Any], services: Services) -> None:
    mounted = [(name, v) for name, service in services.items() for v in service.get("volumes", [])]
    assert {v["type"] for _, v in mounted} == {"volume"}
    assert {v["source"] for _, v in mounted} == set(project["volumes"])
    writers: dict[str, set[str]] = {}
    for name, volume in mounted:
        if not volume.get("read_only"):
            writers.setdefault(volume["source"], set()).add(name)
    assert writers["postgres"] == {"postgres"}
    assert writers["archive"] == writers["data-docs"] == {"init", "scheduler"}
    assert writers["mails"] == {"mail"}


def test_the_drop_folder_may_be_a_folder_of_the_host(env_file: Path, tmp_path: Path) -> None:
    changed = with_value(env_file, tmp_path / "env", "PLANWATCH_DROP_FOLDER", "/srv/drop")
    out, err = compose(changed, "--format", "json")
    assert not err
    mounts = [v for s in json.loads(out)["services"].values() for v in s.get("volumes", [])]
    drops = {(v["type"], v["source"]) for v in mounts if v["target"] == "/var/lib/planwatch/drop"}
    assert drops == {("bind", "/srv/drop")}


def test_nothing_starts_before_what_it_needs(services: Services) -> None:
    done, healthy = "service_completed_successfully", "service_healthy"
    waits = {name: {on: c["condition"] for on, c in s.get("depends_on", {}).items()} for name, s in services.items()}
    assert waits["check"] == {}
    assert waits["postgres"] == {"check": done}
    assert waits["init"] == {"postgres": healthy}
    for name in ("api-server", "triggerer", "dag-processor"):
        assert waits[name] == {"postgres": healthy, "init": done}, name
    assert waits["scheduler"] == {"postgres": healthy, "init": done, "api-server": healthy}
    assert set(waits["demonstration"].values()) == {healthy}


def test_the_mail_catcher_is_for_trials_and_reached_by_workers_alone(services: Services) -> None:
    assert {name for name, service in services.items() if service.get("profiles")} == TRIAL
    on_its_network = {name for name, service in services.items() if "mail" in (service.get("networks") or {})}
    assert on_its_network == {"mail", "scheduler", "triggerer"}


def test_json_inside_the_settings_is_json(services: Services) -> None:
    scheduler = services["scheduler"]["environment"]
    warehouse = json.loads(scheduler["AIRFLOW_CONN_PLANWATCH_WAREHOUSE"])
    assert (warehouse["login"], warehouse["schema"]) == ("planwatch_etl", "planwatch")
    assert json.loads(scheduler["AIRFLOW_CONN_SMTP_DEFAULT"])["host"] == "mail"
    bundles = json.loads(scheduler["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"])
    assert [b["kwargs"]["path"] for b in bundles] == [scheduler["AIRFLOW__CORE__DAGS_FOLDER"]]


def test_airflow_is_tuned_as_on_a_newcomers_machine(services: Services, tmp_path: Path) -> None:
    from planwatch.local.airflow import Airflow
    from planwatch.local.home import Home, Ports

    local = Airflow(Home(tmp_path), Ports(), ROOT, {}).environment()
    served = services["scheduler"]["environment"]
    sections = (
        "SCHEDULER",
        "WORKERS",
        "DAG_PROCESSOR__REFRESH",
        "DAG_PROCESSOR__MIN",
        "CORE__PARALLELISM",
        "CORE__DAGS_ARE",
    )
    tuned = {k: v for k, v in local.items() if k.startswith(tuple(f"AIRFLOW__{s}" for s in sections))}
    assert len(tuned) >= 8
    assert {k: served.get(k) for k in tuned} == tuned


def copied() -> list[str]:
    """Return the paths of the repository that the Dockerfile copies."""
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    return [path for line in lines for path in line.split()]


def test_the_image_finds_what_it_copies() -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert set(copied()) == set(allowed)
    assert [path for path in copied() if not (ROOT / path).exists()] == []


def test_the_image_checks_hashes_and_runs_as_nobody_special() -> None:
    assert "--require-hashes --only-binary :all: -r requirements/run.txt" in DOCKERFILE
    last = DOCKERFILE.split("\nFROM ")[-1]
    assert "\nUSER 50000:50000\n" in last
    assert "apt-get" not in DOCKERFILE
    folders = dict(re.findall(r"(PLANWATCH_\w+)=/opt/planwatch/(\w+)", last))
    assert folders == {"PLANWATCH_INCLUDE": "include", "PLANWATCH_EXPECTATIONS": "expectations"}
    assert "PLANWATCH_HOME=/var/lib/planwatch" in last


def test_the_files_that_containers_run_are_in_the_image(services: Services) -> None:
    text = json.dumps(services)
    for script in set(re.findall(r"compose/\w+\.py", text)):
        assert (ROOT / script).is_file()
    for module in set(re.findall(r"planwatch\.local\.\w+", text)):
        assert (ROOT / "src" / Path(*module.split("."))).with_suffix(".py").is_file()


def test_the_override_in_the_handbook_is_valid(env_file: Path, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "override.yaml").write_text(block)
    (tmp_path / "env").write_text(env_file.read_text() + "PLANWATCH_BROKER_PASSWORD=broker-word\n")
    out, err = compose(tmp_path / "env", "--format", "json", files=(FILE, tmp_path / "override.yaml"))
    assert not err
    scaled = json.loads(out)["services"]
    assert {"broker", "worker"} <= set(scaled)
    shared = {v["target"] for v in scaled["scheduler"]["volumes"]}
    assert {v["target"] for v in scaled["worker"]["volumes"]} == shared
    assert "AIRFLOW__CELERY__BROKER_URL" in scaled["scheduler"]["environment"]


def test_the_handbook_names_no_variable_that_is_not_there() -> None:
    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    known = {*variables(EXAMPLE), "PLANWATCH_BROKER_PASSWORD", "PLANWATCH_POSTGRES_HOST", "PLANWATCH_POSTGRES_USER"}
    assert set(re.findall(r"\b(?:PLANWATCH|COMPOSE)_[A-Z_]+", page)) - known == set()
