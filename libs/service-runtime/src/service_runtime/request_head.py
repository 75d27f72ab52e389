"""Bounds what a connection may send, and how long it may take, before a request's head is whole.

Uvicorn begins to count and to wait once it has the head. httptools joins a header line without end.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES: Final = 64 * 1024
"""A head that begins behind another request may be longer by what one read of the socket takes."""
HEAD_SECONDS: Final = 30.0
_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"connection: close\r\ncontent-length: 0\r\n\r\n"
)


class BoundedHead(HttpToolsProtocol):
    """A head over MAX_HEAD_BYTES is answered 431. A connection that has not sent a whole head in
    HEAD_SECONDS is closed; one that waits between two requests has uvicorn's own limit."""

    _is_awaited = True
    _bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEAD_SECONDS, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._meet_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        was_awaited = self._is_awaited
        super().data_received(data)
        if self._is_awaited:
            # What a head begins in may hold the end of a body too.
            self._go_on_waiting(len(data) if was_awaited else 0)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_awaited, self._bytes = True, 0

    def on_headers_complete(self) -> None:
        self._is_awaited = False
        self._meet_deadline()
        super().on_headers_complete()

    def _go_on_waiting(self, count: int) -> None:
        self._bytes += count
        if self._bytes > MAX_HEAD_BYTES:
            self.transport.write(_TOO_LARGE)
            self.transport.close()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _meet_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
