"""`planwatch targets`: check and export the targets of a plan, and the schemas that editors complete by."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planwatch.cli.output import Format, write_rows
from planwatch.errors import Fault, InputError
from planwatch.settings import settings

if TYPE_CHECKING:
    from pydantic import BaseModel

    from planwatch.model.target import Plan

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)

FILE = typer.Argument(
    help="A plan file, exported targets (.json, .jsonl, .csv), or a year; left out, the current plan."
)
FORMAT = typer.Option("--format", help="How rows are written.")
FAULT_COLUMNS = ("code", "file", "sheet", "row", "column", "line", "key", "value", "message", "expected", "mend")
SHOWN_COLUMNS = ("id", "section", "name_zh", "kind", "comparator", "value", "unit", "frequency", "owner")
"""What fits on a screen; the other formats carry every column."""
MANY = 3
"""From so many faults of one kind on, what they share is said once."""


@app.command(epilog="Example: planwatch targets check 2025")
def check(
    file: Annotated[str, FILE] = "",
    form: Annotated[Format, FORMAT] = Format.TABLE,
) -> None:
    """Say what is wrong with a plan, one line a fault, or how many targets of each kind it has.

    Exit code 0 without faults, 1 with, 2 where there is no such file (a folder is none). The data formats list the faults and nothing else.
    """
    try:
        plan = _plan(file)
    except InputError as error:
        if any(fault.code in ("not_there", "no_such_year") for fault in error.faults):
            raise
        _write_faults(error.faults, form)
        raise typer.Exit(1) from error
    if form is Format.TABLE:
        _write_summary(plan)
    else:
        _write_faults((), form)


@app.command(epilog="Example: planwatch targets export --at 2026-06 --format csv")
def export(
    file: Annotated[str, FILE] = "",
    form: Annotated[Format, FORMAT] = Format.JSONL,
    at: Annotated[
        str,
        typer.Option(help="Day or month whose version is written, YYYY-MM-DD or YYYY-MM; left out, the year's end."),
    ] = "",
) -> None:
    """Write one object a target, in base units and with the defaults in force; of an amended target the version of a day."""
    from planwatch.plan import EXPORT_COLUMNS, export_rows

    plan = _plan(file)
    rows = export_rows(plan, _day(at, plan.year) if at else None)
    write_rows(rows, SHOWN_COLUMNS if form is Format.TABLE else EXPORT_COLUMNS, form)


@app.command(epilog="Example: planwatch targets schema")
def schema(
    write: Annotated[bool, typer.Option("--write", help="Write the stale ones anew.")] = False,
) -> None:
    """Say which JSON Schemas of the include folder are stale (exit code 1), or write them anew."""
    from planwatch.plan import stale_schemas, write_schemas

    folder, models = settings().include / "schemas", schemas()
    if write:
        sys.stdout.writelines(f"written: {folder / name}\n" for name in write_schemas(folder, models))
        return
    stale = stale_schemas(folder, models)
    sys.stdout.writelines(f"stale: {folder / name}; mend: planwatch targets schema --write\n" for name in stale)
    if stale:
        raise typer.Exit(1)


def schemas() -> Mapping[str, type[BaseModel]]:
    """Return file name → model of every schema in `include/schemas/`."""
    from planwatch.feeds.load import SCHEMAS as FEED_SCHEMAS
    from planwatch.plan import SCHEMAS

    return SCHEMAS | FEED_SCHEMAS


def _day(text: str, year: int) -> date:
    """Return a day of the plan's year, the last one of a month."""
    from planwatch.model.period import last_day, parse_period

    try:
        day = date.fromisoformat(text) if len(text) > len("2026-06") else last_day(parse_period(text))
    except ValueError as error:
        raise InputError.of(
            Fault(
                code="bad_date",
                message="not a day or a month",
                key="--at",
                value=text[:80],
                expected="YYYY-MM-DD or YYYY-MM",
            )
        ) from error
    if day.year != year:
        raise InputError.of(
            Fault(code="wrong_year", message=f"the plan is of {year}", value=text, expected=f"a day or month of {year}")
        )
    return day


def _plan(file: str) -> Plan:
    from planwatch.plan import import_targets, plan_of_year

    if file and not (file.isdecimal() and len(file) == 4):
        return import_targets(Path(file))
    return plan_of_year(int(file) if file else settings().plan, settings())


def _write_faults(faults: tuple[Fault, ...], form: Format) -> None:
    if form is Format.TABLE:
        sys.stdout.writelines(f"{line}\n" for line in _said_once(faults))
    else:
        write_rows([fault.as_dict() for fault in faults], FAULT_COLUMNS, form)


def _said_once(faults: tuple[Fault, ...]) -> Iterator[str]:
    """Yield a line a fault; of many that differ in place and value only, what they share once, and then a short line each."""
    alike: dict[tuple[str | None, ...], list[Fault]] = {}
    for fault in faults:
        alike.setdefault((fault.code, fault.file, fault.message, fault.expected), []).append(fault)
    for (_, file, message, expected), found in alike.items():
        if len(found) < MANY:
            yield from map(str, found)
            continue
        mend = Counter(fault.mend for fault in found).most_common(1)[0][0]
        shared = "; ".join(
            [f"{file}: {len(found)} times {message}"]
            + [f"expected {expected}"] * bool(expected)
            + [f"mend: {mend}"] * bool(mend)
        )
        yield shared
        for fault in found:
            own = f"; mend: {fault.mend}" if fault.mend and fault.mend != mend else ""
            yield f"  line {fault.line}, {fault.key}" + (f": {fault.value}" if fault.value is not None else "") + own


def _write_summary(plan: Plan) -> None:
    kinds = Counter(target.kind.value for target in plan.targets)
    rows = [{"kind": kind, "targets": n} for kind, n in kinds.most_common()]
    write_rows([*rows, {"kind": "total", "targets": len(plan.targets)}], ("kind", "targets"), Format.TABLE, plan.title)
