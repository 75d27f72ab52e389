"""One live view for many readers: each change is encoded once.

A reader has no queue. One that misses a change gets the whole view again instead of every change
that it missed, so a stalled browser costs nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Final

from fastapi.sse import format_sse_event
from pydantic import BaseModel

HEARTBEAT: Final = timedelta(seconds=1)
"""How often the age of the figures is sent while they do not change."""
RETRY_MS: Final = 1000
"""How soon a browser connects again after the stream broke."""


class Broadcast:
    """The newest view with its number; lives on the event loop alone."""

    def __init__(self) -> None:
        self.number = 0
        self._view: BaseModel | None = None
        self._told_at: datetime | None = None
        self._version: object = None
        self._snapshot: str | None = None
        self._whole: bytes | None = None
        self._change: bytes | None = None
        self._next = asyncio.Event()
        self._closed = False

    def publish(
        self, version: object, make: Callable[[datetime], BaseModel], *, now: datetime
    ) -> None:
        """Make the view of this version and send it. What only time changes waits for the next
        heartbeat."""
        is_due = self._told_at is None or now - self._told_at >= HEARTBEAT
        if version == self._version and not is_due:
            return
        view = make(now)
        changed = {
            name
            for name in type(view).model_fields
            if self._view is None or getattr(self._view, name) != getattr(view, name)
        }
        self.number += 1
        self._version, self._view, self._told_at = version, view, now
        self._snapshot = self._whole = None
        self._change = self._event("mudanca", view.model_dump_json(include=changed))
        self._wake()

    def snapshot(self) -> str:
        """The whole view as JSON, encoded once per view."""
        if self._snapshot is None:
            self._snapshot = self._view.model_dump_json() if self._view else "{}"
        return self._snapshot

    async def events(self) -> AsyncIterator[bytes]:
        """The whole view and then its changes, until `close`, as bytes of the stream."""
        seen = -1
        while not self._closed:
            if seen == self.number:
                await self._next.wait()
                continue
            is_next = self._change is not None and seen == self.number - 1 and seen > 0
            event = self._change if is_next else self._snapshot_event()
            seen = self.number
            if event is not None:
                yield event

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._closed = True
        self._wake()

    def _snapshot_event(self) -> bytes:
        if self._whole is None:
            self._whole = self._event("snapshot", self.snapshot())
        return self._whole

    def _event(self, name: str, data: str) -> bytes:
        return format_sse_event(data_str=data, event=name, id=str(self.number), retry=RETRY_MS)

    def _wake(self) -> None:
        waiting, self._next = self._next, asyncio.Event()
        waiting.set()
