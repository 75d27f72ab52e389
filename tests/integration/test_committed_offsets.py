"""What a real Kafka says of a group's offsets to who is no member of it."""

import pytest
from confluent_kafka import Consumer, ConsumerGroupState, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from psutil import Process
from tests.support.kafka import own_topic
from tests.support.platform import platform_of
from tests.support.waiting import wait_until

from service_runtime.committed_offsets import CommittedOffsets
from service_runtime.errors import TransientError
from vitrine_local.platform import LocalPlatform

platform = platform_of("kafka")
name = own_topic(partitions=2)


def commit(servers: str, name: str, offset: int) -> None:
    """In partition 1, as a consumer that is no member."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": name})
    consumer.commit(offsets=[TopicPartition(name, 1, offset)], asynchronous=False)
    consumer.close()


def test_the_first_request_of_a_new_cluster(servers: str, name: str) -> None:
    offsets = CommittedOffsets({"bootstrap.servers": servers}, name, timeout=30)
    wait_until(lambda: found(offsets, name) == {}, "there is a coordinator")
    offsets.close()


def test_what_the_group_commits_is_read_and_nobody_joins_it(servers: str, name: str) -> None:
    offsets = CommittedOffsets({"bootstrap.servers": servers}, name, timeout=30)
    for offset in (2, 5):
        commit(servers, name, offset)
        assert offsets.of(name, [0, 1]) == {1: offset}
    admin = AdminClient({"bootstrap.servers": servers})
    group = admin.describe_consumer_groups([name])[name].result(30)
    assert (group.state, group.members) == (ConsumerGroupState.EMPTY, [])
    offsets.close()


def test_what_a_transaction_may_yet_commit_is_not_waited_for(servers: str, name: str) -> None:
    offsets = CommittedOffsets({"bootstrap.servers": servers}, name, timeout=5)
    commit(servers, name, 2)
    producer = Producer({"bootstrap.servers": servers, "transactional.id": name})
    producer.init_transactions(30)
    producer.begin_transaction()
    consumer = Consumer({"bootstrap.servers": servers, "group.id": name})
    group = consumer.consumer_group_metadata()
    producer.send_offsets_to_transaction([TopicPartition(name, 1, 5)], group, 30)
    assert offsets.of(name, [0, 1]) == {1: 2}
    producer.commit_transaction(30)
    wait_until(lambda: found(offsets, name) == {1: 5}, "the transaction's offset is told")
    consumer.close()
    offsets.close()


def test_many_cost_little_memory_and_end_when_nobody_holds_them(servers: str, name: str) -> None:
    process = Process()
    threads, memory = process.num_threads(), process.memory_info().rss
    many = [
        CommittedOffsets({"bootstrap.servers": servers}, f"{name}-{number}", timeout=30)
        for number in range(50)
    ]
    for each in many:
        assert each.of(name, [0, 1]) == {}
    assert process.memory_info().rss - memory < 20e6
    assert process.num_threads() > threads
    many.clear()
    del each
    wait_until(lambda: process.num_threads() <= threads, "their threads are gone")


def test_it_lives_through_the_end_of_a_broker(
    platform: LocalPlatform, servers: str, name: str
) -> None:
    offsets = CommittedOffsets({"bootstrap.servers": servers}, name, timeout=0.5)
    commit(servers, name, 2)
    platform.stop("kafka")
    with pytest.raises(TransientError, match=name):
        offsets.of(name, [0, 1])
    platform.start_part("kafka")
    wait_until(lambda: found(offsets, name) == {1: 2}, "Kafka answers again")
    offsets.close()


def found(offsets: CommittedOffsets, name: str) -> dict[int, int] | None:
    """None while Kafka does not say."""
    try:
        return offsets.of(name, [0, 1])
    except TransientError:
        return None
