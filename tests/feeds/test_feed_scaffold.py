"""A feed guessed from a sample file reads what the shipped feed reads, and says how sure each guess is."""

from __future__ import annotations

import json
import re
import shutil

import openpyxl
import pytest
import yaml
from feedcases import INCLUDE, SAMPLE, areas, feeds, indicators
from typer.testing import CliRunner

from planwatch.cli import feeds as command
from planwatch.errors import InputError, ReleaseError
from planwatch.feeds import load_feeds, read_release, sniff
from planwatch.feeds.load import SHARED_KEYS
from planwatch.feeds.scaffold import Known, feed_of, guess_feed, yaml_entry
from planwatch.quality import load_suites
from planwatch.reconcile import reconcile
from planwatch.settings import ROOT, Settings
from planwatch.yamlfile import read_yaml

SAMPLES = sorted(p for p in SAMPLE.iterdir() if p.is_file())
VALUES = ["indicator", "area", "period", "span", "measure", "value", "unit"]


@pytest.fixture(scope="module")
def shared():
    data, _ = read_yaml(INCLUDE / "feeds.yaml")
    return {key: data[key] for key in SHARED_KEYS}


def guessed(name: str, data: bytes, feed_id: str = "guessed"):
    """Return the draft, knowing the registries alone: no word of the shipped feeds."""
    one = feeds()["finance"]
    return guess_feed(feed_id, data, name, known=Known(indicators(), areas()), words=one.words, limits=one.limits)


LEFT = {
    "energy": {"new_energy_grid"},  # an SDMX file without a dimension for it: the quarter, or the year to date?
    "national_benchmark": {"cpi"},  # the one name without 累计 behind it
}
"""What the guess may leave to a person though its name is known and the file holds a value: feed id → indicators."""


STRANGE = {"national_benchmark": {"fixed_investment", "budget_revenue"}}  # 固定资产投资额, 国家财政收入
"""What is printed under a name that no registry knows: feed id → indicators. Such names are offered, never taken."""


def observed(feed, path):
    """Return the reconciliation and {(sheet, row, column): values} of its observations."""
    table = read_release(feed, path.read_bytes(), path.name)
    found = reconcile(feed, table, indicators(), areas())
    rows = found.observations
    places = zip(rows["sheet"], rows["row"], rows["column"], strict=True)
    return table, found, dict(zip(places, map(tuple, rows[VALUES].to_numpy()), strict=True))


@pytest.mark.parametrize(
    "path",
    [p if p.stem.endswith("06") else pytest.param(p, marks=pytest.mark.slow) for p in SAMPLES],
    ids=lambda p: p.name,
)
def test_reads_every_series_of_a_known_name_as_the_shipped_feed_does(path, shared):
    shipped = sniff(feeds(), path.name)
    draft = guessed(path.name, path.read_bytes())
    table, _, expected = observed(shipped, path)
    named = {row.indicator.value for row in draft.named}
    left = {row.indicator.value: row.left for row in draft.named if row.left}
    with_value = {values[0] for values in expected.values()}
    assert draft.period.value in path.name
    assert with_value - named <= STRANGE.get(shipped.id, set())
    assert set(left) & with_value <= LEFT.get(shipped.id, set())
    assert all(left.values())
    if not draft.taken:
        return
    entry = yaml_entry(draft, owner=shipped.owner, area=shipped.area, producer="x")
    _, own, read = observed(feed_of(entry, shared), path)
    assert not own.rejects
    wanted = {place: values for place, values in expected.items() if values[0] in named - set(left)}
    assert {place: read.get(place) for place in wanted} == wanted
    followed = {(c.sheet, c.row, c.column): c.state for c in table.cells.itertuples()}
    beyond = {place: values for place, values in read.items() if place not in wanted}
    assert {followed.get(place) for place in beyond} <= {"not_followed", "other_caliber"}, beyond


def test_every_guess_is_marked_with_how_sure_it_is(shared):
    path = SAMPLE / "stats_bureau_2026-03.xlsx"
    entry = yaml_entry(guessed(path.name, path.read_bytes()), owner="stats_bureau", area="baotou", producer="x")
    marked = [line for line in entry.splitlines() if "{name:" in line or "indicator:" in line or "label:" in line]
    assert len(marked) > 15
    assert all(re.search(r"# \d\.\d\d ", line) for line in marked)


def workbook(*rows) -> bytes:
    import io

    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_name_that_is_nearly_known_is_offered_and_not_taken(shared):
    data = workbook(
        ["2026年5月某局统计表"], ["名称", "单位", "累计"], ["社会消费品零售额", "亿元", 12.3], ["税收收入", "亿元", 4.5], ["从未见过", "吨", 7],
    )  # fmt: skip
    draft = guessed("table_2026-05.xlsx", data)
    entry = yaml_entry(draft, owner="finance", area="baotou", producer="x")
    offered = next(line for line in entry.splitlines() if "社会消费品零售额" in line)
    assert offered.lstrip().startswith("# -")
    assert re.search(r"retail_sales 0\.\d\d", offered)
    assert "no known name looks like it" in next(line for line in entry.splitlines() if "从未见过" in line)
    assert [s.indicator for s in feed_of(entry, shared).series] == ["tax_revenue"]


def test_a_rate_under_the_year_to_date_is_left_to_the_person_unless_a_note_says_what_it_is():
    rows = [["指标", "单位", "累计完成"], ["生产性服务业占比", "%", 21.9]]
    [bare] = guessed("t.xlsx", workbook(["2026年5月"], *rows)).named
    [noted] = guessed("t.xlsx", workbook(["2026年5月"], ["说明：生产性服务业占比为季末数"], *rows)).named
    assert "rate under the year to date" in bare.left and not bare.is_taken
    assert (noted.left, noted.fields["span"]) == ("", "point")


def test_a_task_beside_a_reading_is_no_reading_and_alone_it_is_an_assigned_one():
    beside = guessed(
        "t.xlsx", workbook(["2026年5月"], ["指标", "单位", "任务数", "累计"], ["税收收入", "亿元", 90, 4.5])
    )
    alone = guessed("t.xlsx", workbook(["2026年5月"], ["指标", "单位", "任务数"], ["税收收入", "亿元", 90]))
    assert [c.path for c in beside.tables[0].role("value")] == ["累计"]
    assert alone.named[0].fields["value_is"] == "assigned"


def test_a_file_that_does_not_say_enough_is_refused_with_what_is_left(place):
    done = run("new", SAMPLE / "energy_2026-06.csv", "--id", "grid")
    assert isinstance(done.exception, InputError) and done.exception.faults[0].code == "left_to_you"
    assert "# - {indicator: new_energy_grid" in done.stdout


def test_a_label_column_of_an_unusual_name_is_a_poor_guess():
    data = workbook(["2026年5月"], ["甲类", "计量单位", "1—5月累计"], ["税收收入", "亿元", 4.5])
    [table] = guessed("t.xlsx", data).tables
    assert (table.label.value, table.label.confidence) == ("甲类", 0.3)


def test_a_unit_that_is_not_the_indicators_is_doubted():
    data = workbook(["2026年5月"], ["指标", "单位", "累计"], ["税收收入", "万吨", 4.5])
    [row] = guessed("t.xlsx", data).named
    assert "does not convert to 亿元" in row.doubts[0]


def test_headers_are_taken_literally(shared):
    data = workbook(
        ["2026年5月"], ["指标（甲）", "计量单位", "累计", "责任单位"], ["税收收入", "亿元", 4.5, "财政局"], ["合计[*", "亿元", 1, "x"],
    )  # fmt: skip
    feed = feed_of(yaml_entry(guessed("t_2026-05.xlsx", data), owner="finance", area="baotou", producer="x"), shared)
    found = reconcile(feed, read_release(feed, data, "t_2026-05.xlsx"), indicators(), areas())
    assert list(found.observations["value"]) == [4.5]


def test_a_file_larger_than_a_release_may_be_is_refused():
    one = feeds()["finance"]
    small = one.limits.model_copy(update={"max_bytes": 100})
    with pytest.raises(InputError, match="larger"):
        guess_feed("x", b"x" * 101, "x.csv", known=Known(indicators(), areas()), words=one.words, limits=small)


def test_last_years_figures_are_left_out():
    data = workbook(
        ["2026年5月"], ["指标", "单位", "累计", "上年同期", "同比增长（%）"], ["税收收入", "亿元", 4.5, 4.1, 9.8]
    )
    [table] = guessed("t.xlsx", data).tables
    assert {c.path: c.role for c in table.columns if c.path != "单位"} == {
        "累计": "value", "上年同期": "ignored", "同比增长(%)": "value",
    }  # fmt: skip


@pytest.mark.parametrize(
    "hostile",
    ["税收\n- {indicator: gdp}", "税收 # x", "税收': [", "{税收: }", "税收\u202e收入", "- *anchor", "!!python/object"],
)
def test_names_from_the_file_cannot_break_out_of_their_place(hostile, shared):
    data = workbook(["2026年5月"], ["指标", "单位", "累计"], ["税收收入", "亿元", 4.5], [hostile, "亿元", 1])
    entry = yaml_entry(guessed("t.xlsx", data), owner="finance", area="baotou", producer=hostile)
    assert [s.indicator for s in feed_of(entry, shared).series] == ["tax_revenue"]
    [parsed] = yaml.safe_load(f"feeds:\n{entry}")["feeds"]
    assert parsed["source"]["producer"].startswith(hostile[0])


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x03\x04 broken", "指标,单位\n".encode()])
def test_what_holds_no_table_is_refused(data):
    with pytest.raises((InputError, ReleaseError)):
        guessed("x.csv", data)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An include folder and suites of the test's own."""
    include = shutil.copytree(ROOT / "include", tmp_path / "include")
    suites = shutil.copytree(ROOT / "expectations", tmp_path / "expectations")
    own = Settings(include=include, expectations=suites, home=tmp_path)
    monkeypatch.setattr(command, "settings", lambda: own)
    return own


def run(*arguments):
    return CliRunner().invoke(command.app, [str(a) for a in arguments])


def test_new_writes_entry_and_suite_that_hold_together(place):
    sample = SAMPLE / "finance_2026-03.html"
    done = run("new", sample, "--id", "county_budget", "--owner", "finance", "--write")
    assert done.exit_code == 0, done.output
    assert set(load_feeds(place.include / "feeds.yaml")) == {*feeds(), "county_budget"}
    assert "release_county_budget" in load_suites(place.expectations)
    assert run("check").exit_code == 0
    suite = json.loads((place.expectations / "release_county_budget.json").read_text(encoding="utf-8"))
    bounds = {e["meta"]["id"]: e["kwargs"] for e in suite["expectations"] if "bounds" in e["meta"]["id"]}
    assert (
        bounds["budget_revenue_baotou_in_bounds"]["min_value"] < bounds["budget_revenue_baotou_in_bounds"]["max_value"]
    )
    again = run("new", sample, "--id", "county_budget", "--write")
    assert isinstance(again.exception, InputError)


def test_new_without_write_changes_nothing(place):
    before = (place.include / "feeds.yaml").read_bytes()
    done = run("new", SAMPLE / "finance_2026-03.html", "--id", "x")
    assert done.exit_code == 0 and "- id: x" in done.stdout
    assert (place.include / "feeds.yaml").read_bytes() == before


def test_check_names_what_does_not_fit(place):
    path = place.include / "feeds.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("suite: release_finance", "suite: release_nowhere"), encoding="utf-8"
    )
    done = run("check")
    assert done.exit_code == 1
    assert "release_nowhere" in done.output


def test_list_says_when_the_next_release_is_due(place):
    done = run("list", "--format", "json")
    rows = {row["feed"]: row for row in json.loads(done.stdout)}
    assert set(rows) == set(feeds())
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", rows["finance"]["next_due"])
    assert rows["published_figures"]["next_due"] == ""
