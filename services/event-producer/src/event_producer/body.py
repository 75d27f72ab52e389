"""Reading a request body: media type and size are checked before and while it comes in."""

from typing import Final

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request

from event_producer.refusal import MAX_BODY_BYTES, interrupted, too_large, wrong_media_type

_MEDIA_TYPES: Final = {
    "application/json",
    "application/json;charset=utf-8",
    'application/json;charset="utf-8"',
}


async def read_body(request: Request) -> bytes:
    """The whole body, or `RefusedError` (413, 415) as soon as it is clear that it is not wanted."""
    _check_headers(request.headers)
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > MAX_BODY_BYTES:
                raise too_large()
            chunks.append(chunk)
    except ClientDisconnect:
        raise interrupted() from None
    return b"".join(chunks)


def _check_headers(headers: Headers) -> None:
    media_type = headers.get("content-type", "").lower().replace(" ", "")
    if media_type not in _MEDIA_TYPES or headers.get("content-encoding", "identity") != "identity":
        raise wrong_media_type()
    declared = headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > MAX_BODY_BYTES:
        raise too_large()
