"""Looking only at what may change gives the events that looking at every verdict and the whole log gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import compress, product
from typing import Any

import pytest
from alertcases import DEPARTMENTS, PLAN_ID, at, frame, occasion, plan, row
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from planwatch.alerts import after_edition, record_events
from planwatch.alerts.lifecycle import Standing, advance, fold, keys_of, may_change
from planwatch.alerts.outbox import copy_events, events_of, standing
from planwatch.model.alert import AlertEvent, AlertKind, AlertWord, Change, release_key, target_key
from planwatch.model.vocabulary import Status
from planwatch.warehouse import copy_frame

PLACES = [(target, area) for target in ("retail", "jobs") for area in ("baotou", "guyang")]
KEYS = [*(target_key(PLAN_ID, *place) for place in PLACES), release_key("stats", "2026-06")]
TELLING = (AlertWord.OPENED, AlertWord.ESCALATED, AlertWord.REMINDED)
"""What brings a status along."""

PERIODS = st.sampled_from(["2026-05", "2026-06"])
FIGURES = st.sampled_from([None, 1.0, 2.5])
READINGS = {"reading_period": st.none() | PERIODS, "actual": FIGURES, "reference_actual": FIGURES}
DETAILS = st.fixed_dictionaries(
    {"until": st.just("2026-07-31"), **READINGS},
    optional={"status": st.sampled_from([*sorted(Status), None]), "change": st.sampled_from(sorted(Change))},
)
EVENTS = st.builds(
    AlertEvent, alert_key=st.sampled_from(KEYS), kind=st.sampled_from(AlertKind), department=st.sampled_from(["", "commerce"]),
    event=st.sampled_from(AlertWord) | st.just(AlertWord.OPENED), plan_id=st.sampled_from([PLAN_ID, PLAN_ID, "baotou-2025"]),
    period=PERIODS, edition_id=st.none(), at=st.just(at("2026-05")), detail=DETAILS,
)  # fmt: skip
LOGS = st.lists(EVENTS, max_size=14)
ROWS = st.lists(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(Status), st.fixed_dictionaries(READINGS)),
    max_size=4, unique_by=lambda drawn: drawn[0],
)  # fmt: skip


def verdicts(drawn: list[tuple[Any, ...]]) -> Any:
    return frame(*(row(target, status, area=area, **reading) for (target, area), status, reading in drawn))


def of_plan(log: Iterable[AlertEvent], keys: Iterable[str] = KEYS) -> list[AlertEvent]:
    return [event for event in log if event.plan_id == PLAN_ID and event.alert_key in keys]


def known(log: list[AlertEvent]) -> dict[str, Standing]:
    """Return what is to be known of the open alerts, by folding the log; a status that is not in the last telling event is unknown."""
    last = {event.alert_key: event.detail.get("status") for event in log if event.event in TELLING}
    return {key: Standing(alert.kind, last[key] and alert.status) for key, alert in fold(log).items()}


@settings(deadline=None)
@given(LOGS, ROWS, PERIODS)
def test_only_what_may_change_is_looked_at(log: list[AlertEvent], drawn: list[tuple[Any, ...]], period: str) -> None:
    log, rows = of_plan(log), verdicts(drawn)
    every = advance(fold(log).values(), rows, occasion(period), newest=True)
    keys = keys_of(rows, PLAN_ID)
    may = may_change(rows, keys, known(log))
    concerned = {key for key, yes in zip(keys, may, strict=True) if yes}
    assert advance(fold(of_plan(log, concerned)).values(), rows[may], occasion(period), newest=True) == every


@pytest.mark.parametrize("again", [{}, {"status": None}, {"status": "unheard_of"}, "not at all"])
@pytest.mark.parametrize("fresh", [True, False])
def test_no_status_before_or_after_is_overlooked(fresh: bool, again: dict[str, Any] | str) -> None:
    """Every kind of alert, last status and verdict at once, each of a target of its own, with and without a reminder since."""
    cases = list(product((AlertKind.OFF_TRACK, AlertKind.OVERDUE), Status, Status))
    log: list[AlertEvent] = []
    for n, (kind, before, _) in enumerate(cases):
        told = {"department": "", "plan_id": PLAN_ID, "period": "2026-05", "edition_id": None, "at": at("2026-05")}
        said = {"reading_period": "2026-05", "actual": 1.0}
        first = AlertEvent(
            alert_key=target_key(PLAN_ID, f"t{n}", "baotou"), kind=kind, event=AlertWord.OPENED, detail=said | {"status": before},
            **told,
        )  # fmt: skip
        log.append(first)
        if isinstance(again, dict):
            log.append(replace(first, event=AlertWord.REMINDED, detail=said | again))
    actual = 2.5 if fresh else 1.0
    rows = frame(*(row(f"t{n}", after, reading_period="2026-05", actual=actual) for n, (*_, after) in enumerate(cases)))
    every = advance(fold(log).values(), rows, occasion(), newest=True)
    assert len({event.event for event in every}) > 1
    keys = keys_of(rows, PLAN_ID)
    may = may_change(rows, keys, known(log))
    assert {event.alert_key for event in every} <= set(compress(keys, may))


def steady(status: str, period: str = "2026-06") -> dict[str, Any]:
    return row(status=status, period=period, reading_period="2026-05", reading_state="carried")


@pytest.mark.parametrize("status", ["off_track", "missed", "overdue"])
def test_the_same_again_is_not_looked_at(status: str) -> None:
    """Else the filter would be right and useless."""
    log = advance([], frame(steady(status)), occasion(), newest=True)
    rows = frame(steady(status, "2026-07"), row("jobs", "on_track"), row("exports", "not_due"), row("gdp", "at_risk"))
    assert may_change(rows, keys_of(rows, PLAN_ID), known(log)).tolist() == [False] * 4


IN_POSTGRES = settings(
    deadline=None, max_examples=min(60, settings.default.max_examples),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


def unnumbered(events: Iterable[AlertEvent]) -> list[AlertEvent]:
    return [replace(event, event_id=0) for event in events]


@pytest.mark.postgres
@IN_POSTGRES
@given(LOGS, ROWS, PERIODS)
def test_an_edition_records_what_the_whole_log_and_every_verdict_give(
    engine: Engine, log: list[AlertEvent], drawn: list[tuple[Any, ...]], period: str
) -> None:
    with engine.connect() as conn:
        recorded = of_plan(record_events(conn, log))
        assert standing(conn, PLAN_ID) == known(recorded)
        expected = advance(fold(recorded).values(), verdicts(drawn), occasion(period), newest=True)
        publish(conn, drawn, period)
        assert unnumbered(events_of(conn, PLAN_ID)[len(recorded) :]) == expected
        publish(conn, drawn, period)
        assert len(events_of(conn, PLAN_ID)) == len(recorded) + len(expected), "the same verdicts again are no news"
        conn.rollback()


def publish(conn: Connection, drawn: list[tuple[Any, ...]], period: str) -> None:
    after_edition(
        conn, plan=plan(), period=period, edition_id=None, edition_number=1, as_of=at(period), verdicts=verdicts(drawn),
        departments=DEPARTMENTS, ready=True, newest=True, notify=False, simulated=False, copy=copy_frame,
    )  # fmt: skip


AWKWARD = ["包头'); --", 'a"b', "tab\there", "line\nbreak", r"back\slash \N", "", "\\."]


@pytest.mark.postgres
def test_events_copied_are_those_that_are_inserted(engine: Engine) -> None:
    events = [
        AlertEvent(
            alert_key=f"target:{text}", kind=kind, event=word, department=text, plan_id=PLAN_ID, period="2026-06",
            edition_id=None, at=at("2026-06"), detail={"status": text, "actual": 0.1 + 0.2, "n": 7, "yes": True, "none": None},
        )
        for text in AWKWARD for kind in AlertKind for word in AlertWord
    ]  # fmt: skip
    with engine.begin() as conn:
        copy_events(conn, events, copy_frame)
        copied = events_of(conn, PLAN_ID)
        assert unnumbered(copied) == events
        assert [e.event_id for e in copied] == sorted({e.event_id for e in copied})
        copy_events(conn, [], copy_frame)
        assert events_of(conn, PLAN_ID) == copied
        assert unnumbered(events_of(conn, PLAN_ID, [events[0].alert_key])) == events[: len(AlertKind) * len(AlertWord)]
        assert events_of(conn, PLAN_ID, []) == []
