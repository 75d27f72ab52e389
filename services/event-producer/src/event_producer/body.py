"""Reads a request body, and checks its type and size before and while it reads."""

import re
from codecs import BOM_UTF8
from typing import Final

from starlette.types import Receive

from event_producer.gunzip import Gunzip
from event_producer.origins import Origins
from event_producer.refusal import (
    MAX_BODY_BYTES,
    foreign_page,
    interrupted,
    too_large,
    wrong_encoding,
    wrong_media_type,
)

_PARAMETER: Final = re.compile(r'(?:[^;"]|"(?:[^"\\]|\\.)*"?)+')
"""A parameter of a media type; a semicolon within quotes ends none."""
_UTF8: Final = {"utf-8", "utf8"}
_GZIP: Final = {b"gzip", b"x-gzip"}
_IDENTITY: Final = {b"", b"identity"}
_Headers = dict[bytes, bytes]


async def read_body(headers: _Headers, receive: Receive, origins: Origins) -> bytes:
    """The whole body, unpacked and without a byte order mark, or `RefusedError` (400, 403, 413,
    415) as soon as a check fails."""
    _check_media_type(headers, origins)
    _check_length(headers)
    gunzip = _unpacker(headers)
    body = await _read(receive, gunzip)
    return body.removeprefix(BOM_UTF8)


async def _read(receive: Receive, gunzip: Gunzip | None) -> bytes:
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise interrupted()
        chunk, more = message.get("body", b""), message.get("more_body", False)
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise too_large()
        chunks.append(gunzip.feed(chunk) if gunzip else chunk)
    if gunzip:
        gunzip.end()
    return b"".join(chunks)


def _check_media_type(headers: _Headers, origins: Origins) -> None:
    value = headers.get(b"content-type", b"")
    if value == b"application/json":
        return
    media_type, _, parameters = value.decode("latin-1").lower().partition(";")
    match media_type.strip():
        case "application/json":
            return  # RFC 8259, 11: whatever its parameters are, it is UTF-8
        case "text/plain" if all(map(_is_harmless, _PARAMETER.findall(parameters))):
            _check_page(headers, origins)
        case _:
            raise wrong_media_type()


def _is_harmless(parameter: str) -> bool:
    """False for a charset other than UTF-8 alone."""
    name, _, value = parameter.partition("=")
    return name.strip() != "charset" or value.strip().strip('"') in _UTF8


def _check_page(headers: _Headers, origins: Origins) -> None:
    """A browser sends text without a preflight, so CORS does not keep foreign pages out.

    A page that is being closed has no time for one, and `navigator.sendBeacon` sends a string as
    text.
    """
    origin = headers.get(b"origin", b"").decode("latin-1")
    own = f"//{headers.get(b'host', b'').decode('latin-1')}"
    if origin and not origin.endswith(own) and not origins.allow(origin):
        raise foreign_page()


def _check_length(headers: _Headers) -> None:
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > MAX_BODY_BYTES:
        raise too_large()


def _unpacker(headers: _Headers) -> Gunzip | None:
    encoding = headers.get(b"content-encoding", b"").strip().lower()
    if encoding in _IDENTITY:
        return None
    if encoding not in _GZIP:
        raise wrong_encoding()
    return Gunzip()
