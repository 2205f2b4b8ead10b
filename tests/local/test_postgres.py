"""The embedded Postgres, real: started, crashed, found again, under root and under a normal user."""

from __future__ import annotations

import multiprocessing
import os
import pwd
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from planwatch.errors import EnvironmentFault
from planwatch.local.account import FALLBACK, Account, sweep_abandoned
from planwatch.local.ports import answers, free_port
from planwatch.local.postgres import EmbeddedPostgres

pytestmark = pytest.mark.postgres


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="planwatch-pg-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def ask(server: EmbeddedPostgres, sql: str, password: str | None = None) -> object:
    connection = psycopg2.connect(server.url("postgres", password or server.password, "postgres", "postgresql"))
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0]
    finally:
        connection.close()


def test_starts_answers_with_its_password_only_and_stops(home: Path) -> None:
    with EmbeddedPostgres(home, fsync=False) as server:
        assert ask(server, "select upper('包头é')") == "包头É"
        assert ask(server, "show password_encryption") == "scram-sha-256"
        assert ask(server, "show listen_addresses") == "127.0.0.1"
        assert ask(server, "select count(*) from pg_hba_file_rules where auth_method <> 'scram-sha-256'") == 0
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            ask(server, "select 1", "guess")
        port = server.port
    assert not answers(port)
    assert not server.running()


def test_fsync_is_on_unless_asked_otherwise(home: Path) -> None:
    with EmbeddedPostgres(home) as server:
        assert ask(server, "show fsync") == "on"


def test_secrets_are_private_and_stay_the_same(home: Path) -> None:
    first = EmbeddedPostgres(home, fsync=False)
    with first:
        word = first.password
        assert len(word) >= 32
    assert stat.S_IMODE((home / "secrets.json").stat().st_mode) == 0o600
    with EmbeddedPostgres(home, fsync=False) as again:
        assert again.password == word


def test_data_survive_a_stop_and_a_chosen_port_is_kept(home: Path) -> None:
    port = free_port()
    with EmbeddedPostgres(home, port=port, fsync=False) as server:
        connection = psycopg2.connect(server.url("postgres", server.password, "postgres", "postgresql"))
        connection.autocommit = True
        connection.cursor().execute("create database kept")
        connection.close()
    with EmbeddedPostgres(home, port=port, fsync=False) as server:
        assert server.port == port
        assert ask(server, "select count(*) from pg_database where datname = 'kept'") == 1


def test_recovers_after_a_crash_with_a_stale_lock_file(home: Path) -> None:
    server = EmbeddedPostgres(home, fsync=False).start()
    pid = int((server.data / "postmaster.pid").read_text().split()[0])
    group = [psutil.Process(pid), *psutil.Process(pid).children()]
    for process in group:
        process.send_signal(signal.SIGKILL)
    psutil.wait_procs(group, timeout=20)
    text = (server.data / "postmaster.pid").read_text().split("\n", 1)[1]
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{text}")  # the number now belongs to somebody else
    with EmbeddedPostgres(home, fsync=False) as again:
        assert ask(again, "select 1") == 1


def test_refuses_a_folder_whose_server_has_a_living_owner(home: Path) -> None:
    with EmbeddedPostgres(home, fsync=False) as server:
        second = EmbeddedPostgres(home, fsync=False)
        with pytest.raises(EnvironmentFault, match="already run by process"):
            second.start()
        second.stop()
        assert ask(server, "select 1") == 1


def _start_and_die(home: Path) -> None:
    EmbeddedPostgres(home, fsync=False).start()
    os._exit(0)


def test_takes_over_from_an_owner_that_died(home: Path) -> None:
    process = multiprocessing.get_context("fork").Process(target=_start_and_die, args=(home,))
    process.start()
    process.join(60)
    orphan = EmbeddedPostgres(home, fsync=False)
    assert orphan.running()
    with orphan:
        assert ask(orphan, "select 1") == 1
    assert not orphan.running()


def test_says_what_the_log_says_when_it_cannot_start(home: Path) -> None:
    with EmbeddedPostgres(home, fsync=False) as server:
        taken = server.port
        other = home / "other"
        with pytest.raises(EnvironmentFault, match=f"did not start on port {taken}(.|\n)*could not bind"):
            EmbeddedPostgres(other, port=taken, fsync=False).start()


def test_before_the_start_there_is_no_port(home: Path) -> None:
    with pytest.raises(EnvironmentFault, match="not running"):
        _ = EmbeddedPostgres(home).port


@pytest.mark.skipif(os.geteuid() != 0, reason="only root steps down")
def test_root_steps_down_where_the_account_cannot_reach_the_home(home: Path) -> None:
    home.chmod(0o700)
    server = EmbeddedPostgres(home / "inside", fsync=False)
    with server:
        assert server.place.is_relative_to(FALLBACK)
        pid = int((server.data / "postmaster.pid").read_text().split()[0])
        assert psutil.Process(pid).uids().effective != 0
        assert ask(server, "select 1") == 1
    assert stat.S_IMODE(home.stat().st_mode) == 0o700, "nothing of the user's was opened"
    shutil.rmtree(home)
    sweep_abandoned()
    assert not server.place.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root steps down")
def test_root_copies_the_programs_where_the_account_cannot_reach_them(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from planwatch.local import account, postgres

    monkeypatch.setattr(account, "FALLBACK", home / "fallback")
    package = postgres._wheel()
    private = home / "private"
    private.mkdir(mode=0o700)
    shutil.copytree(package / "pginstall", private / package.name / "pginstall")
    shutil.copytree(package.with_name(f"{package.name}.libs"), private / f"{package.name}.libs")
    monkeypatch.setattr(postgres, "_wheel", lambda: private / package.name)
    with EmbeddedPostgres(home / "server", fsync=False) as server:
        pid = int((server.data / "postmaster.pid").read_text().split()[0])
        assert Path(psutil.Process(pid).exe()).is_relative_to(home / "fallback")


def _as_normal_user(home: Path, uid: int) -> None:
    """Run in a child process; root's stand-ins, which it cannot even look at, must not disturb it."""
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    with EmbeddedPostgres(home / "mine", fsync=False) as server:
        assert server._account == Account()
        assert ask(server, "select 1") == 1
        os._exit(0)


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as a normal user already")
def test_works_as_a_normal_user(home: Path, tmp_path: Path) -> None:
    from planwatch.local.postgres import _wheel

    nobody = pwd.getpwnam("nobody").pw_uid
    if not Account(nobody, nobody).reaches(_wheel()):
        pytest.skip("the environment stands under a private home")
    os.chown(home, nobody, nobody)
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    note = FALLBACK / "home-of-a-test" / "stands-in-for"
    note.parent.mkdir(parents=True)
    note.write_text(f"{private / 'gone'}\n")
    process = multiprocessing.get_context("fork").Process(target=_as_normal_user, args=(home, nobody))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert note.parent in sweep_abandoned()
