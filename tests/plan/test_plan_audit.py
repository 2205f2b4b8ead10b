"""The audit finds what is uncovered, what disagrees, and what is no target; and says so in every format."""

from __future__ import annotations

import json
from pathlib import Path

import planprints
import pytest
from plancases import INCLUDE
from typer.testing import CliRunner

from planwatch.cli.plan import app
from planwatch.model.target import Plan, Target
from planwatch.model.vocabulary import Comparator
from planwatch.plan import load_plan
from planwatch.plan.audit import Audit, State, audit
from planwatch.plan.audit_report import audit_page
from planwatch.plan.document import Document, Section, read_document
from planwatch.plan.nottargets import NotTarget, load_not_targets, not_targets_path

REAL = INCLUDE.parent.parent / "shared" / "plan" / "2026-plan.md"
needs_the_plan = pytest.mark.skipif(not REAL.exists(), reason=f"the plan's text is not here: {REAL}")


def target(phrase: str, kind: str = "cumulative", comparator: str = "ge", **more: object) -> Target:
    said = {"id": "it", "indicator": "it", "section": "1", "name_zh": "某指标", "phrase": phrase, "kind": kind}
    return Target.model_validate({**said, "comparator": comparator, **more})


def look(text: str, *targets: Target, not_targets: tuple[NotTarget, ...] = (), section: str = "1") -> Audit:
    document = Document("plan.txt", "计划", (Section(section, "", text),))
    return audit(document, Plan(id="x-2026", year=2026, area="x", title="计划", targets=targets), not_targets)


def states(found: Audit) -> list[tuple[str, str]]:
    return [(mark.figure.text, mark.state.value) for mark in found.marks]


AGREEING = [
    ("竣工300个以上", {"value": 300, "unit": "个"}),
    ("新增就业3.6万人以上", {"value": 36000, "unit": "人"}),
    ("精准平移2—3项技术", {"value": 2, "value_high": 3, "unit": "项", "comparator": "range"}),
    ("产值突破60亿元", {"value": 60, "unit": "亿元", "comparator": "gt"}),
    ("能耗降低1.6%左右", {"value": -1.6, "unit": "%", "kind": "growth", "comparator": "about", "direction": -1}),
    ("能耗降低3%以上", {"value": -3, "unit": "%", "kind": "growth", "comparator": "le"}),
    ("跑动次数降至0.1次", {"value": 0.1, "unit": "次", "kind": "reach", "comparator": "le"}),
    ("灌溉水利用系数提高到0.585", {"value": 0.585, "unit": "指数", "kind": "reach"}),
    ("利用率100%", {"value": 100, "unit": "%", "kind": "hold", "comparator": "eq"}),
    ("外资保持全区前三", {"value": 3, "unit": "位", "kind": "rank", "comparator": "rank_le"}),
    ("营业收入翻一番", {"value": 100, "unit": "%", "kind": "growth"}),
    ("出口增长1.1倍", {"value": 110, "unit": "%", "kind": "growth"}),
    ("建成十五个中心", {"value": 15, "unit": "个"}),
    ("居民收入与经济增长同步", {"kind": "relative", "comparator": "about", "reference": {"indicator": "gdp"}}),
    ("零就业家庭动态清零", {"kind": "bottom_line", "comparator": "eq"}),
    ("水源地100%达标", {"kind": "bottom_line", "comparator": "eq"}),
    ("市属国企全部扭亏", {"kind": "milestone"}),
]


@pytest.mark.parametrize(("phrase", "said"), AGREEING, ids=[phrase for phrase, _ in AGREEING])
def test_a_target_that_says_what_is_printed_covers_its_figure(phrase: str, said: dict[str, object]) -> None:
    found = look(f"力争全年{phrase}，再接再厉。", target(phrase, **said))
    assert found.findings == ()
    assert {state for _, state in states(found)} == {"covered"}
    assert [(s.place, s.stands, s.agrees) for s in found.standings] == [("1", True, True)]


DISAGREEING = [
    ("value", "竣工300个以上", {"value": 301, "unit": "个"}),
    ("unit", "新增就业3.6万人以上", {"value": 3.6, "unit": "人"}),
    ("unit", "覆盖率提高5个百分点", {"value": 5, "unit": "%", "kind": "growth"}),
    ("comparator", "产值突破60亿元", {"value": 60, "unit": "亿元"}),
    ("comparator", "生产总值增长5.5%左右", {"value": 5.5, "unit": "%", "kind": "growth"}),
    ("comparator", "竣工300个以上", {"value": 300, "unit": "个", "comparator": "le"}),
    ("comparator", "竣工300个", {"value": 300, "unit": "个", "comparator": "le"}),
    ("comparator", "产量稳定在80万吨以上", {"value": 80, "unit": "万吨", "kind": "hold", "comparator": "lt"}),
    ("comparator", "失业率控制在4.5%以内", {"value": 4.5, "unit": "%", "kind": "hold", "comparator": "ge"}),
    ("comparator", "能耗降低1.6%左右", {"value": -1.6, "unit": "%", "kind": "growth", "comparator": "le"}),
    ("range", "精准平移2—3项技术", {"value": 2, "unit": "项"}),
    ("range", "精准平移2—3项技术", {"value": 2, "value_high": 4, "unit": "项", "comparator": "range"}),
    ("unit", "外资保持全区前三", {"value": 3, "unit": "%", "kind": "rank", "comparator": "rank_le"}),
    ("value", "外资保持全区前三", {"value": 5, "unit": "位", "kind": "rank", "comparator": "rank_le"}),
]


@pytest.mark.parametrize(("code", "phrase", "said"), DISAGREEING, ids=[f"{c} {p}" for c, p, _ in DISAGREEING])
def test_a_target_that_says_something_else_disagrees(code: str, phrase: str, said: dict[str, object]) -> None:
    found = look(f"力争全年{phrase}，再接再厉。", target(phrase, **said))
    assert [(f.code, f.subject) for f in found.findings] == [(code, "it")]
    assert State.DISAGREEING in {mark.state for mark in found.marks}
    assert [(s.stands, s.agrees) for s in found.standings] == [(True, False)]


def growth(id_: str, name: str, value: float, phrase: str) -> Target:
    return target(phrase, "growth", id=id_, name_zh=name, value=value, unit="%")


def test_a_list_needs_a_target_for_every_figure_of_it() -> None:
    phrase = "肉、蛋、奶产量分别增长6%、6%、7%"
    whole = (
        growth("meat", "肉产量", 6, phrase),
        growth("eggs", "蛋产量", 6, phrase),
        growth("milk", "奶产量", 7, phrase),
    )
    assert look(phrase, *whole).findings == ()
    assert states(look(phrase, *whole[1:])) == [("6%", "covered"), ("6%", "uncovered"), ("7%", "covered")]


def test_a_figure_said_of_several_things_needs_a_target_for_each() -> None:
    phrase = "研发机构和活动覆盖率均提高5个百分点"
    said = {"value": 5, "unit": "百分点"}
    one, other = (target(phrase, "change_pp", id=id_, name_zh=id_, **said) for id_ in ("labs", "activity"))
    assert [f.code for f in look(phrase, one).findings] == ["partly_covered"]
    assert look(phrase, one, other).findings == ()


def test_values_swapped_in_a_list_are_told_by_the_names() -> None:
    phrase = "垃圾收运覆盖率、粪污利用率分别达到97%和90%"
    swapped = [
        target(phrase, "reach", id="refuse", name_zh="垃圾收运覆盖率", value=90, unit="%"),
        target(phrase, "reach", id="manure", name_zh="粪污利用率", value=97, unit="%"),
    ]
    assert [(f.code, f.subject) for f in look(phrase, *swapped).findings] == [("value", "refuse"), ("value", "manure")]


def test_two_targets_may_share_a_figure() -> None:
    phrase = "研发机构和活动覆盖率均提高5个百分点"
    both = [target(phrase, "change_pp", id=id_, value=5, unit="百分点") for id_ in ("institutions", "activities")]
    (mark,) = look(phrase, *both).marks
    assert mark.targets == ["institutions", "activities"]


def test_a_phrase_in_another_section_is_not_there_and_the_finding_says_where_it_is() -> None:
    found = look("竣工300个以上。", target("竣工300个以上", value=300, unit="个", section="2"), section="1")
    assert next((f.code, f.mend) for f in found.findings) == ("phrase_not_found", "it stands in 1")
    assert not found.standings[0].stands


def test_a_theme_belongs_to_its_item_and_a_phrase_said_again_is_covered_again() -> None:
    said = target("新增60个项目", value=60, unit="个", section="3.3")
    document = Document(
        "plan.txt", "计划", (Section("3.3[能源]", "", "新增60个项目。"), Section("4", "", "全力新增 60 个项目。"))
    )
    found = audit(document, Plan(id="x-2026", year=2026, area="x", title="计划", targets=(said,)))
    assert found.findings == ()
    assert [mark.targets for mark in found.marks] == [["it"], ["it"]]


def test_what_is_no_target_needs_its_reason_and_its_place() -> None:
    text = "加快564个项目建设，竣工300个以上，落实“1571”部署。"
    listed = (
        NotTarget(section="1", phrase="564个项目", reason="existing stock"),
        NotTarget(phrase="“1571”", reason="a name"),
    )
    found = look(text, target("竣工300个以上", value=300, unit="个"), not_targets=listed)
    assert (found.findings, [m.reason for m in found.marks]) == ((), ["existing stock", "", "a name"])


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (NotTarget(section="1", phrase="565个项目", reason="misprinted"), "exclusion_not_found"),
        (NotTarget(section="2", phrase="竣工300个", reason="elsewhere"), "exclusion_not_found"),
        (NotTarget(section="1", phrase="竣工300个", reason="a target after all"), "excluded_target"),
    ],
)
def test_a_list_of_what_is_no_target_is_checked_too(entry: NotTarget, code: str) -> None:
    found = look("竣工300个以上。", target("竣工300个以上", value=300, unit="个"), not_targets=(entry,))
    assert [f.code for f in found.findings] == [code]


def test_a_whole_section_can_be_no_target() -> None:
    entry = NotTarget(section="1", reason="last year's figures")
    assert states(look("去年竣工80个，投资9亿元。", not_targets=(entry,))) == [
        ("80个", "excluded"),
        ("9亿元", "excluded"),
    ]


def test_dates_and_document_numbers_need_nobody() -> None:
    assert look("2026年6月底前，按照包府发〔2026〕1号文件办理。").findings == ()


def test_the_page_shows_every_figure_with_its_state_and_obeys_no_text() -> None:
    hostile = '<script>alert(this)</script>竣工300个以上，新增5家，"><img src=x>引进7名。'
    page = audit_page(look(hostile, target("竣工300个以上", value=300, unit="个", name_zh="<b>某</b>")))
    assert "<script>" not in page and "<img" not in page and "<b>某" not in page
    assert '<mark class="covered" title="有指标 · it &lt;b&gt;某&lt;/b&gt;">300个以上</mark>' in page
    assert page.count('<mark class="uncovered" title="未纳入">') == 2
    assert "http" not in page.replace("http-equiv", "")


def test_notes_beside_the_text_name_the_targets_and_those_that_print_no_figure() -> None:
    law = target("出台《某条例》", "milestone", id="law", name_zh="某条例")
    page = audit_page(
        look("竣工300个以上，新增5家，出台《某条例》。", target("竣工300个以上", value=300, unit="个"), law)
    )
    assert page.count("<sup ") == 2
    aside = page[page.index("<aside>") : page.index("</aside>")]
    assert "某指标 <code>it</code>" in aside
    assert "<strong>未纳入</strong>" in aside
    assert "某条例 <code>law</code>" in aside[aside.index("未印数字") :]


def test_the_list_stands_beside_its_targets() -> None:
    assert not_targets_path(Path("include/targets.yaml")) == Path("include/not_targets.yaml")
    assert not_targets_path(Path("include/plans/2025.yaml")) == Path("include/plans/2025-not-targets.yaml")


PLAN = """\
plan: {id: qingshi-2026, year: 2026, area: baotou, title: A plan}
targets:
  - {id: jobs, indicator: new_jobs, section: "0", name_zh: 就业, phrase: 新增城镇就业3.6万人以上, kind: cumulative, comparator: ge, value: 3.6, unit: 万人}
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A document with one commitment, and its targets."""
    (tmp_path / "plan.txt").write_text("计划\n\n抓好稳岗扩岗，新增城镇\n就业3.6万人以上。\n", encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(PLAN, encoding="utf-8")
    return str(tmp_path / "plan.txt"), str(tmp_path / "mine.yaml")


def test_the_command_ends_with_0_when_clean_and_1_with_findings(files: tuple[str, str], tmp_path: Path) -> None:
    document, targets = files
    clean = CliRunner().invoke(app, ["audit", "--plan", document, "--targets", targets, "--format", "json"])
    assert (clean.exit_code, json.loads(clean.stdout)["counts"]["covered"]) == (0, 1)
    Path(document).write_text("计划\n新增城镇就业3.6万人以上，竣工9个。\n", encoding="utf-8")
    loose = CliRunner().invoke(app, ["audit", "--plan", document, "--targets", targets, "--format", "json"])
    report = json.loads(loose.stdout)
    assert (loose.exit_code, [f["code"] for f in report["findings"]]) == (1, ["uncovered"])
    (tmp_path / "mine-not-targets.yaml").write_text(
        "not_targets: [{phrase: 竣工9个, reason: stock}]\n", encoding="utf-8"
    )
    listed = CliRunner().invoke(app, ["audit", "--plan", document, "--targets", targets])
    assert (listed.exit_code, "stock" in listed.stdout) == (0, True)


def test_the_command_refuses_what_it_cannot_read(files: tuple[str, str], tmp_path: Path) -> None:
    from planwatch.errors import InputError

    for arguments in (
        ["--plan", str(tmp_path / "none.pdf")],
        ["--plan", files[0], "--not-targets", str(tmp_path / "none.yaml")],
        ["--plan", files[0], "--format", "html", "--output", str(tmp_path)],
        ["--plan", files[0], "--format", "html", "--output", str(tmp_path / "absent" / "page.html")],
        ["--plan", "/dev/zero"],
    ):
        result = CliRunner().invoke(app, ["audit", *arguments, "--targets", files[1]])
        assert isinstance(result.exception, InputError)


@pytest.mark.parametrize("more", [["--area", "a: b"], ["--year", "-5"]])
def test_a_draft_takes_no_area_or_year_that_none_can_be(files: tuple[str, str], more: list[str]) -> None:
    result = CliRunner().invoke(app, ["draft", "--plan", files[0], *more])
    assert result.exit_code != 0
    assert "targets:" not in result.stdout


def test_a_draft_of_nothing_says_so(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("各位同志：\n\n近来可好。祝一切顺利。\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["draft", "--plan", str(tmp_path / "letter.txt")])
    assert "no target was found" in result.stderr


def test_a_page_is_written_to_a_file(files: tuple[str, str], tmp_path: Path) -> None:
    out = tmp_path / "audit.html"
    arguments = ["audit", "--plan", files[0], "--targets", files[1], "--format", "html", "--output", str(out)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_small_county_is_audited_the_same_in_every_print(tmp_path: Path) -> None:
    counts = []
    for data in (planprints.plain().encode(), planprints.wrapped(20).encode(), planprints.word(), planprints.pdf()):
        (tmp_path / "plan").write_bytes(data)
        document = read_document(tmp_path / "plan")
        found = audit(document, Plan(id="x-2026", year=2026, area="x", title="x", targets=()))
        counts.append([(m.passage.section, m.figure.text) for m in found.marks])
    assert counts[1:] == counts[:1] * 3


def spoilt(one: Target) -> dict[str, Target | None]:
    """Return a target with one thing of it wrong each, and None for the target taken out."""
    less = one.comparator in (Comparator.LE, Comparator.LT, Comparator.RANK_LE)
    changes: dict[str, dict[str, object]] = {
        "value": {"value": (one.value or 0) * 1.1 + 1},
        "unit": {"unit": "亿千瓦时" if one.unit != "亿千瓦时" else "人"},
        "comparator": {"comparator": Comparator.GE if less else Comparator.LE},
        "section": {"section": "99.9"},
        "phrase": {"phrase": one.phrase + "口"},
    }
    return {**{name: one.model_copy(update=change) for name, change in changes.items()}, "removed": None}


@needs_the_plan
@pytest.mark.parametrize("what", ["value", "unit", "comparator", "section", "phrase", "removed"])
def test_on_the_2026_plan_whatever_is_wrong_is_found(what: str) -> None:
    document, plan = read_document(REAL), load_plan(INCLUDE / "targets.yaml", INCLUDE)
    excluded = load_not_targets(INCLUDE / "not_targets.yaml")
    numeric = [t for t in plan.targets if t.value is not None and not t.value_inferred]
    for one in numeric[:: len(numeric) // 4]:
        wrong = spoilt(one)[what]
        targets = tuple(t if t.id != one.id else wrong for t in plan.targets if t.id != one.id or wrong)
        found = audit(document, plan.model_copy(update={"targets": targets}), excluded).findings
        assert found, f"{one.id}: {what}"


@needs_the_plan
def test_on_the_2026_plan_nothing_is_uncovered_and_nothing_disagrees() -> None:
    plan = load_plan(INCLUDE / "targets.yaml", INCLUDE)
    found = audit(read_document(REAL), plan, load_not_targets(INCLUDE / "not_targets.yaml"))
    assert found.findings == ()
    assert all(standing.stands and standing.agrees for standing in found.standings)


def test_a_target_of_a_table_takes_its_unit_from_the_row() -> None:
    text = "指标｜单位｜2025年完成｜2026年计划。\n失业率｜%｜5.2｜≤5.5。"
    phrase = "失业率｜%｜5.2｜≤5.5"
    right = target(phrase, "hold", "le", value=5.5, unit="%")
    assert [f.code for f in look(text, right).findings] == ["uncovered"]  # last year's figure
    for change in ({"value": 5.6, "unit": "%"}, {"value": 5.5, "unit": "万人"}):
        codes = [f.code for f in look(text, target(phrase, "hold", "le", **change)).findings]
        assert codes[0] in ("value", "unit"), codes
    assert "comparator" in [f.code for f in look(text, target(phrase, "hold", "ge", value=5.5, unit="%")).findings]
