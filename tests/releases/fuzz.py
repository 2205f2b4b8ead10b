"""Mutants of releases: seeded, so that a finding can be made again from its number."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from functools import cache

from corpus import cases, feeds, registries, released

from planwatch.errors import ReleaseError
from planwatch.feeds import read_release
from planwatch.reconcile import reconcile

_WORDS = [
    b"", b"0", b"-1", b"999999999999999999999", b"1e308", b"NaN", b"Infinity", b"2147483648", b"4294967295", b"65536", b"1048576", b"XFD1048576",
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"'", b"<", b">", b"&#x0;", b"&amp;", b"]]>", b"<!--", b"-->", b"<![CDATA[", b"{", b"[", b"}", b"]",
    b"null", b"true", b",", b"\n", b"\t", b"%s%n", "持平".encode(), "增长1.1倍".encode(), "１２".encode(), "—".encode(), "\u202e".encode(),
    b"=1+1", b"#REF!", b'rowspan="99999"', b'colspan="1000"', b'table:number-rows-repeated="1000000"', b'table:number-columns-repeated="16384"',
    b'table:number-rows-spanned="2147483647"', b'r="A0"', b't="s"', b's="99999"', b"2026-13", b"1900-01", "9999年99月".encode(),
]  # fmt: skip
_TOKEN = re.compile(rb"[0-9.]+|[A-Za-z_:]+|[\x80-\xff]+|[^\sA-Za-z0-9]")
_BROKEN = 0.15
"""Share of the mutants whose release was broken already."""
Change = Callable[[random.Random, bytes], bytes]


@cache
def seeds(refused: bool = False) -> list[tuple[str, str, bytes]]:
    """Return feed, file name and bytes of the corpus's releases that are read, or are refused, the small ones: large ones would only be slow."""
    chosen = [case for case in cases() if ("refused" in case["expect"]) == refused and not case.get("limits")]
    found = [(case["feed"], case["file"], released(case)) for case in chosen]
    return [(feed, name, data) for feed, name, data in found if 20 < len(data) < 100_000]


def mutants(first: int, count: int) -> Iterator[tuple[int, str, str, bytes]]:
    """Yield number, feed, file name and bytes of the mutants from `first`."""
    for number in range(first, first + count):
        dice = random.Random(number)
        feed, name, data = dice.choice(seeds(dice.random() < _BROKEN))
        for _ in range(dice.choice((1, 1, 1, 1, 2, 3, 6))):
            data = _mutated(dice, data)
        yield number, feed, name, data


def judge(feed: str, name: str, data: bytes) -> str:
    """Return `read` or `refused`; what raises anything else, or refuses without a reason, is a finding."""
    declared = feeds()[feed]
    try:
        table = read_release(declared, data, name)
    except ReleaseError as error:
        if not error.faults or not all(f.message and f.code for f in error.faults):
            raise AssertionError("refused without a reason") from error
        return "refused"
    found = reconcile(declared, table, *registries())
    if found.counts["read"] != len(table.cells):
        raise AssertionError("cells were lost")
    return "read"


def _mutated(dice: random.Random, data: bytes) -> bytes:
    if data.startswith(b"PK") and dice.random() < 0.85:
        return _in_zip(dice, data)
    return dice.choice(_CHANGES)(dice, data)


def _in_zip(dice: random.Random, data: bytes) -> bytes:
    """Mutate one part and zip all of them again, so that the reader gets further than the checksum."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as old:
            parts = {name: old.read(name) for name in old.namelist()}
    except Exception:  # damaged by an earlier change, in whatever way
        return _bytes(dice, data)
    if not parts:
        return data
    chosen = dice.choice([n for n in parts if "sheet" in n or "content" in n or "styles" in n] or list(parts))
    parts[chosen] = dice.choice(_CHANGES)(dice, parts[chosen])
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as new:
        for name, text in parts.items():
            new.writestr(name, text)
    return raw.getvalue()


def _bytes(dice: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.randint(1, 12)):
        if changed:
            changed[dice.randrange(len(changed))] = dice.choice((dice.randrange(256), 0, 255, 127))
    return bytes(changed)


def _cut(dice: random.Random, data: bytes) -> bytes:
    first, last = sorted((dice.randrange(len(data) + 1), dice.randrange(len(data) + 1)))
    return data[:first] if dice.random() < 0.3 else data[:first] + data[last:]


def _twice(dice: random.Random, data: bytes) -> bytes:
    """Repeat a stretch, sometimes thousands of times."""
    first = dice.randrange(len(data) + 1)
    stretch = data[first : first + dice.choice((1, 8, 64, 512))]
    return data[:first] + stretch * dice.choice((2, 2, 3, 50, 5000)) + data[first:]


def _word(dice: random.Random, data: bytes) -> bytes:
    """Put a word that makes trouble in the place of another one, or beside it."""
    tokens = list(_TOKEN.finditer(data[:60_000]))
    if not tokens:
        return data + dice.choice(_WORDS)
    token = dice.choice(tokens)
    end = token.end() if dice.random() < 0.8 else token.start()
    return data[: token.start()] + dice.choice(_WORDS) + data[end:]


def _swap(dice: random.Random, data: bytes) -> bytes:
    """Exchange two words of the file."""
    tokens = list(_TOKEN.finditer(data[:60_000]))
    if len(tokens) < 2:
        return data
    one, other = sorted(dice.sample(tokens, 2), key=lambda t: t.start())
    return data[: one.start()] + other[0] + data[one.end() : other.start()] + one[0] + data[other.end() :]


def _splice(dice: random.Random, data: bytes) -> bytes:
    _feed, _name, other = dice.choice(seeds())
    return data[: dice.randrange(len(data) + 1)] + other[dice.randrange(len(other)) :]


def _deep(dice: random.Random, data: bytes) -> bytes:
    mark = dice.choice((b"[", b'{"a":', b"<table><tr><td>", b"<div>", b"<r>", b"(", b'"'))
    at = dice.randrange(len(data) + 1)
    return data[:at] + mark * dice.choice((10, 1000, 100_000)) + data[at:]


_CHANGES: tuple[Change, ...] = (_bytes, _bytes, _cut, _twice, *[_word] * 6, *[_swap] * 3, _splice, _deep)
