"""What a first start shows: the shipped releases, offered once, and the time at which the demonstration stands."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from planwatch.errors import ConfigError
from planwatch.local.demonstration import load_demonstration, offer, shipped_releases, stand_in_now
from planwatch.settings import ROOT

INCLUDE = ROOT / "include"


def test_every_shipped_release_belongs_to_a_feed_history_first() -> None:
    shipped = shipped_releases(INCLUDE, load_demonstration(INCLUDE, 2026))
    files = [p for folder in ("history", "sample/2026") for p in (INCLUDE / folder).iterdir() if p.name != "README.md"]
    assert {r.path for r in shipped} == set(files)
    folders = [r.path.parent.name for r in shipped]
    assert folders == sorted(folders, key=["history", "2026"].index)
    assert {r.feed for r in shipped if r.path.parent.name == "history"} == {"published_figures"}
    assert all(r.sha256 == hashlib.sha256(r.path.read_bytes()).hexdigest() for r in shipped)


def test_the_editions_are_those_of_the_plan() -> None:
    assert load_demonstration(INCLUDE, 2026).editions == tuple(f"2026-{m:02d}" for m in range(2, 11))
    assert load_demonstration(INCLUDE, 2025).editions == ("2025-03", "2025-06", "2025-09", "2025-12")


def test_the_clock_stands_at_the_close_of_the_last_month() -> None:
    demonstration = load_demonstration(INCLUDE, 2026)
    now = stand_in_now(INCLUDE, demonstration)
    assert now.tzinfo is not None
    assert now.strftime("%Y-%m") in ("2026-11", "2026-12")
    assert (now.hour, now.minute) == (23, 59)


def test_what_is_known_is_not_offered_again(tmp_path: Path) -> None:
    shipped = shipped_releases(INCLUDE, load_demonstration(INCLUDE, 2025))
    assert offer(shipped, tmp_path, ()) == shipped
    dropped = sorted(p for p in tmp_path.rglob("*") if p.is_file())
    assert [p.name for p in dropped] == sorted(r.path.name for r in shipped)
    assert {p.parent.name for p in dropped} == {"published_figures"}
    assert {hashlib.sha256(p.read_bytes()).hexdigest() for p in dropped} == {r.sha256 for r in shipped}
    shutil.rmtree(tmp_path / "published_figures")
    assert offer(shipped, tmp_path, {r.sha256 for r in shipped[1:]}) == shipped[:1]
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == [shipped[0].path.name]


def test_a_year_without_anything_shipped_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"nothing is shipped for this plan year.*2019.*expected 2025, 2026"):
        load_demonstration(INCLUDE, 2019)


def test_a_folder_without_releases_is_refused(tmp_path: Path) -> None:
    shutil.copytree(INCLUDE, tmp_path / "include")
    shutil.rmtree(tmp_path / "include" / "history")
    with pytest.raises(ConfigError, match="no file here belongs to a feed"):
        shipped_releases(tmp_path / "include", load_demonstration(tmp_path / "include", 2025))
