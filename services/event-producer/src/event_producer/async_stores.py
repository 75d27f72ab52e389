"""Awaitable calls to the blocking stores: one thread for Kafka, one for the disk."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from event_producer.intake import Message
from event_producer.spool import Spool, Spooled
from service_runtime.producer import KafkaSender

_A = TypeVar("_A")
_T = TypeVar("_T")


class AsyncStores:
    """Kafka and the spool for the event loop. A call that is cancelled still runs to its end."""

    def __init__(self, sender: KafkaSender, spool: Spool) -> None:
        self._sender = sender
        self._spool = spool
        self._kafka = ThreadPoolExecutor(1, "kafka")
        self._disk = ThreadPoolExecutor(1, "spool")

    @property
    def spooled(self) -> int:
        """How many messages wait in the spool."""
        return self._spool.n_messages

    @property
    def room(self) -> int:
        """How many bytes the spool still takes."""
        return self._spool.room

    async def send(self, messages: Sequence[Message]) -> set[bytes]:
        """As `KafkaSender.send`."""
        return await _run(self._kafka, self._sender.send, messages)

    async def append(self, messages: Sequence[Message]) -> None:
        """As `Spool.append`."""
        await _run(self._disk, self._spool.append, messages)

    async def head(self, limit: int) -> list[Spooled]:
        """As `Spool.head`."""
        return await _run(self._disk, self._spool.head, limit)

    async def delete(self, done: Sequence[Spooled]) -> None:
        """As `Spool.delete`."""
        await _run(self._disk, self._spool.delete, done)

    def close(self) -> None:
        """Wait for what is under way, then let go of the spool's file."""
        self._kafka.shutdown()
        self._disk.shutdown()
        self._spool.close()


async def _run(executor: ThreadPoolExecutor, call: Callable[[_A], _T], argument: _A) -> _T:
    return await asyncio.get_running_loop().run_in_executor(executor, call, argument)
