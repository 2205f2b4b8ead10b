"""`planwatch doctor`: what this machine lacks, and the mend."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from planwatch.cli.output import Format, write_rows

if TYPE_CHECKING:
    from planwatch.local.doctor import Finding
    from planwatch.model.feed import Feed
    from planwatch.settings import Settings

app = typer.Typer(add_completion=False, help="Say what this machine lacks, and the mend.")

COLUMNS = ("check", "state", "found", "needed", "mend")


@app.command(epilog="Example: planwatch doctor --sources")
def doctor(
    form: Annotated[Format, typer.Option("--format", help="How the rows are written.")] = Format.TABLE,
    sources: Annotated[
        bool, typer.Option("--sources", help="Also ask every declared remote source for its newest release.")
    ] = False,
) -> None:
    """Examine this machine. Exits 1 where something is missing that the product needs; warnings alone exit 0."""
    from dataclasses import asdict

    from planwatch.local.doctor import State, examine
    from planwatch.settings import settings

    findings = [*examine(settings()), *(_sources(settings()) if sources else ())]
    write_rows([asdict(f) for f in findings], COLUMNS, form)
    raise typer.Exit(1 if any(f.state is State.MISSING for f in findings) else 0)


def _sources(settings: Settings) -> Iterator[Finding]:
    """Yield a finding a feed with a location: what its source has for the newest month whose release day has come."""
    from planwatch.feeds import load_feeds
    from planwatch.steps.polling import newest_expected, release_days, remote_feeds

    feeds, calendar = load_feeds(settings.include / "feeds.yaml"), release_days(settings.include)
    for remote in remote_feeds(settings.include):
        period = newest_expected(remote, calendar, datetime.now(UTC))
        if period is not None:
            yield _source(settings, feeds[remote.id], period)


def _source(settings: Settings, feed: Feed, period: str) -> Finding:
    from planwatch.cli.fetch import account
    from planwatch.errors import PlanwatchError
    from planwatch.feeds import fetch_release
    from planwatch.local.doctor import Finding, State

    name, needed = f"source {feed.id}", f"answers for {period}"
    try:
        got = fetch_release(feed, period, account(feed), max_bytes=settings.max_release_bytes)
    except PlanwatchError as error:
        fault = error.faults[0]
        found = f"{fault.code}: {fault.message} ({fault.value or fault.file})"
        return Finding(name, State.WARNING if error.retriable else State.MISSING, found, needed, fault.mend or "")
    return Finding(name, State.OK, f"{got.outcome}, {len(got.data)} bytes from {got.place}", needed)
