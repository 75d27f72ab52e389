"""The service put together: what runs while it serves, and whether it is well."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID

from event_contracts.names import TOPIC_EVENTOS
from event_producer.commit import GroupCommit
from event_producer.dependencies import Dependencies
from event_producer.drain import drain
from event_producer.intake import uuid7
from event_producer.metrics import Metrics
from event_producer.origins import Origins
from event_producer.refusal import MAX_BODY_BYTES
from event_producer.settings import Settings
from event_producer.storage import Spool
from event_producer.stores import Stores
from service_runtime.kafka import client_config
from service_runtime.producer import KafkaSender, connect_producer
from service_runtime.telemetry import exports_traces


class Works:
    """Starts and stops the group commit and the drainer, and tells whether they live."""

    def __init__(self, spool: Spool, stores: Stores, commit: GroupCommit, metrics: Metrics) -> None:
        self._spool = spool
        self._stores = stores
        self._commit = commit
        self._metrics = metrics
        self._tasks: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Requests are served inside; afterwards nothing is under way and the spool is closed."""
        self._commit.spooled.set()
        drainer = drain(self._stores, self._commit.spooled, metrics=self._metrics)
        self._tasks = [asyncio.create_task(self._commit.run()), asyncio.create_task(drainer)]
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._stores.close()

    def alive(self) -> str | None:
        """A task that ended is a bug: only a restart brings it back."""
        ended = any(task.done() for task in self._tasks)
        return "a task ended" if ended else None

    def ready(self) -> str | None:
        """Ready while spooling too, but not without room for one more request."""
        if self._spool.free < MAX_BODY_BYTES:
            return "the spool is full"
        return self.alive()


def build_dependencies(settings: Settings, spool: Spool) -> Dependencies:
    """Kafka need not be there yet."""
    timeout = settings.delivery_timeout
    kafka = client_config(settings.kafka_bootstrap_servers, settings.kafka_security)
    connect = partial(connect_producer, kafka, client_id="event-producer", delivery_timeout=timeout)
    sender = KafkaSender(connect, topic=TOPIC_EVENTOS, delivery_timeout=timeout)
    metrics = Metrics(spool_events=lambda: spool.n_messages, spool_bytes=lambda: spool.n_bytes)
    stores = Stores(sender, spool)
    commit = GroupCommit(stores, metrics=metrics, interval=settings.group_interval)
    works = Works(spool, stores, commit, metrics)
    return Dependencies(
        commit=commit,
        metrics=metrics,
        new_id=_new_id,
        alive=works.alive,
        ready=works.ready,
        running=works.running,
        origins=Origins.parse(settings.allowed_origins),
        traced=exports_traces(),
    )


def _new_id() -> UUID:
    return uuid7(time.time_ns() // 1_000_000, secrets.randbits(74))
