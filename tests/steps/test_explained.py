"""What a department reads of a release that is held or cannot be read: Chinese first."""

import pytest

from planwatch.errors import Fault
from planwatch.model.check import CheckResult
from planwatch.model.vocabulary import Gate, Severity
from planwatch.sample import generate
from planwatch.steps.explained import failed_check, unread
from tests.steps.conftest import SAMPLE


def failed(note, *places):
    return CheckResult(
        gate=Gate.RELEASE, suite="release_finance", expectation="readable", severity=Severity.CRITICAL, success=False,
        note=note, offending=places,
    )  # fmt: skip


def test_a_check_says_what_it_asks_for_in_both_languages_and_not_why_its_bound_is_such():
    said = failed_check(
        failed(
            "零售额应在 20 与 2500 之间 ｜ Retail is between 20 and 2500 ｜ The year 2025 was 939.5.", "a = 1", "b = 2"
        )
    )
    assert said == "零售额应在 20 与 2500 之间（Retail is between 20 and 2500）：a = 1；b = 2"


def test_a_refused_cell_is_explained_in_chinese():
    said = failed_check(
        failed("应可读 ｜ Readable", "row 3: text in a number cell; found '约四百亿' [code: not_a_number]")
    )
    assert said == "应可读（Readable）：应为数字，填的是文字（row 3: text in a number cell; found '约四百亿'）"


def test_a_code_without_chinese_words_keeps_its_own():
    assert failed_check(failed("应可读", "row 3 [code: odd_one]")) == "应可读：row 3 [code: odd_one]"
    assert failed_check(failed("")) == "readable"


def test_a_file_that_cannot_be_read_says_why_in_chinese():
    fault = Fault(code="password_protected", message="the workbook has a password", file="a.xlsx")
    assert unread(fault) == "文件有密码保护：a.xlsx: the workbook has a password"
    assert unread(Fault(code="odd_one", message="odd")) == "文件无法读取：odd"


@pytest.mark.postgres
def test_the_mail_of_a_held_release_has_it(house):
    house.drop("finance", SAMPLE / "finance_2026-02.html")
    house.read_all()
    house.drop("finance", generate("finance", "2026-03", corrupt="text-in-number"), "finance_2026-03.html")
    house.read_all()
    [body] = [m["body"] for m in house.query("SELECT body FROM mart.outbox") if "隔离待决" in m["body"]]
    [said] = [line.strip() for line in body.splitlines() if "问题：" in line]
    assert said.startswith(
        "问题：数字单元格中不应有读不出的内容（No number cell holds something that cannot be read）：应为数字，填的是文字（"
    )
