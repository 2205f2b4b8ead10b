"""A sentence around its figures: what stands before each one, what behind it, and what it inherits from the one before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from planwatch.plan.figures import Figure, Form
from planwatch.plan.grammar.lexicon import one_of, phrases
from planwatch.plan.grammar.lexicon import words as figure_words

_BULLET = r"[—–\-•●■◆○▪·*\s]+|（\d{1,2}）|[①-⑳]|\d{1,2}[.．、](?!\d)"
_FROM = re.compile(r"[由从][^，。；\d]{0,6}[\d.]+[^，。；\d]{0,6}$")
_STOPS = re.compile("[。！？；;\n]")
_LONGEST = 1000
_LONGEST_LEFT = 300
_ORDINAL = "[一二三四五六七八九十]{1,3}(?:是(?!否)|、|要(?=[^素]))"
_ASIDE = re.compile("其中|包?含|包括")
_PAUSE = re.compile("[，,：:（）()]")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence (or what a semicolon ends) of a text: its own text and where it starts there."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Setting:
    """A figure in its clause.

    `left`: from the last pause, or from the figure before it in a list, up to the figure. `right`: behind it up to the next pause
    or list sign. `joined`: only list signs stand between it and the figure before. `clause`: the whole clause before the figure, in
    which also what belongs to earlier figures stands.
    """

    figure: Figure
    left: str
    right: str
    joined: bool
    clause: str
    left_at: int


def sentences_of(text: str) -> Iterator[Sentence]:
    """Yield the sentences of a text; a semicolon and a line end end one too, and a comma one that never ends."""
    at = 0
    for stop in [*(m.end() for m in _STOPS.finditer(text)), len(text)]:
        while stop - at > _LONGEST and (comma := text.find("，", at + _LONGEST, stop)) >= 0:
            yield Sentence(text[at : comma + 1], at)
            at = comma + 1
        if text[at:stop].strip():
            yield Sentence(text[at:stop], at)
        at = stop


def settings_of(sentence: Sentence, figures: Sequence[Figure]) -> list[Setting]:
    """Return the settings of the figures of one sentence, in order; places in `left_at` are the text's."""
    settings: list[Setting] = []
    before = 0
    for n, figure in enumerate(figures):
        start, end = figure.core_start - sentence.start, figure.end - sentence.start
        before = max(before, start - _LONGEST)
        gap = sentence.text[before:start]
        cut, joined = _cut(gap, first=n == 0)
        cut = max(cut, len(gap) - _LONGEST_LEFT)
        clause_at = max((m.end() for m in _PAUSE.finditer(sentence.text[:start])), default=0)
        after = figures[n + 1].core_start - sentence.start if n + 1 < len(figures) else len(sentence.text)
        settings.append(
            Setting(
                figure=figure,
                left=_aside(gap, cut),
                right=_behind(sentence.text[end:after], more=n + 1 < len(figures)),
                joined=joined,
                clause=sentence.text[clause_at:start],
                left_at=sentence.start + before + cut,
            )
        )
        before = end
    return settings


def _aside(gap: str, cut: int) -> str:
    """Return a figure's own words, without the word that opens an aside (（含幼儿园4所）), its place kept by blanks."""
    own = gap[cut:]
    opened = _ASIDE.match(own) if gap[:cut].endswith(("（", "(")) else None
    return " " * opened.end() + own[opened.end() :] if opened else own


def _cut(gap: str, *, first: bool) -> tuple[int, bool]:
    """Return where a figure's own words start in what stands between it and the figure before, and whether only a list joins them."""
    pauses = [m.end() for m in _PAUSE.finditer(gap) if not _inside_brackets(gap, m.start())]
    if pauses and gap[pauses[-1] :].strip():
        return pauses[-1], False
    if pauses and len(pauses) > 1:
        return pauses[-2], False
    if first or pauses:
        return (0 if first else pauses[-1]), False
    sign = list_sign().search(gap)
    return (sign.end(), True) if sign else (0, True)


@cache
def list_sign() -> re.Pattern[str]:
    """Return the pattern of what stands between the items of a list."""
    return re.compile(phrases().list_sign)


def _inside_brackets(text: str, place: int) -> bool:
    """Return whether a pause stands in （…） or is one of the brackets of a name in the midst of a clause."""
    return text[place] in "（）()" and text[place:].count("）") + text[place:].count(")") + text[:place].count("（") > 0


def _behind(text: str, *, more: bool) -> str:
    """Return what stands behind a figure up to the next pause; `more` figures of a list leave a list sign at its end."""
    behind = re.split("[，,：:。；;、！（()）/\n]", text, maxsplit=1)[0]
    return list_sign().split(behind, maxsplit=1)[0] if more and behind == text else behind


@cache
def verbs() -> tuple[tuple[str, str], ...]:
    """Return (word, class) of every verb, the longest first; 提高到 and 降至 are made of rise and fall."""
    table = phrases().directions
    pairs = [(word, name) for name, group in table.items() for word in group]
    for name, level in (("rise", "reach"), ("fall", "reach_down")):
        pairs += [(word + to, level) for word in table[name] for to in phrases().to_forms]
    return tuple(sorted(dict.fromkeys(pairs), key=lambda pair: (-len(pair[0]), pair[0])))


@dataclass(frozen=True, slots=True)
class Wording:
    """What stands before a figure, taken apart.

    `chain`: classes of the verbs right before the figure, the last one last. `words`: those verbs. `subject`: what is left before
    them. `lead` and `lead_word`: the verb at the front of the subject (新增…企业200家). `parallel`: 分别, `each`: 均.
    """

    chain: tuple[str, ...]
    words: tuple[str, ...]
    subject: str
    lead: str = ""
    lead_word: str = ""
    parallel: bool = False
    each: bool = False


@lru_cache(maxsize=4096)
def wording_of(left: str) -> Wording:
    """Return what stands before a figure taken apart into subject and verbs."""
    rest = left.strip()
    chain: list[str] = []
    words: list[str] = []
    while True:
        filler = _fillers().search(rest)
        if filler and filler[0] and not rest.endswith(figure_words().no_before):
            rest = rest[: filler.start()]
            continue
        verb = next(((w, c) for w, c in verbs() if rest.endswith(w) and _strips(rest, w, c)), None)
        if verb is None:
            break
        words.insert(0, verb[0])
        chain.insert(0, verb[1])
        rest = rest[: -len(verb[0])]
    rest = _FROM.sub("", rest)
    lead, lead_word = _lead(rest)
    level = {"rise": "reach", "fall": "reach_down"}.get(lead, "")
    if level and not chain and rest.endswith(("至", "到")):  # 提高经费补助至6000元
        chain, rest, lead = [level], rest[len(lead_word) : -1] if rest.startswith(lead_word) else rest[:-1], ""
    return Wording(
        tuple(chain),
        tuple(words),
        rest,
        lead,
        lead_word,
        "分别" in left,
        bool(
            re.search(
                "[均各](?!衡|匀|级|类|部|族|区|县|市|旗)|(?<![首成商古京丰武])都(?!市|路|会|城|匀)|双(?:下?降|增长?|提升)",
                left,
            )
        ),
    )


@cache
def _fillers() -> re.Pattern[str]:
    return re.compile(f"{one_of(phrases().fillers)}$")


def _strips(rest: str, word: str, kind: str) -> bool:
    """Return whether a verb at the end governs the figure; 综合治理20万亩 and 产业发展 are nouns."""
    if kind != "add" or word in ("完成", "实现"):
        return True
    return not name_of(rest[: -len(word)])


def _lead(rest: str) -> tuple[str, str]:
    """Return class and word of the verb in front of a noun that the figure counts (新增…企业200家)."""
    text = _no_verbs().sub(lambda noun: "□" * len(noun[0]), _without_leads(rest))
    for word, kind in verbs():
        if text.startswith(word):
            return kind, word
    found = [(text.rfind(word), len(word), kind, word) for word, kind in verbs() if kind == "add" and word in text]
    return max(found)[2:] if found else ("", "")


@cache
def _no_verbs() -> re.Pattern[str]:
    return re.compile(one_of(phrases().no_verbs))


def name_of(text: str) -> str:
    """Return a subject without what introduces it (力争全年…), and without half a pair of brackets."""
    name = _without_leads(text)
    if text.count("“") != text.count("”"):
        name = name.strip("的 、，：“")
    name = re.sub(r"[（(][^（）()]*$", "", name)
    if name.count("（") + name.count("(") < name.count("）") + name.count(")"):
        name = re.sub(r"[）)]", "", name)
    return name.strip("的 、，：/")


def without_number(text: str) -> str:
    """Return a sentence without the bullet or number it starts with."""
    return re.sub(f"^(?:{_BULLET}|{_ORDINAL})+", "", text)


def _without_leads(text: str) -> str:
    while True:
        found = _leads().match(text)
        if found is None:
            return text
        text = text[found.end() :]


@cache
def _leads() -> re.Pattern[str]:
    return re.compile(f"{_BULLET}|{_ORDINAL}|{one_of(phrases().leads)}|[到至]?20\\d\\d年[底末]?")


def numeric(figure: Figure) -> bool:
    """Return whether a target can be made of the figure."""
    return figure.form in (Form.NUMBER, Form.RANGE, Form.RANK, Form.DOUBLE) and figure.value is not None
