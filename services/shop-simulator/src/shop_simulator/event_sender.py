"""Sends the shop's events at the pace of the day and records what became of each."""

import asyncio
import logging
from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from opentelemetry import metrics

from shop_simulator import metric_names as names
from shop_simulator.fault_injection import FaultInjector, Sending
from shop_simulator.live_sales import LiveSales
from shop_simulator.record import Fate, Kind
from shop_simulator.rhythm import Pace
from shop_simulator.storage import KafkaBypass, ProducerClient, RecordFile

_log = logging.getLogger(__name__)

CONNECTIONS: Final = 32
GRACE_SECONDS: Final = 20.0
_TICK_SECONDS: Final = (0.02, 0.25)


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to send at once and in all."""

    events_per_second: float
    batch_size: int
    max_events: int | None


class EventSender:
    """Sends until `stop` is set or `max_events` are sent."""

    def __init__(
        self,
        plan: Plan,
        *,
        faults: FaultInjector,
        producer: ProducerClient,
        bypass: KafkaBypass | None,
        record: RecordFile,
        sales: LiveSales | None = None,
        clock: Callable[[], datetime],
    ) -> None:
        self._plan = plan
        self._faults = faults
        self._producer = producer
        self._bypass = bypass
        self._record = record
        self._sales = sales
        self._clock = clock
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._requests: set[asyncio.Task[None]] = set()
        self._sent = metrics.get_meter(names.METER).create_counter(names.EVENTS_SENT)
        self.tally: Tally[str] = Tally()
        """Events by kind and fate, for the last line of the log."""

    async def run(self, pace: Pace, stop: asyncio.Event) -> None:
        """Returns when everything sent has its line in the record."""
        loop = asyncio.get_running_loop()
        started, left = loop.time(), self._plan.max_events
        shortest, longest = _TICK_SECONDS
        tick = min(max(self._plan.batch_size / self._plan.events_per_second, shortest), longest)
        while not stop.is_set() and left != 0:
            due = pace.due(loop.time() - started)
            count = due if left is None else min(due, left)
            left = None if left is None else left - count
            await self._send(count)
            await _wait(stop, tick)
        await self._finish()

    async def _send(self, count: int) -> None:
        now = self._clock()
        batch: list[Sending] = []
        for _ in range(count):
            sending = self._faults.next(now)
            if sending.entry.kind is Kind.BROKEN_KAFKA and self._bypass:
                self._bypass.put(sending, self._write_once_known(sending))
            elif sending.entry.kind is Kind.BROKEN_HTTP:
                await self._post([sending], sending.value)
            else:
                batch.append(sending)
                if len(batch) == self._plan.batch_size:
                    await self._post(batch, _body(batch))
                    batch = []
        if batch:
            await self._post(batch, _body(batch))
        if self._bypass:
            self._bypass.poll()

    def _write_once_known(self, sending: Sending) -> Callable[[Fate], None]:
        return lambda fate: self._write([sending], fate, None)

    async def _post(self, sendings: list[Sending], body: bytes) -> None:
        await self._slots.acquire()
        task = asyncio.create_task(self._deliver(sendings, body))
        self._requests.add(task)
        task.add_done_callback(self._requests.discard)

    async def _deliver(self, sendings: list[Sending], body: bytes) -> None:
        status: int | None = None
        try:
            status = await self._producer.post(body)
        finally:
            self._slots.release()
            self._write(sendings, _fate(status), status)

    def _write(self, sendings: list[Sending], fate: Fate, status: int | None) -> None:
        for sending in sendings:
            sending.entry.fate = fate
            sending.entry.status = status
            self.tally[f"{sending.entry.kind}.{fate}"] += 1
            if self._sales and fate is Fate.ACCEPTED:
                self._sales.add(sending.entry)
        self._record.write([sending.entry for sending in sendings])
        self._sent.add(len(sendings), {names.ATTRIBUTE_FATE: fate})

    async def _finish(self) -> None:
        if self._requests:
            _, late = await asyncio.wait(self._requests, timeout=GRACE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._bypass:
            self._bypass.close(GRACE_SECONDS)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def _body(batch: list[Sending]) -> bytes:
    """One event as an object, as a customer's browser sends it; several as an array."""
    if len(batch) == 1:
        return batch[0].value
    return b"[" + b",".join(sending.value for sending in batch) + b"]"


def _fate(status: int | None) -> Fate:
    if status is None:
        return Fate.UNKNOWN
    return Fate.ACCEPTED if status < 300 else Fate.REFUSED
