"""Calls that many make at once and that are carried out once."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")


class SharedCalls(Generic[Key, Result]):
    """For each key one call runs at a time; whoever asks while it runs gets its outcome."""

    def __init__(self) -> None:
        self._running: dict[Key, asyncio.Task[Result]] = {}

    async def outcome(self, key: Key, call: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """What the running call returns or raises, or this one if none runs. It goes on for the
        others when one who waits is cancelled."""
        running = self._running.get(key)
        if running is None:
            running = self._running[key] = asyncio.create_task(call())
            running.add_done_callback(lambda _: self._running.pop(key))
        return await asyncio.shield(running)

    async def settled(self) -> None:
        """Wait until no call runs, however it ends."""
        await asyncio.gather(*self._running.values(), return_exceptions=True)
