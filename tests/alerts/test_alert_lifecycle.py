"""The life of an alert: tables of what opens, escalates, eases and resolves it, and what never does."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from alertcases import PLAN_ID, frame, occasion, row
from hypothesis import given, settings
from hypothesis import strategies as st

from planwatch.alerts.lifecycle import Occasion, advance, changes, close_release, fold, open_release, remind
from planwatch.model.alert import Alert, AlertEvent, AlertKind, AlertWord, Change, Decision
from planwatch.model.vocabulary import Status

KEY = f"target:{PLAN_ID}:retail:baotou"


def numbered(events: list[AlertEvent], start: int = 1) -> list[AlertEvent]:
    return [replace(event, event_id=n) for n, event in enumerate(events, start)]


def walk(*rows: dict[str, Any]) -> list[AlertEvent]:
    """Return the events of one edition after another, each in its row's period."""
    log: list[AlertEvent] = []
    for n, one in enumerate(rows):
        news = advance(fold(log).values(), frame(one), occasion(one["period"], n), newest=True)
        log += numbered(news, len(log) + 1)
    return log


def words(*rows: dict[str, Any]) -> list[str]:
    return [event.event for event in walk(*rows)]


@pytest.mark.parametrize(
    ("status", "opens"),
    [("off_track", "off_track"), ("missed", "off_track"), ("overdue", "overdue")]
    + [(s, None) for s in Status if s not in ("off_track", "missed", "overdue")],
)
def test_what_opens_an_alert(status: str, opens: str | None) -> None:
    log = walk(row(status=status))
    assert [(e.alert_key, e.event, e.kind, e.department) for e in log] == (
        [(KEY, "opened", opens, "commerce")] if opens else []
    )


MAY = row(status="off_track", period="2026-05")
LATE = row(status="overdue", period="2026-05", reading_period="2026-04", reading_state="overdue", actual=5.1)


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        (MAY, row(status="on_track", actual=5.2), ["opened", "resolved"]),
        (MAY, row(status="achieved", actual=5.2), ["opened", "resolved"]),
        # a revision of the very reading that opened it is a new reading
        (MAY, row(status="on_track", period="2026-05", actual=5.2), ["opened", "resolved"]),
        # carried, unchanged, and yet well: a target was amended, nothing was achieved
        (MAY, row(status="on_track", reading_period="2026-05", reading_state="carried"), ["opened"]),
        # an earlier reading stands again because a later one was taken back
        (MAY, row(status="on_track", reading_period="2026-04", reading_state="carried", actual=5.9), ["opened"]),
        # no reading at all
        (MAY, row(status="not_due", reading_period=None, reading_state="none", actual=None), ["opened"]),
        (MAY, row(status="not_assessable", actual=5.2), ["opened"]),
        (MAY, row(status="off_track", reading_period="2026-05", reading_state="overdue"), ["opened"]),
        (MAY, row(status="off_track", actual=2.0), ["opened"]),
        (MAY, row(status="missed", actual=2.0), ["opened"]),
        (MAY, row(status="at_risk", actual=4.5), ["opened", "reminded"]),
        (MAY, row(status="withdrawn", reading_period="2026-05"), ["opened", "resolved"]),
        (LATE, row(status="off_track", actual=3.0), ["opened", "escalated"]),
        (LATE, row(status="on_track", actual=5.3), ["opened", "resolved"]),
        # the late report of May arrives when June is judged: carried, but new
        (LATE, row(status="on_track", reading_period="2026-05", reading_state="carried"), ["opened", "resolved"]),
        # what was overdue is in: being amber is no alert
        (LATE, row(status="at_risk", actual=4.5), ["opened", "resolved"]),
        # held in quarantine: no longer called late, but nothing has come either
        (LATE, row(status="on_track", reading_period="2026-04", reading_state="carried", actual=5.1), ["opened"]),
    ],
)
def test_what_follows_an_opened_alert(first: dict[str, Any], then: dict[str, Any], expected: list[str]) -> None:
    assert words(first, then) == expected


def test_an_eased_alert_stays_open_and_escalates_again() -> None:
    log = walk(
        MAY,
        row(status="at_risk", actual=4.5),
        row(status="off_track", period="2026-07", actual=3.0),
        row(status="on_track", period="2026-08", actual=5.1),
    )
    assert [e.event for e in log] == ["opened", "reminded", "escalated", "resolved"]
    assert log[1].detail["change"] == "eased"
    assert log[2].detail["from"] == "at_risk"
    assert {e.detail.get("since") for e in log[1:]} == {"2026-05"}


def test_eases_at_most_once_a_period() -> None:
    back_and_forth = [row(status=s, actual=a) for s, a in [("at_risk", 4.5), ("off_track", 3.1), ("at_risk", 4.6)]]
    assert words(MAY, *back_and_forth) == ["opened", "reminded", "escalated"]


def test_amber_to_red_opens() -> None:
    assert words(row(status="at_risk", period="2026-05"), row(status="off_track")) == ["opened"]


def test_an_older_period_changes_nothing() -> None:
    assert advance([], frame(row()), occasion(), newest=False) == []
    open_alerts = fold(walk(MAY)).values()
    assert advance(open_alerts, frame(row(status="on_track", actual=9.0)), occasion(), newest=False) == []


def test_a_target_that_is_not_in_the_edition_stays_open() -> None:
    assert advance(fold(walk(MAY)).values(), frame(row("exports", "on_track")), occasion(), newest=True) == []


def test_areas_have_alerts_of_their_own() -> None:
    events = advance([], frame(row(), row(area="guyang")), occasion(), newest=True)
    assert [e.alert_key for e in events] == [KEY, f"target:{PLAN_ID}:retail:guyang"]


def test_a_frames_types_do_not_matter() -> None:
    rows = frame(
        row(), row("exports", "overdue", reading_period=None, actual=None, unit=None, provisional=True, reading_age_months=None),
        row("gdp", "missed", actual=7, reference_actual=1.5, owner=None),
    )  # fmt: skip
    typed = {
        "actual": "float64",
        "reference_actual": "Float64",
        "reading_age_months": "Int64",
        "unit": "str",
        "owner": "str",
    }
    words = dict.fromkeys(("id", "area", "status", "reading_period", "reading_state"), "str") | {"provisional": "bool"}
    events = advance([], rows.astype(object), occasion(), newest=True)
    assert advance([], rows.astype(typed | words), occasion(), newest=True) == events
    assert [event.detail["unit"] for event in events] == [None, "%", "%"]
    assert {type(value) for event in events for value in event.detail.values()} <= {str, bool, int, float, type(None)}


def test_reminders_once_a_period_and_only_where_nothing_else_happened() -> None:
    alerts = fold(walk(MAY))
    rows = {KEY: row(actual=3.3)}
    assert remind(alerts.values(), rows, occasion("2026-05")) == []
    reminded = remind(alerts.values(), rows, occasion("2026-06"))
    assert [(e.event, e.period, e.detail["actual"]) for e in reminded] == [("reminded", "2026-06", 3.3)]
    again = fold([*walk(MAY), *reminded])
    assert remind(again.values(), rows, occasion("2026-06")) == []
    assert again[KEY].reminded_period == "2026-06"


def test_a_reminder_without_gravity_keeps_the_status() -> None:
    log = walk(MAY)
    log += remind(fold(log).values(), {KEY: row(status="not_assessable")}, occasion("2026-06"))
    assert fold(log)[KEY].status == "off_track"
    assert advance(fold(log).values(), frame(row(period="2026-07")), occasion("2026-07"), newest=True) == []


def test_acknowledged_and_silenced_fold_and_end_with_an_escalation() -> None:
    opened = walk(LATE)
    person = {"kind": AlertKind.OVERDUE, "alert_key": KEY, "department": "commerce", "plan_id": PLAN_ID}
    common = {"period": "2026-05", "edition_id": None, "at": occasion().at}
    log = [
        *opened,
        AlertEvent(event=AlertWord.ACKNOWLEDGED, detail={"by": "li", "reason": "known"}, **person, **common),
        AlertEvent(event=AlertWord.SILENCED, detail={"until": "2026-07-31", "reason": "holiday"}, **person, **common),
    ]
    alert = fold(log)[KEY]
    assert alert.acknowledged
    assert alert.silenced_on(occasion("2026-05").at.date())
    assert not alert.silenced_on(occasion("2026-07").at.date())
    escalated = advance([alert], frame(row(actual=2.0)), occasion(), newest=True)
    assert not fold([*log, *escalated])[KEY].acknowledged


def release(
    current: Alert | None, sha: str, when: Occasion, kind: AlertKind = AlertKind.QUARANTINE
) -> list[AlertEvent]:
    return open_release(current, when, department="stats_bureau", feed="stats", sha256=sha, kind=kind, file="a.xlsx")


def test_a_release_is_told_once_a_file() -> None:
    opened = release(None, "aa", occasion())
    alert = fold(opened)["release:stats:2026-06"]
    assert release(alert, "aa", occasion()) == []
    other = release(alert, "bb", occasion())
    assert [(e.event, e.detail["sha256"]) for e in other] == [("resolved", "aa"), ("opened", "bb")]
    assert other[0].detail["decision"] == "superseded"
    failed = release(alert, "aa", occasion(), AlertKind.FEED_FAILED)
    assert [e.kind for e in failed] == ["quarantine", "feed_failed"]


@pytest.mark.parametrize("decision", list(Decision))
def test_a_release_ends_by_a_decision(decision: Decision) -> None:
    opened = release(None, "aa", occasion())
    ended = close_release(fold(opened)["release:stats:2026-06"], occasion(), decision, "核对无误")
    assert [(e.event, e.detail["decision"], e.detail["reason"]) for e in ended] == [("resolved", decision, "核对无误")]
    assert fold([*opened, *ended]) == {}
    assert close_release(None, occasion(), decision) == []


def test_verdicts_leave_release_alerts_alone() -> None:
    held = fold(release(None, "aa", occasion()))
    assert advance(held.values(), frame(row(status="on_track")), occasion("2026-07"), newest=True) == []


def net(rows: list[dict[str, Any]], told: int) -> Change | None:
    log = walk(*rows)
    return changes(fold(log[:told]), fold(log), log[told:]).get(KEY)


def test_net_changes_since_the_department_was_told() -> None:
    june, well = row(status="at_risk", actual=4.5), row(status="on_track", period="2026-07", actual=5.5)
    assert net([MAY], 0) is Change.NEW
    assert net([MAY], 1) is None
    assert net([MAY, june], 1) is Change.EASED
    assert net([LATE, row(actual=2.0)], 1) is Change.ESCALATED
    assert net([MAY, june, well], 1) is Change.RECOVERED
    assert net([MAY, well], 0) is None
    assert net([MAY, well, row(period="2026-08", actual=1.0)], 1) is Change.NEW
    assert net([MAY, june, row(period="2026-07", actual=2.0)], 1) is None


STATUSES = st.sampled_from(sorted(Status))
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["gdp", "retail", "jobs"]), STATUSES, st.sampled_from([None, "2026-05", "2026-06"]),
        st.sampled_from([None, 1.0, 2.5]),
    ),
    min_size=1, max_size=3, unique_by=lambda r: r[0],
)  # fmt: skip


def rows_of(drawn: list[tuple[Any, ...]], period: str) -> list[dict[str, Any]]:
    return [row(t, s, period, reading_period=p if a else None, actual=a if p else None) for t, s, p, a in drawn]


@settings(deadline=None, max_examples=min(60, settings.default.max_examples))
@given(st.lists(ROWS, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_retries_and_row_order_change_nothing(months: list[list[tuple[Any, ...]]], shuffler: random.Random) -> None:
    log: list[AlertEvent] = []
    for n, drawn in enumerate(months, 1):
        rows = rows_of(drawn, f"2026-{n:02d}")
        news = advance(fold(log).values(), frame(*rows), occasion(f"2026-{n:02d}", n), newest=True)
        shuffled = rows[:]
        shuffler.shuffle(shuffled)
        assert advance(fold(log).values(), frame(*shuffled), occasion(f"2026-{n:02d}", n), newest=True) == news
        log += news
        for word in advance(fold(log).values(), frame(*rows), occasion(f"2026-{n:02d}", n + 1), newest=True):
            assert word is None, "the same verdicts again are no news"
    keys = {event.alert_key for event in log}
    for key in keys:
        spells = [e.event for e in log if e.alert_key == key and e.event in ("opened", "resolved")]
        assert spells == ["opened", "resolved"] * (len(spells) // 2) + ["opened"] * (len(spells) % 2)


SILENT = st.sampled_from(sorted(set(Status) - {Status.WITHDRAWN}))


@settings(deadline=None, max_examples=min(60, settings.default.max_examples))
@given(st.lists(SILENT, min_size=1, max_size=8))
def test_silence_never_resolves(statuses: list[Status]) -> None:
    """Whatever is said while the reading stays the one of May, the alert stays open."""
    rows = [
        row(status=s, period=f"2026-{n:02d}", reading_period="2026-05", reading_state="carried")
        for n, s in enumerate(statuses, 6)
        if n <= 12
    ]
    assert KEY in fold(walk(MAY, *rows))
    gone = [row(status=s, reading_period=None, actual=None, period="2026-07") for s in statuses]
    assert KEY in fold(walk(MAY, *gone))
