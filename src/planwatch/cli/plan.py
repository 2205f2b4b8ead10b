"""`planwatch plan`: audit a plan's text against its targets, or draft targets from it."""

from __future__ import annotations

import json
import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planwatch.cli.output import Format, write_rows
from planwatch.errors import Fault, InputError
from planwatch.model.base import YEARS
from planwatch.settings import settings

if TYPE_CHECKING:
    from planwatch.model.target import Plan
    from planwatch.plan.audit import Audit
    from planwatch.plan.document import Document
    from planwatch.plan.draft import DraftTarget
    from planwatch.plan.nottargets import NotTarget

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)

DOCUMENT = typer.Option("--plan", help="The plan's text: Markdown, plain text, DOCX or PDF, also as printed.")
NOT_TARGETS = typer.Option("--not-targets", help="What is no target, and why; left out, the list beside the targets.")


class AuditFormat(StrEnum):
    """How an audit is written."""

    TABLE = "table"
    JSON = "json"
    HTML = "html"


class DraftFormat(StrEnum):
    """How a draft is written."""

    YAML = "yaml"
    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


@app.command(
    epilog="Example: PLANWATCH_INCLUDE=docs/example-city/include planwatch plan audit --plan docs/example-city/plan.md"
)
def audit(
    document: Annotated[Path, DOCUMENT],
    targets: Annotated[str, typer.Option("--targets", help="A plan file or a year; left out, the current plan.")] = "",
    not_targets: Annotated[Path | None, NOT_TARGETS] = None,
    form: Annotated[AuditFormat, typer.Option("--format", help="How it is written.")] = AuditFormat.TABLE,
    output: Annotated[Path | None, typer.Option("--output", help="A file to write to; left out, the screen.")] = None,
) -> None:
    """Show every figure of a plan's text as covered by a target, listed as no target, or uncovered; and every target in the text.

    Exit code 0 where nothing is uncovered and nothing disagrees, 1 with findings, 2 where something cannot be read.
    """
    from planwatch.plan.audit import audit as compare_all
    from planwatch.plan.document import read_document

    plan, excluded = _plan(targets, not_targets)
    found = compare_all(read_document(document), plan, excluded)
    if form is AuditFormat.TABLE and output is None:
        _write_table(found)
    else:
        _write(_text(found, form), output)
    if found.findings:
        raise typer.Exit(1)


@app.command(
    epilog="Example: PLANWATCH_INCLUDE=docs/example-city/include planwatch plan draft --plan docs/example-city/plan.md"
)
def draft(  # noqa: PLR0917 - Typer makes options of arguments
    document: Annotated[Path, DOCUMENT],
    form: Annotated[DraftFormat, typer.Option("--format", help="How it is written.")] = DraftFormat.YAML,
    compare: Annotated[
        str, typer.Option("--compare", help="A finished plan file or a year: print recall and precision instead.")
    ] = "",
    not_targets: Annotated[Path | None, NOT_TARGETS] = None,
    year: Annotated[
        int | None,
        typer.Option("--year", min=YEARS[0], max=YEARS[1], help="The plan's year; left out, the document says."),
    ] = None,
    area: Annotated[
        str, typer.Option("--area", help="Id of the plan's area; left out, the one that the title names.")
    ] = "",
) -> None:
    """Write a draft of targets.yaml for a person to finish, with its confidence and the reason where it is unsure.

    With --compare: how much of the finished file's numeric targets it found with the right value, unit and comparator, and what
    was missed or false, as a table or (--format json) as JSON.
    """
    from planwatch.plan.compare import compare as compare_with
    from planwatch.plan.compare import comparison_json
    from planwatch.plan.document import read_document
    from planwatch.plan.draft import draft as read_targets

    _check_id(area)
    text = read_document(document)
    drafts = read_targets(text, year)
    if not drafts:
        sys.stderr.write(f"{document.name}: no target was found: is this a plan, and is it text that can be read?\n")
    if compare:
        plan, excluded = _plan(compare, not_targets)
        _write_comparison(comparison_json(compare_with(text, drafts, plan, excluded), plan), form)
    elif form is DraftFormat.YAML:
        sys.stdout.write(_yaml(text, drafts, year, area))
    else:
        _write_drafts(drafts, form)


def _check_id(area: str) -> None:
    if area and not re.fullmatch("[a-z0-9_]+", area):
        message, expected = "no id", "small letters, digits and _, as in areas.yaml"
        raise InputError.of(Fault(code="area", message=message, key="--area", value=area, expected=expected))


def _plan(name: str, not_targets: Path | None) -> tuple[Plan, tuple[NotTarget, ...]]:
    from planwatch.plan import load_plan, plan_of_year
    from planwatch.plan.nottargets import load_not_targets, not_targets_path

    if name and not name.isdecimal():
        path = Path(name)
        plan = load_plan(path, settings().include)
    else:
        year = int(name) if name else settings().plan
        path, plan = settings().plan_file(year), plan_of_year(year, settings())
    beside = not_targets or not_targets_path(path)
    return plan, load_not_targets(beside) if not_targets or beside.exists() else ()


def _write(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        fault = Fault(
            code="cannot_write",
            message=f"cannot be written: {error.strerror}",
            file=str(output),
            mend="name a file in a folder that is there",
        )
        raise InputError.of(fault) from error


def _text(found: Audit, form: AuditFormat) -> str:
    from planwatch.plan.audit_report import audit_json, audit_page

    return (
        audit_page(found)
        if form is AuditFormat.HTML
        else json.dumps(audit_json(found), ensure_ascii=False, indent=2) + "\n"
    )


def _write_table(found: Audit) -> None:
    from planwatch.plan.audit_report import audit_json

    report = audit_json(found)
    figures = [{**row, "targets": ", ".join(row["targets"])} for row in report["figures"]]
    write_rows(figures, ("section", "state", "figure", "context", "targets", "reason"), Format.TABLE, "Figures")
    standing = [row for row in report["targets"] if not (row["stands"] and row["agrees"])]
    if standing:
        write_rows(
            standing, ("id", "section", "phrase", "stands", "agrees"), Format.TABLE, "Targets at odds with the text"
        )
    if report["findings"]:
        write_rows(
            report["findings"], ("code", "section", "target", "phrase", "message", "mend"), Format.TABLE, "Findings"
        )
    sys.stdout.write("\n" + ", ".join(f"{n} {what.replace('_', ' ')}" for what, n in report["counts"].items()) + "\n")


def _yaml(text: Document, drafts: list[DraftTarget], year: int | None, area: str) -> str:
    from planwatch.plan import load_areas, load_indicators
    from planwatch.plan.draft_file import Head, area_in, draft_yaml

    include = settings().include
    areas = load_areas(include / "areas.yaml")
    of, doubt = (year, "") if year else _year_of(text)
    named = area or area_in(f"{text.title} {text.name}", areas)
    doubts = [doubt] if doubt else []
    if not named:
        doubts.append(
            f"The title names no area of areas.yaml; 'area' stands for it. Give it: --area ID, one of {', '.join(areas)}"
        )
    sys.stderr.writelines(f"{text.name}: {doubt}\n" for doubt in doubts)
    head = Head(of, named or "area", text.title, text.name, tuple(doubts))
    return draft_yaml(drafts, head, load_indicators(include / "indicators.yaml"), areas)


def _year_of(text: Document) -> tuple[int, str]:
    """Return the year of a plan's document, and what of it is not sure: a draft is written in any case, for a human to finish."""
    from planwatch.plan.draft import plan_year

    if found := plan_year(text):
        sure = f"{found}年" in text.title
        return (
            found,
            ""
            if sure
            else f"The year {found} is the one that the text speaks of most; its title names none. Sure: --year {found}",
        )
    if named := re.search(r"(?<!\d)20\d\d(?!\d)", text.name):
        return int(
            named[0]
        ), f"The year {named[0]} is the file name's; neither title nor text says one. Sure: --year {named[0]}"
    stand_in = settings().plan
    return (
        stand_in,
        f"Neither title nor text says of which year the plan is; {stand_in} stands for it. Give it: --year YYYY",
    )


DRAFT_COLUMNS = (
    "id", "section", "phrase", "name_zh", "kind", "comparator", "value", "value_high", "unit", "direction", "net", "tier", "margin",
    "reference", "value_inferred", "confidence", "doubts",
)  # fmt: skip
SHOWN_COLUMNS = ("id", "section", "name_zh", "kind", "comparator", "value", "unit", "confidence")


def _write_drafts(drafts: list[DraftTarget], form: DraftFormat) -> None:
    from planwatch.plan.draft_file import draft_rows

    columns = SHOWN_COLUMNS if form is DraftFormat.TABLE else DRAFT_COLUMNS
    write_rows(draft_rows(drafts), columns, Format(form.value))


MISSED_COLUMNS = ("id", "section", "phrase", "expected", "drafted")
FALSE_COLUMNS = ("section", "phrase", "drafted", "kind")


def _write_comparison(report: dict[str, Any], form: DraftFormat) -> None:
    if form in (DraftFormat.JSON, DraftFormat.JSONL):
        sys.stdout.write(json.dumps(report, ensure_ascii=False, indent=2 if form is DraftFormat.JSON else None) + "\n")
        return
    total, found, drafted = report["numeric_targets"], report["found"], report["drafted"]
    sys.stdout.write(f"numeric targets: {total}; found with value, unit and comparator: {found}\n")
    sys.stdout.write(f"recall: {report['recall']:.1%}\n")
    false = f"({len(report['false'])} of {drafted} drafted are false)"
    sys.stdout.write(f"precision: {report['precision']:.1%} {false}\n")
    sys.stdout.write(f"kind right, too: {report['kind_right']} of {found}\n")
    for rows, columns, title in (
        (report["missed"], MISSED_COLUMNS, "Missed"),
        (report["false"], FALSE_COLUMNS, "False"),
        (report["undecided"], FALSE_COLUMNS, "Neither a target nor listed as none"),
    ):
        if rows:
            write_rows(rows, columns, Format.TABLE, title)
