"""Reading a topic as it is, for tests."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from tests.support.waiting import wait_until

from service_runtime.errors import TransientError
from service_runtime.kafka import error_kind


def create_topic(bootstrap_servers: str, topic: str, *, partitions: int) -> None:
    """Returns when it exists. A broker that has just come back takes none at first."""
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})

    def is_created() -> bool:
        try:
            admin.create_topics([NewTopic(topic, partitions)])[topic].result(30)
        except KafkaException as failure:
            if failure.args[0].code() != KafkaError.INVALID_REPLICATION_FACTOR:
                raise
            return False
        return True

    wait_until(is_created, f"{topic} is created")


def own_topic(*, partitions: int) -> object:
    """A fixture of the name of a test, which is that of a new topic and may be that of a group."""

    @pytest.fixture
    def topic(servers: str, request: pytest.FixtureRequest) -> str:
        name = str(request.node.name)
        create_topic(servers, name, partitions=partitions)
        return name

    return topic


def group_offsets(bootstrap_servers: str, group: str, *topics: str) -> dict[tuple[str, int], int]:
    """What a consumer group has committed in the topics, by topic and partition; nothing while
    Kafka looks for the group."""
    consumer = Consumer({"bootstrap.servers": bootstrap_servers, "group.id": group, "log_level": 0})
    try:
        known = [consumer.list_topics(topic, timeout=30).topics[topic] for topic in topics]
        places = [TopicPartition(topic.topic, n) for topic in known for n in topic.partitions]
        found = consumer.committed(places, timeout=30)
    except KafkaException as failure:
        if error_kind(failure.args[0]) is TransientError:
            return {}
        raise
    finally:
        consumer.close()
    return {(p.topic, p.partition): p.offset for p in found if p.offset >= 0}


class TopicReader:
    """Reads a topic from where it ended when `mark` was last called.

    Each look at Kafka has a client of its own: one that lived through the end of a broker needs
    its time to find the next.
    """

    def __init__(self, bootstrap_servers: str, topic: str, partitions: int) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._partitions = [TopicPartition(topic, n) for n in range(partitions)]
        self._messages: list[Message] = []
        self._next = [0] * partitions

    def mark(self) -> None:
        """Begin after what is there now."""
        with self._client() as client:
            self._next = self._ends(client)
        self._messages = []

    def read(self) -> list[Message]:
        """Every record since the mark, in order within a partition."""
        deadline = time.monotonic() + 60
        while not self._read_on():
            assert time.monotonic() < deadline, "the topic cannot be read to its end"
        return self._messages

    def _read_on(self) -> bool:
        """Whether the end was reached; not so when a broker begins with an older end."""
        with self._client() as client:
            ends = self._ends(client)
            starts = zip(self._partitions, self._next, strict=True)
            client.assign([TopicPartition(p.topic, p.partition, n) for p, n in starts])
            deadline = time.monotonic() + 5
            while self._next != ends and time.monotonic() < deadline:
                for message in client.consume(1000, timeout=0.1):
                    if message.error():
                        return False
                    self._take(message)
            return self._next == ends

    def _take(self, message: Message) -> None:
        partition, offset = message.partition(), message.offset()
        assert partition is not None
        assert offset == self._next[partition], "offsets have a gap"
        self._next[partition] = offset + 1
        self._messages.append(message)

    @contextmanager
    def _client(self) -> Iterator[Consumer]:
        client = Consumer(
            {
                "bootstrap.servers": self._bootstrap_servers,
                "group.id": "tests",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "reconnect.backoff.max.ms": 500,
                "log_level": 2,
            }
        )
        try:
            yield client
        finally:
            client.close()

    def _ends(self, client: Consumer) -> list[int]:
        deadline = time.monotonic() + 60
        while True:
            try:
                return [
                    client.get_watermark_offsets(partition, timeout=5)[1]
                    for partition in self._partitions
                ]
            except KafkaException:
                assert time.monotonic() < deadline, "Kafka does not answer"
