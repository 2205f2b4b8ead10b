"""The trigger that watches the drop folder: it waits in the triggerer, so waiting costs no worker."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

Seen = dict[str, tuple[int, int]]


class DropFolderTrigger(BaseEventTrigger):
    """Fires when whole files have come into `folder`.

    A file counts as whole when size and modification time stood still between two looks and it is at least `settle_seconds`
    old. Restarting fires once more for what still lies there; taking a file twice is a no-op downstream.
    """

    def __init__(self, folder: str, poll_seconds: float = 0.5, settle_seconds: float = 1.0) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.folder, self.poll_seconds, self.settle_seconds = folder, poll_seconds, settle_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and arguments that the triggerer rebuilds it from."""
        return (
            "drop_folder.DropFolderTrigger",
            {"folder": self.folder, "poll_seconds": self.poll_seconds, "settle_seconds": self.settle_seconds},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield one event for every batch of whole files that were not yet told of."""
        told: Seen = {}
        before: Seen = {}
        while True:
            now = await asyncio.to_thread(self._look)
            settled = time.time_ns() - int(self.settle_seconds * 1e9)
            whole = {name: mark for name, mark in now.items() if before.get(name) == mark and mark[1] <= settled}
            fresh = {name: mark for name, mark in whole.items() if told.get(name) != mark}
            if fresh:
                yield TriggerEvent({"files": sorted(map(_printable, fresh))})
            told = {name: mark for name, mark in {**told, **fresh}.items() if name in now}
            before = now
            await asyncio.sleep(self.poll_seconds)

    def _look(self) -> Seen:
        """Return size and modification time (ns) of what waits, or lies there and can never be taken: both are told of."""
        from planwatch.steps.roster import never_taken, waiting_files

        folder = Path(self.folder)
        found = [*waiting_files(folder), *((path, stat) for path, stat, _why in never_taken(folder))]
        return {str(path): (stat.st_size, stat.st_mtime_ns) for path, stat in found}


def _printable(name: str) -> str:
    """Return a path for people and JSON; bytes that are no UTF-8 (a GBK name from another system) stand in it as escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
