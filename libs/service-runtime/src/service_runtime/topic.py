"""The partitions of topics, and the offsets where they begin, end or were at a moment."""

from datetime import datetime
from functools import partial
from typing import Final, Self

from confluent_kafka import IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from service_runtime.errors import TransientError
from service_runtime.kafka import ClientConfig, client_config
from service_runtime.renewed_client import RenewedClient
from service_runtime.settings import KafkaSettings

_TIMEOUT_SECONDS: Final = 10.0


class Topic:
    """One topic, as a reader of committed records sees it or, with another `isolation`, as it is
    stored.

    Each request ends within `timeout` seconds; one that makes a client, the first and one after a
    failure, may wait ten more for a token. Raises TransientError while Kafka is away or has no such
    topic yet, PermanentError if it refuses.
    """

    def __init__(
        self,
        connection: ClientConfig,
        name: str,
        *,
        isolation: IsolationLevel = IsolationLevel.READ_COMMITTED,
        timeout: float = _TIMEOUT_SECONDS,
    ) -> None:
        self._admin = RenewedClient(partial(admin_client, connection, timeout=timeout))
        self._name = name
        self._isolation = isolation
        self._timeout = timeout

    @classmethod
    def of(cls, settings: KafkaSettings, name: str) -> Self:
        """The topic on the Kafka of the settings."""
        connection = client_config(settings.kafka_bootstrap_servers, settings)
        return cls(connection, name)

    def partitions(self) -> list[int]:
        """The numbers of its partitions."""
        with self._admin.use(self._name) as admin:
            return partitions_of(admin, self._name, timeout=self._timeout)

    def earliest(self) -> dict[int, int]:
        """The first offset that each partition still holds."""
        return self._offsets(OffsetSpec.earliest())

    def latest(self) -> dict[int, int]:
        """The end of each partition: the offset of the next record or, while a transaction is open,
        of the first record of it."""
        return self._offsets(OffsetSpec.latest())

    def at(self, moment: datetime) -> dict[int, int]:
        """The first offset written at `moment` or later; the end where there is none."""
        milliseconds = round(moment.timestamp() * 1000)
        latest = self.latest()  # first, so that nothing written meanwhile lies before the end
        found = self._offsets(OffsetSpec.for_timestamp(milliseconds))
        return {n: offset if offset >= 0 else latest[n] for n, offset in found.items()}

    def _offsets(self, spec: OffsetSpec) -> dict[int, int]:
        wanted = {TopicPartition(self._name, number): spec for number in self.partitions()}
        with self._admin.use(self._name) as admin:
            answers = admin.list_offsets(
                wanted, isolation_level=self._isolation, request_timeout=self._timeout
            )
            return {tp.partition: a.result(self._timeout).offset for tp, a in answers.items()}


def admin_client(connection: ClientConfig, *, timeout: float) -> AdminClient:
    """A client that gives a broker so many seconds to answer, and soon finds one that is back."""
    return AdminClient(
        {
            "log_level": 0,
            **connection,
            "socket.timeout.ms": round(timeout * 1000),
            "reconnect.backoff.max.ms": 2000,
        }
    )


def partitions_of(client: AdminClient, name: str, *, timeout: float) -> list[int]:
    """The numbers of a topic's partitions. Raises KafkaException, and TransientError while the
    topic is there and has none."""
    topic = client.list_topics(name, timeout=timeout).topics[name]
    if topic.error is not None:
        raise KafkaException(topic.error)
    if not topic.partitions:
        raise TransientError(f"kafka: {name}: has no partitions yet")
    return sorted(topic.partitions)
