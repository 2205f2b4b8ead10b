"""`planwatch sample`: write simulated releases, whole or broken on purpose."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planwatch.cli.output import Format, write_rows

if TYPE_CHECKING:
    from planwatch.sample import Sample

app = typer.Typer(add_completion=False)
COLUMNS = ("feed", "period", "revision", "corrupt", "bytes", "file")
EXAMPLES = """
Examples:

  planwatch sample --by-feed --out var/drop

  planwatch sample --feed finance --period 2026-03 --out /tmp

  planwatch sample --from 2026-06 --to 2026-09 --seed 7 --out /tmp

  planwatch sample --feed stats_bureau --period 2026-05 --corrupt unit-changed --out /tmp
"""


@app.command(epilog=EXAMPLES)
def sample(  # noqa: PLR0917 - a command line has as many options as it has
    feed: Annotated[list[str] | None, typer.Option(help="Only this feed; may be given several times.")] = None,
    period: Annotated[
        list[str] | None, typer.Option(help="Only this month, YYYY-MM; may be given several times.")
    ] = None,
    first: Annotated[str | None, typer.Option("--from", help="From this month on.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Up to this month.")] = None,
    out: Annotated[Path, typer.Option(help="Folder to write to; made if it is not there.")] = Path(),
    by_feed: Annotated[
        bool, typer.Option("--by-feed", help="One sub-folder a feed, as the drop folder has it.")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Seed of the noise; left out that of the shipped files.")] = None,
    corrupt: Annotated[
        str | None,
        typer.Option(
            help="Break each file in one way, those that can be broken so. The file: not-a-workbook (a block page), password-protected, "
            "empty-file, cut-off, wrong-encoding, empty-rows (a million), zip-bomb, other-month. Its table: renamed-column, missing-column, "
            "swapped-columns, unknown-row, misspelt-row, missing-row, duplicated-row, future-period. Its figures: text-in-number, formula-error, "
            "negative-count, falling-total, part-exceeds-whole, amount-scaled (ten thousand times as much under the same unit), "
            "unit-changed (another unit over the same digits), foreign-unit."
        ),
    ] = None,
    areas: Annotated[
        int | None,
        typer.Option(help="For load tests: this many areas that do not exist, in the layout of published_figures."),
    ] = None,
    months: Annotated[int, typer.Option(help="With --areas: this many months, up to December 2025.")] = 12,
    form: Annotated[Format, typer.Option("--format", help="How the list of files is written.")] = Format.TABLE,
) -> None:
    """Write simulated releases of 2026, and list what was written.

    Without a choice of months: those that are shipped. Every file says that it is simulated. The same seed gives the same files. A month with a corrected release yields both files;
    broken files are made from first releases alone. January has no statistics release: it comes with February.
    """
    from planwatch.sample import generate

    if areas is not None:
        write_rows(_write_scaled(areas, months, seed or 0, out), COLUMNS, form)
        return
    chosen = _breakable(_chosen(feed or [], period or [], first, last, revisions=corrupt is None), corrupt, bool(feed))
    rows = []
    for item in chosen:
        data = generate(item.feed, item.period, seed=seed, revision=item.revision, corrupt=corrupt)
        rows.append(
            {
                "feed": item.feed,
                "period": item.period,
                "revision": item.revision,
                "corrupt": corrupt,
                "bytes": len(data),
            }
            | {"file": str(_save(out / item.feed if by_feed else out, item.name, data))}
        )
    write_rows(rows, COLUMNS, form)


def _write_scaled(areas: int, months: int, seed: int, out: Path) -> list[dict[str, object]]:
    from planwatch.sample import scaled

    return [
        {"feed": "published_figures", "period": file.name[-11:-4] if file.name.endswith("tsv") else "", "revision": 0, "corrupt": None,
         "bytes": len(file.data), "file": str(_save(out, file.name, file.data))}
        for file in scaled(areas, months, seed=seed)
    ]  # fmt: skip


def _breakable(chosen: list[Sample], corrupt: str | None, named: bool) -> list[Sample]:
    """Return the files that can be broken so; all of them where the feeds were named, so that one which cannot is refused with the reason."""
    from planwatch.sample import CORRUPTIONS, can_break

    if corrupt is None or named or corrupt not in CORRUPTIONS:
        return chosen
    return [item for item in chosen if can_break(item.feed, corrupt)]


def _save(folder: Path, name: str, data: bytes) -> Path:
    from planwatch.errors import Fault, InputError

    target = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    except OSError as error:
        message = f"cannot be written: {error.strerror}"
        raise InputError.of(
            Fault(code="not_writable", message=message, file=str(target), mend="choose another folder with --out")
        ) from error
    return target


def _chosen(feeds: list[str], periods: list[str], first: str | None, last: str | None, revisions: bool) -> list[Sample]:
    """Return the files asked for.

    Raises:
        InputError: a feed or month that is not simulated, or nothing left of the choice.
    """
    from planwatch.errors import Fault, InputError
    from planwatch.sample import available, samples

    low, high = first or "0000-00", last or "9999-99"
    known = available() if periods or first or last else samples()
    for key, given, allowed in (
        ("--feed", feeds, {s.feed for s in known}),
        ("--period", periods, {s.period for s in known}),
    ):
        for value in given:
            if value not in allowed:
                expected = ", ".join(sorted(allowed))
                raise InputError.of(
                    Fault(code="no_such_sample", message="not simulated", key=key, value=value, expected=expected)
                )
    found = [
        s
        for s in known
        if (not feeds or s.feed in feeds)
        and (s.period in periods if periods else low <= s.period <= high)
        and (revisions or s.revision == 0)
    ]
    if not found:
        expected = f"months from {known[0].period} to {known[-1].period}"
        raise InputError.of(Fault(code="no_such_sample", message="no release of that choice", expected=expected))
    return found
