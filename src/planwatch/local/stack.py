"""The stack: what `up` and `once` start, in which order, and how it all ends again."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import Engine

from planwatch.errors import EnvironmentFault
from planwatch.local.address import address, desk_password
from planwatch.local.airflow import Airflow, connections
from planwatch.local.demonstration import Demonstration, load_demonstration, stand_in_now
from planwatch.local.home import DATABASE, Home, Ports
from planwatch.local.mail import PASSWORD_VARIABLE
from planwatch.local.ports import answers
from planwatch.local.postgres import EmbeddedPostgres
from planwatch.local.process import Command, Managed, stop_all, stop_orphans
from planwatch.local.report import Steps
from planwatch.local.waiting import wait_until
from planwatch.settings import ROOT, Settings, connection_text
from planwatch.steps.include import load_include
from planwatch.warehouse import OWNER, ROLES, apply_views, bootstrap, make_engine, migrate

START_TIMEOUT_S = 180
MAIL_TIMEOUT_S = 30


@dataclass(slots=True)
class Running:
    """A started system: what the work on it needs."""

    home: Home
    ports: Ports
    settings: Settings
    demonstration: Demonstration
    airflow: Airflow
    engine: Engine
    postgres: EmbeddedPostgres
    mail: Managed

    def require_alive(self) -> None:
        """Do nothing while all parts run.

        Raises:
            EnvironmentFault: one ended; the message says which, and how its log ends.
        """
        self.airflow.require_alive()
        self.mail.require_alive()
        if not self.postgres.running():
            raise EnvironmentFault(f"Postgres ended; its log {self.postgres.log} ends:\n{self.postgres.tail()}")

    def url(self, what: str) -> str:
        """Return where a part answers, password included."""
        return address(self.home, self.ports, what)


@contextmanager
def started(settings: Settings, steps: Steps) -> Iterator[Running]:
    """Start everything, one step after the other, and stop it in reverse order however the block ends.

    Raises:
        EnvironmentFault: a part does not start, or another process uses this home.
    """
    home = Home(settings.home)
    demonstration = load_demonstration(settings.include, settings.plan)
    with Interrupts() as interrupts, ExitStack() as parts:
        parts.enter_context(home.lock())
        parts.callback(steps.console.print, "  [dim]everything stopped[/]")
        try:
            yield _start(home, demonstration, settings, steps, parts)
        finally:
            interrupts.ending = True


def _start(home: Home, demonstration: Demonstration, settings: Settings, steps: Steps, parts: ExitStack) -> Running:
    ports = _ports(home, steps)
    postgres = _postgres(home, ports, steps, parts)
    owner = _warehouse(home, postgres, steps)
    mail = _mail(home, ports, settings, steps, parts)
    extra = _variables(settings, demonstration) | connections(
        home, ports, DATABASE, settings.drop_dir.resolve(), settings.mail_from
    )
    airflow = _airflow(Airflow(home, ports, ROOT, extra), steps, parts)
    return Running(home, ports, settings, demonstration, airflow, make_engine(owner), postgres, mail)


class Interrupts:
    """SIGTERM and SIGHUP end the block as Ctrl-C does; once it is ending, further signals hurry nothing and break nothing."""

    NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.ending = False
        self._before: list[Any] = []

    def __enter__(self) -> Interrupts:
        self._before = [signal.signal(n, self._hear) for n in self.NUMBERS]
        return self

    def __exit__(self, *raised: object) -> None:
        for number, handler in zip(self.NUMBERS, self._before, strict=True):
            signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if not self.ending:
            self.ending = True
            raise KeyboardInterrupt


def _at_the_end(parts: ExitStack, steps: Steps, name: str, stop: Callable[[], None]) -> None:
    """Register a stop, shown while it runs."""

    def run() -> None:
        with steps.console.status(f"Stopping {name} …"):
            stop()

    parts.callback(run)


def _ports(home: Home, steps: Steps) -> Ports:
    with steps.step("Environment", "Looking at what is there") as note:
        orphans = stop_orphans(home.run)
        EmbeddedPostgres(home.postgres, password="-").clear_leftovers()  # noqa: S106 - never used
        ports, moved = home.choose_ports()
        told = [f"stopped what a crash had left: {', '.join(orphans)}"] if orphans else []
        others = ", ".join(f"{name} {getattr(ports, name)}" for name in moved)
        told += [f"usual ports are taken, instead {others}"] if moved else []
        note.text = "; ".join([str(home.root), *told])
    return ports


def _postgres(home: Home, ports: Ports, steps: Steps, parts: ExitStack) -> EmbeddedPostgres:
    with steps.step("Postgres", "Starting Postgres") as note:
        server = EmbeddedPostgres(home.postgres, ports.postgres, password=home.secrets.get("role_postgres"))
        _at_the_end(parts, steps, "Postgres", server.stop)
        server.start()
        note.text = f"127.0.0.1:{server.port}"
    return server


def _warehouse(home: Home, postgres: EmbeddedPostgres, steps: Steps) -> str:
    """Bring roles, tables and views up to date, and return the owner's URL."""
    with steps.step("Warehouse", "Migrating the warehouse") as note:
        passwords = {role: home.secrets.get(f"role_{role}") for role in ROLES}
        bootstrap(postgres.admin_url, DATABASE, passwords)
        owner = postgres.url(OWNER, passwords[OWNER], DATABASE)
        migrate(owner)
        changed = apply_views(owner)
        note.text = "roles, tables, views" if changed else "up to date"
    return owner


def _mail(home: Home, ports: Ports, settings: Settings, steps: Steps, parts: ExitStack) -> Managed:
    with steps.step("Mails", "Starting the mail catcher") as note:
        argv = (
            sys.executable, "-m", "planwatch.local.mail", "--home", str(home.root), "--data-docs", str(settings.data_docs_dir),
            "--smtp-port", str(ports.smtp), "--web-port", str(ports.desk),
        )  # fmt: skip
        env = {**os.environ, PASSWORD_VARIABLE: desk_password(home), "PYTHONUTF8": "1"}
        mail = Managed(Command(name="mail", argv=argv, env=env, cwd=home.root, log=home.logs / "mail.log"), home.run)
        _at_the_end(parts, steps, "the mail catcher", lambda: stop_all([mail]))
        mail.start()

        def answering() -> bool:
            mail.require_alive()
            return answers(ports.smtp) and answers(ports.desk)

        wait_until(answering, MAIL_TIMEOUT_S, "the mail catcher", 0.1)
        note.text = f"caught on 127.0.0.1:{ports.smtp}"
    return mail


def _airflow(airflow: Airflow, steps: Steps, parts: ExitStack) -> Airflow:
    with steps.step("Airflow", "Starting Airflow") as note:
        airflow.prepare()
        _at_the_end(parts, steps, "Airflow", airflow.stop)
        airflow.start()
        wait_until(lambda: not airflow.unhealthy(), START_TIMEOUT_S, "Airflow to be healthy", 0.3)
        note.text = airflow.base_url
    return airflow


def _variables(settings: Settings, demonstration: Demonstration) -> dict[str, str]:
    """Return the project's variables for every component: where things stand, which plan, what the time is."""
    as_of: datetime = settings.as_of or stand_in_now(settings.include, demonstration)
    return {
        **{k: v for k, v in os.environ.items() if k.startswith("PLANWATCH_")},
        **_source_connections(settings.include),
        "PLANWATCH_INCLUDE": str(settings.include.resolve()),
        "PLANWATCH_EXPECTATIONS": str(settings.expectations.resolve()),
        "PLANWATCH_HOME": str(settings.home.resolve()),
        "PLANWATCH_DROP": str(settings.drop_dir.resolve()),
        "PLANWATCH_ARCHIVE": str(settings.archive_dir.resolve()),
        "PLANWATCH_DATA_DOCS": str(settings.data_docs_dir.resolve()),
        "PLANWATCH_PLAN": str(settings.plan),
        "PLANWATCH_AS_OF": as_of.isoformat(),
    }


def _source_connections(include: Path) -> dict[str, str]:
    """Return the `AIRFLOW_CONN_*` variables of the connections that the feeds' locations declare, where they are set."""
    feeds = load_include(include).feeds.values()
    names = {feed.location.connection for feed in feeds if feed.location and feed.location.connection}
    return {f"AIRFLOW_CONN_{name.upper()}": text for name in names if (text := connection_text(name)) is not None}


def stay(running: Running, every_s: float = 2.0) -> None:
    """Stay until interrupted.

    Raises:
        EnvironmentFault: a part ended on its own.
    """
    while True:
        running.require_alive()
        time.sleep(every_s)
