"""The trigger of a quarantine decision: it waits in the triggerer for an answer, and for the end of what is to be decided."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

from airflow.providers.standard.triggers.hitl import HITLTrigger
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowRuntimeError
from airflow.triggers.base import TriggerEvent


class DecisionTrigger(HITLTrigger):
    """Fires with a person's answer, or with `{"ended": state, "detail": …}` once the release is no longer in quarantine.

    An answer given before it began counts; where nobody was ever asked it fires with `{"unasked": True}`.

    A corrected file supersedes what waits; then there is nothing left to decide, and the question leaves Required actions by
    itself. A warehouse that does not answer ends no wait: it is asked again.
    """

    def __init__(self, *, sha256: str, warehouse: str, ask_seconds: float = 5.0, **asked: Any) -> None:
        super().__init__(**asked)
        self.sha256, self.warehouse, self.ask_seconds = sha256, warehouse, ask_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and arguments that the triggerer rebuilds it from."""
        _, asked = super().serialize()
        own = {"sha256": self.sha256, "warehouse": self.warehouse, "ask_seconds": self.ask_seconds}
        return "decision_trigger.DecisionTrigger", asked | own

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield one event: the answer or the end, whichever comes first."""
        waits = [asyncio.ensure_future(self._answer()), asyncio.ensure_future(self._end())]
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            yield next(wait for wait in waits if wait in done).result()
        finally:
            for wait in waits:
                wait.cancel()

    async def _answer(self) -> TriggerEvent:
        try:
            return await anext(aiter(super().run()))
        except AirflowRuntimeError as error:
            if (error.error.detail or {}).get("status_code") != HTTPStatus.NOT_FOUND:
                raise
            return TriggerEvent({"unasked": True})

    async def _end(self) -> TriggerEvent:
        from planwatch.steps.standing import standing

        c = await BaseHook.aget_connection(self.warehouse)
        at = {"host": c.host, "port": c.port, "user": c.login, "password": c.password, "dbname": c.schema}
        while True:
            try:
                state, detail = await asyncio.to_thread(standing, at, self.sha256)
                if state != "quarantined":
                    return TriggerEvent({"ended": state, "detail": detail})
            except OSError as error:
                self.log.warning("the warehouse does not answer, asking again: %s", error)
            await asyncio.sleep(self.ask_seconds)
