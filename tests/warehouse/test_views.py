"""The public contract: documented to the last column, and saying what it means."""

from __future__ import annotations

import json
from datetime import date

import pytest
from sqlalchemy import text

from planwatch.errors import PlanwatchError
from planwatch.model.check import CheckResult
from planwatch.model.place import Area, Department
from planwatch.model.target import Indicator
from planwatch.model.vocabulary import STATUS_ZH
from planwatch.warehouse import (
    apply_views,
    dispatch_rows,
    fetch_frame,
    load_observations,
    save_checks,
    save_registries,
    save_rejects,
    set_release_state,
)
from planwatch.warehouse import views as views_module

PUBLIC = {
    "alerts", "data_quality", "dispatch_table", "editions", "edition_changes", "edition_inputs", "feed_status", "fetches", "growth_level_gaps", "missing_series",
    "observations_current", "off_track", "reconciliation", "rejects", "release_calendar", "releases", "revisions", "source_conflicts",
    "targets_without_source", "unmatched_rows", "variance_editions", "variance_monthly",
}  # fmt: skip


def columns(conn) -> list:
    return conn.execute(
        text(
            "SELECT c.relname AS view, a.attname AS column, col_description(c.oid, a.attnum) AS comment "
            "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid "
            "WHERE n.nspname = 'bi' AND a.attnum > 0"
        )
    ).all()


def test_every_public_column_says_what_it_means(connect):
    found = columns(connect("bi_reader"))
    assert {c.view for c in found} == PUBLIC
    assert [f"{c.view}.{c.column}" for c in found if not c.comment or len(c.comment) < 8] == []


def test_a_column_without_a_comment_is_refused_and_nothing_changes(warehouse, monkeypatch, tmp_path, connect):
    for path in views_module.view_files():
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "50_new.sql").write_text("CREATE VIEW bi.undocumented AS SELECT 1 AS some_number;", encoding="utf-8")
    monkeypatch.setattr(views_module, "FOLDER", tmp_path)
    with pytest.raises(PlanwatchError, match=r"no comment on: undocumented, undocumented\.some_number"):
        apply_views(warehouse.owner_url)
    assert {c.view for c in columns(connect("bi_reader"))} == PUBLIC


def test_unchanged_files_are_not_applied_again_and_changed_ones_keep_grants(warehouse, monkeypatch, tmp_path, connect):
    assert apply_views(warehouse.owner_url) is False
    for path in views_module.view_files():
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8") + "-- changed\n", encoding="utf-8")
    monkeypatch.setattr(views_module, "FOLDER", tmp_path)
    assert apply_views(warehouse.owner_url) is True
    assert connect("bi_reader").execute(text("SELECT count(*) FROM bi.dispatch_table")).scalar_one() == 0


def test_dispatch_table_shows_the_newest_month_of_the_newest_plan(warehouse, build, publish):
    department = Department(id="stats_bureau", name_zh="市统计局", name_en="Statistics", email="s@baotou.example")
    area = Area(id="baotou", name_zh="包头市", name_en="Baotou", level="city", aliases=("包头",))
    indicator = Indicator(id="gdp", name_zh="地区生产总值", name_en="GDP", base_unit="亿元")
    with warehouse.begin() as conn:
        for _ in range(2):
            save_registries(conn, {"baotou": area}, {"stats_bureau": department}, {"gdp": indicator})
    publish(build.plan(2025), period="2025-12")
    publish(build.plan(2026), period="2026-02")
    plan = build.plan(2026)
    publish(plan, period="2026-03", verdicts=build.verdicts(plan, gdp={"status": "off_track"}))
    with warehouse.begin() as conn:
        shown, older = dispatch_rows(conn), dispatch_rows(conn, 2025)
        assert fetch_frame(conn, "SELECT * FROM bi.dispatch_table")["target_id"].tolist() == shown["target_id"].tolist()
        assert set(dispatch_rows(conn, 2026, "2026-02")["period"]) == {"2026-02"}
        assert len(fetch_frame(conn, "SELECT * FROM bi.variance_monthly")) == 9
    row = shown.set_index("target_id").loc["gdp"]
    assert shown["ordinal"].tolist() == [1, 2, 3] and set(shown["period"]) == {"2026-03"}
    assert (row["status_zh"], row["department_zh"], row["area_zh"]) == ("滞后", "市统计局", "包头市")
    assert (row["target_value"], row["target_unit"], row["target_text"]) == (5.0, "%", "增长5%以上")
    assert set(older["period"]) == {"2025-12"}


def test_off_track_counts_back_over_the_unbroken_run(warehouse, build, publish):
    plan = build.plan()
    history = {"2026-02": "off_track", "2026-03": "on_track", "2026-04": "overdue", "2026-05": "off_track"}
    for period, status in history.items():
        rows = build.verdicts(
            plan, period, gdp={"status": status, "gap_pp": -3.0}, jobs={"status": "missed", "gap_pp": -1.0}
        )
        publish(plan, period=period, verdicts=rows)
    with warehouse.begin() as conn:
        found = fetch_frame(conn, "SELECT target_id, since_period, months_behind FROM bi.off_track")
    assert found.to_dict("records") == [
        {"target_id": "jobs", "since_period": "2026-02", "months_behind": 4},
        {"target_id": "gdp", "since_period": "2026-04", "months_behind": 2},
    ]


def test_feed_status_and_releases_follow_the_states(warehouse, build):
    with warehouse.begin() as conn:
        load_observations(conn, build.observations(), build.release(conn, "march"))
        set_release_state(conn, build.sha("march"), "loaded")
        build.release(conn, "april", period="2026-04", published=date(2026, 5, 18), origin="simulated")
        set_release_state(conn, build.sha("april"), "quarantined", detail="values_in_bounds")
    with warehouse.begin() as conn:
        status = fetch_frame(conn, "SELECT * FROM bi.feed_status").iloc[0]
        releases = fetch_frame(conn, "SELECT * FROM bi.releases ORDER BY period")
    assert (status["period"], status["state"], status["state_detail"]) == ("2026-04", "quarantined", "values_in_bounds")
    assert (status["last_loaded_period"], status["quarantined"], bool(status["simulated"])) == ("2026-03", 1, True)
    assert releases["observations"].tolist() == [1, 0]


def test_a_revision_is_the_difference_of_the_figures_as_printed(warehouse, build, connect):
    with warehouse.begin() as conn:
        load_observations(conn, build.observations(value=1240.2), build.release(conn, "first"))
        later = build.observations(value=1222.8, published_at=date(2026, 6, 1))
        load_observations(conn, later, build.release(conn, "second"))
    assert connect("bi_reader").execute(text("SELECT change FROM bi.revisions")).scalars().all() == [-17.4]


def test_revisions_and_as_of_show_both_values(warehouse, build, connect):
    with warehouse.begin() as conn:
        load_observations(conn, build.observations(quality="preliminary"), build.release(conn, "first"))
        later = build.observations(value=98.5, published_at=date(2026, 6, 1))
        load_observations(conn, later, build.release(conn, "second"))
    reader = connect("bi_reader")
    row = reader.execute(text("SELECT * FROM bi.revisions")).one()
    assert (row.value_before, row.value_after, row.change, row.quality_before) == (100.0, 98.5, -1.5, "preliminary")
    as_of = text("SELECT value FROM bi.observations_as_of(CAST(:day AS date))")
    assert reader.execute(as_of, {"day": date(2026, 5, 31)}).scalars().all() == [100.0]
    assert reader.execute(as_of, {"day": date(2026, 6, 1)}).scalars().all() == [98.5]
    assert reader.execute(text("SELECT value FROM bi.observations_current")).scalars().all() == [98.5]


def test_checks_and_rejects_name_their_release(warehouse, build):
    result = CheckResult(
        gate="release", suite="stats", expectation="values_in_bounds", severity="critical", success=False, column="value",
        observed="\x009e9", offending=("主要经济指标!D7",), failed_rows=1,
    )  # fmt: skip
    from planwatch.errors import Fault

    fault = Fault(code="unknown_indicator", message="no such indicator", sheet="主要经济指标", row=9, value="某指标")
    with warehouse.begin() as conn:
        sha = build.release(conn, "march")
        save_checks(conn, [result], subject="stats march", run_id=sha)
        save_checks(conn, [result], subject="baotou-2026 2026-03", run_id="r")
        for _ in range(2):
            save_rejects(conn, sha, [fault])
        quality = fetch_frame(conn, "SELECT * FROM bi.data_quality ORDER BY run_id")
        rejects = fetch_frame(conn, "SELECT * FROM bi.rejects")
    assert sorted(quality["filename"].fillna("none")) == ["march.xlsx", "none"]
    assert quality["offending"].tolist() == [["主要经济指标!D7"]] * 2
    assert rejects[["code", "row_number", "found"]].to_dict("records") == [
        {"code": "unknown_indicator", "row_number": 9, "found": "某指标"}
    ]


def test_alerts_show_the_newest_life(warehouse, connect):
    words = ["opened", "resolved", "opened", "escalated", "acknowledged", "reminded"]
    with warehouse.begin() as conn:
        for n, word in enumerate(words):
            conn.execute(
                text(
                    "INSERT INTO mart.alert_events (alert_key, kind, event, department, plan_id, period, detail) "
                    "VALUES ('target:x', 'off_track', :word, 'finance', 'p', :period, CAST(:detail AS jsonb))"
                ),
                {"word": word, "period": f"2026-{n + 1:02d}", "detail": json.dumps({"status": "off_track", "n": n})},
            )
    row = connect("bi_reader").execute(text("SELECT * FROM bi.alerts")).one()
    assert (row.state, row.opened_period, row.last_event, row.period) == (
        "acknowledged",
        "2026-03",
        "reminded",
        "2026-06",
    )
    assert (row.status, row.detail["n"]) == ("off_track", 5)


def test_status_labels_are_the_models(warehouse):
    with warehouse.begin() as conn:
        found = fetch_frame(conn, "SELECT status, label_zh FROM core.status_labels ORDER BY precedence")
    assert dict(zip(found["status"], found["label_zh"], strict=True)) == {str(s): z for s, z in STATUS_ZH.items()}
