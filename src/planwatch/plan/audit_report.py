"""An audit as data and as a page: the plan's text with its figures marked by state."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planwatch.plan.audit import Audit, Mark, Standing, State
from planwatch.plan.figures import Form

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATES = Path(__file__).parent / "templates"
STATE_WORDS = {
    State.COVERED: ("有指标", "covered by a target"),
    State.EXCLUDED: ("非指标", "listed as no target"),
    State.UNCOVERED: ("未纳入", "uncovered"),
    State.DISAGREEING: ("不一致", "disagreeing with its target"),
}
"""State → its words, Chinese and English."""
FINDING_WORDS = {
    "uncovered": "无指标对应",
    "phrase_not_found": "原文无此表述",
    "value": "数值不一致",
    "unit": "单位不一致",
    "range": "区间不一致",
    "comparator": "口径词不一致",
    "exclusion_not_found": "非指标清单中的表述原文没有",
    "excluded_target": "既是指标又列为非指标",
}
"""Code of a finding → its Chinese words."""


def audit_json(found: Audit) -> dict[str, Any]:
    """Return the audit as plain data: `document`, `plan`, `counts`, `figures`, `targets`, `findings`."""
    return {
        "document": found.document.name,
        "title": found.document.title,
        "plan": found.plan.id,
        "counts": _counts(found),
        "figures": [_figure(mark) for mark in found.marks],
        "targets": [
            {
                "id": one.target.id,
                "section": one.target.section,
                "phrase": one.target.phrase,
                "found_in": one.place or None,
                "stands": one.stands,
                "agrees": one.agrees,
            }
            for one in found.standings
        ],
        "findings": [
            {
                "code": f.code,
                "section": f.section,
                "target": f.subject or None,
                "phrase": f.phrase,
                "message": f.message,
                "mend": f.mend,
            }
            for f in found.findings
        ],
    }


def _counts(found: Audit) -> dict[str, int]:
    return {
        "figures": len(found.marks),
        **{state.value: found.count(state) for state in State},
        "targets": len(found.standings),
        "targets_at_odds": sum(not one.agrees for one in found.standings),
        "findings": len(found.findings),
    }


def _figure(mark: Mark) -> dict[str, Any]:
    figure = mark.figure
    return {
        "section": mark.passage.section,
        "figure": figure.text,
        "form": figure.form.value,
        "value": figure.value,
        "value_high": figure.value_high,
        "unit": figure.unit,
        "comparator": figure.comparator.value if figure.value is not None else None,
        "state": mark.state.value,
        "targets": list(mark.targets),
        "reason": mark.reason,
        "context": mark.context,
        "start": figure.start,
        "end": figure.end,
    }


def audit_page(found: Audit) -> str:
    """Return the audit as one HTML page that needs nothing else: the text, its figures marked, counts, findings."""
    from markupsafe import Markup

    return _template("audit.html.j2").render(
        audit=found,
        counts=_counts(found),
        words=STATE_WORDS,
        codes=FINDING_WORDS,
        other=[f for f in found.findings if f.code != "uncovered"],
        loose=[mark for mark in found.marks if mark.state is State.UNCOVERED],
        states=[(state, *STATE_WORDS[state], found.count(state)) for state in State],
        sections=[(section, _pieces(found, section.id)) for section in found.document.sections],
        wordless=_wordless(found),
        names={one.target.id: one.target.name_zh for one in found.standings},
        style=Markup((_TEMPLATES / "audit.css").read_text("utf-8")),  # noqa: S704 - a file of this package
    )


def _wordless(found: Audit) -> dict[str, list[Standing]]:
    """Return of every section the targets whose phrase stands there and prints no figure: a law, a project, an event."""
    numbered = {id_ for mark in found.marks for id_ in mark.targets}
    silent: dict[str, list[Standing]] = {}
    for one in found.standings:
        if one.stands and one.target.id not in numbered:
            silent.setdefault(one.place, []).append(one)
    return silent


def _noted(mark: Mark | None) -> bool:
    """Return whether a figure gets a note beside the text; a date that needs nobody gets none."""
    return mark is not None and not (mark.state is State.EXCLUDED and mark.figure.form is Form.DATE)


def _pieces(found: Audit, section: str) -> list[tuple[str, Mark | None]]:
    """Return the section's text in pieces, those that are a figure with its mark."""
    marks = [mark for mark in found.marks if mark.passage.section == section]
    text = marks[0].passage.text if marks else _plain(found, section)
    pieces: list[tuple[str, Mark | None]] = []
    at = 0
    for mark in marks:
        pieces += [(text[at : mark.figure.start], None), (text[mark.figure.start : mark.figure.end], mark)]
        at = mark.figure.end
    return [piece for piece in [*pieces, (text[at:], None)] if piece[0]]


def _plain(found: Audit, section: str) -> str:
    return next("\n".join(p for p in (s.title, s.text) if p) for s in found.document.sections if s.id == section)


@cache
def _template(name: str) -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(_TEMPLATES)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.tests["noted"] = _noted
    return environment.get_template(name)
