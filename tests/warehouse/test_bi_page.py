"""The page for BI analysts: its queries run as its role, its views are there, and its keys are keys."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text
from tests.conftest import Warehouse

from planwatch.settings import ROOT
from planwatch.warehouse import make_engine

pytestmark = pytest.mark.postgres

PAGE = (ROOT / "docs" / "bi.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?);\n```\n\n```\n(.*?)\n```", PAGE, re.DOTALL)


def test_every_query_runs_as_the_reading_role_and_has_the_columns_shown(warehouse: Warehouse) -> None:
    engine = make_engine(warehouse.bi_url)
    assert len(QUERIES) >= 6
    with engine.connect() as conn:
        for query, shown in QUERIES:
            assert list(conn.execute(text(query)).keys()) == shown.splitlines()[0].split()
    engine.dispose()


def test_the_views_named_are_there_and_the_readme_has_the_rest(warehouse: Warehouse) -> None:
    named = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert len(named) == 10
    with warehouse.begin() as conn:
        there = set(
            conn.execute(text("SELECT table_name FROM information_schema.views WHERE table_schema = 'bi'")).scalars()
        )
    assert set(named) <= there
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [view for view in there - set(named) if f"bi.{view}`" not in readme] == []
