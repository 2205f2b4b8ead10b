"""The question over a quarantined release: asked once, and an answer that Airflow lost on the way is not asked for again."""

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
    from datetime import UTC, datetime

    event = {
        "chosen_options": ["Reject 退回"], "params_input": {"reason": " wrong sheet "}, "responded_at": datetime.now(UTC),
        "responded_by_user": {"id": "1", "name": "li"},
    }  # fmt: skip
    assert question.execute_complete(context(2), event) == {"approve": False, "reason": "wrong sheet", "by": "li"}
    assert asked == []
