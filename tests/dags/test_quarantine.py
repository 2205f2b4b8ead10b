"""The question over a quarantined release: asked once, and an answer that Airflow lost on the way is not asked for again."""

import uuid
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.airflow
SHA = "a" * 64


@pytest.fixture
def question(dagbag):
    return dagbag.dags["feed_finance"].get_task("decide")


@pytest.fixture
def asked(monkeypatch):
    """What was written down as a question, in order."""
    from airflow.providers.standard.operators import hitl

    written: list[str] = []
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **question: written.append(question["subject"]))
    return written


def context(try_number):
    return {"ti": SimpleNamespace(id="ti", try_number=try_number), "task_instance": SimpleNamespace(id="ti"), "params": {"sha256": SHA}}  # fmt: skip


def deferred(call):
    from airflow.sdk.exceptions import TaskDeferred

    with pytest.raises(TaskDeferred) as waits:
        call()
    assert waits.value.method_name == "execute_complete"
    assert waits.value.trigger.sha256 == SHA
    return waits.value.trigger


def test_a_first_try_asks_and_a_retry_waits_for_what_was_asked(question, asked):
    deferred(lambda: question.execute(context(1)))
    assert len(asked) == 1
    deferred(lambda: question.execute(context(2)))
    assert len(asked) == 1, "asking again would wipe the answer given"


@pytest.mark.parametrize(
    "event",
    [
        {"unasked": True},
        {"chosen_options": ["Approve 放行"], "params_input": {"reason": " "}, "responded_at": None, "responded_by_user": None},
    ],
)  # fmt: skip
def test_a_retry_asks_where_nobody_was_asked_or_no_reason_was_given(question, asked, event, monkeypatch):
    from airflow.providers.standard.operators.hitl import HITLOperator

    monkeypatch.setattr(HITLOperator, "execute_complete", lambda self, context, event: event)
    deferred(lambda: question.execute_complete(context(2), event))
    assert len(asked) == 1


def test_an_answer_with_a_reason_is_the_decision(question, asked):
    event = {
        "chosen_options": ["Reject 退回"], "params_input": {"reason": " wrong sheet "}, "responded_at": datetime.now(UTC),
        "responded_by_user": {"id": "1", "name": "li"},
    }  # fmt: skip
    assert question.execute_complete(context(2), event) == {"approve": False, "reason": "wrong sheet", "by": "li"}
    assert asked == []


def test_the_deciders_of_the_settings_are_the_ones_asked(dagbag, monkeypatch):
    import quarantine
    from planwatch.settings import Settings

    assert dagbag.dags["feed_finance"].get_task("decide").assigned_users is None, (
        "nobody named: whoever Airflow lets answer"
    )
    monkeypatch.setattr(quarantine, "settings", lambda: Settings(deciders="3:wang, 7"))
    assert quarantine.decision("decide", "ingest").assigned_users == [
        {"id": "3", "name": "wang"},
        {"id": "7", "name": "7"},
    ]


@pytest.mark.parametrize(("user", "counts"), [("3", False), ("7", True)])
def test_of_an_answer_the_deciders_named_by_then_count(question, asked, monkeypatch, user, counts):
    """The question was asked of nobody in particular, as when deciders are named while it waits: Airflow lets everybody answer."""
    import quarantine
    from planwatch.settings import Settings

    monkeypatch.setattr(quarantine, "settings", lambda: Settings(deciders="5:wang, 7:li"))
    event = {
        "chosen_options": ["Approve 放行"], "params_input": {"reason": "checked"}, "responded_at": datetime.now(UTC),
        "responded_by_user": {"id": user, "name": "li"},
    }  # fmt: skip
    if counts:
        assert question.execute_complete(context(2), event) == {"approve": True, "reason": "checked", "by": "li"}
    else:
        deferred(lambda: question.execute_complete(context(2), event))
    assert len(asked) == (0 if counts else 1), "another's answer is asked for again"


@pytest.fixture
def waiting(dagbag, tmp_path):
    """A session on Airflow's own tables, in which a question to user 3 waits for its answer."""
    from airflow.models import import_all_models
    from airflow.models.base import Base
    from airflow.models.dagrun import DagRun
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import create_engine, insert
    from sqlalchemy.orm import Session

    import_all_models()
    engine = create_engine(f"sqlite:///{tmp_path}/airflow.db")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        key = {"dag_id": "feed_finance", "task_id": "decide", "run_id": "r", "map_index": -1}
        task = uuid.uuid4()
        session.execute(
            insert(DagRun.__table__).values(
                dag_id="feed_finance", run_id="r", run_type="manual", state="running", run_after=datetime.now(UTC),
                clear_number=0, span_status="not_started",
            )
        )  # fmt: skip
        session.execute(
            insert(TaskInstance).values(
                id=task, **key, pool="default_pool", pool_slots=1, try_number=1, max_tries=0, state="deferred",
                executor_config={},
            )
        )  # fmt: skip
        session.add(
            HITLDetail(
                ti_id=task, options=["Approve 放行", "Reject 退回"], subject="held", multiple=False, params={},
                assignees=[{"id": "3", "name": "wang"}],
            )
        )  # fmt: skip
        session.commit()
        yield session
    engine.dispose()


@pytest.mark.parametrize(("user", "allowed"), [("3", True), ("4", False)])
def test_who_is_no_decider_gets_403_and_nothing_changes(waiting, monkeypatch, user, allowed):
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
    from airflow.api_fastapi.core_api.routes.public import hitl as route
    from airflow.models.hitl import HITLDetail
    from fastapi import HTTPException

    monkeypatch.setattr(route, "get_auth_manager", SimpleAuthManager)
    monkeypatch.setattr(route, "handle_event_submit", lambda *_args, **_given: None)  # the scheduler's part
    monkeypatch.setattr(route.HITLDetailResponse, "model_validate", lambda model: model)
    said = UpdateHITLDetailPayload(chosen_options=["Approve 放行"], params_input={"reason": "checked"})
    asked = {"dag_id": "feed_finance", "dag_run_id": "r", "task_id": "decide", "update_hitl_detail_payload": said}
    person = SimpleAuthManagerUser(username=user, role="op")
    if allowed:
        route.update_hitl_detail(**asked, user=person, session=waiting)
    else:
        with pytest.raises(HTTPException) as refused:
            route.update_hitl_detail(**asked, user=person, session=waiting)
        assert refused.value.status_code == 403
    waiting.commit()
    waiting.expire_all()
    detail = waiting.query(HITLDetail).one()
    assert bool(detail.response_received) is allowed
    assert detail.chosen_options == (["Approve 放行"] if allowed else None)
