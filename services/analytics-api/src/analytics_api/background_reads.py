"""Reads of a store in the background: one at a time for each key, and few at once."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from analytics_api.problems import NotReadyError

_AT_ONCE: Final = 8
_FAILURES_KEPT: Final = 64

logger = logging.getLogger(__name__)
_Key = TypeVar("_Key")


class BackgroundReads(Generic[_Key]):
    """Lives on the event loop. After a failed read of a key there is none for `retry_after`."""

    def __init__(
        self, what: str, *, clock: Callable[[], datetime], retry_after: timedelta, away: str
    ) -> None:
        """`what` is read, in the plural; `away` says why nothing is after a failure."""
        self._what = what
        self._clock = clock
        self._retry_after = retry_after
        self._away = away
        self._reading: dict[_Key, asyncio.Task[None]] = {}
        self._failed: OrderedDict[_Key, datetime] = OrderedDict()

    def start(self, key: _Key, read: Callable[[_Key], Awaitable[None]]) -> asyncio.Task[None]:
        """The read that runs already, or a new one. Raises NotReadyError if none may start now."""
        task = self._reading.get(key)
        if task is None:
            if self._has_just_failed(key):
                raise NotReadyError(self._away)
            if len(self._reading) >= _AT_ONCE:
                raise NotReadyError(f"too many other {self._what} are being read")
            task = self._reading[key] = asyncio.ensure_future(_run(read, key))
            task.add_done_callback(lambda done: self._done(key, done))
        return task

    def _has_just_failed(self, key: _Key) -> bool:
        failed_at = self._failed.get(key)
        return failed_at is not None and self._clock() - failed_at < self._retry_after

    def _done(self, key: _Key, task: asyncio.Task[None]) -> None:
        self._reading.pop(key)
        self._failed.pop(key, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.warning("one of %s could not be read", self._what, extra={"error": str(error)})
            self._failed[key] = self._clock()
            while len(self._failed) > _FAILURES_KEPT:
                self._failed.popitem(last=False)


async def _run(read: Callable[[_Key], Awaitable[None]], key: _Key) -> None:
    await read(key)
