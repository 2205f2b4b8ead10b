"""An encrypted workbook as Office stores it: an OLE compound file (MS-CFB) with the two streams of MS-OFFCRYPTO."""

from __future__ import annotations

import struct
from itertools import cycle, islice

SECTOR = 512
STREAM = 4096
"""Streams of this size and more live in ordinary sectors, smaller ones in a mini stream that we so do without."""
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
NAMES = ("EncryptionInfo", "EncryptedPackage")

_DESCRIPTOR = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption">'
    '<keyData saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" '
    'cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512" saltValue="AAAAAAAAAAAAAAAAAAAAAA=="/></encryption>'
)


def encrypted_container() -> bytes:
    """Return a password-protected workbook that nobody can open: real container, meaningless cipher text."""
    info = (struct.pack("<HHI", 4, 4, 0x40) + _DESCRIPTOR.encode()).ljust(STREAM, b"\0")
    package = struct.pack("<Q", STREAM - 8) + bytes(islice(cycle(range(256)), STREAM - 8))
    return _header() + _allocation() + _directory() + info + package


def _header() -> bytes:
    fixed = struct.pack(
        "<8s16sHHHHH6s9I",
        bytes.fromhex("d0cf11e0a1b11ae1"), b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, 1, 1, 0, STREAM, END, 0, END, 0,
    )  # fmt: skip
    return fixed + struct.pack("<109I", 0, *[FREE] * 108)


def _allocation() -> bytes:
    per = STREAM // SECTOR
    chains = [[2 + per * n + k + 1 for k in range(per - 1)] + [END] for n in range(len(NAMES))]
    table = [FAT, END, *chains[0], *chains[1]]
    return struct.pack("<128I", *table, *[FREE] * (128 - len(table)))


def _directory() -> bytes:
    per = STREAM // SECTOR
    entries = [
        _entry("Root Entry", 5, start=END, size=0, child=1),
        _entry(NAMES[0], 2, start=2, size=STREAM, right=2),
        _entry(NAMES[1], 2, start=2 + per, size=STREAM),
    ]
    return b"".join(entries) + _entry("", 0, start=0, size=0)


def _entry(name: str, kind: int, *, start: int, size: int, right: int = FREE, child: int = FREE) -> bytes:
    text = name.encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sIQQIQ",
        text, len(text) + 2 if name else 0, kind, 1, FREE, right, child, b"", 0, 0, 0, start, size,
    )  # fmt: skip
