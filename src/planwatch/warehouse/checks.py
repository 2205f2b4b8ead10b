"""What the gates said, what people decided, and what ran."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

import pandas as pd
from sqlalchemy import Connection, text

from planwatch.errors import Fault, InputError
from planwatch.model.check import CheckResult
from planwatch.warehouse.copy import copy_frame, fetch_frame
from planwatch.warehouse.engine import storable

_RESULT_COLUMNS = (
    "gate", "suite", "expectation", "severity", "success", "column_name", "observed", "offending", "failed_rows", "note",
)  # fmt: skip


def save_checks(
    conn: Connection, results: Iterable[CheckResult], *, subject: str, run_id: str, once_since: datetime | None = None
) -> int:
    """Append check results and return how many were not there yet.

    Give it a connection of its own where the results must outlive a rolled-back publication.

    Args:
        conn: a connection; the caller owns the transaction.
        results: of one gate.
        subject: what was checked: a release's sha256, or `plan id/period`.
        run_id: the run that checked.
        once_since: what the same run said of the same subject since then is not said again, so that a task may be retried.
    """
    rows = []
    for result in results:
        row = asdict(result) | {"column_name": result.column}
        row["offending"] = json.dumps([storable(o) for o in result.offending], ensure_ascii=False)
        plain = {c: str(row[c]) if c in ("gate", "severity") else row[c] for c in _RESULT_COLUMNS}
        rows.append({c: storable(v) if isinstance(v, str) else v for c, v in plain.items()})
    subject = storable(subject)
    frame = pd.DataFrame(rows, columns=list(_RESULT_COLUMNS))
    if once_since is not None:
        said = check_results(conn, subject)
        said = said[(said["run_id"] == run_id) & (said["at"] >= once_since)]
        known = {_content(row) for row in said.to_dict("records")}
        frame = frame[[_content(row) not in known for row in frame.to_dict("records")]]
    return copy_frame(conn, "ops.check_results", frame.assign(subject=subject, run_id=run_id))


def _content(row: Mapping[Any, Any]) -> str:
    """Return a result's text, whether it comes from a frame or from the table."""
    offending = row["offending"]
    plain = {c: str(row[c]) for c in _RESULT_COLUMNS if c != "offending"}
    return json.dumps(plain | {"offending": json.loads(offending) if isinstance(offending, str) else list(offending)})


def check_results(conn: Connection, subject: str) -> pd.DataFrame:
    """Return all results about a subject, oldest first."""
    return fetch_frame(
        conn, "SELECT * FROM ops.check_results WHERE subject = %(subject)s ORDER BY result_id", {"subject": subject}
    )


def record_decision(
    conn: Connection, sha256: str, decision: Literal["approve", "reject"], *, reason: str, decided_by: str
) -> None:
    """Append a person's decision about a quarantined release.

    Raises:
        InputError: no reason, or nobody's name: that is no decision.
    """
    for key, value in (("reason", reason), ("decided_by", decided_by)):
        if not value.strip():
            raise InputError.of(
                Fault(
                    code=f"no_{key}",
                    message=f"a decision without its {key} is none",
                    key=key,
                    mend="give one and repeat",
                )
            )
    conn.execute(
        text(
            "INSERT INTO ops.decisions (release_sha256, decision, reason, decided_by) "
            "VALUES (:sha256, :decision, :reason, :decided_by)"
        ),
        {"sha256": sha256, "decision": decision, "reason": reason, "decided_by": decided_by},
    )


def record_run(
    conn: Connection,
    run_id: str,
    what: str,
    *,
    started_at: datetime,
    ended_at: datetime | None = None,
    outcome: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write a run when it starts, and again when it ends: the second call fills in the end, outcome and detail."""
    conn.execute(
        text(
            "INSERT INTO ops.runs (run_id, what, started_at, ended_at, outcome, detail) "
            "VALUES (:run_id, :what, :started_at, :ended_at, :outcome, CAST(:detail AS jsonb)) "
            "ON CONFLICT (run_id) DO UPDATE SET ended_at = excluded.ended_at, outcome = excluded.outcome, detail = excluded.detail"
        ),
        {
            "run_id": run_id, "what": what, "started_at": started_at, "ended_at": ended_at, "outcome": outcome,
            "detail": json.dumps(dict(detail or {}), ensure_ascii=False, default=str),
        },
    )  # fmt: skip
