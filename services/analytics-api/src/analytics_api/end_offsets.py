"""Where the partitions of a topic end on Kafka right now."""

from datetime import timedelta
from functools import cached_property
from time import monotonic
from typing import Final

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from service_runtime.errors import TransientError
from service_runtime.kafka import ClientConfig

_TIMEOUT: Final = 2.0
_METADATA_AGE: Final = timedelta(seconds=60)


class EndOffsets:
    """Not safe to share between threads; blocks for two seconds at most, while there is no
    client yet for ten."""

    def __init__(self, connection: ClientConfig, *, topic: str) -> None:
        self._connection = connection
        self._topic = topic
        self._partitions: list[TopicPartition] = []
        self._looked_at = float("-inf")

    def read(self) -> dict[int, int]:
        """Partition -> the offset that the next record gets. Raises TransientError."""
        try:
            asked = self._admin.list_offsets(
                {p: OffsetSpec.latest() for p in self._known_partitions()},
                request_timeout=_TIMEOUT,
            )
            return {p.partition: answer.result(_TIMEOUT).offset for p, answer in asked.items()}
        except (KafkaException, TimeoutError, ValueError) as error:
            raise TransientError(f"kafka: {error}") from error

    @cached_property
    def _admin(self) -> AdminClient:
        return AdminClient(
            {
                **self._connection,
                "client.id": "analytics-api",
                "log_level": 0,
                "socket.timeout.ms": int(_TIMEOUT * 1000),
                "reconnect.backoff.max.ms": 2000,
            }
        )

    def _known_partitions(self) -> list[TopicPartition]:
        if not self._partitions or monotonic() - self._looked_at > _METADATA_AGE.total_seconds():
            topic = self._admin.list_topics(self._topic, timeout=_TIMEOUT).topics[self._topic]
            self._partitions = [TopicPartition(self._topic, p) for p in topic.partitions]
            self._looked_at = monotonic()
        return self._partitions
