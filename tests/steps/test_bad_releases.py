"""What goes wrong with a release: held back, refused, corrected, superseded; nothing half, nothing silent."""

import pytest

from planwatch.errors import InputError
from planwatch.sample import generate
from planwatch.steps import ingest
from planwatch.steps.arrivals import take_arrivals
from planwatch.steps.ingest import decide_release, ingest_release
from planwatch.steps.waiting import unjudged_months
from tests.steps.conftest import HISTORY, SAMPLE

pytestmark = pytest.mark.postgres
FINANCE = "finance_2026-02.html"


@pytest.fixture
def february(house):
    """A house with a finance release and the published history loaded, and its edition."""
    house.drop("published_figures", HISTORY / "published_figures_2025-12.tsv")
    for month in ("2026-01", "2026-02"):
        house.drop("finance", SAMPLE / f"finance_{month}.html")
    house.read_all()
    house.publish("2026-02")
    return house


def _held(house, corrupt):
    house.drop("finance", generate("finance", "2026-03", corrupt=corrupt), "finance_2026-03.html")
    [(sha256, done)] = house.read_all().items()
    return sha256, done


def _states(house):
    return {r["filename"]: r["state"] for r in house.query("SELECT filename, state FROM bi.releases")}


def _revenue(house):
    rows = house.query("SELECT actual FROM bi.dispatch_table WHERE target_id = 'revenue'")
    return rows[0]["actual"]


def test_the_same_file_twice_is_no_news(february):
    editions = february.query("SELECT count(*) AS n FROM bi.editions")
    february.drop("finance", SAMPLE / FINANCE, "again.html")
    assert take_arrivals(february.engine, february.settings) == []
    assert february.publish("2026-02").published == []
    assert february.query("SELECT count(*) AS n FROM bi.editions") == editions


def test_a_corrected_file_makes_a_new_vintage_and_a_new_edition(february):
    before = _revenue(february)
    text = (SAMPLE / FINANCE).read_text(encoding="utf-8")
    printed = february.query(
        "SELECT printed FROM bi.observations_current WHERE indicator = 'budget_revenue' AND period = '2026-02' AND measure = 'growth_yoy' AND span = 'ytd'"
    )[0]["printed"]
    assert text.count(f">{printed}<") >= 1
    february.drop("finance", text.replace(f">{printed}<", ">4.4<").encode(), FINANCE)
    [done] = february.read_all().values()
    assert (done.state, done.periods) == ("loaded", ["2026-02"])
    [edition] = february.publish("2026-02").published
    assert edition.number > 1
    assert _revenue(february) == 4.4 != before
    old = february.query(
        "SELECT actual FROM bi.variance_editions WHERE target_id = 'revenue' AND period = '2026-02' ORDER BY edition_number"
    )
    assert old[0]["actual"] == before


def test_text_in_a_number_cell_is_quarantined_and_the_last_good_edition_stands(february):
    before = _revenue(february)
    _, done = _held(february, "text-in-number")
    assert done.held
    assert "finance_2026-03.html" in done.body
    assert february.publish("2026-02").published == []
    assert _revenue(february) == before
    assert _states(february)["finance_2026-03.html"] == "quarantined"
    alerts = february.query("SELECT kind, department FROM bi.alerts")
    assert {"kind": "quarantine", "department": "finance"} in [
        {k: r[k] for k in ("kind", "department")} for r in alerts
    ]


def test_an_approval_loads_what_was_held_and_keeps_who_and_why(february):
    sha256, _ = _held(february, "text-in-number")
    done = decide_release(
        february.engine, february.settings, sha256, approve=True, reason="known typing error", by="wang"
    )
    assert done.state == "loaded"
    assert done.periods == ["2026-03"]
    [row] = february.query("SELECT decision, reason, decided_by FROM ops.decisions")
    assert row == {"decision": "approve", "reason": "known typing error", "decided_by": "wang"}
    [edition] = february.publish("2026-03").published[-1:]
    assert edition.period == "2026-03"


def test_a_rejection_loads_nothing(february):
    sha256, _ = _held(february, "text-in-number")
    done = decide_release(february.engine, february.settings, sha256, approve=False, reason="send it again", by="wang")
    assert (done.state, done.periods) == ("rejected", [])
    assert not february.query(
        "SELECT 1 FROM bi.observations_current WHERE period = '2026-03' AND indicator = 'budget_revenue'"
    )


def test_a_decision_without_a_reason_is_none(february):
    sha256, _ = _held(february, "text-in-number")
    with pytest.raises(InputError, match="needs a reason"):
        decide_release(february.engine, february.settings, sha256, approve=True, reason="  ", by="wang")
    assert _states(february)["finance_2026-03.html"] == "quarantined"


def test_a_corrected_file_supersedes_the_wait(february):
    sha256, _ = _held(february, "text-in-number")
    february.drop("finance", SAMPLE / "finance_2026-03.html", "finance_2026-03_r1.html")
    assert [d.state for d in february.read_all().values()] == ["loaded"]
    late = decide_release(february.engine, february.settings, sha256, approve=True, reason="too late", by="wang")
    assert late.state == "superseded"
    assert not [
        r for r in february.query("SELECT kind FROM bi.alerts WHERE state <> 'resolved'") if r["kind"] == "quarantine"
    ]


@pytest.mark.parametrize("corrupt", ["renamed-column", "missing-column", "foreign-unit"])
def test_a_file_that_is_not_what_its_feed_declares_fails_with_its_place(february, corrupt):
    february.drop("finance", generate("finance", "2026-03", corrupt=corrupt), "finance_2026-03.html")
    [failed] = february.read_all().values()
    assert failed.state == "failed"
    assert "finance_2026-03.html" in failed.body
    assert "mend:" in failed.body
    assert _states(february)["finance_2026-03.html"] == "failed"
    assert february.query("SELECT 1 FROM bi.data_quality WHERE NOT success AND severity = 'critical'")


def test_another_months_file_is_refused(february):
    february.drop("finance", SAMPLE / "finance_2026-05.html", "finance_2026-03.html")
    [failed] = february.read_all().values()
    assert failed.state == "failed"
    assert "2026-05" in failed.body
    assert not february.query("SELECT 1 FROM bi.observations_current WHERE period >= '2026-03'")


@pytest.mark.parametrize("corrupt", ["not-a-workbook", "password-protected"])
def test_a_file_that_is_no_workbook_fails(house, corrupt):
    house.drop("stats_bureau", generate("stats_bureau", "2026-03", corrupt=corrupt), "stats_bureau_2026-03.xlsx")
    [failed] = house.read_all().values()
    assert failed.state == "failed"
    assert "mend:" in failed.body
    alerts = house.query("SELECT kind, department FROM bi.alerts")
    assert alerts == [{"kind": "feed_failed", "department": "stats_bureau"}]


def test_amounts_ten_thousand_times_too_large_are_held(february):
    _, done = _held(february, "amount-scaled")
    assert done.held


def test_an_unknown_row_is_kept_listed_and_does_not_stop_the_rest(february):
    _, done = _held(february, "unknown-row")
    assert done.state == "loaded"
    rejects = february.query("SELECT * FROM bi.rejects WHERE code = 'unknown_indicator'")
    assert len(rejects) == 1
    assert rejects[0]["found"]


def test_a_file_that_no_feed_claims_is_set_aside_and_listed(house):
    path = house.drop("elsewhere", b"hello", "holiday.txt")
    assert take_arrivals(house.engine, house.settings) == []
    assert not path.exists()
    assert (house.settings.drop_dir / "unrecognised" / "holiday.txt").read_bytes() == b"hello"
    assert house.query("SELECT 1 FROM ops.check_results WHERE suite = 'arrivals' AND NOT success")


def test_of_ten_files_dropped_at_once_the_corrupt_one_alone_is_held(february):
    names = [
        f"{feed}_2026-{month}"
        for month in ("03", "04")
        for feed in ("human_resources", "regional_benchmark", "milestones")
    ]
    for path in sorted(SAMPLE.iterdir()):
        if path.stem in (*names, "finance_2026-04", "stats_bureau_2026-03", "stats_bureau_2026-04"):
            february.drop(path.stem.rsplit("_", 1)[0], path)
    february.drop("finance", generate("finance", "2026-03", corrupt="text-in-number"), "finance_2026-03.html")
    states = [d.state for d in february.read_all().values()]
    assert sorted(states) == ["loaded"] * 9 + ["quarantined"]
    report = february.publish("2026-04")
    assert {p.period for p in report.published} == {"2026-03", "2026-04"}
    march = february.query(
        "SELECT status, reading_state FROM bi.variance_monthly WHERE period = '2026-03' AND target_id = 'revenue'"
    )
    assert march[0]["reading_state"] == "carried"


def test_of_a_batch_exactly_the_last_release_hands_on(house):
    for month in ("2026-01", "2026-02", "2026-03"):
        house.drop("finance", SAMPLE / f"finance_{month}.html")
    house.drop("finance", b"<p>no table</p>", "finance_2026-04.html")
    done = list(house.read_all().values())
    assert [bool(d.periods) for d in done] == [False, False, False, True]
    assert done[-1].periods == ["2026-03"]
    assert unjudged_months(house.engine) == ["2026-03"]
    house.publish("2026-03")
    assert unjudged_months(house.engine) == []


def test_a_date_of_publication_to_come_is_held_before_it_outranks_every_correction(house):
    text = (SAMPLE / FINANCE).read_text(encoding="utf-8")
    real = text.replace("模拟数据", "").replace("（simulated）", "")
    assert "发布日期：2026年" in real
    house.drop("finance", real.replace("发布日期：2026年", "发布日期：2062年").encode(), FINANCE)
    [held] = house.read_all().values()
    assert held.held and "published\\_before\\_received" in held.body and "published on 2062" in held.body
    house.drop("finance", real.encode(), FINANCE)
    [done] = house.read_all().values()
    assert not done.held
    assert house.query("SELECT max(published_at)::text AS day FROM core.observations")[0]["day"].startswith("2026")


def test_a_simulated_release_of_a_month_to_come_is_held(house):
    house.drop("finance", generate("finance", "2026-12"), "finance_2026-12.html")
    [held] = house.read_all().values()
    assert held.held and "published on 2027-01" in held.body
    assert not house.query("SELECT 1 FROM core.observations")


def test_a_month_in_the_name_that_there_is_not_is_told(house):
    house.drop("finance", SAMPLE / FINANCE, "finance_2026-13.html")
    [done] = house.read_all().values()
    assert done.state == "loaded"
    [told] = house.query(
        "SELECT severity, observed, note FROM bi.data_quality WHERE expectation = 'name_states_a_month'"
    )
    assert (told["severity"], told["observed"]) == ("warning", "2026-13")
    assert FINANCE.removeprefix("finance_").removesuffix(".html") in told["note"]


def _entered(house, good: str, bad: str) -> dict[str, str]:
    """Enter March's page and a broken one as a batch, in the order of their names, and return sha256 by name."""
    pages = {
        good: (SAMPLE / "finance_2026-03.html").read_bytes(),
        bad: generate("finance", "2026-03", corrupt="text-in-number"),
    }
    for name in sorted(pages):
        house.drop("finance", pages[name], name)
        take_arrivals(house.engine, house.settings)
    return {r["filename"]: r["sha256"] for r in house.query("SELECT filename, sha256 FROM bi.releases")}


def test_an_older_file_that_ends_later_supersedes_no_newer_one(february):
    good, bad = "finance_2026-03.html", "finance_2026-03_r1.html"
    sha = _entered(february, good, bad)
    states = [ingest_release(february.engine, february.settings, sha[name]).state for name in (bad, good)]
    assert states == ["quarantined", "loaded"]
    assert _states(february)[bad] == "quarantined", "nobody has decided over the newer one"


def test_a_file_that_was_overtaken_before_it_failed_waits_for_nobody(february):
    bad, good = "finance_2026-03.html", "finance_2026-03_r1.html"
    sha = _entered(february, good, bad)
    states = [ingest_release(february.engine, february.settings, sha[name]).state for name in (good, bad)]
    assert states == ["loaded", "superseded"]
    assert not february.query("SELECT 1 FROM bi.alerts WHERE kind = 'quarantine' AND state <> 'resolved'")


@pytest.mark.parametrize("approve", [True, False])
def test_a_decision_under_way_is_overtaken_by_the_corrected_file(february, monkeypatch, approve):
    sha256, _ = _held(february, "text-in-number")
    read = ingest._read

    def while_it_is_read(job):
        if job.sha256 == sha256:
            february.drop("finance", SAMPLE / "finance_2026-03.html", "finance_2026-03_r1.html")
            assert [d.state for d in february.read_all().values()] == ["loaded"]
        return read(job)

    monkeypatch.setattr(ingest, "_read", while_it_is_read)
    done = decide_release(february.engine, february.settings, sha256, approve=approve, reason="x", by="wang")
    assert done.state == "superseded"
    assert _states(february)["finance_2026-03.html"] == "superseded"
    assert not february.query("SELECT 1 FROM ops.decisions")
    assert not february.query("SELECT 1 FROM mart.vintages WHERE release_sha256 = :sha", sha=sha256)
