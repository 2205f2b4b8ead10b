"""The decision over a quarantined release: a person approves or rejects it with a reason, or a corrected file supersedes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NoReturn

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowSkipException, TaskAwaitingInput
from airflow.sdk.execution_time.hitl import HITLUser

from decision_trigger import DecisionTrigger
from planwatch.settings import settings
from wiring import WAREHOUSE

APPROVE, REJECT = "Approve 放行", "Reject 退回"


class QuarantineDecision(HITLOperator):
    """Waits for an answer without a worker; an answer without a reason counts as none, and the wait goes on.

    It waits in the triggerer rather than in `awaiting_input`, which only a person can end: there it also sees that the release
    has left quarantine another way, and ends as skipped. Its result is `{"approve", "reason", "by"}`.
    """

    def execute(self, context: Any) -> None:
        """Ask, and wait for an answer or for the end of the quarantine.

        A retry waits for what was asked before: asking again would wipe an answer given already. Airflow fails a task that is
        answered before the scheduler has heard of its deferral ("finished with state success, but … queued").
        """
        if context["ti"].try_number > 1:
            self._wait(context)
        self._ask(context)

    def _ask(self, context: Any) -> None:
        try:
            super().execute(context)
        except TaskAwaitingInput:
            self._wait(context)

    def _wait(self, context: Any) -> NoReturn:
        trigger = DecisionTrigger(
            sha256=context["params"]["sha256"], warehouse=WAREHOUSE, ti_id=context["ti"].id, options=self.options,
            params=self.serialized_params, defaults=self.defaults, multiple=self.multiple, timeout_datetime=None,
        )  # fmt: skip
        self.defer(trigger=trigger, method_name="execute_complete")

    def execute_complete(self, context: Any, event: dict[str, Any]) -> dict[str, Any]:
        """Return the decision, ask again, or end as skipped where nothing is left to decide."""
        if "unasked" in event:
            self._ask(context)
        if "ended" in event:
            context["ti"].xcom_push(key="ended", value=event)
            raise AirflowSkipException(f"Nothing left to decide: the release is {event['ended']} {event['detail']}")
        answer = super().execute_complete(context, event)
        reason = str(answer["params_input"].get("reason") or "").strip()
        if not reason:
            self.log.warning("An answer without a reason counts as no decision: asking again.")
            self._ask(context)
        by = answer["responded_by_user"] or {}
        deciders = {user for user, _name in settings().quarantine_deciders}
        if deciders and str(by.get("id")) not in deciders:
            self.log.warning("%s is none of PLANWATCH_DECIDERS: asking again.", by.get("name") or by.get("id"))
            self._ask(context)
        return {
            "approve": answer["chosen_options"] == [APPROVE],
            "reason": reason,
            "by": str(by.get("name") or by.get("id") or ""),
        }


def decision(task_id: str, report: str) -> QuarantineDecision:
    """Return the task that asks for a decision over what the task `report` held back.

    Who may answer: whoever Airflow lets edit the DAG's human-in-the-loop details; of them only the setting `deciders`, if given.
    """
    pulled = f"ti.xcom_pull(task_ids='{report}', key='report')"
    reason = Param(
        None,
        type=["null", "string"],
        title="Reason 理由",
        description="Required; it stands in Postgres with your name.",
    )
    deciders = [HITLUser(id=user, name=name) for user, name in settings().quarantine_deciders]
    return QuarantineDecision(
        task_id=task_id, subject="{{ %s['subject'] }}" % pulled, body="{{ %s['body'] }}" % pulled,  # noqa: UP031 - braces are Jinja's
        options=[APPROVE, REJECT], params={"reason": reason}, assigned_users=deciders or None,
        execution_timeout=None,  # a person may take days; it would become the time to answer
        retries=10, retry_delay=timedelta(seconds=2), max_retry_delay=timedelta(seconds=10),  # see `execute`
    )  # fmt: skip
