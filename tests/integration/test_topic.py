"""What a real Kafka says of a topic, to a reader of what is committed and to one of all."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from confluent_kafka import IsolationLevel, Producer
from tests.support.kafka import create_topic, own_topic
from tests.support.platform import shared_platform
from tests.support.waiting import wait_until

from service_runtime.errors import PermanentError, TransientError
from service_runtime.topic import Topic
from vitrine_local.platform import LocalPlatform

ALL = IsolationLevel.READ_UNCOMMITTED

platform = shared_platform("kafka")
name = own_topic(partitions=2)


def put(servers: str, name: str, count: int, **config: str) -> None:
    """Records into partition 1, each dated now by this machine."""
    producer = Producer({"bootstrap.servers": servers, **config})
    for _ in range(count):
        producer.produce(name, b"{}", partition=1)
    assert producer.flush(30) == 0


def test_offsets_of_every_partition(servers: str, name: str) -> None:
    topic = Topic({"bootstrap.servers": servers}, name)
    put(servers, name, 3)
    between = datetime.now(UTC) + timedelta(milliseconds=5)
    wait_until(lambda: datetime.now(UTC) > between + timedelta(milliseconds=5), "the clock goes on")
    put(servers, name, 2)
    assert topic.partitions() == [0, 1]
    assert topic.earliest() == {0: 0, 1: 0}
    assert topic.latest() == {0: 0, 1: 5}
    assert topic.at(between) == {0: 0, 1: 3}
    assert topic.at(between - timedelta(days=1)) == {0: 0, 1: 0}
    assert topic.at(between + timedelta(days=1)) == {0: 0, 1: 5}


def test_what_is_not_committed_lies_beyond_the_end(servers: str, name: str) -> None:
    connection = {"bootstrap.servers": servers}
    committed, everything = Topic(connection, name), Topic(connection, name, isolation=ALL)
    put(servers, name, 2)
    producer = Producer({**connection, "transactional.id": name})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(name, b"{}", partition=1)
    assert producer.flush(30) == 0
    assert (committed.latest(), everything.latest()) == ({0: 0, 1: 2}, {0: 0, 1: 3})
    producer.commit_transaction(30)
    wait_until(
        lambda: committed.latest() == everything.latest() == {0: 0, 1: 4}, "the ends are told"
    )


def test_a_topic_that_is_not_there_may_come(servers: str) -> None:
    topic = Topic({"bootstrap.servers": servers}, "created-later")
    with pytest.raises(TransientError, match="created-later"):
        topic.latest()
    create_topic(servers, "created-later", partitions=1)
    wait_until(lambda: topic.latest() == {0: 0}, "the topic is there")


def test_a_name_that_kafka_never_takes_is_final(servers: str) -> None:
    with pytest.raises(PermanentError, match="not a name"):
        Topic({"bootstrap.servers": servers}, "not a name").latest()


def test_no_kafka_is_an_outage_within_the_timeout() -> None:
    with pytest.raises(TransientError, match="nowhere"):
        Topic({"bootstrap.servers": "127.0.0.1:1"}, "nowhere", timeout=0.5).latest()


def test_a_restart_of_the_broker_is_an_outage(
    platform: LocalPlatform, servers: str, name: str
) -> None:
    """A broker that is back names a topic before it knows who leads its partitions."""
    topic = Topic({"bootstrap.servers": servers}, name, timeout=2)
    put(servers, name, 3)
    restarted = Event()

    def ask_on() -> None:
        while not restarted.is_set():
            latest(topic)

    with ThreadPoolExecutor() as pool:
        asking = pool.submit(ask_on)
        try:
            platform.stop("kafka")
            platform.start_part("kafka")
        finally:
            restarted.set()
    asking.result()
    wait_until(lambda: latest(topic) == {0: 0, 1: 3}, "Kafka answers again")


def latest(topic: Topic) -> dict[int, int] | None:
    """None during an outage."""
    try:
        return topic.latest()
    except TransientError:
        return None
