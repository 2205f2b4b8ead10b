"""A digest as subject, plain text and HTML. Templates stand beside this module; the HTML one escapes all it is given."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from planwatch.alerts.digest import Digest
from planwatch.alerts.message import Mail
from planwatch.alerts.wording import month_en, month_zh, one_line
from planwatch.model.calendar import SHANGHAI

TEMPLATES = Path(__file__).parent / "templates"
NUMERALS = "一二三四五六七八九"


def render(digest: Digest, domain: str) -> Mail:
    """Return the digest written out. Same digest, same text, byte for byte."""
    context = {
        "d": digest,
        "chinese": "，".join(section.chinese for section in digest.sections),
        "english": ", ".join(section.english for section in digest.sections),
        "month": month_zh(digest.period),
        "month_en": month_en(digest.period),
        "as_of": local_time(digest.as_of),
        "changed": [item for item in digest.items if item.mark],
        "numerals": NUMERALS,
    }
    return Mail(
        message_id=digest.message_id(domain), digest_key=digest.key, department=digest.department.id,
        plan_id=digest.plan_id, period=digest.period, to_address=digest.department.email, subject=subject(digest),
        body=_environment().get_template("digest.txt.j2").render(context),
        html=_environment().get_template("digest.html.j2").render(context),
    )  # fmt: skip


def subject(digest: Digest) -> str:
    """Return the subject: whom and which month it concerns and how much of what, one line."""
    simulated = "【模拟数据】" if digest.simulated else ""
    late = all(item.status == "late" for item in digest.items)
    sort = ("数据逾期提示" if late else "数据待处置") if digest.notice else "计划执行提示"
    number = f"（第{digest.edition_number}期）" if (digest.edition_number or 1) > 1 else ""
    whom = f"{digest.department.name_zh} {month_zh(digest.period)}{number}"
    return one_line(f"{simulated}{sort}｜{whom}：{counts(digest)}")


def counts(digest: Digest) -> str:
    """Return how many items of what, 滞后2项，逾期未报1项."""
    return "，".join(f"{section.word}{len(section.items)}项" for section in digest.sections)


def local_time(instant: datetime) -> str:
    """Return an instant in the city's time, to the minute."""
    return instant.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
