"""The trigger that watches the remote sources: it waits in the triggerer until a look is due, so waiting costs no worker and no run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.triggers.base import BaseEventTrigger, TriggerEvent

if TYPE_CHECKING:
    from planwatch.steps.polling import Poll

TELL_AGAIN = timedelta(minutes=15)
"""A look that was told of and is still due: its run was lost, or has not ended."""


class SourceTrigger(BaseEventTrigger):
    """Fires when looks at remote sources fall due, by the release calendar and what is there already.

    It fetches nothing: the DAG asks again what is due, so a lost or doubled event does no harm. The feeds and the calendar are read
    anew for every question, so a change takes effect at once; a warehouse that does not answer is asked again.
    """

    def __init__(self, include: str, connection: str, poll_seconds: float = 20.0) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.include, self.connection, self.poll_seconds = include, connection, poll_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and arguments that the triggerer rebuilds it from."""
        own = {"include": self.include, "connection": self.connection, "poll_seconds": self.poll_seconds}
        return "source_watch.SourceTrigger", own

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield one event for every batch of looks that fell due."""
        told: dict[Poll, datetime] = {}
        while True:
            now = datetime.now(UTC)
            due = await self._due(now)
            told = {poll: at for poll, at in told.items() if poll in due and now - at < TELL_AGAIN}
            if fresh := [poll for poll in due if poll not in told]:
                yield TriggerEvent({"due": [f"{poll.feed} {poll.period}" for poll in fresh]})
            told |= dict.fromkeys(fresh, now)
            await asyncio.sleep(self.poll_seconds)

    async def _due(self, now: datetime) -> list[Poll]:
        """Return the looks that are due; none while feeds or warehouse cannot be asked."""
        try:
            c = await BaseHook.aget_connection(self.connection)
            at = {"host": c.host, "port": c.port, "user": c.login, "password": c.password, "dbname": c.schema}
            return await asyncio.to_thread(_ask, at, Path(self.include), now)
        except Exception as error:  # whatever it is, the watch goes on
            self.log.warning(
                "it cannot be told which sources are due, asking again: %s: %s", type(error).__name__, error
            )
            return []


def _ask(at: dict[str, Any], include: Path, now: datetime) -> list[Poll]:
    import psycopg2

    from planwatch.steps.polling import due_polls, read_standing, release_days, remote_feeds

    feeds = remote_feeds(include)
    if not feeds:
        return []
    connection = psycopg2.connect(**at, connect_timeout=5, options="-c statement_timeout=5000")
    try:
        with connection.cursor() as cursor:

            def rows(sql: str) -> list[Any]:
                cursor.execute(sql)
                return list(cursor.fetchall())

            return due_polls(feeds, release_days(include), read_standing(rows), now)
    finally:
        connection.close()
