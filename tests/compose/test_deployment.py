"""What of a `.env` is refused, and what a deployment's first service makes of a server, once and again."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from composecases import EXAMPLE, SECRETS, Here, variables
from sqlalchemy import text

from planwatch.errors import ConfigError, EnvironmentFault
from planwatch.local.deployment import read_deployment
from planwatch.local.postgres import EmbeddedPostgres
from planwatch.local.provision import main, require_folders
from planwatch.settings import Settings
from planwatch.warehouse import make_engine

SMTP = {"conn_type": "smtp", "host": "smtp.city.example", "port": 587, "extra": {"disable_ssl": True}}
Give = Callable[..., None]


@pytest.fixture
def give(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> Give:
    """Set the environment as the one-shot services get it from `.env`, some values changed."""

    def _give(file: Path = env_file, **changed: str) -> None:
        for name in [n for n in os.environ if n.startswith("PLANWATCH_")]:
            monkeypatch.delenv(name)
        given = {**variables(file), **changed}
        given["PLANWATCH_PROFILES"] = given.pop("COMPOSE_PROFILES")
        for name, value in given.items():
            monkeypatch.setenv(name, value)

    return _give


def refused() -> dict[str, str]:
    """Return variable → message of what is refused now."""
    with pytest.raises(ConfigError) as raised:
        read_deployment()
    return {str(fault.key): str(fault) for fault in raised.value.faults}


def test_what_make_env_writes_is_accepted(give: Give) -> None:
    give()
    assert read_deployment().trial


def test_the_example_as_it_stands_is_refused_by_name(give: Give, capsys: pytest.CaptureFixture[str]) -> None:
    give(EXAMPLE)
    with pytest.raises(SystemExit) as ended:
        main(["check"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert sorted(re.findall(r"^\.env, key (\w+): is empty;", said, re.MULTILINE)) == sorted(SECRETS)
    assert all("make env" in line for line in said.splitlines())


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("", "is empty"),
        ("CHANGE_ME", "placeholder"),
        ("please-change-me-before-use-000", "placeholder"),
        ("ChangeMe_ChangeMe_ChangeMe_1", "placeholder"),
        ("my-long-p-a-s-s-w-o-r-d-1234567", "placeholder"),
        ("airflow-airflow-airflow-airflow", "placeholder"),
        ("short-word-1", "too short"),
        ("abc" * 12, "repeats"),
        ("with space and more characters", "do not survive"),
        ("p@ss/w0rd:with?reserved&signs%", "do not survive"),
        ("dollar$signs$are$expanded$here", "do not survive"),
        ("全角口令全角口令全角口令全角口令一二三四", "do not survive"),
    ],
)
@pytest.mark.parametrize("name", ["PLANWATCH_POSTGRES_PASSWORD", "PLANWATCH_BI_PASSWORD", "PLANWATCH_SECRET_KEY"])
def test_weak_secrets_are_refused_and_never_shown(give: Give, name: str, value: str, why: str) -> None:
    give(**{name: value})
    found = refused()
    assert list(found) == [name]
    assert why in found[name]
    assert not value or value not in found[name]


@pytest.mark.parametrize(
    "value",
    ["x" * 44, "A" * 43 + "=", secrets.token_urlsafe(24), secrets.token_urlsafe(32)],
    ids=["no padding", "all zero", "24 random bytes", "unpadded"],
)
def test_a_fernet_key_is_32_random_bytes(give: Give, value: str) -> None:
    give(PLANWATCH_FERNET_KEY=value)
    assert "Fernet" in refused()["PLANWATCH_FERNET_KEY"]


def test_the_token_key_is_as_long_as_its_hash(give: Give) -> None:
    give(PLANWATCH_JWT_SECRET=secrets.token_urlsafe(47)[:63])
    assert "at least 64" in refused()["PLANWATCH_JWT_SECRET"]


def test_a_secret_is_used_once(give: Give) -> None:
    word = secrets.token_urlsafe(24)
    give(PLANWATCH_ETL_PASSWORD=word, PLANWATCH_BI_PASSWORD=word)
    found = refused()
    assert list(found) == ["PLANWATCH_BI_PASSWORD"]
    assert "the same as PLANWATCH_ETL_PASSWORD" in found["PLANWATCH_BI_PASSWORD"]
    assert word not in found["PLANWATCH_BI_PASSWORD"]


def test_the_administrator_has_an_address(give: Give) -> None:
    give(PLANWATCH_ADMIN_EMAIL="admin")
    assert list(refused()) == ["PLANWATCH_ADMIN_EMAIL"]


def test_production_takes_a_mail_server_and_needs_no_desk(give: Give) -> None:
    give(COMPOSE_PROFILES="", PLANWATCH_DESK_PASSWORD="", PLANWATCH_SMTP=json.dumps(SMTP))
    assert not read_deployment().trial


@pytest.mark.parametrize(
    ("smtp", "why"),
    [
        ("smtp.city.example", "not a mail connection"),
        ("[]", "not a mail connection"),
        ('{"conn_type":"smtp"}', "not a mail connection"),
        ('{"conn_type":"http","host":"smtp.city.example"}', "not a mail connection"),
        ('{"conn_type":"smtp","host":"mail"}', "does not run"),
        (json.dumps({**SMTP, "password": "word", "extra": {"disable_ssl": True, "disable_tls": True}}), "encryption"),
    ],
)
def test_mail_servers_that_cannot_work_are_refused(give: Give, smtp: str, why: str) -> None:
    give(COMPOSE_PROFILES="", PLANWATCH_SMTP=smtp)
    found = refused()
    assert list(found) == ["PLANWATCH_SMTP"]
    assert why in found["PLANWATCH_SMTP"]


def test_empty_settings_are_unset(give: Give) -> None:
    give()
    assert os.environ["PLANWATCH_AS_OF"] == ""
    assert Settings().as_of is None


def test_a_folder_of_someone_else_is_refused_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "drop").write_text("in the way")
    with pytest.raises(EnvironmentFault, match=rf"drop cannot be written .*; mend: give .* uid {os.geteuid()}"):
        require_folders(Settings(home=tmp_path))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, env_file: Path) -> Iterator[EmbeddedPostgres]:
    """A server of its own, as the roles of a server are shared by all its databases."""
    word = variables(env_file)["PLANWATCH_POSTGRES_PASSWORD"]
    one = EmbeddedPostgres(tmp_path_factory.mktemp("compose-postgres"), fsync=False, password=word)
    one.start()
    yield one
    one.remove()


def provision(server: EmbeddedPostgres, home: Path, services: dict[str, Any], **changed: str) -> subprocess.CompletedProcess[str]:  # fmt: skip
    """Run the service `init` on this machine, with its own environment."""
    here = Here(server.port, 1, home)
    env = {**here.environment(services["init"]), **changed}
    home.mkdir(exist_ok=True)
    return subprocess.run(
        here.command(services["init"]), env=env, cwd=home, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def provisioned(server: EmbeddedPostgres, services: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The server after a first start; what the start said."""
    done = provision(server, tmp_path_factory.mktemp("first") / "home", services)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def admin_query(server: EmbeddedPostgres, user: str, password: str, database: str, query: str) -> list[Any]:
    engine = make_engine(server.url(user, password, database))
    try:
        with engine.connect() as conn:
            return list(conn.execute(text(query)).scalars())
    finally:
        engine.dispose()


@pytest.mark.postgres
def test_a_server_that_is_away_is_told_in_one_line(
    give: Give, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from planwatch.local.ports import free_port
    from planwatch.settings import settings

    give(PLANWATCH_POSTGRES_HOST="127.0.0.1", PLANWATCH_POSTGRES_PORT=str(free_port()), PLANWATCH_HOME=str(tmp_path))
    settings.cache_clear()
    try:
        with pytest.raises(SystemExit) as ended:
            main([])
    finally:
        settings.cache_clear()
    assert ended.value.code == 2
    assert "Postgres" in capsys.readouterr().err


@pytest.mark.postgres
@pytest.mark.airflow
def test_init_twice_makes_everything_once_and_takes_over_changed_passwords(
    server: EmbeddedPostgres, provisioned: str, env_file: Path, services: dict[str, Any], tmp_path: Path
) -> None:
    given = variables(env_file)
    owner = ("planwatch_owner", given["PLANWATCH_OWNER_PASSWORD"], "planwatch")
    tables = "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p', 'v')"
    versions = "SELECT count(*) FROM ops.view_version"
    before = [admin_query(server, *owner, q) for q in (tables, versions)]
    assert admin_query(server, "bi_reader", given["PLANWATCH_BI_PASSWORD"], "planwatch", "SELECT count(*) FROM bi.dispatch_table") == [0]  # fmt: skip
    fresh = {"PLANWATCH_ADMIN_PASSWORD": secrets.token_urlsafe(24), "PLANWATCH_BI_PASSWORD": secrets.token_urlsafe(24)}
    second = provision(server, tmp_path / "home", services, **fresh)
    assert second.returncode == 0, second.stdout + second.stderr
    assert [admin_query(server, *owner, q) for q in (tables, versions)] == before
    assert admin_query(server, "bi_reader", fresh["PLANWATCH_BI_PASSWORD"], "planwatch", "SELECT 1") == [1]
    with pytest.raises(Exception, match="authentication failed"):
        admin_query(server, "bi_reader", given["PLANWATCH_BI_PASSWORD"], "planwatch", "SELECT 1")
    airflow = ("airflow", given["PLANWATCH_AIRFLOW_PASSWORD"], "airflow")
    hashes = admin_query(server, *airflow, "SELECT password FROM ab_user WHERE username = 'admin'")
    from werkzeug.security import check_password_hash

    assert [check_password_hash(h, fresh["PLANWATCH_ADMIN_PASSWORD"]) for h in hashes] == [True]
    said = provisioned + second.stdout + second.stderr
    assert [name for name in SECRETS if given[name] in said] == []


def healthy(here: Here, service: dict[str, Any]) -> bool:
    env = here.environment(service)
    done = subprocess.run(here.health(service), env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or "no sign of life" in done.stderr
    return done.returncode == 0


@pytest.mark.postgres
@pytest.mark.airflow
def test_the_components_health_is_their_heartbeat(
    server: EmbeddedPostgres, provisioned: str, env_file: Path, services: dict[str, Any], tmp_path: Path
) -> None:
    here, given = Here(server.port, 1, tmp_path / "home"), variables(env_file)
    jobs = {"scheduler": "SchedulerJob", "triggerer": "TriggererJob", "dag-processor": "DagProcessorJob"}
    engine = make_engine(server.url("airflow", given["PLANWATCH_AIRFLOW_PASSWORD"], "airflow"))
    beat = text("UPDATE job SET latest_heartbeat = now() - make_interval(secs => :age), hostname = :host")
    start = text(
        "INSERT INTO job (job_type, state, hostname, latest_heartbeat) VALUES (:kind, 'running', :host, now())"
    )
    host = os.uname().nodename
    for name, kind in jobs.items():
        assert not healthy(here, services[name]), name
        with engine.begin() as conn:
            conn.execute(start, {"kind": kind, "host": host})
        assert healthy(here, services[name]), name
        for age, where in ((0, "another-host"), (600, host)):
            with engine.begin() as conn:
                conn.execute(beat, {"age": age, "host": where})
            assert not healthy(here, services[name]), (name, age, where)
        with engine.begin() as conn:
            conn.execute(text("DELETE FROM job"))
    engine.dispose()
    gone = Here(1, 1, tmp_path / "home")
    assert not healthy(gone, services["scheduler"])


def test_the_web_check_sees_whether_anything_answers(services: dict[str, Any], tmp_path: Path) -> None:
    from planwatch.local.ports import free_port

    assert not healthy(Here(1, free_port(), tmp_path), services["api-server"])
