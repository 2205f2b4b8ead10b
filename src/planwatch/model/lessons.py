"""What the JSON Schema of targets teaches: for every key what to write, and what not to, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Lesson:
    """Good and bad values of one key. `bad` are (value, why it is bad); `beside` the other keys that they take for granted.

    The examples are those of a target such as 新增城镇就业3.6万人以上: `cumulative`, `ge`, 3.6 万人. A key of `beside` that is None is left out.
    """

    good: tuple[Any, ...]
    bad: tuple[tuple[Any, str], ...]
    beside: Mapping[str, Any] = field(default_factory=dict)


def teach(lessons: Mapping[str, Lesson]) -> Callable[[dict[str, Any]], None]:
    """Return a hook that writes `examples` and `examples_bad` into a model's schema (pydantic's `json_schema_extra`)."""

    def write(schema: dict[str, Any]) -> None:
        for key, lesson in lessons.items():
            bad = [{"example": example, "why": why} for example, why in lesson.bad]
            schema["properties"][key] |= {"examples": list(lesson.good), "examples_bad": bad}

    return write


_ORDER = {"source": "市人大常委会决议〔2026〕5号", "reason": "宏观形势变化"}
_MILESTONE = {"kind": "milestone", "value": None, "unit": None}
_TWELFTHS = (0, 0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95, 1)
_RELATIVE = {"kind": "relative", "comparator": "gt", "value": None, "unit": "百分点"}

TARGET: dict[str, Lesson] = {
    "id": Lesson(("gdp", "jobs", "3.2-roads"), ((1.1, 'a number: quote it, "1.1"'), ("GDP 2026", "no capitals, no blanks"))),
    "indicator": Lesson(("new_jobs",), (("新增城镇就业", "the id in indicators.yaml, not the name"), ("new_job", "no such id"))),
    "section": Lesson(("0", "3.2", "3.3[清洁能源]"), ((3.1, 'a number: quote it, or 3.10 is 3.1'), ("", "where it stands is missing"))),
    "name_zh": Lesson(("新增城镇就业", "规模以上工业增加值"), (("新增\n城镇就业", "a name stays on one line"),)),
    "name_en": Lesson(("New urban jobs",), (("New\turban jobs", "no control characters"),)),
    "phrase": Lesson(
        ("新增城镇就业3.6万人以上", "3.6万人以上"),
        (("新增城镇就业", "the value must stand in it as printed"), ("新增城镇就业36000人", "36000 is not how 3.6 is printed")),
    ),
    "kind": Lesson(("cumulative", "reach", "hold"), (("increase", "no such kind; 增长N% is growth"), ("新增", "the English word"))),
    "comparator": Lesson(("ge", "gt", "le", "about"), ((">=", "write ge"), ("以上", "write ge"))),
    "value": Lesson(
        (3.6,), (("3.6万人", "the number alone; 万人 stands in unit"), (36000, "as printed, not converted"), (True, "no number")),
    ),
    "value_high": Lesson(
        (3,), ((1, "the upper end is above value"), ("3万人", "the number alone")),
        {"comparator": "range", "value": 2, "phrase": "新增城镇就业2—3万人"},
    ),
    "value_inferred": Lesson((True, False), (("yes", "true or false"), (1, "true or false")), {"note": "保持全区领先 is first place"}),
    "unit": Lesson(("万人", "人"), (("万仁", "no such unit"), ("亿元", "its indicator counts 人"))),
    "base_unit": Lesson(("人",), (("万人", "readings of the indicator are kept in 人; better leave it out"),)),
    "measure": Lesson(("level",), (("amount", "no such measure"), ("总量", "write level"))),
    "direction": Lesson((1, -1, 0), ((2, "1, -1 or 0"), ("down", "write -1"))),
    "net": Lesson((True, False), (("净增", "true or false"),)),
    "baseline": Lesson(
        ({"value": 3.1, "source": "2025年统计公报"}, {"source": "not published"}),
        (({"value": 4}, "it meets the target already: make that a hold"), (3.1, "value and source, as a mapping")),
        {"kind": "reach"},
    ),
    "tolerance": Lesson((0.2,), ((-0.2, "never below 0"), ("0.2%", "the number alone")), {"comparator": "about"}),
    "band": Lesson((5, 10), ((-5, "never below 0; points of gap for paced kinds"),)),
    "hysteresis": Lesson((0.2, 2), ((-1, "never below 0; points of gap for paced kinds"), ("0.2个百分点", "the number alone"))),
    "margin": Lesson(
        (0, 0.5), (("0.5个百分点", "the number alone"),), {**_RELATIVE, "reference": {"indicator": "gdp"}}
    ),
    "tier": Lesson(("plan", "assigned", "stretch"), (("奋斗目标", "write stretch"),)),
    "area": Lesson(("baotou", "jiuyuan"), (("九原区", "the id in areas.yaml"), ("jiu_yuan", "no such id"))),
    "pace": Lesson(("linear", "seasonal", "year_end"), (("monthly", "no such pace; twelfths of the year are linear"),)),
    "shares": Lesson(
        (_TWELFTHS,),
        (([*_TWELFTHS[:-1], 0.9], "they end at 1"), ([100 * s for s in _TWELFTHS], "0 to 1, not percent"), ([0.5, 1], "twelve of them")),
        {"pace": "custom"},
    ),
    "frequency": Lesson(("monthly", "quarterly", "annual"), (("weekly", "no such frequency"),)),
    "deadline": Lesson(("2026-09-30",), (("9月底", "a day"), ("30.9.2026", "YYYY-MM-DD")), _MILESTONE),
    "start_by": Lesson(
        ("2026-03-31",), (("2026-10-31", "it would start after its deadline"),), {**_MILESTONE, "deadline": "2026-09-30"}
    ),
    "owner": Lesson(("human_resources", "commerce"), (("市人力资源和社会保障局", "the id in departments.yaml"),)),
    "owner_inferred": Lesson((True, False), (("probably", "true or false"),)),
    "reference": Lesson(
        ({"indicator": "gdp"}, {"indicator": "new_jobs", "area": "inner_mongolia"}),
        (({"indicator": "new_jobs"}, "it is compared with itself"), ("gdp", "a mapping: {indicator: gdp}")), _RELATIVE,
    ),
    "withdrawn_from": Lesson(("2026-08-01",), (("2026-08", "a day"),)),
    "note": Lesson(("1600亿元 belongs to the 564 projects, not to city-wide investment",), ((2026, "text: quote it"),)),
    "amendments": Lesson(
        (
            [{"from": "2026-07-01", "value": 3.2, "phrase": "新增城镇就业3.2万人以上", **_ORDER}],
            [{"from": "2026-04-01", "pace": "seasonal", **_ORDER}, {"from": "2026-09-01", "withdrawn": True, **_ORDER}],
        ),
        (
            ([{"from": "2026-07-01", "value": 3.2, **_ORDER}], "the order's own phrase is missing: the plan's does not print 3.2"),
            ([{"from": "2026-07-01", "value": 3.6, **_ORDER}], "it changes nothing"),
            ([{"from": "2025-07-01", "band": 5, **_ORDER}], "a day of another year"),
            ([{"from": "2026-07-01", "band": 5}], "who ordered it, and why, is missing"),
        ),
    ),
    "parts": Lesson(
        (
            {"relation": "sum", "areas": [{"area": "kundulun", "value": 2.1}, {"area": "guyang", "value": 1.5, "owner": "commerce"}]},
            {"relation": "sum", "exceeds": "层层加码", "areas": [{"area": "kundulun", "value": 2.5}, {"area": "guyang", "value": 1.5}]},
        ),
        (
            ({"relation": "sum", "areas": [{"area": "kundulun", "value": 2.1}, {"area": "guyang", "value": 1.1}]}, "0.4 万人 are missing"),
            ({"relation": "weighted", "areas": [{"area": "guyang", "value": 3.6}]}, "a weighted mean needs weights"),
            ({"relation": "none", "areas": [{"area": "nation", "value": 3.6}]}, "no place within the city"),
        ),
    ),
}  # fmt: skip
"""Every key of a target."""
