"""Where the work stands, asked of the database: releases dealt with, editions published, plan in force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, text

from planwatch import warehouse
from planwatch.model.vocabulary import ReleaseState

_STATES = text("""
SELECT DISTINCT ON (r.sha256) r.sha256, r.feed, r.filename, e.state, e.detail
FROM raw.releases r JOIN raw.release_events e USING (sha256) ORDER BY r.sha256, e.event_id DESC
""")
_PUBLISHED = text("""
SELECT e.period FROM mart.current_edition c JOIN mart.editions e USING (edition_id) WHERE e.plan_year = :year ORDER BY 1
""")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the work stands: the offered releases by state (None: not taken yet), and the months with an edition."""

    states: dict[str, ReleaseState | None]
    published: tuple[str, ...]
    wanted: tuple[str, ...]
    troubles: tuple[str, ...]

    @property
    def dealt_with(self) -> int:
        """Return how many offered releases are dealt with, one way or another."""
        return sum(s not in (None, ReleaseState.ARRIVED) for s in self.states.values())

    @property
    def lacking(self) -> list[str]:
        """Return the wanted months that have no edition yet."""
        return [p for p in self.wanted if p not in self.published]

    @property
    def done(self) -> int:
        """Return how much is done, of `total`."""
        return self.dealt_with + len(self.wanted) - len(self.lacking)

    @property
    def total(self) -> int:
        """Return how much there is to do: releases and editions."""
        return len(self.states) + len(self.wanted)

    @property
    def complete(self) -> bool:
        """Return whether every offered release is dealt with and every wanted month has an edition."""
        return self.done == self.total

    @property
    def words(self) -> str:
        """Return it in words."""
        counts = Counter(
            str(s) for s in self.states.values() if s and s not in (ReleaseState.ARRIVED, ReleaseState.LOADED)
        )
        odd = "".join(f", {n} {state}" for state, n in sorted(counts.items()))
        editions = len(self.wanted) - len(self.lacking)
        return f"releases {self.dealt_with}/{len(self.states)}{odd} · editions {editions}/{len(self.wanted)}"


def standing(engine: Engine, offered: Collection[str], wanted: Sequence[str], year: int) -> Standing:
    """Return where the work stands for the releases `offered` (sha256) and the months `wanted`."""
    with engine.connect() as conn:
        rows = conn.execute(_STATES).all()
        published = tuple(conn.execute(_PUBLISHED, {"year": year}).scalars())
    known = {r.sha256: ReleaseState(r.state) for r in rows}
    bad = (ReleaseState.FAILED, ReleaseState.QUARANTINED)
    troubles = tuple(
        f"{r.filename}: {r.state}. {r.detail}".strip() for r in rows if r.sha256 in offered and r.state in bad
    )
    return Standing({sha: known.get(sha) for sha in offered}, published, tuple(wanted), troubles)


def known_shas(engine: Engine) -> set[str]:
    """Return the sha256 of every release that was ever entered."""
    with engine.connect() as conn:
        return set(conn.execute(text("SELECT sha256 FROM raw.releases")).scalars())


def plan_version(engine: Engine, year: int) -> str | None:
    """Return the version of a year's plan in force, None where none is loaded."""
    with engine.connect() as conn:
        return warehouse.loaded_plans(conn).get(year)
