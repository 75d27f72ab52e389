"""The text of a file as UTF-8, block by block, whatever its compression and encoding.

Compression is told by the first bytes. A file that is UTF-8 throughout is UTF-8, every other one
is Windows-1252; the five bytes that Windows-1252 leaves open become control characters, which no
id may hold, so that they cost a row and not the file.
"""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa

from batch_etl.bad_file import BadFileError

BLOCK_BYTES: Final = 1 << 20
BOM: Final = codecs.BOM_UTF8
_WIDE_BOMS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MAGIC: Final = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_LONGEST_MAGIC: Final = max(map(len, _MAGIC))

_WINDOWS_1252: Final = "".join(
    bytes([code]).decode("cp1252", errors="ignore") or chr(code) for code in range(256)
)


class Encoding(StrEnum):
    """How the characters of a file are written as bytes."""

    UTF_8 = "UTF-8"
    WINDOWS_1252 = "Windows-1252"


class NotUtf8Error(Exception):
    """A file that was taken for UTF-8 is not."""


class ByteSource(Protocol):
    """Gives bytes, at its end none."""

    def read(self, size: int, /) -> bytes: ...


def compression_of(path: Path) -> str | None:
    """`gzip`, `zstd` or None, by the content."""
    with path.open("rb") as file:
        start = file.read(_LONGEST_MAGIC)
    return next((name for magic, name in _MAGIC.items() if start.startswith(magic)), None)


@contextmanager
def decompressed(path: Path) -> Iterator[ByteSource]:
    """The bytes of a file; several gzip members or zstd frames in a row are one text."""
    with pa.OSFile(str(path)) as file:
        compression = compression_of(path)
        yield pa.CompressedInputStream(file, compression) if compression else file


class Utf8Text:
    """A text as a file of UTF-8 that can be read once, without its byte order mark.

    Raises BadFileError for damaged compression and for UTF-16, and NotUtf8Error where the text is
    not in `encoding`.
    """

    def __init__(self, source: ByteSource, *, encoding: Encoding, name: str) -> None:
        self._source = source
        self._encoding = encoding
        self._name = name
        self._undecoded = b""
        self._ready = b""
        self._appended = b""
        self.closed = False
        start = self._raw()
        if start.startswith(_WIDE_BOMS):
            raise BadFileError(name, "is UTF-16; expected UTF-8 or Windows-1252")
        if start.startswith(BOM) and encoding is not Encoding.UTF_8:
            raise BadFileError(name, "begins with UTF-8's byte order mark but is not UTF-8")
        self._ready = self._to_utf8(start.removeprefix(BOM))

    def read(self, size: int) -> bytes:
        """`size` bytes, fewer only at the end."""
        blocks, missing = [], size
        while missing and (self._ready or self._fill()):
            block, self._ready = self._ready[:missing], self._ready[missing:]
            blocks.append(block)
            missing -= len(block)
        return b"".join(blocks)

    def put_back(self, data: bytes) -> None:
        """`data` is read next."""
        self._ready = data + self._ready

    def append(self, data: bytes) -> None:
        """`data` is read behind the end."""
        self._appended += data

    def at_end(self) -> bool:
        return not self._ready and not self._fill()

    def close(self) -> None:
        self.closed = True

    def _fill(self) -> bool:
        while not self._ready:
            raw = self._raw()
            self._ready = self._to_utf8(raw)
            if not raw:
                self._ready, self._appended = self._ready + self._appended, b""
                break
        return bool(self._ready)

    def _raw(self) -> bytes:
        try:
            return self._source.read(BLOCK_BYTES)
        except OSError as error:
            if error.errno is not None:
                raise
            raise BadFileError(self._name, f"damaged compression: {error}") from error

    def _to_utf8(self, raw: bytes) -> bytes:
        """The next bytes as UTF-8, whole characters only; empty `raw` is the end of the file."""
        block = self._undecoded + raw
        if block.isascii():
            self._undecoded = b""
            return block
        if self._encoding is Encoding.WINDOWS_1252:
            return codecs.charmap_decode(block, "strict", _WINDOWS_1252)[0].encode()
        try:
            _, length = codecs.utf_8_decode(block, "strict", not raw)
        except UnicodeDecodeError as error:
            raise NotUtf8Error(self._name) from error
        self._undecoded = block[length:]
        return block[:length]
