from __future__ import annotations

from copy import deepcopy
from functools import cache

import pytest
import yaml
from feedcases import INCLUDE, areas, feeds, indicators

from planwatch.errors import ConfigError
from planwatch.feeds import check_registry, load_calendar, load_feeds, load_feeds_file
from planwatch.model.vocabulary import Frequency
from planwatch.plan import load_departments


@cache
def _shipped():
    """The shipped file with its first feeds alone: what it shares is whole, and the rest would only be parsed."""
    data = yaml.safe_load((INCLUDE / "feeds.yaml").read_text(encoding="utf-8"))
    return data | {"feeds": data["feeds"][:3]}


def written(tmp_path, change):
    data = deepcopy(_shipped())
    change(data)
    path = tmp_path / "feeds.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def faults(path, load=load_feeds):
    with pytest.raises(ConfigError) as raised:
        load(path)
    assert all(f.file == str(path) and f.line for f in raised.value.faults)
    return raised.value.faults


def test_the_shipped_feeds_agree_with_the_registries():
    departments = load_departments(INCLUDE / "departments.yaml")
    assert list(feeds())[:4] == ["stats_bureau", "finance", "human_resources", "survey_team"]
    assert list(feeds())[-3:] == ["regional_benchmark", "national_benchmark", "published_figures"]
    assert check_registry(feeds(), indicators(), areas(), departments) == []
    assert "gdp" in feeds()["stats_bureau"].indicators()


def test_what_the_registries_do_not_have():
    feed = feeds()["finance"]
    odd = feed.model_copy(
        update={
            "owner": "nobody",
            "area": "atlantis",
            "series": (feed.series[0].model_copy(update={"indicator": "new_jobs"}),),
        }
    )
    found = check_registry({"finance": odd}, indicators(), areas(), ["finance"])
    assert [f.code for f in found] == ["unknown_owner", "unknown_area", "unit_incompatible"]
    stranger = feed.model_copy(update={"series": (feed.series[0].model_copy(update={"indicator": "budget_revenues"}),)})
    fault = check_registry({"finance": stranger}, indicators(), areas(), ["finance"])[0]
    assert fault.code == "unknown_indicator" and "budget_revenue" in (fault.expected or "")


@pytest.mark.parametrize(
    ("change", "key", "code"),
    [
        (lambda d: d["feeds"][0].update(layout="pdf"), "feeds.0.layout", "enum"),
        (lambda d: d["feeds"][0].update(colour="red"), "feeds.0.colour", "extra_forbidden"),
        (lambda d: d["feeds"][0].pop("suite"), "feeds.0.suite", "missing"),
        (lambda d: d["feeds"][1]["tables"][0]["columns"][0].update(header=["(本月"]), "feeds.1.tables.0.columns.0.header.0", "incoherent"),
        (lambda d: d["feeds"][1].update(id="stats_bureau"), "feeds.1.id", "duplicate_id"),
        (lambda d: d["feeds"][0]["series"][0].update(units=["亿圆"]), "feeds.0.series.0.units", "unknown_unit"),
        (lambda d: d["feeds"][0]["series"][0].update(table="表九"), "feeds.0.series.0.table", "unknown_table"),
        (lambda d: d["feeds"][0]["series"][1]["labels"].append("地区 生产总值"), "feeds.0.series.1.labels", "duplicate_label"),
        (lambda d: d["feeds"][0]["series"][1]["labels"].append({"text": "地区生产总值", "valid_from": "2027-01"}), "feeds.0.series.1.labels", "duplicate_label"),
        (lambda d: d["feeds"][0]["series"][1]["labels"].append({"text": "新名", "valid_from": "2026-05", "valid_until": "2026-04"}), "feeds.0.series.1.labels", "dates_reversed"),
        (lambda d: d["feeds"][0]["series"][1]["labels"].append({"text": "新名", "valid_from": "2026-13"}), "feeds.0.series.1.labels.2.valid_from", "incoherent"),
        (lambda d: d["without_source"].insert(1, dict(d["without_source"][0])), "without_source.1.indicator", "duplicate_id"),
        (lambda d: d["growth_bases"][0].update(cause="weather"), "growth_bases.0.cause", "enum"),
        (lambda d: d["without_source"][0].pop("reason_en"), "without_source.0.reason_en", "missing"),
        (lambda d: d["feeds"][1]["tables"][0].update(needs=["unit"]), "feeds.1.tables.0.needs", "unknown_role"),
        (lambda d: d["feeds"][1]["tables"][0].update(words={"累计": {}}), "feeds.1.tables.0.words", "no_word_column"),
    ],
)  # fmt: skip
def test_a_feed_that_cannot_work_is_refused_with_its_place(tmp_path, change, key, code):
    found = faults(written(tmp_path, change))
    assert (key, code) in [(f.key, f.code) for f in found], [str(f) for f in found]


def test_what_is_said_besides_the_feeds_is_of_known_indicators():
    file = load_feeds_file(INCLUDE / "feeds.yaml")
    said = {entry.indicator for entry in (*file.without_source, *file.growth_bases)}
    assert said <= set(indicators())
    carried = set().union(*(feed.indicators() for feed in file.feeds))
    assert not carried & {entry.indicator for entry in file.without_source}


def test_a_series_whose_name_has_ended_is_neither_due_nor_matched(tmp_path):
    from feedcases import RETAIL, STATS, areas, indicators, stats

    from planwatch.feeds import read_release
    from planwatch.reconcile import reconcile

    def change(data):
        data["feeds"][0]["series"][1]["labels"] = [{"text": "规模以上工业增加值", "valid_until": "2026-02"}]

    feed = load_feeds(written(tmp_path, change))["stats_bureau"]
    table = read_release(feed, stats(RETAIL, ["规模以上工业增加值", "亿元", "-", 10.3, "-", 11.3]), STATS)
    found = reconcile(feed, table, indicators(), areas())
    assert "industry_va" not in {f.key for f in found.missing} | set(found.observations["indicator"])
    [row] = found.unmatched
    assert row.label == "规模以上工业增加值" and "until 2026-02 industry_va" in row.message
    assert "规模以上工业增加值" not in row.nearest


def test_all_faults_at_once(tmp_path):
    def change(data):
        data["feeds"][0]["series"][0]["units"] = ["亿圆"]
        data["feeds"][1]["series"][0]["table"] = "表九"

    assert [f.code for f in faults(written(tmp_path, change))] == ["unknown_unit", "unknown_table"]


def test_a_renamed_label_holds_from_its_month(tmp_path):
    from feedcases import STATS, read, stats

    from planwatch.feeds import read_release

    def change(data):
        data["feeds"][0]["series"][0]["labels"] = ["地区生产总值", {"text": "全市生产总值", "valid_from": "2026-06"}]

    feed = load_feeds(written(tmp_path, change))["stats_bureau"]
    data = stats(["全市生产总值", "亿元", "-", "-", 1141.6, 5.7])
    assert list(read_release(feed, data, STATS).cells.indicator.isna()) == [True] * 4
    june = [
        ["指标名称", "计量单位", "本月", None, "1—6月累计", None],
        [None, None, "绝对量", "同比±%", "绝对量", "同比±%"],
    ]
    later = stats(["全市生产总值", "亿元", "-", "-", 1141.6, 5.7], title=["2026年1—6月"], header=june)
    assert set(read_release(feed, later, "stats_bureau_2026-06.xlsx").cells.indicator) == {"gdp"}
    assert read("stats_bureau", data, STATS).cells.indicator.isna().all()


def test_the_calendar():
    calendar = load_calendar(INCLUDE / "calendar.yaml", feeds())
    stats = calendar.rule("stats_bureau", Frequency.MONTHLY)
    assert (stats.due_day, stats.months_after, stats.grace_days, stats.skip_months) == (20, 1, 5, (1,))
    days = {feed: calendar.rule(feed, Frequency.MONTHLY).due("2026-03").isoformat() for feed in feeds()}
    assert days["finance"] == "2026-04-15" and days["human_resources"] == "2026-04-12"
    assert days["milestones"] == "2026-04-10" and days["regional_benchmark"] == "2026-04-25"
    assert not calendar.rule("published_figures", Frequency.MONTHLY).expected


def test_a_calendar_for_a_feed_that_is_none(tmp_path):
    path = tmp_path / "calendar.yaml"
    path.write_text("feeds:\n  finances: {due_day: 15}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load_calendar(path, feeds())
    fault = raised.value.faults[0]
    assert (fault.code, fault.line, fault.value) == ("unknown_feed", 2, "finances") and "finance" in (
        fault.expected or ""
    )
    path.write_text("feeds:\n  finance: {due_day: 40}\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        load_calendar(path)
