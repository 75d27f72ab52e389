"""Builds the service's dependencies, and runs its background tasks while it serves."""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from event_contracts.names import TOPIC_ESTOQUE, TOPIC_EVENTOS
from event_producer.channel import Channel, build_channel
from event_producer.dependencies import Dependencies, StockDependencies
from event_producer.intake import uuid7
from event_producer.metrics import Instruments
from event_producer.origins import Origins
from event_producer.refusal import MAX_BODY_BYTES
from event_producer.settings import Settings
from event_producer.spool import Spool
from event_producer.worker_spool import WorkerSpools
from service_runtime.telemetry import exports_traces

_log = logging.getLogger(__name__)


class BackgroundTasks:
    """Starts and stops each channel's group commit and drainer, and tells whether they live.

    A task that ends by itself is a bug that only a new process repairs: then `on_end` is called.
    """

    def __init__(
        self, channels: Sequence[Channel], spool: Spool, *, on_end: Callable[[], None]
    ) -> None:
        self._channels = channels
        self._spool = spool
        self._on_end = on_end
        self._tasks: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Run the tasks while the context is open; then stop them and close the spools."""
        running = [task for channel in self._channels for task in channel.tasks()]
        self._tasks = [asyncio.create_task(task) for task in running]
        for task in self._tasks:
            task.add_done_callback(self._done)
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            # The events' spool is the first: whoever can open it finds the others closed.
            for channel in reversed(self._channels):
                channel.stores.close()

    def _done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            _log.critical("a task ended, and with it this process", exc_info=task.exception())
            self._on_end()

    def alive(self) -> str | None:
        """None while all tasks run. They end before the process does."""
        ended = any(task.done() for task in self._tasks)
        return "a task ended" if ended else None

    def ready(self) -> str | None:
        """None while the spool of events has room for one more request, even when Kafka is away."""
        if self._spool.free < MAX_BODY_BYTES:
            return "the spool is full"
        return self.alive()


def build_dependencies(
    settings: Settings, spools: WorkerSpools, *, on_end: Callable[[], None]
) -> Dependencies:
    """Kafka need not be there yet; `on_end` ends the process."""
    held = {TOPIC_EVENTOS: spools.eventos}
    if spools.estoque:
        held[TOPIC_ESTOQUE] = spools.estoque
    instruments = Instruments(held)
    channels = {
        topic: build_channel(settings, spool, topic=topic, instruments=instruments)
        for topic, spool in held.items()
    }
    tasks = BackgroundTasks(list(channels.values()), spools.eventos, on_end=on_end)
    eventos = channels[TOPIC_EVENTOS]
    return Dependencies(
        commit=eventos.commit,
        metrics=eventos.metrics,
        new_id=_new_id,
        alive=tasks.alive,
        ready=tasks.ready,
        lifespan=tasks.lifespan,
        origins=Origins.parse(settings.allowed_origins),
        stock=_stock_dependencies(settings, channels.get(TOPIC_ESTOQUE)),
        traced=exports_traces(),
    )


def _stock_dependencies(settings: Settings, channel: Channel | None) -> StockDependencies | None:
    """None where nobody may send an update, though an earlier start left some in the spool."""
    if settings.stock_token is None or channel is None:
        return None
    token = settings.stock_token.get_secret_value()
    return StockDependencies(token, channel.commit, channel.metrics)


def _new_id() -> UUID:
    return uuid7(time.time_ns() // 1_000_000, secrets.randbits(74))
