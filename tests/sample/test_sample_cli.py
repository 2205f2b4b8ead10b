"""`planwatch sample` writes what it lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from planwatch.cli import app
from planwatch.errors import InputError
from planwatch.sample import generate
from planwatch.sample.world import shipped_world

RUN = CliRunner()


def listed(*args: str) -> list[dict[str, object]]:
    result = RUN.invoke(app, ["sample", *args, "--format", "json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_lists_exactly_what_it_wrote(tmp_path: Path) -> None:
    rows = listed("--feed", "stats_bureau", "--from", "2026-05", "--to", "2026-07", "--out", str(tmp_path))
    assert [(r["period"], r["revision"]) for r in rows] == [
        ("2026-05", 0),
        ("2026-06", 0),
        ("2026-06", 1),
        ("2026-07", 0),
    ]
    assert {str(r["file"]) for r in rows} == {str(p) for p in tmp_path.iterdir()}
    assert all(Path(str(r["file"])).stat().st_size == r["bytes"] for r in rows)


def test_by_feed_makes_the_folders_of_the_drop_folder(tmp_path: Path) -> None:
    rows = listed("--period", "2026-03", "--by-feed", "--out", str(tmp_path))
    assert {p.name for p in tmp_path.iterdir()} == {str(r["feed"]) for r in rows}
    assert {r["feed"] for r in rows} == {f for f, form in shipped_world().feeds.items() if 3 in form.months}


def test_corrupt_and_seed_are_handed_on(tmp_path: Path) -> None:
    [row] = listed(
        "--feed", "finance", "--period", "2026-03", "--seed", "3", "--corrupt", "unknown-row", "--out", str(tmp_path)
    )
    assert Path(str(row["file"])).read_bytes() == generate("finance", "2026-03", seed=3, corrupt="unknown-row")


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["--feed", "nope"], "ecological_works"),
        (["--period", "2026-13"], "2026-12"),
        (["--period", "2026-03", "--corrupt", "nope"], "not-a-workbook"),
        (["--feed", "stats_bureau", "--to", "2026-01"], "no release of that choice"),
    ],
)
def test_bad_usage_says_what_there_is(args: list[str], expected: str, tmp_path: Path) -> None:
    result = RUN.invoke(app, ["sample", *args, "--out", str(tmp_path)])
    assert isinstance(result.exception, InputError)
    assert expected in str(result.exception)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = RUN.invoke(app, ["sample", "--period", "2026-03", "--out", str(tmp_path / "file" / "sub")])
    assert isinstance(result.exception, InputError) and "--out" in str(result.exception)


def test_without_a_feed_only_what_can_be_broken_so_is_made(tmp_path: Path) -> None:
    rows = listed("--period", "2026-03", "--corrupt", "wrong-encoding", "--out", str(tmp_path))
    assert {Path(str(r["file"])).suffix for r in rows} == {".html", ".csv", ".json"}
    args = [
        "sample",
        "--feed",
        "commerce",
        "--period",
        "2026-03",
        "--corrupt",
        "wrong-encoding",
        "--out",
        str(tmp_path),
    ]
    assert "cut-off" in str(RUN.invoke(app, args).exception)


def test_areas_and_months_make_releases_at_scale(tmp_path: Path) -> None:
    rows = listed("--areas", "30", "--months", "3", "--out", str(tmp_path))
    assert [r["period"] for r in rows] == ["", "2025-10", "2025-11", "2025-12"]
    assert {Path(str(r["file"])).name for r in rows} == {p.name for p in tmp_path.iterdir()}
    result = RUN.invoke(app, ["sample", "--areas", "0", "--out", str(tmp_path)])
    assert isinstance(result.exception, InputError) and "1 to 5000" in str(result.exception)
