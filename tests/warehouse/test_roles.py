"""Who may do what: every role is tried on what it must not do, on the real server."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from planwatch.errors import ConfigError, RetriableError
from planwatch.local.ports import free_port
from planwatch.warehouse import AIRFLOW_DATABASE, ROLES, bootstrap, load_observations, make_engine

SCHEMAS = ("raw", "core", "mart", "ops", "bi", "public")


def refused(conn, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        conn.execute(text(statement))
    conn.rollback()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core.observations SET value = 0",
        "DELETE FROM core.observations",
        "TRUNCATE core.observations",
        "UPDATE mart.verdicts SET status = 'on_track'",
        "DELETE FROM mart.verdicts",
        "UPDATE mart.editions SET fingerprint = ''",
        "DELETE FROM mart.editions",
        "UPDATE mart.current_edition SET edition_id = 1",
        "INSERT INTO mart.current_edition VALUES ('p', '2026-01', 1)",
        "UPDATE raw.release_events SET state = 'loaded'",
        "DELETE FROM raw.releases",
        "UPDATE mart.alert_events SET event = 'resolved'",
        "DELETE FROM mart.outbox",
        "UPDATE mart.outbox SET body = ''",
        "DELETE FROM ops.check_results",
        "UPDATE ops.decisions SET reason = 'none'",
        "UPDATE core.targets SET value = 0",
        "UPDATE mart.reconciliations SET values_new = 0",
        "DELETE FROM core.feeds",
        "UPDATE core.printed_units SET factor = 1",
        "INSERT INTO core.observations_default SELECT * FROM core.observations",
        "CREATE TABLE public.mine (a int)",
        "CREATE TABLE mart.mine (a int)",
        "SELECT core.ensure_partition('mart', 'verdicts', 2030)",
        "ALTER TABLE mart.verdicts ADD COLUMN a int",
    ],
)
def test_loader_cannot_change_history(connect, statement):
    conn = connect("planwatch_etl")
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        conn.execute(text(statement))


def test_loader_may_mark_mail_as_sent_and_lock_it(connect):
    conn = connect("planwatch_etl")
    conn.execute(
        text(
            "INSERT INTO mart.outbox (message_id, department, digest_key, to_address, subject, body) "
            "VALUES ('<1@x>', 'finance', 'k', 'a@b.c', 's', 'b')"
        )
    )
    conn.execute(text("SELECT * FROM mart.outbox FOR UPDATE SKIP LOCKED"))
    conn.execute(text("UPDATE mart.outbox SET sent_at = now(), attempts = attempts + 1, last_error = NULL"))
    assert conn.execute(text("SELECT attempts FROM mart.outbox")).scalar_one() == 1


def test_bi_reader_sees_bi_alone(warehouse, build, publish, connect):
    publish(build.plan())
    conn = connect("bi_reader")
    assert conn.execute(text("SELECT count(*) FROM dispatch_table")).scalar_one() == 3
    assert conn.execute(text("SELECT count(*) FROM bi.observations_as_of('2026-05-01')")).scalar_one() == 0
    conn.rollback()
    for table in ("raw.releases", "core.observations", "mart.verdicts", "mart.verdict_report", "ops.check_results"):
        refused(conn, f"SELECT * FROM {table}")
    visible = conn.execute(
        text(
            "SELECT table_schema FROM information_schema.table_privileges WHERE grantee = 'bi_reader' "
            "UNION SELECT nspname FROM pg_namespace WHERE has_schema_privilege('bi_reader', oid, 'USAGE') "
            "AND nspname NOT LIKE 'pg!_%' ESCAPE '!' AND nspname <> 'information_schema'"
        )
    ).scalars()
    assert set(visible) == {"bi"}


def test_bi_reader_cannot_write_even_if_it_lifts_its_read_only_default(connect):
    conn = connect("bi_reader")
    with pytest.raises(DBAPIError, match="read-only transaction"):
        conn.execute(text("CREATE TABLE bi.mine (a int)"))
    conn.rollback()
    conn.execute(text("SET default_transaction_read_only TO off"))
    conn.commit()
    refused(conn, "CREATE TABLE bi.mine (a int)")
    refused(conn, "CREATE TEMPORARY TABLE mine (a int)")
    refused(conn, "SELECT core.ensure_observation_year(2030)")
    refused(conn, "SELECT mart.set_current_edition(1)")


def test_public_has_nothing(connect):
    conn = connect("planwatch_owner")
    schemas = text("SELECT s FROM unnest(:schemas) s WHERE has_schema_privilege('public', s, 'USAGE, CREATE')")
    assert conn.execute(schemas, {"schemas": list(SCHEMAS)}).scalars().all() == []
    relations = text(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "CROSS JOIN LATERAL aclexplode(c.relacl) a WHERE a.grantee = 0 AND n.nspname = ANY(:schemas)"
    )
    assert conn.execute(relations, {"schemas": list(SCHEMAS)}).scalars().all() == []
    functions = text(
        "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE n.nspname = ANY(:schemas) AND has_function_privilege('public', p.oid, 'EXECUTE')"
    )
    assert conn.execute(functions, {"schemas": list(SCHEMAS)}).scalars().all() == []


@pytest.mark.parametrize(
    ("role", "database"),
    [
        ("airflow", None),
        ("planwatch_owner", AIRFLOW_DATABASE),
        ("planwatch_etl", AIRFLOW_DATABASE),
        ("bi_reader", AIRFLOW_DATABASE),
    ],
)
def test_airflow_and_warehouse_are_closed_to_each_other(warehouse, role, database):
    with pytest.raises(OperationalError, match="permission denied for database"):
        _ping(warehouse.url(role, database))


def test_airflow_owns_its_database(warehouse):
    engine = make_engine(warehouse.url("airflow", AIRFLOW_DATABASE))
    with engine.connect() as conn:
        conn.execute(text("CREATE TABLE of_airflow (a int)"))
    engine.dispose()


def test_wrong_password_is_refused(warehouse):
    with pytest.raises(OperationalError, match="password authentication failed"):
        _ping(warehouse.server.url("planwatch_etl", "not it", warehouse.database))


def test_passwords_are_kept_as_scram_verifiers_and_roles_have_no_powers(warehouse):
    engine = make_engine(warehouse.server.admin_url)
    with engine.connect() as conn:
        rows = conn.execute(
            text(
                "SELECT rolname, rolpassword, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls AS power "
                "FROM pg_authid WHERE rolname = ANY(:roles)"
            ),
            {"roles": list(ROLES)},
        ).all()
    engine.dispose()
    assert {r.rolname for r in rows} == set(ROLES)
    assert all(r.rolpassword.startswith("SCRAM-SHA-256$") and not r.power for r in rows)


def test_bootstrap_again_changes_nothing_but_given_passwords(warehouse, passwords, build):
    with warehouse.begin() as conn:
        load_observations(conn, build.observations(), build.release(conn, "kept"))
    bootstrap(warehouse.server.admin_url, warehouse.database, passwords | {"bi_reader": "another"})
    with pytest.raises(OperationalError, match="password authentication failed"):
        _ping(warehouse.bi_url)
    bootstrap(warehouse.server.admin_url, warehouse.database, passwords)
    _ping(warehouse.bi_url)
    with warehouse.begin() as conn:
        assert conn.execute(text("SELECT count(*) FROM core.observations")).scalar_one() == 1


def test_names_are_quoted(warehouse, postgres, passwords):
    name = 'odd "name"; --'
    bootstrap(postgres.admin_url, name, passwords)
    engine = make_engine(postgres.admin_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        there = conn.execute(text("SELECT datname FROM pg_database WHERE datname = :name"), {"name": name})
        assert there.scalar_one() == name
        conn.exec_driver_sql('DROP DATABASE "odd ""name""; --"')
    engine.dispose()


def test_bootstrap_wants_a_password_for_every_role(postgres, passwords):
    with pytest.raises(ConfigError, match=r"key bi_reader.*give every role one"):
        bootstrap(postgres.admin_url, "never_made", passwords | {"bi_reader": ""})


def test_statement_and_lock_time_outs_are_retriable(warehouse):
    engine = make_engine(warehouse.etl_url, statement_timeout_s=0.05)
    with engine.connect() as conn, pytest.raises(RetriableError, match="statement timeout"):
        conn.execute(text("SELECT count(*) FROM generate_series(1, 100000000)"))
    engine.dispose()
    impatient = make_engine(warehouse.etl_url, lock_timeout_s=0.05)
    with warehouse.begin() as holder, impatient.connect() as conn:
        holder.execute(text("SELECT pg_advisory_xact_lock(1)"))
        with pytest.raises(RetriableError, match="lock timeout"):
            conn.execute(text("SELECT pg_advisory_xact_lock(1)"))
    impatient.dispose()


def test_server_that_is_away_is_retriable(warehouse):
    with pytest.raises(RetriableError, match="Connection refused"):
        _ping(f"postgresql://planwatch_etl:x@127.0.0.1:{free_port()}/{warehouse.database}")


def _ping(url: str) -> None:
    engine = make_engine(url)
    try:
        with engine.connect() as conn:
            conn.execute(text("SELECT 1"))
    finally:
        engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT pg_advisory_lock(hashtextextended('planwatch:release-end', 0))",
        "SELECT pg_try_advisory_xact_lock_shared(1)",
        "SELECT pg_advisory_unlock_all()",
    ],
)
def test_the_bi_reader_cannot_hold_up_the_loading_side(connect, statement):
    refused(connect("bi_reader"), statement)


def test_the_bi_reader_cannot_fill_the_disk_with_large_objects(connect):
    conn = connect("bi_reader")
    conn.execute(text("SET TRANSACTION READ WRITE"))
    refused(conn, "SELECT lo_create(0)")


@pytest.mark.parametrize("database", ["postgres", "template1"])
def test_nobody_enters_the_servers_own_databases(warehouse, database):
    engine = make_engine(warehouse.url("bi_reader", database))
    with pytest.raises((OperationalError, RetriableError), match="permission denied"):
        engine.connect()
    engine.dispose()


def test_a_bi_session_is_bounded(connect):
    row = (
        connect("bi_reader")
        .execute(text("SELECT rolconfig, rolconnlimit FROM pg_roles WHERE rolname = 'bi_reader'"))
        .one()
    )
    bounds = {"statement_timeout=15min", "lock_timeout=1min", "idle_in_transaction_session_timeout=15min"}
    assert bounds <= set(row.rolconfig)
    assert row.rolconnlimit == 40
