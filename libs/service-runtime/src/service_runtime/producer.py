"""The Kafka producer: idempotent, acknowledged by all replicas; returns what was not delivered."""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Final, TypeAlias

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as Report

from service_runtime.kafka import ClientConfig

_log = logging.getLogger(__name__)

_FLUSH_MARGIN_SECONDS: Final = 2.0

Message: TypeAlias = tuple[str, bytes, dict[str, str | bytes | None]]
"""Key, value and headers; a NamedTuple of these is one too."""
OnError: TypeAlias = Callable[[KafkaError], None]
Connect: TypeAlias = Callable[[OnError], Producer]


def connect_producer(
    connection: ClientConfig,
    on_error: OnError,
    *,
    client_id: str,
    delivery_timeout: float,
    report_only_failures: bool = True,
) -> Producer:
    """An idempotent producer; without `report_only_failures` each delivery calls back."""
    return Producer(
        {
            **connection,
            "client.id": client_id,
            "enable.idempotence": True,
            "acks": "all",
            "compression.type": "lz4",
            "linger.ms": 2,
            "message.timeout.ms": int(delivery_timeout * 1000),
            "delivery.report.only.error": report_only_failures,
            "queue.buffering.max.messages": 1_000_000,
            "reconnect.backoff.max.ms": 1000,
            "topic.metadata.refresh.interval.ms": 60_000,
            "log_level": 2,
            "error_cb": on_error,
        }
    )


class KafkaSender:
    """Sends messages to one topic and returns those that Kafka did not acknowledge.

    A producer is replaced after a fatal error, and if Kafka acknowledged no message of a call, for
    the reason that `RenewedClient` gives; then not within `lost_after` seconds of its start, since
    in an ordinary outage a new one helps nothing.
    """

    def __init__(
        self, connect: Connect, *, topic: str, delivery_timeout: float, lost_after: float = 60.0
    ) -> None:
        self._connect = connect
        self._topic = topic
        self._flush_timeout = delivery_timeout + _FLUSH_MARGIN_SECONDS
        self._lost_after = lost_after
        self._fatal = False
        self._connected_at = monotonic()
        self._producer = connect(self._on_error)

    def send(self, messages: Sequence[Message]) -> set[bytes]:
        """The values that were not acknowledged in time; some of them may still arrive.

        Returns within two seconds after the delivery timeout, or ten more where a new producer
        waits for a token. Order within a key is kept while nothing fails. Messages of a producer
        with a fatal error count as not acknowledged; if it cannot be replaced, the next call tries
        again.
        """
        undelivered: set[bytes] = set()

        def on_failure(error: KafkaError | None, report: Report) -> None:
            if error is not None:
                undelivered.add(report.value() or b"")

        for message in messages:
            self._produce(message, on_failure, undelivered)
        if self._producer.flush(self._flush_timeout):
            undelivered.update(value for _key, value, _headers in messages)
            self._producer.purge()
            self._fatal = True
        if self._fatal:
            _log.error("the Kafka producer broke for good and is replaced")
            self._replace_producer()
        elif messages and undelivered.issuperset(value for _key, value, _headers in messages):
            self._replace_if_old()
        return undelivered

    def _produce(
        self, message: Message, on_failure: Callable[..., None], undelivered: set[bytes]
    ) -> None:
        key, value, headers = message
        try:
            self._producer.produce(self._topic, value, key, on_delivery=on_failure, headers=headers)
        except (BufferError, KafkaException):
            undelivered.add(value)

    def _on_error(self, error: KafkaError) -> None:
        self._fatal = self._fatal or error.code() == KafkaError._FATAL
        _log.debug("Kafka client: %s", error.name())

    def _replace_if_old(self) -> None:
        if monotonic() - self._connected_at > self._lost_after:
            _log.info("Kafka acknowledged nothing: the producer is replaced")
            self._replace_producer()

    def _replace_producer(self) -> None:
        self._connected_at = monotonic()
        with suppress(KafkaException):
            self._producer = self._connect(self._on_error)
            self._fatal = False
