"""The tables of the five feeds, cell by cell, as each bureau lays them out."""

from __future__ import annotations

from planwatch.model.period import last_day, make_period
from planwatch.sample import latent
from planwatch.sample.grid import Cell, Number, Sheet, styled
from planwatch.sample.world import (
    BenchmarkFeed,
    CountRow,
    DepartmentFeed,
    FeedForm,
    FinanceFeed,
    FinanceRow,
    HumanResourcesFeed,
    MilestoneRow,
    StatsFeed,
    StatsRow,
    World,
    in_force,
    printed_in,
)

Row = dict[str, Cell]
Rows = dict[str, Row]
"""Indicator id → field → cell: what styles and misprints are applied to."""

NONE, NO_RELEASE = "-", "……"
"""「-」 does not apply; 「……」 applies, but is not published this month."""


def stats_bureau(world: World, month: int, revised: bool) -> list[Sheet]:
    """Return the monthly table of the statistics bureau: two header rows, month and year-to-date columns."""
    feed: StatsFeed = world.feeds.stats_bureau
    rows = {row.id: _stats_row(row, world.seed, month, feed.first_month) for row in feed.rows}
    rows = _misprinted(rows, feed, month, revised)
    rows = _irregular(rows, feed, month)
    span = f"1—{month}月累计"
    header = [["指标名称", "计量单位", "本月", "", span, ""], ["", "", "绝对量", "同比±%", "绝对量", "同比±%"]]
    return [Sheet(feed.sheet, [], header, _body(rows), merges=[(0, 0, 1, 0), (0, 1, 1, 1), (0, 2, 0, 3), (0, 4, 0, 5)])]


def _stats_row(row: StatsRow, seed: int, month: int, first: int) -> Row:
    at = month - row.lag
    name = in_force(row.labels, month)
    if at not in row.months or at < first:
        return {"label": name, "unit": row.unit, "month_level": None, "month_growth": None,
                "ytd_level": NO_RELEASE if row.base else NONE, "ytd_growth": NO_RELEASE}  # fmt: skip
    cells: Row = {"label": f"{name}（1—{at}月）" if row.lag else name, "unit": row.unit}
    growth = latent.course(row.growth, seed, "stats_bureau", row.id)
    return cells | _month_cells(row, growth, seed, at, first) | _ytd_cells(row, growth, at)


def _ytd_cells(row: StatsRow, growth: latent.Values, month: int) -> Row:
    if row.index:
        return {"ytd_level": Number(round(100 + growth[month], 1)), "ytd_growth": NONE}
    level = latent.levels(row.base, growth, row.decimals)[month] if row.base else None
    return {"ytd_level": NONE if level is None else Number(level, row.decimals), "ytd_growth": Number(growth[month])}


def _month_cells(row: StatsRow, growth: latent.Values, seed: int, month: int, first: int) -> Row:
    if not row.month_columns:
        return {"month_level": NONE, "month_growth": NONE}
    if month <= first:
        return {"month_level": None, "month_growth": None}
    own = latent.course(row.month_growth, seed, "stats_bureau", f"{row.id}/month") if row.month_growth else None
    if row.index:
        return {"month_level": Number(round(100 + (own or growth)[month], 1)), "month_growth": NONE}
    if row.base:
        ytd = latent.levels(row.base, growth, row.decimals)
        level = latent.month_levels(ytd, first, row.decimals)[month]
        before = latent.last_year(row.base, month) - latent.last_year(row.base, month - 1)
        return {"month_level": Number(level, row.decimals), "month_growth": Number(latent.growth_of(level, before))}
    implied = latent.month_growth(growth, first)[month] if row.derive_month else None
    shown = own[month] if own else implied
    return {"month_level": NONE, "month_growth": NONE if shown is None else Number(shown)}


def finance(world: World, month: int, revised: bool) -> list[Sheet]:
    """Return the finance bureau's table: month, year to date, growth, growth on a comparable basis (同口径)."""
    feed: FinanceFeed = world.feeds.finance
    printed = printed_in(feed.printed, month)
    rows = {row.id: _finance_row(row, world.seed, month, printed.scale, printed.decimals) for row in feed.rows}
    rows = _irregular(_misprinted(rows, feed, month, revised), feed, month)
    span = f"1—{month}月累计" if month > 1 else "1月累计"
    header = [["项目", "本月", span, "", ""], ["", "金额", "金额", "同比±%", "同口径±%"]]
    return [
        Sheet("", [feed.caption.format(unit=printed.unit)], header, _body(rows), merges=[(0, 0, 1, 0), (0, 2, 0, 4)])
    ]


def _finance_row(row: FinanceRow, seed: int, month: int, scale: float, decimals: int) -> Row:
    growth = latent.course(row.growth, seed, "finance", row.id)
    ytd = latent.levels(row.base, growth, 4)
    of_month = latent.month_levels(ytd, 0, 4)[month]
    comparable = latent.course(row.comparable, seed, "finance", f"{row.id}/comparable")
    return {
        "label": row.label,
        "month_level": Number(round(of_month * scale, decimals), decimals),
        "ytd_level": Number(round(ytd[month] * scale, decimals), decimals),
        "ytd_growth": Number(growth[month]),
        "ytd_comparable": Number(comparable[month]),
    }


def human_resources(world: World, month: int, revised: bool) -> list[Sheet]:
    """Return the human-resources table: 指标, 单位, 本月, 累计, 备注."""
    feed: HumanResourcesFeed = world.feeds.human_resources
    rows: Rows = {}
    for row in feed.rows:
        unit, now, before = _amounts(row, world.seed, "human_resources", month)
        running = row.basis == "累计"
        of_month = Number(round(now.value - before, now.decimals), now.decimals) if running else now
        rows[row.id] = {
            "label": in_force(row.labels, month), "unit": unit, "month_level": of_month,
            "ytd_level": now if running else NONE, "remark": row.remarks.get(month, ""),
        }  # fmt: skip
    rows = _irregular(_misprinted(rows, feed, month, revised), feed, month)
    return [Sheet("", [], [["指标", "单位", "本月", "累计", "备注"]], _body(rows))]


def _amounts(row: CountRow, seed: int, feed: str, month: int) -> tuple[str, Number, float]:
    """Return the unit and value printed in a month, and the value of the month before in the same unit."""
    printed = printed_in(row.printed, month)
    values = latent.course(row.course, seed, feed, row.id)
    now, before = (values.get(m, 0.0) * printed.scale for m in (month, month - 1))
    return printed.unit, Number(round(now, printed.decimals), printed.decimals), before


def department_reports(world: World, month: int, revised: bool) -> list[Sheet]:
    """Return the departments' three sheets: milestones, bottom lines, counts."""
    feed: DepartmentFeed = world.feeds.department_reports
    counts: Rows = {}
    for row in feed.counts:
        counts |= _count_rows(row, world, month)
    counts = _irregular(_misprinted(counts, feed, month, revised), feed, month)
    end = make_period(world.year, month)
    milestones = [_milestone(row, end) for row in feed.milestones]
    span = f"{world.year}年{month}月"
    lines: list[list[Cell]] = [
        [row.label, span, Number(row.breaches.get(month, 0), 0), row.remarks.get(month, "零报告")]
        for row in feed.bottom_lines
        if month not in row.missing
    ]
    return [
        Sheet("里程碑", [], [["事项", "状态", "完成日期", "佐证", "责任单位"]], milestones),
        Sheet("底线", [], [["事项", "报告期", "突破数", "说明"]], lines),
        Sheet("计数", [], [["指标", "单位", "口径", "数值", "责任单位", "备注"]], _body(counts)),
    ]


def _count_rows(row: CountRow, world: World, month: int) -> Rows:
    """Return a count's rows in a month: none where it is not reported, in January one more for last December."""
    unit, now, before = _amounts(row, world.seed, "department_reports", month)
    value = Number(round(now.value - before, now.decimals), now.decimals) if row.basis == "当月" else now
    cells: Row = {
        "label": in_force(row.labels, month), "unit": unit, "basis": row.basis, "value": value,
        "department": row.department, "remark": row.remarks.get(month, ""),
    }  # fmt: skip
    rows: Rows = {row.id: cells} if month in row.months and month not in row.missing else {}
    if row.last_year_end is None or month != 1:
        return rows
    last = Number(row.last_year_end, now.decimals)
    lagged = cells | {
        "label": f"{cells['label']}（{world.year - 1}年末）",
        "basis": "期末",
        "value": last,
        "remark": "上年末数",
    }
    return {f"{row.id}/last_year": lagged, **rows}


def _milestone(row: MilestoneRow, period: str) -> list[Cell]:
    end = last_day(period)
    if row.done and row.done <= end:
        return [row.label, "已完成", row.done, row.evidence, row.department]
    state = "进行中" if row.started and row.started <= end else "未启动"
    return [row.label, state, None, "", row.department]


def regional_benchmark(world: World, month: int, revised: bool) -> list[Sheet]:
    """Return the regional table: areas down, cumulative growth and ranks across."""
    feed: BenchmarkFeed = world.feeds.regional_benchmark
    names = ["地区", *(c.label for c in feed.columns), *(r.label for r in feed.ranks)]
    top = ["地区", f"1—{month}月累计同比（%）", *[""] * (len(feed.columns) - 1), "位次", *[""] * (len(feed.ranks) - 1)]
    rows: Rows = {area: {"label": in_force(labels, month)} for area, labels in feed.area_labels.items()}
    for column in feed.columns:
        for area, row in rows.items():
            path = column.areas.get(area)
            values = latent.course(path, world.seed, "regional_benchmark", f"{column.id}/{area}") if path else None
            row[column.id] = NONE if values is None else NO_RELEASE
            if values is not None and month in column.months:
                row[column.id] = Number(values[month])
    for rank in feed.ranks:
        held = rank.ranks[max(m for m in rank.ranks if m <= month)]
        for area, row in rows.items():
            row[f"{rank.id}/rank"] = Number(held, 0) if area == "baotou" else NONE
    rows = _irregular(_misprinted(rows, feed, month, revised), feed, month)
    last = len(feed.columns)
    merges = [(0, 0, 1, 0), (0, 1, 0, last), (0, last + 1, 0, last + len(feed.ranks))]
    return [Sheet(feed.sheet, [], [top, ["", *names[1:]]], _body(rows), merges=[m for m in merges if m[:2] != m[2:]])]


BUILDERS = {
    "stats_bureau": stats_bureau,
    "finance": finance,
    "human_resources": human_resources,
    "department_reports": department_reports,
    "regional_benchmark": regional_benchmark,
}
"""Feed id → its table builder."""


def _body(rows: Rows) -> list[list[Cell]]:
    return [list(row.values()) for row in rows.values()]


def _misprinted(rows: Rows, feed: FeedForm, month: int, revised: bool) -> Rows:
    """Return the rows with the errors and estimates that the month's first release had, if this is the first."""
    revision = next((r for r in feed.revisions if r.month == month), None)
    if revision is None or revised:
        return rows
    out = {key: dict(row) for key, row in rows.items()}
    for slip in revision.misprints:
        right = out[slip.row][slip.column]
        out[slip.row][slip.column] = right.plus(slip.add) if isinstance(right, Number) else right
    for estimate in revision.estimates:
        out[estimate]["label"] = f"{out[estimate]['label']}（预计）"
    return out


def _irregular(rows: Rows, feed: FeedForm, month: int) -> Rows:
    out = {key: dict(row) for key, row in rows.items()}
    for style in feed.styles:
        if month in style.months and style.row in out:
            out[style.row][style.column] = styled(out[style.row][style.column], style.style, style.mark)
    return out
