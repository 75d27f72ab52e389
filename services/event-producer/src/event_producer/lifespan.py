"""Builds the service's dependencies, and runs its background tasks while it serves."""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID

from event_contracts.names import TOPIC_EVENTOS
from event_producer.async_stores import AsyncStores
from event_producer.commit import GroupCommit
from event_producer.dependencies import Dependencies
from event_producer.drain import drain
from event_producer.intake import uuid7
from event_producer.metrics import Metrics
from event_producer.origins import Origins
from event_producer.refusal import MAX_BODY_BYTES
from event_producer.settings import Settings
from event_producer.spool import Spool
from service_runtime.kafka import client_config
from service_runtime.producer import KafkaSender, connect_producer
from service_runtime.telemetry import exports_traces

_log = logging.getLogger(__name__)


class BackgroundTasks:
    """Starts and stops the group commit and the drainer, and tells whether they live.

    A task that ends by itself is a bug that only a new process repairs: then `on_end` is called.
    """

    def __init__(
        self,
        spool: Spool,
        stores: AsyncStores,
        commit: GroupCommit,
        metrics: Metrics,
        *,
        on_end: Callable[[], None],
    ) -> None:
        self._spool = spool
        self._stores = stores
        self._commit = commit
        self._metrics = metrics
        self._on_end = on_end
        self._tasks: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Run the tasks while the context is open; then stop them and close the spool."""
        self._commit.spooled.set()
        drainer = drain(self._stores, self._commit.spooled, metrics=self._metrics)
        self._tasks = [asyncio.create_task(self._commit.run()), asyncio.create_task(drainer)]
        for task in self._tasks:
            task.add_done_callback(self._done)
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._stores.close()

    def _done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            _log.critical("a task ended, and with it this process", exc_info=task.exception())
            self._on_end()

    def alive(self) -> str | None:
        """None while both tasks run. They end before the process does."""
        ended = any(task.done() for task in self._tasks)
        return "a task ended" if ended else None

    def ready(self) -> str | None:
        """None while the spool has room for one more request, even when Kafka is away."""
        if self._spool.free < MAX_BODY_BYTES:
            return "the spool is full"
        return self.alive()


def build_dependencies(
    settings: Settings, spool: Spool, *, on_end: Callable[[], None]
) -> Dependencies:
    """Kafka need not be there yet; `on_end` ends the process."""
    timeout = settings.delivery_timeout
    kafka = client_config(settings.kafka_bootstrap_servers, settings)
    connect = partial(connect_producer, kafka, client_id="event-producer", delivery_timeout=timeout)
    sender = KafkaSender(connect, topic=TOPIC_EVENTOS, delivery_timeout=timeout)
    metrics = Metrics(spool_events=lambda: spool.n_messages, spool_bytes=lambda: spool.n_bytes)
    stores = AsyncStores(sender, spool)
    commit = GroupCommit(stores, metrics=metrics, interval=settings.group_interval)
    tasks = BackgroundTasks(spool, stores, commit, metrics, on_end=on_end)
    return Dependencies(
        commit=commit,
        metrics=metrics,
        new_id=_new_id,
        alive=tasks.alive,
        ready=tasks.ready,
        lifespan=tasks.lifespan,
        origins=Origins.parse(settings.allowed_origins),
        traced=exports_traces(),
    )


def _new_id() -> UUID:
    return uuid7(time.time_ns() // 1_000_000, secrets.randbits(74))
