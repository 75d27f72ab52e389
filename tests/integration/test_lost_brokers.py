"""Clients that a real Kafka has told of no brokers, so that they lost it, find it again."""

from collections.abc import Iterator, Sequence
from functools import partial
from threading import Thread
from typing import Any

import pytest
from confluent_kafka import Message, Producer
from tests.support.brokerless_proxy import BrokerlessProxy, brokerless_proxy
from tests.support.kafka import TopicReader, group_offsets, own_topic
from tests.support.platform import platform_of
from tests.support.waiting import wait_until

from service_runtime.consumer import ConsumerLoop, Group
from service_runtime.errors import TransientError
from service_runtime.producer import KafkaSender, OnError, connect_producer
from service_runtime.topic import Topic
from stream_processor.group_offsets import GroupOffsets

platform = platform_of("kafka")
name = own_topic(partitions=1)
SOON = 60


@pytest.fixture
def proxy(servers: str, name: str) -> Iterator[BrokerlessProxy]:
    with brokerless_proxy(servers, name) as running:
        yield running


@pytest.fixture
def connection(proxy: BrokerlessProxy) -> dict[str, Any]:
    """It asks for metadata every now and then, and does not wait long for a coordinator."""
    hasty = {"topic.metadata.refresh.interval.ms": 1000, "session.timeout.ms": 6000}
    return {"bootstrap.servers": proxy.address, **hasty}


def latest(topic: Topic) -> dict[int, int] | None:
    """None during an outage."""
    try:
        return topic.latest()
    except TransientError:
        return None


def test_a_reader_of_a_topic(proxy: BrokerlessProxy, name: str) -> None:
    topic = Topic({"bootstrap.servers": proxy.address}, name, timeout=2)
    wait_until(lambda: latest(topic) == {0: 0}, "Kafka answers")
    with proxy.without_brokers():
        assert latest(topic) is None
    wait_until(lambda: latest(topic) == {0: 0}, "Kafka answers again", seconds=SOON)


def test_a_sender(proxy: BrokerlessProxy, servers: str, name: str) -> None:
    made: list[Producer] = []

    def connect(on_error: OnError) -> Producer:
        connection = {"bootstrap.servers": proxy.address}
        made.append(connect_producer(connection, on_error, client_id=name, delivery_timeout=2))
        return made[-1]

    def arrives(value: bytes) -> bool:
        return not sender.send([(name, value, {})])

    sender = KafkaSender(connect, topic=name, delivery_timeout=2, lost_after=0)
    wait_until(lambda: arrives(b"before"), "Kafka takes a message")
    with proxy.without_brokers():
        made[-1].list_topics(name, timeout=10)
    wait_until(lambda: arrives(b"after"), "Kafka takes the next one", seconds=SOON)
    reader = TopicReader(servers, name, 1)
    assert {message.value() for message in reader.read()} == {b"before", b"after"}


def test_a_consumer(
    proxy: BrokerlessProxy, connection: dict[str, Any], servers: str, name: str
) -> None:
    """Also where it is not told of the loss."""
    connection["error_cb"] = lambda _error: None
    handled: list[bytes | None] = []

    def handle(batch: Sequence[Message]) -> None:
        handled.extend(message.value() for message in batch)

    loop = ConsumerLoop(connection, Group(name, (name,)), handle, lost_after=2)
    thread = Thread(target=loop.run)
    thread.start()
    try:
        put(servers, name, b"before")
        wait_until(lambda: handled == [b"before"], "the first record is handled")
        with proxy.without_brokers():
            pass
        wait_until(lambda: loop.problem, "it says what is wrong")
        put(servers, name, b"after")
        wait_until(lambda: handled[-1] == b"after", "the next one is handled", seconds=SOON)
        wait_until(lambda: loop.problem is None, "nothing is wrong any more")
        assert handled == [b"before", b"after"]
        wait_until(lambda: group_offsets(servers, name, name) == {(name, 0): 2}, "all is committed")
    finally:
        loop.stop()
        thread.join(30)


def test_a_committer(
    proxy: BrokerlessProxy, connection: dict[str, Any], servers: str, name: str
) -> None:
    offsets = GroupOffsets(connection, name)

    def committed(offset: int) -> bool:
        return group_offsets(servers, name, name) == {(name, 0): offset}

    try:
        offsets.commit_later({(name, 0): 1})
        wait_until(lambda: committed(1), "the first is committed")
        with proxy.without_brokers():
            pass
        for n in range(2, 7):  # the first may still be in time
            offsets.commit_later({(name, 0): n})
            wait_until(partial(committed, n), "the next is committed", seconds=SOON)
    finally:
        offsets.stop()


def put(servers: str, name: str, *values: bytes) -> None:
    producer = Producer({"bootstrap.servers": servers})
    for value in values:
        producer.produce(name, value)
    assert producer.flush(30) == 0
