"""The reconciliation report of a release, and what the migration makes of an older warehouse."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from planwatch.errors import Fault
from planwatch.reconcile import Reconciliation
from planwatch.reconcile.findings import UnknownRow
from planwatch.warehouse import bootstrap, fetch_frame, load_observations, make_engine, migrate, save_reconciliation

COUNTS = {
    "read": 12, "matched": 9, "converted": 1, "rows_read": 4, "rows_matched": 3, "unit_conversions": 1, "rejected": 2,
    "number": 1, "missing": 8,
}  # fmt: skip


def found(build, **given):
    unknown = UnknownRow(
        code="unknown_indicator", message="no such series", sheet="主要经济指标", row=9, column="C", value="'; --\x00",
        mend="add it", label="量子\x00产业", nearest=("稀土产业增加值", "工业投资"),
    )  # fmt: skip
    missing = Fault(code="missing_series", message="cpi is not there", key="cpi", mend="ask")
    standard = {"observations": build.observations(), "unmatched": (unknown,), "missing": (missing,), "counts": COUNTS}
    return Reconciliation(**standard | given)


def test_the_report_is_one_row_with_its_findings_and_a_second_reading_replaces_it(warehouse, build):
    with warehouse.begin() as conn:
        sha = build.release(conn, "march")
        for _ in range(2):
            load_observations(conn, build.observations(), sha)
            counts = save_reconciliation(conn, sha, found(build), loaded=True)
        [row] = fetch_frame(conn, "SELECT * FROM bi.reconciliation").to_dict("records")
        [unknown] = fetch_frame(conn, "SELECT * FROM bi.unmatched_rows").to_dict("records")
        [missing] = fetch_frame(conn, "SELECT * FROM bi.missing_series").to_dict("records")
    assert counts == {c: row[c] for c in counts}
    assert counts == {
        "rows_read": 4, "rows_matched": 3, "rows_unmatched": 1, "cells_read": 12, "values_converted": 1, "units_converted": 1,
        "values_refused": 2, "series_missing": 1, "values_new": 1, "values_revised": 0, "values_conflicting": 0,
    }  # fmt: skip
    assert row["cells"] == {"number": 1, "missing": 8} and row["loaded"]
    assert (unknown["label"], unknown["nearest_names"]) == ("量子\ufffd产业", ["稀土产业增加值", "工业投资"])
    assert (unknown["printed"], unknown["row_number"]) == ("'; --\ufffd", 9)
    assert (missing["indicator"], missing["feed"]) == ("cpi", "stats_bureau")


def test_a_held_release_leaves_open_what_only_a_load_can_know(warehouse, build):
    with warehouse.begin() as conn:
        counts = save_reconciliation(conn, build.release(conn, "held"), found(build), loaded=False)
    assert (counts["values_new"], counts["values_revised"], counts["values_conflicting"]) == (None, None, None)


def test_an_empty_release_has_a_report(warehouse, build):
    empty = found(build, observations=build.observations().head(0), unmatched=(), missing=(), counts={"read": 3})
    with warehouse.begin() as conn:
        counts = save_reconciliation(conn, build.release(conn, "empty"), empty, loaded=True)
    assert (counts["cells_read"], counts["values_new"], counts["values_conflicting"]) == (3, 0, 0)


def test_a_report_goes_with_its_load_and_not_without(warehouse, build):
    with pytest.raises(RuntimeError), warehouse.begin() as conn:
        sha = build.release(conn, "march")
        load_observations(conn, build.observations(), sha)
        save_reconciliation(conn, sha, found(build), loaded=True)
        raise RuntimeError("the worker is killed here")
    with warehouse.begin() as conn:
        assert fetch_frame(conn, "SELECT * FROM mart.reconciliations").empty


def test_a_warehouse_of_the_first_version_learns_the_units_it_holds(postgres, passwords):
    bootstrap(postgres.admin_url, "older", passwords)
    owner = postgres.url("planwatch_owner", passwords["planwatch_owner"], "older")
    migrate(owner, "0001")
    engine = make_engine(owner)
    release = "INSERT INTO raw.releases (sha256, feed, filename, bytes, origin) VALUES (repeat('a', 64), 'f', 'f', 1, 'published')"
    value = (
        "INSERT INTO core.observations (plan_year, indicator, area, period, span, measure, value, unit, text, decimals, quality, "
        "published_at, source, sheet, \"column\", printed_unit, origin, flags, release_sha256, release_no) SELECT 2026, 'i', 'a', "
        "'2026-03', 'ytd', 'level', 1, u[2], '', 0, 'final', '2026-04-01', '', '', '', u[1], 'published', '', repeat('a', 64), 1 "
        "FROM (VALUES (ARRAY['万元', '亿元']), (ARRAY['人', '人']), (ARRAY['', '%']), (ARRAY['个百分点', '%'])) AS v (u)"
    )
    with engine.begin() as conn:
        conn.execute(text(release))
        conn.execute(text(value))
    migrate(owner)
    with engine.begin() as conn:
        rows = conn.execute(text('SELECT * FROM core.printed_units ORDER BY printed_unit COLLATE "C"')).tuples().all()
    engine.dispose()
    assert rows == [
        ("", "%", 1.0, False),
        ("万元", "亿元", 1e-4, False),
        ("个百分点", "%", 1.0, False),
        ("人", "人", 1.0, True),
    ]
    admin = make_engine(postgres.admin_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.exec_driver_sql("DROP DATABASE older WITH (FORCE)")
    admin.dispose()
