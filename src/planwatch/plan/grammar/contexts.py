"""Figures that are no commitment: existing stock, sizes of things, names of programmes, what was done last year."""

from __future__ import annotations

import re
from collections.abc import Sequence

from planwatch.plan.figures import Figure, Form
from planwatch.plan.grammar.clauses import Sentence, Setting, without_number
from planwatch.plan.grammar.lexicon import phrases

_FULL_WIDTH = str.maketrans(",;:()", "，；：（）")
_YEAR = re.compile(r"^(?:截至|到)?(20\d\d)年")


def past_until(sentence: Sentence, year: int | None, *, goes_on: bool = False) -> int:
    """Return up to where a sentence tells of an earlier year: 0 where nothing does, less than its length where it turns to this one.

    `goes_on`: the part before the semicolon did, so this one does too, unless it names this year.
    """
    text = without_number(sentence.text.strip())
    found = _YEAR.match(text)
    earlier = bool(found and year and int(found[1]) < year) or (goes_on and not _is_ahead(sentence.text, year))
    if not earlier and not re.search(phrases().no_target.past, text):
        return 0
    turn = re.search(rf"[，：](?:今年|{year or '今年'}年)", sentence.text)
    return turn.start() if turn else len(sentence.text)


def _is_ahead(text: str, year: int | None) -> bool:
    return bool(re.match(rf"\s*(?:今年|{year or '今年'}年|明年|下一步|力争|确保|要)", text))


def is_review(titles: Sequence[str], year: int | None) -> bool:
    """Return whether a section looks back, by its headings: 2025年计划执行情况."""
    for title in titles:
        years = [int(y) for y in re.findall(r"(20\d\d)年", title)]
        if year in years:
            continue
        if re.search(phrases().no_target.review, title) or (years and year and max(years) < year):
            return True
    return False


def is_no_target(setting: Setting, text: str) -> bool:
    """Return whether the words around a figure say that it is no commitment.

    Args:
        setting: the figure in its clause.
        text: the text in which the figure's places count.
    """
    figure = setting.figure
    if _quoted(text, figure.core_start, figure.core_end):
        return True
    if re.match(phrases().no_target.condition, text[figure.core_end : figure.core_end + 8]):
        return True
    behind = text[figure.core_end : figure.core_end + 40].partition("\n")[0].translate(_FULL_WIDTH)
    if figure.form in (Form.RANK, Form.DOUBLE):
        return any(re.match(p, behind) for p in phrases().no_target.frame)
    return in_context(setting) or _is_frame(figure, behind) or _is_size(figure.measures, behind)


def in_context(setting: Setting) -> bool:
    """Return whether the words before a figure say that it tells of a thing's size, or of what there is already."""
    figure, clause, rules = setting.figure, setting.clause.translate(_FULL_WIDTH), phrases().no_target
    patterns = (
        *rules.before,
        *(() if figure.measures in ("percent", "points") else rules.before_size),
        *(rules.before_count if figure.measures == "count" else ()),
    )
    return figure.unit in rules.grades or any(re.search(p, clause) for p in patterns)


def _is_frame(figure: Figure, behind: str) -> bool:
    if figure.measures not in ("count", "time"):
        return False
    task = re.search(phrases().assigned, re.split("[，；。]", behind, maxsplit=1)[0])  # 四项污染物减排量完成省定目标
    return bool(task) or any(re.match(p, behind) for p in phrases().no_target.frame)


def _is_size(measures: str, behind: str) -> bool:
    rules = phrases().no_target
    if measures in ("money", "people", "amount") and any(re.match(p, behind) for p in rules.modifier):
        return True
    if measures == "money" and any(re.match(p, behind) for p in rules.size):
        return True
    return measures == "amount" and any(re.match(p, behind) for p in rules.part)


def _quoted(text: str, start: int, end: int) -> bool:
    """Return whether a figure stands in a quoted name no longer than a slogan."""
    before = re.search("[“《「]([^“”《》「」，。；]{0,10})$", text[max(0, start - 11) : start])
    return bool(before and re.match("[^“”《》「」，。；]{0,12}[”》」]", text[end : end + 13]))
