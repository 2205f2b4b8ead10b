"""What is wrong with a release, one line each, for its department: Chinese first, then the place and the English words."""

from __future__ import annotations

import re
from collections.abc import Mapping

from planwatch.errors import Fault
from planwatch.model.check import CheckResult
from planwatch.quality.suites import NOTE_SEPARATOR

MOST_PLACES = 5
"""How many places of a failed check a line names."""
FAULT_ZH: Mapping[str, str] = {
    "ambiguous_column": "有两列符合同一列名", "ambiguous_table": "有多张表符合同一表名", "archive_damaged": "压缩文件已损坏",
    "bad_period": "报告期无法识别", "binary": "文件不是文本", "conflict": "同一指标出现两个不同数值，均未采用",
    "cut_short": "文件不完整", "deletion": "文件要求删除数据", "duplicate_column": "列名重复", "empty": "文件为空",
    "empty_file": "文件为空", "error_reply": "文件内容是出错提示", "later_period": "报告期晚于应报月份",
    "missing_column": "缺少应有的列", "missing_series": "缺少应报的指标", "missing_sheet": "缺少应有的工作表",
    "no_header": "找不到表头", "no_period": "看不出报告期", "no_records": "文件中没有记录", "no_table": "文件中没有表格",
    "no_values": "文件中没有数值", "not_a_number": "应为数字，填的是文字", "not_a_workbook": "不是可读取的工作簿",
    "not_csv": "不是 CSV 文件", "not_json": "不是 JSON 文件", "not_sdmx": "不是 SDMX-CSV 文件", "other_period": "报告期与应报月份不符",
    "password_protected": "文件有密码保护", "qualitative": "应为数字，填的是文字说明", "row_too_long": "一行的单元格多于表头",
    "row_too_short": "一行的单元格少于表头", "second_table": "表格下方另有一张表", "too_large": "文件过大",
    "too_many_cells": "单元格过多", "undecodable": "文字编码无法识别", "unit_changed": "计量单位与约定不符",
    "unit_incompatible": "计量单位无法换算", "unit_unknown": "计量单位无法识别", "unknown_area": "地区名称无法识别",
    "unknown_indicator": "指标名称无法识别", "unknown_word": "用词无法识别", "wrong_delimiter": "分隔符不对", "zip_bomb": "压缩比过高",
}  # fmt: skip
"""The stable words for what is wrong with a file or a cell, as a department understands them."""

_CODE = re.compile(r"\[code: ([a-z_]+)\]$")


def failed_check(result: CheckResult) -> str:
    """Return what a failed check asks for, in both languages, and where it failed; why its bound is such stands in the Data Docs."""
    zh, en = (*result.note.split(NOTE_SEPARATOR), "", "")[:2]
    said = f"{zh}（{en}）" if en else zh or result.expectation
    places = "；".join(_place(place) for place in result.offending[:MOST_PLACES])
    return f"{said}：{places}" if places else said


def unread(fault: Fault) -> str:
    """Return why a file cannot be read."""
    return f"{FAULT_ZH.get(fault.code, '文件无法读取')}：{fault}"


def _place(place: str) -> str:
    code = _CODE.search(place)
    words = FAULT_ZH.get(code[1], "") if code else ""
    return f"{words}（{place[: code.start()].strip()}）" if code and words else place
