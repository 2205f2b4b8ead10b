"""Lists: A、B分别达到x和y is two targets; A和B均提高x is two with one figure."""

from __future__ import annotations

import re

from planwatch.plan.grammar.clauses import list_sign, name_of
from planwatch.plan.grammar.lexicon import phrases


def items_of(subject: str) -> list[str]:
    """Return the items of a list of subjects, each with what the list says once: its common start or its common head.

    肉、蛋、蔬菜产量 are 肉产量, 蛋产量, 蔬菜产量; 规上工业企业研发机构和活动覆盖率 are both 覆盖率 of 规上工业企业.
    """
    parts = [part for part in list_sign().split(name_of(re.sub("分别.*$", "", subject))) if part]
    if len(parts) < 2:
        return parts
    head = next((h for h in sorted(phrases().heads, key=len, reverse=True) if parts[-1].endswith(h)), "")
    own = (*phrases().heads, *phrases().flows, *phrases().stock_heads, *phrases().ratios)
    return [*(part if part.endswith(own) else part + head for part in parts[:-1]), parts[-1]]
