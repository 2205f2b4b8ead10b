"""Faults in words."""

from __future__ import annotations

import pytest

from planwatch.errors import Fault


@pytest.mark.parametrize(
    ("key", "place"),
    [("--period", "--period"), ("argument FEED", "argument FEED"), ("gdp", "key gdp"), ("-1", "key -1")],
)
def test_what_was_typed_on_the_command_line_is_no_key_of_a_file(key: str, place: str) -> None:
    assert str(Fault(code="x", message="not so", key=key, value="a")) == f"{place}: not so; found 'a'"
    assert str(Fault(code="x", message="not so", file="a.yaml", key=key)) == f"a.yaml, {place}: not so"
