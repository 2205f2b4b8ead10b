"""`planwatch read`: a release file in, its observations out."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planwatch.cli.arguments import day
from planwatch.cli.output import Format, to_csv, write_rows
from planwatch.errors import Fault, InputError, ReleaseError

if TYPE_CHECKING:
    from planwatch.model.feed import Feed
    from planwatch.model.release import ReleaseTable
    from planwatch.reconcile import Reconciliation

app = typer.Typer(add_completion=False)

REJECT_COLUMNS = ("reason_code", "sheet", "row", "column", "value", "message", "expected", "mend")
"""The columns of the rejects file."""

_SHOWN = 20
_LEFT_OUT = ("text", "decimals", "published_at", "source", "sheet")
"""Columns that the table for people does without: the file and the day stand above it."""


@app.command(epilog="Example: planwatch read finance include/sample/2026/finance_2026-06.html --format csv")
def read(  # noqa: PLR0917 - a command's options, which the command line passes by name
    feed: Annotated[str, typer.Argument(help="Id of the feed, as in feeds.yaml.")],
    file: Annotated[Path, typer.Argument(help="The release.")],
    period: Annotated[str | None, typer.Option(help="Month it must be, YYYY-MM; left out, the file says.")] = None,
    published_at: Annotated[
        str | None, typer.Option(help="Day of publication, YYYY-MM-DD; left out, the file says.")
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="Write what was refused there: CSV, or JSON lines (*.jsonl).")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How the observations are written.")] = Format.TABLE,
    include: Annotated[
        Path | None, typer.Option(help="Folder with feeds.yaml, calendar.yaml and the registries.")
    ] = None,
) -> None:
    """Read a release into observations, in base units.

    Exit code 0 when every cell with a value was understood, 1 when some were refused or no series names their row, 2 when the file
    cannot be read at all.
    """
    from planwatch.feeds import read_release
    from planwatch.model.observation import CONTRACT_COLUMNS
    from planwatch.reconcile import reconcile
    from planwatch.settings import settings
    from planwatch.steps.include import load_include

    known = load_include(include or settings().include)
    declared = _feed(known.feeds, feed)
    data = _bytes(file, declared)
    published = day(published_at, "--published-at") if published_at is not None else None
    try:
        table = read_release(declared, data, file.name, period=period, published_at=published)
    except ReleaseError as error:
        if rejects is not None:
            _write_rejects(rejects, error.faults)
        raise
    found = reconcile(declared, table, known.indicators, known.areas)
    refused = (*found.rejects, *found.unmatched)
    nothing = _no_values(file.name, refused) if found.observations.empty else None
    if rejects is not None:
        _write_rejects(rejects, nothing.faults if nothing else refused)
    if nothing:
        raise nothing
    columns = [c for c in CONTRACT_COLUMNS if form is not Format.TABLE or c not in _LEFT_OUT]
    write_rows(_rows(found), columns, form, title=f"{table.title} · {table.period} · {table.published_at or ''}")
    _tell(table, found)
    raise typer.Exit(1 if refused else 0)


def _no_values(name: str, refused: tuple[Fault, ...]) -> ReleaseError:
    fault = Fault(
        code="no_values",
        message="no cell of the file became an observation",
        file=name,
        expected="values of the feed's series",
        mend="correct what is refused above, or deliver the whole file",
    )
    every = (*refused, fault)
    return ReleaseError("\n".join(str(f) for f in every[-_SHOWN:]), every)


def _feed(feeds: Mapping[str, Feed], name: str) -> Feed:
    if name not in feeds:
        known = ", ".join(sorted(feeds))
        raise InputError.of(
            Fault(
                code="unknown_feed",
                message="no feed of this id",
                key="argument FEED",
                value=name[:80],
                expected=known,
                mend="use one of them",
            )
        )
    return feeds[name]


def _bytes(file: Path, feed: Feed) -> bytes:
    import fsspec

    from planwatch.feeds import fetch

    return fetch(feed, fsspec.filesystem("file"), str(file.absolute()), feed.limits.max_bytes)


def _rows(found: Reconciliation) -> list[dict[str, object]]:
    """Return the observations as plain rows: days as text, nothing for what is not known."""
    records = found.observations.to_dict("records")
    return [{str(k): _plain(v) for k, v in record.items()} for record in records]


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return None if value is None or value != value else value  # noqa: PLR0124 - NaN is what differs from itself


def _write_rejects(path: Path, faults: tuple[Fault, ...]) -> None:
    rows = [{c: getattr(f, c, None) for c in REJECT_COLUMNS} | {"reason_code": f.code} for f in faults]
    if path.suffix != ".jsonl":
        rows = [{c: _harmless(v) for c, v in row.items()} for row in rows]
    if path.suffix == ".jsonl":
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        text = to_csv(rows, REJECT_COLUMNS)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError.of(
            Fault(code="not_writable", message=f"cannot be written: {error.strerror}", file=str(path))
        ) from error


def _harmless(value: object) -> object:
    """Return text that a spreadsheet would run as a formula with an apostrophe before it."""
    risky = isinstance(value, str) and re.match(r"[=+@\t\r]|-(?![\d.,%％]*$)", value)
    return f"'{value}" if risky and len(str(value)) > 1 else value


def _tell(table: ReleaseTable, found: Reconciliation) -> None:
    """Say on stderr what was read and what a person should look at."""
    counts, turned = found.counts, found.counts["unit_conversions"]
    lines = [
        f"{table.file}: {table.period}, published {table.published_at or 'on a day it does not state'}, {table.origin}: {counts['read']} cells "
        f"read, {counts['matched']} matched, {counts['converted']} taken as observations, {counts['rejected']} refused, "
        f"{len(found.unmatched)} rows unknown, {len(found.missing)} series missing",
        f"  {counts['rows_matched']} of {counts['rows_read']} rows matched, {turned} value{'' if turned == 1 else 's'} converted to another unit",
    ]
    lines += [f"  {fault}" for fault in found.findings[:_SHOWN]]
    lines += [f"  and {len(found.findings) - _SHOWN} more"] if len(found.findings) > _SHOWN else []
    lines += [f"  columns not described in feeds.yaml: {'; '.join(table.unclaimed)}"] if table.unclaimed else []
    sys.stderr.write("\n".join(lines) + "\n")
