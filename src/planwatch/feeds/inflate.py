"""Unpacking an answer as it comes, never beyond a limit: a small packed answer may be a bomb."""

from __future__ import annotations

import zlib

from planwatch.feeds.refusals import refusal

_GZIP, _ZLIB = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}


class Inflater:
    """Unpacks one body, of any of the encodings that are asked for: identity, gzip, deflate."""

    def __init__(self, encoding: str, max_bytes: int, place: str) -> None:
        if encoding not in _WINDOWS and encoding not in ("identity", ""):
            raise refusal("unknown_encoding", place, encoding[:40], "gzip, deflate or identity")
        self._window = _WINDOWS.get(encoding)
        self._inner = None if self._window is None else zlib.decompressobj(self._window)
        self._left, self._max_bytes, self._place = max_bytes, max_bytes, place

    def feed(self, chunk: bytes) -> bytes:
        """Return the next part, unpacked.

        Raises:
            ReleaseError: `too_large`, once more would come out than the limit allows.
            RetriableError: `cut_off`, where the bytes are no such packing.
        """
        if self._inner is None or self._window is None:
            return chunk
        parts = []
        while chunk:
            if self._inner.eof:  # a packing may consist of several, one after another
                self._inner = zlib.decompressobj(self._window)
            parts.append(self._unpack(self._inner, chunk))
            chunk = self._inner.unused_data
        return b"".join(parts)

    def _unpack(self, inner: zlib._Decompress, chunk: bytes) -> bytes:
        try:
            part = inner.decompress(chunk, self._left + 1)
        except zlib.error as error:
            raise refusal("cut_off", self._place, f"damaged packing: {error}") from error
        self._left -= len(part)
        if self._left < 0:
            found = f"more than {self._max_bytes} bytes once unpacked"
            raise refusal("too_large", self._place, found, f"at most {self._max_bytes} bytes")
        return part

    def finish(self) -> None:
        """See that the packing ended.

        Raises:
            RetriableError: `cut_off`, where it did not.
        """
        if self._inner is not None and not self._inner.eof:
            raise refusal("cut_off", self._place, "the packing has no end")
