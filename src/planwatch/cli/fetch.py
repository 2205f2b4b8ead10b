"""`planwatch fetch`: try a feed's source from the command line, as Airflow would ask it."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planwatch.cli.arguments import month
from planwatch.cli.output import Format, write_rows
from planwatch.errors import Fault, InputError

if TYPE_CHECKING:
    from planwatch.feeds import Access
    from planwatch.model.feed import Feed
    from planwatch.model.fetched import Fetched

app = typer.Typer(add_completion=False)
COLUMNS = ("feed", "period", "outcome", "place", "name", "bytes", "sha256", "etag", "modified", "file")
QUIET_S = 2.0
"""A fetch that takes longer tells how far it is."""
EXAMPLES = """
Asks a feed that declares a location; of those shipped none does. First give one to finance in include/feeds.yaml (docs/sources.md), such as

  location: https://czj.baotou.example/yszx/{year}/{month}/index.html

Then:

  planwatch fetch finance --period 2026-03 --out finance_2026-03.html

  AIRFLOW_CONN_STATS_SFTP='{"conn_type": "sftp", "login": "planwatch", "password": "…", "extra": {"host_key": "ssh-ed25519 AAAA…"}}' planwatch fetch stats_bureau --period 2026-03

Exit codes: 0 fetched, 1 not published yet, 2 an error, with its name and the mend (docs/sources.md).
"""


@app.command(epilog=EXAMPLES)
def fetch(
    feed: Annotated[str, typer.Argument(help="Id of a feed with a location, as in feeds.yaml.")],
    period: Annotated[str, typer.Option(help="The month, YYYY-MM.")],
    out: Annotated[Path | None, typer.Option(help="Write what came there; an existing file is not replaced.")] = None,
    include: Annotated[Path | None, typer.Option(help="Folder with feeds.yaml.")] = None,
    form: Annotated[Format, typer.Option("--format", help="How the result is written.")] = Format.TABLE,
) -> None:
    """Ask a feed's source for a month's release, once, within the bounds that the feed declares.

    Nothing is archived or loaded. An account comes from the variable AIRFLOW_CONN_<ID>, ID being the location's connection in capitals;
    Airflow reads the same variable.
    """
    from planwatch.feeds import fetch_release, load_feeds
    from planwatch.settings import settings

    feeds = load_feeds((include or settings().include) / "feeds.yaml")
    declared = _declared(feeds, feed, period)
    if out is not None and out.exists():
        raise InputError.of(Fault(code="not_writable", message="there is such a file already", file=str(out), mend="choose another name, or move it away"))  # fmt: skip
    progress = _Progress()
    got = fetch_release(
        declared, period, account(declared), max_bytes=settings().max_release_bytes, tell=progress.tell
    )  # fmt: skip
    progress.end()
    if got.data and out is not None:
        _save(out, got.data)
    write_rows([_row(feed, period, got, out)], COLUMNS, form)
    if not got.data:
        sys.stderr.write(f"{got.place}: not published yet; nothing is wrong, it is looked for again\n")
        raise typer.Exit(1)
    if out is not None:
        sys.stderr.write(f"read it with: planwatch read {feed} {out}\n")


def account(feed: Feed) -> Access:
    """Return the account of a feed's connection, from its environment variable; an empty one where it declares none."""
    from planwatch.feeds import Access, read_access
    from planwatch.feeds.refusals import refusal
    from planwatch.settings import connection_text

    if feed.location is None or feed.location.connection is None:
        return Access()
    text = connection_text(feed.location.connection)
    if text is None:
        raise refusal("unknown_connection", "feeds.yaml", feed.location.connection)
    return read_access(text)


def _declared(feeds: dict[str, Feed], name: str, period: str) -> Feed:
    remote = sorted(f.id for f in feeds.values() if f.location)
    if name not in remote:
        known = ", ".join(remote) or "none declares one yet: see docs/sources.md"
        message = "the feed declares no location" if name in feeds else "no feed of this id"
        raise InputError.of(
            Fault(code="no_location", message=message, key="argument FEED", value=name[:80], expected=f"a feed with a location ({known})")
        )  # fmt: skip
    month(period)
    return feeds[name]


def _row(feed: str, period: str, got: Fetched, out: Path | None) -> dict[str, object]:
    return {
        "feed": feed, "period": period, "outcome": str(got.outcome), "place": got.place, "name": got.name,
        "bytes": len(got.data), "sha256": hashlib.sha256(got.data).hexdigest() if got.data else None,
        "etag": got.stamp.etag, "modified": got.stamp.modified, "file": str(out) if out and got.data else None,
    }  # fmt: skip


def _save(path: Path, data: bytes) -> None:
    """Write the whole file or none."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).rename(path)
    except OSError as error:
        raise InputError.of(
            Fault(code="not_writable", message=f"cannot be written: {error.strerror}", file=str(path))
        ) from error


class _Progress:
    """Tells on stderr how far a fetch is, once it takes longer than a person waits quietly."""

    def __init__(self) -> None:
        self._next, self._told = time.monotonic() + QUIET_S, False

    def tell(self, came: int, expected: int | None) -> None:
        """Say how many bytes have come, at most once a second."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next, self._told = now + 1, True
        of = f" of {expected / 1e6:.1f}" if expected else ""
        sys.stderr.write(f"\r  {came / 1e6:.1f}{of} MB" + ("" if sys.stderr.isatty() else "\n"))
        sys.stderr.flush()

    def end(self) -> None:
        """End the line."""
        if self._told and sys.stderr.isatty():
            sys.stderr.write("\n")
