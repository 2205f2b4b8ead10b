from __future__ import annotations

from planwatch.feeds import Access, read_access


def test_json_and_address_say_the_same():
    given = Access(
        host="s.example", port=2222, login="wang li", password="a/b:c@d", extra={"host_key": "ssh-ed25519 AAAA"}
    )
    text = '{"conn_type": "sftp", "host": "s.example", "port": 2222, "login": "wang li", "password": "a/b:c@d", "extra": %s}'
    for extra in ('{"host_key": "ssh-ed25519 AAAA"}', '"{\\"host_key\\": \\"ssh-ed25519 AAAA\\"}"'):
        assert read_access(text % extra) == given
    assert read_access("sftp://wang%20li:a%2Fb%3Ac%40d@s.example:2222/?host_key=ssh-ed25519+AAAA") == given
    assert (
        read_access(
            "sftp://wang%20li:a%2Fb%3Ac%40d@s.example:2222/?__extra__=%7B%22host_key%22%3A+%22ssh-ed25519+AAAA%22%7D"
        )
        == given
    )


def test_nothing_secret_is_shown():
    access = Access(
        login="wang", password="open-sesame", extra={"headers": {"X-Api-Key": "key-123"}, "host_key": "ssh-rsa AAAA"}
    )
    assert "open-sesame" not in repr(access) and "key-123" not in repr(access)
    assert (
        access.redact("failed for wang:open-sesame with key-123 at ssh-rsa AAAA")
        == "failed for wang:*** with *** at ssh-rsa AAAA"
    )
