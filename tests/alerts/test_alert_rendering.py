"""How a digest reads: numbers, words, both languages, and text from files that means harm."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from alertcases import PLAN_ID, at, department, frame, occasion, plan, row, target
from hypothesis import given, settings
from hypothesis import strategies as st

from planwatch.alerts import wording
from planwatch.alerts.digest import Digest, Edition, build
from planwatch.alerts.lifecycle import advance, fold, keys_of, open_release, plain
from planwatch.alerts.message import Mail
from planwatch.alerts.render import render
from planwatch.model.alert import AlertKind, Change
from planwatch.model.place import Area
from planwatch.model.target import Plan

DOMAIN = "planwatch.example"


def digest(*rows: dict[str, Any], of: Plan | None = None, areas: dict[str, Area] | None = None, **more: Any) -> Digest:
    verdicts = frame(*rows)
    alerts = fold(advance([], verdicts, occasion(), newest=True))
    cells = [{str(k): plain(v) for k, v in r.items()} for r in verdicts.to_dict("records")]
    edition = Edition(
        plan=of or plan(), period="2026-06", number=1, as_of=at("2026-06"), areas=areas or {}, simulated=False,
        rows=dict(zip(keys_of(verdicts, PLAN_ID), cells, strict=True)),
    )  # fmt: skip
    return build(edition, department(), alerts.values(), [], dict.fromkeys(alerts, Change.NEW), told=1, **more)


def written(*rows: dict[str, Any], **more: Any) -> Mail:
    return render(digest(*rows, **more), DOMAIN)


class Reader(HTMLParser):
    """Collects the elements, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize(
    ("value", "text"),
    [(5.0, "5"), (12.30, "12.3"), (19080.0, "19,080"), (-1.8, "−1.8"), (0.0, "0"), (-0.0, "0"), (666.6667, "666.67"),
     (2.675, "2.68"), (0.0012, "0.0012"), (-0.00001, "0"), (1e9, "1,000,000,000"), (4270.1, "4,270.1"), (100.0, "100")],
)  # fmt: skip
def test_numbers(value: float, text: str) -> None:
    assert wording.number(value) == text


@pytest.mark.parametrize(
    ("given_row", "figures"),
    [
        (row(), {"实际": "3.2%", "应达": "5%", "偏差": "−1.8个百分点"}),
        (row("jobs", kind="cumulative", unit="人", actual=15000, expected=18000, variance=-3000),
         {"实际": "15,000人", "应达": "18,000人", "偏差": "−3,000人"}),
        (row(kind="change_pp", unit="百分点", actual=1.0, expected=2.5, variance=-1.5),
         {"实际": "1个百分点", "应达": "2.5个百分点", "偏差": "−1.5个百分点"}),
        (row(kind="rank", unit="位", actual=5, expected=3, variance=-2), {"实际": "第5位", "应达": "前3位", "偏差": "−2位"}),
        (row(kind="milestone", unit="", actual=0.5, expected=1.0, variance=-0.5), {"实际": "进行中"}),
        (row(kind="assigned", unit="", actual=0.5, expected=1.0, variance=-0.5, observation_key="retail|baotou|2026-06|point|done"),
         {"实际": "进行中"}),
        (row(kind="bottom_line", unit="%", actual=98.5, expected=100.0, variance=-1.5), {"实际": "98.5%"}),
        (row(kind="bottom_line", unit="", actual=2.0, expected=0.0, variance=-2.0), {"实际": "突破2起"}),
        (row(status="overdue", actual=None, expected=None, variance=None), {}),
    ],
)  # fmt: skip
def test_figures_of_every_kind(given_row: dict[str, Any], figures: dict[str, str]) -> None:
    (item,) = digest(given_row).items
    assert dict(item.figures) == figures


def test_says_what_since_when_by_how_much_of_which_month_and_why() -> None:
    mail = written(
        row("jobs", kind="cumulative", unit="万人", actual=1.5, expected=1.8, variance=-0.3, gap_pp=-8.33,
            progress_pct=41.67, schedule_pct=50.0, reading_period="2026-05", reading_state="overdue", reading_age_months=1)
    )  # fmt: skip
    for words in (
        "城镇新增就业", "新增城镇就业3.6万人以上", "滞后〔新列入〕，始于2026年6月", "实际：1.5万人", "应达：1.8万人", "偏差：−0.3万人",
        "完成全年任务的41.7%，序时应达50%，序时进度差−8.3个百分点", "2026年5月，沿用1个月前数据；新数据逾期未报",
        "1—6月增长3.2%", "In short, June 2026: 1 off track.", "bi.alerts", "第1期", "2026-07-28 09:30",
    ):  # fmt: skip
        assert words in mail.body, words


def test_chinese_comes_before_english() -> None:
    body = written(row()).body
    assert body.startswith("致市商务局：\n\n贵单位有1项任务滞后。")
    assert body.index("滞后") < body.index("In short")


def test_the_first_line_is_a_sentence_of_the_units_tasks() -> None:
    alerts = fold(advance([], frame(row(), row("exports"), row("jobs", "overdue")), occasion(), newest=True))
    now = frame(row(), row("exports", "at_risk"), row("jobs", "overdue"))
    rows = [{str(k): plain(v) for k, v in r.items()} for r in now.to_dict("records")]
    edition = Edition(
        plan=plan(), period="2026-06", number=1, as_of=at("2026-06"), areas={}, simulated=False,
        rows=dict(zip(keys_of(now, PLAN_ID), rows, strict=True)),
    )  # fmt: skip
    mail = render(build(edition, department(), alerts.values(), [], {}, told=1), DOMAIN)
    said = "贵单位有1项任务滞后，1项数据逾期未报，1项任务尚未解除、继续跟踪。"
    assert said in mail.body.splitlines() and said in mail.html
    assert mail.subject.endswith("：滞后1项，逾期未报1项，继续跟踪1项")


def test_a_mark_does_not_run_into_a_name_that_begins_like_it() -> None:
    talents = plan(target("talents", "新增高技能人才", "新增3000人", "commerce"))
    mail = written(row("talents"), of=talents)
    assert "〔新列入〕新增高技能人才" in mail.body and "新增〕新增" not in mail.body


def test_the_report_month_stands_apart_from_the_english() -> None:
    assert "报告期：2026年6月（第1期）\n\nIn short" in written(row()).body


def test_plain_text_needs_no_monospaced_font() -> None:
    lines = written(row(), row("exports", "overdue")).body.splitlines()
    assert not any("|" in line or "\t" in line or re.search(r"\S {2,}\S", line) for line in lines), "no columns"


def test_html_and_text_say_the_same() -> None:
    mail = written(row(), row("exports", "overdue"))
    page = "".join(Reader(mail.html).words)
    for line in mail.body.splitlines():
        for part in re.split(r"[：　〔〕，\s]|^\d+\. |^[一二三四五]、|—{3,}", line):
            assert part in page or part in ("状态", "计划", "报告期", "致市商务局"), part


def test_html_loads_nothing_and_never_speaks_by_colour_alone() -> None:
    page = Reader(written(row(), row("exports", "overdue"), row("gdp", "missed")).html)
    assert not {"img", "script", "link", "style", "iframe", "object", "svg", "base", "form", "a"} & set(page.tags)
    assert not any(
        name in ("src", "href", "background", "class") or name.startswith("on") for name, _ in page.attributes
    )
    assert not any("url(" in (value or "") or "@import" in (value or "") for _, value in page.attributes)
    for word in ("滞后", "逾期未报", "未完成"):
        assert word in page.words


HOSTILE = (
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{ 7*7 }}{% raw %}", "a\r\nBcc: spy@evil.example\r\n\r\n",
    "\u202egnorw\u202c", "x\x00y\x1b[31m", "&lt;b&gt;", "'; DROP TABLE mart.outbox; --", "二、已恢复或已解除（9项）\n\n1. 伪造", "\ud800",
    "长" * 5000,
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    named = target("retail", "x", "x", "commerce").model_copy(update={"name_zh": text, "phrase": text})
    hostile = plan(named).model_copy(update={"title": text})
    held = open_release(
        None, occasion(), department="commerce", feed="f", sha256="aa", kind=AlertKind.QUARANTINE, feed_name=text,
        file=text, failures=[text],
    )  # fmt: skip
    some = digest(row(reason_zh=text.replace("\ud800", "")), of=hostile)
    alerts = [*fold(advance([], frame(row()), occasion(), newest=True)).values(), *fold(held).values()]
    edition = Edition(
        plan=hostile, period="2026-06", number=1, as_of=at("2026-06"), areas={}, simulated=True,
        rows={alerts[0].key: row(reason_zh=text)},
    )  # fmt: skip
    both = build(edition, replace_name(text), alerts, [], {}, told=1)
    for mail in (render(some, DOMAIN), render(both, DOMAIN)):
        page = Reader(mail.html)
        assert not {"script", "img", "b"} & set(page.tags)
        assert not any(name.startswith("on") for name, _ in page.attributes)
        assert "49" not in mail.html
        assert not re.search(
            r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2028\ud800-\udfff]", mail.body + mail.html + mail.subject
        )
        assert "\n" not in mail.subject
        assert "\nBcc:" not in mail.body
        assert "\n二、已恢复" not in mail.body
        assert len(mail.body) < 8000
        mail.body.encode()


def replace_name(text: str) -> Any:
    return department().model_copy(update={"name_zh": text})


@settings(deadline=None)
@given(st.text())
def test_one_line_is_one_honest_line(text: str) -> None:
    line = wording.one_line(text)
    assert len(line.splitlines()) <= 1
    assert line == line.strip()
    assert wording.one_line(line) == line
    line.encode()


def test_areas_and_tiers_are_named() -> None:
    areas = {"guyang": Area(id="guyang", name_zh="固阳县", name_en="Guyang", level="county")}
    stretch = plan(target("retail", "社会消费品零售总额", "", "commerce", tier="stretch"))
    names = [item.name for item in digest(row(), row(area="guyang"), of=stretch, areas=areas).items]
    assert names == ["社会消费品零售总额（奋斗目标）", "固阳县·社会消费品零售总额（奋斗目标）"]


def test_each_part_is_named_with_its_area_and_its_own_figure() -> None:
    areas = {
        name: Area(id=name, name_zh=zh, name_en=name, level="county")
        for name, zh in (("guyang", "固阳县"), ("kundulun", "昆都仑区"))
    }
    parts = plan(
        target("jobs", "新增城镇就业", "新增城镇就业3.6万人以上", "commerce"),
        target("jobs", "新增城镇就业", "2.6万人以上", "commerce", area="kundulun"),
        target("jobs", "新增城镇就业", "1万人以上", "commerce", area="guyang"),
        target("retail", "社会消费品零售总额", "增长5%", "commerce"),
    )
    rows = [row("retail"), *(row("jobs", area=area) for area in ("guyang", "kundulun", "baotou"))]
    items = digest(*rows, of=parts, areas=areas).items
    assert [(item.name, dict(item.fields)["目标"]) for item in items] == [
        ("新增城镇就业", "新增城镇就业3.6万人以上"), ("昆都仑区·新增城镇就业", "2.6万人以上"), ("固阳县·新增城镇就业", "1万人以上"),
        ("社会消费品零售总额", "增长5%"),
    ]  # fmt: skip


@pytest.mark.parametrize(("since", "shown"), [("2026-06-30", "增长4%"), ("2026-07-01", "增长5%")])
def test_an_amended_target_is_told_as_it_is_with_what_it_was(since: str, shown: str) -> None:
    order = {"from": since, "value": 4, "phrase": "增长4%", "source": "决议<5>号\r\nBcc: x", "reason": "r"}
    fields = dict(
        digest(row(), of=plan(target("retail", "零售", "增长5%", "commerce", amendments=[order]))).items[0].fields
    )
    assert fields["目标"] == shown
    told = "自2026年6月30日起调整，原为：增长5%；依据：决议<5>号 Bcc: x"
    assert fields.get("调整") == (told if shown == "增长4%" else None)


def test_items_stand_in_the_plan_s_order_whatever_the_rows_were() -> None:
    rows = [row("gdp"), row("retail"), row("exports")]
    assert digest(*rows).items == digest(*reversed(rows)).items
    assert [item.name for item in digest(*rows).items] == ["社会消费品零售总额", "出口总额", "地区生产总值"]


def test_message_ids_are_made_of_the_state_alone() -> None:
    one = digest(row())
    assert re.fullmatch(r"<[0-9a-f]{32}@planwatch\.example>", one.message_id(DOMAIN))
    assert digest(row()).message_id(DOMAIN) == one.message_id(DOMAIN)
    others = [replace(one, told=2), replace(one, period="2026-07"), replace(one, notice=True), digest(row("exports"))]
    assert len({d.message_id(DOMAIN) for d in (one, *others)}) == 5


def test_rendering_is_deterministic() -> None:
    assert written(row(), row("exports")) == written(row("exports"), row())
