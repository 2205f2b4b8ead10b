"""What changed from one edition to the next and why, decided from what both recorded; and readers while editions come."""

from __future__ import annotations

import json
import subprocess
import sys

import pandas as pd
import pytest
from sqlalchemy import text

from planwatch.model.calendar import ReleaseCalendar
from planwatch.model.conditions import Conditions
from planwatch.model.target import Reference
from planwatch.model.vocabulary import Kind
from planwatch.warehouse import current_observations, load_observations

KEY = "gdp|baotou|2026-03|ytd|growth_yoy"
GROWTH = {"indicator": "gdp", "measure": "growth_yoy", "value": 5.5, "unit": "%"}
WORSE = {"gdp": {"status": "at_risk", "actual": 4.9, "variance": -0.1, "observation_key": KEY}}
SAME = {"gdp": {"observation_key": KEY}}


@pytest.fixture
def known(warehouse, build):
    """Load figures and return what is current then."""

    def load(name: str, *rows: dict, **common) -> pd.DataFrame:
        with warehouse.begin() as conn:
            sha = build.release(conn, name, feed=common.pop("feed", "stats_bureau"))
            load_observations(conn, build.observations(*rows, **common), sha)
            return current_observations(conn)

    return load


@pytest.fixture
def changes(warehouse):
    def read() -> list[dict]:
        with warehouse.begin() as conn:
            rows = conn.execute(text("SELECT * FROM bi.edition_changes ORDER BY edition_number, target_id"))
            return [dict(r._mapping) for r in rows]

    return read


def test_a_first_edition_has_no_changes_and_an_unchanged_verdict_none(build, publish, known, changes):
    first = known("march", GROWTH)
    publish(build.plan(), observations=first)
    assert changes() == []
    publish(build.plan(), observations=first, fingerprint="f2")
    assert changes() == []


def test_a_revision_is_told_with_both_values(build, publish, known, changes):
    plan = build.plan()
    publish(plan, observations=known("march", GROWTH), verdicts=build.verdicts(plan, **SAME))
    revised = known("correction", GROWTH | {"value": 4.9}, published_at=pd.Timestamp("2026-04-20").date())
    publish(plan, observations=revised, verdicts=build.verdicts(plan, **WORSE), fingerprint="f2")
    [row] = changes()
    said = (
        "target_id",
        "edition_number",
        "edition_number_before",
        "status_before",
        "status_after",
        "actual_before",
        "actual_after",
    )
    assert [row[c] for c in said] == ["gdp", 2, 1, "on_track", "at_risk", 5.5, 4.9]
    assert (row["cause"], row["causes"], row["status_changed"]) == ("revision", ["revision"], True)
    assert set(row["changed_columns"]) == {"status", "actual", "variance", "yoy_pct"}
    before, after = row["cause_detail"][KEY]
    assert (before["value"], after["value"], after["published_at"]) == (5.5, 4.9, "2026-04-20")


def test_a_new_reading_is_new_data_even_where_its_history_was_revised_too(build, publish, known, changes):
    plan = build.plan()
    april = KEY.replace("03", "04")
    publish(
        plan, period="2026-04", observations=known("march", GROWTH), verdicts=build.verdicts(plan, "2026-04", **SAME)
    )
    both = known(
        "april",
        GROWTH | {"value": 5.0},
        GROWTH | {"period": "2026-04", "value": 4.9},
        published_at=pd.Timestamp("2026-05-18").date(),
    )
    worse = {"gdp": WORSE["gdp"] | {"observation_key": april}}
    publish(
        plan, period="2026-04", observations=both, verdicts=build.verdicts(plan, "2026-04", **worse), fingerprint="f2"
    )
    [row] = changes()
    assert (row["cause"], row["causes"]) == ("new_data", ["new_data", "revision"])
    assert list(row["cause_detail"]) == [april] and row["cause_detail"][april][0] is None
    assert list(row["causes_detail"]["revision"]) == [KEY]


def test_figures_of_other_series_account_for_nothing(build, publish, known, changes):
    plan = build.plan()
    publish(plan, observations=known("march", GROWTH))
    more = known(
        "other", {"indicator": "jobs"}, {"indicator": "gdp", "area": "nation", "measure": "growth_yoy", "unit": "%"}
    )
    publish(plan, observations=more, verdicts=build.verdicts(plan, **WORSE), fingerprint="f2")
    [row] = changes()
    assert (row["cause"], row["cause_zh"]) == ("unexplained", "原因不明")


def test_a_reference_is_part_of_what_a_relative_target_rests_on(build, publish, known, changes):
    plan = build.plan(targets=("gdp",))
    relative = {"kind": Kind.RELATIVE, "reference": Reference(indicator="gdp", area="nation")}
    plan = plan.model_copy(update={"targets": (plan.targets[0].model_copy(update=relative),)})
    publish(plan, observations=known("march", GROWTH))
    nation = known("nation", GROWTH | {"area": "nation"})
    publish(plan, observations=nation, verdicts=build.verdicts(plan, **WORSE), fingerprint="f2")
    [row] = changes()
    assert row["cause"] == "new_data" and list(row["cause_detail"]) == ["gdp|nation|2026-03|ytd|growth_yoy"]


def test_an_amended_an_added_and_a_dropped_target_say_so(build, publish, known, changes):
    plan, figures = build.plan(targets=("gdp", "jobs")), known("march", GROWTH)
    publish(plan, observations=figures)
    gdp = plan.targets[0].model_copy(update={"value": 6.0, "name_zh": "改名"})
    amended = plan.model_copy(update={"targets": (gdp, build.plan(targets=("retail_sales",)).targets[0])})
    publish(
        amended,
        targets_version="b" * 64,
        observations=figures,
        verdicts=build.verdicts(amended, **WORSE),
        fingerprint="f2",
    )
    rows = {r["target_id"]: r for r in changes()}
    assert {r["cause"] for r in rows.values()} == {"amended_target"}
    assert rows["gdp"]["cause_detail"] == {"value": [5, 6]}
    assert (rows["jobs"]["status_after"], rows["retail_sales"]["status_before"]) == (None, None)
    assert (rows["jobs"]["name_zh"], rows["jobs"]["cause_detail"]) == ("jobs中", {"target": ["present", "absent"]})


def test_a_changed_rule_names_what_changed(build, publish, known, changes):
    plan, figures = build.plan(), known("march", GROWTH)
    publish(plan, observations=figures)
    wider = plan.model_copy(update={"thresholds": plan.thresholds.model_copy(update={"band_points": 2.0})})
    calendar = ReleaseCalendar.model_validate({"feeds": {"stats_bureau": {"due_day": 18}}})
    conditions = Conditions.of(calendar, {"gdp": "stats_bureau", "jobs": "other"}, [])
    publish(
        wider, targets_version="b" * 64, observations=figures, conditions=conditions, code_version="1",
        verdicts=build.verdicts(plan, **WORSE), fingerprint="f2",
    )  # fmt: skip
    [row] = changes()
    assert row["cause"] == "changed_rule"
    assert row["cause_detail"] == {
        "code_version": ["0", "1"], "thresholds.band_points": [1, 2], "calendar.feeds.stats_bureau.due_day": [None, 18],
        "feed_of.gdp": [None, "stats_bureau"],
    }  # fmt: skip


def test_a_reading_that_came_due_is_reporting(build, publish, known, changes):
    plan, figures = build.plan(), known("march", GROWTH)
    publish(plan, observations=figures)
    late = {"gdp": {"status": "overdue", "reading_state": "overdue"}}
    publish(
        plan, observations=figures, verdicts=build.verdicts(plan, **late), fingerprint="f2",
        as_of=build.as_of + pd.Timedelta(days=3), conditions=Conditions.of(ReleaseCalendar(), {}, [("finance", "2026-03")]),
    )  # fmt: skip
    [row] = changes()
    assert row["cause"] == "reporting"
    assert row["cause_detail"]["held"] == [[], [["finance", "2026-03"]]] and "as_of" in row["cause_detail"]


def test_editions_and_variance_editions_show_it(warehouse, build, publish, known):
    plan = build.plan()
    publish(plan, observations=known("march", GROWTH), verdicts=build.verdicts(plan, **SAME))
    revised = known("correction", GROWTH | {"value": 4.9}, published_at=pd.Timestamp("2026-04-20").date())
    publish(plan, observations=revised, verdicts=build.verdicts(plan, **WORSE), fingerprint="f2")
    with warehouse.begin() as conn:
        listed = conn.execute(text(
            "SELECT edition_number_before, changed_verdicts, changed_statuses, changes_by_cause FROM bi.editions ORDER BY edition_number"
        )).all()  # fmt: skip
        shown = conn.execute(text(
            "SELECT edition_number, target_id, status_before, actual_before, change_cause FROM bi.variance_editions WHERE changed"
        )).all()  # fmt: skip
        kept = conn.execute(text("SELECT count(*) FROM mart.documents")).scalar_one()
    assert [tuple(r) for r in listed] == [(None, None, None, None), (1, 1, 1, {"revision": 1})]
    assert [tuple(r) for r in shown] == [(2, "gdp", "on_track", 5.5, "revision")]
    assert kept == 2, "the plan and the conditions, once for both editions"


def test_what_was_recorded_cannot_be_changed_and_proves_itself(warehouse, build, publish, connect):
    publish(build.plan())
    for statement in (
        "UPDATE mart.documents SET body = ''", "DELETE FROM mart.edition_changes", "UPDATE mart.editions SET number = 7",
    ):  # fmt: skip
        with pytest.raises(Exception, match="permission denied"):
            connect("planwatch_etl").execute(text(statement))
    with pytest.raises(Exception, match="documents_check"):
        connect("planwatch_owner").execute(text("UPDATE mart.documents SET body = body || ' '"))


READER = """
import json, select, sys
import psycopg2
conn = psycopg2.connect(sys.argv[1])
conn.autocommit = True
cursor, seen, ended = conn.cursor(), set(), False
ASKED = (
    "SELECT edition_number, count(*), count(DISTINCT actual), max(actual)::int FROM bi.dispatch_table GROUP BY 1",
    "SELECT e.edition_number, count(v.target_id), max((e.counts ->> 'on_track')::int), max(v.actual)::int "
    "FROM bi.editions e LEFT JOIN bi.variance_editions v USING (edition_id) WHERE e.is_current GROUP BY 1",
    "SELECT e.edition_number, count(c.target_id), max(e.changed_verdicts), max(c.actual_after)::int "
    "FROM bi.editions e LEFT JOIN bi.edition_changes c USING (edition_id) WHERE e.is_current GROUP BY 1",
)
while not ended:
    ended = bool(select.select([sys.stdin], [], [], 0)[0])
    for number, query in enumerate(ASKED):
        cursor.execute(query)
        rows = cursor.fetchall()
        if not seen:
            print("reading", flush=True)
        seen.add((number, json.dumps(rows)))
print(json.dumps(sorted(seen)), flush=True)
"""
MANY, EDITIONS = 200, 15


def test_a_reader_in_another_process_never_sees_half_an_edition(warehouse, build, publish):
    plan = build.plan(targets=tuple(f"t{n}" for n in range(MANY)))

    def say(number: int) -> None:
        publish(plan, fingerprint=f"f{number}", verdicts=build.verdicts(plan).assign(actual=float(number)))

    say(1)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(
        [sys.executable, "-c", READER, warehouse.bi_url.replace("+psycopg2", "")], text=True, **pipes
    ) as reader:
        assert reader.stdout.readline().strip() == "reading"
        for number in range(2, EDITIONS + 1):
            say(number)
        out, _ = reader.communicate("", timeout=120)
    seen = [(query, json.loads(rows)) for query, rows in json.loads(out)]
    whole = {
        0: lambda n: [[n, MANY, 1, n]],
        1: lambda n: [[n, MANY, MANY, n]],
        2: lambda n: [[n, MANY, MANY, n]] if n > 1 else [[1, 0, None, None]],
    }
    numbers = {rows[0][0] for _, rows in seen}
    assert {1, EDITIONS} <= numbers
    assert [rows for query, rows in seen if rows != whole[query](rows[0][0])] == []
