from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from planwatch.model.request import Request

BODY = {
    "cid": "3f2e",
    "dts": ["{year}01MM-{yyyymm}MM", "{year}{quarter}SS"],
    "das": [{"value": "000000000000"}],
    "showType": 1,
    "none": None,
}


def test_a_request_is_filled_in_for_a_month():
    asked = Request(
        method="POST",
        url="https://example.org/data?until={period}",
        headers={"Referer": "https://example.org/"},
        body=BODY,
    ).for_period("2026-08")
    assert (asked.method, asked.url) == ("POST", "https://example.org/data?until=2026-08")
    assert asked.headers == {"Content-Type": "application/json", "Referer": "https://example.org/"}
    assert json.loads(asked.body or b"") == {**BODY, "dts": ["202601MM-202608MM", "202603SS"]}


def test_a_request_without_a_body():
    asked = Request(url="https://example.org/{year}/{month}.json").for_period("2026-03")
    assert (asked.method, asked.url, asked.headers, asked.body) == ("GET", "https://example.org/2026/03.json", {}, None)


@pytest.mark.parametrize(
    "given",
    [{"url": "https://example.org/{password}"}, {"url": "file:///etc/passwd"}, {"url": "https://example.org", "body": {"a": ["{secret}"]}},
     {"url": "https://example.org", "headers": {"X\r\nY": "1"}}, {"url": "https://example.org", "headers": {"X": "a\nb"}}, {"url": "https://example.org", "method": "DELETE"}],
)  # fmt: skip
def test_what_is_no_request_is_refused(given):
    with pytest.raises(ValidationError):
        Request(**given)
