"""Releases and series past due and grace: told once, resolved when they come, and never a department's fault while held here."""

from __future__ import annotations

import dataclasses
import threading
from datetime import datetime

import pytest

from planwatch.sample import generate
from planwatch.steps.ingest import decide_release
from planwatch.steps.lateness import look_for_late
from tests.steps.conftest import SAMPLE

pytestmark = pytest.mark.postgres
GRACE_ENDED = "2026-04-20T23:59:59+08:00"
"""The finance release of March is due on 15 April 2026, its grace ends on Monday the 20th."""


@pytest.fixture
def house(make_house):
    """A house whose finance bureau has reported January and February."""
    made = make_house(as_of="2026-04-20T23:59:58+08:00")
    for month in ("2026-01", "2026-02"):
        made.drop("finance", SAMPLE / f"finance_{month}.html")
    made.read_all()
    return made


def at(house, instant: str):
    return dataclasses.replace(
        house, settings=house.settings.model_copy(update={"as_of": datetime.fromisoformat(instant)})
    )


def look(house):
    return look_for_late(house.engine, house.settings)


def alerts(house, kind="late"):
    return house.query(
        "SELECT alert_key, state, department, detail FROM bi.alerts WHERE kind = :kind ORDER BY 1", kind=kind
    )


def mails(house):
    return house.query("SELECT department, subject, body FROM mart.outbox ORDER BY created_at")


def test_is_late_at_the_end_of_the_grace_and_not_a_second_before(house):
    assert look(house) == []
    assert look(at(house, GRACE_ENDED)) == ["2026-03"]
    [alert] = alerts(house)
    assert (alert["alert_key"], alert["state"], alert["department"]) == ("late:finance:2026-03", "open", "finance")


def test_the_owner_is_told_once_also_when_two_runs_overlap_and_one_is_retried(house):
    late = at(house, GRACE_ENDED)
    runs = [threading.Thread(target=look, args=(late,)) for _ in range(4)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert look(late) == []
    assert look(at(house, "2026-04-21T09:00:00+08:00")) == []
    [mail] = mails(house)
    assert mail["department"] == "finance"
    assert "逾期" in mail["subject"]
    assert "2026-04-15" in mail["body"] and "2026-04-20" in mail["body"]
    assert len(house.query("SELECT 1 FROM mart.alert_events WHERE kind = 'late'")) == 1


def test_is_resolved_when_it_comes(house):
    late = at(house, GRACE_ENDED)
    look(late)
    late.drop("finance", SAMPLE / "finance_2026-03.html")
    late.read_all()
    assert [a["state"] for a in alerts(house)] == ["resolved"]
    assert look(late) == []
    assert len(mails(house)) == 1


def test_a_release_held_in_quarantine_is_not_the_departments_lateness(house):
    house.drop("finance", generate("finance", "2026-03", corrupt="text-in-number"), "finance_2026-03.html")
    [(sha256, done)] = house.read_all().items()
    assert done.held
    late = at(house, GRACE_ENDED)
    assert look(late) == []
    decide_release(house.engine, late.settings, sha256, approve=False, reason="send it again", by="wang")
    assert look(late) == ["2026-03"], "sent back, it has not come"


def test_what_was_told_late_and_sent_back_is_not_told_again(house):
    late = at(house, GRACE_ENDED)
    look(late)
    late.drop("finance", generate("finance", "2026-03", corrupt="text-in-number"), "finance_2026-03.html")
    [(sha256, _)] = late.read_all().items()
    assert [a["state"] for a in alerts(house)] == ["resolved"]
    decide_release(house.engine, late.settings, sha256, approve=False, reason="send it again", by="wang")
    before = len(mails(house))
    assert look(late) == ["2026-03"]
    assert [a["state"] for a in alerts(house)] == ["open"]
    assert len(mails(house)) == before


def test_a_feed_that_never_delivered_is_no_latecomer(house):
    look(at(house, "2026-11-30T23:59:59+08:00"))
    assert {a["alert_key"].split(":")[1] for a in alerts(house)} == {"finance"}


def test_while_releases_are_being_read_nobody_is_late(house):
    late = at(house, GRACE_ENDED)
    late.drop("finance", SAMPLE / "finance_2026-03.html")
    from planwatch.steps.arrivals import take_arrivals

    assert take_arrivals(late.engine, late.settings)
    assert look(late) == []


def test_a_month_without_a_release_of_its_own_is_never_late(make_house):
    house = make_house(as_of="2026-03-19T00:00:00+08:00")
    house.drop("stats_bureau", SAMPLE / "stats_bureau_2026-02.xlsx")
    house.read_all()
    assert look(house) == []


def test_quarterly_series_missing_from_their_monthly_file_are_late_on_their_own_date(make_house):
    house = make_house(as_of="2026-04-27T23:59:59+08:00")
    house.drop("stats_bureau", SAMPLE / "stats_bureau_2026-02.xlsx")
    house.drop(
        "stats_bureau", without_rows(SAMPLE / "stats_bureau_2026-03.xlsx", "地区生产总值"), "stats_bureau_2026-03.xlsx"
    )
    sha256s = house.read_all()
    held = [sha for sha, done in sha256s.items() if done.held]
    for sha in held:  # its gate may hold back a file that lacks what was due: somebody lets it in
        decide_release(house.engine, house.settings, sha, approve=True, reason="the rest is sound", by="wang")
    assert look(house) == [], "monthly due date and grace have passed, the quarterly grace has not"
    late = at(house, "2026-05-06T23:59:59+08:00")
    assert look(late) == ["2026-03"]
    [alert] = alerts(house)
    assert alert["alert_key"] == "late:stats_bureau:2026-03:quarterly"
    assert alert["detail"]["series"] == ["地区生产总值"]
    assert "地区生产总值" in mails(house)[-1]["body"]
    late.drop("stats_bureau", SAMPLE / "stats_bureau_2026-03.xlsx", "stats_bureau_2026-03_r1.xlsx")
    late.read_all()
    assert [a["state"] for a in alerts(house)] == ["resolved"]


def without_rows(path, label: str) -> bytes:
    """Return the workbook without the rows of a label."""
    import io

    import openpyxl

    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    for row in reversed(range(1, sheet.max_row + 1)):
        if sheet.cell(row, 1).value == label:
            sheet.delete_rows(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_the_release_calendar_shows_who_has_delivered(house):
    look(house)
    rows = house.query(
        "SELECT period, state, arrived_at FROM bi.release_calendar WHERE feed = 'finance' AND frequency = 'monthly'"
    )
    assert [r["period"] for r in rows] == [f"2026-{m:02d}" for m in range(1, 13)]
    assert {r["period"] for r in rows if r["state"] == "in"} == {"2026-01", "2026-02"}
    assert [r["arrived_at"] is not None for r in rows] == [True, True] + [False] * 10
