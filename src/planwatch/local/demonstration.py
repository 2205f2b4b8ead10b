"""What a first start shows: which shipped releases are offered, which editions must come of them, and what the time is."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import Field, RootModel

from planwatch.errors import ConfigError, Fault
from planwatch.feeds import sniff
from planwatch.model.base import Frozen
from planwatch.model.period import Period
from planwatch.steps.include import load_include
from planwatch.yamlfile import load_model

Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]


class Demonstration(Frozen):
    """One year of `demonstration.yaml`."""

    releases: tuple[str, ...] = Field(min_length=1, description="Folders of include/, offered in this order.")
    editions: tuple[Month, ...] = Field(min_length=1, description="Months that have an edition at the end.")


class DemonstrationFile(RootModel[dict[Annotated[str, Field(pattern=r"^\d{4}$")], Demonstration]]):
    """`demonstration.yaml`: year of the plan → what is shown of it."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """A release that the checkout ships: its file, its feed's id, the sha256 of its bytes."""

    path: Path
    feed: str
    sha256: str


def load_demonstration(include: Path, year: int) -> Demonstration:
    """Return what is shown of a year.

    Raises:
        ConfigError: the file breaks its schema, or has no such year.
    """
    path = include / "demonstration.yaml"
    years = load_model(path, DemonstrationFile).root
    if str(year) not in years:
        raise ConfigError.of(
            Fault(
                code="unknown_year",
                message="nothing is shipped for this plan year",
                file=str(path),
                value=str(year),
                expected=", ".join(sorted(years)),
                mend="choose one of these with PLAN=, or describe the year in that file",
            )
        )
    return years[str(year)]


def shipped_releases(include: Path, demonstration: Demonstration) -> list[Shipped]:
    """Return the shipped files that a feed claims by its name pattern, in the order they are offered.

    Raises:
        ConfigError: a folder is not there, or holds no release.
    """
    feeds = load_include(include).feeds
    found: list[Shipped] = []
    for folder in demonstration.releases:
        files = sorted(p for p in (include / folder).glob("*") if p.is_file())
        claimed = [(p, feed) for p in files if (feed := sniff(feeds, p.name)) is not None]
        if not claimed:
            raise ConfigError.of(
                Fault(
                    code="no_releases",
                    message="no file here belongs to a feed",
                    file=str(include / folder),
                    mend="restore the folder from the repository",
                )
            )
        found += [Shipped(p, feed.id, hashlib.sha256(p.read_bytes()).hexdigest()) for p, feed in claimed]
    return found


def offer(releases: Collection[Shipped], drop: Path, known: Collection[str]) -> list[Shipped]:
    """Copy releases whose bytes are not `known` (sha256) into `<drop>/<feed>/`, each whole at once; return which."""
    new = [r for r in releases if r.sha256 not in known]
    for release in new:
        folder = drop / release.feed
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{release.path.name}.part"
        shutil.copy2(release.path, part)
        part.replace(folder / release.path.name)
    return new


def stand_in_now(include: Path, demonstration: Demonstration) -> datetime:
    """Return the close of the last month shown: the time at which the demonstration stands."""
    last: str = Period(max(demonstration.editions))
    return load_include(include).close(last)
