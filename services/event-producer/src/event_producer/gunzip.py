"""Unpacks a gzip body piece by piece, up to a limit."""

import zlib
from typing import Final

from event_producer.refusal import MAX_BODY_BYTES, broken_gzip, too_large

_GZIP_ALONE: Final = 31
"""zlib's `wbits` for the largest window, with a header and trailer of gzip around it."""


class Gunzip:
    """One gzip member, as browsers and HTTP clients make them."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(_GZIP_ALONE)
        self._room = MAX_BODY_BYTES

    def feed(self, packed: bytes) -> bytes:
        """What the next bytes hold; `RefusedError` (400, 413) where it is broken or too much."""
        try:
            data = self._inflate.decompress(packed, self._room + 1)
        except zlib.error:
            raise broken_gzip() from None
        self._room -= len(data)
        if self._room < 0:
            raise too_large()
        if self._inflate.unused_data:
            raise broken_gzip()
        return data

    def end(self) -> None:
        """`RefusedError` (400) unless the member came whole, its checksum included."""
        if not self._inflate.eof:
            raise broken_gzip()
