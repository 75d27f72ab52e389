"""From the spool to Kafka, oldest first, once Kafka is back."""

import asyncio
import logging
from typing import Final

from event_producer.metrics import Metrics
from event_producer.storage import Spooled
from event_producer.stores import Stores
from service_runtime.errors import TransientError

_log = logging.getLogger(__name__)

BATCH_EVENTS: Final = 1000
RETRY_SECONDS: Final = 0.5


async def drain(stores: Stores, spooled: asyncio.Event, *, metrics: Metrics) -> None:
    """Empty the spool whenever `spooled` is set, until cancelled.

    Only what Kafka acknowledged is deleted. A crash between the two sends events again, which
    their `id_evento` makes harmless.
    """
    while True:
        await spooled.wait()
        spooled.clear()
        while stores.spooled:
            if not await _drain_head(stores, metrics):
                await asyncio.sleep(RETRY_SECONDS)
        _log.info("the spool is empty")


async def _drain_head(stores: Stores, metrics: Metrics) -> int:
    """How many events went on."""
    head = await stores.head(BATCH_EVENTS)
    undelivered = await stores.send([entry.message for entry in head])
    done = [entry for entry in head if entry.message.value not in undelivered]
    await _forget(stores, done)
    metrics.drained(len(done))
    return len(done)


async def _forget(stores: Stores, done: list[Spooled]) -> None:
    while True:
        try:
            await stores.delete(done)
        except TransientError:
            _log.exception("the spool cannot forget what Kafka has")
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return
