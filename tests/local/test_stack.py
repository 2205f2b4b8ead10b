"""What the started components are told."""

from __future__ import annotations

import shutil

from planwatch.local.stack import _source_connections
from planwatch.settings import ROOT


def test_components_get_the_connections_that_locations_declare_and_no_other(tmp_path, monkeypatch):
    include = shutil.copytree(
        ROOT / "include", tmp_path / "include", ignore=shutil.ignore_patterns("sample", "history")
    )
    assert _source_connections(ROOT / "include") == {}
    feeds = include / "feeds.yaml"
    text = feeds.read_text(encoding="utf-8")
    location = "    location: {url: 'https://f.example/{period}', connection: finance_bureau}\n"
    feeds.write_text(text.replace("  - id: finance\n", f"  - id: finance\n{location}"), encoding="utf-8")
    monkeypatch.setenv("AIRFLOW_CONN_OTHER", "http://x")
    assert _source_connections(include) == {}
    monkeypatch.setenv("AIRFLOW_CONN_FINANCE_BUREAU", "http://wang@f.example")
    assert _source_connections(include) == {"AIRFLOW_CONN_FINANCE_BUREAU": "http://wang@f.example"}
