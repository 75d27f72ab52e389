"""All I/O of the simulator: event-producer, Kafka, the profiles and its own record."""

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import aiohttp
import msgspec
from confluent_kafka import KafkaError, Message
from pymongo import MongoClient, UpdateOne

from event_contracts.names import COLLECTION_PERFIS
from service_runtime.kafka import ClientConfig
from service_runtime.producer import connect_producer
from shop_simulator.customers import Customer, profile_fields
from shop_simulator.fault_injection import Sending
from shop_simulator.record import Fate, encode_entries

_log = logging.getLogger(__name__)

_JSON: Final = {"Content-Type": "application/json"}
_REQUEST_TIMEOUT_SECONDS: Final = 30
_BACK_OFF_SECONDS: Final = (0.2, 5.0)
_DELIVERY_SECONDS: Final = 300.0


class ProducerClient:
    """Posts events to event-producer over HTTP."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = f"{url.rstrip('/')}/eventos"

    async def post(self, body: bytes) -> int:
        """The status of the answer. Sends the same body again after no answer or a 5xx."""
        wait, longest = _BACK_OFF_SECONDS
        while True:
            status = await self._try(body)
            if status is not None and status < 500:
                return status
            await asyncio.sleep(wait)
            wait = min(wait * 2, longest)

    async def _try(self, body: bytes) -> int | None:
        try:
            async with self._session.post(self._url, data=body, headers=_JSON) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            _log.info("no answer, trying again", extra={"error": type(error).__name__})
            return None


def open_session(connections: int) -> aiohttp.ClientSession:
    """aiohttp, since it costs a fraction of httpx's CPU; to be closed by the caller."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections),
        timeout=aiohttp.ClientTimeout(total=_REQUEST_TIMEOUT_SECONDS),
    )


class KafkaBypass:
    """Puts bytes straight onto Kafka, past event-producer and its checks."""

    def __init__(self, connection: ClientConfig, *, topic: str) -> None:
        self._topic = topic
        self._producer = connect_producer(
            connection,
            lambda error: _log.debug("Kafka client: %s", error.name()),
            client_id="shop-simulator",
            delivery_timeout=_DELIVERY_SECONDS,
            report_only_failures=False,
        )

    def put(self, sending: Sending, on_fate: Callable[[Fate], None]) -> None:
        """`on_fate` is called by a later `put`, `poll` or `close`."""

        def on_delivery(error: KafkaError | None, _message: Message) -> None:
            on_fate(Fate.UNKNOWN if error else Fate.ACCEPTED)

        self._producer.produce(
            self._topic, sending.value, sending.entry.chave, on_delivery=on_delivery
        )

    def poll(self) -> None:
        self._producer.poll(0)

    def close(self, seconds: float) -> None:
        self._producer.flush(seconds)


class RecordFile:
    """Appends whole lines in one write each time, so that nobody reads half of one."""

    def __init__(self, path: Path | None) -> None:
        self._file = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, entries: Sequence[msgspec.Struct]) -> None:
        if self._file is not None:
            os.write(self._file, encode_entries(entries))

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)


def write_profiles(
    client: MongoClient[dict[str, object]], database: str, customers: Iterable[Customer]
) -> None:
    """Set the shop's own fields of each customer and leave all others; writing them again changes
    nothing."""
    updates = [
        UpdateOne({"_id": customer.id_usuario}, {"$set": profile_fields(customer)}, upsert=True)
        for customer in customers
    ]
    with client:
        client[database][COLLECTION_PERFIS].bulk_write(updates, ordered=False)
