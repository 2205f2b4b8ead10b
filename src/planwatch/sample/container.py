"""OLE compound files (MS-CFB), which hold binary workbooks and encrypted ones (MS-OFFCRYPTO)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from itertools import cycle, islice

SECTOR = 512
STREAM = 4096
"""Streams of this size and more live in ordinary sectors, smaller ones in a mini stream that we so do without."""
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_PER_TABLE = SECTOR // 4
_ENTRIES = SECTOR // 128
"""Allocations in a sector of the table, and directory entries in one."""

_DESCRIPTOR = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption">'
    '<keyData saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" '
    'cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512" saltValue="AAAAAAAAAAAAAAAAAAAAAA=="/></encryption>'
)


def encrypted_container() -> bytes:
    """Return a password-protected workbook that nobody can open: real container, meaningless cipher text."""
    info = struct.pack("<HHI", 4, 4, 0x40) + _DESCRIPTOR.encode()
    package = struct.pack("<Q", STREAM - 8) + bytes(islice(cycle(range(256)), STREAM - 8))
    return compound_file({"EncryptionInfo": info, "EncryptedPackage": package})


def compound_file(streams: Mapping[str, bytes]) -> bytes:
    """Return a compound file with these streams (at most three), filled up with zeros to 4096 bytes."""
    padded = {name: _padded(data) for name, data in streams.items()}
    sectors = [len(data) // SECTOR for data in padded.values()]
    tables = -(-(sum(sectors) + 1) // (_PER_TABLE - 1))
    first = tables + 1
    starts = [first + sum(sectors[:n]) for n in range(len(sectors))]
    chains = [[*range(start + 1, start + size), END] for start, size in zip(starts, sectors, strict=True)]
    table = [FAT] * tables + [END] + [place for chain in chains for place in chain]
    allocation = struct.pack(f"<{tables * _PER_TABLE}I", *table, *[FREE] * (tables * _PER_TABLE - len(table)))
    places = list(zip(padded, starts, map(len, padded.values()), strict=True))
    return _header(tables) + allocation + _directory(places) + b"".join(padded.values())


def _padded(data: bytes) -> bytes:
    whole = data.ljust(STREAM, b"\0")
    return whole + b"\0" * (-len(whole) % SECTOR)


def _header(tables: int) -> bytes:
    fixed = struct.pack(
        "<8s16sHHHHH6s9I",
        bytes.fromhex("d0cf11e0a1b11ae1"), b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, tables, tables, 0, STREAM, END, 0, END, 0,
    )  # fmt: skip
    return fixed + struct.pack("<109I", *range(tables), *[FREE] * (109 - tables))


def _directory(places: list[tuple[str, int, int]]) -> bytes:
    entries = [_entry("Root Entry", 5, start=END, size=0, child=1)]
    for n, (name, start, size) in enumerate(places, 1):
        entries.append(_entry(name, 2, start=start, size=size, right=n + 1 if n < len(places) else FREE))
    return b"".join(entries) + _entry("", 0, start=0, size=0) * (_ENTRIES - len(entries))


def _entry(name: str, kind: int, *, start: int, size: int, right: int = FREE, child: int = FREE) -> bytes:
    text = name.encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sIQQIQ",
        text, len(text) + 2 if name else 0, kind, 1, FREE, right, child, b"", 0, 0, 0, start, size,
    )  # fmt: skip
