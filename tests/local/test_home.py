"""The home: ports remembered, one system at a time, addresses only of what answers, and forgetting it all."""

from __future__ import annotations

import multiprocessing
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from planwatch import settings as settings_module
from planwatch.cli.url import app as url_app
from planwatch.errors import EnvironmentFault
from planwatch.local.address import address, running_address
from planwatch.local.home import Home, Ports
from planwatch.local.ports import LOOPBACK, free_port, is_free
from planwatch.local.postgres import EmbeddedPostgres
from planwatch.local.reset import reset
from planwatch.local.secretfile import SecretFile


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind((LOOPBACK, 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_ports_are_chosen_once(home: Home) -> None:
    first, _ = home.choose_ports()
    assert home.remembered_ports() == first
    assert home.choose_ports()[0] == first


def test_a_port_that_a_stranger_took_is_replaced_and_told(home: Home, taken: int) -> None:
    assert not is_free(taken)
    home.root.mkdir()
    wished = Ports(airflow=taken, postgres=free_port(), desk=free_port(), smtp=free_port())
    (home.root / "ports.json").write_text(
        f'{{"airflow": {wished.airflow}, "postgres": {wished.postgres}, "desk": {wished.desk}, "smtp": {wished.smtp}}}'
    )
    ports, moved = home.choose_ports()
    assert moved == ["airflow"]
    assert ports.airflow != taken
    assert ports.postgres == wished.postgres


def test_a_damaged_note_of_ports_is_no_note(home: Home) -> None:
    home.root.mkdir()
    (home.root / "ports.json").write_text('{"airflow": "x"}')
    assert home.remembered_ports() is None


def _hold(root: Path, held: object, done: object) -> None:
    with Home(root).lock():
        held.set()
        done.wait()


def test_a_second_start_in_the_same_home_is_refused_politely(home: Home) -> None:
    context = multiprocessing.get_context("fork")
    held, done = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(home.root, held, done))
    process.start()
    assert held.wait(30)
    assert home.holder() == process.pid
    with pytest.raises(EnvironmentFault, match=rf"in use by process {process.pid}; mend: stop that one"), home.lock():
        pass
    with pytest.raises(EnvironmentFault, match="stop that one first"):
        reset(home)
    process.kill()
    process.join()
    assert home.holder() is None
    with home.lock():
        assert home.holder() is not None


def test_secrets_are_made_once_and_private(home: Home) -> None:
    word = home.secrets.get("desk")
    assert home.secrets.get("desk") == word == SecretFile(home.root / "secrets.json").get("desk")
    assert home.secrets.get("other") != word
    assert stat.S_IMODE((home.root / "secrets.json").stat().st_mode) == 0o600
    path = home.write_airflow_password("admin", "pw")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_damaged_secrets_are_not_replaced(home: Home) -> None:
    home.root.mkdir()
    (home.root / "secrets.json").write_text("{")
    with pytest.raises(EnvironmentFault, match="cannot be read"):
        home.secrets.get("desk")
    assert (home.root / "secrets.json").read_text() == "{"


def test_addresses_hold_user_and_password(home: Home) -> None:
    ports = Ports(airflow=1, postgres=2, desk=3, smtp=4)
    secret = home.secrets.get
    assert address(home, ports, "bi") == f"postgresql://bi_reader:{secret('role_bi_reader')}@127.0.0.1:2/planwatch"
    assert address(home, ports, "etl").startswith("postgresql://planwatch_etl:")
    assert address(home, ports, "airflow") == f"http://admin:{secret('airflow_admin')}@127.0.0.1:1/"
    assert address(home, ports, "mail") == f"http://planwatch:{secret('desk')}@127.0.0.1:3/mails/"
    assert address(home, ports, "docs").endswith("/docs/")


def test_an_address_is_told_only_of_what_answers(home: Home, taken: int) -> None:
    with pytest.raises(EnvironmentFault, match=r"nothing runs in .*; mend: make run"):
        running_address(home, "bi")
    home.root.mkdir(exist_ok=True)
    quiet = free_port()
    (home.root / "ports.json").write_text(
        f'{{"airflow": {taken}, "postgres": {quiet}, "desk": {quiet}, "smtp": {quiet}}}'
    )
    with home.lock():
        assert running_address(home, "airflow").endswith(f":{taken}/")
        with pytest.raises(EnvironmentFault, match=f"bi does not answer on port {quiet} yet"):
            running_address(home, "bi")


def test_url_prints_one_line_and_refuses_unknown_parts(home: Home, taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANWATCH_HOME", str(home.root))
    settings_module.settings.cache_clear()
    home.root.mkdir()
    (home.root / "ports.json").write_text(
        f'{{"airflow": {taken}, "postgres": {taken}, "desk": {taken}, "smtp": {taken}}}'
    )
    with home.lock():
        said = CliRunner().invoke(url_app, ["bi"])
        assert said.exit_code == 0
        assert said.stdout == address(home, home.remembered_ports(), "bi") + "\n"
    assert CliRunner().invoke(url_app, ["nothing"]).exit_code == 2
    assert isinstance(CliRunner().invoke(url_app, ["bi"]).exception, EnvironmentFault)
    monkeypatch.undo()
    settings_module.settings.cache_clear()


@pytest.mark.postgres
def test_reset_forgets_everything_and_stops_what_a_crash_left() -> None:
    root = Path(tempfile.mkdtemp(prefix="planwatch-reset-"))
    root.chmod(0o755)
    home = Home(root)
    server = EmbeddedPostgres(home.postgres, fsync=False).start()
    (home.postgres / "server.json").write_text("{}")  # as if its owner had died
    reset(home)
    assert not server.running()
    assert not root.exists()
    assert not server.place.exists()
    shutil.rmtree(root, ignore_errors=True)
