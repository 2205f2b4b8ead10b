"""`feeds.yaml` and `calendar.yaml`, whole or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from planwatch.errors import ConfigError, Fault, InputError
from planwatch.model.base import Frozen
from planwatch.model.calendar import ReleaseCalendar
from planwatch.model.feed import Feed, Label, Layout, Role, Series
from planwatch.model.sources import GrowthBasis, NoSource
from planwatch.model.target import Indicator
from planwatch.model.units import conversion_factor, is_known
from planwatch.model.vocabulary import Measure
from planwatch.reconcile.text import squash
from planwatch.yamlfile import KeyPath, line_of, load_model, read_yaml, read_yaml_text, text_of

SHARED_KEYS = ("words", "limits")
"""Keys of a feed that the file may give once for all."""


class FeedsFile(Frozen):
    """`feeds.yaml`: the words of all tables, the feeds, and what is known of indicators that have none or differ."""

    feeds: tuple[Feed, ...]
    without_source: tuple[NoSource, ...] = Field(
        (), description="Indicators of targets on which nobody can report, and why."
    )
    growth_bases: tuple[GrowthBasis, ...] = Field(
        (), description="Indicators whose published growth is not the ratio of their published levels, and why."
    )

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
        """Return the schema of the file as it is edited, where words and limits may stand once for all feeds."""
        schema = super().model_json_schema(*args, **options)
        for shared in SHARED_KEYS:
            schema["properties"][shared] = schema["$defs"]["Feed"]["properties"][shared]
        feed = schema["$defs"]["Feed"]
        feed["required"] = [key for key in feed["required"] if key not in SHARED_KEYS]
        return schema


SCHEMAS: dict[str, type[BaseModel]] = {"feeds.schema.json": FeedsFile, "calendar.schema.json": ReleaseCalendar}
"""File name in `include/schemas/` → model, for the files of this layer."""


_REGISTRIES = {
    "owner": ("department", "departments.yaml"), "area": ("area", "areas.yaml"), "indicator": ("indicator", "indicators.yaml"),
    "suite": ("suite", "the expectations"),
}  # fmt: skip
"""Key of a feed → what it names, and where those are kept."""


def load_feeds(path: Path) -> dict[str, Feed]:
    """Return the feeds by id. The file's `words` and `limits` hold for every feed that has none of its own.

    Raises:
        ConfigError: as `load_feeds_file`.
    """
    return {feed.id: feed for feed in load_feeds_file(path).feeds}


def load_feeds_file(path: Path) -> FeedsFile:
    """Return all that a feeds file says.

    Raises:
        ConfigError: one fault for every place that breaks the schema, or that contradicts another.
    """
    return _feeds_file(path, text_of(path))


@lru_cache(maxsize=4)  # once, as long as its text is the same; what it holds is immutable
def _feeds_file(path: Path, text: str) -> FeedsFile:
    data, lines = read_yaml_text(path, text)
    file = load_model(path, FeedsFile, _with_shared(data), lines)
    faults = [_located(path, lines, complaint) for complaint in (*_complaints(file.feeds), *_said_twice(file))]
    if faults:
        raise _refuse(faults)
    return file


def load_calendar(path: Path, feeds: Iterable[str] | None = None) -> ReleaseCalendar:
    """Return the release calendar. With `feeds` (ids), a rule for an unknown feed is refused.

    Raises:
        ConfigError: one fault for every place that breaks the schema.
    """
    data, lines = read_yaml(path)
    calendar = load_model(path, ReleaseCalendar, data, lines)
    known = None if feeds is None else sorted(feeds)
    unknown = [] if known is None else [f for f in calendar.feeds if f not in known]
    if unknown and known is not None:
        raise _refuse(
            Fault(
                code="unknown_feed",
                message="the calendar has a rule for a feed that feeds.yaml does not have",
                file=str(path),
                line=line_of(lines, ("feeds", feed)),
                key=f"feeds.{feed}",
                value=feed,
                expected=", ".join(known),
                mend="correct the id, or take the rule away",
            )
            for feed in unknown
        )
    return calendar


def check_registry(  # noqa: PLR0917 - one argument a registry
    feeds: Mapping[str, Feed],
    indicators: Mapping[str, Indicator],
    areas: Iterable[str],
    departments: Iterable[str],
    suites: Iterable[str] | None = None,
    file: str = "feeds.yaml",
) -> list[Fault]:
    """Return a fault for every indicator, area, department, suite or unit of the feeds that the registries do not have.

    Without `suites` (their names) nothing is said of them.
    """
    known = {"owner": set(departments), "area": set(areas), "indicator": set(indicators)}
    known |= {} if suites is None else {"suite": set(suites)}
    faults = []
    for feed in feeds.values():
        named = [("owner", feed.owner), ("area", feed.area), ("suite", feed.suite)]
        named += [("area", s.area) for s in feed.series if s.area]
        named += [("indicator", s.indicator) for s in feed.series]
        strangers = [(key, name) for key, name in dict.fromkeys(named) if key in known and name not in known[key]]
        faults += [_unknown(file, feed, key, name, known[key]) for key, name in strangers]
        for series in feed.series:
            if series.indicator in indicators:
                faults += _unit_faults(file, feed, series, indicators[series.indicator])
    return faults


def _unit_faults(file: str, feed: Feed, series: Series, indicator: Indicator) -> list[Fault]:
    faults = []
    for unit in series.units if series.value_is is Measure.LEVEL else ():
        try:
            conversion_factor(unit, indicator.base_unit)
        except InputError as error:
            faults += [replace(f, file=file, key=f"{feed.id}.{series.indicator}.units") for f in error.faults]
    return faults


def _unknown(file: str, feed: Feed, key: str, value: str, known: set[str]) -> Fault:
    from planwatch.reconcile.names import nearest

    return Fault(
        code=f"unknown_{key}",
        message=f"there is no such {_REGISTRIES[key][0]}",
        file=file,
        key=f"{feed.id}.{key}",
        value=value,
        expected=", ".join(nearest(value, sorted(known))) or f"one of {_REGISTRIES[key][1]}",
        mend=f"correct it, or add it to {_REGISTRIES[key][1]}",
    )


def _with_shared(data: Any) -> Any:
    """Give every feed the file's words and limits; what is no mapping is left for the schema to refuse."""
    if not isinstance(data, dict) or not isinstance(data.get("feeds"), list):
        return data
    shared = {key: data[key] for key in SHARED_KEYS if key in data}
    rest = {key: value for key, value in data.items() if key not in shared}
    return {**rest, "feeds": [{**shared, **feed} if isinstance(feed, dict) else feed for feed in data["feeds"]]}


Complaint = tuple[KeyPath, str, str, str]
"""Key path, code, message, value."""


def _complaints(feeds: tuple[Feed, ...]) -> Iterable[Complaint]:
    """Yield what the schema alone cannot see."""
    twice = [feed for feed, n in Counter(f.id for f in feeds).items() if n > 1]
    for n, feed in enumerate(feeds):
        at: KeyPath = ("feeds", n)
        if feed.id in twice:
            yield (*at, "id"), "duplicate_id", "two feeds have the same id", feed.id
        if feed.layout is Layout.JSON and feed.records is None:
            yield (*at, "layout"), "no_records", "a JSON feed must say where its values stand (`records`)", feed.layout
        yield from _table_complaints(feed, at)
        yield from _series_complaints(feed, at)


def _said_twice(file: FeedsFile) -> Iterable[Complaint]:
    for key, entries in (("without_source", file.without_source), ("growth_bases", file.growth_bases)):
        ids = [entry.indicator for entry in entries]
        for n, indicator in enumerate(ids):
            if indicator in ids[:n]:
                yield (key, n, "indicator"), "duplicate_id", "the indicator stands there twice", indicator


def _table_complaints(feed: Feed, at: KeyPath) -> Iterable[Complaint]:
    for t, table in enumerate(feed.tables):
        here: KeyPath = (*at, "tables", t)
        for role in table.needs:
            if role not in table.roles:
                yield (*here, "needs"), "unknown_role", "a needed role has no header words under `roles`", role
        names = [c.name for c in table.columns]
        for name in {n for n in names if names.count(n) > 1}:
            yield (*here, "columns"), "duplicate_column", "two columns have the same name", name
        if table.words and Role.WORD not in table.roles:
            yield (*here, "words"), "no_word_column", "words need a `word` column under `roles`", table.name


def _series_complaints(feed: Feed, at: KeyPath) -> Iterable[Complaint]:
    tables = {t.name for t in feed.tables}
    seen: dict[tuple[str | None, str, str | None], list[tuple[Label, Series]]] = {}
    for s, series in enumerate(feed.series):
        here: KeyPath = (*at, "series", s)
        if series.table is not None and series.table not in tables:
            yield (*here, "table"), "unknown_table", "the feed has no table of this name", series.table
        for unit in series.units:
            if not is_known(unit):
                yield (*here, "units"), "unknown_unit", "the unit is not in the registry", unit
        for label in series.labels:
            if label.valid_from and label.valid_until and label.valid_from > label.valid_until:
                yield (*here, "labels"), "dates_reversed", "the name would end before it begins", label.text
            others = seen.setdefault((series.table, squash(label.text), series.part_of), [])
            for other, owner in others:
                if owner is not series and _overlap(label, other):
                    message = f"the name already stands for {owner.indicator}"
                    yield (*here, "labels"), "duplicate_label", message, label.text
            others.append((label, series))


def _overlap(one: Label, other: Label) -> bool:
    """Return whether two labels are in force in the same month."""
    first = max(one.valid_from or "", other.valid_from or "")
    return first <= min(one.valid_until or "9999-12", other.valid_until or "9999-12")


def _located(path: Path, lines: dict[KeyPath, int], complaint: Complaint) -> Fault:
    key, code, message, value = complaint
    return Fault(
        code=code,
        message=message,
        file=str(path),
        line=line_of(lines, key),
        key=".".join(map(str, key)),
        value=value,
        mend="correct one of the two places" if code.startswith("duplicate") else "correct the name or declare it",
    )


def _refuse(faults: Iterable[Fault]) -> ConfigError:
    every = tuple(faults)
    return ConfigError("\n".join(str(f) for f in every), every)
