"""The reading of a figure: kind, comparator, value and name, from its unit and the words around it (DOMAIN §2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from planwatch.model.vocabulary import Comparator, Kind, Tier
from planwatch.plan.figures import Figure, Form
from planwatch.plan.grammar.clauses import Setting, Wording, name_of
from planwatch.plan.grammar.lexicon import phrases

_NO_NOUN = re.compile("^(?:的?(?:目标|任务|要求|规模|大关|水平)|达标|合格)")
_MIRROR = {
    Comparator.GE: Comparator.LE,
    Comparator.GT: Comparator.LT,
    Comparator.LE: Comparator.GE,
    Comparator.LT: Comparator.GT,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A target as far as a sentence gives it. `doubts` say why a person should look; none where the grammar is sure."""

    kind: Kind
    comparator: Comparator
    name: str
    value: float | None = None
    value_high: float | None = None
    unit: str = ""
    direction: int | None = None
    net: bool = False
    tier: Tier = Tier.PLAN
    inferred: bool = False
    margin: float = 0.0
    against: str = ""
    doubts: tuple[str, ...] = field(default_factory=tuple)


def read_figure(setting: Setting, wording: Wording) -> Reading | None:
    """Return the target a figure makes, None where it makes none."""
    figure = setting.figure
    if figure.form is Form.RANK:
        return Reading(Kind.RANK, Comparator.RANK_LE, ranked_name(wording.subject), figure.value, unit="位")
    if figure.form is Form.DOUBLE:
        value = figure.value or 0.0  # 减半 is a fall by half
        return _growth(replace(figure, value=abs(value)), wording, 1 if value > 0 else -1)
    readers = {
        "points": _points, "percent": _percent, "times": _times, "time": _time, "incidence": _bare, "score": _score, "": _bare,
    }  # fmt: skip
    return readers.get(figure.measures, _amount)(setting, wording)


def ranked_name(subject: str) -> str:
    """Return what a place in a ranking is of: the words before 保持, 位居 and their like."""
    return name_of(re.split("继续|保持|稳居|位居|居|位列|进入|跻身|排名|全[国省区市]", subject)[0])


def _heads(text: str, words: Iterable[str]) -> bool:
    return text.endswith(tuple(words))


def _holds(text: str, words: Iterable[str]) -> bool:
    return any(word in text for word in words)


def is_ratio(subject: str) -> bool:
    """Return whether a subject is a share or a rate, whose change is counted in points."""
    return _heads(subject, phrases().ratios) and not _holds(subject, phrases().intensities)


def _growing(wording: Wording) -> int:
    """Return 1 where the words before a figure are of a rise, -1 of a fall, 0 of neither."""
    for kind in reversed(wording.chain or (wording.lead,)):
        if kind in ("rise", "fall"):
            return 1 if kind == "rise" else -1
    return 0


def _points(setting: Setting, wording: Wording) -> Reading | None:
    sign = _growing(wording)
    doubts = () if sign else ("the sentence does not say which way it changes",)
    if not wording.chain and not wording.lead:
        doubts = ("no verb before the points",)
    return _signed(setting.figure, wording, Kind.CHANGE_PP, sign or 1, doubts)


def _times(setting: Setting, wording: Wording) -> Reading | None:
    figure, sign = setting.figure, _growing(wording)
    if not sign or figure.value is None:
        return None
    reading = _signed(figure, wording, Kind.GROWTH, sign, ("a multiple, read as growth",))
    high = None if figure.value_high is None else round(figure.value_high * 100, 6)
    return replace(reading, value=round(sign * figure.value * 100, 6), value_high=high, unit="%")


def _percent(setting: Setting, wording: Wording) -> Reading | None:
    figure, subject = setting.figure, name_of(wording.subject)
    sign = _growing(wording)
    noun = _names_growth(subject, wording)
    if sign and is_ratio(subject) and not noun and wording.chain:
        return _signed(
            figure, wording, Kind.CHANGE_PP, sign, ("% of a rate: points are meant, or a growth of the rate",)
        )
    if sign or noun:
        return _growth(figure, wording, sign or 1)
    if figure.value == 100 and re.match("达标|合格|清零", setting.right):
        return Reading(Kind.BOTTOM_LINE, Comparator.EQ, subject + setting.right[:2])
    return _share(setting, wording, subject)


def _names_growth(subject: str, wording: Wording) -> bool:
    """Return whether the quantity is itself a growth (增速, 涨幅); 自然增长率 is a level."""
    if _heads(subject, phrases().level_nouns):
        return False
    return _heads(subject, phrases().growth_nouns) or any(w in phrases().growth_nouns for w in wording.words)


def _share(setting: Setting, wording: Wording, subject: str) -> Reading | None:
    """Read a percentage that is no change: a level to be reached, held or capped."""
    figure = setting.figure
    last = wording.chain[-1] if wording.chain else wording.lead
    if last in ("hold", "cap", "floor", "under"):
        return _level(figure, wording, Kind.HOLD, ())
    if last in ("reach", "reach_down"):
        return _level(figure, wording, Kind.REACH, ())
    if is_ratio(subject) or _holds(subject, phrases().intensities) or figure.value == 100:
        sure = figure.value == 100 or figure.comparator in (Comparator.LE, Comparator.LT)
        doubts = () if sure else ("reach instead of hold, where last year's level was worse",)
        return _level(figure, wording, Kind.HOLD, doubts)
    if not subject and not last:
        return _reached(setting, wording)
    if wording.subject.endswith("的"):  # 完成年度投资计划的110%
        return _level(figure, wording, Kind.REACH, ("a share of what the sentence names before it",))
    return _growth(figure, wording, 1, ("no verb: read as growth",))


def _reached(setting: Setting, wording: Wording) -> Reading | None:
    """Read a share that stands before what it is of: 70%以上的行政村建成和美乡村."""
    if not re.match(phrases().achieved, setting.right):
        return None
    doubts = ("the share stands before what it is of",)
    return replace(_level(setting.figure, wording, Kind.REACH, doubts), name=setting.right.strip("的 ") + "比例")


def _growth(figure: Figure, wording: Wording, sign: int, doubts: tuple[str, ...] = ()) -> Reading:
    return _neither(_signed(figure, wording, Kind.GROWTH, sign, doubts))


def _neither(reading: Reading) -> Reading:
    """Return the reading without a direction where neither more nor less is better (prices about 2 %)."""
    if _holds(reading.name, phrases().prices):
        return replace(reading, direction=0 if reading.comparator is Comparator.ABOUT else reading.direction)
    return reading


def _signed(figure: Figure, wording: Wording, kind: Kind, sign: int, doubts: tuple[str, ...] = ()) -> Reading:
    """Return a change: a fall is negative, less is better, and its comparator is turned round (降低3%以上 is at most −3)."""
    value, high, comparator = figure.value, figure.value_high, _comparator(figure, wording)
    if sign < 0 and value is not None:
        value, high = (-value, None) if high is None else (-high, -value)
        comparator = _MIRROR.get(comparator, comparator)
    return Reading(
        kind,
        comparator,
        name_of(wording.subject).removeprefix("完成"),
        value,
        high,
        figure.unit,
        direction=-1 if sign < 0 else None,
        doubts=doubts,
    )


def _level(figure: Figure, wording: Wording, kind: Kind, doubts: tuple[str, ...]) -> Reading:
    subject, comparator = name_of(wording.subject), _capped(figure, wording)
    if figure.unit == "%" and figure.value == 100 and not figure.bound:
        comparator = Comparator.EQ
    worse = comparator is Comparator.ABOUT and _holds(subject, phrases().less_is_better)
    return Reading(
        kind,
        comparator,
        subject,
        figure.value,
        figure.value_high,
        figure.unit,
        direction=-1 if worse else None,
        doubts=doubts,
    )


def _comparator(figure: Figure, wording: Wording) -> Comparator:
    """Return the printed comparator; where nothing is printed the verb decides (控制在5%, 降至30)."""
    if figure.form is Form.RANGE or figure.bound:
        return figure.comparator
    last = wording.chain[-1] if wording.chain else ""
    return {"cap": Comparator.LE, "reach_down": Comparator.LE, "under": Comparator.LT}.get(last, figure.comparator)


def _capped(figure: Figure, wording: Wording) -> Comparator:
    """Return a level's comparator: where nothing binds it and less is better it is a cap (PM2.5浓度37微克/立方米, 失业率4%)."""
    comparator = _comparator(figure, wording)
    bare = comparator is Comparator.GE and not figure.bound and figure.form is Form.NUMBER
    return Comparator.LE if bare and _holds(name_of(wording.subject), phrases().less_is_better) else comparator


def _amount(setting: Setting, wording: Wording) -> Reading | None:
    figure, subject = setting.figure, name_of(wording.subject)
    last = wording.chain[-1] if wording.chain else wording.lead
    flow, stock = _is_flow(wording, subject), _heads(subject, phrases().stock_heads)
    if wording.chain[-2:-1] == ("add",) and last in ("floor", "cap"):  # 举办不少于12场宣讲活动
        return _counted(setting, wording, Kind.CUMULATIVE, ())
    if last in ("rise", "fall", "add", ""):
        level = stock or re.match(phrases().per_unit, subject) or "/" in figure.unit
        kind = Kind.REACH if level and not last else Kind.CUMULATIVE
        doubts = () if last else ("no verb: read as an amount of the year",)
        return _counted(setting, wording, kind, doubts)
    if last == "reach" and not wording.chain:  # 实现产值170亿元
        level = (stock and not flow) or wording.lead_word in phrases().stock_heads
        return _counted(setting, wording, Kind.REACH if level else Kind.CUMULATIVE, ())
    if flow and last != "hold":
        return _level(figure, wording, Kind.CUMULATIVE, ())
    if last in ("reach", "reach_down"):
        doubts = (
            ()
            if stock or figure.measures in ("count", "people")
            else ("cumulative instead of reach, where it is summed over the year",)
        )
        return _level(figure, wording, Kind.REACH, doubts)
    return _level(figure, wording, Kind.HOLD, ())


def _is_flow(wording: Wording, subject: str) -> bool:
    """Return whether a quantity is summed over the year: by its head (产值, 产量) or the verb before it (新增…达到)."""
    if re.match(phrases().per_unit, subject):
        return False
    if wording.chain and wording.lead == "add" and wording.lead_word not in phrases().stock_verbs:
        return True
    heads = _heads(subject, phrases().flows) or (subject.endswith("量") and not _heads(subject, phrases().stock_heads))
    return heads and not _heads(subject, phrases().stock_heads)


def _counted(setting: Setting, wording: Wording, kind: Kind, doubts: tuple[str, ...]) -> Reading:
    """Return an amount with a name of verb and noun, the noun before the figure or behind it."""
    figure = setting.figure
    subject = name_of(wording.subject)
    verb = "".join(
        word for word, kind in zip(wording.words, wording.chain, strict=False) if kind not in ("floor", "cap")
    )
    right = _NO_NOUN.sub("", setting.right).strip("的 ")
    if wording.lead_word and not verb:
        verb = "" if wording.lead_word in subject else wording.lead_word
        name = f"{verb}{subject}{right}"
    else:
        done = subject and not right and verb in ("完成", "实现", "达到")  # 总产值完成180亿元
        name = subject if done else f"{subject}{verb}{right}" if subject and verb else f"{verb}{subject}{right}"
    net = "净增" in wording.subject + verb + wording.lead_word
    comparator = _comparator(figure, wording) if kind is Kind.CUMULATIVE else _capped(figure, wording)
    return Reading(kind, comparator, name, figure.value, figure.value_high, figure.unit, net=net, doubts=doubts)


def _time(setting: Setting, wording: Wording) -> Reading | None:
    """Return a target of days or hours, which needs a verb of its own: 三年行动 and 24小时 are none."""
    last = wording.chain[-1] if wording.chain else ""
    if not last and _heads(name_of(wording.subject), phrases().spans):
        return _level(setting.figure, wording, Kind.HOLD, ("no verb: read as a level",))
    if last not in ("reach", "reach_down", "cap", "hold", "under", "floor", "fall") or setting.figure.unit == "年":
        return None
    if last == "fall":
        return _counted(setting, wording, Kind.CUMULATIVE, ("a time that shrinks by so much",))
    kind = Kind.REACH if last in ("reach", "reach_down") else Kind.HOLD
    doubts = () if last != "reach" else ("days: cumulative, where they are counted up over the year",)
    return _level(setting.figure, wording, kind, doubts)


def _score(setting: Setting, wording: Wording) -> Reading | None:
    """Return a target of points in a rating: a level, where the sentence does not say that they are added (满意度98分以上)."""
    last = wording.chain[-1] if wording.chain else wording.lead
    return _amount(setting, wording) if last in ("rise", "fall") else _share(setting, wording, name_of(wording.subject))


def _bare(setting: Setting, wording: Wording) -> Reading | None:
    """Return a target of a number without a unit, which needs a verb of its own, or a bound: an index reaches 95."""
    last = wording.chain[-1] if wording.chain else ""
    figure, subject = setting.figure, name_of(wording.subject)
    if not last and figure.bound and _heads(subject, phrases().indices):  # 居民消费价格指数102左右
        return _neither(_level(figure, wording, Kind.HOLD, ("no verb and no unit: read as a level",)))
    if re.fullmatch("[百千万]*[万亿]", figure.unit) and _heads(subject, phrases().sums):  # 地区生产总值达到1500亿
        return _amount(replace(setting, figure=replace(figure, unit=f"{figure.unit}元")), wording)
    if not wording.subject or last not in ("reach", "reach_down", "cap", "hold", "under", "floor"):
        return None
    kind = Kind.REACH if last in ("reach", "reach_down") else Kind.HOLD
    return _level(setting.figure, wording, kind, () if setting.figure.unit else ("a number without a unit",))
