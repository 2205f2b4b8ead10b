"""The wait for a decision: it ends with an answer, or by itself once the release has left quarantine."""

import asyncio
import json

import pytest

from planwatch.model.vocabulary import ReleaseState
from planwatch.warehouse import record_release, set_release_state

pytestmark = [pytest.mark.airflow, pytest.mark.postgres]
SHA, NEWER = "a" * 64, "b" * 64


@pytest.fixture
def trigger(dagbag, warehouse, monkeypatch):
    from airflow.providers.standard.triggers.hitl import HITLTrigger

    from decision_trigger import DecisionTrigger

    at = warehouse.engine.url
    connection = {
        "conn_type": "postgres", "host": at.host, "port": at.port, "login": at.username, "password": at.password, "schema": at.database,
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE_OF_TEST", json.dumps(connection))

    async def nobody_answers(self):
        await asyncio.Event().wait()
        yield

    monkeypatch.setattr(HITLTrigger, "run", nobody_answers)
    return DecisionTrigger(
        sha256=SHA, warehouse="warehouse_of_test", ask_seconds=0.01, ti_id="ti", options=["yes"], params={},
        timeout_datetime=None,
    )  # fmt: skip


@pytest.fixture
def state_of(warehouse):
    with warehouse.begin() as conn:
        record_release(conn, sha256=SHA, feed="finance", period="2026-03", filename="f.html", size=1, published_at=None)
        set_release_state(conn, SHA, ReleaseState.QUARANTINED)

    def become(state, detail=""):
        with warehouse.begin() as conn:
            set_release_state(conn, SHA, state, detail=detail)

    return become


async def _fired(trigger):
    return (await asyncio.wait_for(anext(trigger.run()), 20)).payload


def test_ends_when_a_corrected_file_has_superseded_the_release(trigger, state_of):
    async def story():
        waiting = asyncio.ensure_future(_fired(trigger))
        done, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not done, "a release in quarantine keeps waiting"
        await asyncio.to_thread(state_of, ReleaseState.SUPERSEDED, f"by {NEWER}")
        assert await waiting == {"ended": "superseded", "detail": f"by {NEWER}"}

    asyncio.run(story())


def test_a_warehouse_that_does_not_answer_ends_no_wait(trigger, state_of, monkeypatch):
    from planwatch.steps import standing as module

    ask, refusals = module.standing, iter([ConnectionError("down"), ConnectionError("still down")])

    def now_and_then(at, sha256):
        for refusal in refusals:
            raise refusal
        return ask(at, sha256)

    monkeypatch.setattr(module, "standing", now_and_then)
    state_of(ReleaseState.REJECTED, "elsewhere")
    assert asyncio.run(_fired(trigger)) == {"ended": "rejected", "detail": "elsewhere"}


def test_fires_with_the_answer_of_a_person(trigger, state_of, monkeypatch):
    from airflow.providers.standard.triggers.hitl import HITLTrigger
    from airflow.triggers.base import TriggerEvent

    async def somebody_answers(self):
        yield TriggerEvent({"chosen_options": ["yes"]})

    monkeypatch.setattr(HITLTrigger, "run", somebody_answers)
    assert asyncio.run(_fired(trigger)) == {"chosen_options": ["yes"]}


@pytest.mark.parametrize("status", [404, 500])
def test_fires_where_nobody_was_asked_and_raises_what_else_goes_wrong(trigger, state_of, monkeypatch, status):
    from airflow.providers.standard.triggers.hitl import HITLTrigger
    from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
    from airflow.sdk.execution_time.comms import ErrorResponse

    async def refused(self):
        raise AirflowRuntimeError(ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"status_code": status}))
        yield

    monkeypatch.setattr(HITLTrigger, "run", refused)
    if status == 404:
        assert asyncio.run(_fired(trigger)) == {"unasked": True}
    else:
        with pytest.raises(AirflowRuntimeError):
            asyncio.run(_fired(trigger))


def test_can_be_rebuilt_from_what_it_serialises(trigger):
    path, arguments = trigger.serialize()
    assert path == "decision_trigger.DecisionTrigger"
    assert type(trigger)(**arguments).serialize() == (path, arguments)


def test_what_cannot_be_reached_is_an_error_of_the_connection(trigger):
    from planwatch.steps.standing import standing

    with pytest.raises(ConnectionError):
        standing({"host": "127.0.0.1", "port": 1, "user": "x", "password": "x", "dbname": "x"}, SHA)
