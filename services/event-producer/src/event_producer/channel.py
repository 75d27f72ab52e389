"""One topic's way to Kafka: its own producer, spool and group commit."""

from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from event_producer.async_stores import AsyncStores
from event_producer.commit import GroupCommit
from event_producer.drain import drain
from event_producer.metrics import Instruments, Metrics
from event_producer.settings import Settings
from event_producer.spool import Spool
from service_runtime.kafka import client_config
from service_runtime.producer import KafkaSender, connect_producer


@dataclass(frozen=True, slots=True)
class Channel:
    """Topics share no channel, so that messages of one never wait for those of another."""

    stores: AsyncStores
    commit: GroupCommit
    metrics: Metrics

    def tasks(self) -> list[Coroutine[Any, Any, None]]:
        """What must run while messages are submitted; the drainer begins with what it finds."""
        self.commit.spooled.set()
        return [
            self.commit.run(),
            drain(self.stores, self.commit.spooled, metrics=self.metrics),
        ]


def build_channel(
    settings: Settings, spool: Spool, *, topic: str, instruments: Instruments
) -> Channel:
    """Kafka need not be there yet."""
    timeout = settings.delivery_timeout
    kafka = client_config(settings.kafka_bootstrap_servers, settings)
    connect = partial(connect_producer, kafka, client_id="event-producer", delivery_timeout=timeout)
    stores = AsyncStores(KafkaSender(connect, topic=topic, delivery_timeout=timeout), spool)
    metrics = Metrics(instruments, topic)
    commit = GroupCommit(stores, metrics=metrics, interval=settings.group_interval)
    return Channel(stores, commit, metrics)
