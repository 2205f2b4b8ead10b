"""What one department is told of one period, before it is written: who is told when, and which items stand in the mail."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from planwatch.alerts.wording import (
    actual_text,
    amended_text,
    day_zh,
    expected_text,
    month_zh,
    one_line,
    progress_text,
    reading_text,
    status_zh,
    target_name,
    variance_text,
)
from planwatch.model.alert import CHANGE_ZH, Alert, AlertKind, Change, Decision
from planwatch.model.period import last_day
from planwatch.model.place import Area, Department
from planwatch.model.target import Plan, Target
from planwatch.model.vocabulary import ReleaseState, Status

NAME = 120
"""How many characters of a name stand in a mail."""
MOST_SERIES = 12
"""How many missing series a mail names."""

RELEASES = (AlertKind.QUARANTINE, AlertKind.FEED_FAILED)
HELD = (ReleaseState.QUARANTINED, ReleaseState.FAILED)
NEW = CHANGE_ZH[Change.NEW]
RELEASE_ZH: dict[str, tuple[str, str, str]] = {
    ReleaseState.QUARANTINED: (
        "隔离待决", NEW, "请核对后报送更正文件；数据确属无误的，请有权限人员在 Airflow 待办中批准采用并写明理由。",
    ),
    ReleaseState.FAILED: ("读取失败", NEW, "请核对文件后重新报送。"),
    Decision.REJECTED: ("已退回", "退回", "请更正后重新报送。"),
    Decision.ADMITTED: ("已批准采用", "解除", ""),
    Decision.SUPERSEDED: ("已由更正文件取代", "解除", ""),
    "late": ("逾期未报", NEW, "请尽快报送；暂不能报送的，请向牵头单位说明。"),
    "arrived": ("已报送", "解除", ""),
}  # fmt: skip
"""What the state of a release that is held or did not come, or what ended it, is called, how the change is marked, and what to do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One alert as it stands in a mail.

    `note` stands in brackets behind the name. `mark` is the short Chinese word for what changed since the department was last told, empty where nothing did. `figures`
    (what was reached, what was expected, by how much) and `fields` are (label, text) pairs; texts are single lines, not yet escaped.
    """

    key: str
    section: str
    mark: str
    name: str
    note: str
    status: str
    label: str
    since: str
    fields: tuple[tuple[str, str], ...]
    figures: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Items of one sort under one heading; `word` is the short name that the subject counts it under, `says` what the summary says."""

    name: str
    word: str
    says: str
    one: str
    many: str
    items: tuple[Item, ...]

    @property
    def chinese(self) -> str:
        """Return how many items of what, as it follows 贵单位有."""
        return f"{len(self.items)}{self.says}"

    @property
    def english(self) -> str:
        """Return how many items of what, in English."""
        return f"{len(self.items)} {self.one if len(self.items) == 1 else self.many}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """One mail to one department, unwritten.

    `told` is the number of the last alert event the mail takes account of; `notice` is true for a mail about one release,
    which is told at once and not with the period's digest.
    """

    plan_id: str
    plan_title: str
    department: Department
    period: str
    edition_number: int | None
    as_of: datetime
    simulated: bool
    told: int
    notice: bool
    sections: tuple[Section, ...]

    @property
    def key(self) -> str:
        """Return the key under which the same state is never told twice."""
        return digest_key(self.plan_id, self.department.id, self.period, self.told, notice=self.notice)

    @property
    def items(self) -> tuple[Item, ...]:
        """Return the items of all sections, in order."""
        return tuple(item for section in self.sections for item in section.items)

    def message_id(self, domain: str) -> str:
        """Return the mail's Message-ID, made from key and state alone: stable over every retry."""
        state = [self.key, *([i.key, i.status, i.since, i.mark] for i in self.items)]
        digest = hashlib.sha256(json.dumps(state, ensure_ascii=False).encode()).hexdigest()
        return f"<{digest[:32]}@{domain}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What the items of an edition are described with: plan, names, verdict rows by alert key."""

    plan: Plan
    period: str
    number: int | None
    as_of: datetime
    rows: Mapping[str, Mapping[str, Any]]
    areas: Mapping[str, Area]
    simulated: bool

    def target(self, target_id: str, area: str) -> Target | None:
        """Return a target of the plan by id and area, else one of the id, as the plan has it: with all its amendments."""
        named = [t for t in self.plan.targets if t.id == target_id]
        return next((t for t in named if (t.area or self.plan.area) == area), next(iter(named), None))


def digest_key(plan_id: str, department: str, period: str, told: int, *, notice: bool = False) -> str:
    """Return `<plan>/<department>/<period>/<upto|event>-<event id>`; ids hold no slash."""
    return f"{plan_id}/{department}/{period}/{'event' if notice else 'upto'}-{told}"


def is_due(*, ready: bool, first: bool, anything_open: bool, changed: bool) -> bool:
    """Tell whether a department gets a digest now (DOMAIN §6).

    Args:
        ready: all due releases are in, or their grace has ended.
        first: the department has had no digest of this period.
        anything_open: it has an alert worth telling.
        changed: something opened, escalated, eased or recovered since it was last told.
    """
    return ready and (changed or (first and anything_open))


def build(
    edition: Edition,
    department: Department,
    open_alerts: Iterable[Alert],
    recovered: Iterable[Alert],
    changed: Mapping[str, Change],
    *,
    told: int,
    notice: bool = False,
) -> Digest:
    """Return the department's digest: items sorted by plan order, changes marked, empty sections left out."""
    targets = edition.plan.targets
    order: dict[str | tuple[str, str], int] = {t.id: n for n, t in reversed(list(enumerate(targets)))}
    order |= {(t.id, t.area or edition.plan.area): n for n, t in enumerate(targets)}

    def place(alert: Alert) -> tuple[int, str]:
        where = _place(edition, alert)
        return order.get(where, order.get(where[0], -1)), alert.key

    alerts = sorted([*open_alerts, *recovered], key=place)
    by_section: dict[str, list[Item]] = {}
    for alert in alerts:
        change = changed.get(alert.key)
        row = edition.rows.get(alert.key, alert.detail)
        item = _item(edition, alert, row, change)
        by_section.setdefault(item.section, []).append(item)
    sections = tuple(
        Section(name=name, word=word, says=says, one=one, many=many, items=tuple(by_section[key]))
        for key, (name, word, says, one, many) in SECTIONS.items()
        if key in by_section
    )
    return Digest(
        plan_id=edition.plan.id, plan_title=one_line(edition.plan.title, NAME),
        department=department.model_copy(update={"name_zh": one_line(department.name_zh, NAME)}), period=edition.period,
        edition_number=edition.number, as_of=edition.as_of, simulated=edition.simulated, told=told, notice=notice,
        sections=sections,
    )  # fmt: skip


SECTION_OF = {Status.OFF_TRACK: "off_track", Status.MISSED: "off_track", Status.OVERDUE: "overdue"}
"""The section of an open target alert, by status; any other is still watched."""

SECTIONS: dict[str, tuple[str, str, str, str, str]] = {
    "off_track": ("进度滞后", "滞后", "项任务滞后", "off track", "off track"),
    "overdue": ("逾期未报", "逾期未报", "项数据逾期未报", "overdue", "overdue"),
    "release": ("待处置的发布数据", "待处置数据", "份发布数据待处置", "release on hold", "releases on hold"),
    "watched": ("尚未解除，继续跟踪", "继续跟踪", "项任务尚未解除、继续跟踪", "still watched", "still watched"),
    "recovered": ("已恢复或已解除", "恢复", "项已恢复或解除", "recovered", "recovered"),
}
"""The sections in their order: heading, short word, what the summary says of them, English for one and for many."""


def _place(edition: Edition, alert: Alert) -> tuple[str, str]:
    """Return id and area of an alert's target."""
    return str(alert.detail.get("target_id")), str(alert.detail.get("area") or edition.plan.area)


def _item(edition: Edition, alert: Alert, row: Mapping[str, Any], change: Change | None) -> Item:
    if alert.kind is AlertKind.LATE:
        return _late_item(alert, change)
    return _release_item(alert, change) if alert.kind in RELEASES else _target_item(edition, alert, row, change)


def _late_item(alert: Alert, change: Change | None) -> Item:
    detail, ended = alert.detail, change is Change.RECOVERED
    word = str(detail.get("decision")) if ended else alert.status
    label, mark, mend = RELEASE_ZH[word]
    series = "、".join(one_line(name, NAME) for name in (detail.get("series") or ())[:MOST_SERIES])
    pairs = [
        ("应报日", one_line(detail.get("due") or "")),
        ("宽限至", one_line(detail.get("grace_until") or "")),
        ("缺少", series),
        ("处置", mend),
    ]
    return Item(
        key=alert.key, section="recovered" if ended else "overdue", mark=mark if change else "",
        name=one_line(detail.get("feed_name") or alert.key, NAME), note=f"{month_zh(alert.since)}数据", status=word, label=label,
        since=day_zh(alert.since_at), fields=tuple(pair for pair in pairs if pair[1]),
    )  # fmt: skip


def _target_item(edition: Edition, alert: Alert, row: Mapping[str, Any], change: Change | None) -> Item:
    target_id, area = _place(edition, alert)
    printed = edition.target(target_id, area)
    target = printed.on(last_day(edition.period)) if printed else None
    elsewhere = "" if area == edition.plan.area else _area_name(edition, area)
    status = str(row.get("status") or alert.status)
    figures = (("实际", actual_text(row)), ("应达", expected_text(row)), ("偏差", variance_text(row)))
    pairs = (
        ("目标", one_line(target.phrase) if target else ""),
        ("调整", amended_text(target, printed) if target and printed else ""),
        ("进度", progress_text(row)),
        ("数据期", reading_text(row)),
        ("说明", one_line(row.get("reason_zh") or "")),
        ("备注", _unconfirmed(status, change)),
    )
    section = "recovered" if change is Change.RECOVERED else SECTION_OF.get(Status(status), "watched")
    return Item(
        key=alert.key, section=section, mark=CHANGE_ZH[change] if change else "", name=target_name(target, target_id, elsewhere),
        note="", status=status, label=status_zh(status),
        since=month_zh(alert.since), fields=tuple(pair for pair in pairs if pair[1]),
        figures=tuple(pair for pair in figures if pair[1]),
    )  # fmt: skip


def _unconfirmed(status: str, change: Change | None) -> str:
    if change is Change.RECOVERED or status not in (Status.ON_TRACK, Status.ACHIEVED):
        return ""
    return "评价已好转，但尚无新数据，待新数据确认后解除。"


def _release_item(alert: Alert, change: Change | None) -> Item:
    detail = alert.detail
    word = str(detail.get("decision")) if change is Change.RECOVERED else alert.status
    label, mark, mend = RELEASE_ZH[word]
    open_or_sent_back = word in (*HELD, Decision.REJECTED)
    month = (
        "" if alert.kind is AlertKind.FEED_FAILED else f"{month_zh(alert.since)}数据"
    )  # unread, it has not said which
    pairs = [
        ("文件", one_line(detail.get("file") or "")),
        *([("问题", one_line(failure)) for failure in detail.get("failures") or ()] if open_or_sent_back else []),
        ("理由", one_line(detail.get("reason") or "")),
        ("处置", mend),
        ("影响", "该文件数据未进入评价，沿用此前数据，不计贵单位逾期。" if word in HELD else ""),
    ]
    return Item(
        key=alert.key, section="release" if open_or_sent_back else "recovered", mark=mark if change else "",
        name=one_line(detail.get("feed_name") or detail.get("feed") or alert.key, NAME), note=month,
        status=word, label=label, since=day_zh(alert.since_at),
        fields=tuple(pair for pair in pairs if pair[1]),
    )  # fmt: skip


def _area_name(edition: Edition, area: str) -> str:
    return edition.areas[area].name_zh if area in edition.areas else area
