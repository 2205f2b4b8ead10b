"""What a person decides a quarantined release by: what failed and where, and how it differs from the release before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from planwatch.alerts.wording import difference as with_sign
from planwatch.alerts.wording import number, one_line
from planwatch.model.check import CheckResult
from planwatch.model.feed import Feed
from planwatch.model.target import Indicator
from planwatch.model.vocabulary import MINUS
from planwatch.reconcile import Reconciliation
from planwatch.steps.markdown import code, plain

SERIES = ["indicator", "area", "span", "measure"]
SHOWN_CHECKS, SHOWN_PLACES, SHOWN_SERIES, SHOWN_NAMES = 8, 10, 20, 12
"""How much of everything stands in the form; what is left out is counted."""
MEASURE_ZH = {"level": "", "growth_yoy": "同比", "ratio": "比率", "done": "状态", "report": "报告数", "rank": "位次"}
SPAN_ZH = {"ytd": "累计", "month": "当月", "quarter": "当季", "point": "期末"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A release beside the one before it, by series.

    `changed` has `indicator, area, span, measure, unit, old, new, difference`, the greatest relative change first; `same` counts
    the series whose value is the old one; `added` and `missing` are the series of only one of the two, of the missing ones those
    that were due.
    """

    against: str
    changed: pd.DataFrame
    same: int
    added: pd.DataFrame
    missing: pd.DataFrame


def compare(found: Reconciliation, before: pd.DataFrame) -> Difference:
    """Return how a release differs from `before`, the observations of its feed's last one (columns as OBSERVATION_COLUMNS)."""
    new, old = _newest(found.observations), _newest(before)
    both = old.merge(new, on=SERIES, suffixes=("_old", "_new"))
    both = both.rename(columns={"value_old": "old", "value_new": "new", "unit_new": "unit"})
    both["difference"] = both["new"] - both["old"]
    size = both["difference"].abs() / both["old"].abs().where(both["old"] != 0, 1.0)
    ranked = both.assign(_size=size).sort_values(["_size", *SERIES], ascending=[False, *[True] * len(SERIES)])
    changed = ranked[ranked["difference"] != 0]
    due = set(found.observations["indicator"]) | {fault.key for fault in found.missing}
    missing = _without(old, new)
    return Difference(
        against=str(before["period"].max()) if len(before) else "",
        changed=changed[[*SERIES, "unit", "old", "new", "difference"]].reset_index(drop=True),
        same=len(both) - len(changed), added=_without(new, old), missing=missing[missing["indicator"].isin(due)],
    )  # fmt: skip


def describe(
    feed: Feed, period: str, filename: str, sha256: str, *, failed: Sequence[CheckResult], difference: Difference,
    indicators: Mapping[str, Indicator],
) -> str:  # fmt: skip
    """Return the report in Markdown, bounded, with every text from outside escaped."""
    lines = [
        f"**{plain(feed.name_zh)}** · {plain(period)} · {code(filename)} · `{sha256[:12]}`",
        "",
        *_failures(failed),
        "",
    ]
    lines += _differences(difference, indicators)
    return "\n".join(lines)


def _failures(failed: Sequence[CheckResult]) -> list[str]:
    lines = ["**未通过的检查 Failed checks**", ""]
    for result in failed[:SHOWN_CHECKS]:
        lines.append(
            f"- **{plain(result.expectation)}** ({plain(result.suite)}): {plain(result.note or result.observed)}"
        )
        lines += [f"    - {code(place)}" for place in result.offending[:SHOWN_PLACES]]
        left = max(result.failed_rows, len(result.offending)) - min(len(result.offending), SHOWN_PLACES)
        lines += [f"    - … {left} more"] if left > 0 else []
    return [*lines, *_more(len(failed) - SHOWN_CHECKS, "checks")]


def _differences(found: Difference, indicators: Mapping[str, Indicator]) -> list[str]:
    if not found.against:
        return ["**与上次发布的差异 Against the last release**: 此前没有已入库的数据 nothing was loaded before"]
    lines = [f"**与上次发布（{plain(found.against)}）的差异 Against the last release**", ""]
    if len(found.changed):
        lines += ["| 指标 Series | 上次 Old | 本次 New | 差异 Difference | % |", "|---|--:|--:|--:|--:|"]
        lines += [_row(row, indicators) for row in _rows(found.changed, SHOWN_SERIES)]
        lines += ["", *_more(len(found.changed) - SHOWN_SERIES, "series changed")]
    lines += [f"- 未变 unchanged: {found.same}"]
    lines += _named("新出现 new", found.added, indicators)
    return lines + _named("缺少 missing", found.missing, indicators)


def _row(row: Mapping[str, object], indicators: Mapping[str, Indicator]) -> str:
    old, new, difference = (float(str(row[name])) for name in ("old", "new", "difference"))
    relative = f"{number(100 * difference / abs(old), signed=True)} %" if old and row["measure"] == "level" else ""
    unit = plain(row["unit"], 20)
    by = with_sign(_as_shown(new) - _as_shown(old) or difference, str(row["unit"]), "")
    cells = (_name(row, indicators), f"{number(old)} {unit}", f"{number(new)} {unit}", plain(by), relative)
    return f"| {' | '.join(cells)} |"


def _as_shown(value: float) -> float:
    """Return a figure as it stands in the table, so that the difference of two is what the reader works out."""
    return float(number(value).replace(",", "").replace(MINUS, "-"))


def _named(what: str, frame: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[str]:
    names = [_name(row, indicators) for row in _rows(frame, SHOWN_NAMES)]
    more = len(frame) - len(names)
    return [f"- {what}: {len(frame)}" + (f" ({'; '.join(names)}{f'; … {more} more' if more else ''})" if names else "")]


def _name(row: Mapping[str, object], indicators: Mapping[str, Indicator]) -> str:
    indicator = indicators.get(str(row["indicator"]))
    words = (SPAN_ZH.get(str(row["span"]), row["span"]), MEASURE_ZH.get(str(row["measure"]), row["measure"]))
    return plain(f"{indicator.name_zh if indicator else row['indicator']} {''.join(map(str, words))}".strip(), 60)


def _rows(frame: pd.DataFrame, limit: int) -> list[dict[str, object]]:
    return [{str(k): v for k, v in row.items()} for row in frame.head(limit).to_dict("records")]


def _more(count: int, what: str) -> list[str]:
    return [f"… {count} more {what}"] if count > 0 else []


def _newest(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the newest period's value of every series."""
    kept = frame.sort_values("period").drop_duplicates(SERIES, keep="last")
    return kept[[*SERIES, "value", "unit"]].reset_index(drop=True)


def _without(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    merged = one[SERIES].merge(other[SERIES], on=SERIES, how="left", indicator=True)
    return merged[merged["_merge"] == "left_only"][SERIES].sort_values(SERIES).reset_index(drop=True)


def subject_line(feed: Feed, period: str, filename: str, failed: Iterable[CheckResult]) -> str:
    """Return what is held and how badly, in one line."""
    return one_line(f"{feed.name_zh} {period} {filename}: {len(list(failed))} critical checks failed", 200)
