"""What editions were made under, kept by its sha256: one copy, however many editions share it."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from sqlalchemy import Connection, text

from planwatch.errors import Fault, InputError
from planwatch.model.conditions import Conditions
from planwatch.model.remembered import remembered
from planwatch.model.target import Plan

_KNOWN = text("SELECT EXISTS (SELECT FROM mart.documents WHERE sha256 = :sha256)")
_KEEP = text("INSERT INTO mart.documents (sha256, body) VALUES (:sha256, :body) ON CONFLICT DO NOTHING")


def save_plan_document(conn: Connection, plan: Plan) -> str:
    """Keep what a plan says and return its sha256; one that is known is not kept twice."""
    return _save(conn, *_said_by(plan))


def save_conditions(conn: Connection, conditions: Conditions) -> str:
    """Keep conditions, as `save_plan_document`."""
    return _save(conn, *_with_sha256(conditions.document()))


def _save(conn: Connection, body: str, sha256: str) -> str:
    """Keep a text that is not known; a plan of thousands of targets is not even sent again."""
    if not conn.execute(_KNOWN, {"sha256": sha256}).scalar():
        conn.execute(_KEEP, {"sha256": sha256, "body": body})
    return sha256


@remembered
def _said_by(plan: Plan) -> tuple[str, str]:
    return _with_sha256(plan.model_dump_json(by_alias=True))


def _with_sha256(body: str) -> tuple[str, str]:
    return body, hashlib.sha256(body.encode()).hexdigest()


def plan_of(conn: Connection, sha256: str) -> Plan:
    """Return the plan that an edition was judged by, as in force in its month.

    Raises:
        InputError: there is no such document, or what is kept is not what was recorded.
    """
    return _plan(_document(conn, sha256))


def conditions_of(conn: Connection, sha256: str) -> Conditions:
    """Return the conditions that an edition was judged under.

    Raises:
        InputError: as `plan_of`.
    """
    return _conditions(_document(conn, sha256))


@lru_cache(maxsize=16)
def _plan(body: str) -> Plan:
    return Plan.model_validate_json(body)


@lru_cache(maxsize=16)
def _conditions(body: str) -> Conditions:
    return Conditions.model_validate_json(body)


def _document(conn: Connection, sha256: str) -> str:
    body = conn.execute(text("SELECT body FROM mart.documents WHERE sha256 = :sha256"), {"sha256": sha256}).scalar()
    if body is None or hashlib.sha256(str(body).encode()).hexdigest() != sha256:
        raise InputError.of(
            Fault(
                code="bad_document",
                message="what the edition was made under is missing, or is not what was recorded",
                key=sha256,
                mend="restore mart.documents from a backup",
            )
        )
    return str(body)
