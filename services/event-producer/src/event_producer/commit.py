"""Group commit: requests that arrive together are stored together, then answered."""

import asyncio
import logging
from dataclasses import dataclass

from event_producer.async_stores import AsyncStores
from event_producer.grouping import (
    MAX_PENDING_BYTES,
    fitting,
    goes_direct,
    pause,
    stored_size,
    undelivered_of,
)
from event_producer.intake import Message
from event_producer.metrics import Metrics
from event_producer.refusal import UnavailableError
from service_runtime.errors import TransientError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    messages: list[Message]
    size: int
    answer: asyncio.Future[None]


class GroupCommit:
    """Events go to Kafka, or to the spool while Kafka is away or older events wait there.

    `run` stores one group at a time, and nothing else does.
    """

    def __init__(self, stores: AsyncStores, *, metrics: Metrics, interval: float) -> None:
        self._stores = stores
        self._metrics = metrics
        self._interval = interval
        self._pending: list[_Request] = []
        self._pending_bytes = 0
        self._arrived = asyncio.Event()
        self._has_ended = False
        self.spooled = asyncio.Event()
        """Set whenever something was put into the spool."""

    async def submit(self, messages: list[Message]) -> None:
        """Returns when every message is on Kafka or synced to disk; else `UnavailableError`."""
        if self._has_ended:
            raise UnavailableError("this process is ending")
        size = stored_size(messages)
        if self._pending_bytes + size > MAX_PENDING_BYTES:
            raise UnavailableError("too much is waiting already")
        request = _Request(messages, size, asyncio.get_running_loop().create_future())
        self._pending.append(request)
        self._pending_bytes += size
        self._arrived.set()
        await request.answer

    async def run(self) -> None:
        """Take group after group until cancelled. When it ends, by any error too, it refuses the
        requests that still wait."""
        try:
            while True:
                await self._arrived.wait()
                await self._run_group()
        finally:
            self._has_ended = True
            _refuse_unanswered(self._take_group())

    async def _run_group(self) -> None:
        loop = asyncio.get_running_loop()
        started, group = loop.time(), self._take_group()
        await self._settle(group, started)
        elapsed = loop.time() - started
        seconds = pause(requests=len(group), interval=self._interval, elapsed=elapsed)
        if seconds:
            await asyncio.sleep(seconds)

    def _take_group(self) -> list[_Request]:
        group, self._pending = self._pending, []
        self._pending_bytes = 0
        self._arrived.clear()
        return group

    async def _settle(self, group: list[_Request], started: float) -> None:
        try:
            left = await self._to_kafka(group)
            spooled = await self._to_spool(left) if left else 0
        finally:
            _refuse_unanswered(group)
        on_kafka = sum(len(r.messages) for r in group) - sum(len(r.messages) for r in left)
        seconds = asyncio.get_running_loop().time() - started
        self._metrics.group(on_kafka=on_kafka, spooled=spooled, seconds=seconds)

    async def _to_kafka(self, group: list[_Request]) -> list[_Request]:
        """The requests with messages that Kafka did not take, cut down to those messages."""
        if not goes_direct(spooled=self._stores.spooled):
            return group
        values = await self._stores.send([m for request in group for m in request.messages])
        if values:
            _log.warning("Kafka did not take all of a group", extra={"events": len(values)})
        left = []
        for request in group:
            rest = undelivered_of(request.messages, values)
            if rest:
                left.append(_Request(rest, stored_size(rest), request.answer))
            else:
                _confirm(request)
        return left

    async def _to_spool(self, left: list[_Request]) -> int:
        admitted = left[: fitting([r.size for r in left], room=self._stores.room)]
        messages = [m for request in admitted for m in request.messages]
        if not messages:
            return 0
        try:
            await self._stores.append(messages)
        except TransientError:
            _log.exception("the spool refused a group")
            return 0
        self.spooled.set()
        for request in admitted:
            _confirm(request)
        return len(messages)


def _confirm(request: _Request) -> None:
    if not request.answer.done():
        request.answer.set_result(None)


def _refuse_unanswered(group: list[_Request]) -> None:
    for request in group:
        if not request.answer.done():
            request.answer.set_exception(UnavailableError("neither Kafka nor the spool took it"))
