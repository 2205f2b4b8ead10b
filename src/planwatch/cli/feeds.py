"""`planwatch feeds`: list and check what is declared, and scaffold a new feed from a sample file."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planwatch.cli.output import Format, write_rows
from planwatch.errors import Fault, InputError
from planwatch.settings import settings

if TYPE_CHECKING:
    from planwatch.feeds.scaffold import Draft
    from planwatch.model.feed import Feed

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
COLUMNS = ("feed", "name_zh", "owner", "layout", "frequency", "series", "suite", "next_due", "tentative")
_ID = r"[a-z][a-z0-9_]*"


@app.command("list", epilog="Example: planwatch feeds list --format csv")
def list_feeds(
    form: Annotated[Format, typer.Option("--format", help="How the rows are written.")] = Format.TABLE,
) -> None:
    """Show every feed: whose it is, how it is read, and when its next release is due."""
    from planwatch.steps.include import load_include
    from planwatch.steps.roster import feed_due_dates

    folder = settings().include
    due = {one.feed: one.due for one in feed_due_dates(folder).next_per_feed(settings().as_of or datetime.now(UTC))}
    rows = [
        {
            "feed": feed.id, "name_zh": feed.name_zh, "owner": feed.owner, "layout": str(feed.layout),
            "frequency": ", ".join(map(str, feed.frequencies())), "series": len(feed.series), "suite": feed.suite,
            "next_due": due[feed.id].day.isoformat() if feed.id in due else "", "tentative": feed.id in due and due[feed.id].tentative,
        }
        for feed in load_include(folder).feeds.values()
    ]  # fmt: skip
    write_rows(rows, COLUMNS, form)


@app.command(epilog="Example: planwatch feeds check")
def check() -> None:
    """Check feeds, calendar, registries and suites against each other; exit code 1 where something does not fit."""
    faults = _faults(settings().include, settings().expectations)
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    if faults:
        raise typer.Exit(1)
    sys.stdout.write("the feeds, the calendar and the suites fit together\n")


def _faults(include: Path, expectations: Path) -> list[Fault]:
    from planwatch.feeds import check_registry, load_calendar, load_feeds
    from planwatch.plan import load_areas, load_departments, load_indicators
    from planwatch.quality import load_suites

    feeds = load_feeds(include / "feeds.yaml")
    load_calendar(include / "calendar.yaml", feeds)
    suites = load_suites(expectations)
    return check_registry(
        feeds, load_indicators(include / "indicators.yaml"), load_areas(include / "areas.yaml"),
        load_departments(include / "departments.yaml"), suites, file=str(include / "feeds.yaml"),
    )  # fmt: skip


@app.command(
    epilog="Example: planwatch feeds new docs/example-city/include/releases/monthly_2026-06.csv --id monthly_report"
)
def new(  # noqa: PLR0917 - a command's options, which the command line passes by name
    file: Annotated[Path, typer.Argument(help="A sample release.")],
    feed_id: Annotated[str, typer.Option("--id", help="What the feed shall be called: letters, digits and _.")],
    owner: Annotated[str, typer.Option(help="Department that answers for it; confirm in the entry if left out.")] = "",
    area: Annotated[str, typer.Option(help="Area its figures are of; left out, the other feeds' own.")] = "",
    producer: Annotated[str, typer.Option(help="Whose figures they are.")] = "",
    write: Annotated[bool, typer.Option("--write", help="Add the entry to feeds.yaml and write the suite.")] = False,
) -> None:
    """Guess a feed from a sample file: header, columns, units, month and indicators, each with how sure the guess is.

    The entry goes to stdout, or with --write into feeds.yaml and its suite into the expectations; nothing that is there is changed.
    What was guessed, and what the guess reads in the sample, is said on stderr. A person confirms every guess.
    """
    from planwatch.feeds.scaffold import feed_of, guess_feed, suite_json, yaml_entry

    include = settings().include
    feeds, shared, known = _known(include)
    _check_id(feed_id, feeds, include)
    first = next(iter(feeds.values()))
    data = _bytes(file, first.limits.max_bytes)
    draft = guess_feed(feed_id, data, file.name, known=known, words=first.words, limits=first.limits)
    entry = yaml_entry(
        draft, owner=owner or first.owner, area=area or first.area, producer=producer or "to be confirmed"
    )
    if not draft.taken:
        sys.stdout.write(entry)
        raise InputError.of(_nothing_known(file.name, [f"{row.labels[0]}: {row.left}" for row in draft.named]))
    table, found = _read(feed_of(entry, shared), data, file.name, include)
    suite = suite_json(feed_id, file.name, found.observations)
    if write:
        _add(include, settings().expectations, feed_id, entry, suite)
    else:
        sys.stdout.write(entry)
    _tell(draft, found, table, "" if owner else first.owner)


def _known(include: Path) -> tuple[dict[str, Feed], dict[str, Any], Any]:
    """Return the feeds, what they share, and the names known from the registries and from them."""
    from planwatch.feeds import load_feeds
    from planwatch.feeds.load import SHARED_KEYS
    from planwatch.feeds.scaffold import Known
    from planwatch.plan import load_areas, load_indicators
    from planwatch.yamlfile import read_yaml

    feeds = load_feeds(include / "feeds.yaml")
    data, _ = read_yaml(include / "feeds.yaml")
    printed = [(label.text, s.indicator) for feed in feeds.values() for s in feed.series for label in s.labels]
    known = Known(load_indicators(include / "indicators.yaml"), load_areas(include / "areas.yaml"), printed)
    return feeds, {key: data[key] for key in SHARED_KEYS if key in data}, known


def _check_id(feed_id: str, feeds: dict[str, Feed], include: Path) -> None:
    import re

    if feed_id in feeds or not re.fullmatch(_ID, feed_id):
        fault = Fault(
            code="bad_id", message="there is a feed of this id" if feed_id in feeds else "no id of a feed",
            file=str(include / "feeds.yaml"), key="--id", value=feed_id[:80], expected="a new id of letters, digits and _",
            mend="choose another",
        )  # fmt: skip
        raise InputError.of(fault)


def _bytes(file: Path, most: int) -> bytes:
    """Return the file's bytes, one more than allowed at most: enough to refuse it."""
    try:
        with file.open("rb") as open_file:
            return open_file.read(most + 1)
    except OSError as error:
        fault = Fault(code="not_readable", message=f"cannot be read: {error.strerror}", file=str(file))
        raise InputError.of(fault) from error


def _nothing_known(name: str, left: list[str]) -> Fault:
    """Say that the entry would read nothing: no row has a known name, or the file does not say what the values of those are."""
    if left:
        return Fault(
            code="left_to_you", message="the file does not say enough of the rows whose names are known", file=name, value="; ".join(left)[:300],
            expected="a header, word or note that says what the values are",
            mend="take the commented series of the entry above, say what they are, and add it to feeds.yaml",
        )  # fmt: skip
    return Fault(
        code="no_known_series", message="no row bears the name of a known indicator", file=name,
        expected="at least one name of indicators.yaml",
        mend="add the indicators or their aliases to indicators.yaml, and run it again; the entry above is commented where it guessed",
    )  # fmt: skip


def _read(feed: Feed, data: bytes, name: str, include: Path) -> tuple[Any, Any]:
    from planwatch.feeds import read_release
    from planwatch.plan import load_areas, load_indicators
    from planwatch.reconcile import reconcile

    table = read_release(feed, data, name)
    found = reconcile(feed, table, load_indicators(include / "indicators.yaml"), load_areas(include / "areas.yaml"))
    return table, found


def _add(include: Path, expectations: Path, feed_id: str, entry: str, suite: str) -> None:
    """Append the entry and write the suite; a broken file is put back as it was.

    Raises:
        InputError: feeds.yaml does not end with its list of feeds, or the suite is there already.
    """
    from planwatch.errors import ConfigError
    from planwatch.feeds import load_feeds

    path, suite_path = include / "feeds.yaml", expectations / f"release_{feed_id}.json"
    if suite_path.exists():
        raise InputError.of(
            Fault(
                code="suite_there",
                message="there is such a suite",
                file=str(suite_path),
                mend="move it, or choose another id",
            )
        )
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before.rstrip()}\n\n{entry}", encoding="utf-8")
    try:
        load_feeds(path)
    except ConfigError as error:
        path.write_text(before, encoding="utf-8")
        raise InputError.of(*error.faults) from error
    suite_path.write_text(suite, encoding="utf-8")
    sys.stdout.write(f"added to {path}\nwritten: {suite_path}\n")


def _tell(draft: Draft, found: Any, table: Any, owner: str) -> None:
    rows = [row for one in draft.tables for row in one.rows]
    unknown = [row for row in rows if row.indicator is None]
    lines = [
        f"{draft.file}: {draft.layout.value}, month {table.period}, published {table.published_at or 'on a day it does not state'}, {table.origin}",
        f"  {len(draft.tables)} tables, {len(rows)} names, {len(draft.taken)} known, {len(rows) - len(draft.taken)} to be decided; "
        f"the entry reads {len(found.observations)} values in the sample",
        *(
            f"  unknown: {row.labels[0]}" + (f" (like {row.near[0][0]}, {row.near[0][1]:.2f})" if row.near else "")
            for row in unknown[:20]
        ),
        *(f"  left to you: {row.labels[0]}: {row.left}" for row in draft.named if row.left),
        *(f"  look at: {row.labels[0]}: {doubt}" for row in draft.taken for doubt in row.doubts),
        *(f"  {fault}" for fault in found.findings[:20]),
        *([f"  no --owner: {owner} stands in the entry"] if owner else []),
        "  then: a due date in calendar.yaml, `planwatch feeds check`, and `planwatch read` on more samples",
    ]
    sys.stderr.write("\n".join(lines) + "\n")
