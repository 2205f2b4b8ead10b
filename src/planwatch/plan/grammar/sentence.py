"""A sentence's targets: its figures one after the other, then what it commits to without a number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from planwatch.model.vocabulary import Kind, Tier
from planwatch.plan.figures import Figure, Form
from planwatch.plan.grammar.clauses import (
    Sentence,
    Setting,
    Wording,
    list_sign,
    name_of,
    numeric,
    settings_of,
    wording_of,
)
from planwatch.plan.grammar.contexts import in_context, is_no_target
from planwatch.plan.grammar.lexicon import phrases
from planwatch.plan.grammar.lists import items_of
from planwatch.plan.grammar.reading import Reading, read_figure
from planwatch.plan.grammar.unnumbered import relation_in, wordless_in

_YEAR_AHEAD = re.compile(r"[到至](20\d\d)年")
_CLAUSE = re.compile("[^，,。；;！\n]+")
_PAUSED = re.compile("[，,：:；;]")
_LAST_YEAR = re.compile(r"^(?:20\d\d年|去年|上年|上一年)[，,]?(?:预计|全[省市县区州旗盟年])*")
_PER_HEAD = ("人均", "户均", "亩均", "地均")
_STRETCH = re.compile("^(?:力争|争取|冲刺|奋斗目标|奋力|并力争|努力争取|确保)*(?:达到|完成|实现|增长|突破|为)?$")


@dataclass(frozen=True, slots=True)
class Drafted:
    """A target read from a text: its reading, where its phrase stands there, and the figure it was made of."""

    reading: Reading
    start: int
    end: int
    figure: Figure | None = None
    place: int = 0


def drafted_in(
    sentence: Sentence, figures: Sequence[Figure], text: str, year: int | None, past: int = 0
) -> list[Drafted]:
    """Return the targets of a sentence of `text`, whose figures are given; `year` is the plan's, up to `past` it looks back."""
    before = sentence.text[:past]
    if past:
        sentence = Sentence(sentence.text[past:], sentence.start + past)
        figures = [f for f in figures if f.core_start >= sentence.start]
    related = _relations(sentence)
    free = [f for f in figures if numeric(f) and not any(d.start <= f.core_start < d.end for d in related)]
    meant = _meant([s for s in settings_of(sentence, free) if not _is_of_before(s, year)], text)
    numbered = _whole_lists(list(_numbered(settings_of(sentence, meant), sentence)))
    taken = [(d.start, d.end) for d in [*related, *numbered]]
    wordless = [d for d in _wordless(sentence) if not any(s < d.end and d.start < e for s, e in taken)]
    found = sorted([*related, *numbered, *wordless], key=lambda d: d.figure.core_start if d.figure else d.start)
    return [_due(_continued(one, before), sentence, year) for one in _ranked(found, sentence)]


def _is_of_before(setting: Setting, year: int | None) -> bool:
    """Return whether a figure's own clause names an earlier year (增长6.5%左右（2025年增长6.2%）)."""
    found = re.match(r"\s*(20\d\d)年", setting.clause)
    return bool(found and year and int(found[1]) < year)


def _continued(one: Drafted, before: str) -> Drafted:
    """Return a target without a subject with that of what the sentence says of last year (去年新增就业5万人，今年力争6万人)."""
    name = one.reading.name
    if not before or one.figure is None or (name and wording_of(name).subject):
        return one
    said = name_of(re.split(r"\d", _LAST_YEAR.sub("", before.strip()), maxsplit=1)[0])
    told = wording_of(said)
    subject = said if told.chain[-1:] == ("add",) or not told.chain else told.subject
    doubts = (*one.reading.doubts, "the subject is taken from what the sentence says of last year")
    return replace(one, reading=replace(one.reading, name=name_of(subject), doubts=doubts)) if subject else one


def _meant(settings: Sequence[Setting], text: str) -> list[Figure]:
    """Return the figures that can commit to something; what is said of one thing goes for the list (年产5万吨甲、8万台乙等项目).

    A figure right behind another one says of which things that is the number (230个50户以上村寨).
    """
    meant: list[Figure] = []
    without, last_meant, end = False, False, 0
    for setting in settings:
        own, between = wording_of(setting.left), text[end : setting.figure.core_start]
        within = last_meant and not between and setting.figure.measures in ("amount", "count", "people")
        listed = without and setting.joined and not own.chain and not own.lead and bool(list_sign().search(between))
        end = setting.figure.end
        without = setting.figure.measures in ("amount", "count", "money") and (listed or in_context(setting))
        last_meant = not (without or within or is_no_target(setting, text) or _idle(setting))
        if last_meant:
            meant.append(setting.figure)
    return meant


def _ranked(found: Sequence[Drafted], sentence: Sentence) -> Iterator[Drafted]:
    """Yield the targets, each place in a ranking without a subject with that of the place, or the clause, before it."""
    before = ""
    for one in found:
        named = _with_subject(one, before, sentence) if one.reading.kind is Kind.RANK else one
        before = named.reading.name if named.reading.kind is Kind.RANK else ""
        yield named


def _with_subject(one: Drafted, before: str, sentence: Sentence) -> Drafted:
    if one.figure is None or one.reading.name:
        return one
    clauses = _PAUSED.split(sentence.text[: one.figure.core_start - sentence.start])
    name = before or next((topic for topic in map(_topic, reversed(clauses[:-1])) if topic), "")
    doubts = (*one.reading.doubts, "the subject is taken from the clause before") if name else one.reading.doubts
    return replace(one, reading=replace(one.reading, name=name, doubts=doubts))


def _due(one: Drafted, sentence: Sentence, year: int | None) -> Drafted:
    """Return the target, with a doubt where the sentence sets it for a year after the plan's (到2030年)."""
    years = _YEAR_AHEAD.findall(sentence.text[: one.end - sentence.start])
    if not years or year is None or int(years[-1]) <= year:
        return one
    doubt = f"set for {years[-1]}, after this plan's year"
    return replace(one, reading=replace(one.reading, doubts=(*one.reading.doubts, doubt)))


def _idle(setting: Setting) -> bool:
    """Return whether a time or a bare number has no verb of its own: 3岁以下, 世界500强 belong to a noun; 寿命80.5岁 does not."""
    if setting.figure.measures not in ("time", "") or setting.figure.form is Form.RANK:
        return False
    wording = wording_of(setting.left)
    if setting.figure.bound and name_of(wording.subject).endswith(phrases().indices):
        return False
    return not wording.chain and not name_of(wording.subject).endswith(phrases().spans)


def _clauses(sentence: Sentence) -> Iterator[tuple[int, str]]:
    for found in _CLAUSE.finditer(sentence.text):
        yield sentence.start + found.start(), found[0]


def _relations(sentence: Sentence) -> list[Drafted]:
    drafted: list[Drafted] = []
    carried = ""
    for at, clause in _clauses(sentence):
        found = relation_in(clause)
        if found is None:
            carried = _topic(clause) or carried
            continue
        start, end, reading = found
        carried = _topic(clause[:start]) or carried
        if reading.name in ("", "增速", "增幅", "增长"):
            doubt = "the subject is taken from the clause before"
            reading = replace(reading, name=f"{carried}{reading.name}", doubts=(*reading.doubts, doubt))
        carried = reading.name.removesuffix("增速") or carried
        drafted.append(Drafted(reading, at + start, at + end))
    return drafted


def _topic(clause: str) -> str:
    """Return what a clause speaks of: what stands before its verb."""
    return (
        name_of(
            re.split(
                "保持|达到|完成|实现|增长|稳定|突破|不断|持续|力争|位居|排名|位次|前移|[只不]增|稳中|分别", clause
            )[0]
        )
        if len(clause) < 40
        else ""
    )


def _wordless(sentence: Sentence) -> Iterator[Drafted]:
    for at, clause in _clauses(sentence):
        for start, end, reading in wordless_in(clause):
            yield Drafted(reading, at + start, at + end)


def _whole_lists(drafted: Sequence[Drafted]) -> list[Drafted]:
    """Give every target of a list with 分别 the whole list as its phrase; `place` counts within it."""
    whole = list(drafted)
    for n in range(1, len(whole)):
        if whole[n].place:
            whole[n] = replace(whole[n], start=whole[n - 1].start)
    for n in range(len(whole) - 2, -1, -1):
        if whole[n + 1].place:
            whole[n] = replace(whole[n], end=whole[n + 1].end)
    return whole


@dataclass(frozen=True, slots=True)
class _Before:
    """What a figure can inherit from the one before it."""

    wording: Wording
    setting: Setting
    items: tuple[str, ...] = ()
    place: int = 0
    name: str = ""
    row: tuple[str, ...] = ()


def _numbered(settings: Sequence[Setting], sentence: Sentence) -> Iterator[Drafted]:
    before: _Before | None = None
    for n, setting in enumerate(settings):
        own = _shared(wording_of(setting.left), settings[n + 1 : n + 2])
        wording, inherited = _inherit(setting, own, before)
        items = _items(own, wording, before) or _listed_before(own, setting, sentence)
        place = 0
        if before is not None and inherited and before.items and not items:
            items, place = before.items, before.place + 1
        reading = _whole_name(_stretched(read_figure(setting, wording), setting, before), before)
        if reading is not None:
            drafted = _named(reading, setting, wording, _names(wording, items, place))
            yield from (replace(d, place=place) for d in drafted)
        name = reading.name if reading else ""
        row = (*(before.row if before and setting.joined else ()), name)
        before = _Before(wording, setting, items if own.parallel or place else (), place, name, row)


def _whole_name(reading: Reading | None, before: _Before | None) -> Reading | None:
    """Return the reading with the name before it in front of one that is only half a name: 占投资比重, 人均."""
    half = reading is not None and (reading.name.startswith("占") or reading.name in _PER_HEAD)
    return replace(reading, name=f"{before.name}{reading.name}") if half and reading and before else reading


def _shared(own: Wording, following: Sequence[Setting]) -> Wording:
    """Return 分别 before a single figure as the 均 that is meant: 规上工业增加值、固定资产投资分别增长5%."""
    single = own.parallel and not any(setting.joined for setting in following)
    return replace(own, parallel=False, each=True) if single else own


def _items(own: Wording, wording: Wording, before: _Before | None) -> tuple[str, ...]:
    """Return what 分别 and 均 speak of: the list before them, or the targets just read (游客5万人次、收入3亿元，均增长8%)."""
    if not (own.parallel or own.each):
        return ()
    if before is not None and len(before.row) > 1 and all(before.row) and not name_of(own.subject):
        return before.row
    return tuple(items_of(wording.subject))


def _listed_before(own: Wording, setting: Setting, sentence: Sentence) -> tuple[str, ...]:
    """Return the list that 分别 speaks of where it stands in the clause before (面积、产量只增不减，分别达到186万亩和8.6亿公斤)."""
    if not own.parallel or name_of(own.subject):
        return ()
    clauses = [c for c in _PAUSED.split(sentence.text[: setting.left_at - sentence.start]) if c.strip()]
    items = tuple(items_of(_topic(clauses[-1]))) if clauses else ()
    return items if len(items) > 1 else ()


def _inherit(setting: Setting, own: Wording, before: _Before | None) -> tuple[Wording, bool]:
    """Return the figure's wording, with verb and subject of the figure before where it has none (建成A个、B个; 增长5%、6%)."""
    if before is None or re.match(phrases().per_unit, name_of(own.subject)):
        return own, False
    last = before.wording
    if own.chain == ("reach",) and _raises(setting) and setting.figure.measures == before.setting.figure.measures:
        return replace(last, parallel=False, each=False), True
    if (
        not own.chain
        and not own.lead
        and not own.subject
        and (setting.joined or before.items or setting.right or _raises(setting))
    ):
        subject = "" if setting.right and last.chain[-1:] in ((), ("add",)) else last.subject
        lead_word = last.lead_word or (_verb_of(last) if not subject else "")
        return replace(last, subject=subject, lead_word=lead_word, parallel=False, each=False), True
    taken = _taken(own, before, setting)
    if taken is not None:
        return taken, False
    if not name_of(own.subject) and own.chain and _needs_subject(own, last):
        return replace(own, subject=last.subject), True
    return own, False


def _taken(own: Wording, before: _Before, setting: Setting) -> Wording | None:
    """Return a noun's wording with the verb of the list, None where it has one of its own."""
    last = before.wording
    if not own.chain and not own.lead:
        same = setting.figure.measures == before.setting.figure.measures
        return _with_verb_of(last, own, setting, named=same)
    part = setting.left.lstrip().startswith("其中") and own.chain == ("floor",) and not own.lead
    return replace(own, lead=last.lead, lead_word="") if part and last.lead == "add" else None


def _with_verb_of(last: Wording, own: Wording, setting: Setting, *, named: bool) -> Wording:
    """Return a noun's wording with the verb of the figure before; it is part of the name where both count the same sort of thing."""
    lead = last.lead or ("add" if "add" in last.chain else "")
    word = last.lead_word or ("".join(last.words) if "add" in last.chain else "")
    word = word if setting.joined and named else ""
    if lead in ("add", "reach") or (setting.joined and lead):
        return replace(own, lead=lead, lead_word=word)
    return replace(own, chain=last.chain, words=last.words) if setting.joined else own


def _verb_of(wording: Wording) -> str:
    """Return the verb at the front of a subject whose noun is not inherited (创建A级景区2家、1个B: 创建)."""
    return wording_of(wording.subject).lead_word


def _needs_subject(wording: Wording, last: Wording) -> bool:
    """Return whether a verb without a noun goes on with the noun before; one that adds does behind a level (达到2000亿元、净增200亿元)."""
    if wording.words[-1:] == ("净增",):
        return last.chain[-1:] == ("reach",) and last.lead != "add"
    return "add" not in wording.chain[-2:]


def _raises(setting: Setting) -> bool:
    """Return whether a figure stands behind words of ambition alone: 增长6%以上，力争7%."""
    return bool(re.search("力争|争取|冲刺|奋斗", setting.left) and _STRETCH.match(setting.left.strip()))


def _stretched(reading: Reading | None, setting: Setting, before: _Before | None) -> Reading | None:
    """Return the reading as a stretch target where it only raises the figure before (增长6%以上、力争7%)."""
    if reading is None or before is None or not before.name or before.name != reading.name:
        return reading
    raises = "力争" in setting.left or "冲刺" in setting.left or "奋斗" in setting.left
    same = (
        raises
        and bool(_STRETCH.match(setting.left.strip()))
        and before.setting.figure.measures == setting.figure.measures
    )
    return (
        replace(reading, tier=Tier.STRETCH, doubts=(*reading.doubts, "raises the figure before it"))
        if same
        else reading
    )


def _names(wording: Wording, items: Sequence[str], place: int) -> list[str]:
    """Return the names that a figure's targets take: its own place in a list with 分别, every item of a list with 均."""
    if wording.each and not wording.parallel and len(items) > 1:
        return list(items)
    return [items[place]] if place < len(items) and len(items) > 1 else [""]


def _named(reading: Reading, setting: Setting, wording: Wording, names: Sequence[str]) -> Iterator[Drafted]:
    for name in names:
        doubts = reading.doubts if (name or reading.name) else (*reading.doubts, "the sentence names no subject")
        counted = reading.kind in (Kind.CUMULATIVE, Kind.BOTTOM_LINE) or not wording.subject
        end = setting.figure.end + (len(setting.right) if counted and setting.figure.form is not Form.RANK else 0)
        own = setting.left.strip("、，和及与 \n")
        start = setting.left_at + setting.left.find(own) if own else setting.figure.core_start
        yield Drafted(replace(reading, name=name or reading.name, doubts=doubts), start, end, setting.figure)
