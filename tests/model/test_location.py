import pytest
from pydantic import ValidationError

from planwatch.model.location import Location, Scheme, netloc_of, shown_url


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"url": "ftp://x/y"}, "scheme"),
        ({"url": "x/y"}, "scheme"),
        ({"url": "https:///x"}, "host"),
        ({"url": "https://u:p@x/y"}, "account"),
        ({"url": "https://{period}.x/"}, "host"),
        ({"url": "https://x:99999/"}, "address"),
        ({"url": "https://x/{day}"}, "placeholder"),
        ({"url": "https://x/#a"}, "fragment"),
        ({"url": "file://x/y"}, "slashes"),
        ({"url": "file:///*/y"}, "last part"),
        ({"url": "s3://bucket/key"}, "hosts"),
        ({"url": "sftp://x/y", "request": {"method": "POST"}}, "request"),
        ({"url": "https://x/y", "request": {"body": {"a": 1}}}, "POST"),
        ({"url": "https://x/y", "request": {"method": "POST", "body": ["{day}"]}}, "placeholder"),
        ({"url": "https://x/y", "request": {"headers": {"Authorization": "Basic x"}}}, "secret"),
        ({"url": "https://x/y", "request": {"headers": {"X-Api-Key": "x"}}}, "secret"),
        ({"url": "https://x/y", "request": {"headers": {"A": "b\r\nC: d"}}}, "header"),
        ({"url": "https://x/y", "request": {"headers": {"A": "包头"}}}, "header"),
        ({"url": "sftp://x/y_?.csv"}, "query"),
        ({"url": "https://x/y", "hosts": ["https://y"]}, "host"),
        ({"url": "https://x/y", "max_redirects": 21}, "less than or equal"),
        ({"url": "https://x/y", "password": "x"}, "Extra"),
    ],
)
def test_what_may_not_stand_in_a_location(given, why):
    with pytest.raises(ValidationError, match=why):
        Location.model_validate(given)


def test_a_month_is_filled_in_everywhere():
    request = {
        "method": "POST",
        "headers": {"X-Month": "{period}"},
        "body": {"dts": ["{yyyymm}MM", "{year}{quarter}SS"], "n": [1, None]},
    }
    location = Location.model_validate({"url": "https://x.example/{year}/{month}?p={period}", "request": request})
    assert location.address("2026-03") == "https://x.example/2026/03?p=2026-03"
    assert location.headers("2026-03") == {"X-Month": "2026-03"}
    assert location.body("2026-03") == {"dts": ["202603MM", "202601SS"], "n": [1, None]}
    assert location.names_period
    assert not Location(url="https://x.example/newest").names_period
    with pytest.raises(ValueError, match="month"):
        location.address("2026-13")


def test_own_host_and_safer_scheme_are_allowed_and_nothing_else():
    location = Location.model_validate({"url": "http://包头.example:8080/x", "hosts": ["B.example", "c.example:8443"]})
    assert location.allowed_hosts == {"xn--uiru7l.example:8080", "b.example", "c.example:8443"}
    assert location.allowed_schemes == {Scheme.HTTP, Scheme.HTTPS}
    assert Location(url="https://x.example/").allowed_schemes == {Scheme.HTTPS}
    assert Location(url="sftp://x.example/y").allowed_schemes == {Scheme.SFTP}
    assert Location(url="file:///srv/{period}").allowed_hosts == frozenset()


def test_ports_of_their_own_are_told_apart():
    assert netloc_of("https://x.example:443/") == netloc_of("http://x.example:80/") == "x.example"
    assert netloc_of("https://x.example:80/") == "x.example:80"
    assert netloc_of("https://[::1]:9/") == "[::1]:9"


def test_shown_without_account_and_query():
    assert shown_url("https://u:p@x.example/数据?token=abc#f") == "https://x.example/数据?…"
