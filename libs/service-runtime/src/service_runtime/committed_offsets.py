"""What a consumer group has committed, read by who is no member of it."""

from collections.abc import Iterable

from confluent_kafka import Consumer, KafkaException, TopicPartition

from service_runtime.kafka import ClientConfig, kafka_errors


class CommittedOffsets:
    """Reads the offsets of one group, which it never joins.

    It asks by a consumer: `AdminClient.list_consumer_group_offsets` ends the process with a
    segmentation fault when a broker answers that it is not the group's coordinator, as at the
    first request of a new cluster or while a broker starts (librdkafka #5040).
    """

    def __init__(self, connection: ClientConfig, group: str, *, timeout: float) -> None:
        """Each request ends within `timeout` seconds. It costs 0.2 MB and, with one broker, 4
        threads; one that nobody holds any more ends as if it were closed."""
        self._group = group
        self._timeout = timeout
        own = {
            "log_level": 0,
            "group.id": group,
            "enable.auto.commit": False,
            # Otherwise it waits for the end of a transaction that commits offsets.
            "isolation.level": "read_uncommitted",
            # Three times the memory, for figures that a broker may ask clients for.
            "enable.metrics.push": False,
            "reconnect.backoff.max.ms": 2000,
        }
        self._consumer = Consumer({**own, **connection})

    def of(self, topic: str, partitions: Iterable[int]) -> dict[int, int]:
        """Where the group goes on, without partitions in which it has committed nothing. Raises
        TransientError while Kafka is away, PermanentError if it refuses."""
        places = [TopicPartition(topic, number) for number in partitions]
        with kafka_errors(self._group):
            found = self._consumer.committed(places, timeout=self._timeout)
            for each in found:
                if each.error is not None:
                    raise KafkaException(each.error)
        return {each.partition: each.offset for each in found if each.offset >= 0}

    def close(self) -> None:
        """Ends its connections."""
        self._consumer.close()
