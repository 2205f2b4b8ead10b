"""Fixtures that several test folders share: a real Postgres, and a fresh warehouse in it."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import hypothesis
import pytest
from sqlalchemy import Connection, Engine

from planwatch.local.postgres import EmbeddedPostgres

hypothesis.settings.register_profile("quick", max_examples=3)
"""`make test-unit`: a first look at every property. `make test` takes the full number of examples."""


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what stays until the end (modules, thousands of test items): a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


PASSWORDS = {
    "planwatch_owner": "owner-'\"%:@/word", "planwatch_etl": "etl-word", "bi_reader": "bi-word", "airflow": "airflow-word",
}  # fmt: skip
TEMPLATE = "planwatch_template"
_NUMBER = itertools.count(1)


@dataclass(frozen=True)
class Warehouse:
    """A fresh, migrated database with its views: URLs by role, and an engine of the loading role."""

    server: EmbeddedPostgres
    database: str
    engine: Engine

    def url(self, role: str = "planwatch_etl", database: str | None = None) -> str:
        return self.server.url(role, PASSWORDS[role], database or self.database)

    @property
    def etl_url(self) -> str:
        return self.url("planwatch_etl")

    @property
    def owner_url(self) -> str:
        return self.url("planwatch_owner")

    @property
    def bi_url(self) -> str:
        return self.url("bi_reader")

    def begin(self) -> Connection:
        """Return a connection of the loading role in a transaction: `with warehouse.begin() as conn:`."""
        return self.engine.begin()  # type: ignore[return-value]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A running server of this session's own; `admin_url` is its superuser's."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), fsync=False)
    server.start()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def passwords() -> dict[str, str]:
    """The password of every role on the session's server."""
    return dict(PASSWORDS)


@pytest.fixture(scope="session")
def warehouse_template(postgres: EmbeddedPostgres) -> str:
    """A bootstrapped, migrated database with views; nobody is connected to it, so it can be copied."""
    from planwatch.warehouse import apply_views, bootstrap, migrate

    bootstrap(postgres.admin_url, TEMPLATE, PASSWORDS)
    owner = postgres.url("planwatch_owner", PASSWORDS["planwatch_owner"], TEMPLATE)
    migrate(owner)
    apply_views(owner)
    return TEMPLATE


@pytest.fixture
def make_warehouse(postgres: EmbeddedPostgres, warehouse_template: str) -> Iterator[Callable[[], Warehouse]]:
    """Make fresh copies of the template; all are dropped afterwards."""
    from planwatch.warehouse import make_engine
    from planwatch.warehouse.bootstrap import create_database, run

    admin = make_engine(postgres.admin_url, isolation_level="AUTOCOMMIT")
    made: list[Warehouse] = []

    def _make() -> Warehouse:
        database = f"planwatch_{next(_NUMBER)}"
        with admin.connect() as conn:
            create_database(conn, database, template=warehouse_template)
        url = postgres.url("planwatch_etl", PASSWORDS["planwatch_etl"], database)
        made.append(Warehouse(postgres, database, make_engine(url, statement_timeout_s=120)))
        return made[-1]

    yield _make
    for one in made:
        one.engine.dispose()
        with admin.connect() as conn:
            run(conn, "DROP DATABASE {} WITH (FORCE)", one.database)
    admin.dispose()


@pytest.fixture
def warehouse(make_warehouse: Callable[[], Warehouse]) -> Warehouse:
    """A fresh warehouse."""
    return make_warehouse()
