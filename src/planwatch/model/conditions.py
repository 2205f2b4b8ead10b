"""Under what conditions an edition was judged, besides its figures and its targets: what was due, by whom, and what was held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

from planwatch.model.base import Frozen
from planwatch.model.calendar import ReleaseCalendar


class Conditions(Frozen):
    """What `progress.judge` is given beside plan, observations, period and `as_of`.

    `calendar` says when readings are due, `feed_of` (indicator id → feed id) who reports them and which have a source, `held` are the
    (feed id, month) in quarantine.
    """

    calendar: ReleaseCalendar
    feed_of: dict[str, str]
    held: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, calendar: ReleaseCalendar, feed_of: Mapping[str, str], held: Iterable[tuple[str, str]]) -> Self:
        """Return the conditions in one order, so that equal ones are kept as one document."""
        return cls(calendar=calendar, feed_of=dict(sorted(feed_of.items())), held=tuple(sorted(held)))

    def document(self) -> str:
        """Return them as JSON, from which `model_validate_json` makes an equal object.

        What the calendar leaves out stays left out: a feed's rule differs from its frequency's only in what it states.
        """
        return self.model_dump_json(by_alias=True, exclude_unset=True)
