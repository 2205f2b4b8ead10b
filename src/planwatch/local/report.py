"""What the terminal shows while the system starts: one line a step, with its time; live on a terminal, plain elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

WIDTH = 13
REPORT_EVERY = 10
"""Without a terminal, progress is a line at every so many per cent."""


@dataclass(slots=True)
class Note:
    """What a step has to say; set while it runs, shown when it is done."""

    text: str = ""


class Steps:
    """Steps on a console."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def step(self, name: str, doing: str) -> Iterator[Note]:
        """Show `doing` while the block runs, then the name with ✓, the note and the seconds; ✗ where it raises."""
        note, began = Note(), time.monotonic()
        try:
            with self.console.status(f"{doing} …", spinner="dots"):
                yield note
        except BaseException:
            self.console.print(f"  [red]✗[/] {name:<{WIDTH}}")
            raise
        self._done(name, note.text, time.monotonic() - began)

    @contextmanager
    def bar(self, name: str, doing: str) -> Iterator[Bar]:
        """Show a live bar while the block runs, on terminals; a line now and then elsewhere."""
        began = time.monotonic()
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TextColumn("[dim]{task.fields[detail]}"),
            TimeElapsedColumn(),
        )
        progress = Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal)
        with progress:
            bar = Bar(self.console, progress, progress.add_task(doing, total=1, detail=""), doing)
            yield bar
        self._done(name, bar.detail, time.monotonic() - began)

    def _done(self, name: str, note: str, seconds: float) -> None:
        self.console.print(f"  [green]✓[/] {name:<{WIDTH}} [dim]{seconds:5.1f} s[/]  {note}", highlight=False)


@dataclass(slots=True)
class Bar:
    """A bar that is told how far things are."""

    console: Console
    progress: Progress
    task: TaskID
    doing: str
    detail: str = ""
    _told: int = field(default=-1)

    def show(self, done: int, total: int, detail: str) -> None:
        """Show `done` of `total`, and in words what is going on."""
        self.detail = detail
        self.progress.update(self.task, completed=done, total=max(total, 1), detail=detail)
        share = 100 * done // max(total, 1) // REPORT_EVERY
        if not self.console.is_terminal and share > self._told:
            self.console.print(f"    {self.doing}: {done}/{total}  {detail}", highlight=False)
            self._told = share
