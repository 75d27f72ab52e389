"""Sends the spool's events to Kafka, oldest first, once Kafka is back."""

import asyncio
import logging
from typing import Final

from event_producer.async_stores import AsyncStores
from event_producer.metrics import Metrics
from event_producer.spool import Spooled
from service_runtime.errors import TransientError

_log = logging.getLogger(__name__)

BATCH_EVENTS: Final = 1000
RETRY_SECONDS: Final = 0.5


async def drain(stores: AsyncStores, spooled: asyncio.Event, *, metrics: Metrics) -> None:
    """Empty the spool whenever `spooled` is set, until cancelled.

    Only what Kafka acknowledged is deleted. After a crash between the two, messages are sent again;
    the `id_evento` of an event and the moment of a stock update make that harmless.
    """
    while True:
        await spooled.wait()
        spooled.clear()
        while stores.spooled:
            if not await _drain_head(stores, metrics):
                await asyncio.sleep(RETRY_SECONDS)
        _log.info("the spool is empty")


async def _drain_head(stores: AsyncStores, metrics: Metrics) -> int:
    """Send the oldest events; how many Kafka took."""
    head = await stores.head(BATCH_EVENTS)
    undelivered = await stores.send([entry.message for entry in head])
    done = [entry for entry in head if entry.message.value not in undelivered]
    await _forget(stores, done)
    metrics.drained(len(done))
    return len(done)


async def _forget(stores: AsyncStores, done: list[Spooled]) -> None:
    while True:
        try:
            await stores.delete(done)
        except TransientError:
            _log.exception("the spool cannot forget what Kafka has")
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return
