"""The decision over a quarantined release: a person approves or rejects it, with a reason."""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param

APPROVE, REJECT = "Approve 放行", "Reject 退回"


class QuarantineDecision(HITLOperator):
    """Waits for an answer without a worker; an answer without a reason counts as none, and the wait goes on.

    Its result is `{"approve", "reason", "by"}`.
    """

    def execute_complete(self, context: Any, event: dict[str, Any]) -> dict[str, Any]:
        """Return the decision, or wait again."""
        answer = super().execute_complete(context, event)
        reason = str(answer["params_input"].get("reason") or "").strip()
        if not reason:
            self.log.warning("An answer without a reason counts as no decision: waiting again.")
            self.execute(context)
        by = answer["responded_by_user"] or {}
        return {
            "approve": answer["chosen_options"] == [APPROVE],
            "reason": reason,
            "by": str(by.get("name") or by.get("id") or ""),
        }


def decision(task_id: str, report: str) -> QuarantineDecision:
    """Return the task that asks for a decision over what the task `report` held back."""
    pulled = f"ti.xcom_pull(task_ids='{report}', key='report')"
    reason = Param(
        None,
        type=["null", "string"],
        title="Reason 理由",
        description="Required; it stands in Postgres with your name.",
    )
    return QuarantineDecision(
        task_id=task_id, subject="{{ %s['subject'] }}" % pulled, body="{{ %s['body'] }}" % pulled,  # noqa: UP031 - braces are Jinja's
        options=[APPROVE, REJECT], params={"reason": reason},
        execution_timeout=None,  # a person may take days; it would become the time to answer
    )  # fmt: skip
