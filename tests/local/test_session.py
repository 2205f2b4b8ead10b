"""What a session says at its end: addresses whole while they answer, and none of them afterwards."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from planwatch.local import session
from planwatch.settings import Settings


def console(width: int = 80) -> Console:
    return Console(file=io.StringIO(), width=width)


def test_an_address_stands_whole_on_a_line_of_its_own() -> None:
    url = "postgresql://bi_reader:" + "x" * 60 + "[1]@127.0.0.1:55432/planwatch"
    out = console()
    session._places(out, [("BI", url), ("Mails", "http://127.0.0.1:8025/")])
    assert out.file.getvalue() == f"\nBI\n  {url}\nMails\n  http://127.0.0.1:8025/\n"


def test_after_the_stop_no_address_is_told_but_where_all_is_and_how_it_is_seen_again(tmp_path: Path) -> None:
    out = console()
    session._what_is_left(Settings(home=tmp_path, plan=2025), out)
    said = out.file.getvalue()
    assert "://" not in said
    assert f"\n  {tmp_path}\n" in said
    assert f"\n  {tmp_path / 'data_docs' / 'index.html'}\n" in said
    assert said.endswith(" up --plan 2025\n")


def test_a_year_without_a_plan_is_bad_usage_before_anything_starts(capsys, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLANWATCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLANWATCH_PLAN", "2026")
    try:
        assert session.run(1999, 1, stays=False) == 2
    finally:
        session.settings.cache_clear()
    assert "expected 2025, 2026" in capsys.readouterr().out
    assert not (tmp_path / "home").exists()
