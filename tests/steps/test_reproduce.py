"""Past editions asked again: bit for bit from what they recorded, whatever came since and whatever `include/` says now."""

from __future__ import annotations

import json
import re
import sys
from datetime import date

import pandas as pd
import pytest
from sqlalchemy import text

from planwatch import __version__, cli
from planwatch.settings import settings
from planwatch.steps.edition import publish_due
from planwatch.steps.reproduce import as_known_on, differing_cells, find_edition, recompute
from tests.steps.conftest import HISTORY, SAMPLE

pytestmark = pytest.mark.postgres


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command line as `planwatch …` does, in this process; exit code, stdout, stderr."""

    def call(*args: object) -> tuple[int, str, str]:
        settings.cache_clear()
        monkeypatch.setattr(sys, "argv", ["planwatch", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return (int(ended.value.code or 0), *capsys.readouterr())

    yield call
    settings.cache_clear()


def quarters(house, *names: str) -> None:
    for name in names:
        house.drop("published_figures", HISTORY / f"published_figures_{name}.tsv")
    assert {d.state for d in house.read_all().values()} == {"loaded"}


@pytest.fixture
def year(make_house):
    """The plan of 2025 with its editions: June published when June was known, then all that came to December."""
    house = make_house(year=2025, as_of="2025-07-31T00:00:00+08:00")
    quarters(house, "2024-12", "2025-03", "2025-06")
    assert [p.period for p in house.publish("2025-06").published] == ["2025-03", "2025-06"]
    return house


def _rows(house, period: str, number: int | None = None) -> tuple[object, pd.DataFrame]:
    with house.engine.connect() as conn:
        return (edition := find_edition(conn, period, number=number)), edition.verdicts


def test_june_asked_again_after_december_came_is_identical(year):
    _, at_the_time = _rows(year, "2025-06")
    quarters(year, "2025-09", "2025-12")
    year.publish("2025-12")
    june, still = _rows(year, "2025-06", 1)
    pd.testing.assert_frame_equal(still, at_the_time, check_exact=True)
    with year.engine.connect() as conn:
        assert list(differing_cells(at_the_time, recompute(conn, june))) == []
        day = june.record["as_of"].tz_convert("Asia/Shanghai").date()
        assert list(differing_cells(at_the_time, as_known_on(conn, june, day))) == []
    assert still["status"].nunique() > 2 and still["yoy_pct"].notna().any()


def test_every_edition_is_reproduced_although_plan_calendar_and_feeds_are_gone(house, run, monkeypatch, tmp_path):
    for path in sorted(HISTORY.glob("*.tsv")):
        house.drop("published_figures", path)
    for name in ("finance_2026-02.html", "human_resources_2026-02.csv"):
        house.drop(name.split("_2026")[0], SAMPLE / name)
    house.read_all()
    house.publish("2026-02")
    monkeypatch.setenv("PLANWATCH_INCLUDE", str(tmp_path / "nothing"))
    listed = house.query("SELECT period, edition_number FROM bi.editions")
    assert {row["period"] for row in listed} == {"2026-02"}
    for row in listed:
        code, out, err = run(
            "edition", "show", row["period"], "--number", row["edition_number"], "--recompute", "--database", house.warehouse.etl_url
        )  # fmt: skip
        assert (code, err) == (0, ""), (row, err)
        assert "all equal, bit for bit" in out


def test_a_cell_that_is_not_what_was_measured_is_named_and_the_exit_code_is_1(year, run):
    owner = year.warehouse.server.url("planwatch_owner", "owner-'\"%:@/word", year.warehouse.database)
    from planwatch.warehouse import make_engine

    engine = make_engine(owner)
    with engine.begin() as conn:
        forged = "UPDATE mart.verdicts SET actual = actual + 1e-15 * abs(actual), status = 'on_track' WHERE target_id = 'industry'"
        conn.execute(text(forged + " AND period = '2025-06'"))
    engine.dispose()
    code, out, err = run(
        "edition", "show", "2025-06", "--recompute", "--format", "jsonl", "--database", year.warehouse.etl_url
    )
    cells = {c["column"]: c for c in map(json.loads, out.splitlines())}
    assert code == 1 and set(cells) == {"actual", "status"}
    assert (cells["status"]["published"], cells["status"]["recomputed"]) == ("on_track", "off_track")
    assert "2 differ from what was published" in err


def test_where_another_program_words_it_otherwise_its_sentences_are_listed_and_both_versions_named(
    year, run, monkeypatch
):
    owner = year.warehouse.server.url("planwatch_owner", "owner-'\"%:@/word", year.warehouse.database)
    from planwatch.warehouse import make_engine

    engine = make_engine(owner)
    with engine.begin() as conn:
        before = "UPDATE mart.verdicts SET reason_en = replace(reason_en, 'grew', 'rose')"
        conn.execute(text(f"{before} WHERE target_id = 'industry' AND period = '2025-06'"))
    engine.dispose()
    monkeypatch.setattr("planwatch.__version__", "9.9.9")
    code, out, err = run(
        "edition", "show", "2025-06", "--recompute", "--format", "jsonl", "--database", year.warehouse.etl_url
    )
    [cell] = map(json.loads, out.splitlines())
    assert code == 1 and (cell["target_id"], cell["column"]) == ("industry", "reason_en")
    assert " rose " in cell["published"] and " grew " in cell["recomputed"]
    assert f"1 differ from what was published (published by program {__version__}, measured by 9.9.9)" in err


def test_the_vintages_alone_decide_not_what_is_current_now(house, run):
    """A correction changes what is current, and the earlier number is still measured from the old figure."""
    house.drop("published_figures", HISTORY / "published_figures_2025-12.tsv")
    for month in ("2026-01", "2026-02"):
        house.drop("finance", SAMPLE / f"finance_{month}.html")
    house.read_all()
    house.publish("2026-02")
    page = (SAMPLE / "finance_2026-02.html").read_text(encoding="utf-8")
    house.drop(
        "finance", page.replace("2026年3月12日", "2026年4月20日").replace(">-4.9<", ">4.4<").encode(), "finance_2026-02_r1.html"
    )  # fmt: skip
    house.read_all()
    house.publish("2026-02")
    [last] = house.query("SELECT max(edition_number) AS n FROM bi.editions WHERE period = '2026-02'")
    assert last["n"] >= 2
    with house.engine.connect() as conn:
        before, after = (find_edition(conn, "2026-02", number=n) for n in (last["n"] - 1, last["n"]))
        assert [list(differing_cells(e.verdicts, recompute(conn, e))) for e in (before, after)] == [[], []]
        said = [f.set_index("target_id")["actual"]["revenue"] for f in (
            before.verdicts, after.verdicts, as_known_on(conn, after, date(2026, 4, 19)), as_known_on(conn, after, date(2026, 4, 20)),
        )]  # fmt: skip
    assert said == [-4.9, 4.4, -4.9, 4.4]
    [change] = house.query("SELECT * FROM bi.edition_changes WHERE period = '2026-02' AND target_id = 'revenue'")
    assert (change["status_before"], change["status_after"], change["cause"]) == ("off_track", "on_track", "revision")
    pair = change["cause_detail"]["budget_revenue|baotou|2026-02|ytd|growth_yoy"]
    assert [(one["value"], one["feed"]) for one in pair] == [(-4.9, "finance"), (4.4, "finance")]
    code, out, _ = run(
        "edition", "show", "2026-02", "--as-of", "2026-04-19", "--format", "json", "--database", house.warehouse.etl_url
    )
    assert code == 0
    assert {r["target_id"]: r["actual"] for r in json.loads(out)}["revenue"] == -4.9


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["2025-06", "--number", "9"], "no such edition; found '9'"),
        (["2025-07"], "this month has: none"),
        (["2025-6x"], "expected YYYY-MM"),
        (["2025-06", "--as-of", "tomorrow"], "--as-of: not a day; found 'tomorrow'; expected YYYY-MM-DD"),
        (["2025-06", "--as-of", "2025-07-01", "--recompute"], "give one of them"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_its_mend(year, run, arguments, code):
    ran = run("edition", "show", *arguments, "--database", year.warehouse.etl_url)
    assert ran[0] == 2 and code in ran[2] and ran[1] == ""


def test_a_table_tells_its_units_in_english_and_data_has_none_of_that(year, run):
    shown = ("edition", "show", "2025-06", "--database", year.warehouse.etl_url)
    assert run(*shown)[1].splitlines()[-1].startswith("Units 单位: ")
    assert "Units 单位" not in run(*shown, "--format", "csv")[1]


def test_editions_are_listed_with_what_they_were_made_from(year, run):
    code, out, _ = run("edition", "list", "--plan", 2025, "--format", "jsonl", "--database", year.warehouse.etl_url)
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and {r["period"] for r in rows} == {"2025-03", "2025-06"}
    assert all(r["observations"] > 0 and sum(r["counts"].values()) > 5 for r in rows)
    assert all(sum(v["failed"] for v in r["checks"].values()) == 0 or "critical" in r["checks"] for r in rows)
    for row in rows:
        [linked] = year.query("SELECT count(*) AS n FROM bi.data_quality WHERE run_id = :run", run=row["checks_run"])
        assert linked["n"] == sum(v["passed"] + v["failed"] for v in row["checks"].values()) > 0
    table = run("edition", "list", "2025-06", "--database", year.warehouse.etl_url)[1]
    assert "2025-06" in table and "2025-03" not in table
    assert "{" not in table and re.search(r"\d+ off track, \d+ at risk", table)


def test_the_board_shows_every_target_of_the_number_asked_for(year, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    where = ("--database", year.warehouse.etl_url)
    code, out, _ = run("edition", "show", "2025-06", "--number", 1, "--board", *where)
    targets = year.query(
        "SELECT name_zh, name_en FROM bi.variance_editions WHERE period = '2025-06' AND edition_number = 1"
    )
    assert code == 0 and "Edition 2025-06 no. 1 · as of" in out
    assert f"{len(targets)} targets: " in out
    assert all(t["name_zh"] in out and t["name_en"].split()[0] in out for t in targets)
    code, _, err = run("edition", "show", "2025-06", "--board", "--recompute", *where)
    assert code == 2 and "--recompute and --board ask for different things" in err
    code, _, err = run("edition", "show", "2025-06", "--board", "--format", "json", *where)
    assert code == 2 and "the board is for reading" in err


def test_a_trigger_of_airflow_is_listed_by_its_kind_and_whole_in_json(house, run):
    house.drop("published_figures", HISTORY / "published_figures_2025-12.tsv")
    house.drop("finance", SAMPLE / "finance_2026-02.html")
    house.read_all()
    whole = "asset_triggered__2026-11-28T07:08:45.482913+00:00_kq3x"
    publish_due(house.engine, house.settings, "2026-02", trigger=whole)
    table, rows = (
        run("edition", "list", "2026-02", "--format", form, "--database", house.warehouse.etl_url)[1]
        for form in ("table", "json")
    )
    assert "asset triggered" in table and "T07:08" not in table
    assert {row["trigger"] for row in json.loads(rows)} == {whole}
