"""The words of the trade, once: kinds, comparators, statuses and the rest, as used in code, data, mails and views."""

from __future__ import annotations

from enum import StrEnum

MINUS = "−"
"""The true minus, as sentences, mails and tables write it."""


class Kind(StrEnum):
    """What sort of commitment a target is, which decides how it is measured (指标类型)."""

    GROWTH = "growth"
    CUMULATIVE = "cumulative"
    REACH = "reach"
    HOLD = "hold"
    CHANGE_PP = "change_pp"
    RANK = "rank"
    RELATIVE = "relative"
    BOTTOM_LINE = "bottom_line"
    ASSIGNED = "assigned"
    MILESTONE = "milestone"


class Comparator(StrEnum):
    """How the value binds: 以上 ge, 突破 gt, 以内 le, 低于 lt, 左右 about, 全部 eq, 2—3项 range, 前三 rank_le."""

    GE = "ge"
    GT = "gt"
    LE = "le"
    LT = "lt"
    ABOUT = "about"
    EQ = "eq"
    RANGE = "range"
    RANK_LE = "rank_le"


class Tier(StrEnum):
    """Whose target it is: the published plan's, the superior's (下达), or the ambition (奋斗目标)."""

    PLAN = "plan"
    ASSIGNED = "assigned"
    STRETCH = "stretch"


class Pace(StrEnum):
    """How the year's commitment spreads over the months (序时进度)."""

    LINEAR = "linear"
    SEASONAL = "seasonal"
    CUSTOM = "custom"
    YEAR_END = "year_end"


class Frequency(StrEnum):
    """How often a statistic for the target can really be had."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    ANNUAL = "annual"


class Span(StrEnum):
    """What stretch of time a value speaks of: the month, the year to date (1—N月), the quarter, an instant, the year."""

    MONTH = "month"
    YTD = "ytd"
    QUARTER = "quarter"
    POINT = "point"
    YEAR = "year"


class Measure(StrEnum):
    """What a value measures.

    `level` an amount or count; `growth_yoy` year-on-year growth in %; `ratio` a share or rate in %; `rank` 1 is best;
    `done` a milestone's state, 0 planned, 0.5 started, 1 done; `report` a bottom line's breaches, 0 for a zero report (零报告);
    `assigned` no reading at all but the task that the superior has set (下达任务), an amount in the indicator's unit.
    """

    LEVEL = "level"
    GROWTH_YOY = "growth_yoy"
    RATIO = "ratio"
    RANK = "rank"
    DONE = "done"
    REPORT = "report"
    ASSIGNED = "assigned"


class Quality(StrEnum):
    """How firm a value is: 预计 estimate, 初步 preliminary, 最终 final."""

    ESTIMATE = "estimate"
    PRELIMINARY = "preliminary"
    FINAL = "final"


class Origin(StrEnum):
    """Where a release's figures come from. Simulated ones say so wherever they are seen."""

    PUBLISHED = "published"
    SIMULATED = "simulated"


class Status(StrEnum):
    """The verdict (DOMAIN §4), in order of precedence."""

    WITHDRAWN = "withdrawn"
    AWAITING_TARGET = "awaiting_target"
    NOT_ASSESSABLE = "not_assessable"
    ACHIEVED = "achieved"
    MISSED = "missed"
    OFF_TRACK = "off_track"
    OVERDUE = "overdue"
    NOT_DUE = "not_due"
    AT_RISK = "at_risk"
    ON_TRACK = "on_track"


STATUS_ZH: dict[Status, str] = {
    Status.WITHDRAWN: "不再考核",
    Status.AWAITING_TARGET: "待下达",
    Status.NOT_ASSESSABLE: "暂不可评",
    Status.ACHIEVED: "已完成",
    Status.MISSED: "未完成",
    Status.OFF_TRACK: "滞后",
    Status.OVERDUE: "逾期未报",
    Status.NOT_DUE: "未到期",
    Status.AT_RISK: "预警",
    Status.ON_TRACK: "达序时",
}
"""The Chinese label of every status."""


class ProjectionMethod(StrEnum):
    """How a year's end was projected: by past years' or the set share of the year, by the last growth, or it is December's reading."""

    SEASONAL_SHARE = "seasonal_share"
    CUSTOM_SHARE = "custom_share"
    LAST_READING = "last_reading"
    CLOSED = "closed"


class NoProjection(StrEnum):
    """Why there is no projection: no complete past year, too little of the year's share, no reading, a kind without one, no verdict."""

    NO_HISTORY = "no_history"
    SHARE_TOO_SMALL = "share_too_small"
    NO_READING = "no_reading"
    NOT_PROJECTED = "not_projected"
    NOT_ASSESSED = "not_assessed"


class ReadingState(StrEnum):
    """Whether the reading belongs to the judged month, was carried into it, is late, or was never had."""

    FRESH = "fresh"
    CARRIED = "carried"
    OVERDUE = "overdue"
    NONE = "none"


class Severity(StrEnum):
    """What a failed check does: critical stops the release, warning publishes with a flag, info is recorded."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Gate(StrEnum):
    """Which of the three gates a check stands at."""

    RELEASE = "release"
    OBSERVATIONS = "observations"
    PUBLICATION = "publication"


class ReleaseState(StrEnum):
    """What became of a release."""

    ARRIVED = "arrived"
    LOADED = "loaded"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"
    FAILED = "failed"
    SUPERSEDED = "superseded"


class ChangeCause(StrEnum):
    """Why an edition says something else of a target than the edition before (变化原因).

    The target was amended, added or dropped; a figure came that was not there; one was replaced or taken back; thresholds, calendar,
    feeds or program changed; a reading came due, or its release was held or let go; nothing recorded accounts for it.
    """

    AMENDED_TARGET = "amended_target"
    NEW_DATA = "new_data"
    REVISION = "revision"
    CHANGED_RULE = "changed_rule"
    REPORTING = "reporting"
    UNEXPLAINED = "unexplained"
