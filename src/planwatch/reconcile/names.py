"""Names: which series a printed label is, which area, and what was probably meant where it is none."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence

from planwatch.model.feed import Feed, Label, Series, Words
from planwatch.model.place import Area
from planwatch.model.units import is_known
from planwatch.reconcile.periods import is_period
from planwatch.reconcile.text import pattern, squash

_OPENING = re.compile(r"\(([^()]*)\)")


class SeriesNames:
    """The labels of a feed in one period, ready to be looked up in one table.

    A label outside its dates is no name: it is never matched, never guessed, and `lapsed` says whose it was or will be.
    """

    def __init__(self, feed: Feed, table: str, period: str) -> None:
        self._words = feed.words
        self._period = period
        self._by_label: dict[str, list[tuple[Series, Label]]] = {}
        for series in feed.series:
            if series.table in (None, table):
                for label in series.labels:
                    self._by_label.setdefault(squash(label.text), []).append((series, label))

    def find(
        self, name: str, inside: Sequence[str] = (), parent: str | None = None, period: str | None = None
    ) -> Series | None:
        """Return the series of a label, None where there is none.

        Args:
            name: the label without marks and without what stood in parentheses behind it.
            inside: those parentheses: they belong to the name, as in 固定资产投资（不含农户）, or are asides (`is_aside`); any other
                makes it another series: 社会消费品零售总额（限额以上） is not the total.
            parent: indicator of the row above, of which this row is a part; it decides between several.
            period: month in which the name has to be in force, where a row has one of its own; else the release's.
        """
        for n in range(len(inside), -1, -1):
            found = self._in_force(name + "".join(f"({i})" for i in inside[:n]), period)
            ranked = sorted(found, key=lambda s: s.part_of != parent)
            if ranked and all(is_aside(i, self._words) for i in inside[n:]):
                return ranked[0]
        return None

    def within(self, header: str) -> Series | None:
        """Return the series with the longest label that occurs in a squashed header, None where none does."""
        there = [
            label
            for label in self._by_label
            if label in header and self._in_force(label) and self._plain(header.split(label, 1)[1])
        ]
        found = max(there, key=len, default=None)
        return None if found is None else self._in_force(found)[0]

    def _in_force(self, name: str, period: str | None = None) -> list[Series]:
        return [series for series, label in self._by_label.get(name, ()) if label.holds(period or self._period)]

    def _plain(self, rest: str) -> bool:
        """Return whether what follows a name in a header leaves it that name: no parenthesis but asides directly behind it."""
        while behind := _OPENING.match(rest):
            if not is_aside(behind[1], self._words):
                return False
            rest = rest[behind.end() :]
        return True

    def lapsed(self, name: str) -> str:
        """Return when a name that is not in force now is one, and of what: `until 2026-03 gdp`; empty where it never is."""
        known = self._by_label.get(squash(name), ())
        return "; ".join(f"{label.dates} {s.indicator}" for s, label in known if not label.holds(self._period))

    def nearest(self, name: str) -> list[str]:
        """Return up to three labels in force that look like the name."""
        return nearest(squash(name), [label for label in self._by_label if self._in_force(label)])


def is_aside(inside: str, words: Words) -> bool:
    """Return whether what stands in parentheses behind a name leaves the series what it is.

    That is a unit, a month, a word of quality or revision (预计, 快报数), or what `words.aside` describes (期末).
    """
    bare = squash(inside)
    units = [u for u in re.split(r"[,、;/]", bare) if u]
    if bare in {squash(u) for u in words.index_units} or (units and all(is_known(u) for u in units)):
        return True
    if is_known(bare) or is_period(bare) or pattern(words.aside).fullmatch(bare):
        return True
    return any(
        w in bare and pattern(words.aside).fullmatch(bare.replace(w, "", 1)) for w in (*words.quality, *words.flags)
    )


def nearest(name: str, known: Sequence[str] | Mapping[str, object]) -> list[str]:
    """Return up to three of the known names that look like the name, the likest first."""
    return difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)


def area_index(areas: Mapping[str, Area]) -> dict[str, str]:
    """Return area ids by every squashed name and alias, the ids themselves included."""
    names = {squash(name): area.id for area in areas.values() for name in (area.name_zh, *area.aliases)}
    return names | {area_id: area_id for area_id in areas}
